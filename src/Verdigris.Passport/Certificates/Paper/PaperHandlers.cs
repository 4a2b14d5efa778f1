using Verdigris.Passport.Access;
using Verdigris.Passport.Evidence;
using Verdigris.Primitives;
using Verdigris.Storage;

namespace Verdigris.Passport.Certificates.Paper;

/// <param name="Sort">uploaded, with a leading minus for descending; null is -uploaded.</param>
public sealed record PaperFilter(PaperState? State = null, string? Sort = null, string? Cursor = null, int Limit = 50);

/// <summary>
/// Use cases of certificates on paper: an organisation's people upload a scan, one types it, another types heats and weights again without seeing the first, an approver publishes. The organisation's
/// people and the exchange see them, nobody else.
/// </summary>
public sealed class PaperHandlers(CertificateHandlers certificates, PaperPublishing publishing, EvidenceStore store)
{
    static readonly ListOrders<PaperCertificate> Orders = new("paper", "-uploaded", ListKey<PaperCertificate>.Id("uploaded", "id", p => p.Id));

    public async Task<Answer<Page<PaperCertificate>>> List(DbSession s, PaperFilter filter, CancellationToken ct)
    {
        if (Allow.AnyRole(s.Actor, [.. PaperRules.Typists, Role.ExchangeStaff]) is { } no) return no;
        var query = new Where();
        if (filter.State is { } state) query.And("state = ", (short)state);
        return await Orders.Page(s, $"select {PaperStore.Columns} from passport.paper_certificate", query, filter.Sort, filter.Cursor, filter.Limit, r => PaperStore.Map(r).SeenBy(s.Actor), ct);
    }

    public async Task<Answer<PaperCertificate>> Read(DbSession s, Guid id, CancellationToken ct) =>
        Reads(s.Actor) && await PaperStore.Find(s, id, ct) is { } found ? found.SeenBy(s.Actor) : EmissionsAccess.NotVisible("paper");

    /// <summary>The scan with its content, hashed again on the way out. The caller disposes the stream.</summary>
    /// <exception cref="StorageProblem">The file on disk no longer has its hash.</exception>
    public async Task<Answer<(PaperScan Scan, Stream Content)>> OpenScan(DbSession s, Guid id, CancellationToken ct)
    {
        var read = await Read(s, id, ct);
        return read.Ok ? Opened(read.Value.Scan) : Answer<(PaperScan Scan, Stream Content)>.From(read.Refusals);
    }

    /// <summary>The scan behind a certificate, for whoever may see the certificate.</summary>
    public async Task<Answer<(PaperScan Scan, Stream Content)>> OpenScanOf(DbSession s, Guid certificate, CancellationToken ct)
    {
        var read = await certificates.Read(s, certificate, ct);
        if (!read.Ok) return Answer<(PaperScan Scan, Stream Content)>.From(read.Refusals);
        if (read.Value.Row is not { AttestedBy: not null, Certificate: { Content.SourceDoc: { } doc } known }) return Refusal.NotFound("paper.no-scan", "id");
        var ending = doc.Mime switch { "application/pdf" => ".pdf", "image/png" => ".png", _ => ".jpg" };
        return Opened(new(known.Number + ending, doc.Mime, 0, doc.Sha256, doc.Pages));
    }

    /// <summary>Keeps a scan; the same one again is refused while the first stands.</summary>
    /// <param name="pages">Needed for a PDF.</param>
    public async Task<Answer<PaperCertificate>> Upload(DbSession s, string? fileName, int? pages, Stream content, CancellationToken ct)
    {
        // Before anything is read: nobody fills the disk through a door he may not use.
        if (Allow.AnyRole(s.Actor, PaperRules.Typists) is { } no) return no;
        if (PaperRules.KindOf(s.Actor) is not { } kind) return Refusal.Forbidden("access.role-needed", null, ("role", string.Join(" | ", PaperRules.Typists)));
        var counted = PaperRules.CheckScan(fileName, pages);
        if (!counted.Ok) return Answer<PaperCertificate>.From(counted.Refusals);
        var kept = await store.Keep(fileName, content, ct);
        if (!kept.Ok) return Answer<PaperCertificate>.From(kept.Refusals);
        var scan = new PaperScan(kept.Value.Name, kept.Value.MediaType, kept.Value.SizeBytes, kept.Value.Sha256, counted.Value);
        var paper = new PaperCertificate(s.NewId(), s.Actor.OrganisationId, kind, PaperState.Uploaded, scan, Me(s), null, null, [], null, null, [], null, null, null, null);
        return await s.InTransaction<PaperCertificate>(async t =>
        {
            if (!await PaperStore.Insert(s, paper, t)) return Refusal.Conflict("paper.already-there", "file", ("name", scan.FileName));
            await s.Audit(new AuditEntry("paper.uploaded", "paper", paper.Id.ToString(), Details: new { scan.FileName, scan.SizeBytes, scan.Pages }, EvidenceSha256: scan.Sha256), t);
            return paper;
        }, ct);
    }

