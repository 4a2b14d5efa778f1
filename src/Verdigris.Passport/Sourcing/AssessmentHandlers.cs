using System.Globalization;
using NodaTime;
using NodaTime.Text;
using Npgsql;
using Verdigris.Passport.Certificates;
using Verdigris.Primitives;
using Verdigris.Storage;

namespace Verdigris.Passport.Sourcing;

/// <summary>An assessment with all that belongs to it, for its producer and the exchange.</summary>
public sealed record AssessmentView(Assessment Assessment, SupplyChain Chain, IReadOnlyList<Flag> Flags, IReadOnlyList<MitigationPlan> Plans, Filing? Filing, IReadOnlyList<SourcingQuery> Queries);

/// <summary>Use cases of the red flag assessment: rows, screening, decisions. The producer's editor works, its approver decides.</summary>
public sealed class AssessmentHandlers(SourcingRules rules, CahraHandlers lists)
{
    static readonly ListOrders<Assessment> Orders = new("sourcing", "-added", ListKey<Assessment>.Id("added", "id", a => a.Id), ListKey<Assessment>.Text("brand", "brand_code", a => a.BrandCode), ListKey<Assessment>.Number("year", "year", a => a.Year));

    /// <summary>Opens a year of an own brand; nothing is begun yet.</summary>
    public async Task<Answer<Assessment>> Open(DbSession s, string brandCode, int year, CancellationToken ct)
    {
        if (Allow.Role(s.Actor, Role.ProducerEditor) is { } no) return no;
        if (await CertificateStore.Brand(s, brandCode ?? "", ct) is not { } brand || (brand.ProducerId != s.Actor.OrganisationId && !s.Actor.Is(Role.System))) return Refusal.Of("sourcing.brand-not-own", "brandCode", ("given", brandCode ?? ""));
        if (year < 2019 || year > s.Today().Year) return Refusal.Of("sourcing.year-out-of-range", "year", ("given", Text(year)), ("latest", Text(s.Today().Year)));
        var id = s.NewId();
        return await s.InTransaction<Assessment>(async t =>
        {
            var made = await s.Run("insert into passport.sourcing_assessment (id, brand_code, producer_id, year, state, created_by, created_at, row_version) values ($1, $2, $3, $4, 0, $5, $6, 1) on conflict (brand_code, year) do nothing", t,
                id, brand.Code, brand.ProducerId, (short)year, s.Actor.PersonId, s.Now);
            if (made == 0) return Refusal.Conflict("sourcing.year-taken", "year", ("brand", brand.Code), ("year", Text(year)));
            await s.Audit(new AuditEntry("sourcing.opened", "sourcing", id.ToString(), Details: new { brand.Code, year }), t);
            return (await AssessmentStore.Find(s, id, t))!;
        }, ct);
    }

    /// <summary>Begins to map suppliers, as of a day of the year or later, not in the future.</summary>
    public Task<Answer<Assessment>> Begin(DbSession s, Guid id, LocalDate day, CancellationToken ct) => AssessmentStore.Change(s, id, Role.ProducerEditor, async (known, t) =>
    {
        if (day.Year < known.Year || day > s.Today()) return [Refusal.Of("sourcing.day-out-of-range", "day", ("earliest", Text(known.Year) + "-01-01"), ("latest", Iso(s.Today())))];
        if (await AssessmentStore.Move(s, known, AssessmentEvent.Begin, null, AssessmentStore.Audit(known, "begun", details: new { Day = Iso(day) }), t) is [_, ..] wrong) return wrong;
        await s.Run("update passport.sourcing_assessment set day = $2 where id = $1", t, id, day);
        return [];
    }, ct);

    /// <summary>Writes the whole supply chain; what is there is replaced.</summary>
    public Task<Answer<SupplyChain>> WriteChain(DbSession s, Guid id, SupplyChain chain, CancellationToken ct) => AssessmentStore.Change(s, id, Role.ProducerEditor, async (known, t) =>
    {
        if (known.State != AssessmentState.SupplierMapping) return [Refusal.Conflict("sourcing.not-mapping", "state", ("state", known.State.ToString()))];
        if (SupplyRules.Check(chain, rules.Primary) is [_, ..] wrong) return wrong;
        await s.Run("""
            insert into passport.sourcing_supply_chain (assessment_id, producer_id, chain, written_by, written_at) values ($1, $2, $3, $4, $5)
            on conflict (assessment_id) do update set chain = $3, written_by = $4, written_at = $5
            """, t, id, known.ProducerId, new Json(StorageJson.Write(chain)), s.Actor.PersonId, s.Now);
        await s.Audit(AssessmentStore.Audit(known, "chain-written", details: new { Suppliers = chain.Suppliers.Count, Edges = chain.Edges.Count }), t);
        return [];
    }, t => AssessmentStore.Chain(s, id, t), ct);

