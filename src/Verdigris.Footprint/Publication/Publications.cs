using System.Security.Cryptography;
using System.Text;
using Npgsql;
using Verdigris.Footprint.Reports;
using Verdigris.Primitives;
using Verdigris.Storage;

namespace Verdigris.Footprint.Publication;

/// <param name="BrandCode">For a brand.</param>
/// <param name="Method">For a brand: CBAM or IAI.</param>
/// <param name="Scheme">For a scheme: its name, 1-60 characters.</param>
/// <param name="CorrectionReason">For a brand whose figures of the year were accepted before: why they are entered again; the report's own reason where it is a correction.</param>
public sealed record NewPublication(Audience Audience, string? BrandCode = null, string? Method = null, string? Scheme = null, string? CorrectionReason = null);

/// <summary>Gives accepted reports to others: to a brand as the draft of its emissions form, to the border measure and to schemes as a record they read. Each report once to each.</summary>
public sealed class Publications(ReportDossiers dossiers, IBrandForms brands) : IPublishedReports
{
    const string Columns = "p.id, p.audience, p.target, p.content::text, p.content_sha256, p.taken_as, p.published_by, p.published_at, n.id, n.version";

    /// <summary>The latest accepted version of the same facility and period, where it is a later one.</summary>
    const string Newer = "left join footprint.report r on r.id = p.report_id left join footprint.report n on n.facility_id = r.facility_id and n.period_from = r.period_from and n.period_to = r.period_to and n.state = 5 and n.version > r.version";