    /// <summary>The first person types all of it, or types it anew: until the second has typed, and afterwards where the two differ.</summary>
    public Task<Answer<PaperCertificate>> Type(DbSession s, Guid id, CertificateContent given, IReadOnlyList<string> doubtful, CancellationToken ct) => Change(s, id, PaperRules.Typists, async (paper, t) =>
    {
        if (paper.Typed is { } typist && typist.PersonId != s.Actor.PersonId) return Refusal.Forbidden("paper.typed-by-another", null, ("name", typist.Name));
        if (PaperRules.CheckDoubtful(doubtful) is { } unknown) return unknown;
        if (given.SourceRef is not null) return Refusal.Of("paper.reference-not-taken", "sourceRef");
        var content = given with { IssuerKind = paper.IssuerKind, SourceDoc = new(paper.Scan.Sha256, paper.Scan.MediaType, paper.Scan.Pages) };
        var (check, _) = await certificates.CheckContent(s, content, null, true, t);
        if (check.Refusals.Count > 0) return Answer<PaperCertificate>.From(check.Refusals);
        var changed = paper with { Content = content, Typed = Me(s), TypedDoubtful = doubtful };
        var next = paper.Second is { } second ? Compare(changed, second) : PaperStates.Table.Next(paper.State, PaperEvent.Type);
        if (!next.Ok) return Answer<PaperCertificate>.From(next.Refusals);
        // What was typed stays out of the trail until the second person has typed: the trail is no way around the blindfold.
        await s.Audit(new AuditEntry(paper.Second is null ? "paper.typed" : "paper.settled", "paper", id.ToString(), Details: paper.Second is null ? null : Trail(changed with { State = next.Value })), t);
        return changed with { State = next.Value };
    }, ct);

    /// <summary>A second person types heats and weights off the scan; where they differ from the first, each may type his own anew until they agree.</summary>
    public Task<Answer<PaperCertificate>> Check(DbSession s, Guid id, PaperReading reading, IReadOnlyList<string> doubtful, CancellationToken ct) => Change(s, id, PaperRules.Typists, async (paper, t) =>
    {
        if (paper.Typed?.PersonId == s.Actor.PersonId) return Refusal.Forbidden("paper.same-person");
        if (paper.Checked is { } other && other.PersonId != s.Actor.PersonId) return Refusal.Forbidden("paper.typed-by-another", null, ("name", other.Name));
        if (PaperRules.CheckDoubtful(doubtful) is { } unknown) return unknown;
        var wrong = CertificateRules.CheckHeatsAndWeights(new CertificateContent { HeatNumbers = reading.HeatNumbers, GrossKg = reading.GrossKg, NetKg = reading.NetKg });
        if (wrong.Count > 0) return wrong;
        var changed = paper with { Second = reading, Checked = Me(s), CheckedDoubtful = doubtful };
        var next = Compare(changed, reading);
        if (!next.Ok) return Answer<PaperCertificate>.From(next.Refusals);
        changed = changed with { State = next.Value };
        await s.Audit(new AuditEntry(paper.Second is null ? "paper.checked" : "paper.settled", "paper", id.ToString(), Details: Trail(changed)), t);
        return changed;
    }, ct);

