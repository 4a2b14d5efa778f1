using System.Security.Cryptography;
using System.Text;
using Npgsql;
using Verdigris.Cbam.Template;
using Verdigris.Footprint;
using Verdigris.Footprint.Publication;
using Verdigris.Primitives;
using Verdigris.Storage;
using Verdigris.Web;

namespace Verdigris.Cbam.Operators;

/// <param name="Title">1-200 characters; the installation's name where left out.</param>
/// <param name="PlantId">An own plant the installation is, so that a visit of the year before is known.</param>
public sealed record NewCommunication(string? Title, Guid? PlantId = null);

/// <summary>
/// Use cases of the operator: begins a form or brings the Commission's workbook, fills it in, brings evidence, hands it to a verifier. Every saving works the form through again, so its findings are those of what it says now.
/// </summary>
public sealed class CommunicationHandlers(CommunicationTemplate template, EvidenceStore evidence, IVerifierRegister verifiers, IBrandForms plants, IPublishedReports published)
{
    static readonly ListOrders<Communication> Orders = new("communications", "-written", ListKey<Communication>.Id("written", "c.id", c => c.Id), ListKey<Communication>.Text("title", "c.title", c => c.Title));

    /// <summary>Begins with the empty form.</summary>
    public Task<Answer<CommunicationView>> Begin(DbSession s, NewCommunication wanted, CancellationToken ct) => Insert(s, wanted, new TemplateReading(CommunicationReport.Empty, CommunicationTemplate.Figures(CommunicationReport.Empty), []), null, ct);

    /// <summary>Own reports that were published for the border measure, newest first: what a form can be begun from.</summary>
    public async Task<Answer<IReadOnlyList<PublishedReport>>> Published(DbSession s, CancellationToken ct) => Allow.Role(s.Actor, Role.ProducerEditor) is { } no ? no
        : (await published.For(s, Audience.Cbam, null, ct)).Where(p => p.Content.OperatorId == s.Actor.OrganisationId).ToList();

    /// <summary>Begins with the figures of a published report: they fill what they can, and each entry keeps its origin as long as nobody writes another figure over it. <c>communication.publication</c>.</summary>
    public async Task<Answer<CommunicationView>> BeginFrom(DbSession s, NewCommunication wanted, Guid publication, CancellationToken ct)
    {
        var known = await Published(s, ct);
        if (!known.Ok) return Answer<CommunicationView>.From(known.Refusals);
        if (known.Value.FirstOrDefault(p => p.Id == publication) is not { } report) return Refusal.NotFound("communication.publication", "publicationId");
        var verifier = await verifiers.Find(s, report.Content.VerifierId, ct);
        var entries = PublishedFigures.Entries(report.Content, verifier?.Name, template.Lists);
        var written = FormEditing.Write(CommunicationReport.Empty, entries, template.Lists);
        if (!written.Ok) return Answer<CommunicationView>.From(written.Refusals);
        var worked = Worked(written.Value, template.Write(written.Value));
        if (!worked.Ok) return Answer<CommunicationView>.From(worked.Refusals);
        var title = string.IsNullOrWhiteSpace(wanted.Title) ? Short($"{report.Content.Facility}, {report.Content.PeriodFrom.Year} (v{report.Content.Version})") : wanted.Title;
        return await Insert(s, wanted with { Title = title }, worked.Value, null, ct,
            new(report.Id, report.Content.ReportId, report.Content.Version, report.Content.Facility, report.PublishedAt, report.Sha256, report.Content.FiguresSha256, entries));
    }

    /// <summary>Begins with a filled-in workbook. What cannot be read is kept in the file and said, cell by cell.</summary>
    public async Task<Answer<CommunicationView>> Bring(DbSession s, NewCommunication wanted, string? fileName, Stream content, CancellationToken ct)
    {
        if (Allow.Role(s.Actor, Role.ProducerEditor) is { } no) return no;
        var read = await Reading(fileName, content, ct);
        return read.Ok ? await Insert(s, wanted with { Title = string.IsNullOrWhiteSpace(wanted.Title) ? Short(read.Value.Reading.Report.Installation.EnglishName ?? read.Value.Reading.Report.Installation.Name ?? read.Value.File.Name) : wanted.Title }, read.Value.Reading, read.Value.File, ct) : Answer<CommunicationView>.From(read.Refusals);
    }

