using NodaTime;
using Verdigris.Primitives;
using Verdigris.Registry.Credits.Cycle;
using Verdigris.Registry.Credits.Duplicates;
using Verdigris.Registry.Credits.Programmes;
using Verdigris.Registry.Credits.Serials;
using Verdigris.Storage;

namespace Verdigris.Registry.Credits.Projects;

/// <summary>Everything the guards of a project and of its periods are read from, as it stands now.</summary>
sealed record CycleCase(CreditProject Project, CreditProgramme Programme, IReadOnlyList<CreditPeriod> Periods, IReadOnlyList<ProjectDocument> Documents, ILookup<Guid, Accreditation> Accreditations, IReadOnlyDictionary<Guid, bool> Independent, IReadOnlyList<string> Doubles, LocalDate Today)
{
    public static async Task<CycleCase> Read(DbSession s, CreditRules rules, CreditProject project, CancellationToken ct)
    {
        var periods = await ProjectStore.Periods(s, project.Id, ct);
        var bodies = periods.Select(p => p.VerifierId).Append(project.ValidatorId).OfType<Guid>().Distinct().ToArray();
        var accreditations = (await s.All("select organisation_id, programme, scope, valid_from, valid_to from registry.credit_accreditation where organisation_id = any ($1)", r => (Body: r.GetGuid(0), Is: new Accreditation(r.GetString(1), r.GetInt32(2), r.Day(3), r.MaybeDay(4))), ct, (object)bodies)).ToLookup(a => a.Body, a => a.Is);
        var declared = await s.All("select distinct on (body_id) body_id, independent from registry.credit_declaration where project_id = $1 order by body_id, declared_at desc, id desc", r => (r.GetGuid(0), r.GetBoolean(1)), ct, project.Id);
        return new(project, rules.Programme(project.Programme)!, periods, await ProjectStore.Documents(s, project.Id, ct), accreditations, declared.ToDictionary(d => d.Item1, d => d.Item2), await MatchStore.Against(s, project.Programme, project.Number, s.Today(), ct), s.Today());
    }

    public CycleFacts Facts(CreditRules rules, IssuingRules issuing, SerialGrammars grammars, string? reason)
    {
        var p = Project;
        var methodology = rules.Methodology(p.Programme, p.Methodology);
        var verified = Periods.Where(x => x.State is PeriodState.Verified or PeriodState.IssuanceRequested or PeriodState.Issued).Select(x => (LocalDate?)x.LastDay).Max();
        return new()
        {
            DesignDocument = Has("design-document", null),
            MethodologyValid = p.Methodology is null ? null : methodology?.ValidOn(Today) ?? false,
            CreditingWithinLimit = CycleRules.CreditingWithinLimit(Programme, p.Sink, p.Crediting, p.Renewal),
            StartNotTooEarly = p.StartOn is not { } start ? null : Programme.EarliestStart is not { } earliest || start >= earliest,
            EstimateGiven = p.EstimateT is null ? null : true,
            NotListedElsewhere = p.NotListed is not { } declared ? null : declared && Doubles.Count == 0,
            CommentsOver = CycleRules.CommentsOver(Programme, p.PublishedOn, p.CommentsOverOn, Today),
            ValidatorAccredited = Accredited(p.ValidatorId),
            ValidatorIndependent = IsIndependent(p.ValidatorId),
            ValidationReport = Has("validation-report", null),
            ValidationPositive = p.ValidationPositive,
            HostApproval = Has("host-approval", null),
            ReasonGiven = !string.IsNullOrWhiteSpace(reason),
            NoOpenPeriod = Periods.All(x => x.State is PeriodState.Issued or PeriodState.Withdrawn),
            VerificationOverdue = CycleRules.Overdue(Programme, p.Crediting, verified, Today),
            CreditingOver = p.CreditingTo is not { } end ? null : end < Today,
            IssuingRuleKnown = issuing.Knows(grammars.OfUnit(Programme.Unit)),
            ProjectRegistered = p.State is ProjectState.Registered or ProjectState.LateToVerify,
        };
    }

    public CycleFacts Facts(CreditRules rules, IssuingRules issuing, SerialGrammars grammars, CreditPeriod period, string? reason)
    {
        var others = Periods.Where(x => x.Id != period.Id && x.State != PeriodState.Withdrawn).ToList();
        var before = others.Where(x => x.LastDay < period.FirstDay).OrderByDescending(x => x.FirstDay).ToList();
        return Facts(rules, issuing, grammars, reason) with
        {
            MonitoringReport = Has("monitoring-report", period.Id),
            PeriodFollows = CycleRules.Follows(period.Days, Project.Crediting, [.. others.Select(o => o.Days)]),
            PeriodWithinCrediting = Project.Crediting is { } crediting ? crediting.Contains(period.Days) && period.LastDay < Today : null,
            DataComplete = period.ReportedT is null ? null : period.DataComplete,
            VerifierAccredited = Accredited(period.VerifierId),
            VerifierIndependent = IsIndependent(period.VerifierId),
            VerifierNotValidator = CycleRules.NotValidator(Programme, period.VerifierId, Project.ValidatorId, before.Count == 0),
            VerifierRotation = CycleRules.WithinRotation(Programme, period.VerifierId, [.. before.Select(b => b.VerifierId)]),
            VerificationReport = Has("verification-report", period.Id),
            VerificationPositive = period.VerificationPositive,
            QuantityVerified = period.VerifiedUnits is null ? null : true,
            VintagesSum = period.VerifiedUnits is not { } units || period.Vintages.Count == 0 ? null : period.Vintages.Sum(v => v.Units) == units && period.Vintages.All(v => v.Year >= period.FirstDay.Year && v.Year <= period.LastDay.Year),
            RiskRated = Project.Sink is not { } sink ? null : !sink ? true : Project.RiskPercent is null ? null : true,
        };
    }

    bool? Has(string kind, Guid? period) => Documents.Any(d => d.Kind == kind && d.PeriodId == period) ? true : null;

    bool? Accredited(Guid? body) => body is not { } id ? null : CycleRules.Accredited([.. Accreditations[id]], Project.Programme, Project.Scope, Today);

    bool? IsIndependent(Guid? body) => body is { } id && Independent.TryGetValue(id, out var independent) ? independent : null;
}
