using NodaTime;
using Verdigris.Book;
using Verdigris.Primitives;
using Verdigris.Primitives.Rules;
using Verdigris.Registry.Credits.Imports;
using Verdigris.Registry.Credits.Orders;
using Verdigris.Registry.Credits.Units;
using Verdigris.Registry.Transfers;
using Verdigris.Storage;
using static Verdigris.Registry.Tests.RegistryWorld;

namespace Verdigris.Registry.Tests;

/// <summary>Credits of a programme whose units are in the Book here, taken into a scheme: the very block stands behind the scheme's units, and nothing else is done with it again.</summary>
public sealed class CreditDepositTests
{
    const string Scheme = "cn-ets", Outside = "CCER-CN-1001-2024-1-1-1000", Own = "CCER-CN-1001-2024-2-1-1000", Others = "CCER-CN-1001-2024-3-1-1000", Older = "CCER-CN-1001-2023-4-1-1000";
    const int Asset = 50_008;

    /// <summary>Four blocks of a project: one in another registry, one of the smelter, one of the trader, one of the year before of the smelter.</summary>
    /// <param name="led">Whether somebody administers the programmes here.</param>
    static async Task<RegistryWorld> Opened(bool led = true)
    {
        var w = await Ready(Instant.FromUtc(2026, 3, 3, 4, 0), Scheme);
        await Led(w, led);
        await using var s = w.Sessions.Open(Actor.System);
        var project = await Project(w, "ccer", "1001", "Wind park on the ridge");
        foreach (var who in new[] { SmelterFirst, TraderFirst }) await w.Do(who, x => w.Get<OrderHandlers>().OpenAccount(x, default));
        foreach (var (issuance, year, holder) in new[] { (1, 2024, (Actor?)null), (2, 2024, SmelterFirst), (3, 2024, TraderFirst), (4, 2023, SmelterFirst) })
        {
            var series = await s.Value<long>("insert into registry.credit_series (unit, series) values ('CCER', $1) returning number", default, $"1001-{issuance}");
            var serials = CreditBook.Serials(series, new(1, 1000));
            await s.Run("insert into registry.credit_block (unit, first, last, grammar, parts, project_id, vintage_from, vintage_to, issued_on, labels, issuance_id) values ('CCER', $1, $2, 'ccer', $3, $4, $5, $6, $6, '{}', $4)", default,
                serials.First, serials.Last, new[] { "CN", "1001", $"{year}", $"{issuance}" }, project, new LocalDate(year, 1, 1), new LocalDate(year, 12, 31));
            var account = holder is null ? CreditBook.Outside : (await w.All(holder, x => w.Get<OrderHandlers>().Account(x, default)))!.Value;
            if (holder is not null) await w.Venue.Send(CreditBook.Open(account, holder.OrganisationId));
            Assert.Equal(Code.Accepted, (await w.Venue.Send(CreditBook.Move(CreditBook.Issue, Asset, CreditBook.Issuance, account, serials, 1, 1) with { Id = (UInt128)issuance })).Code);
        }
        return w;
    }

    static async Task Led(RegistryWorld w, bool led)
    {
        await using var s = w.Sessions.Open(Actor.System);
        await s.Run("update registry.credit_programme set administrator_id = $1, appointed_by = $2, appointed_at = $3", default, led ? Authority : null, led ? Authority : null, led ? s.Now : null);
    }

    static async Task<Guid> Project(RegistryWorld w, string programme, string number, string name)
    {
        await using var s = w.Sessions.Open(Actor.System);
        var id = s.NewId();
        await s.Run("insert into registry.credit_project (id, programme, number, name, country, crediting_from, crediting_to, written_by, written_at) values ($1, $2, $3, $4, 'China', '2020-01-01', '2029-12-31', $1, $5)", default, id, programme, number, name, s.Now);
        return id;
    }

