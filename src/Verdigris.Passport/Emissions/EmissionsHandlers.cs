using System.Security.Cryptography;
using NodaTime;
using Npgsql;
using Verdigris.Passport.Access;
using Verdigris.Passport.Certificates;
using Verdigris.Primitives;
using Verdigris.Storage;

namespace Verdigris.Passport.Emissions;

/// <summary>A submission with its figures, for those who may see them.</summary>
public sealed record SubmissionView(Submission Submission, EmissionsValues Values, string ValuesSha256, Because Because);

/// <summary>What a certificate's reader sees of its emissions.</summary>
/// <param name="Unknown">Methods for which there is neither an accepted submission nor a default in force.</param>
public sealed record CertificateEmissions(Guid CertificateId, Because Because, IReadOnlyList<EmissionsOnCertificate> Items, IReadOnlyList<EmissionsMethod> Unknown);

/// <summary>Use cases of the yearly emissions form of a brand, and of the figures it lends to certificates.</summary>
public sealed class EmissionsHandlers(TitleReader titles, PassportRules rules, Approvals approvals)
{
    /// <param name="source">The verified report the figures are from; null where they are typed.</param>
    public async Task<Answer<Submission>> Create(DbSession s, NewSubmission request, CancellationToken ct, SubmissionSource? source = null)
    {
        if (Allow.Role(s.Actor, Role.ProducerEditor) is { } no) return no;
        var wrong = SubmissionRules.Check(request, s.Now.InUtc().Year);
        var brand = await CertificateStore.Brand(s, request.BrandCode, ct);
        if (brand is null || (brand.ProducerId != s.Actor.OrganisationId && !s.Actor.Is(Role.System))) wrong.Insert(0, Refusal.Of("emissions.brand-unknown", "brandCode", ("given", request.BrandCode)));
        if (request.VerifierId is { } verifier && await s.Value<long>("select count(*) from passport.organisation where id = $1 and kind = 'verifier'", ct, verifier) == 0)
            wrong.Add(Refusal.Of("emissions.verifier-unknown", "verifierId"));
        if (request.CorrectionReason is null && brand is not null && await s.Value<bool>("select exists (select from passport.emissions_submission where brand_code = $1 and report_year = $2 and method = $3 and state = 3)", ct, brand.Code, (short)request.ReportYear, EmissionsWords.Of(request.Method)))
            wrong.Add(Refusal.Of("emissions.correction-reason-missing", "correctionReason"));
        if (wrong.Count > 0) return wrong;
        var id = s.NewId();
        return await s.InTransaction<Submission>(async t =>
        {
            await s.Run("""
                insert into passport.emissions_submission (id, brand_code, plant_id, producer_id, report_year, method, state, verification, verifier_id, public_opt_in, form_sha256, created_by, created_at, correction_reason, row_version, source_report, source_version, source_sha256)
                values ($1, $2, $3, $4, $5, $6, 0, $7, $8, $9, $10, $11, $12, $13, 1, $14, $15, $16)
                """, t, id, brand!.Code, brand.PlantId, brand.ProducerId, (short)request.ReportYear, EmissionsWords.Of(request.Method), EmissionsWords.Of(request.Verification), request.VerifierId, request.PublicOptIn,
                request.FormSha256, s.Actor.PersonId, s.Now, request.CorrectionReason, source?.ReportId, source?.Version, source?.FiguresSha256);
            await WriteValues(s, id, brand.ProducerId, request.Values, t);
            await s.Audit(new AuditEntry("emissions.created", "emissions", id.ToString(), Details: new { request.BrandCode, request.ReportYear, Method = EmissionsWords.Of(request.Method), request.CorrectionReason, Source = source }, EvidenceSha256: source?.FiguresSha256 ?? request.FormSha256), t);
            return (await Find(s, id, t))!;
        }, ct);
    }

