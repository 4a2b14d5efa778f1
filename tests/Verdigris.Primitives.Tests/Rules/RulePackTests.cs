using NodaTime;
using Verdigris.Primitives.Rules;

namespace Verdigris.Primitives.Tests.Rules;

public sealed class RulePackTests : IDisposable
{
    readonly string data = Directory.CreateTempSubdirectory("verdigris-rules-").FullName;

    public void Dispose() => Directory.Delete(data, recursive: true);

    const string Pack = """
        pack: test/caps
        version: "1"
        title: { en: Caps, zh: 上限 }
        sources:
          ACT: { citation: "An act, article 9", retrieved: 2026-01-31 }
        tables:
          caps:
            file: caps.csv
            key: [scheme]
            columns:
              scheme: { type: choice, of: [EU, UK] }
              cap: { type: decimal }
              places: { type: integer, optional: true }
        """;

    const string Header = "scheme,cap,places,valid_from,valid_to,status,source\n";

    RulePacks Write(string csv, string pack = Pack)
    {
        Directory.CreateDirectory(Path.Combine(data, "rules/test"));
        File.WriteAllText(Path.Combine(data, "rules/test/caps.yaml"), pack);
        File.WriteAllText(Path.Combine(data, "rules/test/caps.csv"), csv);
        return RulePacks.Open(data);
    }

    IReadOnlyList<PackFault> Faults(string csv, string pack = Pack) => Assert.Throws<RulePackException>(() => Write(csv, pack).Pack("test/caps")).Faults;

    [Fact]
    public void A_value_keeps_its_printed_places_source_and_validity()
    {
        var pack = Write(Header + "EU,0.10,,2021-01-01,2026-01-01,verified,ACT\nEU,0.20,,2026-01-01,,recalled,ACT\n").Pack("test/caps");
        var table = pack.Table("caps");
        Assert.Equal("0.10", DecimalText.Write(table.Find(new LocalDate(2025, 12, 31), "EU")!.Decimal("cap")));
        Assert.Equal("0.20", DecimalText.Write(table.Find(new LocalDate(2026, 1, 1), "EU")!.Decimal("cap")));
        Assert.Null(table.Find(new LocalDate(2020, 12, 31), "EU"));
        Assert.Equal(RuleStatus.Recalled, table.Find(null, "EU")!.Status);
        Assert.Equal("An act, article 9", table.Find(null, "EU")!.Ref(pack).Article);
    }

    [Fact]
    public void The_hash_covers_the_tables()
    {
        var first = Write(Header + "EU,1,,,,verified,ACT\n").Pack("test/caps").Sha256;
        Assert.Equal(first, Write(Header + "EU,1,,,,verified,ACT\n").Pack("test/caps").Sha256);
        Assert.NotEqual(first, Write(Header + "EU,1.0,,,,verified,ACT\n").Pack("test/caps").Sha256);
    }

    [Theory]
    [InlineData("EU,1,,2021-01-01,2026-01-01,verified,ACT\nEU,2,,2025-01-01,,verified,ACT\n", "rule-pack.overlap", 3, "valid_from")]
    [InlineData("EU,1,,2021-01-01,,verified,ACT\nEU,2,,2025-01-01,,verified,ACT\n", "rule-pack.overlap", 3, "valid_from")]
    [InlineData("EU,1,,2021-01-01,2024-01-01,verified,ACT\nEU,2,,2024-01-02,,verified,ACT\n", "rule-pack.gap", 3, "valid_from")]
    [InlineData("EU,1,,,,verified,ACT\nEU,1,,,,verified,ACT\n", "rule-pack.duplicate", 3, "scheme")]
    [InlineData("EU,1,,2026-01-01,2026-01-01,verified,ACT\n", "rule-pack.validity", 2, "valid_to")]
    [InlineData("US,1,,,,verified,ACT\n", "rule-pack.value", 2, "scheme")]
    [InlineData("EU,\"1,5\",,,,verified,ACT\n", "rule-pack.value", 2, "cap")]
    [InlineData("EU,,,,,verified,ACT\n", "rule-pack.missing", 2, "cap")]
    [InlineData("EU,1,1.5,,,verified,ACT\n", "rule-pack.value", 2, "places")]
    [InlineData("EU,1,,31.1.2026,,verified,ACT\n", "rule-pack.value", 2, "valid_from")]
    [InlineData("EU,1,,,,sure,ACT\n", "rule-pack.status", 2, "status")]
    [InlineData("EU,1,,,,verified,BOOK\n", "rule-pack.source", 2, "source")]
    [InlineData("EU,1,,,verified,ACT\n", "rule-pack.row-length", 2, null)]
    [InlineData("\n\"UK\nEU\",1,,,,verified,ACT\n", "rule-pack.value", 3, "scheme")]
    [InlineData("\"EU,1,,,,verified,ACT\n", "rule-pack.csv", 0, null)]
    public void A_fault_names_file_line_and_field(string rows, string code, int line, string? field)
    {
        var fault = Assert.Single(Faults(Header + rows));
        Assert.Equal((code, "test/caps.csv", line, field), (fault.Code, fault.File, fault.Line, fault.Field));
        Assert.NotEqual(fault.Message.En, fault.Message.Zh);
    }

    [Theory]
    [InlineData("status, source", "rule-pack.yaml")]
    public void Broken_yaml_is_said(string replaced, string code) => Assert.Contains(Faults(Header, "pack: [" + replaced), f => f.Code == code);

    [Fact]
    public void Unknown_fields_of_a_pack_and_of_a_row_are_faults()
    {
        Assert.Contains(Faults(Header, Pack + "\ncolour: red\n"), f => f is { Code: "rule-pack.unknown-field", Field: "colour", Line: 14 });
        Assert.Contains(Faults("scheme,cap,colour,status,source\nEU,1,red,verified,ACT\n"), f => f is { Code: "rule-pack.unknown-field", Field: "colour", Line: 2 });
    }

    [Fact]
    public void Gaps_are_allowed_where_the_table_says_so() =>
        Assert.Equal(2, Write(Header + "EU,1,,2021-01-01,2024-01-01,verified,ACT\nEU,2,,2025-01-01,,verified,ACT\n", Pack.Replace("key: [scheme]", "key: [scheme]\n    gaps: allowed", StringComparison.Ordinal)).Pack("test/caps").Table("caps").Rows.Count);

    [Fact]
    public void Every_fault_of_a_pack_is_told_at_once() => Assert.Equal(3, Faults(Header + "US,1,,,,verified,ACT\nEU,x,,,,verified,ACT\nUK,1,,,,sure,ACT\n").Count);

    [Fact]
    public void A_missing_file_is_named() => Assert.Contains(Faults(Header, Pack.Replace("caps.csv", "other.csv", StringComparison.Ordinal)), f => f.Code == "rule-pack.file" && f.Message.En.Contains("test/other.csv", StringComparison.Ordinal));

    [Fact]
    public void A_file_that_no_pack_uses_is_named()
    {
        var packs = Write(Header + "EU,1,,,,verified,ACT\n");
        Assert.Empty(packs.Check());
        File.WriteAllText(Path.Combine(data, "rules/test/forgotten.csv"), "a\n");
        Assert.Equal("test/forgotten.csv", Assert.Single(packs.Check()).File);
    }

    [Fact]
    public void The_packs_of_the_product_are_right() => Assert.Empty(RulePacks.Open(Checkout.Path("data")).Check());

    [Fact]
    public void The_data_folder_beside_the_program_is_found() => Assert.NotEmpty(RulePacks.Locate().Ids);
}