    /// <summary>Publishes an accepted report: to a brand by the operator's editor, whose form then goes its own way; else by the approver.</summary>
    public async Task<Answer<PublishedReport>> Publish(DbSession s, Guid report, NewPublication wanted, CancellationToken ct)
    {
        if (!Enum.IsDefined(wanted.Audience)) return Refusal.Of("request.word-unknown", "audience", ("given", $"{wanted.Audience}"));
        if (Allow.Role(s.Actor, wanted.Audience == Audience.Brand ? Role.ProducerEditor : Role.ProducerApprover) is { } no) return no;
        var read = await dossiers.Read(s, report, ct);
        if (!read.Ok || read.Value.View.Report.OperatorId != s.Actor.OrganisationId) return Refusal.NotFound("report.not-found");
        var content = PublicationRules.Content(read.Value);
        if (!content.Ok) return Answer<PublishedReport>.From(content.Refusals);
        if (wanted.Audience == Audience.Scheme && (string.IsNullOrWhiteSpace(wanted.Scheme) || wanted.Scheme.Trim().Length > 60)) return Refusal.Of("plan.text", "scheme", ("most", "60"));
        if (wanted.Audience == Audience.Brand && PublicationRules.Brand(content.Value, wanted.Method) is { Count: > 0 } wrong) return Answer<PublishedReport>.From(wrong);
        if (wanted.Audience == Audience.Brand && await BrandOf(s, read.Value, wanted.BrandCode, ct) is { } unknown) return unknown;
        var target = wanted.Audience switch { Audience.Brand => $"{wanted.BrandCode} {wanted.Method}", Audience.Cbam => PublicationRules.Installation, _ => wanted.Scheme!.Trim() };
        var json = StorageJson.Write(content.Value);
        var sha256 = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(json)));
        var id = s.NewId();
        try
        {
            return await s.InTransaction<PublishedReport>(async t =>
            {
                Guid? form = null;
                if (wanted.Audience == Audience.Brand)
                {
                    var drafted = await brands.Draft(s, Figures(content.Value, wanted, read.Value.View.Report), t);
                    if (!drafted.Ok) return Answer<PublishedReport>.From(drafted.Refusals);
                    form = drafted.Value;
                }
                await s.Run("insert into footprint.publication (id, report_id, facility_id, operator_id, audience, target, content, content_sha256, taken_as, published_by, published_at) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)", t,
                    id, report, content.Value.FacilityId, content.Value.OperatorId, (short)wanted.Audience, target, new Json(json), sha256, form, s.Actor.PersonId, s.Now);
                await s.Audit(new AuditEntry("report.published", "report", report.ToString(), Details: new { wanted.Audience, Target = target, TakenAs = form }, EvidenceSha256: sha256), t);
                await s.Publish("footprint.report.published", new { PublicationId = id, ReportId = report, Audience = wanted.Audience.ToString(), Target = target, Sha256 = sha256 }, t);
                return (await s.One($"select {Columns} from footprint.publication p {Newer} where p.id = $1", Map, t, id))!;
            }, ct);
        }
        catch (PostgresException e) when (e is { SqlState: PostgresErrorCodes.UniqueViolation, TableName: "publication" }) { return Refusal.Conflict("publication.there", "target", ("given", target)); }
    }

    /// <summary>What was published of a report, newest first; for who may see the report.</summary>
    public async Task<Answer<IReadOnlyList<PublishedReport>>> OfReport(DbSession s, Guid report, CancellationToken ct) => await ReportStore.Find(s, report, ct) is null ? Refusal.NotFound("report.not-found")
        : await s.All($"select {Columns} from footprint.publication p {Newer} where p.report_id = $1 order by p.id desc", Map, ct, report);

    public async Task<IReadOnlyList<PublishedReport>> For(DbSession session, Audience audience, Guid? facility, CancellationToken ct)
    {
        var query = new Where();
        query.And("p.audience = ", (short)audience);
        if (facility is { } of) query.And("p.facility_id = ", of);
        return await session.All($"select {Columns} from footprint.publication p {Newer} {query} order by p.id desc limit 200", Map, ct, query.Args);
    }

    public Task<ReportVersion?> Latest(DbSession session, Guid report, CancellationToken ct) => session.InTransaction(t => session.AsSystem(u => session.One("""
        select n.id, n.version, n.figures_sha256 from footprint.report r join footprint.report n on n.facility_id = r.facility_id and n.period_from = r.period_from and n.period_to = r.period_to and n.state = 5 where r.id = $1
        """, r => new ReportVersion(r.GetGuid(0), r.GetInt32(1), r.GetString(2)), u, report), t), ct);

    async Task<Refusal?> BrandOf(DbSession s, ReportDossier d, string? code, CancellationToken ct)
    {
        if (d.Facility.PlantId is not { } plant) return Refusal.Conflict("publication.no-plant", "brandCode");
        var known = await brands.Brands(s, plant, ct);
        return known.Any(b => b.Code == code) ? null : Refusal.Of("publication.brand", "brandCode", ("given", code ?? ""), ("known", string.Join(", ", known.Select(b => b.Code))));
    }

    static BrandFigures Figures(PublishedContent c, NewPublication wanted, Report report) => new(wanted.BrandCode!, c.PeriodFrom.Year, wanted.Method!, c.DirectTco2ePerT, c.IndirectTco2ePerT, wanted.Method == PublicationRules.Iai ? c.UpstreamTco2ePerT : null, c.VerifierId,
        c.Assurance == nameof(Verification.OpinionKind.ReasonableAssurance), $"Verified report of {c.Facility}, {c.PeriodFrom.Year}, version {c.Version}; {c.Gwp}.", c.ReportId, c.Version, c.FiguresSha256, string.IsNullOrWhiteSpace(wanted.CorrectionReason) ? report.Corrects is null ? null : report.Reason : wanted.CorrectionReason.Trim());

    static PublishedReport Map(NpgsqlDataReader r) => new(r.GetGuid(0), (Audience)r.GetInt16(1), r.GetString(2), StorageJson.Read<PublishedContent>(r.GetString(3)), r.GetString(4), r.MaybeGuid(5), r.GetGuid(6), r.Time(7), r.MaybeGuid(8), r.MaybeInt(9));
}