    /// <summary>Puts another workbook in the place of what a draft says.</summary>
    public async Task<Answer<CommunicationView>> Replace(DbSession s, Guid id, string? fileName, Stream content, CancellationToken ct)
    {
        // Nothing is read or kept for who may not write it.
        if (Allow.Role(s.Actor, Role.ProducerEditor) is { } no) return no;
        if (await CommunicationStore.Find(s, id, ct) is not { } draft || draft.OperatorId != s.Actor.OrganisationId) return Refusal.NotFound("communication.not-found");
        if (CommunicationRules.Table.Next(draft.State, CommunicationEvent.Edit) is { Ok: false } late) return Answer<CommunicationView>.From(late.Refusals);
        var read = await Reading(fileName, content, ct);
        if (!read.Ok) return Answer<CommunicationView>.From(read.Refusals);
        return await Edited(s, id, null, async (known, t) =>
        {
            await Save(s, known.Id, read.Value.Reading, t, read.Value.File);
            await s.Audit(new AuditEntry("communication.replaced", "communication", id.ToString(), EvidenceSha256: read.Value.File.Sha256), t);
            return default(Done);
        }, ct);
    }

    /// <summary>Writes some entries of a draft anew; one refusal and none of them is written.</summary>
    /// <param name="rowVersion">Of the form the writer saw; <c>communication.changed</c> where somebody wrote since.</param>
    public Task<Answer<CommunicationView>> Write(DbSession s, Guid id, int rowVersion, IReadOnlyDictionary<string, string>? entries, CancellationToken ct) => Edited(s, id, rowVersion, async (known, t) =>
    {
        if (entries is null) return Refusal.Of("input.required", "entries");
        var (report, _) = await CommunicationStore.Content(s, id, t);
        var written = FormEditing.Write(report, entries, template.Lists);
        if (!written.Ok) return Answer<Done>.From(written.Refusals);
        var worked = Worked(written.Value, await Workbook(known, written.Value, t));
        if (!worked.Ok) return Answer<Done>.From(worked.Refusals);
        await Save(s, id, worked.Value, t);
        await s.Audit(new AuditEntry("communication.written", "communication", id.ToString(), Details: new { Fields = entries.Keys.Take(50).ToArray(), entries.Count }), t);
        return default(Done);
    }, ct);

    /// <summary>What is wrong with a report. The report is what was typed: the workbook is only asked what it would say to it.</summary>
    Answer<TemplateReading> Worked(CommunicationReport report, Answer<byte[]> book)
    {
        if (!book.Ok) return Answer<TemplateReading>.From(book.Refusals);
        using var content = new MemoryStream(book.Value);
        var reading = template.Read(content);
        return reading.Ok ? reading.Value with { Report = report, Figures = CommunicationTemplate.Figures(report) } : reading;
    }

    /// <summary>Brings evidence to a draft, of one figure or of all.</summary>
    public async Task<Answer<CommunicationFile>> AddFile(DbSession s, Guid id, string? field, string? fileName, Stream content, CancellationToken ct)
    {
        if (Allow.Role(s.Actor, Role.ProducerEditor) is { } no) return no;
        if (await CommunicationStore.Find(s, id, ct) is not { } known || known.OperatorId != s.Actor.OrganisationId) return Refusal.NotFound("communication.not-found");
        if (CommunicationRules.Table.Next(known.State, CommunicationEvent.Edit) is { Ok: false } late) return Answer<CommunicationFile>.From(late.Refusals);
        field = string.IsNullOrWhiteSpace(field) ? null : field.Trim();
        if (field is not null && FormEditing.Entries(CommunicationReport.Empty).All(e => e.Field != field)) return Refusal.Of("template.no-such-field", "field");
        var kept = await evidence.Keep(fileName, content, ct);
        if (!kept.Ok) return Answer<CommunicationFile>.From(kept.Refusals);
        return await s.InTransaction<CommunicationFile>(async t =>
        {
            if (await CommunicationStore.Find(s, id, t, " for update") is not { State: CommunicationState.Draft }) return Refusal.Conflict("communication.state-forbids", "state", ("state", known.State.ToString()), ("event", nameof(CommunicationEvent.Edit)));
            if (await s.Value<long>("select count(*) from cbam.communication_file where communication_id = $1", t, id) >= EvidenceRules.MostFiles) return Refusal.Conflict("emissions.evidence-too-many", "file", ("limit", $"{EvidenceRules.MostFiles}"));
            var file = new CommunicationFile(s.NewId(), id, field, kept.Value.Name, kept.Value.MediaType, kept.Value.SizeBytes, kept.Value.Sha256, s.Actor.PersonId, s.Now);
            await s.Run("insert into cbam.communication_file (id, communication_id, field, file_name, media_type, size_bytes, sha256, added_by, added_at) values ($1, $2, $3, $4, $5, $6, $7, $8, $9)", t,
                file.Id, id, field, file.FileName, file.MediaType, file.SizeBytes, file.Sha256, file.AddedBy, file.AddedAt);
            await s.Audit(new AuditEntry("communication.evidence-added", "communication", id.ToString(), file.FileName, EvidenceSha256: file.Sha256), t);
            return file;
        }, ct);
    }

