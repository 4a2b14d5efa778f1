using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using NodaTime;
using Npgsql;
using Verdigris.Cbam.Certificates;
using Verdigris.Cbam.Declarants;
using Verdigris.Cbam.Imports;
using Verdigris.Primitives;
using Verdigris.Primitives.Rules;
using Verdigris.Storage;

namespace Verdigris.Cbam.Declarations;

/// <summary>The yearly declaration: drafted from the lines, proposed by one person, approved by another, then frozen. A correction is the next version and takes the place of the one before when it is approved.</summary>
public sealed class DeclarationHandlers(Approvals approvals, DeclarationDrafting drafting, EvidenceStore evidence, RulePacks packs)
{
    internal const string Columns = "id, year, version, corrects, reason, state, content_sha256, certificates_due, task_id, written_by, written_at, approved_by, submitted_at, discarded_at, discarded_reason";
    const string FileColumns = "id, declaration_id, file_name, media_type, size_bytes, sha256, added_by, added_at";

    /// <summary>Opens the first version of a year.</summary>
    public async Task<Answer<DeclarationView>> Create(DbSession s, int year, CancellationToken ct)
    {
        var declarant = await DeclarantHandlers.Writing(s, ct);
        if (!declarant.Ok) return Answer<DeclarationView>.From(declarant.Refusals);
        if (year < CertificateBook.FirstYear || year > s.Today().Year) return Refusal.Of("declaration.year", "year", ("first", $"{CertificateBook.FirstYear}"), ("last", $"{s.Today().Year}"));
        return await Insert(s, year, 1, null, null, ct);
    }

    /// <summary>Opens the next version of a declaration handed in, with the reason.</summary>
    public async Task<Answer<DeclarationView>> Correct(DbSession s, Guid id, string? reason, CancellationToken ct)
    {
        if (Allow.Role(s.Actor, Role.OwnerTrader) is { } no) return no;
        var wrong = new List<Refusal>();
        var words = Given.Text(reason, "reason", Given.Longest, wrong);
        if (wrong.Count > 0) return wrong;
        if (await Find(s, id, ct) is not { } known) return Refusal.NotFound("declaration.not-found");
        if (known.State != DeclarationState.Submitted) return Refusal.Conflict("declaration.state-forbids", "state", ("state", known.State.ToString()), ("event", "Correct"));
        // A discarded correction keeps its number.
        var last = await s.Value<int>("select max(version) from cbam.declaration where organisation_id = $1 and year = $2", ct, s.Actor.OrganisationId, known.Year);
        return await Insert(s, known.Year, last + 1, id, words, ct);
    }

    /// <summary>Throws away a correction that was opened by mistake, with the reason. What it said then is kept; a first version stays, since without one there is no declaration of the year.</summary>
    public async Task<Answer<DeclarationView>> Discard(DbSession s, Guid id, string? reason, CancellationToken ct)
    {
        var declarant = await DeclarantHandlers.Writing(s, ct);
        if (!declarant.Ok) return Answer<DeclarationView>.From(declarant.Refusals);
        var wrong = new List<Refusal>();
        var words = Given.Text(reason, "reason", Given.Longest, wrong);
        if (wrong.Count > 0) return wrong;
        var discarded = await s.InTransaction<Done>(async t =>
        {
            if (await Find(s, id, t, " for update") is not { } known) return Refusal.NotFound("declaration.not-found");
            var next = DeclarationStates.Table.Next(known.State, DeclarationEvent.Discard);
            if (!next.Ok) return Answer<Done>.From(next.Refusals);
            if (known.Version == 1) return Refusal.Conflict("declaration.first-stays", "version");
            var (json, sha256, content) = await Fixed(s, declarant.Value, known.Year, t);
            await s.Run("update cbam.declaration set state = $2, content = $3, content_sha256 = $4, certificates_due = $5, discarded_by = $6, discarded_at = $7, discarded_reason = $8, row_version = row_version + 1 where id = $1", t,
                id, (short)next.Value, new Json(json), sha256, content.CertificatesDue, s.Actor.PersonId, s.Now, words);
            await s.Audit(new AuditEntry("declaration.discarded", "declaration", id.ToString(), words, new { known.Year, known.Version }, EvidenceSha256: sha256), t);
            return default(Done);
        }, ct);
        return discarded.Ok ? await Read(s, id, ct) : Answer<DeclarationView>.From(discarded.Refusals);
    }

