using System.Text.Json;
using System.Text.Json.Nodes;
using Verdigris.Footprint.Publication;
using Verdigris.Primitives;
using Verdigris.Primitives.Calculations;
using Verdigris.Registry.Accounts;
using Verdigris.Registry.Rules;
using Verdigris.Registry.Schemes;
using Verdigris.Registry.Transfers;
using Verdigris.Storage;

namespace Verdigris.Registry.Compliance;

/// <summary>The yearly round of an installation: verified emissions in, free allocation out, surrender, status.</summary>
public sealed class ComplianceHandlers(SchemeSet schemes, SchemeNumbers numbers, TransactionHandlers transactions, Approvals approvals, CalculatorSet methods, IPublishedReports reports)
{
    public const string EmissionsTask = "registry.emissions", AllocationTask = "registry.allocation";

    /// <summary>Reports of the installation's facility that were published for a scheme and are not taken yet, newest first.</summary>
    public async Task<Answer<IReadOnlyList<PublishedReport>>> Reports(DbSession s, Guid installation, CancellationToken ct)
    {
        if (await InstallationHandlers.Find(s, installation, ct) is not { } known) return Refusal.NotFound("installation.not-found");
        return known.FacilityId is { } facility ? [.. (await reports.For(s, Audience.Scheme, facility, ct)).Where(r => r.NewerReportId is null)] : Array.Empty<PublishedReport>();
    }

    /// <summary>The operator hands in a verified report; the authority's officer accepts it. A year's report covers the calendar year. <c>emissions.report</c>, <c>emissions.not-a-year</c>, <c>emissions.waits</c>.</summary>
    public async Task<Answer<YearEmissions>> HandIn(DbSession s, Guid installation, Guid published, CancellationToken ct)
    {
        if (HolderRules.Writes(s.Actor) is { } no) return no;
        if (await InstallationHandlers.Find(s, installation, ct) is not { } known || known.OrganisationId != s.Actor.OrganisationId) return Refusal.NotFound("installation.not-found");
        var offered = await Reports(s, installation, ct);
        if (offered.Value.FirstOrDefault(r => r.Id == published) is not { } report) return Refusal.Of("emissions.report", "report");
        var c = report.Content;
        if (c.PeriodFrom is not { Month: 1, Day: 1 } || c.PeriodTo != new NodaTime.LocalDate(c.PeriodFrom.Year, 12, 31)) return Refusal.Conflict("emissions.not-a-year", "report", ("from", $"{c.PeriodFrom:uuuu-MM-dd}"), ("to", $"{c.PeriodTo:uuuu-MM-dd}"));
        // Reports are in whole tonnes, whatever a unit of the scheme stands for.
        var tonnes = (long)decimal.Round(c.DirectTco2e, 0, MidpointRounding.AwayFromZero);
        return await Enter(s, known, c.PeriodFrom.Year, tonnes, report.Id, report.Sha256, c.VerifierId, null, Role.AuthorityOfficer, ct);
    }

    /// <summary>The authority determines the emissions of a year where no verified report does (its officer proposes, an approver decides), saying why.</summary>
    public async Task<Answer<YearEmissions>> Determine(DbSession s, Guid installation, DeterminedEmissions d, CancellationToken ct)
    {
        if (await InstallationHandlers.Find(s, installation, ct) is not { } known) return Refusal.NotFound("installation.not-found");
        if (await Administration.Acts(s, known.Scheme, ct) is { } no) return no;
        var wrong = new List<Refusal>();
        var words = Given.Text(d.Reason, "reason", Given.Longest, wrong);
        if (d.Tco2e < 0) wrong.Add(Refusal.Of("registry.below-zero", "tco2e"));
        if (wrong.Count > 0) return wrong;
        return await Enter(s, known, d.Year, d.Tco2e, null, null, null, words, Role.AuthorityApprover, ct);
    }

