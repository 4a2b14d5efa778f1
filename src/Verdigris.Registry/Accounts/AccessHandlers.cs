using NodaTime;
using Verdigris.Book;
using Verdigris.Primitives;
using Verdigris.Primitives.Rules;
using Verdigris.Registry.Rules;
using Verdigris.Registry.Schemes;
using Verdigris.Storage;

namespace Verdigris.Registry.Accounts;

/// <summary>Commands of trust between accounts.</summary>
static class TrustRules
{
    /// <param name="fromMicros">From when on; microseconds since 1970.</param>
    public static Command Set(long account, long trusted, long fromMicros) => new() { Operation = Operation.SetTrust, Debit = account, Credit = trusted, Time = fromMicros };

    public static Command Remove(long account, long trusted) => new() { Operation = Operation.RemoveTrust, Debit = account, Credit = trusted };
}

/// <summary>Who may act on an account, and which accounts it trusts.</summary>
public sealed class AccessHandlers(SchemeSet schemes, Approvals approvals, BookCommands book, IHolderDirectory directory, RulePacks packs)
{
    public const string RepresentativeTask = "registry.representative", TrustTask = "registry.trusted-account";

    const int MostRepresentatives = 20;

    /// <summary>The holder's administrator names somebody; the authority's officer decides, once the papers the scheme asks of a representative are there. <c>representative.person</c>, <c>representative.already</c>, <c>holder.papers-missing</c>.</summary>
    public async Task<Answer<Representative>> Name(DbSession s, long account, Guid person, Right rights, CancellationToken ct)
    {
        if (Allow.Role(s.Actor, Role.Administrator) is { } no) return no;
        if (await AccountStore.Find(s, account, ct) is not { } known || known.OrganisationId != s.Actor.OrganisationId) return Refusal.NotFound("account.not-found");
        if (known.State is not (AccountState.Open or AccountState.Proposed or AccountState.Pending)) return Refusal.Conflict("account.state-forbids", "state", ("state", known.State.ToString()));
        var wrong = new List<Refusal>();
        if (!Enum.IsDefined(rights)) wrong.Add(Refusal.Of("representative.rights", "rights"));
        if ((await directory.Representatives(s, s.Actor.OrganisationId, ct)).All(p => p.Id != person)) wrong.Add(Refusal.Of("representative.person", "personId"));
        var holder = await HolderHandlers.OfOrganisation(s, known.Scheme, s.Actor.OrganisationId, ct);
        if (holder is null || HolderRules.MissingOf(schemes.Find(known.Scheme)!, await HolderHandlers.Documents(s, holder.Id, ct), person, s.Today()) is not { } missing) return Refusal.Conflict("holder.not-admitted", "scheme", ("scheme", known.Scheme));
        if (missing.Count > 0) wrong.Add(Refusal.Conflict("holder.papers-missing", "personId", ("missing", string.Join(", ", missing))));
        if (wrong.Count > 0) return wrong;
        return await s.InTransaction<Representative>(async t =>
        {
            await AccountStore.Locked(s, account, t);
            if (await AccountStore.RepresentativeOf(s, account, person, t) is not null) return Refusal.Conflict("representative.already", "personId");
            if ((await AccountStore.Representatives(s, account, t)).Count(r => r.State != RepresentativeState.Removed) >= MostRepresentatives) return Refusal.Conflict("representative.too-many", "personId", ("limit", $"{MostRepresentatives}"));
            var authority = await Administration.Needed(s, known.Scheme, t);
            if (!authority.Ok) return Answer<Representative>.From(authority.Refusals);
            var id = s.NewId();
            await s.Run("insert into registry.representative (id, account, person_id, rights, state, written_by, written_at) values ($1, $2, $3, $4, 0, $5, $6)", t, id, account, person, (short)rights, s.Actor.PersonId, s.Now);
            var task = await approvals.Ask(s, RepresentativeTask, id, authority.Value, Role.AuthorityOfficer, $"/registry/accounts/{account}", t, ("account", known.FullId), ("rights", rights));
            await s.Run("update registry.representative set task_id = $2 where id = $1", t, id, task);
            await s.Audit(new AuditEntry("registry-representative.named", "registry-account", known.FullId, Details: new { person, rights }), t);
            return (await AccountStore.FindRepresentative(s, id, t))!;
        }, ct);
    }

