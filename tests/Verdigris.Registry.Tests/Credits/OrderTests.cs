using Verdigris.Book;
using Verdigris.Primitives;
using Verdigris.Registry.Credits.Duplicates;
using Verdigris.Registry.Credits.Imports;
using Verdigris.Registry.Credits.Orders;
using Verdigris.Registry.Credits.Projects;
using Verdigris.Registry.Credits.Units;
using Verdigris.Storage;

namespace Verdigris.Registry.Tests.Credits;

/// <summary>Units change hands, end, and never come back.</summary>
public sealed class OrderTests
{
    /// <summary>A desk with a project of 1,000 units, 930 of them the developer's.</summary>
    static async Task<(CreditDesk Desk, CreditProject Project, string Serial)> Issued()
    {
        var desk = await CreditDesk.Open();
        var project = await desk.Project();
        await desk.Issue(project, new(2025, 1, 1), new(2025, 12, 31), new Vintage(2025, 1000));
        var block = Assert.Single(await desk.Do(CreditDesk.Editor, s => desk.Units.Holdings(s, default)));
        Assert.Equal(930, block.Units);
        return (desk, project, block.Serial);
    }

    static async Task<CreditOrder> Done(CreditDesk desk, NewCreditOrder wanted)
    {
        var order = await desk.Do(CreditDesk.Editor, s => desk.Orders.Propose(s, wanted, default));
        await desk.Decide(CreditDesk.DeveloperApprover);
        return await desk.Do(CreditDesk.Editor, s => desk.Orders.Read(s, order.Id, default));
    }

    [Fact]
    public async Task A_transfer_waits_in_the_Book_until_the_receiver_accepts_and_the_buyer_gets_the_first_units()
    {
        var (desk, project, serial) = await Issued();
        await using var _ = desk;
        var offered = await Done(desk, new(CreditOrderKind.Transfer, serial, 200, CreditDesk.Buyer));
        Assert.Equal(CreditOrderState.Offered, offered.State);
        Assert.Empty(await desk.Do(CreditDesk.Trader, s => desk.Units.Holdings(s, default)));
        Assert.Equal(["credits.not-held"], await desk.Refused(CreditDesk.Editor, s => desk.Orders.Propose(s, new(CreditOrderKind.Retire, serial, 10, Beneficiary: "Somebody", Reason: "voluntary"), default)));
        await desk.Decide(CreditDesk.Trader);
        var bought = Assert.Single(await desk.Do(CreditDesk.Trader, s => desk.Units.Holdings(s, default)));
        Assert.Equal($"A64-KE-{project.Number}-2025-1-1-200", bought.Serial);
        Assert.Equal($"A64-KE-{project.Number}-2025-1-201-930", Assert.Single(await desk.Do(CreditDesk.Editor, s => desk.Units.Holdings(s, default))).Serial);
    }

    [Fact]
    public async Task What_the_receiver_declines_is_the_senders_again()
    {
        var (desk, _, serial) = await Issued();
        await using var __ = desk;
        var order = await Done(desk, new(CreditOrderKind.Transfer, serial, null, CreditDesk.Buyer));
        await desk.Decide(CreditDesk.Trader, approve: false);
        Assert.Equal(CreditOrderState.TurnedDown, (await desk.Do(CreditDesk.Editor, s => desk.Orders.Read(s, order.Id, default))).State);
        Assert.Equal(930, Assert.Single(await desk.Do(CreditDesk.Editor, s => desk.Units.Holdings(s, default))).Units);
    }

