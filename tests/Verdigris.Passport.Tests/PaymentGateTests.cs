using System.Net;
using System.Net.Http.Json;
using System.Text;
using NodaTime;
using Npgsql;
using Verdigris.Passport.Certificates;
using Verdigris.Passport.Evidence;
using Verdigris.Passport.Payments;
using Verdigris.Primitives;
using Verdigris.Storage;

namespace Verdigris.Passport.Tests;

/// <summary>A payment held back until its checklist is settled: who opens, reviews, waives and lets pass, and what the database itself holds.</summary>
public sealed class PaymentGateTests
{
    static Actor Trader(World w) => World.Person("trader", w.Owners[0], Role.OwnerTrader);
    static Actor Second(World w) => World.Person("second", w.Owners[0], Role.OwnerApprover);

    internal static byte[] Pdf(string mark) => Encoding.ASCII.GetBytes("%PDF-1.7\n" + mark);

    internal static GateContent Trade(World w, params GateGood[] goods) => PaymentRulesTests.Trade(w.Owners[0], "AL", "7601.10", 25_000m, goods) with { };

    /// <summary>A list nobody in these trades is on.</summary>
    internal static async Task Listed(World w, string csv = "entry,name\n1,Somebody Else Entirely\n", LocalDate? asOf = null) =>
        await w.Do(w.Staff, s => w.Get<SanctionsLists>().Import(s, "Test list", asOf ?? World.Start.InUtc().Date, "list.csv", new MemoryStream(Encoding.UTF8.GetBytes(csv)), keep: true, mayShrink: false, default));

    internal static async Task Attached(World w, Actor who, Guid gate, params string[] kinds)
    {
        foreach (var kind in kinds) await w.Do(who, s => w.Get<GateHandlers>().AddFile(s, gate, kind, kind + ".pdf", new MemoryStream(Pdf(kind)), default));
    }

    /// <summary>A gate whose every item is met.</summary>
    static async Task<GateView> Ready(World w, string mark = "A", Func<GateContent, GateContent>? with = null)
    {
        var row = await w.Published(mark);
        await Listed(w);
        var opened = await w.Do(Trader(w), s => w.Get<GateHandlers>().Open(s, (with ?? (c => c))(Trade(w, new GateGood(row.Certificate.Number))), default));
        await Attached(w, Trader(w), opened.Gate.Id, "bill-of-lading", "origin-certificate", "insurance-policy");
        return await w.Do(Trader(w), s => w.Get<GateHandlers>().Read(s, opened.Gate.Id, default));
    }

