using NodaTime;
using Verdigris.Cbam.Template;
using Verdigris.Passport.Emissions;
using Verdigris.Primitives;
using Verdigris.Primitives.Rules;
using Verdigris.Storage;

namespace Verdigris.Cbam.Operators;

/// <summary>What operators and verifiers are told. Names never change once published.</summary>
public static class CommunicationNotices
{
    public const string Handed = "communication.handed", Returned = "communication.returned", Decided = "communication.decided", TakenBack = "communication.taken-back";

    public static IReadOnlyList<NoticeKind> Kinds { get; } = [new(Handed), new(Returned), new(Decided), new(TakenBack)];

    internal static Task ToOperator(DbSession s, Communication c, string kind, string text, CancellationToken ct) => s.Notify(new Notice(kind, new NoticeTo(Organisation: c.OperatorId, Roles: [Role.ProducerEditor, Role.ProducerApprover]), text,
        new Dictionary<string, string> { ["title"] = c.Title }, $"/cbam/communications/{c.Id}", "communication", c.Id.ToString()), ct);
}

/// <param name="ReportSha256">Of what the opinion is about.</param>
sealed record OpinionSubject(Guid CommunicationId, string ReportSha256);

/// <summary>Use cases of the verifier (the lead gives the form back or an opinion, another person confirms it) and, after that, of the operator who tells a verified product on to a brand.</summary>
public sealed class VerifierHandlers(CommunicationHandlers communications, Approvals approvals, EmissionsHandlers emissions, RulePacks rules)
{
    /// <summary>Back to the operator with the reason.</summary>
    public Task<Answer<CommunicationView>> Return(DbSession s, Guid id, string? reason, CancellationToken ct) => Change(s, id, CommunicationEvent.Return, async (known, next, t) =>
    {
        var wrong = new List<Refusal>();
        var words = Given.Text(reason, "reason", Given.Longest, wrong);
        if (wrong.Count > 0) return wrong;
        // From here on it is out of the verifier's sight.
        await s.AsSystem(u => s.Run("update cbam.communication set state = $2, returned_because = $3, row_version = row_version + 1 where id = $1", u, id, (short)next, words), t);
        await s.Audit(new AuditEntry("communication.returned", "communication", id.ToString(), words), t);
        await CommunicationNotices.ToOperator(s, known, CommunicationNotices.Returned, "communication.notice.returned", t);
        return [];
    }, ct);

    /// <summary>An opinion; another person of the verifier confirms it before it counts.</summary>
    public Task<Answer<CommunicationView>> GiveOpinion(DbSession s, Guid id, VerifierOpinion opinion, CancellationToken ct) => Change(s, id, CommunicationEvent.GiveOpinion, async (known, next, t) =>
    {
        var (report, _) = await CommunicationStore.Content(s, id, t);
        if (CommunicationRules.Check(opinion, CommunicationTemplate.Figures(report), await CommunicationStore.VisitedBefore(s, known, t), s.Today(), rules) is { Count: > 0 } wrong) return wrong;
        var task = await approvals.Propose(s, new ApprovalRequest(OpinionApproval.Name, id.ToString(), s.Actor.OrganisationId, Role.VerifierReviewer, new OpinionSubject(id, known.ReportSha256), "communication.task", new Dictionary<string, string> { ["title"] = known.Title }, $"/cbam/communications/{id}",
            // A reviewer who never decides does not hold the form for ever: it is with the lead again, and the operator may take it back.
            s.Now + Duration.FromDays((int)rules.Pack(CommunicationRules.Pack).Table("limits").Find(null, "review-days")!.Decimal("value"))), t);
        await s.Run("update cbam.communication set state = $2, opinion = $3, opinion_by = $4, task_id = $5, row_version = row_version + 1 where id = $1", t, id, (short)next, new Json(StorageJson.Write(opinion)), s.Actor.PersonId, task.Id);
        await s.Audit(new AuditEntry("communication.opinion", "communication", id.ToString(), Details: new { opinion.RegistrationNumber, Visit = opinion.Visit.ToString() }, EvidenceSha256: known.ReportSha256), t);
        return [];
    }, ct);

