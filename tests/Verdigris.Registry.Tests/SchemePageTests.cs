using System.Text.Json.Nodes;
using NodaTime;
using Verdigris.Registry.Schemes;
using YamlDotNet.RepresentationModel;

namespace Verdigris.Registry.Tests;

/// <summary>What the pages and the API show of a scheme: all of its file, in words of both languages.</summary>
public sealed class SchemePageTests
{
    static YamlMappingNode Shape
    {
        get
        {
            var yaml = new YamlStream();
            yaml.Load(new StringReader(File.ReadAllText(Checkout.Path("data/schemes/shape.yml"))));
            return (YamlMappingNode)((YamlMappingNode)yaml.Documents[0].RootNode)["tables"];
        }
    }

    [Fact]
    public void Every_table_of_the_shape_stands_in_one_slot() => Assert.Equal(Shape.Children.Keys.Select(k => k.ToString()).Order(StringComparer.Ordinal), SchemeViews.Slots.SelectMany(s => s.Tables).Order(StringComparer.Ordinal));

    [Fact]
    public void Every_value_of_every_file_is_shown_with_status_and_source() => Assert.All(Ask.Schemes.All, scheme =>
    {
        var view = SchemeViews.Of(scheme, new LocalDate(2026, 11, 22));
        Assert.Equal(scheme.Pack.Tables.Values.Sum(t => t.Rows.Count), view.Slots.SelectMany(s => s.Tables).Sum(t => t.Rows.Count));
        Assert.Equal(view.Summary.Values, view.Summary.Verified + view.Summary.Secondary + view.Summary.Recalled);
        Assert.All(view.Slots.SelectMany(s => s.Tables).SelectMany(t => t.Rows), r =>
        {
            Assert.NotEmpty(r.Source);
            Assert.NotEmpty(r.Values);
            Assert.Contains(r.Status, new[] { "verified", "secondary", "recalled" });
        });
    });

    [Fact]
    public void What_holds_today_is_worked_out_by_the_engines()
    {
        var union = SchemeViews.Of(Ask.Schemes.Find("eu-ets")!, new LocalDate(2024, 6, 1));
        Assert.Equal(1_386_051_745m, union.Today.Single(t => t.What == "cap").Value);
        Assert.Contains(union.Today, t => t is { What: "delay", Of: "eu-26h", Value: 26, Unit: "h" });
        Assert.Equal(new LocalDate(2024, 9, 30), union.Calendar.Single(d => d is { Year: 2023, What: "surrender" }).On);
        Assert.Equal(15.92m, SchemeViews.Of(Ask.Schemes.Find("rggi")!, new LocalDate(2024, 6, 1)).Today.Single(t => t is { What: "price", Of: "ccr" }).Value);
    }

    [Fact]
    public void The_list_is_narrowed_by_jurisdiction_standing_and_text()
    {
        Assert.Equal(["cn-beijing", "cn-chongqing", "cn-ets"], SchemeViews.List(Ask.Schemes, "CN", null, null).Take(3).Select(s => s.Scheme));
        Assert.Equal(["ccx"], SchemeViews.List(Ask.Schemes, null, "historic", null).Select(s => s.Scheme));
        Assert.Equal(["cn-shenzhen"], SchemeViews.List(Ask.Schemes, null, null, "深圳").Select(s => s.Scheme));
        Assert.Contains("eu-ets", SchemeViews.List(Ask.Schemes, null, null, "eua").Select(s => s.Scheme));
        Assert.Empty(SchemeViews.List(Ask.Schemes, "CN", "historic", null));
    }

    [Fact]
    public void Every_table_column_and_word_of_the_shape_has_its_words_in_both_languages()
    {
        foreach (var language in new[] { "en", "zh" })
        {
            var words = JsonNode.Parse(File.ReadAllText(Checkout.Path($"src/Verdigris.Registry/Strings/schemes.{language}.json")))!.AsObject().Select(w => w.Key).ToHashSet(StringComparer.Ordinal);
            foreach (var (table, node) in Shape.Children)
            {
                Assert.Contains("schemes.table." + table, words);
                foreach (var (column, of) in ((YamlMappingNode)node["columns"]).Children)
                {
                    if (column.ToString() is not ("nameEn" or "nameZh")) Assert.Contains("schemes.column." + column, words);
                    if (((YamlMappingNode)of).Children.TryGetValue("of", out var choices)) Assert.All((YamlSequenceNode)choices, c => Assert.Contains("schemes.word." + c, words));
                }
            }
            Assert.All(SchemeViews.Slots, s => Assert.Contains("schemes.slot." + s.Slot, words));
        }
    }
}