    [Fact]
    public async Task A_gate_opens_blocked_is_ready_when_everything_is_there_and_another_person_lets_it_pass()
    {
        await using var world = await World.Make();
        var h = world.Get<GateHandlers>();
        var row = await world.Published("A");
        var opened = await world.Do(Trader(world), s => h.Open(s, Trade(world, new GateGood(row.Certificate.Number)) with { BillOfLading = null, Insurance = null }, default));
        Assert.Equal(GateState.Blocked, opened.Gate.State);
        Assert.Equal(["customs-code", "insurance", "origin", "sanctions", "weight"], opened.Gate.Items.Where(i => i.Outcome != ItemOutcome.Met).Select(i => i.Item).Order(StringComparer.Ordinal));
        // What is open is named, item by item.
        var early = await world.Try(Second(world), s => h.Pass(s, opened.Gate.Id, null, default));
        Assert.Equal(["customs-code", "weight", "origin", "sanctions", "insurance"], early.Refusals.Select(r => r.Args!["item"]));
        await Listed(world);
        await world.Do(Trader(world), s => h.Revise(s, opened.Gate.Id, Trade(world, new GateGood(row.Certificate.Number)), default));
        await Attached(world, Trader(world), opened.Gate.Id, "bill-of-lading", "origin-certificate", "insurance-policy");
        var ready = await world.Do(Trader(world), s => h.Read(s, opened.Gate.Id, default));
        Assert.Equal((GateState.Ready, 2, 0), (ready.Gate.State, ready.Gate.Version, ready.Gate.Warnings.Count));
        Assert.Equal("access.role-needed", (await world.Try(Trader(world), s => h.Pass(s, opened.Gate.Id, null, default))).Refusals[0].Code);
        var both = Trader(world) with { Roles = new HashSet<string> { Role.OwnerTrader, Role.OwnerApprover } };
        Assert.Equal("payment.same-person", (await world.Try(both, s => h.Pass(s, opened.Gate.Id, null, default))).Refusals[0].Code);
        var passed = await world.Do(Second(world), s => h.Pass(s, opened.Gate.Id, null, default));
        Assert.Equal(GateState.Passed, passed.Gate.State);
        // Other rooms and people hear of it, once.
        await using (var system = world.As(Actor.System))
            foreach (var (topic, part) in new[] { (PassportEvents.PaymentPassed, passed.Gate.Number), (Notice.Topic, PassportNotices.PaymentPassed) })
                Assert.Equal(1, await system.Value<long>("select count(*) from storage.outbox_event where topic = $1 and payload::text like '%' || $2 || '%'", default, topic, part));
        // Everything found on the way is still there, and nothing can be done any more.
        Assert.True(passed.Checks.Count >= 3);
        // A check that finds what was found before adds nothing.
        Assert.All(passed.Checks.Zip(passed.Checks.Skip(1)), p => Assert.NotEqual((p.First.Version, string.Concat(p.First.Items.Select(i => i.Found))), (p.Second.Version, string.Concat(p.Second.Items.Select(i => i.Found)))));
        Assert.Equal("payment.state-forbids", (await world.Try(Trader(world), s => h.Revise(s, opened.Gate.Id, Trade(world, new GateGood(row.Certificate.Number)), default))).Refusals[0].Code);
        Assert.Equal("payment.state-forbids", (await world.Try(Second(world), s => h.Withdraw(s, opened.Gate.Id, "late", default))).Refusals[0].Code);
    }

    [Fact]
    public async Task What_was_true_when_it_became_ready_is_asked_again_when_it_passes()
    {
        await using var world = await World.Make();
        var ready = await Ready(world);
        Assert.Equal(GateState.Ready, ready.Gate.State);
        var row = (await world.Do(world.Approver, s => world.Get<CertificateHandlers>().ReadNumber(s, ready.Gate.Content.Goods[0].Number, default))).Row;
        await world.Do(world.Approver, s => world.Get<CertificateHandlers>().Void(s, row.Certificate.Id, "Entered twice", default));
        var refused = await world.Try(Second(world), s => world.Get<GateHandlers>().Pass(s, ready.Gate.Id, null, default));
        Assert.Equal(("payment.item-open", "certificate"), (refused.Refusals.Single().Code, refused.Refusals.Single().Field));
    }

    [Fact]
    public async Task A_waiver_takes_two_people_and_a_reason_holds_for_what_was_found_and_stays_to_be_seen()
    {
        await using var world = await World.Make();
        var h = world.Get<GateHandlers>();
        var gate = await Ready(world, with: c => c with { Origin = "FI" });
        var id = gate.Gate.Id;
        Assert.Equal(GateState.Blocked, gate.Gate.State);
        Assert.Equal("payment.reason-missing", (await world.Try(Trader(world), s => h.ProposeWaiver(s, id, "origin", " ", default))).Refusals[0].Code);
        Assert.Equal("payment.item-met", (await world.Try(Trader(world), s => h.ProposeWaiver(s, id, "weight", "why not", default))).Refusals[0].Code);
        Assert.Equal("payment.item-unknown", (await world.Try(Trader(world), s => h.ProposeWaiver(s, id, "smell", "why not", default))).Refusals[0].Code);
        await world.Do(Trader(world), s => h.ProposeWaiver(s, id, "origin", "The contract names the wrong country", default));
        Assert.Equal("payment.proposal-open", (await world.Try(Trader(world), s => h.ProposeWaiver(s, id, "origin", "again", default))).Refusals[0].Code);
        await using (var same = world.As(Trader(world) with { Roles = new HashSet<string> { Role.OwnerTrader, Role.OwnerApprover } }))
        {
            var task = (await world.Get<Approvals>().Inbox(same, new TaskFilter(TaskView.All, Kind: WaiveItemKind.Name), default)).Items.Single();
            Assert.Equal("approval.same-person", (await world.Get<Approvals>().Decide(same, task.Id, true, null, default)).Refusals[0].Code);
        }
        await Decide(world, id, "origin");
        var waived = await world.Do(Second(world), s => h.Read(s, id, default));
        Assert.Equal((GateState.Ready, true, "trader", "second"), (waived.Gate.State, waived.Waivers.Single().InForce, waived.Waivers.Single().ProposedBy, waived.Waivers.Single().DecidedBy));
        // The trade changes, and what was waived is no longer what is found.
        var other = await world.Do(Trader(world), s => h.Revise(s, id, waived.Gate.Content with { Origin = "SE" }, default));
        Assert.Equal((GateState.Blocked, false), (other.Gate.State, other.Waivers.Single().InForce));
        var met = await world.Do(Trader(world), s => h.Revise(s, id, waived.Gate.Content with { Origin = "NO" }, default));
        Assert.Equal((GateState.Ready, 1), (met.Gate.State, met.Waivers.Count));
        Assert.Single((await world.Do(Second(world), s => h.Pass(s, id, null, default))).Waivers);
    }

