using Npgsql;
using Verdigris.Book;
using Verdigris.Primitives;
using Verdigris.Primitives.Rules;
using Verdigris.Registry.Credits.Duplicates;
using Verdigris.Registry.Credits.Market;
using Verdigris.Registry.Credits.Programmes;
using Verdigris.Registry.Credits.Projects;
using Verdigris.Registry.Credits.Safety;
using Verdigris.Registry.Credits.Units;
using Verdigris.Storage;

namespace Verdigris.Registry.Credits.Orders;

/// <summary>
/// Transfers, retirements and the other ends of units: one person proposes, a second one approves, the Book moves the serials; a transfer waits in the Book until the receiver accepts. What is held is asked of the Book and of nothing else.
/// </summary>
public sealed class OrderHandlers(Approvals approvals, Lazy<BookCommands> book, IVenue venue, UnitQueries units, RulePacks packs)
{
    public const string OwnTask = "registry.credits-order", AcceptTask = "registry.credits-acceptance", ProgrammeTask = "registry.credits-programme-order";

    const string Columns = "o.id, o.organisation_id, o.kind, o.unit, o.first, o.last, o.to_organisation, o.beneficiary, o.reason, o.purpose, o.instrument, o.state, o.book_code, o.answer, o.task_id, o.ordered_by, o.ordered_at, o.decided_by, o.decided_at, (select min(e.number) from registry.credit_ending e where e.order_id = o.id), o.target_unit, o.target_project, o.conversion_id, o.decider, o.market_account";

    readonly CreditRules rules = CreditRules.Of(packs);
    readonly Conversions conversions = new(venue, units, packs);
    readonly MatchWatch watch = new(packs);
    readonly CreditMarket market = new(venue, units, packs);
    readonly MarketOrders marketOrders = new(new(venue, units, packs), venue);

    /// <summary>Kinds that the programme's own officer asks for.</summary>
    public static IReadOnlyList<CreditOrderKind> OfProgrammes { get; } = [CreditOrderKind.Reverse, CreditOrderKind.ReleaseBuffer, CreditOrderKind.Undo];

