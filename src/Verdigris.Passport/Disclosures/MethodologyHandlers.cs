using Npgsql;
using Verdigris.Passport.Access;
using Verdigris.Passport.Certificates;
using Verdigris.Passport.Emissions;
using Verdigris.Primitives;
using Verdigris.Storage;

namespace Verdigris.Passport.Disclosures;

/// <param name="State">Null: what everybody sees, approved and retired; the exchange and the applicant then see the rest as well.</param>
/// <param name="Sort">code, name, class, owner or state, with a leading minus for descending; null is code.</param>
public sealed record MethodologyFilter(string? Class = null, MethodologyState? State = null, string? Metal = null, string? Text = null, string? Sort = null, string? Cursor = null, int Limit = 50);

/// <param name="Decision">Approve, Decline or Retire.</param>
/// <param name="Reason">Needed to decline and to retire; shown in the catalogue.</param>
public sealed record MethodologyDecision(MethodologyEvent Decision, string? Reason = null);

/// <summary>Use cases of the catalogue of methodologies. Anybody of a producer applies; one member of the exchange's staff proposes what becomes of it, another decides.</summary>
public sealed class MethodologyHandlers(Taxonomy taxonomy, ContractTerms contracts, Approvals approvals)
{
    static readonly ListOrders<Methodology> Orders = new("methodologies", "code", ListKey<Methodology>.Id("added", "m.id", m => m.Id), ListKey<Methodology>.Text("code", "m.code", m => m.Code),
        ListKey<Methodology>.Text("name", "m.name", m => m.Name), ListKey<Methodology>.Text("class", "m.class", m => m.Class), ListKey<Methodology>.Text("owner", "m.owner", m => m.Owner),
        ListKey<Methodology>.Number("state", "m.state", m => (short)m.State));

    /// <summary>Symbols of the metals a methodology may be made for.</summary>
    public IReadOnlyList<string> Metals { get; } = [.. contracts.All.Select(c => c.Metal).Distinct().Order(StringComparer.Ordinal)];

    public async Task<Answer<Methodology>> Apply(DbSession s, MethodologyApplication request, CancellationToken ct)
    {
        if (Allow.AnyRole(s.Actor, Role.ProducerEditor, Role.ProducerApprover) is { } no) return no;
        var wrong = MethodologyRules.Check(request, [.. taxonomy.Classes.Select(c => c.Code)], Metals);
        if (wrong.Count > 0) return wrong;
        var id = s.NewId();
        try
        {
            return await s.InTransaction<Methodology>(async t =>
            {
                await s.Run("""
                    insert into passport.methodology (id, code, version, name, name_zh, owner, class, value_kind, unit, comparable, better, boundaries, metals, description, link, state, applied_by, applied_organisation, applied_at, row_version)
                    values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, 0, $16, $17, $18, 1)
                    """, t, id, request.Code, request.Version, request.Name, request.NameZh, request.Owner, request.Class, DisclosureWords.Of(request.ValueKind), request.Unit, request.Comparable, request.Better is { } b ? DisclosureWords.Of(b) : null,
                    (request.Boundaries ?? []).ToArray(), (request.Metals ?? []).ToArray(), request.Description, request.Link, s.Actor.PersonId, s.Actor.OrganisationId, s.Now);
                await s.Audit(new AuditEntry("methodology.applied", "methodology", id.ToString(), Details: new { request.Code, request.Version, request.Class }), t);
                return (await Find(s, id, t))!;
            }, ct);
        }
        catch (PostgresException e) when (e.SqlState == PostgresErrorCodes.UniqueViolation)
        {
            return Refusal.Conflict("methodology.version-taken", "version", ("code", request.Code), ("given", request.Version));
        }
    }

    /// <summary>A member of staff takes an application up: from then on the applicant sees that it is looked at.</summary>
    public Task<Answer<Methodology>> TakeUp(DbSession s, Guid id, CancellationToken ct) => Change(s, id, async (known, t) =>
    {
        var next = MethodologyRules.Table.Next(known.State, MethodologyEvent.TakeUp);
        if (!next.Ok) return next.Refusals;
        await s.Run("update passport.methodology set state = $2, row_version = row_version + 1 where id = $1", t, id, (short)next.Value);
        await s.Audit(new AuditEntry("methodology.taken-up", "methodology", id.ToString()), t);
        return [];
    }, ct);