    /// <summary>Changes the figures of a draft or a returned submission.</summary>
    public Task<Answer<Submission>> Revise(DbSession s, Guid id, EmissionsValues values, CancellationToken ct) => Change(s, id, Role.ProducerEditor, async (known, t) =>
    {
        if (Closed(known, "Revise") is { } closed) return [closed];
        // What was verified elsewhere is corrected there, and published anew.
        if (known.Source is not null) return [Refusal.Conflict("emissions.from-report", "values")];
        var wrong = SubmissionRules.Check(new NewSubmission(known.BrandCode, known.ReportYear, known.Method, values, known.Verification, known.VerifierId, known.PublicOptIn, known.FormSha256), s.Now.InUtc().Year);
        if (wrong.Count > 0) return wrong;
        await WriteValues(s, id, known.ProducerId, values, t);
        await s.Run("update passport.emissions_submission set row_version = row_version + 1, created_by = $2 where id = $1", t, id, s.Actor.PersonId);
        await s.Audit(new AuditEntry("emissions.revised", "emissions", id.ToString()), t);
        return [];
    }, ct);

    /// <summary>Hands the form in to the exchange: the producer's approver, another person than the one who entered the figures.</summary>
    public Task<Answer<Submission>> Submit(DbSession s, Guid id, CancellationToken ct) => Change(s, id, Role.ProducerApprover, async (known, t) =>
    {
        if (await s.Value<Guid>("select created_by from passport.emissions_submission where id = $1", t, id) == s.Actor.PersonId && !s.Actor.Is(Role.System)) return [Refusal.Forbidden("emissions.submitter-wrote-it")];
        var next = SubmissionRules.Table.Next(known.State, SubmissionEvent.Submit);
        if (!next.Ok) return next.Refusals;
        var (fromDeadline, rule) = rules.VerificationDuty();
        if (rules.Deadline(known.ReportYear) is { } deadline && SubmissionRules.VerificationDuty(known.Verification, deadline, fromDeadline, rule) is { } unverified) return [unverified];
        if (await Exchange(s, t) is not { } exchange) return [Refusal.Conflict("organisation.no-exchange")];
        var task = await approvals.Propose(s, new ApprovalRequest(AcceptSubmissionKind.Name, id.ToString(), exchange, Role.ExchangeStaff, new SubmissionSubject(id, known.RowVersion), "passport.task.emissions",
            new Dictionary<string, string> { ["brand"] = known.BrandCode, ["year"] = known.ReportYear.ToString(System.Globalization.CultureInfo.InvariantCulture), ["method"] = EmissionsWords.Of(known.Method) }, $"/emissions/{id}"), t);
        await s.Run("update passport.emissions_submission set state = $2, submitted_by = $3, submitted_at = $4, task_id = $5, reason = null, row_version = row_version + 1 where id = $1", t,
            id, (short)next.Value, s.Actor.PersonId, s.Now, task.Id);
        await s.Audit(new AuditEntry("emissions.submitted", "emissions", id.ToString()), t);
        return [];
    }, ct);

    /// <summary>The producer lets everybody see the figures of this submission, or no longer.</summary>
    public Task<Answer<Submission>> SetPublic(DbSession s, Guid id, bool optIn, CancellationToken ct) => Change(s, id, Role.ProducerApprover, async (_, t) =>
    {
        await s.Run("update passport.emissions_submission set public_opt_in = $2, row_version = row_version + 1 where id = $1", t, id, optIn);
        await s.Audit(new AuditEntry(optIn ? "emissions.published" : "emissions.unpublished", "emissions", id.ToString()), t);
        return [];
    }, ct);

    /// <summary>A submission for its producer, for the exchange once it was handed in, and for everybody where it is accepted and opted in.</summary>
    public async Task<Answer<SubmissionView>> Read(DbSession s, Guid id, CancellationToken ct)
    {
        if (await Find(s, id, ct) is not { } known) return EmissionsAccess.NotVisible("emissions");
        var decision = EmissionsAccess.DecideSubmission(s.Actor, known);
        if (!decision.Allowed || await Values(s, id, ct) is not { } stored) return EmissionsAccess.NotVisible("emissions");
        return new SubmissionView(known, stored.Values, stored.Sha256, decision.Because);
    }

    static readonly ListOrders<Submission> Orders = new("emissions", "-added", ListKey<Submission>.Id("added", "id", e => e.Id),
        ListKey<Submission>.Text("brand", "brand_code", e => e.BrandCode), ListKey<Submission>.Number("year", "report_year", e => e.ReportYear), ListKey<Submission>.Number("state", "state", e => (short)e.State));