    /// <summary>
    /// Proposes an order. <c>credits.order-kind</c>, serial numbers that cannot be read or are not known, <c>credits.not-held</c>, <c>credits.beneficiary-missing</c>, <c>credits.reason-unknown</c>, <c>credits.instrument-missing</c>, <c>credits.receiver</c>,
    /// <c>credits.market-account</c> and why credits are not those of the account at the market, <c>credits.not-authorised</c> where the use needs a letter of the host country that is not there, what speaks against a conversion, <c>credits.duplicate-open</c> where the project may be one of another registry and nobody has decided.
    /// </summary>
    public async Task<Answer<CreditOrder>> Propose(DbSession s, NewCreditOrder wanted, CancellationToken ct)
    {
        if (wanted.Kind is not { } kind || !Enum.IsDefined(kind)) return Refusal.Of("credits.order-kind", "kind", ("known", string.Join(", ", Enum.GetNames<CreditOrderKind>())));
        if ((OfProgrammes.Contains(kind) ? Allow.Role(s.Actor, Role.AuthorityOfficer) : ProjectRoles.Writes(s.Actor)) is { } no) return no;
        Undoing? undoing = null;
        if (kind == CreditOrderKind.Undo)
        {
            var undoable = await conversions.Undoable(s, wanted.Conversion, ct);
            if (!undoable.Ok) return Answer<CreditOrder>.From(undoable.Refusals);
            undoing = undoable.Value;
        }
        Answer<(string Unit, int Asset, SerialRange Serials)> found = undoing is not null ? (undoing.FromUnit, rules.Unit(undoing.FromUnit)!.Asset, undoing.From) : await units.Find(s, wanted.Serial, ct);
        if (!found.Ok) return Answer<CreditOrder>.From(found.Refusals);
        var (unit, asset, all) = found.Value;
        var wrong = Words(kind, wanted);
        if (kind != CreditOrderKind.Undo && wanted.Units is { } some && (some < 1 || some > all.Count)) wrong.Add(Refusal.Of("credits.take-too-many", "units", ("given", $"{some}"), ("quantity", $"{all.Count}")));
        if (wrong.Count > 0) return wrong;
        var serials = kind != CreditOrderKind.Undo && wanted.Units is { } count ? all.Take(count).Taken : all;
        var row = await units.RowOf(s, unit, serials.First, ct);
        var programme = rules.Unit(unit)!.Programme;
        if (OfProgrammes.Contains(kind) && await ProgrammeAdministration.Acts(s, undoing?.ToProgramme ?? programme, ct) is { } notOurs) return notOurs;
        MarketPlace? place = null;
        if (wanted.MarketAccount is not null || kind is CreditOrderKind.Deposit or CreditOrderKind.Withdraw)
        {
            var named = await marketOrders.Place(s, kind, wanted.MarketAccount ?? 0, ct);
            if (!named.Ok) return Answer<CreditOrder>.From(named.Refusals);
            place = named.Value;
            if (kind == CreditOrderKind.Deposit && await market.Closed(s, place.Pool, row, serials, ct) is { } notTaken) return notTaken;
        }
        if (kind is CreditOrderKind.Immobilise or CreditOrderKind.Convert or CreditOrderKind.TakeIn && row is not null && await watch.Stops(s, row.ProjectId, row.VintageFrom, row.VintageTo, $"order|{kind}", ct) is { } waits) return waits;
        if (kind == CreditOrderKind.Convert && await conversions.Closed(s, unit, wanted.TargetUnit, wanted.TargetProject, row, serials, ct) is { } closed) return closed;
        if (kind == CreditOrderKind.ReleaseBuffer && await Developer(s, row, serials, ct) is { Ok: false } nobody) return Answer<CreditOrder>.From(nobody.Refusals);
        var decider = kind switch { CreditOrderKind.Release or CreditOrderKind.TakeIn or CreditOrderKind.GiveBack => programme, CreditOrderKind.Convert => rules.Unit(wanted.TargetUnit)!.Programme, CreditOrderKind.Undo => undoing!.FromProgramme, _ => null };
        if (await Use(s, wanted, row, serials, ct) is { } unauthorised) return unauthorised;
        var id = s.NewId();
        return await s.InTransaction<CreditOrder>(async t =>
        {
            // Of two proposals at once the second waits here, and finds the first one's.
            await s.Run("select pg_advisory_xact_lock(hashtextextended('registry.credit-order ' || $1, 0))", t, unit);
            if (await NotHeld(s, kind, asset, unit, serials, place, t) is { } free) return free;
            long from = 0, holder = 0;
            var leaves = place is not null && kind != CreditOrderKind.Deposit;
            if (leaves)
            {
                var lying = await marketOrders.Lying(s, place!, unit, serials, t);
                if (!lying.Ok) return Answer<CreditOrder>.From(lying.Refusals);
                (from, holder) = (lying.Value, await CreditAccounts.Of(s, s.Actor.OrganisationId, t));
            }
            var (organisation, role, task) = kind switch
            {
                CreditOrderKind.Reverse or CreditOrderKind.ReleaseBuffer => (s.Actor.OrganisationId, Role.AuthorityApprover, OwnTask),
                CreditOrderKind.Release or CreditOrderKind.Undo or CreditOrderKind.TakeIn or CreditOrderKind.GiveBack => (Guid.Empty, Role.AuthorityApprover, ProgrammeTask),
                _ => (s.Actor.OrganisationId, ProjectRoles.Second(s.Actor), OwnTask),
            };
            if (organisation == Guid.Empty)
            {
                var administrator = await ProgrammeAdministration.Needed(s, decider!, t);
                if (!administrator.Ok) return Answer<CreditOrder>.From(administrator.Refusals);
                organisation = administrator.Value;
            }
            await s.Run("""
                insert into registry.credit_order (id, organisation_id, kind, unit, first, last, to_organisation, beneficiary, reason, purpose, instrument, state, ordered_by, ordered_at, target_unit, target_project, decider, conversion_id, market_account, receipt_first)
                values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, 0, $12, $13, $14, $15, $16, $17, $18, $19)
                """, t, id, s.Actor.OrganisationId, (short)kind, unit, serials.First, serials.Last, kind == CreditOrderKind.Transfer ? wanted.ToOrganisation : null, Plain(wanted.Beneficiary), VocabularyOf(kind) is null ? null : wanted.Reason, Plain(wanted.Purpose), Plain(wanted.Instrument), s.Actor.PersonId, s.Now,
                kind == CreditOrderKind.Convert ? wanted.TargetUnit : null, kind == CreditOrderKind.Convert ? wanted.TargetProject : null, decider, kind == CreditOrderKind.Undo ? wanted.Conversion : null,
                place?.Account, leaves && place!.Pool.IsBasket ? from : null);
            var asked = await approvals.Ask(s, task, kind.ToString(), id, organisation, role, $"/credits/orders/{id}", t, ("units", serials.Count), ("unit", unit));
            await s.Run("update registry.credit_order set task_id = $2 where id = $1", t, id, asked);
            await s.Audit(new AuditEntry("credit-order.proposed", "credit-order", id.ToString(), Details: new { Kind = kind.ToString(), unit, Units = serials.Count, wanted.Reason }), t);
            if (leaves) await s.AsSystem(async u => { await book.Value.Send(s, OrderKind.Name, id, new OrderSubject(id, OrderPhase.Reserve), [CreditBook.Open(holder, s.Actor.OrganisationId), MarketOrders.Hold(place!, id, from, serials.Count, holder, BookId.From(s.Actor.PersonId))], u); return true; }, t);
            return (await Find(s, id, t))!;
        }, ct);
    }

