using Verdigris.Primitives.Rules;
using Verdigris.Registry.Schemes;

namespace Verdigris.Registry.Tests;

public sealed class SchemeFileTests
{
    static readonly IReadOnlyList<Scheme> Schemes = SchemeSet.Of(RulePacks.Locate()).All;

    [Fact]
    public void Every_pack_of_the_data_folder_is_right() => Assert.Equal([], RulePacks.Locate().Check().Select(f => $"{f.File}:{f.Line} {f.Field} {f.Message.En}"));

    [Fact]
    public void Every_transaction_of_a_scheme_runs_between_account_kinds_the_scheme_has_and_names_a_delay_it_has()
    {
        Assert.NotEmpty(Schemes);
        foreach (var s in Schemes)
            foreach (var t in s.Transactions)
            {
                Assert.NotNull(s.Account(t.From));
                Assert.NotNull(s.Account(t.To));
                Assert.True(t.Delay is null || s.Hours.Any(h => h.Rule == t.Delay), $"{s.Code} {t.Transaction} {t.Delay}");
                Assert.True(!t.Trusted || t.Delay is not null, $"{s.Code} {t.Transaction}");
                Assert.True(t.Reverses is null || s.Transactions.Any(o => o.Transaction == t.Reverses && o.From == t.To && o.To == t.From), $"{s.Code} {t.Transaction} {t.From} to {t.To} reverses nothing");
            }
    }

    [Fact]
    public void Every_scheme_has_one_issuer_and_nothing_leaves_a_sink_but_by_a_reversal() => Assert.All(Schemes, s =>
    {
        Assert.Single(s.Accounts, a => a.Role == AccountRole.Issuer);
        Assert.All(s.Transactions.Where(t => s.Account(t.From)!.Role == AccountRole.Sink), t => Assert.NotNull(t.Reverses));
    });

    /// <summary>A word no other row answers to would be a rule nobody applies.</summary>
    [Fact]
    public void What_a_joint_auction_a_total_and_a_later_sale_name_is_there()
    {
        foreach (var s in Schemes)
        {
            foreach (var row in s.Rows("joint-auctions"))
            {
                var other = Assert.Single(Schemes, o => o.Code == row.Text("scheme"));
                Assert.Contains(other.Rows("price-controls").Concat(other.Rows("price-paths")), r => r.Text("control") == row.Text("control"));
                Assert.Contains(s.Rows("auction-prices"), r => r.Text("format") == row.Text("format") && r.Text("role") == "reserve");
                Assert.Equal(2, s.Rounding("price").Digits);
            }
            // One exchange rate says what all the others are worth.
            foreach (var format in s.Rows("joint-auctions").GroupBy(r => r.Text("format"))) Assert.Single(format.Select(r => Schemes.Single(o => o.Code == r.Text("scheme")).Currency).Where(c => c != s.Currency).Distinct());
            foreach (var control in s.Rows("control-totals").SelectMany(r => r.List("controls"))) Assert.Contains(s.Rows("auction-prices"), r => r.Text("control") == control);
            foreach (var row in s.Rows("later-sales")) Assert.True(Rules.LaterSale.Of(s, row.From!.Value.Year, row.Text("control"), 100).Ok);
        }
        Assert.Equal(["nehs", "rggi", "wci"], Schemes.Where(s => s.Rows("later-sales").Count + s.Rows("control-totals").Count + s.Rows("joint-auctions").Count > 0).Select(s => s.Code).Order(StringComparer.Ordinal));
    }

    [Theory]
    [InlineData(2022, "2022")]
    [InlineData(2024, "2022")]
    [InlineData(2026, "2022")]
    public void A_cap_nobody_knows_is_refused_with_the_year_asked_for_and_the_first_that_is_open(int year, string open)
    {
        var no = Rules.CapPath.Of(Schemes.Single(s => s.Code == "rggi"), year).Refusals.Single();
        Assert.Equal(("ets.no-rule", "cap-path", open, $"{year}"), (no.Code, no.Args!["table"], no.Args["key"], no.Args["year"]));
        Assert.Equal(69_800_000m, Rules.CapPath.Of(Schemes.Single(s => s.Code == "rggi"), 2027).Value.Units);
    }

