using NodaTime;
using Verdigris.Book;
using Verdigris.Primitives;
using Verdigris.Registry.Credits.Cycle;
using Verdigris.Registry.Credits.Duplicates;
using Verdigris.Registry.Credits.Imports;
using Verdigris.Registry.Credits.Orders;
using Verdigris.Registry.Credits.Programmes;
using Verdigris.Registry.Credits.Projects;
using Verdigris.Registry.Credits.Units;
using Verdigris.Storage;

namespace Verdigris.Registry.Tests.Credits;

/// <summary>Units of one programme become units of another: both ends or neither, each leading to the other, and back only while nothing has moved.</summary>
public sealed class ConversionTests
{
    const int Ert = 50004, Arboc = 50009;

    /// <summary>A desk with a project of the American Carbon Registry of 1,000 units, and California's table, whose project CAMM1009 was decided to be the same.</summary>
    static async Task<(CreditDesk Desk, CreditProject Project, Guid California, string Serial)> Issued(MatchDecision decision = MatchDecision.Linked)
    {
        var desk = await CreditDesk.Open();
        await desk.Import("arb_nc_arboc_issuance_sheet3.csv");
        var project = await desk.Refrigerants("Green Valley Abandoned Mine Methane Recovery Project", decision);
        await desk.Issue(project, new(2025, 1, 1), new(2025, 12, 31), new Vintage(2025, 1000));
        var california = (await desk.Query("select id from registry.credit_project where programme = 'arb' and number = 'CAMM1009'", r => r.GetGuid(0)))[0];
        return (desk, project, california, Assert.Single(await desk.Do(CreditDesk.Editor, s => desk.Units.Holdings(s, default))).Serial);
    }

    static async Task<CreditOrder> Converted(CreditDesk desk, string serial, Guid target, long? units = null, bool agree = true)
    {
        var order = await desk.Do(CreditDesk.Editor, s => desk.Orders.Propose(s, new(CreditOrderKind.Convert, serial, units, TargetUnit: "ARBOC", TargetProject: target), default));
        await desk.Decide(CreditDesk.DeveloperApprover);
        await desk.Decide(CreditDesk.AuthorityApprover, agree);
        return await desk.Do(CreditDesk.Editor, s => desk.Orders.Read(s, order.Id, default));
    }

    [Fact]
    public async Task What_is_converted_ends_and_what_it_became_is_issued_to_its_holder_under_the_next_letter_of_the_other_programmes_project()
    {
        var (desk, project, california, serial) = await Issued();
        await using var _ = desk;
        var order = await desk.Do(CreditDesk.Editor, s => desk.Orders.Propose(s, new(CreditOrderKind.Convert, serial, 400, TargetUnit: "ARBOC", TargetProject: california), default));
        Assert.Equal("arb", order.Decider);
        await desk.Decide(CreditDesk.DeveloperApprover);
        // Until California agrees nothing has ended, and nothing can be done with the units.
        Assert.Equal(CreditOrderState.Offered, (await desk.Do(CreditDesk.Editor, s => desk.Orders.Read(s, order.Id, default))).State);
        Assert.Equal(["credits.not-held"], await desk.Refused(CreditDesk.Editor, s => desk.Orders.Propose(s, new(CreditOrderKind.Retire, serial, 10, Beneficiary: "Somebody", Reason: "voluntary"), default)));
        Assert.Equal(order.Id, (await desk.Do(CreditDesk.AuthorityApprover, s => desk.Orders.Read(s, order.Id, default))).Id);
        await desk.Decide(CreditDesk.AuthorityApprover);
        Assert.Equal(CreditOrderState.Done, (await desk.Do(CreditDesk.Editor, s => desk.Orders.Read(s, order.Id, default))).State);
        // The table has A and B of this project.
        var held = await desk.Do(CreditDesk.Editor, s => desk.Units.Holdings(s, default));
        Assert.Equal([("ACR-ERT", $"ACR-US-{project.Number}-2025-1-401 to 1000", 600L), ("ARBOC", "CAMM1009-C 1-400", 400)], held.OrderBy(h => h.Unit).Select(h => (h.Unit, h.Serial, h.Units)));
        Assert.Equal((400, 400), (desk.Venue.Read(b => b.Balance(CreditBook.Converted, Ert).Total), desk.Venue.Read(b => b.Total(Arboc).Issued)));

        var from = await desk.Do(Actor.Public, s => desk.Units.Status(s, $"ACR-US-{project.Number}-2025-1-7 to 7", default));
        var to = await desk.Do(Actor.Public, s => desk.Units.Status(s, "CAMM1009-C 7-7", default));
        Assert.Equal((UnitStanding.Converted, UnitStanding.Held), (Assert.Single(from.Pieces).Standing, Assert.Single(to.Pieces).Standing));
        var link = Assert.Single(from.Conversions);
        Assert.Equal(link, Assert.Single(to.Conversions));
        Assert.Equal(($"ACR-US-{project.Number}-2025-1-1 to 400", "CAMM1009-C 1-400", ConversionState.Done), (link.From, link.To, link.State));
        Assert.Equal(EndingKind.Converted, Assert.Single(from.Endings).Kind);
        Assert.DoesNotContain(CreditDesk.Developer.ToString(), System.Text.Json.JsonSerializer.Serialize(from), StringComparison.Ordinal);
        // The next one goes on with the next letter.
        Assert.Equal(CreditOrderState.Done, (await Converted(desk, $"ACR-US-{project.Number}-2025-1-401 to 1000", california, 100)).State);
        Assert.Contains(await desk.Do(CreditDesk.Editor, s => desk.Units.Holdings(s, default)), h => h.Serial == "CAMM1009-D 1-100");
    }