    public async Task<Answer<CreditOrder>> Read(DbSession s, Guid id, CancellationToken ct) => await Find(s, id, ct) is { } known ? known : Refusal.NotFound("credits.order-not-found");

    /// <summary>Own orders, those offered to the own organisation and those its programmes decide on, newest first.</summary>
    public async Task<Answer<IReadOnlyList<CreditOrder>>> List(DbSession s, CancellationToken ct)
    {
        if (!s.Actor.SignedIn) return Refusal.Forbidden("access.sign-in-needed");
        var orders = await s.All($"select {Columns} from registry.credit_order o where $1 in (o.organisation_id, o.to_organisation) or (o.decider is not null and registry.administers_programme(o.decider)) order by o.id desc limit 200", Map, ct, s.Actor.OrganisationId);
        var printed = new List<CreditOrder>();
        foreach (var o in orders) printed.Add(await Printed(s, o, ct));
        return printed;
    }

    /// <summary>Number of the own organisation's account; null where it has none.</summary>
    public async Task<long?> Account(DbSession s, CancellationToken ct) => s.Actor.SignedIn ? await CreditAccounts.Find(s, s.Actor.OrganisationId, ct) : null;

    /// <summary>Whether the own organisation has an account.</summary>
    public async Task<bool> HasAccount(DbSession s, CancellationToken ct) => await Account(s, ct) is not null;

    /// <summary>Makes the own organisation an account, so that others can transfer to it; a repeat changes nothing.</summary>
    public async Task<Answer<Done>> OpenAccount(DbSession s, CancellationToken ct)
    {
        if (ProjectRoles.Writes(s.Actor) is { } no) return no;
        return await s.InTransaction<Done>(async t =>
        {
            await CreditAccounts.Of(s, s.Actor.OrganisationId, t);
            await s.Audit(new AuditEntry("credit-account.opened", "credit-account", s.Actor.OrganisationId.ToString()), t);
            return default(Done);
        }, ct);
    }

    /// <summary>What the units of projects can be converted into: a pair of the rules whose target can be numbered here, and a project of the other programme that was decided to be the same activity.</summary>
    public Task<IReadOnlyList<ConversionTarget>> Targets(DbSession s, IReadOnlyCollection<BlockView> held, CancellationToken ct) => conversions.Targets(s, held, ct);