    static async Task<NewTransaction> Wanted(RegistryWorld w, string? serial, long units = 400, string vintage = "2024") =>
        new(w.Numbers.Central(Scheme, "total-quantity"), "deposit-credits", await w.FullId(w.SmelterAccount), "CCER", vintage, units, null, "for use in the national scheme", Serial: serial);

    static async Task<RegistryTransaction> Proposed(RegistryWorld w, string serial, long units = 400)
    {
        var wanted = await Wanted(w, serial, units);
        return await w.Do(Officer, s => w.Get<TransactionHandlers>().Propose(s, wanted, default));
    }

    static async Task<string> Refused(RegistryWorld w, NewTransaction wanted) => await w.Refused(Officer, s => w.Get<TransactionHandlers>().Propose(s, wanted, default));

    static async Task<CreditOrderState> Ordered(RegistryWorld w, Actor who, Actor second, NewCreditOrder order)
    {
        var asked = await w.Do(who, s => w.Get<OrderHandlers>().Propose(s, order, default));
        await w.DecideTask(second, asked.TaskId!.Value);
        return (await w.Do(who, s => w.Get<OrderHandlers>().Read(s, asked.Id, default))).State;
    }

    static Task<CreditOrderState> Immobilised(RegistryWorld w, Actor who, Actor second, string serial, string instrument = Scheme) => Ordered(w, who, second, new(CreditOrderKind.Immobilise, serial, Instrument: instrument));

    static Task<string> RefusedOrder(RegistryWorld w, Actor who, NewCreditOrder order) => w.Refused(who, s => w.Get<OrderHandlers>().Propose(s, order, default));

    static async Task<(UnitStanding Standing, bool Held)[]> Stands(RegistryWorld w, string serial) => [.. (await w.Do(Foreign, s => w.Get<UnitQueries>().Status(s, serial, default))).Pieces.Select(p => (p.Standing, p.Waiting))];

    [Fact]
    public async Task The_holder_immobilises_the_block_and_the_deposit_puts_it_behind_the_schemes_units_for_ever()
    {
        await using var w = await Opened();
        Assert.Equal("transaction.credit-serial", await Refused(w, await Wanted(w, null)));
        Assert.Equal("transaction.credit-not-free", await Refused(w, await Wanted(w, Own)));
        Assert.Equal(CreditOrderState.Done, await Immobilised(w, SmelterFirst, SmelterSecond, Own));
        var proposed = await Proposed(w, Own);
        // From the proposal on the block is set aside: not released, and in no second deposit.
        Assert.Equal(("CCER-CN-1001-2024-2-1-400", 0L), (proposed.Serial, w.Held(w.SmelterAccount, "CCER", "2024")));
        Assert.Equal([(UnitStanding.Immobilised, true), (UnitStanding.Immobilised, false)], await Stands(w, Own));
        Assert.Equal("credits.not-held", await RefusedOrder(w, SmelterFirst, new(CreditOrderKind.Release, Own, Reason: "instrument-ended")));
        Assert.Equal("transaction.credit-not-free", await Refused(w, await Wanted(w, Own, 1)));
        await w.DecideTask(Approver, proposed.TaskId!.Value);
        Assert.Equal(400, w.Held(w.SmelterAccount, "CCER", "2024"));
        Assert.Equal([(UnitStanding.Deposited, false), (UnitStanding.Immobilised, false)], await Stands(w, Own));
        // No way back: not released, not taken in again, and the Book has no rule that leads out.
        var used = "CCER-CN-1001-2024-2-1-400";
        Assert.Equal("credits.not-held", await RefusedOrder(w, SmelterFirst, new(CreditOrderKind.Release, used, Reason: "instrument-ended")));
        Assert.Equal("credits.not-held", await RefusedOrder(w, SmelterFirst, new(CreditOrderKind.TakeIn, used, Instrument: "so")));
        Assert.Equal("transaction.credit-not-free", await Refused(w, await Wanted(w, used, 1)));
        var first = (await w.All(Foreign, s => w.Get<UnitQueries>().Find(s, used, default))).Value.Serials.First;
        var ways = from type in Enumerable.Range(200, 18).Concat(Enumerable.Range(300, 8)) from to in new[] { CreditBook.Outside, CreditBook.Immobilised, CreditBook.Retired, CreditBook.Cancelled, CreditBook.Converted, CreditBook.Buffer, 7_000_000_001L } select (type, to);
        Assert.All(await w.Venue.Send(ways.Select(x => new Command { Id = BookId.From(Guid.NewGuid()), Operation = Operation.Transfer, TransactionType = (ushort)x.type, Asset = Asset, Debit = CreditBook.Deposited, Credit = x.to, Amount = 1, SerialFirst = first, Actor = 7 }).ToArray()), o => Assert.Equal(Code.NoRule, o.Code));
        // Everybody reads where the units went, the certificate of the immobilisation holds, and the rest is the holder's as before.
        var life = await w.Do(Foreign, s => w.Get<UnitQueries>().Status(s, used, default));
        Assert.Equal(["issued", "immobilised", "deposited"], life.Life.Select(l => l.What));
        Assert.True(Assert.Single(life.Endings).InTheBook);
        Assert.Equal(CreditOrderState.Done, await Ordered(w, SmelterFirst, Approver, new(CreditOrderKind.Release, "CCER-CN-1001-2024-2-401-1000", Reason: "instrument-ended")));
    }

