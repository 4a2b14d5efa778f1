using NodaTime;
using Npgsql;
using Verdigris.Primitives;
using Verdigris.Registry.Schemes;
using Verdigris.Storage;

namespace Verdigris.Registry.Accounts;

/// <summary>
/// Admission to a scheme: an organisation asks and brings papers, an officer of the authority looks at them and proposes, an approver decides. Nobody has an account before.
/// </summary>
public sealed class HolderHandlers(SchemeSet schemes, Approvals approvals, EvidenceStore evidence)
{
    public const string Task = "registry.holder";

    /// <summary>Papers are looked at again after so many years at the latest.</summary>
    const int LongestReviewYears = 3;

    const string Columns = "id, scheme, organisation_id, state, review_on, reason, task_id, applied_at, decided_at";
    const string DocumentColumns = "id, document, person_id, file_name, media_type, sha256, size_bytes, valid_until, added_at";

    /// <summary>Asks to be admitted, or asks again after a refusal; <c>scheme.unknown</c>, <c>holder.already</c>.</summary>
    public async Task<Answer<HolderView>> Apply(DbSession s, string scheme, CancellationToken ct)
    {
        if (HolderRules.Writes(s.Actor) is { } no) return no;
        if (schemes.Find(scheme) is not { } of) return Refusal.NotFound("scheme.unknown", "scheme", ("given", scheme));
        if (of.Standing == "historic") return Refusal.Conflict("scheme.historic", "scheme", ("scheme", of.Code));
        var applied = await s.InTransaction<Guid>(async t =>
        {
            var before = await OfOrganisation(s, scheme, s.Actor.OrganisationId, t);
            if (before is not null && !HolderRules.Table.Next(before.State, HolderEvent.Apply).Ok) return Refusal.Conflict("holder.already", "scheme", ("state", before.State.ToString()));
            var id = before?.Id ?? s.NewId();
            await s.Run("""
                insert into registry.holder (id, scheme, organisation_id, state, applied_by, applied_at) values ($1, $2, $3, 0, $4, $5)
                on conflict (scheme, organisation_id) do update set state = 0, applied_by = $4, applied_at = $5, decided_by = null, decided_at = null, reason = null, task_id = null, row_version = registry.holder.row_version + 1
                """, t, id, scheme, s.Actor.OrganisationId, s.Actor.PersonId, s.Now);
            await s.Audit(new AuditEntry("registry-holder.applied", "registry-holder", id.ToString(), Details: new { scheme }), t);
            if (await Administration.AdministratorOf(s, scheme, t) is { } authority)
                await s.Notify(new Notice(RegistryNotices.Applied, new NoticeTo(Organisation: authority, Roles: [Role.AuthorityOfficer]), "registry.notice.applied", new Dictionary<string, string> { ["scheme"] = of.NameEn }, $"/registry/holders/{id}", "registry-holder", id.ToString()), t);
            return id;
        }, ct);
        return applied.Ok ? await Read(s, applied.Value, ct) : Answer<HolderView>.From(applied.Refusals);
    }

    public async Task<Answer<HolderView>> Read(DbSession s, Guid id, CancellationToken ct)
    {
        if (await Find(s, id, ct) is not { } holder || schemes.Find(holder.Scheme) is not { } scheme) return Refusal.NotFound("holder.not-found");
        var documents = await Documents(s, id, ct);
        return new HolderView(holder, documents, HolderRules.Missing(scheme, documents, s.Today()));
    }

    /// <summary>The own admissions, or for an authority those of its schemes; by time of application, newest first.</summary>
    public Task<List<Holder>> List(DbSession s, HolderState? state, CancellationToken ct) =>
        s.All($"select {Columns} from registry.holder where ($1::smallint is null or state = $1) order by applied_at desc, id limit 500", Map, ct, state is { } one ? (short)one : null);