    [Fact]
    public async Task What_the_other_programme_does_not_take_is_the_holders_again()
    {
        var (desk, _, california, serial) = await Issued();
        await using var __ = desk;
        Assert.Equal(CreditOrderState.TurnedDown, (await Converted(desk, serial, california, agree: false)).State);
        var held = Assert.Single(await desk.Do(CreditDesk.Editor, s => desk.Units.Holdings(s, default)));
        Assert.Equal((1000, false), (held.Units, held.Waiting));
        Assert.Empty(await desk.Query("select 1 from registry.credit_conversion", r => 1));
    }

    [Fact]
    public async Task Where_the_Book_cannot_issue_nothing_ends_and_the_units_are_free_again()
    {
        var (desk, project, california, serial) = await Issued();
        await using var _ = desk;
        // Somebody has issued the first of the next letter already.
        await desk.Query("insert into registry.credit_series (unit, series) values ('ARBOC', 'MM-1009-C') returning 1", r => 1);
        var series = (await desk.Query("select number from registry.credit_series where series = 'MM-1009-C'", r => r.GetInt64(0)))[0];
        Assert.Equal(Code.Accepted, (await desk.Venue.Send(CreditBook.Move(CreditBook.Issue, Arboc, CreditBook.Issuance, CreditBook.Outside, CreditBook.Serials(series, new(1, 1)), 1, 1) with { Id = 77 })).Code);
        var order = await Converted(desk, serial, california);
        Assert.Equal((CreditOrderState.Refused, nameof(Code.SerialAlreadyIssued)), (order.State, order.BookCode));
        var held = Assert.Single(await desk.Do(CreditDesk.Editor, s => desk.Units.Holdings(s, default)));
        Assert.Equal((1000, false), (held.Units, held.Waiting));
        Assert.Equal(0, desk.Venue.Read(b => b.Balance(CreditBook.Converted, Ert).Total));
        Assert.Empty((await desk.Do(Actor.Public, s => desk.Units.Status(s, $"ACR-US-{project.Number}-2025-1-7 to 7", default))).Conversions);
    }

    [Fact]
    public async Task A_conversion_needs_a_pair_the_rules_have_units_that_can_be_numbered_and_two_projects_decided_to_be_one()
    {
        var (desk, _, california, serial) = await Issued(MatchDecision.Distinct);
        await using var __ = desk;
        Task<List<string>> Refused(string? unit, Guid? project) => desk.Refused(CreditDesk.Editor, s => desk.Orders.Propose(s, new(CreditOrderKind.Convert, serial, 10, TargetUnit: unit, TargetProject: project), default));
        Assert.Equal(["credits.conversion-none"], await Refused(null, null));
        Assert.Equal(["credits.conversion-none"], await Refused("CCER", california));
        Assert.Equal(["credits.conversion-project"], await Refused("ARBOC", null));
        Assert.Equal(["credits.conversion-project"], await Refused("ARBOC", (await desk.Query("select id from registry.credit_project where programme = 'acr' limit 1", r => r.GetGuid(0)))[0]));
        Assert.Equal(["credits.conversion-link"], await Refused("ARBOC", california));
        Assert.Equal(["credits.conversion-link"], await Refused("ARBOC", (await desk.Query("select id from registry.credit_project where programme = 'arb' and number = 'CAOD1007'", r => r.GetGuid(0)))[0]));
        await desk.Query("update registry.credit_match set decision = 3 returning 1", r => 1);
        Assert.Equal(["credits.not-held"], await desk.Refused(CreditDesk.Trader, s => desk.Orders.Propose(s, new(CreditOrderKind.Convert, serial, 10, TargetUnit: "ARBOC", TargetProject: california), default)));
    }