    [Fact]
    public async Task A_block_in_another_registry_whose_programme_nobody_leads_here_is_taken_in_once_and_afterwards_comes_to_nobodys_account()
    {
        await using var w = await Opened(led: false);
        var deposit = await Proposed(w, Outside, 1000);
        await w.DecideTask(Approver, deposit.TaskId!.Value);
        Assert.Equal((1000L, UnitStanding.Deposited), (w.Held(w.SmelterAccount, "CCER", "2024"), (await Stands(w, Outside)).Single().Standing));
        await Led(w, true);
        Assert.Equal("credits.not-held", await RefusedOrder(w, TraderFirst, new(CreditOrderKind.TakeIn, Outside, Instrument: "so")));
    }

    [Fact]
    public async Task A_block_in_another_registry_whose_programme_is_led_here_comes_with_the_programmes_word_and_not_with_the_schemes()
    {
        await using var w = await Opened();
        Assert.Equal("transaction.credit-outside", await Refused(w, await Wanted(w, Outside)));
        Assert.Equal(CreditOrderState.Done, await Ordered(w, SmelterFirst, Approver, new(CreditOrderKind.TakeIn, Outside, Instrument: "immobilised there")));
        await Immobilised(w, SmelterFirst, SmelterSecond, Outside);
        var deposit = await Proposed(w, Outside);
        await w.DecideTask(Approver, deposit.TaskId!.Value);
        Assert.Equal(400, w.Held(w.SmelterAccount, "CCER", "2024"));
    }

    [Fact]
    public async Task Of_a_deposit_and_an_order_asked_for_first_the_Book_lets_one_have_the_block()
    {
        await using var w = await Opened();
        var taking = await w.Do(TraderFirst, s => w.Get<OrderHandlers>().Propose(s, new(CreditOrderKind.TakeIn, Outside, Instrument: "immobilised there"), default));
        await Led(w, false);
        var deposit = await Proposed(w, Outside);
        await Led(w, true);
        await w.DecideTask(Approver, taking.TaskId!.Value);
        Assert.Equal(CreditOrderState.Refused, (await w.Do(TraderFirst, s => w.Get<OrderHandlers>().Read(s, taking.Id, default))).State);
        // By now the programme is led here. Turned down, the block is where it was, and the scheme has made nothing.
        Assert.Equal("transaction.credit-outside", await RefusedDecision(w, deposit));
        await w.DecideTask(Approver, deposit.TaskId!.Value, approve: false);
        Assert.Equal([(UnitStanding.Outside, false)], await Stands(w, Outside));
        Assert.Equal(0, w.Held(w.SmelterAccount, "CCER", "2024"));
        Assert.Equal(CreditOrderState.Done, await Ordered(w, TraderFirst, Approver, new(CreditOrderKind.TakeIn, Outside, Instrument: "immobilised there")));
        Assert.Equal("transaction.credit-not-free", await Refused(w, await Wanted(w, Outside)));
    }