    [Fact]
    public void The_schemes_of_the_source_documents_are_all_here()
    {
        string[] known = ["ccx", "ch-ets", "cn-beijing", "cn-chongqing", "cn-ets", "cn-fujian", "cn-guangdong", "cn-hubei", "cn-shanghai", "cn-shenzhen", "cn-tianjin", "eu-ets", "in-cdm", "k-ets", "nehs", "nz-ets", "qc-ets", "rggi", "tokyo", "uk-ets", "wci"];
        Assert.Equal([], known.Except(Schemes.Select(s => s.Code)));
        Assert.Equal(Schemes.Count, Schemes.Select(s => s.RegistryCode).Distinct().Count());
    }

    /// <summary>What a scheme with an obligation says, so that every slot of it can be shown and worked with.</summary>
    [Fact]
    public void Every_operating_scheme_fills_the_slots_of_its_file()
    {
        foreach (var s in Schemes.Where(s => s.Standing == "operating"))
        {
            foreach (var table in new[] { "periods", "coverage", "allocation", "offsets", "banking", "duties", "deadlines", "penalty", "rounding", "accounts", "transactions", "hours", "documents" })
                Assert.True(s.Rows(table).Count > 0, $"{s.Code} has no {table}");
            foreach (var word in new[] { "issue", "transfer", "surrender", "reverse-surrender", "delete", "closure-transfer" })
                Assert.True(s.Transactions.Any(t => t.Transaction == word), $"{s.Code} has no {word}");
            Assert.True(s.Transactions.Any(t => t.Transaction is "allocate" or "auction-delivery"), $"{s.Code} gives units to nobody");
        }
    }

    [Fact]
    public void Every_holder_of_a_scheme_can_be_reached_from_its_issuer() => Assert.All(Schemes, s =>
    {
        var reached = new HashSet<string> { s.Accounts.Single(a => a.Role == AccountRole.Issuer).Kind };
        while (s.Transactions.Where(t => reached.Contains(t.From)).Any(t => reached.Add(t.To))) { }
        Assert.Equal([], s.Accounts.Select(a => a.Kind).Except(reached));
    });

    [Fact]
    public void A_value_from_memory_is_never_called_verified_by_its_own_citation() =>
        Assert.Equal([], Schemes.SelectMany(s => s.Pack.Tables.Values.SelectMany(t => t.Rows).Where(r => r.Status == RuleStatus.Verified && r.Source.Citation.Contains("from memory", StringComparison.Ordinal)).Select(r => $"{r.File}:{r.Line}")));

    [Fact]
    public void Links_name_schemes_that_name_them_back_and_accounts_they_have()
    {
        foreach (var s in Schemes)
            foreach (var link in s.Rows("links"))
            {
                var other = Assert.Single(Schemes, o => o.Code == link.Text("scheme"));
                if (link.Text("kind") == "two-way") Assert.Contains(other.Rows("links"), l => l.Text("scheme") == s.Code);
                if (link.TextOrNull("account") is { } account) Assert.Equal(AccountRole.Link, s.Account(account)!.Role);
            }
    }

    /// <summary>A rule nobody waits by is a mistake: the seven days of a person's account once were.</summary>
    [Fact]
    public void Every_trusted_list_rule_is_the_one_of_some_account_and_the_union_s_persons_wait_seven_days()
    {
        foreach (var s in Schemes)
        {
            Assert.All(s.Accounts.Where(a => a.TrustedRule is not null), a => Assert.Contains(s.Hours, h => h.Rule == a.TrustedRule && h.Kind == "trusted-list"));
            Assert.Equal(s.Hours.Where(h => h.Kind == "trusted-list").Select(h => h.Rule).Order(), s.Accounts.Where(a => a.NeedsTrustedList).Select(a => s.TrustedDelay(a.Kind)?.Rule).OfType<string>().Distinct().Order());
        }
        var union = Schemes.Single(s => s.Code == "eu-ets");
        Assert.Equal((4, 7), (union.TrustedDelay("operator-holding")!.WorkingDays, union.TrustedDelay("person-holding")!.WorkingDays));
    }

