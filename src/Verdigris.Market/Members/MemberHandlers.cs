using Npgsql;
using Verdigris.Book;
using Verdigris.Market.Auctions;
using Verdigris.Market.Trading;
using Verdigris.Primitives;
using Verdigris.Primitives.Rules;
using Verdigris.Storage;

namespace Verdigris.Market.Members;

/// <summary>Admission to the market: an organisation asks and brings papers, one person of the exchange looks at them and proposes, another decides. Nobody trades before.</summary>
public sealed class MemberHandlers(RulePacks packs, Approvals approvals, EvidenceStore evidence, DeskAccess access, IServiceProvider services)
{
    public const string Task = "market.member";

    const string Columns = "id, organisation_id, state, clearing, reason, task_id, applied_at, decided_at";

    /// <summary>Asks to be admitted, or asks again after a refusal; <c>member.already</c>.</summary>
    public async Task<Answer<MemberView>> Apply(DbSession s, bool clearing, CancellationToken ct)
    {
        if (MemberRules.Writes(s.Actor) is { } no) return no;
        if (MemberRules.Runs(s.Actor) is null) return Refusal.Conflict("member.exchange", "organisation");
        var applied = await s.InTransaction<Guid>(async t =>
        {
            var before = await OfOrganisation(s, s.Actor.OrganisationId, t);
            if (before is { State: not (MemberState.Refused or MemberState.Ended) }) return Refusal.Conflict("member.already", "organisation", ("state", before.State.ToString()));
            var id = before?.Id ?? s.NewId();
            await s.Run("""
                insert into market.member (id, organisation_id, state, clearing, applied_by, applied_at) values ($1, $2, 0, $3, $4, $5)
                on conflict (organisation_id) do update set state = 0, clearing = $3, applied_by = $4, applied_at = $5, decided_by = null, decided_at = null, reason = null, task_id = null, row_version = market.member.row_version + 1
                """, t, id, s.Actor.OrganisationId, clearing, s.Actor.PersonId, s.Now);
            await s.Audit(new AuditEntry("market-member.applied", "market-member", id.ToString(), Details: new { clearing }), t);
            return id;
        }, ct);
        return applied.Ok ? await Read(s, applied.Value, ct) : Answer<MemberView>.From(applied.Refusals);
    }

    public async Task<Answer<MemberView>> Read(DbSession s, Guid id, CancellationToken ct)
    {
        if (await Find(s, id, ct) is not { } member) return Refusal.NotFound("member.not-found");
        var documents = await Documents(s, id, ct);
        return new MemberView(member, documents, MemberRules.Missing(MemberRules.Papers(packs), member.Clearing, documents));
    }

    /// <summary>All members for the exchange, the own one for everybody else; newest first.</summary>
    public Task<List<Member>> List(DbSession s, MemberState? state, CancellationToken ct) =>
        s.All($"select {Columns} from market.member where ($1::smallint is null or state = $1) order by applied_at desc, id limit 500", Map, ct, state is { } one ? (short)one : null);

    /// <summary><c>member.document-kind</c>.</summary>
    public async Task<Answer<MemberDocument>> AddDocument(DbSession s, Guid id, string document, string? fileName, Stream content, CancellationToken ct)
    {
        if (MemberRules.Writes(s.Actor) is { } no) return no;
        if (await Find(s, id, ct) is not { } member || member.OrganisationId != s.Actor.OrganisationId) return Refusal.NotFound("member.not-found");
        var papers = MemberRules.Papers(packs);
        if (!papers.Any(p => p.Document == document)) return Refusal.Of("member.document-kind", "document", ("given", document), ("known", string.Join(", ", papers.Select(p => p.Document))));
        var kept = await evidence.Keep(fileName, content, ct);
        if (!kept.Ok) return Answer<MemberDocument>.From(kept.Refusals);
        var made = new MemberDocument(s.NewId(), document, kept.Value.Name, kept.Value.MediaType, kept.Value.Sha256, kept.Value.SizeBytes, s.Now);
        return await s.InTransaction<MemberDocument>(async t =>
        {
            await s.Run("insert into market.member_document (id, member_id, document, file_name, media_type, sha256, size_bytes, added_by, added_at) values ($1, $2, $3, $4, $5, $6, $7, $8, $9)", t,
                made.Id, id, document, made.FileName, made.MediaType, made.Sha256, made.SizeBytes, s.Actor.PersonId, s.Now);
            await s.Audit(new AuditEntry("market-member.document", "market-member", id.ToString(), Details: new { document }, EvidenceSha256: made.Sha256), t);
            return made;
        }, ct);
    }