    /// <summary>Conversions into units of programmes that can still be undone.</summary>
    public Task<IReadOnlyList<ConversionView>> Conversions(DbSession s, IReadOnlyCollection<string> programmes, CancellationToken ct) => conversions.Into(s, programmes, ct);

    /// <summary>A conversion by its order; null where none was begun.</summary>
    public Task<ConversionView?> ConversionOf(DbSession s, Guid order, CancellationToken ct) => conversions.Of(s, order, ct);

    /// <summary>Organisations that can receive units: those with an account, without the own one.</summary>
    public async Task<IReadOnlyList<Guid>> Receivers(DbSession s, CancellationToken ct) => !s.Actor.SignedIn ? [] : await s.InTransaction(t => s.AsSystem(u =>
        s.All("select organisation_id from registry.credit_account where organisation_id <> $1 order by account limit 500", r => r.GetGuid(0), u, s.Actor.OrganisationId), t), ct);

    /// <summary>The second person agrees: the Book is told, or holds the units for the receiver of a transfer or the programme a conversion goes to. That programme agrees: the Book converts.</summary>
    internal async Task<Answer<Done>> Approve(DbSession s, Guid id, CancellationToken ct)
    {
        if (await Locked(s, id, ct) is not { } o) return Refusal.NotFound("credits.order-not-found");
        if (o is { Kind: CreditOrderKind.Convert, State: CreditOrderState.Offered }) return await Convert(s, id, o, ct);
        if (o.State != CreditOrderState.Proposed) return Refusal.NotFound("credits.order-not-found");
        var asset = rules.Unit(o.Unit)!.Asset;
        var serials = new SerialRange(o.First, o.Last);
        return await s.AsSystem(async system =>
        {
            var account = OfProgrammes.Contains(o.Kind) ? CreditBook.Buffer : await CreditAccounts.Of(s, o.OrganisationId, system);
            // A letter or an adjustment may have come, or the units gone, since it was proposed.
            var row = await units.RowOf(s, o.Unit, o.First, system);
            if (await Use(s, new(o.Kind, null, null, null, null, o.Reason), row, serials, system) is { } unauthorised) return unauthorised;
            if (o.Kind is CreditOrderKind.Immobilise or CreditOrderKind.Convert or CreditOrderKind.TakeIn && row is not null && await MatchWatch.Stopped(s, (await ProjectStore.Find(s, row.ProjectId, system))!, row.VintageFrom, row.VintageTo, system) is { } waits) return waits;
            List<Command> commands = [];
            var phase = OrderPhase.Move;
            if (o.Kind == CreditOrderKind.Convert)
            {
                if (await conversions.Closed(s, o.Unit, o.Order.TargetUnit, o.Order.TargetProject, row, serials, system) is { } closed) return closed;
                commands.Add(CreditBook.Move(CreditBook.Convert, asset, account, CreditBook.Converted, serials, BookId.From(id), BookId.From(s.Actor.PersonId), account) with { Operation = Operation.Hold, Id = HoldOf(id) });
                phase = OrderPhase.Hold;
            }
            else if (o.Order.MarketAccount is { } at)
            {
                var place = (await market.Place(s, at, system))!;
                // A project may have been excluded, or a window of years closed, since it was proposed.
                if (o.Kind == CreditOrderKind.Deposit && await market.Closed(s, place.Pool, row, serials, system) is { } notTaken) return notTaken;
                commands.Add(CreditBook.Open(account, o.OrganisationId));
                commands.AddRange(await marketOrders.Agreed(s, id, o.Kind, place, o.Unit, asset, serials, account, BookId.From(s.Actor.PersonId), system));
            }
            else if (o.Kind == CreditOrderKind.TakeIn)
            {
                if (await Imports.ImportedEnds.Before(s, rules.Unit(o.Unit)!.Programme, o.Unit, serials, system)) return Refusal.Conflict("credits.not-held", "serial", ("units", $"{serials.Count}"));
                commands.Add(CreditBook.Open(account, o.OrganisationId));
                commands.Add(CreditBook.Move(CreditBook.TakeIn, asset, CreditBook.Outside, account, serials, BookId.From(id), BookId.From(s.Actor.PersonId)));
            }
            else if (o.Kind == CreditOrderKind.Undo)
            {
                var undoable = await conversions.Undoable(s, o.Order.ConversionId, system);
                if (!undoable.Ok) return Answer<Done>.From(undoable.Refusals);
                commands.AddRange(conversions.Undo(undoable.Value, BookId.From(id), BookId.From(s.Actor.PersonId)));
            }
            else if (o.Kind == CreditOrderKind.ReleaseBuffer)
            {
                var developer = await Developer(s, row, serials, system);
                if (!developer.Ok) return Answer<Done>.From(developer.Refusals);
                var receiver = await CreditAccounts.Of(s, developer.Value, system);
                commands.Add(CreditBook.Open(receiver, developer.Value));
                commands.Add(CreditBook.Move(CreditBook.Release, asset, CreditBook.Buffer, receiver, serials, BookId.From(id), BookId.From(s.Actor.PersonId)));
            }
            else if (o.Kind == CreditOrderKind.Transfer)
            {
                var receiver = await CreditAccounts.Of(s, o.ToOrganisation!.Value, system);
                commands.Add(CreditBook.Open(receiver, o.ToOrganisation.Value));
                commands.Add(CreditBook.Move(CreditBook.Transfer, asset, account, receiver, serials, BookId.From(id), BookId.From(s.Actor.PersonId), account) with { Operation = Operation.Hold, Id = HoldOf(id) });
                phase = OrderPhase.Hold;
            }
            else
            {
                var (type, debit, credit, actingFor) = o.Kind switch
                {
                    CreditOrderKind.Retire => (CreditBook.Retire, account, CreditBook.Retired, account),
                    CreditOrderKind.Cancel => (CreditBook.Cancel, account, CreditBook.Cancelled, account),
                    CreditOrderKind.Immobilise => (CreditBook.Immobilise, account, CreditBook.Immobilised, account),
                    CreditOrderKind.GiveBack => (CreditBook.GiveBack, account, CreditBook.Outside, account),
                    CreditOrderKind.Release => (CreditBook.Release, CreditBook.Immobilised, account, 0L),
                    CreditOrderKind.Reverse => (CreditBook.Reverse, CreditBook.Buffer, CreditBook.Cancelled, 0L),
                    _ => (CreditBook.Replenish, account, CreditBook.Buffer, account),
                };
                commands.Add(CreditBook.Move(type, asset, debit, credit, serials, BookId.From(id), BookId.From(s.Actor.PersonId), actingFor));
            }
            await s.Run("update registry.credit_order set state = 2, decided_by = $2, decided_at = $3, row_version = row_version + 1 where id = $1", system, id, s.Actor.PersonId, s.Now);
            await book.Value.Send(s, OrderKind.Name, id, new OrderSubject(id, phase), commands, system);
            await s.Audit(new AuditEntry("credit-order.approved", "credit-order", id.ToString()), system);
            return (Answer<Done>)default(Done);
        }, ct);
    }