    /// <summary>Suspends, takes up again or removes: the holder's administrator or the authority's officer, saying why. Taking up again what the authority suspended is the authority's.</summary>
    public async Task<Answer<Representative>> Set(DbSession s, Guid id, RepresentativeState state, string? reason, CancellationToken ct)
    {
        if (await AccountStore.FindRepresentative(s, id, ct) is not { } known || await AccountStore.Find(s, known.Account, ct) is not { } account) return Refusal.NotFound("representative.not-found");
        var authority = await Administration.Acts(s, account.Scheme, ct) is null;
        if (!authority && (account.OrganisationId != s.Actor.OrganisationId || Allow.Role(s.Actor, Role.Administrator) is not null)) return Refusal.Forbidden("access.role-needed", null, ("role", Role.Administrator));
        var wrong = new List<Refusal>();
        var words = Given.Text(reason, "reason", Given.Longest, wrong);
        if (wrong.Count > 0) return wrong;
        if (RepresentativeRules.Towards(state) is not { } happens || (happens == RepresentativeEvent.Resume && !authority)) return Refusal.Conflict("representative.state-forbids", "state", ("state", known.State.ToString()));
        if (RepresentativeRules.Table.Next(known.State, happens) is { Ok: false } forbids) return Answer<Representative>.From(forbids.Refusals);
        return await s.InTransaction<Representative>(async t =>
        {
            await s.Run("update registry.representative set state = $2, reason = $3 where id = $1", t, id, (short)state, words);
            await s.Audit(new AuditEntry("registry-representative." + state.ToString().ToLowerInvariant(), "registry-account", account.FullId, words, Details: new { known.PersonId }), t);
            return (await AccountStore.FindRepresentative(s, id, t))!;
        }, ct);
    }

    public async Task<Answer<IReadOnlyList<Representative>>> Representatives(DbSession s, long account, CancellationToken ct) =>
        await AccountStore.Find(s, account, ct) is null ? Refusal.NotFound("account.not-found") : await AccountStore.Representatives(s, account, ct);

    public async Task<Answer<IReadOnlyList<TrustedAccount>>> TrustedList(DbSession s, long account, CancellationToken ct) =>
        await AccountStore.Find(s, account, ct) is null ? Refusal.NotFound("account.not-found") : await AccountStore.Trusted(s, account, ct);

    internal async Task<Answer<Done>> Confirm(DbSession s, Guid id, CancellationToken ct)
    {
        if (await AccountStore.FindRepresentative(s, id, ct) is not { State: RepresentativeState.Proposed } known || await AccountStore.Find(s, known.Account, ct) is not { } account) return Refusal.Conflict("representative.state-forbids", "state", ("state", ""));
        if (await Administration.Acts(s, account.Scheme, ct) is { } no) return no;
        await s.Run("update registry.representative set state = 1, decided_by = $2, decided_at = $3 where id = $1", ct, id, s.Actor.PersonId, s.Now);
        await s.Audit(new AuditEntry("registry-representative.active", "registry-account", account.FullId, Details: new { known.PersonId, known.Rights }), ct);
        return default(Done);
    }

    internal async Task<Answer<Done>> Decline(DbSession s, Guid id, string reason, CancellationToken ct)
    {
        await s.Run("update registry.representative set state = 3, reason = $2 where id = $1 and state = 0", ct, id, reason);
        await s.Audit(new AuditEntry("registry-representative.removed", "registry-account", id.ToString(), reason), ct);
        return default(Done);
    }