    [Fact]
    public async Task A_waiver_decided_after_the_facts_changed_is_refused()
    {
        await using var world = await World.Make();
        var h = world.Get<GateHandlers>();
        var gate = await Ready(world, with: c => c with { Origin = "FI" });
        await world.Do(Trader(world), s => h.ProposeWaiver(s, gate.Gate.Id, "origin", "Typing slip", default));
        await world.Do(Trader(world), s => h.Revise(s, gate.Gate.Id, gate.Gate.Content with { Origin = "SE" }, default));
        await using var s = world.As(Second(world));
        var task = (await world.Get<Approvals>().Inbox(s, new TaskFilter(Kind: WaiveItemKind.Name), default)).Items.Single();
        Assert.Equal("payment.found-otherwise", (await world.Get<Approvals>().Decide(s, task.Id, true, null, default)).Refusals[0].Code);
    }

    [Fact]
    public async Task A_likeness_with_a_listed_name_blocks_until_another_person_says_it_is_somebody_else()
    {
        await using var world = await World.Make();
        var h = world.Get<GateHandlers>();
        var ready = await Ready(world);
        var id = ready.Gate.Id;
        world.Clock.Advance(Duration.FromDays(1));
        await Listed(world, "entry,name,aliases\n1,Somebody Else Entirely,\n77,NORTHERN METALS SUPPLY LTD,\n", new(2026, 11, 21));
        var blocked = await world.Do(Trader(world), s => h.Recheck(s, id, default));
        Assert.Equal(GateState.Blocked, blocked.Gate.State);
        var hit = Assert.Single(blocked.Hits);
        Assert.Equal(("Northern Metal Supply", "77", false), (hit.Party, hit.Entry, hit.SameParty ?? false));
        Assert.Equal("payment.never-waived", (await world.Try(Trader(world), s => h.ProposeWaiver(s, id, "sanctions", "we know them", default))).Refusals[0].Code);
        HitReview Word(bool same) => new(hit.Party, hit.Publisher, hit.Entry, hit.Name, same, "Another address and another register number");
        Assert.Equal("access.role-needed", (await world.Try(Trader(world), s => h.Review(s, id, Word(false), default))).Refusals[0].Code);
        Assert.Equal("payment.hit-unknown", (await world.Try(Second(world), s => h.Review(s, id, Word(false) with { Entry = "78" }, default))).Refusals[0].Code);
        Assert.Equal(GateState.Ready, (await world.Do(Second(world), s => h.Review(s, id, Word(false), default))).Gate.State);
        var confirmed = await world.Do(Second(world), s => h.Review(s, id, Word(true), default));
        Assert.Equal((GateState.Blocked, "sanctions-hit"), (confirmed.Gate.State, confirmed.Gate.Items.Single(i => i.Item == "sanctions").Findings.Single().Code));
        Assert.Equal(GateState.Refused, (await world.Do(Second(world), s => h.Refuse(s, id, "On the list", default))).Gate.State);
    }