    async Task<Answer<YearEmissions>> Enter(DbSession s, Installation known, int year, long tonnes, Guid? report, string? sha256, Guid? verifier, string? reason, string decides, CancellationToken ct)
    {
        if (known.State is not (InstallationState.Permitted or InstallationState.Ended)) return Refusal.Conflict("installation.state-forbids", "state", ("state", known.State.ToString()));
        if (year < known.FirstYear || year > (known.LastYear ?? s.Today().Year) || year > s.Today().Year) return Refusal.Of("emissions.year", "year", ("given", $"{year}"), ("first", $"{known.FirstYear}"));
        var id = s.NewId();
        try
        {
            return await s.InTransaction<YearEmissions>(async t =>
            {
                var authority = await Administration.Needed(s, known.Scheme, t);
                if (!authority.Ok) return Answer<YearEmissions>.From(authority.Refusals);
                await s.Run("insert into registry.emissions (id, installation_id, year, tco2e, report_id, report_sha256, verifier_id, state, reason, written_by, written_at) values ($1, $2, $3, $4, $5, $6, $7, 0, $8, $9, $10)", t,
                    id, known.Id, year, tonnes, report, sha256, verifier, reason, s.Actor.PersonId, s.Now);
                var task = await approvals.Ask(s, EmissionsTask, id, authority.Value, decides, $"/registry/installations/{known.Id}", t, ("name", known.Name), ("year", year), ("tonnes", tonnes));
                await s.Run("update registry.emissions set task_id = $2 where id = $1", t, id, task);
                await s.Audit(new AuditEntry("registry-emissions.entered", "registry-installation", known.Id.ToString(), reason, Details: new { year, tonnes, report }, EvidenceSha256: sha256), t);
                return (await ComplianceStore.FindEmissions(s, id, t))!;
            }, ct);
        }
        catch (Npgsql.PostgresException e) when (e.ConstraintName == "emissions_one_open") { return Refusal.Conflict("emissions.waits", "year", ("year", $"{year}")); }
    }

    internal async Task<Answer<Done>> Accept(DbSession s, Guid id, CancellationToken ct)
    {
        if (await ComplianceStore.FindEmissions(s, id, ct) is not { State: EntryState.Proposed } known || await InstallationHandlers.Find(s, known.InstallationId, ct) is not { } installation) return Refusal.NotFound("installation.not-found");
        if (await Administration.Acts(s, installation.Scheme, ct, known.ReportId is null ? Role.AuthorityApprover : Role.AuthorityOfficer) is { } no) return no;
        await s.Run("update registry.emissions set state = 1, decided_by = $2, decided_at = $3 where id = $1", ct, id, s.Actor.PersonId, s.Now);
        await s.Audit(new AuditEntry("registry-emissions.accepted", "registry-installation", installation.Id.ToString(), Details: new { known.Year, known.Tco2e }), ct);
        return default(Done);
    }

    internal async Task<Answer<Done>> TurnDown(DbSession s, Guid id, string reason, CancellationToken ct)
    {
        await s.Run("update registry.emissions set state = 2, reason = $2 where id = $1 and state = 0", ct, id, reason);
        await s.Audit(new AuditEntry("registry-emissions.turned-down", "registry-emissions", id.ToString(), reason), ct);
        return default(Done);
    }

    /// <summary>Excludes a year from the obligation, or takes that back; the authority's officer, saying why.</summary>
    public async Task<Answer<InstallationCompliance>> Exclude(DbSession s, Guid installation, int year, bool excluded, string? reason, CancellationToken ct)
    {
        if (await InstallationHandlers.Find(s, installation, ct) is not { } known) return Refusal.NotFound("installation.not-found");
        if (await Administration.Acts(s, known.Scheme, ct) is { } no) return no;
        var wrong = new List<Refusal>();
        var words = Given.Text(reason, "reason", Given.Longest, wrong);
        if (year < known.FirstYear || year > s.Today().Year) wrong.Add(Refusal.Of("emissions.year", "year", ("given", $"{year}"), ("first", $"{known.FirstYear}")));
        if (wrong.Count > 0) return wrong;
        await s.InTransaction(async t =>
        {
            if (excluded) await s.Run("insert into registry.exclusion (id, installation_id, year, reason, written_by, written_at) values ($1, $2, $3, $4, $5, $6) on conflict (installation_id, year) where lifted_at is null do nothing", t, s.NewId(), installation, year, words, s.Actor.PersonId, s.Now);
            else await s.Run("update registry.exclusion set lifted_by = $3, lifted_at = $4 where installation_id = $1 and year = $2 and lifted_at is null", t, installation, year, s.Actor.PersonId, s.Now);
            await s.Audit(new AuditEntry(excluded ? "registry-exclusion.set" : "registry-exclusion.lifted", "registry-installation", installation.ToString(), words, Details: new { year }), t);
        }, ct);
        return await Read(s, installation, ct);
    }