    /// <summary>A paper with its content; the caller disposes the stream.</summary>
    public async Task<Answer<(MemberDocument File, Stream Content)>> Open(DbSession s, Guid id, Guid document, CancellationToken ct)
    {
        if ((await Documents(s, id, ct)).FirstOrDefault(d => d.Id == document) is not { } known) return Refusal.NotFound("member.not-found");
        var content = evidence.Content(known.Sha256, known.FileName);
        return content.Ok ? (known, content.Value) : Answer<(MemberDocument, Stream)>.From(content.Refusals);
    }

    /// <summary>Somebody of the exchange has looked at the papers and proposes the admission; another decides in the inbox. <c>member.papers-missing</c>, <c>member.state-forbids</c>.</summary>
    public async Task<Answer<MemberView>> Propose(DbSession s, Guid id, CancellationToken ct)
    {
        if (MemberRules.Runs(s.Actor) is { } no) return no;
        var proposed = await s.InTransaction<Done>(async t =>
        {
            if (await Locked(s, id, t) is not { } member) return Refusal.NotFound("member.not-found");
            if (member.State is not (MemberState.Applied or MemberState.Suspended)) return StateForbids(member);
            if (member.TaskId is not null) return Refusal.Conflict("member.waits", "state");
            if (MemberRules.Missing(MemberRules.Papers(packs), member.Clearing, await Documents(s, id, t)) is { Count: > 0 } missing) return Refusal.Conflict("member.papers-missing", "documents", ("missing", string.Join(", ", missing)));
            var task = await approvals.Ask(s, Task, id, s.Actor.OrganisationId, Role.ExchangeStaff, $"/market/members/{id}", t, ("clearing", member.Clearing ? "+" : "-"));
            await s.Run("update market.member set task_id = $2, row_version = row_version + 1 where id = $1", t, id, task);
            await s.Audit(new AuditEntry("market-member.proposed", "market-member", id.ToString()), t);
            return default(Done);
        }, ct);
        return proposed.Ok ? await Read(s, id, ct) : Answer<MemberView>.From(proposed.Refusals);
    }

    /// <summary>The exchange turns an application down, or suspends or ends a membership, saying why. Suspended, its live orders end at once and its sealed bids in auctions that take bids are withdrawn. A membership ends only once no trading account is open; <c>member.accounts-open</c>.</summary>
    public async Task<Answer<MemberView>> Set(DbSession s, Guid id, MemberState state, string? reason, CancellationToken ct)
    {
        if (MemberRules.Runs(s.Actor) is { } no) return no;
        var wrong = new List<Refusal>();
        var words = Given.Text(reason, "reason", Given.Longest, wrong);
        if (wrong.Count > 0) return wrong;
        var set = await s.InTransaction<Guid>(async t =>
        {
            if (await Locked(s, id, t) is not { } member) return Refusal.NotFound("member.not-found");
            if ((member.State, state) is not ((MemberState.Applied, MemberState.Refused) or (MemberState.Active, MemberState.Suspended) or (MemberState.Active or MemberState.Suspended, MemberState.Ended))) return StateForbids(member);
            if (state == MemberState.Ended && await s.Value<bool>("select exists (select from market.trading_account where member_id = $1 and state <> 3)", t, id)) return Refusal.Conflict("member.accounts-open", "state");
            if (member.TaskId is { } task) await approvals.End(s, task, words!, t);
            await s.Run("update market.member set state = $2, reason = $3, task_id = null, decided_by = case when $2 = 2 then $4::uuid else decided_by end, decided_at = $5, row_version = row_version + 1 where id = $1", t, id, (short)state, words, s.Actor.PersonId, s.Now);
            await s.Audit(new AuditEntry("market-member." + (state switch { MemberState.Refused => "refused", MemberState.Suspended => "suspended", _ => "ended" }), "market-member", id.ToString(), words), t);
            await Tell(s, member, "market.notice.member." + state.ToString().ToLowerInvariant(), t);
            if (state is MemberState.Suspended or MemberState.Ended) await BidsOfOutsiders.Withdraw(s, member.OrganisationId, null, t);
            return member.OrganisationId;
        }, ct);
        if (set.Ok)
        {
            access.Forget(set.Value);
            // Whoever asked may hang up: it is done to its end, and what a fault cuts off the clock takes up.
            if (state == MemberState.Suspended) await EndOrders(s, set.Value, CancellationToken.None);
        }
        return set.Ok ? await Read(s, id, ct) : Answer<MemberView>.From(set.Refusals);
    }