    [Fact]
    public async Task Warnings_stop_nothing_but_whoever_lets_the_payment_pass_says_why()
    {
        await using var world = await World.Make();
        var h = world.Get<GateHandlers>();
        await world.Do(world.Staff, s => world.Get<OrganisationLinks>().Say(s, new(world.Owners[1], world.Owners[2], "One owner, company register"), default));
        Assert.Equal("payment.link-known", (await world.Try(world.Staff, s => world.Get<OrganisationLinks>().Say(s, new(world.Owners[2], world.Owners[1], "again"), default))).Refusals[0].Code);
        var gate = await Ready(world, with: c => c with { Parties = [c.Parties[0] with { OrganisationId = world.Owners[1] }, c.Parties[1], new(PartyRole.EndBuyer, "Hyphen Goods", world.Owners[2])] });
        Assert.Equal((GateState.Ready, GateWarnings.RoundTrip), (gate.Gate.State, gate.Gate.Warnings.Single().Code));
        Assert.Equal("payment.warnings-unanswered", (await world.Try(Second(world), s => h.Pass(s, gate.Gate.Id, null, default))).Refusals[0].Code);
        Assert.Equal("Known and wanted", (await world.Do(Second(world), s => h.Pass(s, gate.Gate.Id, "Known and wanted", default))).Gate.Remark);
        // Years later the metal comes back to who sold it then, through a payer who knows nothing of it.
        var later = World.Person("trader", world.Owners[3], Role.OwnerTrader);
        var back = await world.Do(later, s => h.Open(s, gate.Gate.Content with { Parties = [new(PartyRole.Seller, "Third Hand"), new(PartyRole.Buyer, "Owner 3", world.Owners[3]), new(PartyRole.EndBuyer, "Hyphen Goods", world.Owners[2])] }, default));
        Assert.Equal([GateWarnings.BoughtBack], back.Gate.Warnings.Select(w => w.Code));
    }

    [Fact]
    public async Task Members_of_one_group_are_linked_without_anybody_saying_so()
    {
        await using var world = await World.Make();
        var gate = await Ready(world, with: c => c with { Parties = [c.Parties[0] with { OrganisationId = world.Smelter }, c.Parties[1], new(PartyRole.EndBuyer, "Hyphen Goods", world.Stranger)] });
        Assert.Empty(gate.Gate.Warnings);
        await world.AsOwner($"""
            insert into passport.producer_group (id, head_id, name, created_by, created_at) values ('{world.Plant}', '{world.Smelter}', 'Group', '{world.Plant}', now());
            insert into passport.group_membership (id, group_id, organisation_id, from_day, state, invited_by, invited_at, answered_at, row_version) values ('{world.Plant}', '{world.Plant}', '{world.Stranger}', '2026-11-20', 1, '{world.Plant}', now(), now(), 1);
            """);
        Assert.Equal(GateWarnings.RoundTrip, (await world.Do(Trader(world), s => world.Get<GateHandlers>().Recheck(s, gate.Gate.Id, default))).Gate.Warnings.Single().Code);
    }

    [Fact]
    public async Task The_same_metal_in_two_trades_is_asked_about_and_buyer_and_lender_of_one_trade_are_not()
    {
        await using var world = await World.Make();
        var h = world.Get<GateHandlers>();
        var bank = await world.Lender("Bank");
        var gate = await Ready(world, with: c => c with { Parties = [.. c.Parties, new(PartyRole.Lender, "Bank", bank.OrganisationId)] });
        var same = await world.Do(bank, s => h.Open(s, gate.Gate.Content, default));
        Assert.Empty(same.Gate.Warnings);
        var other = World.Person("trader", world.Owners[3], Role.OwnerTrader);
        var second = await world.Do(other, s => h.Open(s, gate.Gate.Content with { Parties = [gate.Gate.Content.Parties[0], new(PartyRole.Buyer, "Second Buyer", world.Owners[3])] }, default));
        Assert.Equal([GateWarnings.OfferedElsewhere], second.Gate.Warnings.Select(w => w.Code));
    }