    static Task<string> RefusedDecision(RegistryWorld w, RegistryTransaction deposit) => w.Refused(Approver, s => w.Get<Approvals>().Decide(s, deposit.TaskId!.Value, true, null, default));

    /// <summary>What would come of a record that says a hundred units of the block in the other registry are retired.</summary>
    static async Task<(RowFate Fate, string[] Codes)> Looked(RegistryWorld w, IVenue venue)
    {
        await using var writing = Writing(w, venue);
        return await Looked(w, writing, 301);
    }

    static ImportWriting Writing(RegistryWorld w, IVenue venue)
    {
        var formats = ExportFormats.Of(w.Get<RulePacks>());
        return new(w.Get<BookCommands>(), venue, formats, formats.All.First(f => f.Kind == ExportKind.Ended), Guid.NewGuid());
    }

    static async Task<(RowFate Fate, string[] Codes)> Looked(RegistryWorld w, ImportWriting writing, long first)
    {
        var row = new ExportRow { Line = 2, Project = "1001", Block = w.Get<UnitQueries>().Parse(Outside).Value.Block, Printed = new(first, first + 99), Units = 100, Ends = EndingKind.Retired };
        var planned = Assert.Single(await w.All(Officer, s => writing.Look(s, [row], default)));
        return (planned.Fate, [.. planned.Row.Findings.Where(f => f.Refuses).Select(f => f.Code)]);
    }

    [Fact]
    public async Task What_a_holder_brings_in_between_two_parts_of_an_export_the_second_part_does_not_end()
    {
        await using var w = await Opened();
        await using var writing = Writing(w, w.Venue);
        Assert.Equal(RowFate.Posted, (await Looked(w, writing, 1)).Fate);
        w.Clock.Now += Duration.FromSeconds(1);
        Assert.Equal(CreditOrderState.Done, await Ordered(w, TraderFirst, Approver, new(CreditOrderKind.TakeIn, "CCER-CN-1001-2024-1-301-400", Instrument: "immobilised there")));
        var (fate, codes) = await Looked(w, writing, 301);
        Assert.Equal((RowFate.Refused, "credits.held-here"), (fate, Assert.Single(codes)));
        Assert.Equal(RowFate.Posted, (await Looked(w, writing, 501)).Fate);
    }

    [Fact]
    public async Task No_export_ends_units_that_wait_for_a_scheme_even_where_the_Book_was_not_told_of_them_yet()
    {
        await using var w = await Opened(led: false);
        // A Book that knows the rules and has been told of nothing.
        var folder = System.IO.Directory.CreateTempSubdirectory("verdigris-deposit-test");
        await using var behind = Verdigris.Book.Venue.Open(new VenueOptions { VenueId = 7, DataFolder = folder.FullName, NowMicros = () => w.Clock.Now.ToUnixTimeTicks() / 10, SnapshotEveryBytes = 0 }, new MemoryJournal());
        foreach (var venue in new IVenue[] { w.Venue, behind }) Assert.Equal(RowFate.Posted, (await Looked(w, venue)).Fate);
        var deposit = await Proposed(w, Outside);
        foreach (var venue in new IVenue[] { w.Venue, behind })
        {
            var (fate, codes) = await Looked(w, venue);
            Assert.Equal(RowFate.Refused, fate);
            Assert.Equal(["credits.held-here"], codes);
        }
        var first = (await w.All(Foreign, s => w.Get<UnitQueries>().Find(s, Outside, default))).Value.Serials.First;
        Assert.Equal([UnitStanding.Held, UnitStanding.Outside], w.Venue.Read(b => ImportWriting.Standing(b, Asset, first, first + 999).Select(r => r.Standing).ToArray()));
        await w.DecideTask(Approver, deposit.TaskId!.Value, approve: false);
        foreach (var venue in new IVenue[] { w.Venue, behind }) Assert.Equal(RowFate.Posted, (await Looked(w, venue)).Fate);
        await behind.DisposeAsync();
        folder.Delete(recursive: true);
    }

