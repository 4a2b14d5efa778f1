using System.Net;
using System.Text.Json;
using Verdigris.Passport.Certificates;
using Verdigris.Passport.Certificates.Anomalies;
using Verdigris.Passport.Finance.Pledges;
using Verdigris.Passport.Payments;
using Verdigris.Passport.Warehousing;
using Verdigris.Passport.Warehousing.FloorCounts;
using Verdigris.Passport.Warehousing.LoadOuts;
using Verdigris.Passport.Warehousing.Weighing;
using Verdigris.Passport.Warrants;
using Verdigris.Primitives;
using Verdigris.Primitives.Rules;

namespace Verdigris.Passport.Tests;

/// <summary>Frauds and errors that happened, and the control that stops each.</summary>
public class FraudCaseTests
{
    /// <summary>Rotterdam, March 2023: bags of stones stood behind nine nickel warrants, 54 tonnes. Nobody had weighed or touched them on the way in.</summary>
    [Fact]
    public async Task Stones_in_bags_2023_what_was_not_weighed_and_checked_gets_no_warrant_and_what_slipped_through_is_found_again()
    {
        await using var world = await World.Make();
        var warrants = world.Get<WarrantHandlers>();
        var row = await world.Published("A");
        var seen = new InboundObservation(row.Certificate.Id, world.Unit, "VALU", "ingot", 25, 25_010m, [], row.Certificate.Content.HeatNumbers, "SCALE-1", world.Clock.GetCurrentInstant(), QuarantineIfFailed: false);
        var asked = new WarrantRequest([row.Certificate.Id], world.Owners[0], "L-A", "paid");
        // A warehouse does not even see what has not come to it.
        Assert.Equal("access.not-visible", (await world.Try(world.Operator, s => warrants.Request(s, asked, default))).Refusals[0].Code);
        // Nobody weighed it.
        Assert.Equal("weigh.ticket-missing", (await world.Try(world.Operator, s => warrants.RecordMatch(s, seen, default))).Refusals.Single().Code);
        // Weighed and right to the kilogram, but whoever touched it felt stone.
        var touched = await world.Matched(world.Operator, seen with { Checks = [new("touch", false)], QuarantineIfFailed = true });
        Assert.False(touched.Passed);
        Assert.Equal("warrant.not-matched", (await world.Try(world.Operator, s => warrants.Request(s, asked, default))).Refusals[0].Code);
        // Nickel: without the four checks since May 2023 there is no match at all.
        var nickel = new WarehousingRules(RulePacks.Locate()).Duties("NI", new(2023, 5, 1));
        Assert.Equal(4, MetalChecks.Check([], nickel).Count);

        // A warrant from before: the campaign of the exchange looks at it again, and two people take it out of the Book.
        var (bad, _) = await world.Issued("B", 1);
        await world.Invalidated(bad.Id);
        var gone = await world.Do(world.Staff, s => warrants.Read(s, bad.Id, default));
        Assert.Equal((WarrantState.Invalidated, (Guid?)null), (gone.Warrant.State, gone.Owner));
        // Nobody owns it any more, so nobody has it to offer.
        Assert.Equal("access.not-visible", (await world.Try(world.Owner(1), s => world.Get<TransferHandlers>().Propose(s, new TransferProposal(bad.Id, world.Owners[2], World.Start.Plus(NodaTime.Duration.FromDays(2)), null), default))).Refusals[0].Code);
    }

