using System.Text;
using NodaTime;
using Verdigris.Passport.Payments;
using Verdigris.Passport.Specifications;
using Verdigris.Primitives.Rules;

namespace Verdigris.Passport.Tests;

/// <summary>What the gate's checks find, without a database.</summary>
public sealed class PaymentRulesTests
{
    static readonly RulePacks Packs = RulePacks.Locate();
    static readonly PaymentRules Rules = new(Packs);
    static readonly GateChecks Checks = new(Rules, CustomsCodes.Of(Packs));
    static readonly LocalDate Today = new(2026, 11, 20);
    static readonly Guid Payer = Guid.CreateVersion7();

    internal static GateContent Trade(Guid payer, string metal = "NI", string code = "7502.10", decimal netKg = 24_000m, params GateGood[] goods) => new("PO-1", metal, 20_000m, "USD", netKg / 1000, "NO",
        [new(PartyRole.Seller, "Northern Metal Supply"), new(PartyRole.Buyer, "Payer", payer)], goods.Length > 0 ? goods : [new("NICK-2026-000001")],
        new BillOfLading("BL-1", new(2026, 11, 1), code, netKg, "AEJEA", "NLRTM", "MV Steady", new(2026, 11, 1), new(2026, 11, 24)),
        new InsurancePolicy("POL-1", "Sound Cover", new(2026, 10, 1), new(2027, 1, 31), 30_000m * netKg / 1000, "USD"));

    static readonly GoodFact Good = new("NICK-2026-000001", "NICK-2026-000001", null, Standing.Signed, "NI", "pellet", "NO", 24_000m);

    static readonly GateFacts Sound = new(Trade(Payer), [Good], new HashSet<string> { "bill-of-lading", "origin-certificate", "insurance-policy" }, [new("List", Today)], [], Today, Today);

    static GateItem Item(GateFacts facts, string item) => Checks.Run(facts).Single(i => i.Item == item);

    [Fact]
    public void A_sound_trade_meets_every_item_in_the_order_of_the_checklist()
    {
        var items = Checks.Run(Sound);
        Assert.Equal(["certificate", "customs-code", "weight", "origin", "sanctions", "insurance"], items.Select(i => i.Item));
        Assert.All(items, i => Assert.Equal((ItemOutcome.Met, false), (i.Outcome, i.Waivable)));
    }

    public static TheoryData<string, string, ItemOutcome, bool> Faults => new()
    {
        { "no certificate", "certificate/certificate-unknown", ItemOutcome.Failed, false },
        { "unsigned", "certificate/certificate-unsigned", ItemOutcome.Failed, false },
        { "wrong signature", "certificate/certificate-signature-wrong", ItemOutcome.Failed, false },
        { "voided", "certificate/certificate-not-in-force", ItemOutcome.Failed, false },
        { "paper", "certificate/certificate-on-paper", ItemOutcome.Unclear, true },
        { "other metal", "certificate/certificate-other-metal", ItemOutcome.Failed, false },
        { "no bill", "customs-code/bill-missing", ItemOutcome.Failed, false },
        { "bill not attached", "customs-code/document-missing", ItemOutcome.Failed, false },
        { "scrap iron", "customs-code/customs-other-goods", ItemOutcome.Failed, false },
        { "unlisted code", "customs-code/customs-cannot-tell", ItemOutcome.Unclear, true },
        { "no bill", "weight/bill-missing", ItemOutcome.Failed, true },
        { "weight unknown", "weight/weight-unknown", ItemOutcome.Unclear, true },
        { "light", "weight/weight-apart", ItemOutcome.Failed, true },
        { "paid for more", "weight/payable-apart", ItemOutcome.Failed, true },
        { "other origin", "origin/origin-differs", ItemOutcome.Failed, true },
        { "origin unknown", "origin/origin-unknown", ItemOutcome.Unclear, true },
        { "no list", "sanctions/sanctions-no-list", ItemOutcome.Unclear, false },
        { "old list", "sanctions/sanctions-list-old", ItemOutcome.Unclear, false },
        { "hit", "sanctions/sanctions-unreviewed", ItemOutcome.Failed, false },
        { "true hit", "sanctions/sanctions-hit", ItemOutcome.Failed, false },
        { "no policy", "insurance/insurance-missing", ItemOutcome.Failed, true },
        { "small policy", "insurance/insurance-short", ItemOutcome.Failed, true },
        { "other currency", "insurance/insurance-currency", ItemOutcome.Unclear, true },
        { "policy over", "insurance/insurance-over", ItemOutcome.Failed, true },
        { "policy late", "insurance/insurance-late", ItemOutcome.Failed, true },
        { "policy short", "insurance/insurance-short-time", ItemOutcome.Failed, true },
    };