    /// <summary>Makes a verified product the draft of a brand's yearly emissions form: seen by the metal's owner alone until the producer opens it.</summary>
    /// <param name="product">Its number in the form.</param>
    public async Task<Answer<CommunicationView>> Publish(DbSession s, Guid id, int product, string? brandCode, string? correctionReason, CancellationToken ct)
    {
        if (Allow.Role(s.Actor, Role.ProducerEditor) is { } no) return no;
        if (await CommunicationStore.Find(s, id, ct) is not { } known || known.OperatorId != s.Actor.OrganisationId) return Refusal.NotFound("communication.not-found");
        if (CommunicationRules.Table.Next(known.State, CommunicationEvent.Publish) is { Ok: false } early) return Answer<CommunicationView>.From(early.Refusals);
        var (report, _) = await CommunicationStore.Content(s, id, ct);
        if (report.Products.FirstOrDefault(p => p.Slot == product) is not { } line || CommunicationTemplate.Figures(report).Products.FirstOrDefault(p => p.Slot == product) is not { SeeDirect: { } direct, SeeIndirect: { } indirect } figure)
            return Refusal.Of("communication.product", "product", ("given", $"{product}"));
        if (report is not { From: { Month: 1, Day: 1 } from, To: { Month: 12, Day: 31 } to } || from.Year != to.Year) return Refusal.Conflict("publication.not-a-year", "to");
        var values = new EmissionsValues(PerT(direct), PerT(indirect), ElectricityTco2ePerMwh: figure is { ElectricityTco2PerMwh: { } factor, ElectricitySource: not null } ? PerT(factor) : null, ElectricitySource: figure is { ElectricityTco2PerMwh: not null, ElectricitySource: { } source } ? source : null, BoundaryNote: $"{line.Name ?? line.Cn}: form of the Commission {known.Id}, product {product}.");
        var published = await s.InTransaction<Done>(async t =>
        {
            // Two who tell it on at once come one after the other.
            await CommunicationStore.Find(s, id, t, " for update");
            if (await s.Value<bool>("select exists (select from cbam.communication_brand where communication_id = $1 and product = $2 and brand_code = $3)", t, id, product, brandCode ?? "")) return Refusal.Conflict("publication.there", "brandCode", ("given", brandCode ?? ""));
            var made = await emissions.Create(s, new NewSubmission(brandCode ?? "", from.Year, EmissionsMethod.Cbam, values, VerificationStatus.Reasonable, known.VerifierId, CorrectionReason: string.IsNullOrWhiteSpace(correctionReason) ? null : correctionReason.Trim()), t,
                new SubmissionSource(known.Id, 1, known.ReportSha256));
            if (!made.Ok) return Answer<Done>.From(made.Refusals);
            await s.Run("insert into cbam.communication_brand (communication_id, product, brand_code, report_year, submission_id, published_by, published_at) values ($1, $2, $3, $4, $5, $6, $7)", t, id, product, brandCode, from.Year, made.Value.Id, s.Actor.PersonId, s.Now);
            await s.Audit(new AuditEntry("communication.published", "communication", id.ToString(), Details: new { Product = product, Brand = brandCode, Submission = made.Value.Id }, EvidenceSha256: known.ReportSha256), t);
            await s.Publish("cbam.communication.published", new { CommunicationId = id, Product = product, BrandCode = brandCode, SubmissionId = made.Value.Id }, t);
            return default(Done);
        }, ct);
        return published.Ok ? await communications.Read(s, id, ct) : Answer<CommunicationView>.From(published.Refusals);

        static decimal PerT(decimal value) => Math.Round(value, 4, MidpointRounding.ToEven);
    }

    async Task<Answer<CommunicationView>> Change(DbSession s, Guid id, CommunicationEvent happened, Func<Communication, CommunicationState, CancellationToken, Task<IReadOnlyList<Refusal>>> change, CancellationToken ct)
    {
        if (Allow.Role(s.Actor, Role.VerifierLead) is { } no) return no;
        var changed = await s.InTransaction<Done>(async t =>
        {
            if (await CommunicationStore.Find(s, id, t, " for update") is not { } known || known.VerifierId != s.Actor.OrganisationId || known.State == CommunicationState.Draft) return Refusal.NotFound("communication.not-found");
            var next = CommunicationRules.Table.Next(known.State, happened);
            if (!next.Ok) return Answer<Done>.From(next.Refusals);
            return await change(known, next.Value, t) is { Count: > 0 } wrong ? Answer<Done>.From(wrong) : default(Done);
        }, ct);
        return changed.Ok && happened != CommunicationEvent.Return ? await communications.Read(s, id, ct) : changed.Ok ? await Left(s, id, ct) : Answer<CommunicationView>.From(changed.Refusals);
    }

    /// <summary>What was just given back is no longer the verifier's to see: it is answered once more, as it was.</summary>
    static async Task<Answer<CommunicationView>> Left(DbSession s, Guid id, CancellationToken ct) => await s.InTransaction(t => s.AsSystem(u => CommunicationStore.Find(s, id, u), t), ct) is { } known ? new CommunicationView(known, CommunicationReport.Empty, CommunicationTemplate.Figures(CommunicationReport.Empty), [], [], []) : Refusal.NotFound("communication.not-found");
}

/// <summary>The independent review of an opinion.</summary>
sealed class OpinionApproval : IApprovalKind
{
    public const string Name = "cbam.opinion";

    public string Kind => Name;

    public Task<Answer<Done>> Approve(DbSession session, ApprovalTask task, CancellationToken ct) => Decided(session, task, CommunicationEvent.Confirm, async (known, next) =>
    {
        await session.Run("update cbam.communication set state = $2, decided_by = $3, decided_at = $4, row_version = row_version + 1 where id = $1", ct, known.Id, (short)next, session.Actor.PersonId, session.Now);
        await session.Audit(new AuditEntry("communication.verified", "communication", known.Id.ToString(), EvidenceSha256: known.ReportSha256), ct);
        await CommunicationNotices.ToOperator(session, known, CommunicationNotices.Decided, "communication.notice.verified", ct);
    }, ct);

    public Task<Answer<Done>> Reject(DbSession session, ApprovalTask task, string reason, CancellationToken ct) => Decided(session, task, CommunicationEvent.Reject, async (known, next) =>
    {
        await session.Run("update cbam.communication set state = $2, opinion = null, opinion_by = null, task_id = null, row_version = row_version + 1 where id = $1", ct, known.Id, (short)next);
        await session.Audit(new AuditEntry("communication.opinion-rejected", "communication", known.Id.ToString(), reason), ct);
    }, ct);

    static async Task<Answer<Done>> Decided(DbSession s, ApprovalTask task, CommunicationEvent happened, Func<Communication, CommunicationState, Task> write, CancellationToken ct)
    {
        var subject = task.Payload<OpinionSubject>();
        return await SecondPerson.Decided(await CommunicationStore.Find(s, subject.CommunicationId, ct, " for update"), c => (c.State, c.ReportSha256), subject.ReportSha256, CommunicationRules.Table, happened,
            Refusal.NotFound("communication.not-found"), Refusal.Conflict("communication.changed", "rowVersion"), write);
    }
}