    /// <summary>Submissions of the own brands; the exchange sees all that were handed in, nobody else any.</summary>
    /// <param name="sort">added, brand, year or state, with a leading minus for descending; null is -added.</param>
    public async Task<Answer<Page<Submission>>> List(DbSession s, string? brand, int? year, string? cursor, int limit, CancellationToken ct, string? sort = null)
    {
        if (!s.Actor.SignedIn) return Refusal.Forbidden("access.sign-in-needed");
        var query = new Where();
        var own = "producer_id = " + query.Next(s.Actor.OrganisationId);
        query.And(s.Actor.Is(Role.ExchangeStaff) || s.Actor.Is(Role.System) ? $"({own} or state > 0)" : own);
        if (brand is not null) query.And("brand_code = ", brand);
        if (year is { } y) query.And("report_year = ", y);
        return await Orders.Page(s, $"select {Columns} from passport.emissions_submission", query, sort, cursor, limit, Map, ct);
    }

    /// <summary>Every submission of the same brand, year and method that the reader may see with its figures, newest first: what was corrected, when and why.</summary>
    public async Task<Answer<IReadOnlyList<SubmissionView>>> Versions(DbSession s, Guid id, CancellationToken ct) =>
        await Read(s, id, ct) is { Ok: true } read ? await Versions(s, read.Value, ct) : EmissionsAccess.NotVisible("emissions");

    /// <inheritdoc cref="Versions(DbSession, Guid, CancellationToken)"/>
    public static async Task<List<SubmissionView>> Versions(DbSession s, SubmissionView read, CancellationToken ct)
    {
        var one = read.Submission;
        return await Seen(s, await s.All($"select {Columns} from passport.emissions_submission where brand_code = $1 and report_year = $2 and method = $3 order by id desc", Map, ct, one.BrandCode, (short)one.ReportYear, EmissionsWords.Of(one.Method)), ct);
    }

    /// <summary>
    /// What the difference between the footprint (IAI) and the border measure's figure (CBAM) of a submission's brand and year is made of: the submission itself against the accepted one of the
    /// other method, or null where the reader sees none.
    /// </summary>
    public async Task<Answer<MethodDifference?>> Difference(DbSession s, Guid id, CancellationToken ct) =>
        await Read(s, id, ct) is { Ok: true } read ? await Difference(s, read.Value, ct) : EmissionsAccess.NotVisible("emissions");

    /// <inheritdoc cref="Difference(DbSession, Guid, CancellationToken)"/>
    public static async Task<MethodDifference?> Difference(DbSession s, SubmissionView read, CancellationToken ct)
    {
        var one = read.Submission;
        if (one.Method == EmissionsMethod.Epd) return null;
        var other = one.Method == EmissionsMethod.Cbam ? EmissionsMethod.Iai : EmissionsMethod.Cbam;
        var beside = await Seen(s, await s.All($"select {Columns} from passport.emissions_submission where brand_code = $1 and report_year = $2 and method = $3 and state = 3", Map, ct, one.BrandCode, (short)one.ReportYear, EmissionsWords.Of(other)), ct);
        if (beside is not [{ } found]) return null;
        return one.Method == EmissionsMethod.Cbam ? MethodDifference.Of(read.Values, found.Values) : MethodDifference.Of(found.Values, read.Values);
    }

    /// <summary>Those of the rows that the reader may see, with their figures.</summary>
    static async Task<List<SubmissionView>> Seen(DbSession s, IEnumerable<Submission> rows, CancellationToken ct)
    {
        var seen = new List<SubmissionView>();
        foreach (var row in rows)
            if (EmissionsAccess.DecideSubmission(s.Actor, row) is { Allowed: true } decision && await Values(s, row.Id, ct) is { } stored) seen.Add(new(row, stored.Values, stored.Sha256, decision.Because));
        return seen;
    }

    /// <summary>What a certificate shows of its emissions to this reader, by the join rule. Not visible and not there are one answer.</summary>
    public async Task<Answer<CertificateEmissions>> OfCertificate(DbSession s, Guid certificate, CancellationToken ct)
    {
        if (await titles.Find(s, certificate, ct) is not { } known) return EmissionsAccess.NotVisible("certificate");
        var decision = EmissionsAccess.DecideCertificate(s.Actor, known.Facts);
        if (!decision.Allowed) return EmissionsAccess.NotVisible("certificate");
        return await Joined(s, certificate, decision.Because, ct);
    }

