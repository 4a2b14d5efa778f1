using System.Globalization;
using NodaTime;
using Npgsql;
using Verdigris.Book;
using Verdigris.Primitives;
using Verdigris.Registry.Accounts;
using Verdigris.Registry.Rules;
using Verdigris.Registry.Schemes;
using Verdigris.Registry.Transfers;
using Verdigris.Storage;

namespace Verdigris.Registry.Compliance;

public enum CarryOverState { Proposed, Pending, Done, TurnedDown, Refused }

/// <summary>Units of one vintage that become as many of another.</summary>
/// <param name="Most">What the scheme's rule allowed on the day: of what was held, by what was sold and bought.</param>
public sealed record CarryOver(Guid Id, string Scheme, long Account, string Unit, string Vintage, string IntoVintage, long Quantity, long Most, CarryOverState State, string? Reason, string? BookCode, Guid? TaskId, Instant WrittenAt);

public sealed record NewCarryOver(long Account, string Unit, int Vintage, int IntoVintage, long Quantity);

/// <summary>
/// Banking where units have a year. How many live on follows from the scheme's rule and what this registry saw: held, and sold less bought to accounts of others. The old units end and the new begin in one chain of the Book: there is no moment with both or neither.
/// </summary>
public sealed class CarryOverHandlers(SchemeSet schemes, SchemeNumbers numbers, Approvals approvals, Lazy<BookCommands> book, IVenue venue)
{
    public const string Task = "registry.carry-over";

    /// <summary>Word of the room's own for the two moves of the Book; see <see cref="SchemeNumbers"/>.</summary>
    internal const string Word = "carry-over";

    const string Columns = "id, scheme, account, unit, vintage, into_vintage, quantity, most, state, reason, book_code, task_id, written_at";

    /// <summary>A representative asks; the authority's officer decides. <c>carry-over.vintage</c>, <c>carry-over.over-limit</c>; of the rule <c>ets.no-rule</c>.</summary>
    public async Task<Answer<CarryOver>> Ask(DbSession s, NewCarryOver wanted, CancellationToken ct)
    {
        if (await AccessHandlers.Acting(s, wanted.Account, r => r.Initiates(true), ct) is { Ok: false } no) return Answer<CarryOver>.From(no.Refusals);
        var account = (await AccountStore.Find(s, wanted.Account, ct))!;
        var scheme = schemes.Find(account.Scheme)!;
        if (scheme.Unit(wanted.Unit ?? "") is not { Vintage: "year", Kind: "allowance" } unit || wanted.IntoVintage <= wanted.Vintage || numbers.Asset(scheme.Code, unit.Unit, Text(wanted.Vintage)) is not { } from || EndOf(scheme) is null)
            return Refusal.Of("carry-over.vintage", "vintage", ("given", $"{wanted.Unit} {wanted.Vintage} → {wanted.IntoVintage}"));
        var most = await Most(s, scheme, account, unit.Unit, wanted.Vintage, from, null, ct);
        if (!most.Ok) return Answer<CarryOver>.From(most.Refusals);
        if (wanted.Quantity < 1) return Refusal.Of("transaction.quantity", "quantity");
        if (wanted.Quantity > most.Value) return Refusal.Conflict("carry-over.over-limit", "quantity", ("most", most.Value.ToString(CultureInfo.InvariantCulture)));
        await numbers.Make(scheme.Code, unit.Unit, Text(wanted.IntoVintage), ct);
        var id = s.NewId();
        return await s.InTransaction<CarryOver>(async t =>
        {
            var authority = await Administration.Needed(s, scheme.Code, t);
            if (!authority.Ok) return Answer<CarryOver>.From(authority.Refusals);
            await s.Run("insert into registry.carry_over (id, scheme, account, unit, vintage, into_vintage, quantity, most, state, written_by, written_at) values ($1, $2, $3, $4, $5, $6, $7, $8, 0, $9, $10)", t,
                id, scheme.Code, account.Account, unit.Unit, Text(wanted.Vintage), Text(wanted.IntoVintage), wanted.Quantity, most.Value, s.Actor.PersonId, s.Now);
            var task = await approvals.Ask(s, Task, id, authority.Value, Role.AuthorityOfficer, $"/registry/accounts/{account.Account}", t, ("account", account.FullId), ("quantity", wanted.Quantity), ("unit", unit.Unit), ("vintage", wanted.Vintage), ("into", wanted.IntoVintage));
            await s.Run("update registry.carry_over set task_id = $2 where id = $1", t, id, task);
            await s.Audit(new AuditEntry("registry-carry-over.asked", "registry-account", account.FullId, Details: new { wanted.Unit, wanted.Vintage, wanted.IntoVintage, wanted.Quantity, most = most.Value }), t);
            return (await Find(s, id, t))!;
        }, ct);
    }

    public Task<List<CarryOver>> List(DbSession s, long account, CancellationToken ct) => s.All($"select {Columns} from registry.carry_over where account = $1 order by id desc limit 200", Map, ct, account);