    [Fact]
    public async Task A_retirement_has_a_public_certificate_and_its_units_can_do_nothing_more()
    {
        var (desk, project, serial) = await Issued();
        await using var _ = desk;
        var order = await Done(desk, new(CreditOrderKind.Retire, serial, 100, Beneficiary: "Cobblestone Extrusions", Reason: "inventory", Purpose: "Emissions of 2025"));
        Assert.Equal(CreditOrderState.Done, order.State);
        var certificate = await desk.Do(Actor.Public, s => desk.Units.Ending(s, order.Ending!.Value, default));
        Assert.Equal((EndingKind.Retired, 100, "Cobblestone Extrusions", "inventory", project.Name, true), (certificate.Kind, certificate.Units, certificate.Beneficiary, certificate.Reason, certificate.Project, certificate.InTheBook));
        var retired = certificate.Serial;
        Assert.Equal($"A64-KE-{project.Number}-2025-1-1-100", retired);
        foreach (var kind in new[] { CreditOrderKind.Transfer, CreditOrderKind.Retire, CreditOrderKind.Cancel, CreditOrderKind.Immobilise, CreditOrderKind.Replenish, CreditOrderKind.Release })
            Assert.Equal(["credits.not-held"], await desk.Refused(CreditDesk.Editor, s => desk.Orders.Propose(s, new(kind, retired, null, CreditDesk.Buyer, "Somebody", kind switch { CreditOrderKind.Cancel => "removed", CreditOrderKind.Release => null, _ => "voluntary" }, null, "A token"), default)));
        // And the Book itself has no way out of what is retired, whoever asks.
        var account = (await desk.Query("select account from registry.credit_account", r => r.GetInt64(0)))[0];
        var first = (await desk.Query("select first from registry.credit_ending where kind = 0", r => r.GetInt64(0)))[0];
        for (ushort type = CreditBook.Issue; type <= CreditBook.Replenish; type++)
            foreach (var to in new[] { account, CreditBook.Immobilised, CreditBook.Outside, CreditBook.Buffer, CreditBook.Issuance })
            {
                var outcome = await desk.Venue.Send(CreditBook.Move(type, 50010, CreditBook.Retired, to, new(first, first), 1, 1) with { Id = (UInt128)(1_000_000L * type + to) });
                Assert.Equal(Code.NoRule, outcome.Code);
            }
    }

    [Fact]
    public async Task Immobilised_units_are_a_state_of_their_own_and_come_back_only_to_their_holder_when_the_programme_agrees()
    {
        var (desk, _, serial) = await Issued();
        await using var __ = desk;
        Assert.Equal(["input.required"], await desk.Refused(CreditDesk.Editor, s => desk.Orders.Propose(s, new(CreditOrderKind.Immobilise, serial, 50), default)));
        var order = await Done(desk, new(CreditOrderKind.Immobilise, serial, 50, Instrument: "Tokens of series A"));
        var status = await desk.Do(Actor.Public, s => desk.Units.Status(s, order.Serial, default));
        Assert.Equal(UnitStanding.Immobilised, Assert.Single(status.Pieces).Standing);
        Assert.Equal(["credits.not-held"], await desk.Refused(CreditDesk.Editor, s => desk.Orders.Propose(s, new(CreditOrderKind.Retire, order.Serial, null, Beneficiary: "Somebody", Reason: "voluntary"), default)));
        Assert.Equal(["credits.not-held"], await desk.Refused(CreditDesk.Trader, s => desk.Orders.Propose(s, new(CreditOrderKind.Release, order.Serial), default)));
        await desk.Do(CreditDesk.Editor, s => desk.Orders.Propose(s, new(CreditOrderKind.Release, order.Serial), default));
        await desk.Decide(CreditDesk.AuthorityApprover);
        Assert.Equal(930, (await desk.Do(CreditDesk.Editor, s => desk.Units.Holdings(s, default))).Sum(h => h.Units));
    }

    [Fact]
    public async Task What_one_immobilised_and_sold_after_its_release_is_not_released_to_the_seller_when_the_buyer_immobilises_it()
    {
        var (desk, _, serial) = await Issued();
        await using var __ = desk;
        var first = await Done(desk, new(CreditOrderKind.Immobilise, serial, 50, Instrument: "Tokens of series A"));
        await desk.Do(CreditDesk.Editor, s => desk.Orders.Propose(s, new(CreditOrderKind.Release, first.Serial, Reason: "instrument-ended"), default));
        // The programme's second person reads what is asked before deciding.
        Assert.Equal(CreditOrderKind.Release, Assert.Single(await desk.Do(CreditDesk.AuthorityApprover, s => desk.Orders.List(s, default))).Kind);
        await desk.Decide(CreditDesk.AuthorityApprover);
        await Done(desk, new(CreditOrderKind.Transfer, first.Serial, null, CreditDesk.Buyer));
        await desk.Decide(CreditDesk.Trader);
        desk.Clock.Now += NodaTime.Duration.FromHours(1);
        await desk.Do(CreditDesk.Trader, s => desk.Orders.Propose(s, new(CreditOrderKind.Immobilise, first.Serial, Instrument: "Tokens of series B"), default));
        await desk.Decide(CreditDesk.BuyerApprover);
        Assert.Equal(["credits.not-held"], await desk.Refused(CreditDesk.Editor, s => desk.Orders.Propose(s, new(CreditOrderKind.Release, first.Serial), default)));
        await desk.Do(CreditDesk.Trader, s => desk.Orders.Propose(s, new(CreditOrderKind.Release, first.Serial), default));
    }