    /// <summary>Makes a certificate of what two people agree on and attests it with the organisation's own key. An approver who did not type it.</summary>
    public Task<Answer<PaperCertificate>> Publish(DbSession s, Guid id, CancellationToken ct) => Change(s, id, PaperRules.Approvers, async (paper, t) =>
    {
        if (paper.Typed?.PersonId == s.Actor.PersonId) return Refusal.Forbidden("paper.publisher-typed-it");
        var next = PaperStates.Table.Next(paper.State, PaperEvent.Publish);
        if (!next.Ok) return Answer<PaperCertificate>.From(next.Refusals);
        var made = await publishing.Publish(s, paper, t);
        if (!made.Ok) return Answer<PaperCertificate>.From(made.Refusals);
        await s.Audit(new AuditEntry("paper.published", "paper", id.ToString(), Details: new { made.Value.Certificate.Number, Doubtful = paper.Doubtful }, EvidenceSha256: paper.Scan.Sha256), t);
        return paper with { State = next.Value, CertificateId = made.Value.Certificate.Id, CertificateNumber = made.Value.Certificate.Number, Published = Me(s) };
    }, ct);

    /// <summary>Ends a scan that will not become a certificate; the file stays in the evidence store.</summary>
    public Task<Answer<PaperCertificate>> Discard(DbSession s, Guid id, string? reason, CancellationToken ct) => Change(s, id, PaperRules.Typists, async (paper, t) =>
    {
        if (!CertificateRules.IsText(reason)) return Refusal.Of("certificate.reason-missing", "reason");
        var next = PaperStates.Table.Next(paper.State, PaperEvent.Discard);
        if (!next.Ok) return Answer<PaperCertificate>.From(next.Refusals);
        await s.Audit(new AuditEntry("paper.discarded", "paper", id.ToString(), reason, EvidenceSha256: paper.Scan.Sha256), t);
        return paper with { State = next.Value, Reason = reason };
    }, ct);

    /// <summary>Its organisation takes a published certificate back, as the paper does not say that or is no good paper: it becomes void.</summary>
    public Task<Answer<PaperCertificate>> Withdraw(DbSession s, Guid id, string? reason, CancellationToken ct) => Change(s, id, PaperRules.Approvers, async (paper, t) =>
    {
        if (!CertificateRules.IsText(reason)) return Refusal.Of("certificate.reason-missing", "reason");
        if (paper.CertificateId is not { } certificate) return Refusal.Conflict("paper.state-forbids", "state", ("state", paper.State.ToString()), ("event", "Withdraw"));
        if (await PaperPublishing.Void(s, certificate, reason!, t) is { } no) return no;
        await s.Audit(new AuditEntry("paper.withdrawn", "paper", id.ToString(), reason), t);
        return paper;
    }, ct);

    static Answer<PaperState> Compare(PaperCertificate paper, PaperReading second) =>
        PaperStates.Table.Next(paper.State, paper.Content is { } first && PaperRules.Differences(first, second).Count == 0 ? PaperEvent.Agree : PaperEvent.Differ);

    static object Trail(PaperCertificate paper) => new { Agreed = paper.State == PaperState.Confirmed, paper.Differences };

    static PaperStep Me(DbSession s) => new(s.Actor.PersonId, s.Actor.Name, s.Now);

    static bool Reads(Actor actor) => actor.Is(Role.ExchangeStaff) || actor.Is(Role.System) || PaperRules.KindOf(actor) is not null;

    Answer<(PaperScan Scan, Stream Content)> Opened(PaperScan scan)
    {
        var content = store.Content(scan.Sha256, scan.FileName);
        return content.Ok ? (scan, content.Value) : Answer<(PaperScan Scan, Stream Content)>.From(content.Refusals);
    }

    static async Task<Answer<PaperCertificate>> Change(DbSession s, Guid id, string[] roles, Func<PaperCertificate, CancellationToken, Task<Answer<PaperCertificate>>> work, CancellationToken ct)
    {
        if (Allow.AnyRole(s.Actor, roles) is { } no) return no;
        return await s.InTransaction<PaperCertificate>(async t =>
        {
            if (await PaperStore.Lock(s, id, t) is not { } paper || paper.OrganisationId != s.Actor.OrganisationId) return EmissionsAccess.NotVisible("paper");
            var changed = await work(paper, t);
            if (!changed.Ok) return changed;
            await PaperStore.Update(s, changed.Value, t);
            return changed.Value.SeenBy(s.Actor);
        }, ct);
    }
}