    /// <summary>Hands a form without errors to a verifier. From here on it is not changed, unless the verifier gives it back.</summary>
    public async Task<Answer<CommunicationView>> Hand(DbSession s, Guid id, Guid verifier, CancellationToken ct)
    {
        if (Allow.Role(s.Actor, Role.ProducerApprover) is { } no) return no;
        if (!await verifiers.IsVerifier(s, verifier, ct)) return Refusal.Of("communication.verifier", "verifierId");
        var handed = await s.InTransaction<Done>(async t =>
        {
            if (await CommunicationStore.Find(s, id, t, " for update") is not { } known || known.OperatorId != s.Actor.OrganisationId) return Refusal.NotFound("communication.not-found");
            var next = CommunicationRules.Table.Next(known.State, CommunicationEvent.Hand);
            if (!next.Ok) return Answer<Done>.From(next.Refusals);
            var (report, _) = await CommunicationStore.Content(s, id, t);
            if (CommunicationRules.Unready(report, known.Errors) is { Count: > 0 } wrong) return Answer<Done>.From(wrong);
            await s.Run("update cbam.communication set state = $2, verifier_id = $3, handed_by = $4, handed_at = $5, returned_because = null, row_version = row_version + 1 where id = $1", t, id, (short)next.Value, verifier, s.Actor.PersonId, s.Now);
            await s.Audit(new AuditEntry("communication.handed", "communication", id.ToString(), Details: new { Verifier = verifier }, EvidenceSha256: known.ReportSha256), t);
            await s.Notify(new Notice(CommunicationNotices.Handed, new NoticeTo(Organisation: verifier, Roles: [Role.VerifierLead]), "communication.notice.handed", new Dictionary<string, string> { ["title"] = known.Title }, $"/cbam/communications/{id}", "communication", id.ToString()), t);
            return default(Done);
        }, ct);
        return handed.Ok ? await Read(s, id, ct) : Answer<CommunicationView>.From(handed.Refusals);
    }

    /// <summary>The operator takes a form back from a verifier who has not answered, with the reason; the verifier is told, and sees it no more.</summary>
    public async Task<Answer<CommunicationView>> TakeBack(DbSession s, Guid id, string? reason, CancellationToken ct)
    {
        if (Allow.Role(s.Actor, Role.ProducerApprover) is { } no) return no;
        var wrong = new List<Refusal>();
        var words = Given.Text(reason, "reason", Given.Longest, wrong);
        if (wrong.Count > 0) return wrong;
        var taken = await s.InTransaction<Done>(async t =>
        {
            if (await CommunicationStore.Find(s, id, t, " for update") is not { } known || known.OperatorId != s.Actor.OrganisationId) return Refusal.NotFound("communication.not-found");
            var next = CommunicationRules.Table.Next(known.State, CommunicationEvent.TakeBack);
            if (!next.Ok) return Answer<Done>.From(next.Refusals);
            await s.Run("update cbam.communication set state = $2, returned_because = null, row_version = row_version + 1 where id = $1", t, id, (short)next.Value);
            await s.Audit(new AuditEntry("communication.taken-back", "communication", id.ToString(), words, new { Verifier = known.VerifierId }), t);
            await s.Notify(new Notice(CommunicationNotices.TakenBack, new NoticeTo(Organisation: known.VerifierId, Roles: [Role.VerifierLead, Role.VerifierReviewer]), "communication.notice.taken-back",
                new Dictionary<string, string> { ["title"] = known.Title, ["reason"] = words! }, "/cbam/communications", "communication", id.ToString()), t);
            return default(Done);
        }, ct);
        return taken.Ok ? await Read(s, id, ct) : Answer<CommunicationView>.From(taken.Refusals);
    }