    /// <summary>A member of staff proposes to approve, decline or retire; another decides in the inbox. One proposal is open at a time.</summary>
    public async Task<Answer<ApprovalTask>> Propose(DbSession s, Guid id, MethodologyDecision decision, CancellationToken ct)
    {
        if (Allow.Role(s.Actor, Role.ExchangeStaff) is { } no) return no;
        return await s.InTransaction<ApprovalTask>(async t =>
        {
            if (await Locked(s, id, t) is not { } known) return EmissionsAccess.NotVisible("methodology");
            var next = MethodologyRules.Table.Next(known.State, decision.Decision);
            if (!next.Ok) return Answer<ApprovalTask>.From(next.Refusals);
            if (decision.Decision == MethodologyEvent.TakeUp) return Refusal.Of("request.word-unknown", "decision", ("given", decision.Decision.ToString()));
            var wrong = new List<Refusal>();
            DisclosureText.Check(string.IsNullOrWhiteSpace(decision.Reason) ? null : decision.Reason, "reason", 2000, wrong, required: decision.Decision != MethodologyEvent.Approve);
            if (wrong.Count > 0) return wrong;
            if (decision.Decision == MethodologyEvent.Approve && await Taken(s, known, t) is { } taken) return taken;
            if ((await approvals.Inbox(s, new TaskFilter(TaskView.All, ApprovalState.Open, DecideMethodologyKind.Name, id.ToString(), Limit: 1), t)).Items.Count > 0) return Refusal.Conflict("methodology.decision-open", "decision");
            return await approvals.Propose(s, new ApprovalRequest(DecideMethodologyKind.Name, id.ToString(), s.Actor.OrganisationId, Role.ExchangeStaff, new MethodologySubject(id, decision.Decision, decision.Reason?.Trim()), "passport.task.methodology." + DisclosureWords.Of(decision.Decision),
                new Dictionary<string, string> { ["name"] = known.Name, ["nameZh"] = known.NameZh ?? "", ["version"] = known.Version }, $"/methodologies/{id}"), t);
        }, ct);
    }

    /// <summary>An entry, for whoever may see it: everybody once it was approved, before that its applicant and the exchange.</summary>
    public async Task<Answer<Methodology>> Read(DbSession s, Guid id, CancellationToken ct) =>
        await Find(s, id, ct) is { } known && MaySee(s.Actor, known) ? known : EmissionsAccess.NotVisible("methodology");

    public async Task<Answer<Page<Methodology>>> List(DbSession s, MethodologyFilter filter, CancellationToken ct)
    {
        if (PageSize.Wrong(filter.Limit) is { } tooMany) return tooMany;
        var order = Orders.Read(filter.Sort, filter.Cursor);
        if (!order.Ok) return Answer<Page<Methodology>>.From(order.Refusals);
        var query = new Where();
        if (!s.Actor.Is(Role.ExchangeStaff) && !s.Actor.Is(Role.System))
            query.And(s.Actor.SignedIn ? $"(m.state in (2, 4) or m.applied_organisation = {query.Next(s.Actor.OrganisationId)})" : "m.state in (2, 4)");
        if (filter.Class is { } c) query.And("m.class = ", c);
        if (filter.State is { } state) query.And("m.state = ", (short)state);
        if (filter.Metal is { } metal) query.And($"(cardinality(m.metals) = 0 or {query.Next(metal)} = any(m.metals))");
        if (filter.Text is { Length: > 0 } text) query.And($"position(lower({query.Next(text)}) in lower(concat_ws(' ', m.code, m.name, m.name_zh, m.owner))) > 0");
        query.And(order.Value.Condition(query.Next));
        var rows = await s.All($"select {Columns} from passport.methodology m {query} order by {order.Value.By} limit {filter.Limit + 1}", r => Map(r, 0), ct, query.Args);
        var next = order.Value.Cut(rows, filter.Limit);
        return new Page<Methodology>([.. rows.Where(m => MaySee(s.Actor, m))], next);
    }

    static bool MaySee(Actor actor, Methodology m) =>
        m.State is MethodologyState.Approved or MethodologyState.Retired || actor.Is(Role.System) || (actor.SignedIn && (actor.Is(Role.ExchangeStaff) || actor.OrganisationId == m.AppliedOrganisation));

    /// <summary>Another methodology is the one of a metal; null where none is.</summary>
    internal static async Task<Refusal?> Taken(DbSession s, Methodology m, CancellationToken ct)
    {
        if (!m.OneAMetal) return null;
        var other = await s.All("select metal, code from passport.emissions_methodology where metal = any($1) and code <> $2 order by metal", r => (Metal: r.GetString(0), Code: r.GetString(1)), ct, m.Metals.ToArray(), m.Code);
        return other.Count == 0 ? null : Refusal.Conflict("methodology.metal-taken", "metals", ("metal", other[0].Metal), ("other", other[0].Code));
    }

    internal static Task<Methodology?> Find(DbSession s, Guid id, CancellationToken ct) => s.One($"select {Columns} from passport.methodology m where m.id = $1", r => Map(r, 0), ct, id);

    internal static Task<Methodology?> Locked(DbSession s, Guid id, CancellationToken ct) => s.One($"select {Columns} from passport.methodology m where m.id = $1 for update", r => Map(r, 0), ct, id);