    /// <summary>What a brand's producer shows everybody: accepted submissions opted in, newest year first.</summary>
    public async Task<IReadOnlyList<SubmissionView>> PublicOfBrand(DbSession s, string brand, CancellationToken ct)
    {
        var found = new List<SubmissionView>();
        foreach (var submission in await s.All($"select {Columns} from passport.emissions_submission where brand_code = $1 and public_opt_in and state = 3 order by report_year desc, method", Map, ct, brand))
            if (await Values(s, submission.Id, ct) is { } stored) found.Add(new(submission, stored.Values, stored.Sha256, Because.Public));
        return found;
    }

    /// <summary>The same for several certificates at once, in as many questions as for one; those the reader may not see are not in the answer.</summary>
    public async Task<IReadOnlyDictionary<Guid, CertificateEmissions>> OfCertificates(DbSession s, IReadOnlyList<Guid> certificates, CancellationToken ct)
    {
        var allowed = new Dictionary<Guid, Because>();
        foreach (var (row, facts) in await titles.FindAll(s, certificates, ct))
            if (EmissionsAccess.DecideCertificate(s.Actor, facts) is { Allowed: true } decision) allowed[row.Id] = decision.Because;
        return await JoinedAll(s, allowed, ct);
    }

    /// <summary>The join itself, after the decision. Where the database's fence hides a value, nothing is shown at all.</summary>
    internal async Task<Answer<CertificateEmissions>> Joined(DbSession s, Guid certificate, Because because, CancellationToken ct) =>
        (await JoinedAll(s, new Dictionary<Guid, Because> { [certificate] = because }, ct)).TryGetValue(certificate, out var joined) ? joined : EmissionsAccess.NotVisible("certificate");

    async Task<Dictionary<Guid, CertificateEmissions>> JoinedAll(DbSession s, IReadOnlyDictionary<Guid, Because> allowed, CancellationToken ct)
    {
        var rows = await s.All("""
            select c.metal, c.production_date, j.method, e.id, e.report_year, e.verification, v.direct_tco2e_per_t, v.indirect_tco2e_per_t, v.scope3_tco2e_per_t, v.electricity_tco2e_per_mwh,
              v.electricity_source, v.scrap_share_pct, v.precursors, v.boundary_note, v.values_sha256, v.salt, c.id
            from passport.certificate c
            left join passport.emissions_join j on j.brand_code = c.brand_code and j.production_year = c.production_year
            left join passport.emissions_submission e on e.id = j.submission_id
            left join passport.emissions_value v on v.submission_id = e.id
            where c.id = any($1)
            """, r => (Id: r.GetGuid(16), Metal: r.GetString(0), Day: r.Day(1), Hidden: !r.IsDBNull(2) && r.IsDBNull(6),
                Item: r.IsDBNull(2) || r.IsDBNull(6) ? null : new EmissionsOnCertificate(EmissionsWords.Method(r.GetString(2)), r.GetInt16(4) == r.Day(1).Year ? JoinKind.SameYear : JoinKind.YearBefore, false, r.GetInt16(4),
                    MapValues(r, 6), EmissionsWords.Verification(r.GetString(5)), r.GetGuid(3), r.GetString(14), Convert.ToHexStringLower(r.GetFieldValue<byte[]>(15)), "passport join rule")), ct, allowed.Keys.ToArray());
        var joined = new Dictionary<Guid, CertificateEmissions>();
        foreach (var one in rows.GroupBy(r => r.Id))
        {
            if (one.Any(r => r.Hidden)) continue;
            var (metal, day) = (one.First().Metal, one.First().Day);
            var items = one.Where(r => r.Item is not null).Select(r => r.Item!).ToList();
            var unknown = new List<EmissionsMethod>();
            foreach (var method in Enum.GetValues<EmissionsMethod>().Where(m => items.All(i => i.Method != m)))
            {
                if (rules.Default(metal, method, day) is { } standard) items.Add(new(method, JoinKind.Default, true, null, standard.Values, null, null, null, null, standard.Rule));
                else unknown.Add(method);
            }
            joined[one.Key] = new CertificateEmissions(one.Key, allowed[one.Key], [.. items.OrderBy(i => i.Method)], unknown);
        }
        return joined;
    }