    [Fact]
    public void A_unit_whose_numbers_only_its_own_registry_knows_is_not_issued_by_a_conversion()
    {
        var packs = Primitives.Rules.RulePacks.Locate();
        var (rules, grammars, issuing) = (CreditRules.Of(packs), Registry.Credits.Serials.SerialGrammars.Of(packs), Registry.Credits.Serials.IssuingRules.Of(packs));
        var into = rules.Conversions.Select(c => c.To).Distinct().ToDictionary(u => u, u => issuing.Refusal(grammars.OfUnit(u), rules.Unit(u)!.Programme)?.Code);
        Assert.Equal("credits.no-issuing-rule", into["VCU"]);
        Assert.Null(into["ARBOC"]);
        Assert.All(rules.Conversions, c => Assert.True(rules.Unit(c.From)!.Programme != rules.Unit(c.To)!.Programme, c.From));
    }

    [Fact]
    public void A_conversion_is_open_to_the_years_and_the_nature_its_rule_has_and_what_is_not_known_is_not_open()
    {
        var rules = CreditRules.Of(Primitives.Rules.RulePacks.Locate());
        ConversionRule Of(string from, string to) => rules.Conversions.Single(c => c.From == from && c.To == to);
        LocalDate Year(int y, bool end = false) => end ? new(y, 12, 31) : new(y, 1, 1);
        var early = Of("CRT", "ARBOC");
        Assert.Null(early.Closed(10, Year(2005), Year(2014, true), false));
        Assert.Equal("credits.conversion-vintage", early.Closed(10, Year(2004), Year(2005, true), false)!.Code);
        Assert.Equal("credits.conversion-vintage", early.Closed(10, Year(2014), Year(2015, true), false)!.Code);
        Assert.Equal("credits.conversion-vintage", early.Closed(10, null, null, false)!.Code);
        var gold = Of("CER", "GSVER");
        Assert.Null(gold.Closed(10, null, null, false));
        Assert.Equal("credits.conversion-sink", gold.Closed(10, null, null, true)!.Code);
        Assert.Equal("credits.conversion-sink", gold.Closed(10, null, null, null)!.Code);
        Assert.Null((gold with { Each = 0.5m }).Closed(10, null, null, false));
        Assert.Equal("credits.conversion-part", (gold with { Each = 0.5m }).Closed(11, null, null, false)!.Code);
    }

