using System.Xml.Linq;
using Verdigris.Primitives.Rules;
using Verdigris.Registry.Statistics;
using Verdigris.Registry.Statistics.Pictures;

namespace Verdigris.Registry.Tests.Statistics;

public sealed class ChartPictureTests
{
    static readonly MarketStatistics All = MarketStatistics.Of(RulePacks.Locate());
    static readonly Plain Words = new();

    sealed class Plain : IChartWords
    {
        public string Series(StatFigure figure) => figure.Name.En;

        public string Value(StatFigure figure) => figure.Value?.ToString(System.Globalization.CultureInfo.InvariantCulture) ?? "no figure";
    }

    public static TheoryData<string, int> Drawn => new(All.Charts.Where(c => c.Kind != ChartKind.Facts).SelectMany(c => new[] { (c.Chart, 900), (c.Chart, 340) }));

    [Theory, MemberData(nameof(Drawn))]
    public void Nothing_of_a_picture_lies_outside_it(string chart, int width)
    {
        var picture = ChartPicture.Of(All.Find(chart)!, width, Words);
        void Inside(int x, int y) => Assert.True(x >= 0 && x <= picture.Width && y >= 0 && y <= picture.Height, $"{chart} {x} {y} of {picture.Width} {picture.Height}");
        Assert.NotEmpty(picture.Marks);
        foreach (var mark in picture.Marks)
            switch (mark)
            {
                case Rule r: Inside(r.X1, r.Y1); Inside(r.X2, r.Y2); break;
                case Box b: Inside(b.X, b.Y); Inside(b.X + b.Width, b.Y + b.Height); Assert.True(b.Width > 0 && b.Height > 0); break;
                case Track t: Assert.All(t.Points, p => Inside(p.X, p.Y)); break;
                case Dot d: Inside(d.X, d.Y); break;
                case Word w:
                    Inside(w.X, w.Y);
                    // Periods are digits, whose width is known: the last one is not cut off.
                    if (w.Anchor == "middle" && w.Text.All(c => char.IsAsciiDigit(c) || c == '-')) Inside(w.X + w.Text.Length * 7 / 2, w.Y);
                    break;
            }
    }

    [Fact]
    public void Every_known_figure_of_bars_is_drawn_and_what_is_open_is_marked()
    {
        var chart = All.Find("auction-revenue")!;
        var picture = ChartPicture.Of(chart, 900, Words);
        Assert.Equal(chart.Figures.Count(f => f.Value > 0), picture.Marks.OfType<Box>().Count());
        Assert.Equal(5, picture.Marks.OfType<Word>().Count(w => w.Text == "?"));
    }

    [Fact]
    public void Bars_stand_as_high_as_their_figures()
    {
        var boxes = ChartPicture.Of(All.Find("offset-issuance")!, 900, Words).Marks.OfType<Box>().OrderBy(b => b.X).ToList();
        Assert.Equal(15, boxes.Count);
        // 304 against 6: heights are in that proportion to a unit of the picture.
        Assert.InRange(boxes[^1].Height, boxes[0].Height * 304 / 6 - 51, boxes[0].Height * 304 / 6 + 51);
        Assert.True(boxes.Zip(boxes.Skip(1)).Count(p => p.Second.Height <= p.First.Height) == 1, "only 2018 is below the year before");
    }

    [Fact]
    public void A_line_does_not_join_years_between_which_nothing_is_known()
    {
        var marks = ChartPicture.Of(All.Find("eua-price")!, 900, Words).Marks;
        // Of 2009 nobody says the euro price: the means from 2010 on are a line of their own.
        Assert.Equal([2, 2, 2, 11], marks.OfType<Track>().Select(t => t.Points.Count).Order());
        Assert.Equal(19, marks.OfType<Dot>().Count());
    }

    /// <summary>What was verified and surrendered is often the same number.</summary>
    [Fact]
    public void Equal_figures_of_two_series_are_both_seen()
    {
        var chart = All.Find("us-price")!;
        var first = chart.Figures[0];
        var dots = ChartPicture.Of(chart with { Figures = [first, first with { Series = "other" }, first with { Series = "third", Value = first.Value / 2 }] }, 900, Words).Marks.OfType<Dot>().ToList();
        Assert.Equal([4, 2, 4], dots.Select(d => d.Radius));
        Assert.Equal((dots[0].X, dots[0].Y), (dots[1].X, dots[1].Y));
    }

    [Fact]
    public void A_range_is_drawn_to_its_upper_end_and_a_ranking_begins_with_the_greatest()
    {
        Assert.Contains(ChartPicture.Of(All.Find("offset-price")!, 900, Words).Marks.OfType<Box>(), b => b.Range);
        Assert.Equal("Quebec", ChartPicture.Of(All.Find("coverage-share")!, 340, Words).Marks.OfType<Word>().First().Text);
        Assert.Equal("no figure", ChartPicture.Of(All.Find("pilot-threshold")!, 340, Words).Marks.OfType<Word>().Last().Text);
    }

    [Theory, MemberData(nameof(Drawn))]
    public void The_file_is_an_SVG_of_its_own_with_the_title_and_the_sources(string chart, int width)
    {
        var of = All.Find(chart)!;
        var file = SvgFile.Of(ChartPicture.Of(of, width, Words), of.Title.En, [.. of.Sources.Select(s => s.Source)]);
        var svg = XDocument.Parse(file).Root!;
        Assert.Equal(of.Title.En, svg.Elements().First().Value);
        Assert.All(of.Sources, s => Assert.Contains(svg.Elements(), e => e.Value == s.Source));
        Assert.DoesNotContain("class=", file, StringComparison.Ordinal);
    }

    [Fact]
    public void A_name_with_marks_of_XML_stays_text()
    {
        var of = All.Find("volume-world")!;
        var svg = XDocument.Parse(SvgFile.Of(ChartPicture.Of(of, 900, Words), "<b>&\"", []));
        Assert.Equal("<b>&\"", svg.Root!.Elements().First().Value);
    }

    [Fact]
    public void Single_facts_have_no_picture() => Assert.Throws<ArgumentException>(() => ChartPicture.Of(All.Find("china-facts")!, 900, Words));
}