    /// <summary>How many of a vintage an account may still carry over, counting what was carried already and what was asked for; <paramref name="without"/>: the request that is decided about.</summary>
    async Task<Answer<long>> Most(DbSession s, Scheme scheme, RegistryAccount account, string unit, int vintage, int asset, Guid? without, CancellationToken ct)
    {
        var held = venue.Read(b => b.Balance(account.Account, asset).Available);
        var (sold, bought) = (await s.All("""
            select coalesce(sum(quantity) filter (where from_account = $1 and to_organisation is distinct from $3), 0)::bigint, coalesce(sum(quantity) filter (where to_account = $1 and from_organisation is distinct from $3), 0)::bigint
            from registry.transaction where asset = $2 and kind = 'transfer' and state = 3 and $1 in (from_account, to_account)
            """, r => (r.GetInt64(0), r.GetInt64(1)), ct, account.Account, asset, account.OrganisationId))[0];
        // What was carried is no longer held and was when the rule counts; what was only asked for is held still.
        var (done, asked) = (await s.All("select coalesce(sum(quantity) filter (where state = 2), 0)::bigint, coalesce(sum(quantity) filter (where state in (0, 1)), 0)::bigint from registry.carry_over where account = $1 and unit = $2 and vintage = $3 and id is distinct from $4",
            r => (r.GetInt64(0), r.GetInt64(1)), ct, account.Account, unit, Text(vintage), without))[0];
        var most = Limits.CarryOver(scheme, vintage, held + done, sold, bought);
        return most.Ok ? Math.Max(0, (long)most.Value.Most - done - asked) : Answer<long>.From(most.Refusals);
    }

    internal async Task<Answer<Done>> Carry(DbSession s, Guid id, CancellationToken ct)
    {
        if (await Find(s, id, ct) is not { } known || schemes.Find(known.Scheme) is not { } scheme || EndOf(scheme) is not { } end) return Refusal.NotFound("carry-over.not-found");
        if (await Administration.Acts(s, known.Scheme, ct) is { } no) return no;
        if (DutyRules.CarryOvers.Next(known.State, CarryOverEvent.Approve) is { Ok: false } state) return Answer<Done>.From(state.Refusals);
        // Units bought back or given away since it was asked for, and an account that closes, take the right away again.
        if (await AccountStore.Locked(s, known.Account, ct) is not { State: AccountState.Open } account) return Refusal.Conflict("account.state-forbids", "state", ("state", ""));
        var most = await Most(s, scheme, account, known.Unit, int.Parse(known.Vintage, CultureInfo.InvariantCulture), numbers.Asset(scheme.Code, known.Unit, known.Vintage)!.Value, id, ct);
        if (!most.Ok) return Answer<Done>.From(most.Refusals);
        if (known.Quantity > most.Value) return Refusal.Conflict("carry-over.over-limit", "quantity", ("most", most.Value.ToString(CultureInfo.InvariantCulture)));
        await s.Run("update registry.carry_over set state = 1, decided_by = $2, decided_at = $3 where id = $1", ct, id, s.Actor.PersonId, s.Now);
        await s.Audit(new AuditEntry("registry-carry-over.approved", "registry-carry-over", id.ToString()), ct);
        var issuer = numbers.Central(scheme.Code, scheme.Accounts.First(a => a.Role == AccountRole.Issuer).Kind);
        Command Move(int asset, long debit, long credit, CommandFlags flags) => new()
        {
            Operation = Operation.Transfer,
            Flags = flags,
            TransactionType = numbers.TransactionType(scheme.Code, Word),
            Asset = asset,
            Debit = debit,
            Credit = credit,
            Amount = known.Quantity,
            Reference = BookId.From(id),
            Actor = BookId.From(s.Actor.PersonId),
        };
        await book.Value.Send(s, CarryOverKind.Name, id, new Subject(id),
        [
            Move(numbers.Asset(scheme.Code, known.Unit, known.Vintage)!.Value, known.Account, numbers.Central(scheme.Code, end), CommandFlags.Linked),
            Move(numbers.Asset(scheme.Code, known.Unit, known.IntoVintage)!.Value, issuer, known.Account, CommandFlags.None),
        ], ct);
        return default(Done);
    }

    internal async Task<Answer<Done>> TurnDown(DbSession s, Guid id, string reason, CancellationToken ct)
    {
        if (await Find(s, id, ct) is not { } known) return Refusal.NotFound("carry-over.not-found");
        if (DutyRules.CarryOvers.Next(known.State, CarryOverEvent.TurnDown) is { Ok: false } state) return Answer<Done>.From(state.Refusals);
        await s.Run("update registry.carry_over set state = 3, reason = $2 where id = $1", ct, id, reason);
        await s.Audit(new AuditEntry("registry-carry-over.turned-down", "registry-carry-over", id.ToString(), reason), ct);
        return default(Done);
    }

    /// <summary>The sink where units of the old year end: the deletion account, which every scheme with vintages has.</summary>
    static string? EndOf(Scheme scheme) => scheme.Account("deletion") is { Role: AccountRole.Sink } end ? end.Kind : null;

    static string Text(int year) => year.ToString(CultureInfo.InvariantCulture);

    static Task<CarryOver?> Find(DbSession s, Guid id, CancellationToken ct) => s.One($"select {Columns} from registry.carry_over where id = $1", Map, ct, id);

    static CarryOver Map(NpgsqlDataReader r) => new(r.GetGuid(0), r.GetString(1), r.GetInt64(2), r.GetString(3), r.GetString(4), r.GetString(5), r.GetInt64(6), r.GetInt64(7), (CarryOverState)r.GetInt16(8), r.Text(9), r.Text(10), r.MaybeGuid(11), r.Time(12));
}

/// <summary>Finishes a carry-over once the Book answered.</summary>
sealed class CarryOverKind : IBookCommandKind
{
    public const string Name = "registry.carry-over";

    public string Kind => Name;

    public Task Finish(DbSession session, BookCommandRow row, IReadOnlyList<Outcome> outcomes, CancellationToken ct)
    {
        var refused = outcomes.FirstOrDefault(o => !o.Accepted && o.Code != Code.LinkedFailed) is { Code: not Code.Accepted } cause ? cause.Code.ToString() : null;
        return session.Run("update registry.carry_over set state = $2, book_code = $3 where id = $1 and state = 1", ct, row.Payload<Subject>().Id, (short)(refused is null ? CarryOverState.Done : CarryOverState.Refused), refused);
    }
}