    [Fact]
    public async Task Bundles_lots_and_warrants_lead_to_their_certificates_and_weigh_what_they_weigh()
    {
        await using var world = await World.Make();
        var h = world.Get<GateHandlers>();
        var content = World.Good("A") with { Bundles = 2, Pieces = 1100, BundleList = [new("01", 600, 13_000m, "S1"), new("02", 500, 12_000m, "S2")] };
        var row = await world.Do(world.Editor, s => world.Get<CertificateHandlers>().Create(s, content, default));
        await world.Do(world.Approver, s => world.Get<CertificateHandlers>().Sign(s, row.Certificate.Id, default));
        await world.Do(world.Approver, s => world.Get<CertificateHandlers>().Publish(s, row.Certificate.Id, default));
        var lot = await world.Do(world.Editor, s => world.Get<Lots.LotHandlers>().Open(s, row.Certificate.Id, default));
        var (warrant, _) = await world.Issued("B", 1);
        async Task<GateItem> Item(string item, decimal kg, params GateGood[] goods)
        {
            var trade = Trade(world, goods);
            return (await world.Do(Trader(world), s => h.Open(s, trade with { TonnesPayable = kg / 1000, BillOfLading = trade.BillOfLading! with { NetKg = kg } }, default))).Gate.Items.Single(i => i.Item == item);
        }
        Assert.Equal(ItemOutcome.Met, (await Item("weight", 13_000m, new GateGood(row.Certificate.Number, "01"))).Outcome);
        Assert.Equal(ItemOutcome.Failed, (await Item("weight", 25_000m, new GateGood(row.Certificate.Number, "01"))).Outcome);
        Assert.Equal(ItemOutcome.Met, (await Item("weight", 25_000m, new GateGood(lot.Lot.Number))).Outcome);
        Assert.Equal(ItemOutcome.Met, (await Item("certificate", 25_000m, new GateGood(lot.Lot.Number))).Outcome);
        Assert.Equal(ItemOutcome.Met, (await Item("weight", warrant.NetKg + 25_000m, new GateGood(warrant.Number), new GateGood(row.Certificate.Number))).Outcome);
        Assert.Equal("certificate-unknown", (await Item("certificate", 25_000m, new GateGood(row.Certificate.Number, "03"))).Findings.Single().Code);
        // What is not published is nobody's to know.
        var draft = await world.Do(world.Editor, s => world.Get<CertificateHandlers>().Create(s, World.Good("D"), default));
        Assert.Equal("certificate-unknown", (await Item("certificate", 25_000m, new GateGood(draft.Certificate.Number))).Findings.Single().Code);
        await world.Invalidated(warrant.Id);
        Assert.Equal("certificate-not-in-force", (await Item("certificate", 25_000m, new GateGood(warrant.Number))).Findings.Single().Code);
    }

    [Fact]
    public async Task Payer_lenders_named_and_the_exchange_read_a_gate_others_do_not_and_only_the_payer_changes_it()
    {
        await using var world = await World.Make();
        var h = world.Get<GateHandlers>();
        var bank = await world.Lender("Bank");
        var gate = await Ready(world, with: c => c with { Parties = [.. c.Parties, new(PartyRole.Lender, "Bank", bank.OrganisationId)] });
        foreach (var reader in new[] { Trader(world), bank, world.Staff })
        {
            Assert.True((await world.Try(reader, s => h.Read(s, gate.Gate.Id, default))).Ok);
            Assert.Single((await world.Do(reader, s => world.Get<GateRegister>().List(s, new(), default))).Items);
        }
        foreach (var stranger in new[] { world.Owner(1), world.Editor, world.Operator, Actor.Public }) Assert.Equal("access.not-visible", (await world.Try(stranger, s => h.Read(s, gate.Gate.Id, default))).Refusals[0].Code);
        Assert.Empty((await world.Do(world.Owner(1), s => world.Get<GateRegister>().List(s, new(), default))).Items);
        foreach (var other in new[] { bank, World.Person("x", world.Owners[1], Role.OwnerTrader, Role.OwnerApprover) })
        {
            Assert.Equal("access.not-visible", (await world.Try(other, s => h.Recheck(s, gate.Gate.Id, default))).Refusals[0].Code);
            Assert.Equal("access.not-visible", (await world.Try(other, s => h.Pass(s, gate.Gate.Id, "mine", default))).Refusals[0].Code);
            Assert.Equal("access.not-visible", (await world.Try(other, s => h.AddFile(s, gate.Gate.Id, "other", "a.pdf", new MemoryStream(Pdf("x")), default))).Refusals[0].Code);
        }
        Assert.Equal("access.role-needed", (await world.Try(world.Staff, s => h.Pass(s, gate.Gate.Id, "mine", default))).Refusals[0].Code);
        Assert.Equal("access.role-needed", (await world.Try(world.Operator, s => h.Open(s, gate.Gate.Content, default))).Refusals[0].Code);
        Assert.Equal("payment.organisation-unknown", (await world.Try(Trader(world), s => h.Open(s, gate.Gate.Content with { Parties = [gate.Gate.Content.Parties[0] with { OrganisationId = Guid.NewGuid() }, gate.Gate.Content.Parties[1]] }, default))).Refusals[0].Code);
    }