    /// <summary>What a declaration says at this moment, as it is written down, with its hash.</summary>
    async Task<(string Json, string Sha256, DeclarationContent Content)> Fixed(DbSession s, Declarant declarant, int year, CancellationToken ct)
    {
        var content = await drafting.Content(s, declarant, year, ct);
        var json = StorageJson.Write(content);
        return (json, Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(json))), content);
    }

    async Task<Answer<DeclarationView>> Insert(DbSession s, int year, int version, Guid? corrects, string? reason, CancellationToken ct)
    {
        var id = s.NewId();
        try
        {
            await s.InTransaction<Done>(async t =>
            {
                await s.Run("insert into cbam.declaration (id, organisation_id, year, version, corrects, reason, state, written_by, written_at, row_version) values ($1, $2, $3, $4, $5, $6, 0, $7, $8, 1)", t,
                    id, s.Actor.OrganisationId, year, version, corrects, reason, s.Actor.PersonId, s.Now);
                await s.Audit(new AuditEntry(corrects is null ? "declaration.opened" : "declaration.correction-begun", "declaration", id.ToString(), reason), t);
                return default(Done);
            }, ct);
        }
        catch (PostgresException e) when (e.SqlState == PostgresErrorCodes.UniqueViolation) { return Refusal.Conflict("declaration.there", "year", ("year", $"{year}")); }
        return await Read(s, id, ct);
    }

    /// <summary>Fixes what it says and asks a second person: the year is over, the importer authorised and above the threshold, every line determined.</summary>
    public async Task<Answer<DeclarationView>> Propose(DbSession s, Guid id, CancellationToken ct)
    {
        var declarant = await DeclarantHandlers.Writing(s, ct);
        if (!declarant.Ok) return Answer<DeclarationView>.From(declarant.Refusals);
        var proposed = await s.InTransaction<Done>(async t =>
        {
            if (await Find(s, id, t, " for update") is not { } known) return Refusal.NotFound("declaration.not-found");
            var next = DeclarationStates.Table.Next(known.State, DeclarationEvent.Propose);
            if (!next.Ok) return Answer<Done>.From(next.Refusals);
            await SpokenMetal.LockYear(s, known.Year, t);
            var (json, sha256, content) = await Fixed(s, declarant.Value, known.Year, t);
            if (Unready(declarant.Value, content, s.Today()) is { Count: > 0 } wrong) return Answer<Done>.From(wrong);
            var task = await approvals.Propose(s, new ApprovalRequest(DeclarationApproval.Name, id.ToString(), s.Actor.OrganisationId, Role.OwnerApprover, new DeclarationSubject(id, sha256), "cbam.task.declaration",
                new Dictionary<string, string> { ["year"] = known.Year.ToString(CultureInfo.InvariantCulture), ["version"] = known.Version.ToString(CultureInfo.InvariantCulture), ["due"] = content.CertificatesDue.ToString(CultureInfo.InvariantCulture) }, $"/cbam/declarations/{id}"), t);
            await s.Run("update cbam.declaration set state = $2, content = $3, content_sha256 = $4, certificates_due = $5, task_id = $6, written_by = $7, written_at = $8, row_version = row_version + 1 where id = $1", t,
                id, (short)next.Value, new Json(json), sha256, content.CertificatesDue, task.Id, s.Actor.PersonId, s.Now);
            await SpokenMetal.Keep(s, id, known.Year, t);
            await s.Audit(new AuditEntry("declaration.proposed", "declaration", id.ToString(), EvidenceSha256: sha256), t);
            return default(Done);
        }, ct);
        return proposed.Ok ? await Read(s, id, ct) : Answer<DeclarationView>.From(proposed.Refusals);
    }

    /// <summary><c>declaration.year-not-over</c>, <c>declaration.not-authorised</c>, <c>declaration.below-threshold</c>, <c>declaration.too-many-lines</c>, <c>declaration.undetermined</c>.</summary>
    internal static IReadOnlyList<Refusal> Unready(Declarant declarant, DeclarationContent content, LocalDate today)
    {
        var wrong = new List<Refusal>();
        if (today.Year <= content.Year) wrong.Add(Refusal.Conflict("declaration.year-not-over", "year", ("year", $"{content.Year}")));
        if (declarant.StandingOn(today) != DeclarantStanding.Authorised) wrong.Add(Refusal.Conflict("declaration.not-authorised", "authorisedSince") with { Rule = "Regulation (EU) 2023/956, Article 5" });
        if (!content.AboveThreshold && content.Goods.Count == 0) wrong.Add(Refusal.Conflict("declaration.below-threshold", "lines") with { Rule = "Regulation (EU) 2023/956, Article 2a" });
        if (content.LinesUnlisted > 0) wrong.Add(Refusal.Conflict("declaration.too-many-lines", "lines", ("most", $"{content.Lines.Count}"), ("given", $"{content.Lines.Count + content.LinesUnlisted}")));
        if (content.Undetermined > 0) wrong.Add(Refusal.Conflict("declaration.undetermined", "lines", ("count", $"{content.Undetermined}")));
        return wrong;
    }

    public async Task<Answer<DeclarationView>> Read(DbSession s, Guid id, CancellationToken ct)
    {
        if (DeclarantHandlers.Reader(s.Actor) is { } no) return no;
        if (await Find(s, id, ct) is not { } known || await DeclarantHandlers.Find(s, s.Actor.OrganisationId, ct) is not { } declarant) return Refusal.NotFound("declaration.not-found");
        var fixedContent = known.State == DeclarationState.Draft ? null : await s.Value<string>("select content::text from cbam.declaration where id = $1", ct, id);
        var content = fixedContent is null ? await drafting.Content(s, declarant, known.Year, ct) : StorageJson.Read<DeclarationContent>(fixedContent);
        var surrendered = await s.Value<long>("select coalesce(sum(count), 0)::bigint from cbam.certificate_order where organisation_id = $1 and year = $2 and kind = 1 and state = 2", ct, s.Actor.OrganisationId, known.Year);
        return new DeclarationView(known, content, await s.All($"select {FileColumns} from cbam.declaration_file where declaration_id = $1 order by id", MapFile, ct, id), surrendered, YearDates.Of(packs, known.Year)?.DeclareBy);
    }

    /// <summary>Own declarations, newest year and version first.</summary>
    public async Task<Answer<IReadOnlyList<Declaration>>> List(DbSession s, CancellationToken ct) => DeclarantHandlers.Reader(s.Actor) is { } no ? no
        : await s.All($"select {Columns} from cbam.declaration where organisation_id = $1 order by year desc, version desc limit 500", Map, ct, s.Actor.OrganisationId);

    /// <summary>Adds a file of evidence to a draft.</summary>
    public async Task<Answer<DeclarationFile>> AddFile(DbSession s, Guid id, string? fileName, Stream content, CancellationToken ct)
    {
        if (Allow.Role(s.Actor, Role.OwnerTrader) is { } no) return no;
        if (await Find(s, id, ct) is not { } known) return Refusal.NotFound("declaration.not-found");
        if (known.State != DeclarationState.Draft) return Refusal.Conflict("declaration.state-forbids", "state", ("state", known.State.ToString()), ("event", "AddFile"));
        var kept = await evidence.Keep(fileName, content, ct);
        if (!kept.Ok) return Answer<DeclarationFile>.From(kept.Refusals);
        var file = new DeclarationFile(s.NewId(), id, kept.Value.Name, kept.Value.MediaType, kept.Value.SizeBytes, kept.Value.Sha256, s.Actor.PersonId, s.Now);
        return await s.InTransaction<DeclarationFile>(async t =>
        {
            if (await Find(s, id, t, " for update") is not { State: DeclarationState.Draft }) return Refusal.Conflict("declaration.state-forbids", "state", ("state", known.State.ToString()), ("event", "AddFile"));
            if (await s.Value<long>("select count(*) from cbam.declaration_file where declaration_id = $1", t, id) >= EvidenceRules.MostFiles) return Refusal.Conflict("declaration.files", "file", ("limit", $"{EvidenceRules.MostFiles}"));
            if (await s.Run("insert into cbam.declaration_file (id, declaration_id, organisation_id, file_name, media_type, size_bytes, sha256, added_by, added_at) values ($1, $2, $3, $4, $5, $6, $7, $8, $9) on conflict (declaration_id, sha256) do nothing", t,
                file.Id, id, s.Actor.OrganisationId, file.FileName, file.MediaType, file.SizeBytes, file.Sha256, file.AddedBy, file.AddedAt) == 0) return Refusal.Conflict("emissions.evidence-already-there", "file", ("name", file.FileName));
            await s.Audit(new AuditEntry("declaration.file-added", "declaration", id.ToString(), EvidenceSha256: file.Sha256), t);
            return file;
        }, ct);
    }

    /// <summary>A file with its content; the caller disposes the stream.</summary>
    public async Task<Answer<(DeclarationFile File, Stream Content)>> Open(DbSession s, Guid id, Guid file, CancellationToken ct)
    {
        if (DeclarantHandlers.Reader(s.Actor) is { } no) return no;
        if (await s.One($"select {FileColumns} from cbam.declaration_file where id = $1 and declaration_id = $2 and organisation_id = $3", MapFile, ct, file, id, s.Actor.OrganisationId) is not { } known) return Refusal.NotFound("declaration.not-found");
        var content = evidence.Content(known.Sha256, known.FileName);
        return content.Ok ? (known, content.Value) : Answer<(DeclarationFile, Stream)>.From(content.Refusals);
    }

    internal static Task<Declaration?> Find(DbSession s, Guid id, CancellationToken ct, string suffix = "") => s.One($"select {Columns} from cbam.declaration where id = $1 and organisation_id = $2{suffix}", Map, ct, id, s.Actor.OrganisationId);

    internal static Declaration Map(NpgsqlDataReader r) => new(r.GetGuid(0), r.GetInt32(1), r.GetInt32(2), r.MaybeGuid(3), r.Text(4), (DeclarationState)r.GetInt16(5), r.Text(6), r.IsDBNull(7) ? null : r.GetInt64(7), r.MaybeGuid(8), r.GetGuid(9), r.Time(10), r.MaybeGuid(11), r.MaybeTime(12), r.MaybeTime(13), r.Text(14));

    static DeclarationFile MapFile(NpgsqlDataReader r) => new(r.GetGuid(0), r.GetGuid(1), r.GetString(2), r.GetString(3), r.GetInt64(4), r.GetString(5), r.GetGuid(6), r.Time(7));
}