    /// <summary>The programme that is to issue agrees: what is held ends and the others are issued.</summary>
    async Task<Answer<Done>> Convert(DbSession s, Guid id, OrderRow o, CancellationToken ct) => await s.AsSystem(async system =>
    {
        var row = await units.RowOf(s, o.Unit, o.First, system);
        if (row is not null && await MatchWatch.Stopped(s, (await ProjectStore.Find(s, row.ProjectId, system))!, row.VintageFrom, row.VintageTo, system) is { } waits) return waits;
        var begun = await conversions.Begin(s, id, o.Unit, new(o.First, o.Last), o.Order.TargetUnit!, o.Order.TargetProject!.Value, await CreditAccounts.Of(s, o.OrganisationId, system), HoldOf(id), system);
        if (!begun.Ok) return Answer<Done>.From(begun.Refusals);
        await s.Run("update registry.credit_order set state = 2, row_version = row_version + 1 where id = $1", system, id);
        await book.Value.Send(s, OrderKind.Name, id, new OrderSubject(id, OrderPhase.Convert, begun.Value.Block), begun.Value.Commands, system);
        await s.Audit(new AuditEntry("credit-order.converted", "credit-order", id.ToString(), Details: new { o.Order.TargetUnit, o.Order.TargetProject }), system);
        return (Answer<Done>)default(Done);
    }, ct);