    /// <summary>A paper of the organisation or, with a person, of a representative; <c>holder.document-kind</c>.</summary>
    public async Task<Answer<HolderDocument>> AddDocument(DbSession s, Guid id, string document, Guid? person, LocalDate? validUntil, string? fileName, Stream content, CancellationToken ct)
    {
        if (HolderRules.Writes(s.Actor) is { } no) return no;
        if (await Find(s, id, ct) is not { } holder || holder.OrganisationId != s.Actor.OrganisationId || schemes.Find(holder.Scheme) is not { } scheme) return Refusal.NotFound("holder.not-found");
        if (!scheme.Documents.Any(d => d.Document == document && d.AppliesTo == (person is null ? "holder" : "representative")))
            return Refusal.Of("holder.document-kind", "document", ("given", document), ("known", string.Join(", ", scheme.Documents.Where(d => d.AppliesTo == (person is null ? "holder" : "representative")).Select(d => d.Document))));
        if (validUntil < s.Today()) return Refusal.Of("holder.document-over", "validUntil", ("today", $"{s.Today():uuuu-MM-dd}"));
        var kept = await evidence.Keep(fileName, content, ct);
        if (!kept.Ok) return Answer<HolderDocument>.From(kept.Refusals);
        var made = new HolderDocument(s.NewId(), document, person, kept.Value.Name, kept.Value.MediaType, kept.Value.Sha256, kept.Value.SizeBytes, validUntil, s.Now);
        return await s.InTransaction<HolderDocument>(async t =>
        {
            await s.Run("insert into registry.holder_document (id, holder_id, document, person_id, file_name, media_type, sha256, size_bytes, valid_until, added_by, added_at) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)", t,
                made.Id, id, document, person, made.FileName, made.MediaType, made.Sha256, made.SizeBytes, validUntil, s.Actor.PersonId, s.Now);
            await s.Audit(new AuditEntry("registry-holder.document", "registry-holder", id.ToString(), Details: new { document, person }, EvidenceSha256: made.Sha256), t);
            return made;
        }, ct);
    }

    /// <summary>A paper with its content; the caller disposes the stream.</summary>
    public async Task<Answer<(HolderDocument File, Stream Content)>> Open(DbSession s, Guid id, Guid document, CancellationToken ct)
    {
        if ((await Documents(s, id, ct)).FirstOrDefault(d => d.Id == document) is not { } known) return Refusal.NotFound("holder.not-found");
        var content = evidence.Content(known.Sha256, known.FileName);
        return content.Ok ? (known, content.Value) : Answer<(HolderDocument, Stream)>.From(content.Refusals);
    }

    /// <summary>An officer has looked at the papers and proposes the admission; an approver decides. <c>holder.papers-missing</c>, <c>holder.review</c>.</summary>
    public async Task<Answer<HolderView>> Propose(DbSession s, Guid id, LocalDate reviewOn, CancellationToken ct)
    {
        if (await Find(s, id, ct) is not { } holder || schemes.Find(holder.Scheme) is not { } scheme) return Refusal.NotFound("holder.not-found");
        if (await Administration.Acts(s, holder.Scheme, ct) is { } no) return no;
        if (HolderRules.Table.Next(holder.State, HolderEvent.Admit) is { Ok: false } state) return Answer<HolderView>.From(state.Refusals);
        if (HolderRules.Missing(scheme, await Documents(s, id, ct), s.Today()) is { Count: > 0 } missing) return Refusal.Conflict("holder.papers-missing", "documents", ("missing", string.Join(", ", missing)));
        if (reviewOn <= s.Today() || reviewOn > s.Today().PlusYears(LongestReviewYears)) return Refusal.Of("holder.review", "reviewOn", ("years", $"{LongestReviewYears}"));
        await s.InTransaction(async t =>
        {
            // Proposed again, with another day: the older proposal is none any more.
            if (holder.TaskId is { } older) await approvals.End(s, older, "proposed again", t);
            var task = await approvals.Ask(s, Task, id, s.Actor.OrganisationId, Role.AuthorityApprover, $"/registry/holders/{id}", t, ("scheme", scheme.NameEn), ("review", $"{reviewOn:uuuu-MM-dd}"));
            await s.Run("update registry.holder set task_id = $2, review_on = $3, row_version = row_version + 1 where id = $1", t, id, task, reviewOn);
            await s.Audit(new AuditEntry("registry-holder.proposed", "registry-holder", id.ToString(), Details: new { reviewOn }), t);
        }, ct);
        return await Read(s, id, ct);
    }