    /// <summary>A desk with a forest project of 10,000 units, 2,000 of them in the buffer pool.</summary>
    static async Task<(CreditDesk Desk, CreditProject Project)> Forest()
    {
        var desk = await CreditDesk.Open();
        var project = await desk.Refrigerants("Ridge forest", MatchDecision.Distinct, "acr", "IFM-US", 14, 20);
        await desk.Issue(project, new(2025, 1, 1), new(2025, 12, 31), new Vintage(2025, 10_000));
        return (desk, project);
    }

    [Fact]
    public async Task The_programme_reverses_and_releases_units_of_the_buffer_pool_and_their_developer_puts_others_back()
    {
        var (desk, project) = await Forest();
        await using var _ = desk;
        var pool = $"ACR-US-{project.Number}-2025-1-8001 to 10000";
        Assert.Equal(["credits.not-held"], await desk.Refused(CreditDesk.Officer, s => desk.Orders.Propose(s, new(CreditOrderKind.Reverse, $"ACR-US-{project.Number}-2025-1-1 to 10", Reason: "fire"), default)));
        Assert.Equal(["access.role-needed"], await desk.Refused(CreditDesk.Editor, s => desk.Orders.Propose(s, new(CreditOrderKind.Reverse, pool, 10, Reason: "fire"), default)));
        Assert.Equal(["credits.reason-unknown"], await desk.Refused(CreditDesk.Officer, s => desk.Orders.Propose(s, new(CreditOrderKind.Reverse, pool, 10), default)));
        Assert.Equal(["credits.reason-unknown"], await desk.Refused(CreditDesk.Officer, s => desk.Orders.Propose(s, new(CreditOrderKind.ReleaseBuffer, pool, 10, Reason: "fire"), default)));
        var reversal = await desk.Do(CreditDesk.Officer, s => desk.Orders.Propose(s, new(CreditOrderKind.Reverse, pool, 500, Reason: "fire", Purpose: "Fire of 14 August"), default));
        await desk.Decide(CreditDesk.AuthorityApprover);
        var done = await desk.Do(CreditDesk.Officer, s => desk.Orders.Read(s, reversal.Id, default));
        Assert.Equal(EndingKind.Reversed, (await desk.Do(Actor.Public, s => desk.Units.Ending(s, done.Ending!.Value, default))).Kind);
        Assert.True((await desk.Do(Actor.Public, s => desk.Units.Ending(s, done.Ending!.Value, default))).InTheBook);
        await desk.Do(CreditDesk.Officer, s => desk.Orders.Propose(s, new(CreditOrderKind.ReleaseBuffer, $"ACR-US-{project.Number}-2025-1-8501 to 10000", 300, Reason: "risk-lowered"), default));
        await desk.Decide(CreditDesk.AuthorityApprover);
        Assert.Equal(8_300, (await desk.Do(CreditDesk.Editor, s => desk.Units.Holdings(s, default))).Sum(h => h.Units));
        // Own units into the pool need no reason.
        Assert.Equal(CreditOrderState.Done, (await Done(desk, new(CreditOrderKind.Replenish, $"ACR-US-{project.Number}-2025-1-1 to 500"))).State);
        Assert.Equal(1_700, desk.Venue.Read(b => b.Balance(CreditBook.Buffer, 50004).Total));
        var told = await desk.Query("select payload->>'textKey' from storage.outbox_event where topic = 'storage.notice'", r => r.Text(0));
        Assert.Contains("registry.notice.credits.reversed", told);
        Assert.Contains("registry.notice.credits.buffer-released", told);
        Assert.Contains("registry.notice.credits.issued", told);
    }