    /// <summary>A representative puts an account on the trusted list; another representative approves, and it counts only after the scheme's delay. <c>trust.account</c>, <c>trust.already</c>.</summary>
    public async Task<Answer<TrustedAccount>> Trust(DbSession s, long account, string? fullId, string? note, CancellationToken ct)
    {
        if (await Acting(s, account, r => r.Initiates(false), ct) is { Ok: false } no) return Answer<TrustedAccount>.From(no.Refusals);
        var known = (await AccountStore.Find(s, account, ct))!;
        var wrong = new List<Refusal>();
        var words = Given.Text(note, "note", 200, wrong, required: false);
        // The Book knows no trust of an account that is not open: it would stand here and mean nothing.
        if (known.State != AccountState.Open) wrong.Add(Refusal.Conflict("account.state-forbids", "state", ("state", known.State.ToString())));
        var other = await AccountStore.Reached(s, fullId, ct);
        if (other is not { State: AccountState.Open } || other.Scheme != known.Scheme || other.Account == account || schemes.Find(known.Scheme)!.Account(other.Kind) is not { Role: AccountRole.Holder or AccountRole.Link }) wrong.Add(Refusal.Of("trust.account", "fullId", ("given", fullId ?? "")));
        if (schemes.Find(known.Scheme)!.Account(known.Kind) is not { NeedsTrustedList: true }) wrong.Add(Refusal.Conflict("trust.no-list", "account", ("kind", known.Kind)));
        if (wrong.Count > 0) return wrong;
        try
        {
            return await s.InTransaction<TrustedAccount>(async t =>
            {
                var id = s.NewId();
                await s.Run("insert into registry.trusted_account (id, account, trusted, note, state, written_by, written_at) values ($1, $2, $3, $4, 0, $5, $6)", t, id, account, other!.Account, words, s.Actor.PersonId, s.Now);
                var task = await approvals.Ask(s, TrustTask, id, s.Actor.OrganisationId, Role.AccountRepresentative, $"/registry/accounts/{account}", t, ("account", known.FullId), ("trusted", other.FullId));
                await s.Run("update registry.trusted_account set task_id = $2 where id = $1", t, id, task);
                await s.Audit(new AuditEntry("registry-trust.proposed", "registry-account", known.FullId, Details: new { trusted = other.FullId }), t);
                return (await AccountStore.FindTrusted(s, id, t))!;
            }, ct);
        }
        catch (Npgsql.PostgresException e) when (e.ConstraintName == "trusted_once") { return Refusal.Conflict("trust.already", "fullId", ("given", other!.FullId)); }
    }

    /// <summary>Takes an account off the list, at once and by one person: less trust is never late.</summary>
    public async Task<Answer<Done>> Distrust(DbSession s, Guid id, CancellationToken ct)
    {
        if (await AccountStore.FindTrusted(s, id, ct) is not { } listed) return Refusal.NotFound("trust.not-found");
        if (await Acting(s, listed.Account, r => r.Initiates(false) || r.Approves(false), ct) is { Ok: false } no) return Answer<Done>.From(no.Refusals);
        return await s.InTransaction<Done>(async t =>
        {
            await AccountStore.Locked(s, listed.Account, t);
            var known = (await AccountStore.FindTrusted(s, id, t))!;
            if (TrustedRules.Table.Next(known.State, TrustEvent.Remove) is { Ok: false } state) return Answer<Done>.From(state.Refusals);
            await s.Run("update registry.trusted_account set state = 2, removed_by = $2, removed_at = $3 where id = $1", t, id, s.Actor.PersonId, s.Now);
            await s.Audit(new AuditEntry("registry-trust.removed", "registry-account", (await AccountStore.Find(s, known.Account, t))!.FullId, Details: new { trusted = known.TrustedId }), t);
            await book.Send(s, PlainCommand.Name, id, new Subject(id), [TrustRules.Remove(known.Account, known.Trusted)], t);
            return default(Done);
        }, ct);
    }