    /// <summary>A new scheme is a new file: nothing else changes, and every method works with it.</summary>
    [Fact]
    public void A_scheme_nobody_has_heard_of_works_from_its_file_alone()
    {
        var folder = Directory.CreateTempSubdirectory("verdigris-scheme-").FullName;
        try
        {
            Directory.CreateDirectory(Path.Combine(folder, "rules", "calendars"));
            Directory.CreateDirectory(Path.Combine(folder, "schemes"));
            foreach (var name in new[] { "london.yaml", "london-holidays.csv" }) File.Copy(Checkout.Path("data/rules/calendars/" + name), Path.Combine(folder, "rules", "calendars", name));
            File.Copy(Checkout.Path("data/schemes/shape.yml"), Path.Combine(folder, "schemes", "shape.yml"));
            File.WriteAllText(Path.Combine(folder, "schemes", "atlantis.yaml"), Atlantis);
            var packs = RulePacks.Open(folder);
            Assert.Equal([], packs.Check().Select(f => $"{f.File}:{f.Line} {f.Field} {f.Message.En}"));
            var methods = new Verdigris.Primitives.Calculations.CalculatorSet(packs, [.. RegistryMethods.All]);
            System.Text.Json.Nodes.JsonObject Ask(string method, string input)
            {
                using var json = System.Text.Json.JsonDocument.Parse(input);
                return methods.Run(method, json.RootElement).Value.Result.Result;
            }
            Assert.Equal(900m, Ask("ets.cap", """{"scheme":"atlantis","year":2032}""")["cap"]!.GetValue<decimal>());
            Assert.Equal(50m, Ask("ets.free-allocation", """{"scheme":"atlantis","year":2031,"unitClass":"tide","generationMwh":100}""")["allocation"]!.GetValue<decimal>());
            Assert.Equal(700m, Ask("ets.penalty", """{"scheme":"atlantis","year":2031,"shortfall":10,"referencePrice":10}""")["amount"]!.GetValue<decimal>());
            Assert.Equal("2032-05-01", Ask("ets.compliance-dates", """{"scheme":"atlantis","year":2031}""")["dates"]!["surrender"]!.GetValue<string>());
            Assert.Equal("2025-04-23T11:00:00+01:00", Ask("registry.transfer-delay", """{"rule":"atlantis-48h","initiatedAt":"2025-04-17T11:00:00+01:00"}""")["executesAt"]!.GetValue<string>());
        }
        finally { Directory.Delete(folder, recursive: true); }
    }

    const string Atlantis = """
        pack: schemes/atlantis
        version: "2030-01-01"
        title: { en: Atlantis, zh: 亚特兰蒂斯 }
        shape: shape.yml
        sources:
          X: { citation: "An island", retrieved: 2030-01-01 }
        tables:
          scheme:
            rows:
              - { scheme: atlantis, nameEn: Atlantis, nameZh: 亚特兰蒂斯, jurisdiction: XX, currency: USD, unitMassT: 1, registryCode: AT, period: 0, standing: operating, status: verified, source: X }
          units:
            rows:
              - { unit: ATA, nameEn: Allowance, nameZh: 配额, kind: allowance, vintage: none, status: verified, source: X }
          accounts:
            defaults: { status: verified, source: X, installation: false, trustedList: false, typeCode: 1 }
            rows:
              - { account: mint, nameEn: Mint, nameZh: 铸造, role: issuer }
              - { account: holding, nameEn: Holding, nameZh: 持有, role: holder }
          transactions:
            rows:
              - { transaction: issue, code: "1", from: mint, to: holding, proposer: authority, second: true, trusted: false, status: verified, source: X }
          hours:
            rows:
              - { rule: atlantis-48h, kind: transfer, calendar: london, zone: Europe/London, opens: "09:00", closes: "17:00", hours: 48, status: verified, source: X }
          periods:
            rows:
              - { period: "1", nameEn: One, nameZh: 一, firstYear: 2030, lastYear: 2039, cap: absolute, status: verified, source: X }
          caps:
            rows:
              - { year: 2030, units: 1000, status: verified, source: X }
          cap-path:
            rows:
              - { firstYear: 2031, lastYear: 2039, kind: linear, factor: 0.05, reference: 1000, status: verified, source: X }
          allocation:
            rows:
              - { sector: power, method: output, status: verified, source: X }
          output-benchmarks:
            rows:
              - { class: tide, product: electricity, nameEn: Tide, nameZh: 潮汐, value: 0.5, unit: ATA/MWh, basis: generation, status: verified, source: X }
          penalty:
            rows:
              - { penalty: sevenfold, kind: price-multiple, least: 7, most: 7, indexed: false, owed: 1, status: verified, source: X }
          deadlines:
            rows:
              - { what: surrender, month: 5, day: 1, yearsAfter: 1, each: year, status: verified, source: X }
        """;
}