    [Fact]
    public async Task The_database_refuses_a_pass_with_an_open_item_a_change_of_a_closed_gate_and_any_rewriting_of_what_was_found()
    {
        await using var world = await World.Make();
        var blocked = await Ready(world, with: c => c with { Origin = "FI" });
        var id = blocked.Gate.Id;
        var close = $"update passport.payment_gate set state = 2, closed_at = now(), closed_by = '{Guid.NewGuid()}' where id = '{id}'";
        await Refused(world, "payment_gate_item_open", close);
        await Refused(world, "payment_gate_item_open", $"update passport.payment_gate set state = 1, items = '[]' where id = '{id}'");
        await world.Do(Second(world), s => world.Get<GateHandlers>().Refuse(s, id, "no", default));
        await Refused(world, "payment_gate_closed", $"update passport.payment_gate set remark = 'yes' where id = '{id}'");
        foreach (var table in new[] { "payment_gate_version", "payment_gate_check", "sanctions_name", "sanctions_list" }) await Assert.ThrowsAsync<PostgresException>(() => world.AsOwner($"delete from passport.{table}"));
        await Assert.ThrowsAsync<PostgresException>(() => world.AsOwner($"delete from passport.payment_gate where id = '{id}'"));
    }

    [Fact]
    public async Task A_sanctions_list_has_versions_and_a_broken_or_older_file_does_not_replace_it()
    {
        await using var world = await World.Make();
        var lists = world.Get<SanctionsLists>();
        Task<Answer<SanctionsImport>> Import(Actor who, string csv, LocalDate day, bool keep = true, bool shrink = false) => world.Try(who, s => lists.Import(s, "UN", day, "un.csv", new MemoryStream(Encoding.UTF8.GetBytes(csv)), keep, shrink, default));
        const string Four = "entry,name\n1,A One\n2,B Two\n3,C Three\n4,D Four\n";
        Assert.Equal("access.role-needed", (await Import(Trader(world), Four, new(2026, 11, 1))).Refusals[0].Code);
        Assert.Equal("sanctions.day-in-future", (await Import(world.Staff, Four, new(2026, 11, 21))).Refusals[0].Code);
        // A look ahead writes nothing.
        Assert.False((await Import(world.Staff, Four, new(2026, 11, 1), keep: false)).Value.Kept);
        Assert.Equal((4, 4, 0), ((await Import(world.Staff, Four, new(2026, 11, 1))).Value is var first ? (first.Entries, first.Added, first.Removed) : default));
        Assert.Equal("sanctions.not-newer", (await Import(world.Staff, Four, new(2026, 11, 1))).Refusals[0].Code);
        Assert.Equal("sanctions.shrinks", (await Import(world.Staff, "entry,name\n1,A One\n", new(2026, 11, 2))).Refusals[0].Code);
        Assert.Equal(3, (await Import(world.Staff, "entry,name\n1,A One\n", new(2026, 11, 2), shrink: true)).Value.Removed);
        await using var s = world.As(world.Staff);
        Assert.Equal([(new LocalDate(2026, 11, 2), true), (new LocalDate(2026, 11, 1), false)], (await lists.List(s, default)).Select(l => (l.AsOf, l.Newest)));
    }