    /// <summary>For the operator, and the verifier it was handed to.</summary>
    public async Task<Answer<CommunicationView>> Read(DbSession s, Guid id, CancellationToken ct)
    {
        if (await CommunicationStore.Find(s, id, ct) is not { } known || !Sees(s.Actor, known)) return Refusal.NotFound("communication.not-found");
        var (report, findings) = await CommunicationStore.Content(s, id, ct);
        var source = await CommunicationStore.Source(s, id, ct);
        var latest = source is null ? null : await published.Latest(s, source.ReportId, ct);
        return new CommunicationView(known, report, CommunicationTemplate.Figures(report), findings, await CommunicationStore.Files(s, id, ct), known.OperatorId == s.Actor.OrganisationId ? await CommunicationStore.Brands(s, id, ct) : [],
            source, latest?.Version > source?.Version ? latest!.Version : null);
    }

    /// <summary>Own forms, or those handed to the own organisation.</summary>
    public async Task<Answer<Page<Communication>>> List(DbSession s, string? text, string? sort, string? cursor, int limit, CancellationToken ct)
    {
        if (Allow.AnyRole(s.Actor, Role.ProducerEditor, Role.ProducerApprover, Role.VerifierLead, Role.VerifierReviewer) is { } no) return no;
        var where = new Where();
        var own = where.Next(s.Actor.OrganisationId);
        var (makes, verifies) = (s.Actor.Is(Role.ProducerEditor) || s.Actor.Is(Role.ProducerApprover), s.Actor.Is(Role.VerifierLead) || s.Actor.Is(Role.VerifierReviewer));
        where.And($"({(makes ? $"c.operator_id = {own}" : "false")} or {(verifies ? $"(c.verifier_id = {own} and c.state > 0)" : "false")})");
        if (!string.IsNullOrWhiteSpace(text)) where.And("strpos(lower(c.title), lower(", text.Trim(), ")) > 0");
        return await Orders.Page(s, $"select {CommunicationStore.Columns} from cbam.communication c", where, sort, cursor, limit, CommunicationStore.Map, ct);
    }

    /// <summary>The filled-in workbook: written into the file it came in, else into the Commission's empty form.</summary>
    public async Task<Answer<(string Name, byte[] Content)>> Export(DbSession s, Guid id, CancellationToken ct)
    {
        if (await CommunicationStore.Find(s, id, ct) is not { } known || !Sees(s.Actor, known)) return Refusal.NotFound("communication.not-found");
        var (report, _) = await CommunicationStore.Content(s, id, ct);
        var book = await Workbook(known, report, ct);
        return book.Ok ? (known.FormName ?? "communication.xlsx", book.Value) : Answer<(string, byte[])>.From(book.Refusals);
    }

    /// <summary>A file of evidence.</summary>
    public async Task<Answer<(CommunicationFile File, Stream Content)>> Open(DbSession s, Guid id, Guid file, CancellationToken ct)
    {
        if (await CommunicationStore.Find(s, id, ct) is not { } known || !Sees(s.Actor, known) || (await CommunicationStore.Files(s, id, ct)).Find(f => f.Id == file) is not { } kept) return Refusal.NotFound("communication.not-found");
        var content = evidence.Content(kept.Sha256, kept.FileName);
        return content.Ok ? (kept, content.Value) : Answer<(CommunicationFile, Stream)>.From(content.Refusals);
    }

    /// <summary>Whether there is a verified form of this id, whosever it is. Tells no figures, so it is asked as the system.</summary>
    public Task<bool> IsVerified(DbSession s, Guid id, CancellationToken ct) => s.InTransaction(t => s.AsSystem(u => s.Value<bool>("select exists (select from cbam.communication where id = $1 and state = 3)", u, id), t), ct);

    internal static bool Sees(Actor actor, Communication c) => (c.OperatorId == actor.OrganisationId && (actor.Is(Role.ProducerEditor) || actor.Is(Role.ProducerApprover)))
        || (c.VerifierId == actor.OrganisationId && c.State != CommunicationState.Draft && (actor.Is(Role.VerifierLead) || actor.Is(Role.VerifierReviewer)));

    static string Short(string name) => name.Length <= 200 ? name : name[..199] + "…";

