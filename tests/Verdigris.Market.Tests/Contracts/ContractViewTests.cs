using System.Text.Json.Nodes;
using NodaTime;
using Verdigris.Market.Contracts;
using YamlDotNet.RepresentationModel;

namespace Verdigris.Market.Tests.Contracts;

/// <summary>What the pages and the API show of a contract: all of its file, in words of both languages.</summary>
public sealed class ContractViewTests
{
    static readonly Instant Now = Instant.FromUtc(2026, 11, 23, 10, 0);

    static YamlMappingNode Shape
    {
        get
        {
            var yaml = new YamlStream();
            yaml.Load(new StringReader(File.ReadAllText(Checkout.Path("data/contracts/shape.yml"))));
            return (YamlMappingNode)((YamlMappingNode)yaml.Documents[0].RootNode)["tables"];
        }
    }

    [Fact]
    public void Every_table_of_the_shape_is_shown() => Assert.Equal(Shape.Children.Keys.Select(k => k.ToString()).Order(StringComparer.Ordinal), ContractViews.Tables.Order(StringComparer.Ordinal));

    [Fact]
    public void Every_value_of_every_file_is_shown_with_status_and_source() => Assert.All(Ask.Contracts.All, contract =>
    {
        var view = ContractViews.Of(Ask.Contracts, contract, Now);
        Assert.Equal(contract.Pack.Tables.Values.Sum(t => t.Rows.Count), view.Tables.Sum(t => t.Rows.Count));
        Assert.Equal(view.Summary.Values, view.Summary.Verified + view.Summary.Secondary + view.Summary.Recalled + view.Summary.Unknown);
        Assert.Equal(view.Summary.Unknown, view.Tables.Sum(t => t.Rows.Count(r => r.Unknown)));
        Assert.All(view.Tables.SelectMany(t => t.Rows), r => Assert.True(r.Source.Length > 0 && r.Values.Count > 0 && r.Status is "verified" or "secondary" or "recalled"));
        Assert.Equal(view.Summary.CanOpen, view.Problems.Count == 0);
    });

    [Fact]
    public void What_a_file_says_nothing_of_is_said_and_never_taken_for_none()
    {
        IReadOnlyList<string> Unsaid(string contract) => ContractViews.Of(Ask.Contracts, Ask.Contracts.Find(contract)!, Now).Unsaid;
        Assert.Equal(["position-limits", "fees"], Unsaid("ICE.EUA"));
        Assert.Equal(["fees"], Unsaid("SEEE.CEA"));
        Assert.Equal(["position-limits"], Unsaid("SHFE.AD.OPTION"));
        Assert.Equal(["series", "last-day", "sessions", "price-limits", "position-limits", "margin", "fees"], Unsaid("CN.BEA.SWAP"));
    }

    [Fact]
    public void A_page_shows_what_holds_now()
    {
        var eua = ContractViews.Of(Ask.Contracts, Ask.Contracts.Find("ICE.EUA")!, Now);
        Assert.Equal(("continuous", new LocalDate(2026, 11, 23)), (eua.Phase, eua.TradingDay));
        var december = eua.Series.Single(s => s.Series == "ICE.EUA:2026-12");
        Assert.Equal(new LocalDate(2026, 12, 14), december.LastDay);
        Assert.Equal(["delivery-opens", "delivery-ends"], december.Days.Select(d => d.Step));
        Assert.Null(ContractViews.Of(Ask.Contracts, Ask.Contracts.Find("CN.BEA.SWAP")!, Now).Phase);
        Assert.Contains("contract.calendar-short", ContractViews.Of(Ask.Contracts, Ask.Contracts.Find("SHFE.AD")!, Now).Series.Select(s => s.Open));
    }

    [Fact]
    public void The_list_is_narrowed_by_family_kind_standing_and_text()
    {
        var today = new LocalDate(2026, 11, 23);
        Assert.Equal(["CME.EUA.OPTION", "EEX.EUA.OPTION", "ICE.EUA.OPTION"], ContractViews.List(Ask.Contracts, today, "allowance", "option").Select(c => c.Contract));
        Assert.All(ContractViews.List(Ask.Contracts, today, standing: "historic"), c => Assert.False(c.CanOpen));
        Assert.Equal(["CN.SZA"], ContractViews.List(Ask.Contracts, today, text: "深圳").Select(c => c.Contract));
        Assert.Empty(ContractViews.List(Ask.Contracts, today, "scrap", "option"));
    }

    [Fact]
    public void Every_table_column_and_word_of_the_shape_has_its_words_in_both_languages()
    {
        foreach (var language in new[] { "en", "zh" })
        {
            var words = JsonNode.Parse(File.ReadAllText(Checkout.Path($"src/Verdigris.Market/Strings/contracts.{language}.json")))!.AsObject().Select(w => w.Key).ToHashSet(StringComparer.Ordinal);
            foreach (var (table, node) in Shape.Children)
            {
                Assert.Contains("contracts.table." + table, words);
                foreach (var (column, of) in ((YamlMappingNode)node["columns"]).Children)
                {
                    if (column.ToString() is not ("nameEn" or "nameZh")) Assert.Contains("contracts.column." + column, words);
                    if (((YamlMappingNode)of).Children.TryGetValue("of", out var choices)) Assert.All((YamlSequenceNode)choices, c => Assert.Contains("contracts.word." + c, words));
                }
            }
        }
    }
}