    [Fact]
    public async Task What_an_export_has_ended_is_neither_deposited_nor_taken_in_though_the_Book_was_not_told_yet()
    {
        await using var w = await Opened();
        var taking = await w.Do(TraderFirst, s => w.Get<OrderHandlers>().Propose(s, new(CreditOrderKind.TakeIn, Outside, Instrument: "immobilised there"), default));
        var first = (await w.All(Foreign, s => w.Get<UnitQueries>().Find(s, Outside, default))).Value.Serials.First;
        await using (var s = w.Sessions.Open(Actor.System))
            await s.Run("insert into registry.credit_ending (number, kind, unit, first, last, project_id, ended_on, beneficiary, reason, import_id) select nextval('registry.credit_ending_number'), 0, 'CCER', $1, $2, id, $3, 'Somebody', 'other', id from registry.credit_project", default, first + 300, first + 399, w.Today);
        Assert.Equal("credits.not-held", await w.Refused(Approver, s => w.Get<Approvals>().Decide(s, taking.TaskId!.Value, true, null, default)));
        await w.DecideTask(Approver, taking.TaskId!.Value, approve: false);
        Assert.Equal("credits.not-held", await RefusedOrder(w, TraderFirst, new(CreditOrderKind.TakeIn, Outside, Instrument: "immobilised there")));
        await Led(w, false);
        Assert.Equal("transaction.credit-not-free", await Refused(w, await Wanted(w, Outside)));
        Assert.Equal(300, (await Proposed(w, Outside, 300)).Quantity);
    }

    [Fact]
    public async Task What_stands_behind_another_instrument_is_not_taken_until_it_is_immobilised_for_this_scheme()
    {
        await using var w = await Opened();
        await Immobilised(w, SmelterFirst, SmelterSecond, Own, "token 0x1234");
        var refused = Assert.Single((await w.Try(Officer, async s => await w.Get<TransactionHandlers>().Propose(s, await Wanted(w, Own), default))).Refusals);
        Assert.Equal(("transaction.credit-instrument", Scheme), (refused.Code, refused.Args!["scheme"]));
        Assert.Equal(CreditOrderState.Done, await Ordered(w, SmelterFirst, Approver, new(CreditOrderKind.Release, Own, Reason: "instrument-ended")));
        await Immobilised(w, SmelterFirst, SmelterSecond, Own, " CN-ETS ");
        Assert.Equal("CCER-CN-1001-2024-2-1-400", (await Proposed(w, Own)).Serial);
        // For this scheme once, and for something else since.
        var part = "CCER-CN-1001-2024-2-401-1000";
        w.Clock.Now += Duration.FromMinutes(1);
        Assert.Equal(CreditOrderState.Done, await Ordered(w, SmelterFirst, Approver, new(CreditOrderKind.Release, part, Reason: "instrument-ended")));
        await Immobilised(w, SmelterFirst, SmelterSecond, part, "cn-beijing");
        Assert.Equal("transaction.credit-instrument", await Refused(w, await Wanted(w, part)));
    }

    [Theory]
    [InlineData(FreezeScope.Out)]
    [InlineData(FreezeScope.In)]
    public async Task What_the_programme_froze_in_the_holders_account_is_not_deposited_nor_agreed_to(FreezeScope scope)
    {
        await using var w = await Opened();
        await Immobilised(w, SmelterFirst, SmelterSecond, Own);
        var deposit = await Proposed(w, Own);
        var account = (await w.All(SmelterFirst, s => w.Get<OrderHandlers>().Account(s, default)))!.Value;
        Assert.Equal(Code.Accepted, (await w.Venue.Send(new Command { Id = 77, Operation = Operation.Freeze, Debit = account, Asset = Asset, Detail = (long)scope })).Code);
        Assert.Equal("transaction.credit-frozen", await Refused(w, await Wanted(w, "CCER-CN-1001-2024-2-401-1000")));
        Assert.Equal("transaction.credit-frozen", await RefusedDecision(w, deposit));
        Assert.Equal(Code.Accepted, (await w.Venue.Send(new Command { Id = 78, Operation = Operation.Unfreeze, Debit = account, Asset = Asset, Detail = (long)scope })).Code);
        await w.DecideTask(Approver, deposit.TaskId!.Value);
        Assert.Equal(400, w.Held(w.SmelterAccount, "CCER", "2024"));
    }

