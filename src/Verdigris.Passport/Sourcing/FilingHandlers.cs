using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using NodaTime;
using NodaTime.Text;
using Npgsql;
using Verdigris.Passport.Brands;
using Verdigris.Passport.Certificates;
using Verdigris.Primitives;
using Verdigris.Storage;

namespace Verdigris.Passport.Sourcing;

/// <summary>A supplier as it is published: what and where from, never who.</summary>
public sealed record PublishedSupplier(int Tier, string Material, string Country, decimal? SharePercent, IReadOnlyList<string> Origins, IReadOnlyList<string> Transits);

/// <summary>A confirmed or dismissed flag as it is published.</summary>
public sealed record PublishedFlag(string Flag, int? Tier, string? Place, string? Finding, FlagDecision Decision, IReadOnlyList<string> Risks, MitigationResponse? Response, int Actions, int ActionsOpen);

/// <summary>A list of areas that was used.</summary>
public sealed record UsedList(string Name, string Source, LocalDate ListDate, string Sha256);

/// <summary>The assessment published under track C. Written once, when it is filed.</summary>
public sealed record Publication(string BrandCode, int Year, LocalDate Day, IReadOnlyList<UsedList> Lists, IReadOnlyList<PublishedSupplier> Suppliers, IReadOnlyList<PublishedFlag> Flags);

/// <summary>A step to suspend or delist a brand over its sourcing.</summary>
/// <param name="Reason">A code of the table <c>reasons</c>.</param>
public sealed record Escalation(ListingState State, LocalDate From, string NoticeNo, string Reason, string? Note);

/// <summary>Use cases from the filing on: what is filed by track, the exchange's queries, its finding, and escalation to the brand's listing.</summary>
public sealed class FilingHandlers(SourcingRules rules, CahraHandlers lists, PlantCertificateHandlers certificates, BrandHandlers brands)
{
    /// <summary>The approver files. Tracks B and C need a concluded assessment, with a plan for every confirmed flag and no check of progress overdue; A, B and D need their document.</summary>
    public Task<Answer<Assessment>> File(DbSession s, Guid id, Filing filing, CancellationToken ct) => AssessmentStore.Change(s, id, Role.ProducerApprover, async (known, t) =>
    {
        if (!Enum.IsDefined(filing.Track)) return [Refusal.Of("sourcing.track-unknown", "track")];
        var direct = !rules.Track(filing.Track).Flag("needs_assessment") && known.State is AssessmentState.NotStarted or AssessmentState.SupplierMapping;
        var happened = direct ? AssessmentEvent.FileDirectly : AssessmentEvent.File;
        if (AssessmentRules.Table.Next(known.State, happened) is { Ok: false } not) return not.Refusals;
        var brand = (await CertificateStore.Brand(s, known.BrandCode, t))!;
        var wrong = AssessmentRules.Check(filing, brand.Metal, s.Today(), rules.Standards, rules.Terms.RecyclablePercent);
        if (filing.AuditorId is { } auditor && await s.Value<long>("select count(*) from passport.organisation where id = $1 and kind = 'verifier' and state = 'active'", t, auditor) == 0) wrong.Add(Refusal.Of("sourcing.auditor-not-approved", "auditorId"));
        var document = filing.Track switch { Track.A => "certificate", Track.B => "audit", Track.D => "attestation", _ => null };
        if (document is not null && !await SourcingFiles.Has(s, id, document, t)) wrong.Add(Refusal.Of("sourcing.document-missing", "file", ("purpose", document)));
        var plans = await AssessmentStore.Plans(s, id, t);
        if (plans.Count(p => MitigationRules.CheckOverdue(p, rules.Terms.ProgressMonths, s.Today())) is > 0 and var late) wrong.Add(Refusal.Conflict("sourcing.progress-overdue", "plans", ("count", Text(late))));
        if (wrong.Count > 0) return wrong;
        await s.Run("insert into passport.sourcing_filing (assessment_id, producer_id, filing, filed_by, filed_at) values ($1, $2, $3, $4, $5)", t, id, known.ProducerId, new Json(StorageJson.Write(filing)), s.Actor.PersonId, s.Now);
        await s.Run("update passport.sourcing_assessment set track = $2, filed_at = $3 where id = $1", t, id, (short)filing.Track, s.Now);
        if (rules.Track(filing.Track).Flag("published")) await Publish(s, known, plans, t);
        return await AssessmentStore.Move(s, known, happened, null, AssessmentStore.Audit(known, "filed", details: new { Track = filing.Track.ToString() }), t);
    }, ct);