    async Task<Answer<CommunicationView>> Insert(DbSession s, NewCommunication wanted, TemplateReading reading, KeptFile? file, CancellationToken ct, FormSource? source = null)
    {
        if (Allow.Role(s.Actor, Role.ProducerEditor) is { } no) return no;
        var wrong = new List<Refusal>();
        var title = Given.Text(wanted.Title, "title", 200, wrong);
        if (wanted.PlantId is { } plant && (await plants.Plants(s, ct)).All(p => p.Id != plant)) wrong.Add(Refusal.Of("communication.plant", "plantId"));
        if (wrong.Count > 0) return wrong;
        var id = s.NewId();
        await s.InTransaction<Done>(async t =>
        {
            await s.Run("""
                insert into cbam.communication (id, operator_id, title, plant_id, state, report, report_sha256, findings, errors, source, written_by, written_at, row_version) values ($1, $2, $3, $4, 0, '{}', repeat('0', 64), '[]', 0, $5, $6, $7, 1)
                """, t, id, s.Actor.OrganisationId, title, wanted.PlantId, source is null ? null : new Json(StorageJson.Write(source)), s.Actor.PersonId, s.Now);
            await Save(s, id, reading, t, file);
            await s.Audit(new AuditEntry(file is null ? "communication.begun" : "communication.brought", "communication", id.ToString(), title, source is null ? null : new { source.PublicationId, source.ReportId, source.Version }, EvidenceSha256: file?.Sha256 ?? source?.ContentSha256), t);
            return default(Done);
        }, ct);
        return await Read(s, id, ct);
    }

    async Task<Answer<CommunicationView>> Edited(DbSession s, Guid id, int? rowVersion, Func<Communication, CancellationToken, Task<Answer<Done>>> edit, CancellationToken ct)
    {
        if (Allow.Role(s.Actor, Role.ProducerEditor) is { } no) return no;
        var edited = await s.InTransaction<Done>(async t =>
        {
            if (await CommunicationStore.Find(s, id, t, " for update") is not { } known || known.OperatorId != s.Actor.OrganisationId) return Refusal.NotFound("communication.not-found");
            var next = CommunicationRules.Table.Next(known.State, CommunicationEvent.Edit);
            if (!next.Ok) return Answer<Done>.From(next.Refusals);
            return rowVersion is { } seen && seen != known.RowVersion ? Refusal.Conflict("communication.changed", "rowVersion") : await edit(known, t);
        }, ct);
        return edited.Ok ? await Read(s, id, ct) : Answer<CommunicationView>.From(edited.Refusals);
    }

    static async Task Save(DbSession s, Guid id, TemplateReading reading, CancellationToken ct, KeptFile? file = null)
    {
        var json = StorageJson.Write(reading.Report);
        await s.Run("""
            update cbam.communication set report = $2, report_sha256 = $3, findings = $4, errors = $5, period_from = $6, period_to = $7, written_by = $8, written_at = $9, row_version = row_version + 1,
              form_sha256 = coalesce($10, form_sha256), form_name = coalesce($11, form_name) where id = $1
            """, ct, id, new Json(json), Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(json))), new Json(StorageJson.Write(reading.Findings)), reading.Findings.Count(f => f.Severity == FindingSeverity.Error),
            reading.Report.From?.ToDateOnly(), reading.Report.To?.ToDateOnly(), s.Actor.PersonId, s.Now, file?.Sha256, file?.Name);
    }

    async Task<Answer<(TemplateReading Reading, KeptFile File)>> Reading(string? fileName, Stream content, CancellationToken ct)
    {
        var kept = await evidence.Keep(fileName, content, ct);
        if (!kept.Ok) return Answer<(TemplateReading, KeptFile)>.From(kept.Refusals);
        var opened = evidence.Content(kept.Value.Sha256, kept.Value.Name);
        if (!opened.Ok) return Answer<(TemplateReading, KeptFile)>.From(opened.Refusals);
        using var copy = await InMemory(opened.Value, ct);
        var read = template.Read(copy);
        return read.Ok ? (read.Value, kept.Value) : Answer<(TemplateReading, KeptFile)>.From(read.Refusals);
    }

    async Task<Answer<byte[]>> Workbook(Communication known, CommunicationReport report, CancellationToken ct)
    {
        if (known.FormSha256 is not { } sha256) return template.Write(report);
        var opened = evidence.Content(sha256, known.FormName!);
        if (!opened.Ok) return Answer<byte[]>.From(opened.Refusals);
        using var copy = await InMemory(opened.Value, ct);
        return template.Write(report, copy);
    }

    /// <summary>A kept workbook, to be read from anywhere in it.</summary>
    static async Task<MemoryStream> InMemory(Stream kept, CancellationToken ct)
    {
        await using var stored = kept;
        var copy = new MemoryStream();
        await stored.CopyToAsync(copy, ct);
        copy.Position = 0;
        return copy;
    }
}