    internal static Task<Submission?> Find(DbSession s, Guid id, CancellationToken ct) =>
        s.One($"select {Columns} from passport.emissions_submission where id = $1", Map, ct, id);

    internal static async Task<Guid?> Exchange(DbSession s, CancellationToken ct)
    {
        var ids = await s.All("select id from passport.organisation where kind = 'exchange' and state = 'active' order by created_at, id limit 1", r => r.GetGuid(0), ct);
        return ids.Count == 0 ? null : ids[0];
    }

    /// <summary>
    /// One change of a submission of the own brands, in a transaction that holds its row: role, then visibility, then <paramref name="change"/>, which answers what is wrong or nothing.
    /// Answers the submission as it stands afterwards.
    /// </summary>
    internal static async Task<Answer<Submission>> Change(DbSession s, Guid id, string role, Func<Submission, CancellationToken, Task<IReadOnlyList<Refusal>>> change, CancellationToken ct)
    {
        if (Allow.Role(s.Actor, role) is { } no) return no;
        return await s.InTransaction<Submission>(async t =>
        {
            var known = await s.One($"select {Columns} from passport.emissions_submission where id = $1 for update", Map, t, id);
            if (known is null || (known.ProducerId != s.Actor.OrganisationId && !s.Actor.Is(Role.System))) return EmissionsAccess.NotVisible("emissions");
            var wrong = await change(known, t);
            return wrong.Count > 0 ? Answer<Submission>.From(wrong) : (await Find(s, id, t))!;
        }, ct);
    }

    /// <summary>Null where the producer may still write: a draft, or what the exchange returned.</summary>
    internal static Refusal? Closed(Submission known, string happened) =>
        known.State is SubmissionState.Draft or SubmissionState.Returned ? null : Refusal.Conflict("emissions.state-forbids", "state", ("state", known.State.ToString()), ("event", happened));

    static async Task<(EmissionsValues Values, string Sha256)?> Values(DbSession s, Guid id, CancellationToken ct)
    {
        var rows = await s.All("""
            select direct_tco2e_per_t, indirect_tco2e_per_t, scope3_tco2e_per_t, electricity_tco2e_per_mwh, electricity_source, scrap_share_pct, precursors, boundary_note, values_sha256
            from passport.emissions_value where submission_id = $1
            """, r => (MapValues(r, 0), r.GetString(8)), ct, id);
        return rows.Count == 0 ? null : rows[0];
    }

    static async Task WriteValues(DbSession s, Guid id, Guid producer, EmissionsValues v, CancellationToken ct)
    {
        var salt = RandomNumberGenerator.GetBytes(32);
        await s.Run("""
            insert into passport.emissions_value (submission_id, producer_id, direct_tco2e_per_t, indirect_tco2e_per_t, scope3_tco2e_per_t, electricity_tco2e_per_mwh, electricity_source, scrap_share_pct, precursors, boundary_note, salt, values_sha256)
            values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
            on conflict (submission_id) do update set direct_tco2e_per_t = $3, indirect_tco2e_per_t = $4, scope3_tco2e_per_t = $5, electricity_tco2e_per_mwh = $6, electricity_source = $7, scrap_share_pct = $8,
              precursors = $9, boundary_note = $10, salt = $11, values_sha256 = $12
            """, ct, id, producer, v.DirectTco2ePerT, v.IndirectTco2ePerT, v.Scope3Tco2ePerT, v.ElectricityTco2ePerMwh, v.ElectricitySource, v.ScrapSharePct,
            new Json(StorageJson.Write(v.Precursors ?? [])), v.BoundaryNote, salt, v.Commitment(salt));
    }

    static EmissionsValues MapValues(NpgsqlDataReader r, int i) => new(r.GetDecimal(i), r.GetDecimal(i + 1), r.MaybeDecimal(i + 2), r.MaybeDecimal(i + 3), r.Text(i + 4), r.MaybeDecimal(i + 5),
        StorageJson.Read<List<Precursor>>(r.GetString(i + 6)), r.Text(i + 7));