    /// <summary>2022: 24 tonnes of another lot were loaded out, and nobody noticed for five months.</summary>
    [Fact]
    public async Task Wrong_load_out_2022_a_bundle_of_another_lot_does_not_pass_the_gate_and_a_floor_count_finds_what_is_missing_the_same_day()
    {
        await using var world = await World.Make();
        var (loadOut, orders, counts) = (world.Get<LoadOutHandlers>(), world.Get<LoadOutOrders>(), world.Get<FloorCountHandlers>());
        var (leaving, _) = await world.Issued("A", 0);
        var (staying, _) = await world.Issued("B", 1);
        await world.Do(world.Owner(0), s => loadOut.Cancel(s, leaving.Id, default));
        await world.Do(world.Operator, s => loadOut.Queue(s, leaving.Id, default));
        var own = Enumerable.Range(1, 25).Select(i => new NewScan("OWN-" + i, null)).ToList();
        await world.Do(world.Operator, s => orders.Make(s, leaving.Id, new(own), default));
        // The forklift brings a bundle of the lot beside it.
        var scans = await world.Do(world.Operator, s => orders.Scan(s, leaving.Id, ScanPlace.Floor, [new("OTHER-1", null), .. own], default));
        Assert.Equal("loadout.not-on-order", scans[0].Refusal!.Code);
        // One person cannot be both pairs of eyes, and without the gate nothing leaves.
        Assert.All(await world.Do(world.Operator, s => orders.Scan(s, leaving.Id, ScanPlace.Gate, own, default)), r => Assert.Equal("loadout.same-person", r.Refusal!.Code));
        Assert.False((await world.Try(world.Operator, s => loadOut.RequestLoadOut(s, leaving.Id, default))).Ok);
        Assert.Equal(WarrantState.Queued, (await world.Do(world.Staff, s => world.Get<WarrantHandlers>().Read(s, leaving.Id, default))).Warrant.State);

        // Had it left all the same, the count of that evening names the lot that should be there.
        var count = await world.Do(world.Operator, s => counts.Take(s, world.Unit, World.Start.InUtc().Date, new MemoryStream("L-A,25000"u8.ToArray()), default));
        var missing = Assert.Single(count.Differences);
        Assert.Equal((DifferenceKind.MissingOnFloor, staying.LotNo), (missing.Kind, missing.LotNo));
    }

    /// <summary>Qingdao and Penglai, 2012 to 2014: about 100,000 tonnes of aluminium behind receipts for 300,000, pledged to eighteen banks.</summary>
    [Fact]
    public async Task Qingdao_2014_one_lot_has_one_live_title_and_a_second_pledge_is_known_at_once_without_showing_the_stock()
    {
        await using var world = await World.Make();
        var (warrants, transfers, register) = (world.Get<WarrantHandlers>(), world.Get<TransferHandlers>(), world.Get<PledgeRegister>());
        var (warrant, certificate) = await world.Issued("A", 0);
        // A second receipt for the same metal.
        Assert.False((await world.Try(world.Operator, s => warrants.Request(s, new WarrantRequest([certificate.Certificate.Id], world.Owners[1], "L-A2", "paid"), default))).Ok);
        // Pledged to one bank in the Book, it can be neither sold nor pledged again.
        await world.Do(world.Owner(0), s => transfers.Pledge(s, warrant.Id, world.Owners[3], default));
        Assert.False((await world.Try(world.Owner(0), s => transfers.Pledge(s, warrant.Id, world.Owners[2], default))).Ok);
        Assert.False((await world.Try(world.Owner(0), s => transfers.Propose(s, new TransferProposal(warrant.Id, world.Owners[1], World.Start.Plus(NodaTime.Duration.FromDays(2)), null), default))).Ok);

        // Metal outside the Book: the second bank is warned, and neither learns who the other is.
        var lot = new LotIdentity("PENGLAI", "PORT 7", ["H1"], ["S1", "S2"]);
        var (first, second) = (await world.Lender("First bank"), await world.Lender("Second bank"));
        await world.Do(first, s => register.Register(s, new(lot, "LOAN-1", new(2026, 10, 1)), default));
        var again = await world.Do(second, s => register.Register(s, new(lot with { Seals = ["s 2", "S1"] }, "LOAN-2", new(2026, 11, 1)), default));
        Assert.Equal(new PledgeAnswer(true, new(2026, 10, 1)), again.Answer);
        Assert.Single((await world.Do(first, s => register.Alerts(s, null, 50, default))).Items);
        Assert.DoesNotContain("LOAN-1", JsonSerializer.Serialize(again.Answer));
    }