    [Theory, MemberData(nameof(Faults))]
    public void Each_fault_is_found_at_its_item_and_waived_only_where_the_data_allow(string fault, string where, ItemOutcome outcome, bool waivable)
    {
        var c = Sound.Content;
        GoodFact With(Standing standing) => Good with { Standing = standing };
        var facts = fault switch
        {
            "no certificate" => Sound with { Goods = [With(Standing.Unknown)] },
            "unsigned" => Sound with { Goods = [With(Standing.Unsigned)] },
            "wrong signature" => Sound with { Goods = [With(Standing.SignatureWrong)] },
            "voided" => Sound with { Goods = [With(Standing.NotInForce)] },
            "paper" => Sound with { Goods = [With(Standing.OnPaper)] },
            "other metal" => Sound with { Goods = [Good with { Metal = "AL" }] },
            "no bill" => Sound with { Content = c with { BillOfLading = null } },
            "bill not attached" => Sound with { Documents = new HashSet<string> { "origin-certificate", "insurance-policy" } },
            "scrap iron" => Sound with { Content = c with { BillOfLading = c.BillOfLading! with { CustomsCode = "7204.49" } } },
            "unlisted code" => Sound with { Content = c with { BillOfLading = c.BillOfLading! with { CustomsCode = "7502.90" } } },
            "weight unknown" => Sound with { Goods = [Good with { NetKg = null }] },
            "light" => Sound with { Content = c with { BillOfLading = c.BillOfLading! with { NetKg = 23_879.999m } } },
            "paid for more" => Sound with { Content = c with { TonnesPayable = 24.121m } },
            "other origin" => Sound with { Goods = [Good with { Origin = "FI" }] },
            "origin unknown" => Sound with { Goods = [Good with { Origin = null }] },
            "no list" => Sound with { Lists = [] },
            "old list" => Sound with { Lists = [new("List", Today.PlusDays(-31))] },
            "hit" => Sound with { Hits = [new("Payer", "List", Today, "1", "PAYER", null, true)] },
            "true hit" => Sound with { Hits = [new("Payer", "List", Today, "1", "PAYER", null, true, SameParty: true)] },
            "no policy" => Sound with { Content = c with { Insurance = null } },
            "small policy" => Sound with { Content = c with { Insurance = c.Insurance! with { Amount = 527_999.99m } } },
            "other currency" => Sound with { Content = c with { Insurance = c.Insurance! with { Currency = "EUR" } } },
            "policy over" => Sound with { Content = c with { Insurance = c.Insurance! with { To = Today.PlusDays(-1) }, BillOfLading = c.BillOfLading! with { DueOn = null } } },
            "policy late" => Sound with { Content = c with { Insurance = c.Insurance! with { From = new(2026, 11, 2) } } },
            "policy short" => Sound with { Content = c with { Insurance = c.Insurance! with { To = new(2026, 11, 23) } } },
            _ => throw new ArgumentOutOfRangeException(nameof(fault)),
        };
        var parts = where.Split('/');
        var item = Item(facts, parts[0]);
        Assert.Equal((parts[1], outcome, waivable), (Assert.Single(item.Findings).Code, item.Outcome, item.Waivable));
    }

    [Fact]
    public void At_the_limit_itself_weight_age_and_insurance_are_within()
    {
        var c = Sound.Content;
        Assert.Equal(ItemOutcome.Met, Item(Sound with { Content = c with { BillOfLading = c.BillOfLading! with { NetKg = 23_880m } } }, "weight").Outcome);
        Assert.Equal(ItemOutcome.Met, Item(Sound with { Content = c with { BillOfLading = c.BillOfLading! with { NetKg = 24_120m } } }, "weight").Outcome);
        Assert.Equal(ItemOutcome.Met, Item(Sound with { Lists = [new("List", Today.PlusDays(-30))] }, "sanctions").Outcome);
        Assert.Equal(ItemOutcome.Met, Item(Sound with { Content = c with { Insurance = c.Insurance! with { Amount = 528_000m, To = new(2026, 11, 24) } } }, "insurance").Outcome);
    }

