using Npgsql;
using Verdigris.Book;
using Verdigris.Primitives;
using Verdigris.Primitives.Rules;
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

    const string Columns = "o.id, o.organisation_id, o.kind, o.unit, o.first, o.last, o.to_organisation, o.beneficiary, o.reason, o.purpose, o.instrument, o.state, o.book_code, o.answer, o.task_id, o.ordered_by, o.ordered_at, o.decided_by, o.decided_at, (select e.number from registry.credit_ending e where e.order_id = o.id)";

    readonly CreditRules rules = CreditRules.Of(packs);

    /// <summary>
    /// Proposes an order. <c>credits.order-kind</c>, serial numbers that cannot be read or are not known, <c>credits.not-held</c>, <c>credits.beneficiary-missing</c>, <c>credits.reason-unknown</c>, <c>credits.instrument-missing</c>, <c>credits.receiver</c>,
    /// <c>credits.not-authorised</c> where the use needs a letter of the host country that is not there.
    /// </summary>
    public async Task<Answer<CreditOrder>> Propose(DbSession s, NewCreditOrder wanted, CancellationToken ct)
    {
        if (wanted.Kind is not { } kind || !Enum.IsDefined(kind)) return Refusal.Of("credits.order-kind", "kind", ("known", string.Join(", ", Enum.GetNames<CreditOrderKind>())));
        if ((kind == CreditOrderKind.Reverse ? Allow.Role(s.Actor, Role.AuthorityOfficer) : ProjectRoles.Writes(s.Actor)) is { } no) return no;
        var found = await units.Find(s, wanted.Serial, ct);
        if (!found.Ok) return Answer<CreditOrder>.From(found.Refusals);
        var (unit, asset, all) = found.Value;
        var wrong = Words(kind, wanted);
        if (wanted.Units is { } some && (some < 1 || some > all.Count)) wrong.Add(Refusal.Of("credits.take-too-many", "units", ("given", $"{some}"), ("quantity", $"{all.Count}")));
        if (wrong.Count > 0) return wrong;
        var serials = wanted.Units is { } count ? all.Take(count).Taken : all;
        var row = await units.RowOf(s, unit, serials.First, ct);
        var programme = rules.Unit(unit)!.Programme;
        if (kind == CreditOrderKind.Reverse && await ProgrammeAdministration.Acts(s, programme, ct) is { } notOurs) return notOurs;
        if (await Use(s, wanted, row, serials, ct) is { } unauthorised) return unauthorised;
        var id = s.NewId();
        return await s.InTransaction<CreditOrder>(async t =>
        {
            // Of two proposals at once the second waits here, and finds the first one's.
            await s.Run("select pg_advisory_xact_lock(hashtextextended('registry.credit-order ' || $1, 0))", t, unit);
            if (await NotHeld(s, kind, asset, unit, serials, t) is { } free) return free;
            var (organisation, role, task) = kind switch
            {
                CreditOrderKind.Reverse => (s.Actor.OrganisationId, Role.AuthorityApprover, OwnTask),
                CreditOrderKind.Release => (Guid.Empty, Role.AuthorityApprover, ProgrammeTask),
                _ => (s.Actor.OrganisationId, ProjectRoles.Second(s.Actor), OwnTask),
            };
            if (organisation == Guid.Empty)
            {
                var administrator = await ProgrammeAdministration.Needed(s, programme, t);
                if (!administrator.Ok) return Answer<CreditOrder>.From(administrator.Refusals);
                organisation = administrator.Value;
            }
            await s.Run("""
                insert into registry.credit_order (id, organisation_id, kind, unit, first, last, to_organisation, beneficiary, reason, purpose, instrument, state, ordered_by, ordered_at) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, 0, $12, $13)
                """, t, id, s.Actor.OrganisationId, (short)kind, unit, serials.First, serials.Last, kind == CreditOrderKind.Transfer ? wanted.ToOrganisation : null, Plain(wanted.Beneficiary), wanted.Reason, Plain(wanted.Purpose), Plain(wanted.Instrument), s.Actor.PersonId, s.Now);
            var asked = await approvals.Ask(s, task, id, organisation, role, $"/credits/orders/{id}", t, ("kind", kind), ("units", serials.Count), ("unit", unit));
            await s.Run("update registry.credit_order set task_id = $2 where id = $1", t, id, asked);
            await s.Audit(new AuditEntry("credit-order.proposed", "credit-order", id.ToString(), Details: new { Kind = kind.ToString(), unit, Units = serials.Count, wanted.Reason }), t);
            return (await Find(s, id, t))!;
        }, ct);
    }

    public async Task<Answer<CreditOrder>> Read(DbSession s, Guid id, CancellationToken ct) => await Find(s, id, ct) is { } known ? known : Refusal.NotFound("credits.order-not-found");

    /// <summary>Own orders and those offered to the own organisation, newest first.</summary>
    public async Task<Answer<IReadOnlyList<CreditOrder>>> List(DbSession s, CancellationToken ct)
    {
        if (!s.Actor.SignedIn) return Refusal.Forbidden("access.sign-in-needed");
        var orders = await s.All($"select {Columns} from registry.credit_order o where $1 in (o.organisation_id, o.to_organisation) order by o.id desc limit 200", Map, ct, s.Actor.OrganisationId);
        var printed = new List<CreditOrder>();
        foreach (var o in orders) printed.Add(await Printed(s, o, ct));
        return printed;
    }

    /// <summary>Whether the own organisation has an account.</summary>
    public async Task<bool> HasAccount(DbSession s, CancellationToken ct) => s.Actor.SignedIn && await CreditAccounts.Find(s, s.Actor.OrganisationId, ct) is not null;

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

    /// <summary>Organisations that can receive units: those with an account, without the own one.</summary>
    public async Task<IReadOnlyList<Guid>> Receivers(DbSession s, CancellationToken ct) => !s.Actor.SignedIn ? [] : await s.InTransaction(t => s.AsSystem(u =>
        s.All("select organisation_id from registry.credit_account where organisation_id <> $1 order by account limit 500", r => r.GetGuid(0), u, s.Actor.OrganisationId), t), ct);

    /// <summary>The second person agrees: the Book is told, or, for a transfer, holds the units for the receiver.</summary>
    internal async Task<Answer<Done>> Approve(DbSession s, Guid id, CancellationToken ct)
    {
        if (await Locked(s, id, ct) is not { State: CreditOrderState.Proposed } o) return Refusal.NotFound("credits.order-not-found");
        var asset = rules.Unit(o.Unit)!.Asset;
        var serials = new SerialRange(o.First, o.Last);
        return await s.AsSystem(async system =>
        {
            var account = o.Kind == CreditOrderKind.Reverse ? CreditBook.Buffer : await CreditAccounts.Of(s, o.OrganisationId, system);
            // A letter or an adjustment may have come, or the units gone, since it was proposed.
            var row = await units.RowOf(s, o.Unit, o.First, system);
            if (await Use(s, new(o.Kind, null, null, null, null, o.Reason), row, serials, system) is { } unauthorised) return unauthorised;
            List<Command> commands = [];
            var phase = OrderPhase.Move;
            if (o.Kind == CreditOrderKind.Transfer)
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
                    CreditOrderKind.Convert => (CreditBook.Convert, account, CreditBook.Converted, account),
                    CreditOrderKind.Immobilise => (CreditBook.Immobilise, account, CreditBook.Immobilised, account),
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

    internal async Task<Answer<Done>> TurnDown(DbSession s, Guid id, string reason, CancellationToken ct)
    {
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
            var receiver = await CreditAccounts.Of(s, o.ToOrganisation!.Value, system);
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
        Given.Text(w.Instrument, "instrument", 200, wrong, kind is CreditOrderKind.Immobilise or CreditOrderKind.Convert);
        if (kind == CreditOrderKind.Transfer && w.ToOrganisation is null) wrong.Add(Refusal.Of("input.required", "toOrganisation"));
        var vocabulary = kind switch { CreditOrderKind.Retire => CreditRules.Retire, CreditOrderKind.Cancel => CreditRules.Cancel, CreditOrderKind.Reverse => CreditRules.Reverse, _ => null };
        if (vocabulary is not null && (rules.Reason(vocabulary, w.Reason) is null || w.Reason == "not-stated")) wrong.Add(Refusal.Of("credits.reason-unknown", "reason", ("given", w.Reason ?? ""), ("known", string.Join(", ", rules.Reasons.Where(r => r.Kind == vocabulary && r.Code != "not-stated").Select(r => r.Code)))));
        return wrong;
    }

    /// <summary>Uses that another country or a scheme counts need the host country's letter, for every year; a letter that is not known is none.</summary>
    async Task<Refusal?> Use(DbSession s, NewCreditOrder w, UnitQueries.Row? row, SerialRange serials, CancellationToken ct)
    {
        if (w.Kind != CreditOrderKind.Retire || w.Reason is not ("ndc" or "international")) return null;
        if (row is null || row.Last < serials.Last) return Refusal.Conflict("credits.one-block", "serial");
        var facts = await units.Facts(s, row, ct);
        return facts.AuthorisedFor?.Contains(w.Reason) is true ? null : Refusal.Conflict("credits.not-authorised", "reason", ("use", w.Reason));
    }

    async Task<Refusal?> NotHeld(DbSession s, CreditOrderKind kind, int asset, string unit, SerialRange serials, CancellationToken ct)
    {
        var from = kind switch { CreditOrderKind.Reverse => CreditBook.Buffer, CreditOrderKind.Release => CreditBook.Immobilised, _ => await CreditAccounts.Find(s, s.Actor.OrganisationId, ct) };
        var held = from is { } account && venue.Read(b =>
        {
            for (var at = serials.First; at <= serials.Last;)
            {
                if (b.Owner(asset, at) is not { Hold: var hold } owner || owner.Account != account || hold != 0) return false;
                at = owner.Last + 1;
            }
            return true;
        });
        if (!held) return Refusal.Conflict("credits.not-held", "serial", ("units", $"{serials.Count}"));
        if (CreditFreezes.Stops(venue, from!.Value, asset) is { } frozen) return frozen;
        // Only who immobilised may ask for the units back, and not for those asked for already.
        if (kind == CreditOrderKind.Release && !await s.Value<bool>("select exists (select from registry.credit_order where organisation_id = $1 and kind = 4 and state = 3 and unit = $2 and first <= $3 and last >= $4)", ct, s.Actor.OrganisationId, unit, serials.First, serials.Last))
            return Refusal.Conflict("credits.not-held", "serial", ("units", $"{serials.Count}"));
        return await s.Value<bool>("select exists (select from registry.credit_order where organisation_id = $1 and state in (0, 1, 2) and unit = $2 and first <= $4 and last >= $3)", ct, s.Actor.OrganisationId, unit, serials.First, serials.Last)
            ? Refusal.Conflict("credits.ordered-already", "serial") : null;
    }

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
        (CreditOrderState)r.GetInt16(11), r.Text(12), r.Text(13), r.MaybeGuid(14), r.GetGuid(15), r.Time(16), r.MaybeGuid(17), r.MaybeTime(18), r.IsDBNull(19) ? null : r.GetInt64(19));
}