    /// <summary>Whose the units of the buffer pool were when they were issued: one block of a project that is led here. <c>credits.one-block</c>, <c>credits.project-elsewhere</c>.</summary>
    static async Task<Answer<Guid>> Developer(DbSession s, UnitQueries.Row? row, SerialRange serials, CancellationToken ct) =>
        row is null || row.Last < serials.Last ? Refusal.Conflict("credits.one-block", "serial") : (await ProjectStore.Find(s, row.ProjectId, ct))?.DeveloperId is { } developer ? developer : Refusal.Conflict("credits.project-elsewhere", "serial");

    internal async Task<Answer<Done>> TurnDown(DbSession s, Guid id, string reason, CancellationToken ct)
    {
        // The programme does not issue: what waited in the Book is the holder's again.
        if (await Locked(s, id, ct) is { Kind: CreditOrderKind.Convert, State: CreditOrderState.Offered }) return await Answered(s, id, false, reason, ct);
        await s.AsSystem(async system =>
        {
            // What a withdrawal or retirement from the market has held is free for orders again.
            if (await s.Value<bool>("select exists (select from registry.credit_order where id = $1 and state = 0 and market_account is not null and kind <> 12)", system, id))
                await book.Value.Send(s, OrderKind.Name, id, new OrderSubject(id, OrderPhase.Free), [new Command { Operation = Operation.VoidHold, Target = HoldOf(id), Reference = BookId.From(id) }], system);
            return true;
        }, ct);
        await s.AsSystem(system => s.Run("update registry.credit_order set state = 5, answer = $2, decided_by = nullif($3, ordered_by), decided_at = $4, row_version = row_version + 1 where id = $1 and state = 0", system, id, reason, s.Actor.PersonId, s.Now), ct);
        await s.Audit(new AuditEntry("credit-order.turned-down", "credit-order", id.ToString(), reason), ct);
        return default(Done);
    }

    /// <summary>The receiver takes what is offered.</summary>
    internal Task<Answer<Done>> Accept(DbSession s, Guid id, CancellationToken ct) => Answered(s, id, true, null, ct);

    /// <summary>The receiver does not, or the sender took it back: the units are free again.</summary>
    internal Task<Answer<Done>> Decline(DbSession s, Guid id, string reason, CancellationToken ct) => Answered(s, id, false, reason, ct);

    async Task<Answer<Done>> Answered(DbSession s, Guid id, bool accepted, string? reason, CancellationToken ct)
    {
        if (await Locked(s, id, ct) is not { State: CreditOrderState.Offered } o) return Refusal.NotFound("credits.order-not-found");
        return await s.AsSystem(async system =>
        {
            var receiver = await CreditAccounts.Of(s, o.ToOrganisation ?? o.OrganisationId, system);
            await s.Run("update registry.credit_order set state = 2, answer = $2, row_version = row_version + 1 where id = $1", system, id, reason);
            await book.Value.Send(s, OrderKind.Name, id, new OrderSubject(id, accepted ? OrderPhase.Post : OrderPhase.Void),
                [new Command { Operation = accepted ? Operation.PostHold : Operation.VoidHold, Target = HoldOf(id), Actor = BookId.From(s.Actor.PersonId), ActingFor = receiver, Reference = BookId.From(id) }], system);
            await s.Audit(new AuditEntry(accepted ? "credit-order.accepted" : "credit-order.declined", "credit-order", id.ToString(), reason), system);
            return (Answer<Done>)default(Done);
        }, ct);
    }