    [Fact]
    public void Parts_of_a_lot_weigh_together_and_one_unknown_weight_makes_the_sum_unknown()
    {
        var random = new Random(5);
        for (var i = 0; i < 300; i++)
        {
            var parts = Enumerable.Range(0, random.Next(1, 8)).Select(n => Good with { BundleNo = $"{n}", NetKg = random.Next(500, 2000) }).ToList();
            var sum = parts.Sum(p => p.NetKg!.Value);
            var facts = Sound with { Goods = parts, Content = Sound.Content with { TonnesPayable = sum / 1000, BillOfLading = Sound.Content.BillOfLading! with { NetKg = sum } } };
            Assert.Equal(ItemOutcome.Met, Item(facts, "weight").Outcome);
            parts[random.Next(parts.Count)] = Good with { NetKg = null };
            Assert.Equal(ItemOutcome.Unclear, Item(facts with { Goods = parts }, "weight").Outcome);
        }
    }

    [Fact]
    public void What_was_found_has_one_hash_whatever_its_order_and_another_where_anything_differs()
    {
        var (a, b) = (Good with { Certificate = "A", Standing = Standing.NotInForce }, Good with { Certificate = "B", Standing = Standing.NotInForce });
        var one = Item(Sound with { Goods = [a, b] }, "certificate");
        Assert.Equal(one.Found, Item(Sound with { Goods = [b, a] }, "certificate").Found);
        Assert.NotEqual(one.Found, Item(Sound with { Goods = [a] }, "certificate").Found);
        Assert.Equal(Checks.Run(Sound).Count, Checks.Run(Sound).Select(i => i.Found).Distinct().Count());
    }

    [Fact]
    public void Every_state_of_a_gate_is_reached_three_are_final_and_only_a_ready_one_passes()
    {
        var reached = new HashSet<GateState> { GateState.Blocked };
        for (var known = 0; known < reached.Count;)
        {
            known = reached.Count;
            reached.UnionWith([.. GateStates.Table.Where(m => reached.Contains(m.From)).Select(m => m.To)]);
        }
        Assert.Equal(Enum.GetValues<GateState>().ToHashSet(), reached);
        Assert.Equal([GateState.Passed, GateState.Refused, GateState.Withdrawn], GateStates.Table.Final.Order());
        Assert.All(Enum.GetValues<GateState>(), s => Assert.Equal(s == GateState.Ready, GateStates.Table.Next(s, GateEvent.Pass).Ok));
    }

    [Fact]
    public void Only_two_items_may_never_be_waived_when_they_failed_beside_the_sanctions_screening()
    {
        var never = Rules.Checklist(Today).Where(i => !i.WaiveFailed).Select(i => i.Item);
        Assert.Equal(["certificate", "customs-code", "sanctions"], never);
        Assert.Equal(["sanctions"], Rules.Checklist(Today).Where(i => !i.WaiveUnclear).Select(i => i.Item));
    }

    [Theory]
    [InlineData("Northern Metal Supply Ltd", "NORTHERN METAL SUPPLY LIMITED", true)]
    [InlineData("Supply, Northern-Metal", "Northern Metal Supply", true)]
    [InlineData("Société Minière d’Étain S.A.", "Societe Miniere dEtain", true)]
    [InlineData("Northern Metall Supply", "Northern Metal Supply", false)]
    [InlineData("Northern Metal Supply Trading", "Northern Metal Supply", false)]
    [InlineData("Nothern Metal", "Northern Metal Supply", false)]
    [InlineData("Ｎｏｒｔｈｅｒｎ Metal", "NORTHERN METAL", true)]
    [InlineData("Łódź Žižka Gmbh", "Lodz Zizka", true)]
    [InlineData("Øresund Shipping", "Oresund Shipping", true)]
    [InlineData("Rusnickel Trading House", "Rusnickel", false)]
    [InlineData("北方金属贸易有限公司", "北方金属贸易股份有限公司", true)]
    [InlineData("上海北方金属贸易有限公司", "北方金属贸易", false)]
    [InlineData("Northern Grain Supply", "Northern Metal Supply", null)]
    [InlineData("Iron Co", "Ironside Partners", null)]
    [InlineData("ABC", "ABCD", null)]
    [InlineData("北方", "上海北方金属贸易", null)]
    [InlineData("Ltd", "Limited", null)]
    public void Names_are_alike_by_their_words(string one, string other, bool? exact)
    {
        var (a, b) = (NameMatch.Words(one, Rules.LegalForms), NameMatch.Words(other, Rules.LegalForms));
        Assert.Equal(exact, NameMatch.Alike(a, b));
        Assert.Equal(exact, NameMatch.Alike(b, a));
    }