    async Task Publish(DbSession s, Assessment known, IReadOnlyList<MitigationPlan> plans, CancellationToken t)
    {
        var chain = await AssessmentStore.Chain(s, known.Id, t);
        var flags = await AssessmentStore.Flags(s, known.Id, t);
        var used = FlagRules.Holding(await lists.List(s, t), known.Day!.Value);
        var published = new Publication(known.BrandCode, known.Year, known.Day.Value, [.. used.Select(l => new UsedList(l.Name, l.Source, l.ListDate, l.Sha256))],
            [.. chain.Suppliers.OrderBy(x => x.Tier).Select(x => new PublishedSupplier(x.Tier, x.Material, x.Country, x.SharePercent, x.Origins ?? [], x.Transits ?? []))],
            [.. flags.Select(f => (Flag: f, Plan: plans.FirstOrDefault(p => p.FlagId == f.Id))).Select(x => new PublishedFlag(x.Flag.Kind, x.Flag.SupplierKey is { } key ? chain.Find(key)?.Tier : null, x.Flag.Place, x.Flag.Finding, x.Flag.Decision, x.Flag.Risks,
                x.Plan?.Response, x.Plan?.Actions.Count ?? 0, x.Plan?.Actions.Count(a => a.State == ActionState.Open) ?? 0))]);
        var json = StorageJson.Write(published);
        await s.Run("insert into passport.sourcing_publication (assessment_id, brand_code, year, content, sha256, published_at) values ($1, $2, $3, $4, $5, $6)", t,
            known.Id, known.BrandCode, (short)known.Year, new Json(json), Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(json))), s.Now);
    }

    /// <summary>What was published of an assessment, for everybody; refused alike where nothing was and where nothing is.</summary>
    public async Task<Answer<Publication>> Published(DbSession s, Guid id, CancellationToken ct) =>
        await s.One("select content::text from passport.sourcing_publication where assessment_id = $1", r => StorageJson.Read<Publication>(r.GetString(0)), ct, id) is { } found ? found : AssessmentStore.Hidden();

    /// <summary>The exchange asks about what was filed.</summary>
    public Task<Answer<Assessment>> Ask(DbSession s, Guid id, string? question, CancellationToken ct) => AssessmentStore.Change(s, id, Role.ExchangeStaff, async (known, t) =>
    {
        if (SourcingText.Note(question, "question") is [_, ..] wrong) return wrong;
        if (await AssessmentStore.Move(s, known, AssessmentEvent.Ask, null, AssessmentStore.Audit(known, "asked"), t) is [_, ..] not) return not;
        await s.Run("insert into passport.sourcing_query (id, assessment_id, producer_id, question, asked_by, asked_at) values ($1, $2, $3, $4, $5, $6)", t, s.NewId(), id, known.ProducerId, question, s.Actor.PersonId, s.Now);
        return [];
    }, ct);

    /// <summary>The producer answers one question; with the last answer the filing is back with the exchange.</summary>
    public Task<Answer<Assessment>> Respond(DbSession s, Guid id, Guid query, string? answer, CancellationToken ct) => AssessmentStore.Change(s, id, Role.ProducerEditor, async (known, t) =>
    {
        if (SourcingText.Note(answer, "answer") is [_, ..] wrong) return wrong;
        if (AssessmentRules.Table.Next(known.State, AssessmentEvent.Answer) is { Ok: false } not) return not.Refusals;
        var asked = await AssessmentStore.Queries(s, id, t);
        if (asked.FirstOrDefault(q => q.Id == query) is not { } one) return [AssessmentStore.Hidden()];
        if (one.Answer is not null) return [Refusal.Conflict("sourcing.query-answered", "query")];
        await s.Run("update passport.sourcing_query set answer = $2, answered_by = $3, answered_at = $4 where id = $1", t, query, answer, s.Actor.PersonId, s.Now);
        if (asked.Count(q => q.Answer is null) == 1) return await AssessmentStore.Move(s, known, AssessmentEvent.Answer, null, AssessmentStore.Audit(known, "answered"), t);
        await s.Audit(AssessmentStore.Audit(known, "answered"), t);
        return [];
    }, ct);

    /// <summary>The exchange finds the brand compliant. The brand's plant must hold both management certificates; what was filed must still hold; the day of the next check is written down.</summary>
    public Task<Answer<Assessment>> Accept(DbSession s, Guid id, CancellationToken ct) => AssessmentStore.Change(s, id, Role.ExchangeStaff, async (known, t) =>
    {
        if (AssessmentRules.Table.Next(known.State, AssessmentEvent.Accept) is { Ok: false } not) return not.Refusals;
        var wrong = new List<Refusal>();
        var filing = (await AssessmentStore.Filing(s, id, t))!;
        if (filing.ValidTo < s.Today()) wrong.Add(Refusal.Of("sourcing.no-longer-valid", "validTo", ("to", LocalDatePattern.Iso.Format(filing.ValidTo.Value))));
        var brand = (await CertificateStore.Brand(s, known.BrandCode, t))!;
        foreach (var missing in PlantCertificateRules.Missing(await certificates.OfPlant(s, brand.PlantId, t), s.Today()))
            wrong.Add(Refusal.Conflict("sourcing.management-certificate-missing", "plant", ("standard", missing == ManagementStandard.Iso14001 ? "ISO 14001" : "ISO 45001")));
        if (wrong.Count > 0) return wrong;
        var due = AssessmentRules.NextCheck(s.Today(), filing, rules.Terms.RecheckMonths);
        await s.Run("update passport.sourcing_assessment set accepted_at = $2, next_check_due = $3 where id = $1", t, id, s.Now, due);
        return await AssessmentStore.Move(s, known, AssessmentEvent.Accept, null, AssessmentStore.Audit(known, "compliant", details: new { NextCheckDue = LocalDatePattern.Iso.Format(due) }), t);
    }, ct);

    /// <summary>The exchange proposes to suspend or delist the brand for a known reason; a second member of staff decides in the inbox, and the assessment follows the listing.</summary>
    public async Task<Answer<ApprovalTask>> Escalate(DbSession s, Guid id, Escalation step, CancellationToken ct)
    {
        if (Allow.Role(s.Actor, Role.ExchangeStaff) is { } no) return no;
        if (await AssessmentStore.Find(s, id, ct) is not { } known) return AssessmentStore.Hidden();
        if (step.State is not (ListingState.Suspended or ListingState.Delisted)) return Refusal.Of("sourcing.escalation-state", "state", ("given", step.State.ToString()));
        if (SourcingRules.Find(rules.Reasons, "reason", step.Reason) is null) return Refusal.Of("sourcing.reason-unknown", "reason", ("given", step.Reason ?? ""));
        if (step.Note is not null && SourcingText.Note(step.Note, "note") is [_, ..] wrong) return Answer<ApprovalTask>.From(wrong);
        return await s.InTransaction<ApprovalTask>(async t =>
        {
            var task = await brands.ProposeListing(s, new ListingChange(known.BrandCode, step.From, step.State, step.NoticeNo, $"sourcing.{step.Reason}"), t);
            if (task.Ok) await s.Audit(AssessmentStore.Audit(known, "escalated", step.Note, new { State = step.State.ToString(), step.Reason }), t);
            return task;
        }, ct);
    }

    /// <summary>Carries a decided change of the brand's listing over to the assessment that is suspended, else the newest: suspended, back to where it was, or delisted. Runs in the decision's own transaction.</summary>
    internal static async Task Follow(DbSession s, ListingChange change, CancellationToken t)
    {
        var happened = change.State switch { ListingState.Suspended => AssessmentEvent.Suspend, ListingState.Listed => AssessmentEvent.Restore, ListingState.Delisted => AssessmentEvent.Delist, _ => (AssessmentEvent?)null };
        if (happened is not { } next) return;
        var newest = await s.All("select id, state, state_before from passport.sourcing_assessment where brand_code = $1 order by (state = 20) desc, year desc limit 1 for update",
            r => (Id: r.GetGuid(0), State: (AssessmentState)r.GetInt16(1), Before: r.IsDBNull(2) ? (AssessmentState?)null : (AssessmentState)r.GetInt16(2)), t, change.BrandCode);
        // A brand taken over from another register may be listed again without ever having been assessed or suspended here.
        if (newest.Count == 0 || AssessmentRules.Table.Next(newest[0].State, next, newest[0].Before) is not { Ok: true } to) return;
        var (id, state, _) = newest[0];
        await s.Run("update passport.sourcing_assessment set state = $2, state_before = $3, row_version = row_version + 1 where id = $1", t, id, (short)to.Value, to.Value == AssessmentState.Suspended ? (short)state : null);
        await s.Audit(new AuditEntry("sourcing.listing-followed", "sourcing", id.ToString(), change.Reason, new { State = to.Value.ToString() }), t);
    }

    static string Text(int value) => value.ToString(CultureInfo.InvariantCulture);
}