    internal async Task<Answer<Done>> ConfirmTrust(DbSession s, Guid id, CancellationToken ct)
    {
        if (await AccountStore.FindTrusted(s, id, ct) is not { } known) return Refusal.NotFound("trust.not-found");
        if (TrustedRules.Table.Next(known.State, TrustEvent.Approve) is { Ok: false } state) return Answer<Done>.From(state.Refusals);
        if (await Acting(s, known.Account, r => r.Approves(false), ct) is { Ok: false } no) return Answer<Done>.From(no.Refusals);
        var account = (await AccountStore.Locked(s, known.Account, ct))!;
        // Either account may have closed since.
        if (account.State != AccountState.Open) return Refusal.Conflict("account.state-forbids", "state", ("state", account.State.ToString()));
        if (await AccountStore.Reached(s, known.TrustedId, ct) is not { State: AccountState.Open }) return Refusal.Of("trust.account", "fullId", ("given", known.TrustedId));
        var from = TrustedFrom(schemes.Find(account.Scheme)!, account.Kind, s.Now);
        if (!from.Ok) return Answer<Done>.From(from.Refusals);
        await s.Run("update registry.trusted_account set state = 1, effective_at = $2, decided_by = $3, decided_at = $4 where id = $1", ct, id, from.Value, s.Actor.PersonId, s.Now);
        await s.Audit(new AuditEntry("registry-trust.approved", "registry-account", account.FullId, Details: new { trusted = known.TrustedId, effectiveAt = from.Value }), ct);
        await book.Send(s, PlainCommand.Name, id, new Subject(id), [TrustRules.Set(known.Account, known.Trusted, from.Value.ToUnixTimeTicks() / 10)], ct);
        return default(Done);
    }

    internal async Task<Answer<Done>> DeclineTrust(DbSession s, Guid id, string reason, CancellationToken ct)
    {
        if (await AccountStore.FindTrusted(s, id, ct) is not { } known) return Refusal.NotFound("trust.not-found");
        if (TrustedRules.Table.Next(known.State, TrustEvent.Decline) is { Ok: false } state) return Answer<Done>.From(state.Refusals);
        await s.Run("update registry.trusted_account set state = 3, reason = $2 where id = $1", ct, id, reason);
        await s.Audit(new AuditEntry("registry-trust.refused", "registry-account", id.ToString(), reason), ct);
        return default(Done);
    }

    /// <summary>When an account approved now is trusted.</summary>
    Answer<Instant> TrustedFrom(Scheme scheme, string kind, Instant now)
    {
        if (scheme.TrustedDelay(kind) is not { } rule) return now;
        var times = TransferDelay.Of(rule, WorkingCalendars.Read(packs, rule.Calendar), now);
        return times.Ok ? times.Value.Executes : Answer<Instant>.From(times.Refusals);
    }

    /// <summary>The actor's own standing on an account of his organisation; <c>account.not-found</c>, <c>representative.none</c>, <c>representative.right</c>.</summary>
    internal static async Task<Answer<Representative>> Acting(DbSession s, long account, Func<Representative, bool> may, CancellationToken ct)
    {
        if (Allow.Role(s.Actor, Role.AccountRepresentative) is { } no) return no;
        if (await AccountStore.Find(s, account, ct) is not { } known || known.OrganisationId != s.Actor.OrganisationId) return Refusal.NotFound("account.not-found");
        if (await AccountStore.RepresentativeOf(s, account, s.Actor.PersonId, ct) is not { State: RepresentativeState.Active } standing) return Refusal.Forbidden("representative.none", null, ("account", known.FullId));
        return may(standing) ? standing : Refusal.Forbidden("representative.right", null, ("rights", standing.Rights.ToString()));
    }
}

/// <summary>Commands whose answer changes no document: the document said already what is wanted.</summary>
sealed class PlainCommand : IBookCommandKind
{
    public const string Name = "registry.plain";

    public string Kind => Name;

    public Task Finish(DbSession session, BookCommandRow row, IReadOnlyList<Outcome> outcomes, CancellationToken ct) => Task.CompletedTask;
}