    [Fact]
    public async Task Undoing_cancels_what_was_issued_and_gives_back_what_ended_and_the_certificates_say_so()
    {
        var (desk, project, california, serial) = await Issued();
        await using var _ = desk;
        var order = await Converted(desk, serial, california, 400);
        Assert.Equal(["access.role-needed"], await desk.Refused(CreditDesk.Editor, s => desk.Orders.Propose(s, new(CreditOrderKind.Undo, null, Reason: "by-mistake", Conversion: order.Id), default)));
        Assert.Equal(["credits.reason-unknown"], await desk.Refused(CreditDesk.Officer, s => desk.Orders.Propose(s, new(CreditOrderKind.Undo, null, Conversion: order.Id), default)));
        Assert.Equal(["credits.conversion-not-found"], await desk.Refused(CreditDesk.Officer, s => desk.Orders.Propose(s, new(CreditOrderKind.Undo, null, Reason: "by-mistake", Conversion: project.Id), default)));
        await desk.Do(CreditDesk.Officer, s => desk.Orders.Propose(s, new(CreditOrderKind.Undo, null, Reason: "by-mistake", Conversion: order.Id), default));
        Assert.Equal(["credits.ordered-already"], await desk.Refused(CreditDesk.Officer, s => desk.Orders.Propose(s, new(CreditOrderKind.Undo, null, Reason: "by-mistake", Conversion: order.Id), default)));
        await desk.Decide(CreditDesk.AuthorityApprover);
        var held = await desk.Do(CreditDesk.Editor, s => desk.Units.Holdings(s, default));
        Assert.Equal(("ACR-ERT", 1000L), (Assert.Single(held.Select(h => h.Unit).Distinct()), held.Sum(h => h.Units)));
        var to = await desk.Do(Actor.Public, s => desk.Units.Status(s, "CAMM1009-C 1-400", default));
        Assert.Equal((UnitStanding.Cancelled, ConversionState.Undone, "conversion-undone"), (Assert.Single(to.Pieces).Standing, Assert.Single(to.Conversions).State, Assert.Single(to.Endings).Reason));
        var from = await desk.Do(Actor.Public, s => desk.Units.Status(s, $"ACR-US-{project.Number}-2025-1-1 to 400", default));
        Assert.Equal(["issued", "converted", "conversion-undone"], from.Life.Select(l => l.What));
        var certificate = Assert.Single(from.Endings);
        Assert.Equal((false, true), (certificate.InTheBook, certificate.TakenBack));
        Assert.Equal(["credits.conversion-not-found"], await desk.Refused(CreditDesk.Officer, s => desk.Orders.Propose(s, new(CreditOrderKind.Undo, null, Reason: "by-mistake", Conversion: order.Id), default)));
    }

    [Fact]
    public async Task What_was_issued_and_has_moved_or_is_older_than_the_rule_allows_is_not_undone()
    {
        var (desk, _, california, serial) = await Issued();
        await using var __ = desk;
        var order = await Converted(desk, serial, california, 400);
        await desk.Do(CreditDesk.Officer, s => desk.Orders.Propose(s, new(CreditOrderKind.Undo, null, Reason: "by-mistake", Conversion: order.Id), default));
        // One unit is retired while the undoing waits: then nothing is undone.
        await desk.Do(CreditDesk.Editor, s => desk.Orders.Propose(s, new(CreditOrderKind.Retire, "CAMM1009-C 400-400", Beneficiary: "Somebody", Reason: "compliance"), default));
        await desk.Decide(CreditDesk.DeveloperApprover);
        var task = Assert.Single((await desk.Do(CreditDesk.AuthorityApprover, async s => (Answer<Page<ApprovalTask>>)await desk.Approvals.Inbox(s, new(), default))).Items);
        Assert.Equal(["credits.undo-moved"], await desk.Refused(CreditDesk.AuthorityApprover, s => desk.Approvals.Decide(s, task.Id, true, null, default)));
        Assert.Equal(["credits.undo-moved"], await desk.Refused(CreditDesk.Officer, s => desk.Orders.Propose(s, new(CreditOrderKind.Undo, null, Reason: "by-mistake", Conversion: order.Id), default)));
        desk.Clock.Now += Duration.FromDays(31);
        Assert.Equal(["credits.undo-late"], await desk.Refused(CreditDesk.Officer, s => desk.Orders.Propose(s, new(CreditOrderKind.Undo, null, Reason: "by-mistake", Conversion: order.Id), default)));
    }

    [Fact]
    public async Task The_Book_gives_nothing_converted_back_by_any_other_way()
    {
        var (desk, _, california, serial) = await Issued();
        await using var __ = desk;
        await Converted(desk, serial, california, 400);
        var account = (await desk.Query("select account from registry.credit_account", r => r.GetInt64(0)))[0];
        var first = (await desk.Query("select from_first from registry.credit_conversion", r => r.GetInt64(0)))[0];
        for (ushort type = CreditBook.Issue; type <= CreditBook.Undo; type++)
            foreach (var to in new[] { account, CreditBook.Immobilised, CreditBook.Outside, CreditBook.Buffer, CreditBook.Issuance, CreditBook.Retired })
            {
                if (type == CreditBook.Undo && to == account) continue;
                Assert.Equal(Code.NoRule, (await desk.Venue.Send(CreditBook.Move(type, Ert, CreditBook.Converted, to, new(first, first), 1, 1) with { Id = (UInt128)(2_000_000L * type + to) })).Code);
            }
    }
}