    [Fact]
    public async Task The_register_sorts_filters_pages_and_exports()
    {
        await using var world = await World.Make();
        var (h, register) = (world.Get<GateHandlers>(), world.Get<GateRegister>());
        for (var i = 0; i < 5; i++) await world.Do(Trader(world), s => h.Open(s, Trade(world, new GateGood($"X-{i}")) with { Reference = $"PO-{i}", PricePerTonne = 2000 - i }, default));
        var seen = new List<string>();
        for (string? cursor = null; ;)
        {
            var page = await world.Do(Trader(world), s => register.List(s, new(Sort: "amount", Cursor: cursor, Limit: 2), default));
            seen.AddRange(page.Items.Select(g => g.Reference));
            if ((cursor = page.NextCursor) is null) break;
        }
        Assert.Equal(["PO-4", "PO-3", "PO-2", "PO-1", "PO-0"], seen);
        Assert.Equal("PO-3", (await world.Do(Trader(world), s => register.List(s, new(Text: "po-3", State: GateState.Blocked, Metal: "AL"), default))).Items.Single().Reference);
        using var client = world.Client(Trader(world));
        Assert.Equal(6, (await client.GetStringAsync("/api/v1/payment-gates?format=csv")).Split('\n', StringSplitOptions.RemoveEmptyEntries).Length);
        Assert.Equal(HttpStatusCode.UnprocessableEntity, (await client.GetAsync("/api/v1/payment-gates?state=Nonsense")).StatusCode);
        using var nobody = world.Client(null);
        Assert.Equal(HttpStatusCode.Forbidden, (await nobody.GetAsync("/api/v1/payment-gates")).StatusCode);
    }

    [Fact]
    public async Task By_the_api_a_gate_is_opened_filled_and_passed()
    {
        await using var world = await World.Make();
        var row = await world.Published("A");
        using var staff = world.Client(world.Staff);
        using var list = new StringContent("entry,name\n1,Somebody Else Entirely\n", Encoding.UTF8, "text/csv");
        Assert.True((await staff.PostAsync("/api/v1/sanctions-lists?publisher=UN&asOf=2026-11-20&name=un.csv&keep=true", list)).IsSuccessStatusCode);
        using var trader = world.Client(Trader(world));
        using var opened = await trader.PostAsJsonAsync("/api/v1/payment-gates", Trade(world, new GateGood(row.Certificate.Number)), StorageJson.Options);
        Assert.Equal(HttpStatusCode.Created, opened.StatusCode);
        var path = opened.Headers.Location!.ToString();
        foreach (var kind in new[] { "bill-of-lading", "origin-certificate", "insurance-policy" })
        {
            using var file = new ByteArrayContent(Pdf(kind));
            Assert.Equal(HttpStatusCode.Created, (await trader.PostAsync($"{path}/files/{kind}?name={kind}.pdf", file)).StatusCode);
        }
        var view = StorageJson.Read<GateView>(await trader.GetStringAsync(path));
        Assert.Equal((GateState.Ready, 3), (view.Gate.State, view.Files.Count));
        using var got = await trader.GetAsync($"{path}/files/bill-of-lading/{view.Files[0].File.Id}");
        Assert.Equal(Pdf("bill-of-lading"), await got.Content.ReadAsByteArrayAsync());
        using var second = world.Client(Second(world));
        using var passed = await second.PostAsJsonAsync(path + "/pass", new { });
        Assert.Equal(GateState.Passed, StorageJson.Read<GateView>(await passed.Content.ReadAsStringAsync()).Gate.State);
    }

    static async Task Decide(World w, Guid gate, string item)
    {
        await using var s = w.As(Second(w));
        var task = (await w.Get<Approvals>().Inbox(s, new TaskFilter(Kind: WaiveItemKind.Name, SubjectId: $"{gate}/{item}"), default)).Items.Single();
        var answer = await w.Get<Approvals>().Decide(s, task.Id, true, null, default);
        Assert.True(answer.Ok, string.Join("; ", answer.Refusals.Select(r => r.Code)));
    }

    static async Task Refused(World w, string constraint, string sql) => Assert.Equal(constraint, (await Assert.ThrowsAsync<PostgresException>(() => w.AsOwner(sql))).ConstraintName);
}