    const string Columns = "id, brand_code, plant_id, producer_id, report_year, method, state, verification, verifier_id, public_opt_in, form_sha256, reason, created_at, submitted_at, decided_at, row_version, correction_reason, source_report, source_version, source_sha256";

    static Submission Map(NpgsqlDataReader r) => new(r.GetGuid(0), r.GetString(1), r.GetGuid(2), r.GetGuid(3), r.GetInt16(4), EmissionsWords.Method(r.GetString(5)), (SubmissionState)r.GetInt16(6),
        EmissionsWords.Verification(r.GetString(7)), r.MaybeGuid(8), r.GetBoolean(9), r.Text(10), r.Text(11), r.Text(16), r.Time(12), r.MaybeTime(13), r.MaybeTime(14), r.GetInt32(15),
        r.MaybeGuid(17) is { } report ? new(report, r.GetInt32(18), r.GetString(19)) : null);
}

sealed record SubmissionSubject(Guid SubmissionId, int RowVersion);

/// <summary>The exchange accepts a form, or returns it with a reason.</summary>
sealed class AcceptSubmissionKind : IApprovalKind
{
    public const string Name = "passport.emissions.accept";
    public string Kind => Name;

    public Task<Answer<Done>> Approve(DbSession session, ApprovalTask task, CancellationToken ct) => Decided(session, task, SubmissionEvent.Accept, async (known, next) =>
    {
        var method = EmissionsWords.Of(known.Method);
        await session.Run("update passport.emissions_submission set state = 4, row_version = row_version + 1 where brand_code = $1 and report_year = $2 and method = $3 and state = 3", ct, known.BrandCode, (short)known.ReportYear, method);
        await session.Run("update passport.emissions_submission set state = $2, decided_by = $3, decided_at = $4, row_version = row_version + 1 where id = $1", ct, known.Id, (short)next, session.Actor.PersonId, session.Now);
        await RefreshJoin(session, known.BrandCode, known.Method, [known.ReportYear, known.ReportYear + 1], ct);
        await session.Publish("passport.emissions.accepted", new { SubmissionId = known.Id, known.BrandCode, known.ReportYear, Method = method }, ct);
    }, ct);

    public Task<Answer<Done>> Reject(DbSession session, ApprovalTask task, string reason, CancellationToken ct) => Decided(session, task, SubmissionEvent.Return, (known, next) =>
        session.Run("update passport.emissions_submission set state = $2, reason = $3, decided_by = $4, decided_at = $5, row_version = row_version + 1 where id = $1", ct,
            known.Id, (short)next, reason, session.Actor.SignedIn ? session.Actor.PersonId : null, session.Now), ct);

    static async Task<Answer<Done>> Decided(DbSession session, ApprovalTask task, SubmissionEvent happened, Func<Submission, SubmissionState, Task> write, CancellationToken ct)
    {
        if (await EmissionsHandlers.Find(session, task.Payload<SubmissionSubject>().SubmissionId, ct) is not { } known) return EmissionsAccess.NotVisible("emissions");
        var next = SubmissionRules.Table.Next(known.State, happened);
        if (!next.Ok) return Answer<Done>.From(next.Refusals);
        await write(known, next.Value);
        return default(Done);
    }

    /// <summary>Writes what the join rule chooses for the given years of production.</summary>
    internal static async Task RefreshJoin(DbSession s, string brand, EmissionsMethod method, IReadOnlyList<int> productionYears, CancellationToken ct)
    {
        var word = EmissionsWords.Of(method);
        var accepted = await s.All("select id, report_year, decided_at from passport.emissions_submission where brand_code = $1 and method = $2 and state = 3",
            r => new AcceptedYear(r.GetGuid(0), r.GetInt16(1), r.Time(2)), ct, brand, word);
        foreach (var year in productionYears)
        {
            if (JoinRule.Choose(accepted, year).SubmissionId is { } chosen)
                await s.Run("insert into passport.emissions_join (brand_code, production_year, method, submission_id) values ($1, $2, $3, $4) on conflict (brand_code, production_year, method) do update set submission_id = $4", ct, brand, (short)year, word, chosen);
            else
                await s.Run("delete from passport.emissions_join where brand_code = $1 and production_year = $2 and method = $3", ct, brand, (short)year, word);
        }
    }
}