    [Fact]
    public async Task Sender_and_receiver_hear_of_a_transfer_and_the_holder_of_a_retirement_and_nobody_of_what_was_declined()
    {
        var (desk, _, serial) = await Issued();
        await using var __ = desk;
        Task<List<string>> Told() => desk.Query("select (payload->'to'->>'organisation') || ' ' || (payload->>'textKey') from storage.outbox_event where topic = 'storage.notice' and payload->>'kind' = 'registry.credits' and payload->>'textKey' not like '%issued' order by 1", r => r.GetString(0));
        await Done(desk, new(CreditOrderKind.Transfer, serial, 200, CreditDesk.Buyer));
        await desk.Decide(CreditDesk.Trader, approve: false);
        Assert.Empty(await Told());
        await Done(desk, new(CreditOrderKind.Transfer, serial, 200, CreditDesk.Buyer));
        await desk.Decide(CreditDesk.Trader);
        Assert.Equal([$"{CreditDesk.Developer} registry.notice.credits.sent", $"{CreditDesk.Buyer} registry.notice.credits.received"], await Told());
        await desk.Do(CreditDesk.Trader, s => desk.Orders.Propose(s, new(CreditOrderKind.Retire, serial[..serial.LastIndexOf('-')] + "-200", Beneficiary: "Somebody", Reason: "voluntary"), default));
        await desk.Decide(CreditDesk.BuyerApprover);
        Assert.Contains($"{CreditDesk.Buyer} registry.notice.credits.retired", await Told());
    }

    [Fact]
    public async Task An_order_whose_kind_has_no_reasons_keeps_none_whatever_is_sent()
    {
        var (desk, _, serial) = await Issued();
        await using var __ = desk;
        Assert.Null((await desk.Do(CreditDesk.Editor, s => desk.Orders.Propose(s, new(CreditOrderKind.Transfer, serial, 1, CreditDesk.Buyer, Reason: new string('x', 5000)), default))).Reason);
    }

    [Fact]
    public async Task Units_of_two_years_retired_together_have_a_certificate_each()
    {
        var desk = await CreditDesk.Open();
        await using var _ = desk;
        var project = await desk.Refrigerants("Two years", MatchDecision.Distinct);
        await desk.Issue(project, new(2025, 1, 1), new(2026, 6, 30), new Vintage(2025, 100), new Vintage(2026, 50));
        var order = await Done(desk, new(CreditOrderKind.Retire, $"ACR-US-{project.Number}-2025-1-91 to 110", Beneficiary: "Somebody", Reason: "voluntary"));
        Assert.Equal(CreditOrderState.Done, order.State);
        var endings = (await desk.Do(Actor.Public, s => desk.Units.Status(s, $"ACR-US-{project.Number}-2025-1-1 to 150", default))).Endings;
        Assert.Equal([($"ACR-US-{project.Number}-2025-1-91 to 100", 10L), ($"ACR-US-{project.Number}-2026-1-101 to 110", 10)], endings.OrderBy(e => e.Number).Select(e => (e.Serial, e.Units)));
        Assert.Equal(endings.Min(e => e.Number), order.Ending);
    }