    /// <summary>January 2017: nickel receipts were copied on paper.</summary>
    [Fact]
    public async Task Forged_receipts_2017_only_the_register_says_what_is_good_and_a_copy_gives_itself_away()
    {
        await using var world = await World.Make();
        var handlers = world.Get<CertificateHandlers>();
        var content = World.Good("A") with { Bundles = 2, Pieces = 1100, BundleList = [new("01", 600, 13_000m, "SEAL-1"), new("02", 500, 12_000m, "SEAL-2")] };
        var row = await world.Do(world.Editor, s => handlers.Create(s, content, default));
        await world.Do(world.Approver, s => handlers.Sign(s, row.Certificate.Id, default));
        await world.Do(world.Approver, s => handlers.Publish(s, row.Certificate.Id, default));
        using var nobody = world.Client(null);
        // An invented number is unknown, and a copied label on other metal has another seal.
        Assert.Equal(HttpStatusCode.NotFound, (await nobody.GetAsync("/api/v1/certificates/check/VALU-2026-777777")).StatusCode);
        var label = await nobody.GetStringAsync($"/api/v1/certificates/check/{row.Certificate.Number}/bundles/01?seal=SEAL-9");
        Assert.False(JsonDocument.Parse(label).RootElement.GetProperty("sealAgrees").GetBoolean());
        // The same paper entered again under a new number reaches the exchange.
        var copy = await world.Do(world.Editor, s => handlers.Create(s, content with { SourceRef = "REF-COPY", HeatNumbers = ["HX1"] }, default));
        await world.Do(world.Approver, s => handlers.Sign(s, copy.Certificate.Id, default));
        await world.Do(world.Approver, s => handlers.Publish(s, copy.Certificate.Id, default));
        Assert.Contains(AnomalyRules.SealRepeated, (await world.Do(world.Staff, s => world.Get<AnomalyHandlers>().List(s, new(), default))).Items.Select(f => f.Rule));
        // What was voided says so to whoever scans the old print.
        await world.Do(world.Approver, s => handlers.Void(s, copy.Certificate.Id, "Entered twice", default));
        var voided = JsonDocument.Parse(await nobody.GetStringAsync($"/api/v1/certificates/check/{copy.Certificate.Number}")).RootElement;
        Assert.Equal(("Voided", false), (voided.GetProperty("state").GetString(), voided.GetProperty("valid").GetBoolean()));
    }

    /// <summary>Found in 2022 and 2023: over a thousand containers paid for as nickel. The certificate of analysis was waived though the contract asked for one, the customs codes on the bills of lading were not nickel's, the metal was sold back to firms linked to its seller, and it went on the longest voyages.</summary>
    [Fact]
    public async Task Trafigura_nickel_2023_no_payment_without_a_signed_certificate_and_a_code_that_fits_and_the_round_trip_and_the_voyage_are_asked_about()
    {
        await using var world = await World.Make();
        var h = world.Get<GateHandlers>();
        var (trader, second) = (World.Person("trader", world.Owners[0], Role.OwnerTrader), World.Person("second", world.Owners[0], Role.OwnerApprover));
        await PaymentGateTests.Listed(world);
        // Seller and the buyer at the end of the chain are in one hand.
        await world.Do(world.Staff, s => world.Get<OrganisationLinks>().Say(s, new(world.Owners[1], world.Owners[2], "One owner"), default));
        var trade = PaymentRulesTests.Trade(world.Owners[0], "NI", "7204.49", 24_000m, new GateGood("NICK-2022-000001")) with
        {
            Parties = [new(PartyRole.Seller, "Owner 1", world.Owners[1]), new(PartyRole.Buyer, "Owner 0", world.Owners[0]), new(PartyRole.EndBuyer, "Owner 2", world.Owners[2])],
        };
        var gate = await world.Do(trader, s => h.Open(s, trade with { BillOfLading = trade.BillOfLading! with { PortOfLoading = "KRPUS", DepartedOn = new(2026, 9, 1), DueOn = new(2026, 12, 10) }, Insurance = trade.Insurance! with { From = new(2026, 8, 1) } }, default));
        await PaymentGateTests.Attached(world, trader, gate.Gate.Id, "bill-of-lading", "origin-certificate", "insurance-policy");
        Assert.Equal([GateWarnings.LongVoyage, GateWarnings.RoundTrip], gate.Gate.Warnings.Select(w => w.Code).Order(StringComparer.Ordinal));
        // The two that were let go then cannot be let go here, whatever the reason and however many agree.
        foreach (var item in new[] { "certificate", "customs-code" })
            Assert.Equal("payment.never-waived", (await world.Try(trader, s => h.ProposeWaiver(s, gate.Gate.Id, item, "The certificate comes later; the seller is an old friend", default))).Refusals.Single().Code);
        var refused = await world.Try(second, s => h.Pass(s, gate.Gate.Id, "We know them", default));
        Assert.Contains(refused.Refusals, r => (r.Code, r.Field) == ("payment.item-open", "certificate"));
        Assert.Contains(refused.Refusals, r => (r.Code, r.Field) == ("payment.item-open", "customs-code"));
        // A certificate of other metal, signed and good, does not help.
        var aluminium = await world.Published("A");
        var swapped = await world.Do(trader, s => h.Revise(s, gate.Gate.Id, gate.Gate.Content with { Goods = [new(aluminium.Certificate.Number)] }, default));
        Assert.Equal("certificate-other-metal", swapped.Gate.Items.Single(i => i.Item == "certificate").Findings.Single().Code);
        Assert.Equal(GateState.Blocked, swapped.Gate.State);
    }
}
