using Verdigris.Primitives;
using Verdigris.Primitives.Rules;
using Verdigris.Registry.Credits.Serials;

namespace Verdigris.Registry.Tests.Credits;

public sealed class SerialTests
{
    static readonly SerialGrammars Grammars = SerialGrammars.Of(RulePacks.Locate());

    static SerialBlock Read(string text) => Grammars.Read(text).Value;

    [Fact]
    public void Every_grammar_reads_its_own_example_alone_and_writes_it_back()
    {
        Assert.True(Grammars.All.Count >= 12);
        Assert.All(Grammars.All, g =>
        {
            var block = g.Read(g.Example, out _, out _);
            Assert.NotNull(block);
            Assert.Equal(g.Example, block.Text);
            Assert.Same(g, Read(g.Example).Grammar);
            Assert.Single(Grammars.All, other => other.Read(g.Example, out _, out _) is not null);
        });
    }

    [Theory]
    [InlineData("", "credits.serial-unknown")]
    [InlineData("hello", "credits.serial-unknown")]
    [InlineData("GS1-1-KE-GS11603-16-2025-30256-110", "credits.serial-malformed")]
    [InlineData("GS1-1-KE-GS11603-16-2025-30256-5463-110", "credits.serial-malformed")]
    [InlineData("GS1-1-KE-GS11603-16-2025-30256-0-110", "credits.serial-malformed")]
    [InlineData("GS1-1-KE-GS11603-16-2025-30256-1-99999999999", "credits.serial-malformed")]
    [InlineData("GS1-1-KE-GS11603-16-2025-30256-110-5463-1", "credits.serial-malformed")]
    [InlineData("ACR-FR-1129-2025-2917-30932", "credits.serial-malformed")]
    [InlineData("ACR-FRA-1129-2025-2917-30932 to 35143", "credits.serial-malformed")]
    [InlineData("RW-5-1463953-2-2-0-7014 - RW-5-1467609-2-2-0-7015", "credits.serial-malformed")]
    [InlineData("19385-941467007-941467431-VCS-VCU-1507-VER-ET-14-1340-31022020-31122020-1", "credits.serial-malformed")]
    [InlineData("CCER-CN-1001-2025-1-NaN-undefined", "credits.serial-malformed")]
    public void What_fits_no_grammar_is_refused_and_never_guessed(string text, string code)
    {
        var refused = Assert.Single(Grammars.Read(text).Refusals);
        Assert.Equal(code, refused.Code);
        Assert.Equal("serial", refused.Field);
    }

    [Fact]
    public void A_refusal_says_where_the_text_stops_fitting_and_what_was_expected_there()
    {
        var refused = Grammars.Read("ACR-FR-1129-2025-2917-30932 bis 35143").Refusals[0];
        Assert.Equal("28", refused.Args!["at"]);
        Assert.Equal("' to '", refused.Args["expected"]);
    }

    [Fact]
    public void The_buyer_of_a_part_gets_the_first_units_and_the_rest_follows_without_a_gap()
    {
        var block = Read("ACR-FR-1129-2025-2917-30932 to 35143");
        var (taken, left) = block.Take(212);
        Assert.Equal("ACR-FR-1129-2025-2917-30932 to 31143", taken.Text);
        Assert.Equal("ACR-FR-1129-2025-2917-31144 to 35143", left!.Text);
        Assert.Equal(block.Quantity, taken.Quantity + left.Quantity);
        Assert.Null(block.Take(4212).Left);
        Assert.Throws<ArgumentOutOfRangeException>(() => block.Take(4213));
    }

    [Fact]
    public void Units_counted_through_a_whole_registry_share_one_series_whatever_is_printed_beside_them()
    {
        var one = Read("19385-941467007-941467431-VCS-VCU-1507-VER-ET-14-1340-01012020-31122020-1");
        var other = Read("19999-941467007-941467431-VCS-VCU-1-VER-KE-3-9-01012021-31122021-0");
        Assert.Equal((one.Unit, one.Series), (other.Unit, other.Series));
        Assert.NotEqual(Read("ACR-US-1-2025-2-1 to 9").Series, Read("ACR-US-1-2025-3-1 to 9").Series);
        // The same issuance under another vintage is the same run of numbers: it would be counted twice.
        Assert.Equal(Read("ACR-US-1-2025-2-1 to 9").Series, Read("ACR-US-1-2024-2-1 to 9").Series);
    }

    [Fact]
    public void Blocks_of_any_size_are_written_and_read_alike()
    {
        var random = new Random(20261122);
        foreach (var grammar in Grammars.All.Where(g => g.HasRange))
        {
            var sample = Read(grammar.Example);
            for (var i = 0; i < 500; i++)
            {
                var first = random.NextInt64(1, SerialGrammar.LargestUnit);
                var range = new SerialRange(first, random.NextInt64(first, SerialGrammar.LargestUnit + 1));
                var block = Read(sample.With(range).Text);
                Assert.Equal(range, block.Range);
                Assert.Equal(sample.Parts, block.Parts);
            }
        }
    }

    [Fact]
    public void A_block_is_made_of_all_its_parts_or_not_at_all()
    {
        var grammar = Grammars.Named("ccer");
        var parts = new Dictionary<string, string> { ["country"] = "CN", ["project"] = "1001", ["vintage"] = "2025", ["issuance"] = "7" };
        Assert.Equal("CCER-CN-1001-2025-7-1-50", grammar.Make(parts, new SerialRange(1, 50)).Value.Text);
        Assert.Equal("credits.serial-part", grammar.Make(new Dictionary<string, string>(parts) { ["vintage"] = "25" }, new SerialRange(1, 50)).Refusals[0].Code);
        parts.Remove("issuance");
        Assert.Equal("issuance", grammar.Make(parts, new SerialRange(1, 50)).Refusals[0].Field);
    }
}