    /// <summary>Ends every live order of an organisation, where this server has a floor.</summary>
    async Task EndOrders(DbSession s, Guid organisation, CancellationToken ct)
    {
        if (services.GetService(typeof(IFloor)) is not IFloor floor) return;
        foreach (var trader in await s.Lent(t => s.All("select trader from market.floor_trader where organisation_id = $1 order by trader", r => r.GetInt64(0), t, organisation), ct))
            await floor.Send(FloorCommands.MassCancel(BookId.From(s.NewId()), trader, actor: BookId.From(s.Actor.PersonId)));
    }

    internal async Task<Answer<Done>> Admit(DbSession s, Guid id, CancellationToken ct)
    {
        if (await Locked(s, id, ct) is not { } member) return Refusal.NotFound("member.not-found");
        if (member.State is not (MemberState.Applied or MemberState.Suspended)) return StateForbids(member);
        await s.Run("update market.member set state = 1, task_id = null, reason = null, decided_by = $2, decided_at = $3, row_version = row_version + 1 where id = $1", ct, id, s.Actor.PersonId, s.Now);
        await s.Audit(new AuditEntry("market-member.admitted", "market-member", id.ToString()), ct);
        await Tell(s, member, "market.notice.member.active", ct);
        return default(Done);
    }

    internal static async Task<Answer<Done>> TurnDown(DbSession s, Guid id, string reason, CancellationToken ct)
    {
        await s.Run("update market.member set state = case when state = 0 then 2 else state end, reason = $2, task_id = null, decided_by = $3, decided_at = $4, row_version = row_version + 1 where id = $1", ct, id, reason, s.Actor.PersonId, s.Now);
        await s.Audit(new AuditEntry("market-member.refused", "market-member", id.ToString(), reason), ct);
        if (await Find(s, id, ct) is { } member) await Tell(s, member, "market.notice.member.refused", ct);
        return default(Done);
    }

    /// <summary>The membership of the organisation, asked as the system where another asks.</summary>
    internal static Task<Member?> OfOrganisation(DbSession s, Guid organisation, CancellationToken ct) => s.Lent(t => s.One($"select {Columns} from market.member where organisation_id = $1", Map, t, organisation), ct);

    static Refusal StateForbids(Member member) => Refusal.Conflict("member.state-forbids", "state", ("state", member.State.ToString()));

    static Task Tell(DbSession s, Member member, string text, CancellationToken ct) => s.Notify(new Notice(MarketNotices.Member, new NoticeTo(Organisation: member.OrganisationId, Roles: [Role.Administrator, Role.MarketSupervisor]), text,
        new Dictionary<string, string>(), $"/market/members/{member.Id}", "market-member", member.Id.ToString()), ct);

    static Task<List<MemberDocument>> Documents(DbSession s, Guid member, CancellationToken ct) => s.All("select id, document, file_name, media_type, sha256, size_bytes, added_at from market.member_document where member_id = $1 order by id",
        r => new MemberDocument(r.GetGuid(0), r.GetString(1), r.GetString(2), r.GetString(3), r.GetString(4), r.GetInt64(5), r.Time(6)), ct, member);

    static Task<Member?> Find(DbSession s, Guid id, CancellationToken ct) => s.One($"select {Columns} from market.member where id = $1", Map, ct, id);

    static Task<Member?> Locked(DbSession s, Guid id, CancellationToken ct) => s.One($"select {Columns} from market.member where id = $1 for update", Map, ct, id);

    static Member Map(NpgsqlDataReader r) => new(r.GetGuid(0), r.GetGuid(1), (MemberState)r.GetInt16(2), r.GetBoolean(3), r.Text(4), r.MaybeGuid(5), r.Time(6), r.MaybeTime(7));
}