    /// <summary>
    /// An officer proposes the free allocation of a year, by a method of calculation (its trace is kept) or as a number with the reason; an approver decides. <c>allocation.quantity</c>, <c>allocation.there</c> (one waits or is not delivered).
    /// A year can be allocated again, beforehand and finally, or after activity changed: the quantity is always that of the whole year.
    /// </summary>
    public async Task<Answer<Allocation>> Allocate(DbSession s, Guid installation, NewAllocation wanted, CancellationToken ct)
    {
        if (await InstallationHandlers.Find(s, installation, ct) is not { } known) return Refusal.NotFound("installation.not-found");
        if (await Administration.Acts(s, known.Scheme, ct) is { } no) return no;
        if (known.State != InstallationState.Permitted) return Refusal.Conflict("installation.state-forbids", "state", ("state", known.State.ToString()));
        if (wanted.Year < known.FirstYear || wanted.Year > s.Today().Year + 1) return Refusal.Of("emissions.year", "year", ("given", $"{wanted.Year}"), ("first", $"{known.FirstYear}"));
        var (quantity, basis) = (wanted.Quantity, (JsonObject?)null);
        var wrong = new List<Refusal>();
        if (!string.IsNullOrWhiteSpace(wanted.Method))
        {
            var run = methods.Run(wanted.Method, JsonSerializer.SerializeToElement(wanted.Input));
            if (!run.Ok) return Answer<Allocation>.From([.. run.Refusals.Select(r => r with { Field = r.Field is null ? "input" : "input." + r.Field })]);
            basis = CalculatorSet.Envelope(run.Value.Calculator, run.Value.Result);
            basis["input"] = wanted.Input?.DeepClone();
            if (basis["result"]?["allocation"] is not JsonValue value || !value.TryGetValue<decimal>(out var figure) || figure < 0 || figure != decimal.Truncate(figure)) return Refusal.Of("allocation.method", "method", ("given", wanted.Method));
            quantity = (long)figure;
        }
        else Given.Text(wanted.Reason, "reason", Given.Longest, wrong);
        if (quantity is null or < 0) wrong.Add(Refusal.Of("allocation.quantity", "quantity"));
        if (wrong.Count > 0) return wrong;
        var id = s.NewId();
        try
        {
            return await s.InTransaction<Allocation>(async t =>
            {
                await s.Run("insert into registry.allocation (id, installation_id, year, quantity, basis, state, reason, written_by, written_at) values ($1, $2, $3, $4, $5, 0, $6, $7, $8)", t,
                    id, installation, wanted.Year, quantity, basis is null ? null : new Json(basis.ToJsonString()), wanted.Reason?.Trim(), s.Actor.PersonId, s.Now);
                var task = await approvals.Ask(s, AllocationTask, id, s.Actor.OrganisationId, Role.AuthorityApprover, $"/registry/installations/{installation}", t, ("name", known.Name), ("year", wanted.Year), ("quantity", quantity!.Value));
                await s.Run("update registry.allocation set task_id = $2 where id = $1", t, id, task);
                await s.Audit(new AuditEntry("registry-allocation.proposed", "registry-installation", installation.ToString(), wanted.Reason, Details: new { wanted.Year, quantity, wanted.Method }), t);
                return (await ComplianceStore.FindAllocation(s, id, t))!;
            }, ct);
        }
        catch (Npgsql.PostgresException e) when (e.ConstraintName == "allocation_open") { return Refusal.Conflict("allocation.there", "year", ("year", $"{wanted.Year}")); }
    }

    /// <summary>Allocations of an installation that were not withdrawn, newest year first.</summary>
    public async Task<IReadOnlyList<Allocation>> Allocations(DbSession s, Guid installation, CancellationToken ct) => [.. (await ComplianceStore.Allocations(s, installation, ct)).AsEnumerable().Reverse()];

    internal async Task<Answer<Done>> ApproveAllocation(DbSession s, Guid id, CancellationToken ct)
    {
        if (await ComplianceStore.FindAllocation(s, id, ct) is not { State: AllocationState.Proposed } known || await InstallationHandlers.Find(s, known.InstallationId, ct) is not { } installation) return Refusal.NotFound("installation.not-found");
        if (await Administration.Acts(s, installation.Scheme, ct, Role.AuthorityApprover) is { } no) return no;
        await s.Run("update registry.allocation set state = 1, decided_by = $2, decided_at = $3 where id = $1", ct, id, s.Actor.PersonId, s.Now);
        await s.Audit(new AuditEntry("registry-allocation.approved", "registry-installation", installation.Id.ToString(), Details: new { known.Year, known.Quantity }), ct);
        return default(Done);
    }

    internal async Task<Answer<Done>> WithdrawAllocation(DbSession s, Guid id, string reason, CancellationToken ct)
    {
        await s.Run("update registry.allocation set state = 3, reason = $2 where id = $1 and state = 0", ct, id, reason);
        await s.Audit(new AuditEntry("registry-allocation.withdrawn", "registry-allocation", id.ToString(), reason), ct);
        return default(Done);
    }