    /// <summary>Screens the chain against the lists that hold on the assessment's day and goes on to the decisions. Without a list nothing is known, so nothing is screened.</summary>
    public Task<Answer<Assessment>> Screen(DbSession s, Guid id, CancellationToken ct) => AssessmentStore.Change(s, id, Role.ProducerEditor, async (known, t) =>
    {
        if (AssessmentRules.Table.Next(known.State, AssessmentEvent.Screen) is { Ok: false } not) return not.Refusals;
        var chain = await AssessmentStore.Chain(s, id, t);
        if (SupplyRules.CheckComplete(chain) is [_, ..] incomplete) return incomplete;
        var holding = FlagRules.Holding(await lists.List(s, t), known.Day!.Value);
        if (holding.Count == 0) return [Refusal.Conflict("sourcing.no-list-holds", "day", ("day", Iso(known.Day.Value)))];
        // What the last screening found is found again; what somebody raised stays, to be decided anew.
        await s.Run("delete from passport.sourcing_flag where assessment_id = $1 and finding is not null", t, id);
        await s.Run("update passport.sourcing_flag set decision = 0, risks = '{}', reason = null, reviewer = null, reviewer_name = null, reviewed_at = null where assessment_id = $1", t, id);
        var found = FlagRules.Screen(chain, holding, known.Day.Value, rules.Primary);
        foreach (var flag in found)
            await s.Run("insert into passport.sourcing_flag (id, assessment_id, producer_id, flag, supplier_key, place, finding, list_id, raised_at, decision, risks) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, 0, '{}')", t,
                s.NewId(), id, known.ProducerId, flag.Flag, flag.SupplierKey, flag.Place, flag.Finding, flag.ListId, s.Now);
        return await AssessmentStore.Move(s, known, AssessmentEvent.Screen, null, AssessmentStore.Audit(known, "screened", details: new { Lists = holding.Select(l => new { l.Id, l.Name, Day = Iso(l.ListDate), l.Sha256 }), Found = found.Count }), t);
    }, ct);

    /// <summary>Back to the suppliers; nothing that was planned may be lost by it.</summary>
    public Task<Answer<Assessment>> Remap(DbSession s, Guid id, CancellationToken ct) => AssessmentStore.Change(s, id, Role.ProducerEditor,
        (known, t) => AssessmentStore.Move(s, known, AssessmentEvent.Remap, null, AssessmentStore.Audit(known, "remapped"), t), ct);

    /// <summary>Raises a supplier, location or circumstance flag with its evidence.</summary>
    public async Task<Answer<Flag>> Raise(DbSession s, Guid id, NewFlag flag, CancellationToken ct)
    {
        var flagId = s.NewId();
        return await AssessmentStore.Change(s, id, Role.ProducerEditor, async (known, t) =>
        {
            if (known.State != AssessmentState.Screening) return [Refusal.Conflict("sourcing.not-screening", "state", ("state", known.State.ToString()))];
            if (FlagRules.Check(flag, await AssessmentStore.Chain(s, id, t), known.Day!.Value, rules.Flags) is [_, ..] wrong) return wrong;
            await s.Run("insert into passport.sourcing_flag (id, assessment_id, producer_id, flag, supplier_key, evidence, evidence_day, raised_by, raised_at, decision, risks) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, 0, '{}')", t,
                flagId, id, known.ProducerId, flag.Flag, flag.SupplierKey, flag.Evidence, flag.EvidenceDay, s.Actor.PersonId, s.Now);
            await s.Audit(AssessmentStore.Audit(known, "flag-raised", details: new { flag.Flag, flag.SupplierKey }), t);
            return [];
        }, async t => (await AssessmentStore.Flag(s, flagId, t))!, ct);
    }