    [Fact]
    public async Task What_the_Book_holds_after_a_deposit_was_turned_down_is_free_again()
    {
        await using var w = await Opened();
        await Immobilised(w, SmelterFirst, SmelterSecond, Own);
        var deposit = await Proposed(w, Own);
        await using (var s = w.Sessions.Open(Actor.System)) await s.Run("update registry.transaction set state = 4 where id = $1", default, deposit.Id);
        Assert.Contains((UnitStanding.Immobilised, true), await Stands(w, Own));
        // The answer to the hold comes after the decision, as after a stop of the server.
        await w.All(Actor.System, s => s.InTransaction<bool>(async t =>
        {
            var row = (await w.Get<BookCommands>().Find(s, await s.Value<Guid>("select id from storage.book_command where subject_id = $1 and kind = $2", t, deposit.Id.ToString(), TransactionHeld.Name), t))!;
            await w.Get<IEnumerable<IBookCommandKind>>().Single(k => k.Kind == TransactionHeld.Name).Finish(s, row, row.Outcomes!, t);
            return true;
        }, default));
        Assert.Equal([(UnitStanding.Immobilised, false)], await Stands(w, Own));
    }

    [Fact]
    public async Task A_deposit_names_a_block_of_its_unit_and_year_that_its_own_holder_immobilised()
    {
        await using var w = await Opened();
        await Immobilised(w, TraderFirst, TraderSecond, Others);
        await Immobilised(w, SmelterFirst, SmelterSecond, Older);
        Assert.Equal("transaction.credit-not-free", await Refused(w, await Wanted(w, Others)));
        Assert.Equal("transaction.credit-other", await Refused(w, await Wanted(w, Older)));
        Assert.Equal("credits.take-too-many", await Refused(w, await Wanted(w, Outside, 1001)));
        Assert.Equal("credits.serial-not-here", await Refused(w, await Wanted(w, "CCER-CN-1001-2024-9-1-1000")));
        Assert.Equal("credits.serial-unknown", await Refused(w, await Wanted(w, "certificate 12")));
        Assert.Equal("input.required", await Refused(w, await Wanted(w, Outside) with { Reason = null }));
        var issue = new NewTransaction(w.Numbers.Central(Scheme, "total-quantity"), "issue", await w.FullId(w.Numbers.Central(Scheme, "allocation")), "CEA", "2024", 5, Serial: Outside);
        Assert.Equal("transaction.credit-kind", await Refused(w, issue));
    }

    [Fact]
    public async Task Credits_of_a_project_that_may_be_one_of_another_registry_wait_until_somebody_has_decided()
    {
        await using var w = await Opened(led: false);
        await Project(w, "verra", "77", "Wind park on the ridge");
        Assert.Equal("credits.duplicate-open", await Refused(w, await Wanted(w, Outside)));
        // What was found after the proposal stops it too.
        await using var s = w.Sessions.Open(Actor.System);
        await s.Run("update registry.credit_match set decision = 1", default);
        var deposit = await Proposed(w, Outside);
        await s.Run("update registry.credit_match set decision = 0", default);
        Assert.Equal("credits.duplicate-open", await w.Refused(Approver, x => w.Get<Approvals>().Decide(x, deposit.TaskId!.Value, true, null, default)));
        Assert.Equal([(UnitStanding.Outside, true), (UnitStanding.Outside, false)], await Stands(w, Outside));
    }
}