    /// <summary>
    /// Proposes the transaction that brings an approved allocation to the installation's account: of a year that has some already the rest. Where it has too much, the holder returns it, and with that the allocation is done.
    /// <c>allocation.state-forbids</c>, <c>allocation.no-account</c>, <c>allocation.too-much</c>, <c>allocation.nothing</c>.
    /// </summary>
    public async Task<Answer<RegistryTransaction>> Deliver(DbSession s, Guid allocation, CancellationToken ct)
    {
        if (await ComplianceStore.FindAllocation(s, allocation, ct) is not { } known || await InstallationHandlers.Find(s, known.InstallationId, ct) is not { } installation || schemes.Find(installation.Scheme) is not { } scheme) return Refusal.NotFound("installation.not-found");
        if (await Administration.Acts(s, installation.Scheme, ct) is { } no) return no;
        var running = known.TransactionId is { } id && await TransactionStore.Find(s, id, ct) is { State: TransactionState.Proposed or TransactionState.Pending or TransactionState.Delayed or TransactionState.Completed };
        if (known.State != AllocationState.Approved || running) return Refusal.Conflict("allocation.state-forbids", "state", ("state", known.State.ToString()));
        if ((await AccountStore.OfInstallation(s, installation.Id, ct)).FirstOrDefault(a => a.State == AccountState.Open && scheme.Transactions.Any(t => t.Transaction == "allocate" && t.To == a.Kind)) is not { } account) return Refusal.Conflict("allocation.no-account", "installationId");
        var kind = scheme.Transactions.First(t => t.Transaction == "allocate" && t.To == account.Kind);
        var given = await ComplianceStore.Allocated(s, installation.Id, known.Year, ct);
        if (known.Quantity < given) return Refusal.Conflict("allocation.too-much", "quantity", ("given", $"{given}"), ("back", $"{given - known.Quantity}"));
        if (known.Quantity == given) return Refusal.Conflict("allocation.nothing", "quantity");
        var unit = scheme.Units.First(u => u.Kind == "allowance");
        var vintage = unit.Vintage == "none" ? null : $"{known.Year}";
        var proposed = await transactions.Propose(s, new NewTransaction(numbers.Central(scheme.Code, kind.From), kind.Transaction, account.FullId, unit.Unit, vintage, known.Quantity - given, known.Year, null), installation.Id, null, [], ct);
        if (proposed.Ok) await s.Run("update registry.allocation set transaction_id = $2 where id = $1", ct, allocation, proposed.Value.Id);
        return proposed;
    }

    /// <summary>Where an installation stands, year by year.</summary>
    public async Task<Answer<InstallationCompliance>> Read(DbSession s, Guid installation, CancellationToken ct)
    {
        if (await InstallationHandlers.Find(s, installation, ct) is not { } known || schemes.Find(known.Scheme) is not { } scheme) return Refusal.NotFound("installation.not-found");
        var emissions = await ComplianceStore.Emissions(s, installation, ct);
        var excluded = (await ComplianceStore.Exclusions(s, installation, ct)).ToHashSet();
        var allocations = (await ComplianceStore.Allocations(s, installation, ct)).GroupBy(a => a.Year).ToDictionary(g => g.Key, g => g.Last());
        var penalties = (await ComplianceStore.Penalties(s, installation, ct)).ToDictionary(p => p.Year);
        var surrendered = await ComplianceStore.Surrendered(s, installation, ct);
        var charges = await ComplianceStore.Charges(s, installation, known.Scheme, ct);
        var allotted = (await ComplianceStore.Allotted(s, installation, known.Scheme, ct)).ToDictionary(a => a.Year, a => a.Units);
        var classes = PlantClasses.ByYear(await ComplianceStore.Classes(s, installation, known.Scheme, ct));
        var standing = Standing(scheme, known.FirstYear, known.LastYear, s.Today().Year, emissions.Where(e => e.State == EntryState.InForce).Select(e => (e.Year, e.Tco2e)), excluded, surrendered.Sum(x => x.Units), charges.Select(c => c.Units), classes, allotted);
        var last = Math.Max(known.LastYear ?? s.Today().Year, known.FirstYear);
        var years = Enumerable.Range(known.FirstYear, last - known.FirstYear + 1).Select(year =>
        {
            var entry = emissions.LastOrDefault(e => e.Year == year && e.State == EntryState.InForce);
            var waits = emissions.LastOrDefault(e => e.Year == year && e.State == EntryState.Proposed);
            return new ComplianceYear(year, entry?.Tco2e, waits?.State ?? entry?.State, excluded.Contains(year), allocations.GetValueOrDefault(year)?.Quantity, allocations.GetValueOrDefault(year)?.State,
                surrendered.Where(x => x.Year == year).Sum(x => x.Units), ComplianceCalendar.DueOn(scheme, year), penalties.GetValueOrDefault(year), year > standing.LastOwed || excluded.Contains(year) ? 0 : (long?)standing.OwedFor(year));
        }).ToList();
        return new InstallationCompliance(known, ComplianceWords.Of(standing.Status), (long?)standing.Emitted, (long)standing.Surrendered, years, (long?)standing.Owed);
    }