/// <param name="Sha256">What the second person is asked about.</param>
sealed record DeclarationSubject(Guid DeclarationId, string Sha256);

/// <summary>The second person hands a declaration in, or sends it back.</summary>
sealed class DeclarationApproval : IApprovalKind
{
    public const string Name = "cbam.declaration";

    public string Kind => Name;

    public Task<Answer<Done>> Approve(DbSession session, ApprovalTask task, CancellationToken ct) => Decided(session, task, DeclarationEvent.Approve, async (known, next) =>
    {
        foreach (var before in await session.All("select id from cbam.declaration where organisation_id = $1 and year = $2 and state = 2", r => r.GetGuid(0), ct, session.Actor.OrganisationId, known.Year)) await SpokenMetal.Release(session, before, ct);
        await session.Run("update cbam.declaration set state = 3, row_version = row_version + 1 where organisation_id = $1 and year = $2 and state = 2", ct, session.Actor.OrganisationId, known.Year);
        await session.Run("update cbam.declaration set state = $2, approved_by = $3, submitted_at = $4, row_version = row_version + 1 where id = $1", ct, known.Id, (short)next, session.Actor.PersonId, session.Now);
        await session.Audit(new AuditEntry("declaration.submitted", "declaration", known.Id.ToString(), EvidenceSha256: known.Sha256), ct);
        await session.Publish("cbam.declaration.submitted", new { DeclarationId = known.Id, known.Year, known.Version, known.CertificatesDue }, ct);
    }, ct);

    public Task<Answer<Done>> Reject(DbSession session, ApprovalTask task, string reason, CancellationToken ct) => Decided(session, task, DeclarationEvent.Reject, async (known, next) =>
    {
        await SpokenMetal.Release(session, known.Id, ct);
        await session.Run("update cbam.declaration set state = $2, content = null, content_sha256 = null, certificates_due = null, task_id = null, row_version = row_version + 1 where id = $1", ct, known.Id, (short)next);
        await session.Audit(new AuditEntry("declaration.returned", "declaration", known.Id.ToString(), reason), ct);
    }, ct);

    static async Task<Answer<Done>> Decided(DbSession session, ApprovalTask task, DeclarationEvent happened, Func<Declaration, DeclarationState, Task> write, CancellationToken ct)
    {
        var subject = task.Payload<DeclarationSubject>();
        return await SecondPerson.Decided(await DeclarationHandlers.Find(session, subject.DeclarationId, ct, " for update"), d => (d.State, d.Sha256), subject.Sha256, DeclarationStates.Table, happened,
            Refusal.NotFound("declaration.not-found"), Refusal.Conflict("declaration.changed", "state"), write);
    }
}