    internal static UInt128 HoldOf(Guid order) => BookDefinitions.IdOf($"registry/credit-order/{order}");

    List<Refusal> Words(CreditOrderKind kind, NewCreditOrder w)
    {
        var wrong = new List<Refusal>();
        Given.Text(w.Beneficiary, "beneficiary", 200, wrong, kind == CreditOrderKind.Retire);
        Given.Text(w.Purpose, "purpose", 1000, wrong, required: false);
        Given.Text(w.Instrument, "instrument", 200, wrong, kind is CreditOrderKind.Immobilise or CreditOrderKind.TakeIn);
        if (kind == CreditOrderKind.Transfer && w.ToOrganisation is null) wrong.Add(Refusal.Of("input.required", "toOrganisation"));
        // Why an instrument ended need not be said; if it is, in a word there is.
        if (VocabularyOf(kind) is { } vocabulary && (kind != CreditOrderKind.Release || w.Reason is not null) && rules.Chosen(vocabulary).All(r => r.Code != w.Reason))
            wrong.Add(Refusal.Of("credits.reason-unknown", "reason", ("given", w.Reason ?? ""), ("known", string.Join(", ", rules.Chosen(vocabulary).Select(r => r.Code)))));
        return wrong;
    }

    /// <summary>The vocabulary of an order's reason; null where it has none.</summary>
    public static string? VocabularyOf(CreditOrderKind kind) => kind switch
    {
        CreditOrderKind.Retire => CreditRules.Retire,
        CreditOrderKind.Cancel => CreditRules.Cancel,
        CreditOrderKind.Reverse => CreditRules.Reverse,
        CreditOrderKind.Release or CreditOrderKind.ReleaseBuffer => CreditRules.Release,
        CreditOrderKind.Undo => CreditRules.Undo,
        _ => null,
    };

    /// <summary>Uses that another country or a scheme counts need the host country's letter, for every year; a letter that is not known is none.</summary>
    async Task<Refusal?> Use(DbSession s, NewCreditOrder w, UnitQueries.Row? row, SerialRange serials, CancellationToken ct)
    {
        if (w.Kind != CreditOrderKind.Retire || w.Reason is not ("ndc" or "international")) return null;
        if (row is null || row.Last < serials.Last) return Refusal.Conflict("credits.one-block", "serial");
        var facts = await units.Facts(s, row, ct);
        return facts.AuthorisedFor?.Contains(w.Reason) is true ? null : Refusal.Conflict("credits.not-authorised", "reason", ("use", w.Reason));
    }

    async Task<Refusal?> NotHeld(DbSession s, CreditOrderKind kind, int asset, string unit, SerialRange serials, MarketPlace? place, CancellationToken ct)
    {
        // What lies at the market is looked for there.
        if (place is not null && kind != CreditOrderKind.Deposit) return null;
        var from = kind switch { CreditOrderKind.TakeIn => CreditBook.Outside, CreditOrderKind.Reverse or CreditOrderKind.ReleaseBuffer => CreditBook.Buffer, CreditOrderKind.Undo => CreditBook.Converted, CreditOrderKind.Release => CreditBook.Immobilised, _ => await CreditAccounts.Find(s, s.Actor.OrganisationId, ct) };
        if (from is not { } account || !market.Free(account, asset, serials)) return Refusal.Conflict("credits.not-held", "serial", ("units", $"{serials.Count}"));
        if (CreditFreezes.Stops(venue, account, asset) is { } frozen) return frozen;
        // An export ended them, and the Book has not been told yet.
        if (kind == CreditOrderKind.TakeIn && await Imports.ImportedEnds.Any(s, unit, serials, ct)) return Refusal.Conflict("credits.not-held", "serial", ("units", $"{serials.Count}"));
        // Only who immobilised them last may ask for the units back, and not for those asked for already.
        if (kind == CreditOrderKind.Release && !await s.AsSystem(u => ImmobilisedBy(s, s.Actor.OrganisationId, null, unit, serials, u), ct))
            return Refusal.Conflict("credits.not-held", "serial", ("units", $"{serials.Count}"));
        // Units of the buffer pool and of conversions are not the own organisation's alone.
        return await s.AsSystem(u => s.Value<bool>("select exists (select from registry.credit_order where state in (0, 1, 2) and unit = $1 and first <= $3 and last >= $2)", u, unit, serials.First, serials.Last), ct)
            ? Refusal.Conflict("credits.ordered-already", "serial") : null;
    }