    [Fact]
    public async Task Nobody_orders_what_another_holds_and_of_two_orders_on_the_same_units_the_second_is_refused()
    {
        var (desk, _, serial) = await Issued();
        await using var __ = desk;
        Assert.Equal(["credits.not-held"], await desk.Refused(CreditDesk.Trader, s => desk.Orders.Propose(s, new(CreditOrderKind.Retire, serial, null, Beneficiary: "Somebody", Reason: "voluntary"), default)));
        var wanted = new NewCreditOrder(CreditOrderKind.Retire, serial, 10, Beneficiary: "Somebody", Reason: "voluntary");
        var both = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Task.Run(() => desk.Try(CreditDesk.Editor, s => desk.Orders.Propose(s, wanted, default)))));
        Assert.Single(both, b => b.Ok);
        Assert.All(both.Where(b => !b.Ok), b => Assert.Equal("credits.ordered-already", b.Refusals[0].Code));
    }

    [Theory]
    [InlineData(CreditOrderKind.Retire, null, "voluntary", "input.required")]
    [InlineData(CreditOrderKind.Retire, "Somebody", "because", "credits.reason-unknown")]
    [InlineData(CreditOrderKind.Retire, "Somebody", "not-stated", "credits.reason-unknown")]
    [InlineData(CreditOrderKind.Cancel, null, "voluntary", "credits.reason-unknown")]
    [InlineData(CreditOrderKind.Transfer, null, null, "input.required")]
    [InlineData(CreditOrderKind.Convert, null, null, "credits.conversion-none")]
    [InlineData(CreditOrderKind.Immobilise, null, null, "input.required")]
    [InlineData(CreditOrderKind.Release, null, "fire", "credits.reason-unknown")]
    public async Task An_order_says_who_it_is_for_and_why(CreditOrderKind kind, string? beneficiary, string? reason, string code)
    {
        var (desk, _, serial) = await Issued();
        await using var __ = desk;
        Assert.Equal([code], await desk.Refused(CreditDesk.Editor, s => desk.Orders.Propose(s, new(kind, serial, 1, Beneficiary: beneficiary, Reason: reason), default)));
    }

    [Fact]
    public async Task A_use_by_another_country_needs_its_letter_and_a_missing_letter_never_passes()
    {
        var (desk, project, serial) = await Issued();
        await using var __ = desk;
        var wanted = new NewCreditOrder(CreditOrderKind.Retire, serial, 10, Beneficiary: "An airline", Reason: "international");
        Assert.Equal(["credits.not-authorised"], await desk.Refused(CreditDesk.Editor, s => desk.Orders.Propose(s, wanted, default)));
        var letter = await desk.File(CreditDesk.Officer, project.Id, "authorisation");
        await desk.Query($"""
            insert into registry.credit_authorisation (id, project_id, party, uses, year_from, year_to, first_transfer, approach, document_id, entered_by, entered_at)
            values (gen_random_uuid(), '{project.Id}', 'KE', '{"{ndc}"}', 2025, 2025, 'issuance', 'CA-1', '{letter.Id}', '{project.Id}', now()) returning 1
            """, r => r.GetInt32(0));
        Assert.Equal(["credits.not-authorised"], await desk.Refused(CreditDesk.Editor, s => desk.Orders.Propose(s, wanted, default)));
        Assert.Equal(CreditOrderState.Done, (await Done(desk, wanted with { Reason = "ndc" })).State);
    }

    [Fact]
    public async Task The_life_of_any_serial_number_is_public_and_names_no_holder()
    {
        var (desk, project, serial) = await Issued();
        await using var __ = desk;
        await Done(desk, new(CreditOrderKind.Transfer, serial, 200, CreditDesk.Buyer));
        await desk.Decide(CreditDesk.Trader);
        await desk.Do(CreditDesk.Trader, s => desk.Orders.Propose(s, new(CreditOrderKind.Retire, $"A64-KE-{project.Number}-2025-1-1-50", null, Beneficiary: "An extruder", Reason: "inventory"), default));
        await desk.Decide(CreditDesk.BuyerApprover);
        var one = await desk.Do(Actor.Public, s => desk.Units.Status(s, $"A64-KE-{project.Number}-2025-1-7-7", default));
        Assert.Equal(["issued", "transferred", "retired"], one.Life.Select(l => l.What));
        Assert.Equal([UnitStanding.Held, UnitStanding.Held, UnitStanding.Retired], one.Life.Select(l => l.To));
        Assert.Equal("An extruder", Assert.Single(one.Endings).Beneficiary);
        var all = await desk.Do(Actor.Public, s => desk.Units.Status(s, $"A64-KE-{project.Number}-2025-1-1-1000", default));
        Assert.Equal([(50L, UnitStanding.Retired), (150, UnitStanding.Held), (730, UnitStanding.Held), (50, UnitStanding.Adaptation), (20, UnitStanding.Cancelled)], all.Pieces.Select(p => (p.Units, p.Standing)));
        Assert.DoesNotContain(CreditDesk.Buyer.ToString(), System.Text.Json.JsonSerializer.Serialize(all), StringComparison.Ordinal);
        var unknown = await desk.Do(Actor.Public, s => desk.Units.Status(s, "A64-KE-1-2025-1-1-1000", default));
        Assert.False(unknown.Known);
        Assert.Equal(["credits.serial-unknown"], await desk.Refused(Actor.Public, s => desk.Units.Status(s, "what is this", default)));
    }

    [Fact]
    public async Task A_serial_number_of_an_export_tells_its_retirement_by_any_unit_of_it()
    {
        await using var desk = await CreditDesk.Open();
        await desk.Import("gold_standard_retirements.csv");
        await desk.Import("cercarbono_retirements.csv");
        var status = await desk.Do(Actor.Public, s => desk.Units.Status(s, "GS1-1-KE-GS11603-16-2025-30256-200-200", default));
        Assert.Equal(["issued", "retired"], status.Life.Select(l => l.What));
        Assert.Equal("Hilti Corporation", Assert.Single(status.Endings).Beneficiary);
        Assert.Equal(["credits.serial-range-needed"], await desk.Refused(Actor.Public, s => desk.Units.Status(s, "CDC_1_1_1_321_14_1_2009", default)));
        Assert.Equal("retired", (await desk.Do(Actor.Public, s => desk.Units.Status(s, "CDC_2_1_1_321_14_1 0-5", default))).Life[^1].What);
    }
}