    [Fact]
    public void A_name_is_alike_to_itself_through_case_order_punctuation_legal_form_and_one_slip_of_a_letter()
    {
        string[] words = ["NORTHERN", "METAL", "HARBOUR", "COPPER", "TRADING", "GLOBAL", "EASTERN", "RESOURCES"];
        var random = new Random(9);
        for (var i = 0; i < 2000; i++)
        {
            var chosen = words.OrderBy(_ => random.Next()).Take(random.Next(2, 5)).ToList();
            var plain = NameMatch.Words(string.Join(' ', chosen), Rules.LegalForms);
            var shuffled = string.Join(random.Next(2) == 0 ? " " : "-", chosen.OrderBy(_ => random.Next()).Select(w => random.Next(2) == 0 ? w.ToLowerInvariant() : w)) + (random.Next(2) == 0 ? ", Ltd." : " GmbH");
            Assert.True(NameMatch.Alike(plain, NameMatch.Words(shuffled, Rules.LegalForms)));
            var at = random.Next(chosen.Count);
            var word = chosen[at];
            var place = random.Next(word.Length);
            var slipped = random.Next(3) switch { 0 => word.Remove(place, 1), 1 => word.Insert(place, "Q"), _ => word[..place] + "Q" + word[(place + 1)..] };
            if (slipped.Length < 5) continue;
            Assert.NotNull(NameMatch.Alike(plain, NameMatch.Words(string.Join(' ', chosen.Select((w, n) => n == at ? slipped : w)), Rules.LegalForms)));
        }
    }

    [Fact]
    public void Metal_that_goes_back_to_its_seller_or_to_somebody_linked_is_asked_about()
    {
        var (seller, linked, apart) = (Guid.CreateVersion7(), Guid.CreateVersion7(), Guid.CreateVersion7());
        var warnings = new GateWarnings(Rules);
        IEnumerable<string> Codes(Guid? taker, string name, params EarlierSale[] sales)
        {
            var trade = Trade(Payer) with { Parties = [new(PartyRole.Seller, "Northern Metal Supply", seller), new(PartyRole.Buyer, "Payer", Payer), new(PartyRole.EndBuyer, name, taker)] };
            return warnings.Run(new(trade, sales, new HashSet<(Guid, Guid)> { (seller, linked), (linked, seller) }, [], Today)).Select(w => w.Code);
        }
        Assert.Empty(Codes(apart, "Hyphen Goods"));
        Assert.Equal([GateWarnings.RoundTrip], Codes(seller, "Under another name"));
        Assert.Equal([GateWarnings.RoundTrip], Codes(linked, "Hyphen Goods"));
        Assert.Equal([GateWarnings.RoundTrip], Codes(null, "NORTHERN METAL SUPPLY LTD"));
        Assert.Equal([GateWarnings.BoughtBack], Codes(apart, "Hyphen Goods", new EarlierSale(apart, [], Today)));
        Assert.Equal([GateWarnings.BoughtBack], Codes(null, "Old Holder", new EarlierSale(null, NameMatch.Words("Old Holder Ltd", Rules.LegalForms), Today)));
        Assert.Empty(Codes(null, "Hyphen Goods", new EarlierSale(apart, [], Today)));
    }

    [Theory]
    [InlineData("AEJEA", "NLRTM", 29, null)]
    [InlineData("AEJEA", "NLRTM", 30, GateWarnings.LongVoyage)]
    [InlineData("NLRTM", "AEJEA", 30, GateWarnings.LongVoyage)]
    [InlineData("AEJEA", "XXABC", 30, GateWarnings.VoyageUnknown)]
    [InlineData("AEJEA", "NLRTM", null, GateWarnings.VoyageUnknown)]
    public void A_voyage_far_longer_than_usual_is_asked_about_and_an_unknown_one_is_no_short_one(string from, string to, int? days, string? warning)
    {
        var trade = Trade(Payer);
        var bill = trade.BillOfLading! with { PortOfLoading = from, PortOfDischarge = to, DueOn = days is { } d ? trade.BillOfLading!.DepartedOn!.Value.PlusDays(d) : null };
        Assert.Equal(warning, new GateWarnings(Rules).Run(new(trade with { BillOfLading = bill }, [], new HashSet<(Guid, Guid)>(), [], Today)).SingleOrDefault()?.Code);
    }