    /// <summary>All installations of a scheme with their status, by name: the authority's run.</summary>
    public async Task<Answer<IReadOnlyList<ComplianceLine>>> Run(DbSession s, string scheme, CancellationToken ct)
    {
        if (!await Administration.Reads(s, scheme, ct)) return Refusal.Forbidden("scheme.not-administered", "scheme", ("scheme", scheme));
        var installations = await s.All("select id, name, permit, first_year, last_year from registry.installation where scheme = $1 and state in (1, 3) order by name, id", r => (Id: r.GetGuid(0), Name: r.GetString(1), Permit: r.Text(2), First: r.GetInt32(3), Last: r.MaybeInt(4)), ct, scheme);
        var emissions = (await s.All("select e.installation_id, e.year, e.tco2e from registry.emissions e join registry.installation i on i.id = e.installation_id where i.scheme = $1 and e.state = 1 order by e.id", r => (r.GetGuid(0), r.GetInt32(1), r.GetInt64(2)), ct, scheme)).ToLookup(x => x.Item1);
        var excluded = (await s.All("select e.installation_id, e.year from registry.exclusion e join registry.installation i on i.id = e.installation_id where i.scheme = $1 and e.lifted_at is null", r => (r.GetGuid(0), r.GetInt32(1)), ct, scheme)).ToLookup(x => x.Item1);
        var surrendered = (await s.All("select installation_id, sum(quantity)::bigint from registry.transaction where scheme = $1 and kind = 'surrender' and state = 3 and installation_id is not null group by installation_id", r => (r.GetGuid(0), r.GetInt64(1)), ct, scheme)).ToDictionary(x => x.Item1, x => x.Item2);
        if (schemes.Find(scheme) is not { } rules) return Refusal.NotFound("scheme.unknown", "scheme", ("given", scheme));
        var charges = (await ComplianceStore.Charges(s, null, scheme, ct)).ToLookup(c => c.Installation, c => c.Units);
        var allotted = (await ComplianceStore.Allotted(s, null, scheme, ct)).ToLookup(a => a.Installation);
        var classes = (await ComplianceStore.Classes(s, null, scheme, ct)).ToLookup(c => c.Installation);
        return installations.Select(i =>
        {
            var years = Standing(rules, i.First, i.Last, s.Today().Year, emissions[i.Id].Select(e => (e.Item2, e.Item3)), excluded[i.Id].Select(e => e.Item2), surrendered.GetValueOrDefault(i.Id), charges[i.Id], PlantClasses.ByYear(classes[i.Id]), allotted[i.Id].ToDictionary(a => a.Year, a => a.Units));
            return new ComplianceLine(i.Id, i.Name, i.Permit, ComplianceWords.Of(years.Status), (long?)years.Emitted, (long)years.Surrendered, (long?)years.Owed);
        }).ToList();
    }

    /// <param name="emissions">Those in force, of a year the newest last.</param>
    /// <param name="charges">Units penalties add.</param>
    /// <param name="relief">Kind of plant of a year, where the scheme may limit its obligation to its allocation of the year (<paramref name="allotted"/>) and a share.</param>
    internal static OperatorYears Standing(Scheme scheme, int firstYear, int? lastYear, int thisYear, IEnumerable<(int Year, long Tco2e)> emissions, IEnumerable<int> excluded, long surrendered, IEnumerable<decimal> charges, Func<int, string?> relief, IReadOnlyDictionary<int, long> allotted)
    {
        var years = new OperatorYears(firstYear, Math.Max(thisYear, firstYear), (year, tco2e, lastOwed, ended) => Obligations.Owed(scheme, year, tco2e, lastOwed, ended, relief(year), allotted.TryGetValue(year, out var units) ? units : null));
        if (lastYear is { } last) years.End(last);
        foreach (var (year, tonnes) in emissions) years.Emit(year, tonnes);
        foreach (var year in excluded) years.Exclude(year);
        years.Surrender(surrendered);
        years.Charge(charges.Sum(c => scheme.Rounding("obligation").Apply(c)));
        return years;
    }
}