    /// <summary>Whether an organisation is the last that immobilised all of the units by one order; with the system's rights.</summary>
    /// <param name="scheme">Code of a scheme that order must name as the instrument, and nobody may have immobilised any of the units for something else since; null: whatever it is for.</param>
    internal static Task<bool> ImmobilisedBy(DbSession s, Guid organisation, string? scheme, string unit, SerialRange serials, CancellationToken ct) => s.Value<bool>("""
        select exists (select from registry.credit_order o where o.organisation_id = $1 and o.kind = 4 and o.state = 3 and o.unit = $2 and o.first <= $3 and o.last >= $4 and ($5::text is null or lower(trim(o.instrument)) = lower($5))
          and not exists (select from registry.credit_order x where x.kind = 4 and x.state = 3 and (x.organisation_id <> $1 or lower(trim(x.instrument)) <> lower($5)) and x.unit = $2 and x.first <= $4 and x.last >= $3 and x.decided_at > o.decided_at))
        """, ct, organisation, unit, serials.First, serials.Last, scheme);

    sealed record OrderRow(CreditOrder Order, long First, long Last)
    {
        public CreditOrderState State => Order.State;
        public CreditOrderKind Kind => Order.Kind;
        public string Unit => Order.Unit;
        public Guid OrganisationId => Order.OrganisationId;
        public Guid? ToOrganisation => Order.ToOrganisation;
        public string? Reason => Order.Reason;
    }

    static async Task<OrderRow?> Locked(DbSession s, Guid id, CancellationToken ct) =>
        await s.InTransaction(t => s.AsSystem(async system => await s.One($"select {Columns} from registry.credit_order o where o.id = $1 for update of o", r => new OrderRow(Map(r), r.GetInt64(4), r.GetInt64(5)), system, id), t), ct);

    async Task<CreditOrder?> Find(DbSession s, Guid id, CancellationToken ct) => await s.One($"select {Columns} from registry.credit_order o where o.id = $1", Map, ct, id) is { } o ? await Printed(s, o, ct) : null;

    async Task<CreditOrder> Printed(DbSession s, CreditOrder o, CancellationToken ct)
    {
        var ends = o.Serial.Split('-');
        var (first, last) = (long.Parse(ends[0], System.Globalization.CultureInfo.InvariantCulture), long.Parse(ends[1], System.Globalization.CultureInfo.InvariantCulture));
        return o with { Serial = await units.PrintedOf(s, o.Unit, first, last, ct) };
    }

    static string? Plain(string? text) => string.IsNullOrWhiteSpace(text) ? null : text.Trim();

    /// <summary>The serial is that of the Book until it is printed.</summary>
    static CreditOrder Map(NpgsqlDataReader r) => new(r.GetGuid(0), r.GetGuid(1), (CreditOrderKind)r.GetInt16(2), r.GetString(3), FormattableString.Invariant($"{r.GetInt64(4)}-{r.GetInt64(5)}"), r.GetInt64(5) - r.GetInt64(4) + 1, r.MaybeGuid(6), r.Text(7), r.Text(8), r.Text(9), r.Text(10),
        (CreditOrderState)r.GetInt16(11), r.Text(12), r.Text(13), r.MaybeGuid(14), r.GetGuid(15), r.Time(16), r.MaybeGuid(17), r.MaybeTime(18), r.IsDBNull(19) ? null : r.GetInt64(19),
        r.Text(20), r.MaybeGuid(21), r.MaybeGuid(22), r.Text(23), r.IsDBNull(24) ? null : r.GetInt64(24));
}