    static async Task<Answer<Methodology>> Change(DbSession s, Guid id, Func<Methodology, CancellationToken, Task<IReadOnlyList<Refusal>>> change, CancellationToken ct)
    {
        if (Allow.Role(s.Actor, Role.ExchangeStaff) is { } no) return no;
        return await s.InTransaction<Methodology>(async t =>
        {
            if (await Locked(s, id, t) is not { } known) return EmissionsAccess.NotVisible("methodology");
            var wrong = await change(known, t);
            return wrong.Count > 0 ? Answer<Methodology>.From(wrong) : (await Find(s, id, t))!;
        }, ct);
    }

    internal const string Columns = """
        m.id, m.code, m.version, m.name, m.name_zh, m.owner, m.class, m.value_kind, m.unit, m.comparable, m.better, m.boundaries, m.metals, m.description, m.link, m.state, m.reason,
          m.applied_organisation, m.applied_at, m.decided_at, m.row_version
        """;

    internal const int ColumnCount = 21;

    internal static Methodology Map(NpgsqlDataReader r, int i) => new(r.GetGuid(i), r.GetString(i + 1), r.GetString(i + 2), r.GetString(i + 3), r.Text(i + 4), r.GetString(i + 5), r.GetString(i + 6), DisclosureWords.Read<ValueKind>(r.GetString(i + 7)),
        r.Text(i + 8), r.GetBoolean(i + 9), r.Text(i + 10) is { } better ? DisclosureWords.Read<Better>(better) : null, r.Texts(i + 11), r.Texts(i + 12), r.GetString(i + 13), r.Text(i + 14), (MethodologyState)r.GetInt16(i + 15), r.Text(i + 16),
        r.GetGuid(i + 17), r.Time(i + 18), r.MaybeTime(i + 19), r.GetInt32(i + 20));
}

sealed record MethodologySubject(Guid MethodologyId, MethodologyEvent Decision, string? Reason);

/// <summary>The second member of staff carries a decision on a methodology through. Rejected, the entry stays where it was and another decision can be proposed.</summary>
sealed class DecideMethodologyKind : IApprovalKind
{
    public const string Name = "passport.methodology.decide";
    public string Kind => Name;

    public async Task<Answer<Done>> Approve(DbSession session, ApprovalTask task, CancellationToken ct)
    {
        var subject = task.Payload<MethodologySubject>();
        if (await MethodologyHandlers.Locked(session, subject.MethodologyId, ct) is not { } known) return EmissionsAccess.NotVisible("methodology");
        var next = MethodologyRules.Table.Next(known.State, subject.Decision);
        if (!next.Ok) return Answer<Done>.From(next.Refusals);
        if (subject.Decision == MethodologyEvent.Approve && known.OneAMetal)
        {
            // The key of the table decides between two that are approved at the same moment.
            foreach (var metal in known.Metals) await session.Run("insert into passport.emissions_methodology (metal, code) values ($1, $2) on conflict (metal) do nothing", ct, metal, known.Code);
            if (await MethodologyHandlers.Taken(session, known, ct) is { } taken) return taken;
        }
        await session.Run("update passport.methodology set state = $2, reason = $3, decided_by = $4, decided_at = $5, row_version = row_version + 1 where id = $1", ct,
            known.Id, (short)next.Value, subject.Reason, session.Actor.PersonId, session.Now);
        if (subject.Decision == MethodologyEvent.Retire && known.OneAMetal)
            // A metal is free again once no version of its methodology is approved for it.
            await session.Run("""
                delete from passport.emissions_methodology e where e.code = $1
                  and not exists (select from passport.methodology m where m.code = $1 and m.state = 2 and m.comparable and m.class = 'CLI' and e.metal = any(m.metals))
                """, ct, known.Code);
        await session.Audit(new AuditEntry("methodology." + DisclosureWords.Of(next.Value), "methodology", known.Id.ToString(), subject.Reason), ct);
        return default(Done);
    }

    public Task<Answer<Done>> Reject(DbSession session, ApprovalTask task, string reason, CancellationToken ct) => Task.FromResult<Answer<Done>>(default(Done));
}

/// <summary>Enumerations as the tables and addresses write them: lower case.</summary>
static class DisclosureWords
{
    public static string Of<T>(T value) where T : struct, Enum => value.ToString().ToLowerInvariant();
    public static T Read<T>(string word) where T : struct, Enum => Enum.Parse<T>(word, ignoreCase: true);

    /// <summary>A word of an address, or null where it is none of them.</summary>
    public static T? Maybe<T>(string? word) where T : struct, Enum => Enum.TryParse<T>(word, ignoreCase: true, out var value) && Enum.IsDefined(value) ? value : null;
}