    /// <summary>An officer turns an application down, or suspends or ends an admission, saying why. An admission ends only once no account is open.</summary>
    public async Task<Answer<HolderView>> Set(DbSession s, Guid id, HolderState state, string? reason, CancellationToken ct)
    {
        if (await Find(s, id, ct) is not { } holder) return Refusal.NotFound("holder.not-found");
        if (await Administration.Acts(s, holder.Scheme, ct) is { } no) return no;
        var wrong = new List<Refusal>();
        var words = Given.Text(reason, "reason", Given.Longest, wrong);
        if (wrong.Count > 0) return wrong;
        if (HolderRules.Towards(state) is not { } happens) return Refusal.Conflict("holder.state-forbids", "state", ("state", holder.State.ToString()));
        if (HolderRules.Table.Next(holder.State, happens) is { Ok: false } forbids) return Answer<HolderView>.From(forbids.Refusals);
        if (state == HolderState.Ended && await s.Value<bool>("select exists (select from registry.account where organisation_id = $1 and scheme = $2 and state in (0, 1, 2, 3))", ct, holder.OrganisationId, holder.Scheme)) return Refusal.Conflict("holder.accounts-open", "state");
        await s.InTransaction(async t =>
        {
            // Whoever decides about a proposal of before would bring back what was ended here.
            if (holder.TaskId is { } open) await approvals.End(s, open, words!, t);
            await s.Run("update registry.holder set state = $2, reason = $3, task_id = null, row_version = row_version + 1 where id = $1", t, id, (short)state, words);
            await s.Audit(new AuditEntry("registry-holder." + state.ToString().ToLowerInvariant(), "registry-holder", id.ToString(), words), t);
            await Tell(s, holder, "registry.notice.holder." + state.ToString().ToLowerInvariant(), t);
        }, ct);
        return await Read(s, id, ct);
    }

    internal async Task<Answer<Done>> Admit(DbSession s, Guid id, CancellationToken ct)
    {
        if (await Find(s, id, ct) is not { } holder || schemes.Find(holder.Scheme) is not { } scheme) return Refusal.NotFound("holder.not-found");
        if (await Administration.Acts(s, holder.Scheme, ct, Role.AuthorityApprover) is { } no) return no;
        if (HolderRules.Table.Next(holder.State, HolderEvent.Admit) is { Ok: false } state) return Answer<Done>.From(state.Refusals);
        // Papers may have run out since they were looked at.
        if (HolderRules.Missing(scheme, await Documents(s, id, ct), s.Today()) is { Count: > 0 } missing) return Refusal.Conflict("holder.papers-missing", "documents", ("missing", string.Join(", ", missing)));
        await s.Run("update registry.holder set state = 1, reason = null, decided_by = $2, decided_at = $3, row_version = row_version + 1 where id = $1", ct, id, s.Actor.PersonId, s.Now);
        await s.Audit(new AuditEntry("registry-holder.admitted", "registry-holder", id.ToString()), ct);
        await Tell(s, holder, "registry.notice.holder.admitted", ct);
        return default(Done);
    }

    internal async Task<Answer<Done>> TurnDown(DbSession s, Guid id, string reason, CancellationToken ct)
    {
        await s.Run("update registry.holder set reason = $2, task_id = null, row_version = row_version + 1 where id = $1", ct, id, reason);
        await s.Audit(new AuditEntry("registry-holder.turned-down", "registry-holder", id.ToString(), reason), ct);
        return default(Done);
    }

    /// <summary>The admission of the organisation, asked as the system where another asks.</summary>
    internal static Task<Holder?> OfOrganisation(DbSession s, string scheme, Guid organisation, CancellationToken ct) => s.Lent(t => s.One($"select {Columns} from registry.holder where scheme = $1 and organisation_id = $2", Map, t, scheme, organisation), ct);

    internal static Task<List<HolderDocument>> Documents(DbSession s, Guid holder, CancellationToken ct) => s.All($"select {DocumentColumns} from registry.holder_document where holder_id = $1 order by id",
        r => new HolderDocument(r.GetGuid(0), r.GetString(1), r.MaybeGuid(2), r.GetString(3), r.GetString(4), r.GetString(5), r.GetInt64(6), r.MaybeDay(7), r.Time(8)), ct, holder);

    static Task Tell(DbSession s, Holder holder, string text, CancellationToken ct) => s.Notify(new Notice(RegistryNotices.Holder, new NoticeTo(Organisation: holder.OrganisationId, Roles: [Role.Administrator, Role.AccountRepresentative]), text,
        new Dictionary<string, string> { ["scheme"] = holder.Scheme }, $"/registry/holders/{holder.Id}", "registry-holder", holder.Id.ToString()), ct);

    static Task<Holder?> Find(DbSession s, Guid id, CancellationToken ct) => s.One($"select {Columns} from registry.holder where id = $1", Map, ct, id);

    static Holder Map(NpgsqlDataReader r) => new(r.GetGuid(0), r.GetString(1), r.GetGuid(2), (HolderState)r.GetInt16(3), r.MaybeDay(4), r.Text(5), r.MaybeGuid(6), r.Time(7), r.MaybeTime(8));
}