    [Theory]
    [InlineData("reference", "payment.text-invalid")]
    [InlineData("metal", "payment.metal-unknown")]
    [InlineData("pricePerTonne", "payment.number-invalid")]
    [InlineData("currency", "payment.currency-unknown")]
    [InlineData("tonnesPayable", "payment.number-invalid")]
    [InlineData("origin", "payment.country-unknown")]
    [InlineData("parties[0].name", "payment.text-invalid")]
    [InlineData("goods", "payment.goods-count")]
    [InlineData("goods[1]", "payment.good-twice")]
    [InlineData("goods[0]", "payment.good-invalid")]
    [InlineData("billOfLading.customsCode", "customs.code-invalid")]
    [InlineData("billOfLading.portOfLoading", "payment.port-invalid")]
    [InlineData("billOfLading.dueOn", "payment.due-before-departure")]
    [InlineData("insurance.to", "payment.cover-ends-first")]
    [InlineData("insurance.amount", "payment.number-invalid")]
    public void What_cannot_be_right_is_refused_at_its_field(string field, string code)
    {
        var good = Trade(Payer);
        var (bill, policy) = (good.BillOfLading!, good.Insurance!);
        var bad = field switch
        {
            "reference" => good with { Reference = " " },
            "metal" => good with { Metal = "XX" },
            "pricePerTonne" => good with { PricePerTonne = 1.001m },
            "currency" => good with { Currency = "ABC" },
            "tonnesPayable" => good with { TonnesPayable = 0 },
            "origin" => good with { Origin = "XX" },
            "parties[0].name" => good with { Parties = [good.Parties[0] with { Name = "" }, good.Parties[1]] },
            "goods" => good with { Goods = [] },
            "goods[1]" => good with { Goods = [new("A-1"), new("A-1", "7")] },
            "goods[0]" => good with { Goods = [new("A 1")] },
            "billOfLading.customsCode" => good with { BillOfLading = bill with { CustomsCode = "7502" } },
            "billOfLading.portOfLoading" => good with { BillOfLading = bill with { PortOfLoading = "XXRTM" } },
            "billOfLading.dueOn" => good with { BillOfLading = bill with { DueOn = new(2026, 10, 31) } },
            "insurance.to" => good with { Insurance = policy with { To = new(2026, 9, 30) } },
            _ => good with { Insurance = policy with { Amount = -1 } },
        };
        Assert.Empty(GateRules.Check(good, Payer));
        var wrong = Assert.Single(GateRules.Check(bad, Payer));
        Assert.Equal((code, field), (wrong.Code, wrong.Field));
    }

    [Fact]
    public void The_payer_is_buyer_or_lender_and_there_is_one_seller_and_one_buyer()
    {
        var good = Trade(Payer);
        Assert.Equal("payment.own-part-missing", GateRules.Check(good, Guid.CreateVersion7()).Single().Code);
        Assert.Equal("payment.one-of-role", GateRules.Check(good with { Parties = [good.Parties[1]] }, Payer).Single().Code);
        Assert.Empty(GateRules.Check(good with { Parties = [good.Parties[0], new(PartyRole.Buyer, "Elsewhere"), new(PartyRole.Lender, "Bank", Payer)] }, Payer));
    }

    [Fact]
    public void A_list_is_read_with_its_aliases_and_faults_name_the_line()
    {
        var list = SanctionsLists.Parse(Encoding.UTF8.GetBytes("\ufeffentry,name,aliases,programme\r\n7,\"Bad Actor, Ltd\",BA; Bad Act ,P1\r\n7,Bad Actor the Second,,P1\r\n8,北方,,\r\n")).Value;
        Assert.Equal(["Bad Actor, Ltd", "BA", "Bad Act", "Bad Actor the Second", "北方"], list.Select(n => n.Name));
        Assert.Equal(["7", "7", "7", "7", "8"], list.Select(n => n.Entry));
        foreach (var (text, code, field) in new[] { ("", "sanctions.empty", "file"), ("entry,name\n", "sanctions.empty", "file"), ("id,x\n1,a\n", "sanctions.column-missing", "file"), ("entry,name\n,a\n", "sanctions.entry-missing", "file:2"), ("entry,name\n1,\n", "sanctions.name-missing", "file:2"), ("entry,name\n1,\"a\n", "sanctions.unreadable", "file") })
        {
            var wrong = SanctionsLists.Parse(Encoding.UTF8.GetBytes(text)).Refusals.Single();
            Assert.Equal((code, field), (wrong.Code, wrong.Field));
        }
        Assert.Equal("sanctions.unreadable", SanctionsLists.Parse([0xff, 0xfe, 0x00]).Refusals.Single().Code);
    }
}