    /// <summary>The approver confirms or dismisses a flag, with the risks of Annex II it shows and the reasons; never one he raised himself.</summary>
    public async Task<Answer<Flag>> Decide(DbSession s, Guid flagId, FlagDecision decision, IReadOnlyList<string>? risks, string? reason, CancellationToken ct)
    {
        if (await AssessmentStore.Flag(s, flagId, ct) is not { } flag) return AssessmentStore.Hidden();
        return await AssessmentStore.Change(s, flag.AssessmentId, Role.ProducerApprover, async (known, t) =>
        {
            if (known.State != AssessmentState.Screening) return [Refusal.Conflict("sourcing.not-screening", "state", ("state", known.State.ToString()))];
            if (flag.RaisedBy == s.Actor.PersonId) return [Refusal.Forbidden("sourcing.reviewer-raised-it")];
            if (FlagRules.CheckDecision(decision, risks, reason, rules.Risks) is [_, ..] wrong) return wrong;
            var written = await s.Run("update passport.sourcing_flag set decision = $2, risks = $3, reason = $4, reviewer = $5, reviewer_name = $6, reviewed_at = $7 where id = $1", t,
                flagId, (short)decision, (risks ?? []).ToArray(), reason, s.Actor.PersonId, s.Actor.Name, s.Now);
            // A screening that ran meanwhile found its flags anew.
            if (written == 0) return [AssessmentStore.Hidden()];
            await s.Audit(AssessmentStore.Audit(known, "flag-decided", reason, new { flag.Kind, flag.SupplierKey, flag.Place, Decision = decision.ToString(), Risks = risks }), t);
            return [];
        }, async t => (await AssessmentStore.Flag(s, flagId, t))!, ct);
    }

    /// <summary>Every flag is decided: flags found, where one is confirmed, or none.</summary>
    public Task<Answer<Assessment>> Conclude(DbSession s, Guid id, CancellationToken ct) => AssessmentStore.Change(s, id, Role.ProducerApprover, async (known, t) =>
    {
        var flags = await AssessmentStore.Flags(s, id, t);
        if (known.State == AssessmentState.Screening && flags.Count(f => f.Decision == FlagDecision.Open) is > 0 and var open) return [Refusal.Conflict("sourcing.flags-open", "flags", ("count", Text(open)))];
        var end = flags.Any(f => f.Decision == FlagDecision.Confirmed) ? AssessmentState.FlagsFound : AssessmentState.NoFlags;
        return await AssessmentStore.Move(s, known, AssessmentEvent.Conclude, end, AssessmentStore.Audit(known, "concluded", details: new { End = end.ToString() }), t);
    }, ct);

    /// <summary>Back to the decisions, as long as no plan was made.</summary>
    public Task<Answer<Assessment>> Reopen(DbSession s, Guid id, CancellationToken ct) => AssessmentStore.Change(s, id, Role.ProducerApprover, async (known, t) =>
        (await AssessmentStore.Plans(s, id, t)).Count > 0 ? [Refusal.Conflict("sourcing.plan-there")]
        : await AssessmentStore.Move(s, known, AssessmentEvent.Reopen, null, AssessmentStore.Audit(known, "reopened"), t), ct);

    public async Task<Answer<AssessmentView>> Read(DbSession s, Guid id, CancellationToken ct)
    {
        if (await AssessmentStore.Find(s, id, ct) is not { } known) return AssessmentStore.Hidden();
        return new AssessmentView(known, await AssessmentStore.Chain(s, id, ct), await AssessmentStore.Flags(s, id, ct), await AssessmentStore.Plans(s, id, ct), await AssessmentStore.Filing(s, id, ct), await AssessmentStore.Queries(s, id, ct));
    }

    /// <summary>Assessments of the own brands; the exchange sees all.</summary>
    /// <param name="sort">added, brand or year, with a leading minus for descending; null is -added.</param>
    public async Task<Answer<Page<Assessment>>> List(DbSession s, string? brand, int? year, AssessmentState? state, Track? track, string? cursor, int limit, CancellationToken ct, string? sort = null)
    {
        if (!s.Actor.SignedIn) return Refusal.Forbidden("access.sign-in-needed");
        var query = new Where();
        if (!s.Actor.Is(Role.ExchangeStaff) && !s.Actor.Is(Role.System)) query.And("producer_id = ", s.Actor.OrganisationId);
        if (brand is not null) query.And("brand_code = ", brand);
        if (year is { } y) query.And("year = ", y);
        if (track is { } tr) query.And("track = ", (short)tr);
        var today = s.Today();
        // Compliance falls due by itself: the row says compliant, the day says more.
        if (state is AssessmentState.DueAgain) query.And($"(state = 8 and next_check_due <= {query.Next(today)})");
        else if (state is AssessmentState.Compliant) query.And($"(state = 8 and next_check_due > {query.Next(today)})");
        else if (state is { } st) query.And("state = ", (short)st);
        return await Orders.Page(s, $"select {AssessmentStore.Columns} from passport.sourcing_assessment", query, sort, cursor, limit, r => AssessmentStore.Map(r, today), ct);
    }

    static string Text(int value) => value.ToString(CultureInfo.InvariantCulture);
    static string Iso(LocalDate day) => LocalDatePattern.Iso.Format(day);
}
