using NodaTime;
using Verdigris.Primitives;
using Verdigris.Registry.Accounts;
using Verdigris.Registry.Rules;
using Verdigris.Registry.Schemes;
using Verdigris.Storage;

namespace Verdigris.Registry.Compliance;

/// <summary>A decision, or the proposal of one, on the kind of plant an installation is from a year on.</summary>
/// <param name="Relief">Kind of plant of the scheme's file whose obligation is limited; null: none is.</param>
/// <param name="FromYear">First year it counts for; it counts until the first year of another decision, and years before keep what they had.</param>
/// <param name="Reason">Why it was proposed. <paramref name="Answer"/>: why it was turned down.</param>
/// <param name="ByOperator">The operator proposed it; else the authority did.</param>
public sealed record PlantClass(Guid Id, Guid InstallationId, string? Relief, int FromYear, EntryState State, string Reason, string? Answer, bool ByOperator, Guid? TaskId, Instant WrittenAt, Instant? DecidedAt);

/// <param name="Relief">Left out: no limit of the obligation.</param>
public sealed record NewPlantClass(string? Relief, int FromYear, string? Reason);

/// <summary>
/// The kind of plant of an installation that has its permit: proposed by the operator and decided by the authority's officer, or proposed by the officer and decided by an approver. What is owed follows at once, since it is worked out of the decisions in force.
/// <para>How far back it reaches: a year whose units are settled by a penalty keeps its class, and the authority alone makes nobody late afterwards - of a year whose day of surrender is over it may lower what is owed, and only the operator itself may
/// ask for more. What was surrendered stays surrendered: a surplus counts on, and credits used within the limit of their day are not undone.</para>
/// </summary>
public sealed class PlantClasses(SchemeSet schemes, Approvals approvals)
{
    public const string Task = "registry.plant-class";

    /// <summary>The kind of plant of each year: that of the nearest first year before it, and of several decisions of one first year the last.</summary>
    /// <param name="decided">In the order they were decided.</param>
    internal static Func<int, string?> ByYear(IEnumerable<(Guid Installation, int FromYear, string? Relief)> decided)
    {
        var all = decided.OrderBy(c => c.FromYear).ToList();
        return year => all.LastOrDefault(c => c.FromYear <= year).Relief;
    }

    /// <summary>
    /// <c>installation.not-found</c>, <c>installation.state-forbids</c>, <c>installation.relief</c> (not among those of the scheme's file), <c>emissions.year</c>, <c>plant-class.same</c> (it changes no year), <c>plant-class.waits</c>,
    /// <c>plant-class.settled</c> (a penalty of a year it reaches was set), <c>plant-class.retroactive</c>, <c>plant-class.retroactive-open</c> (more may be owed once the year is decided).
    /// </summary>
    public async Task<Answer<PlantClass>> Propose(DbSession s, Guid installation, NewPlantClass wanted, CancellationToken ct)
    {
        if (await InstallationHandlers.Find(s, installation, ct) is not { } known || schemes.Find(known.Scheme) is not { } scheme) return Refusal.NotFound("installation.not-found");
        var own = known.OrganisationId == s.Actor.OrganisationId;
        if ((own ? HolderRules.Writes(s.Actor) : await Administration.Acts(s, known.Scheme, ct)) is { } no) return no;
        if (known.State is not (InstallationState.Permitted or InstallationState.Ended)) return Refusal.Conflict("installation.state-forbids", "state", ("state", known.State.ToString()));
        var wrong = new List<Refusal>();
        var (relief, kinds) = (string.IsNullOrWhiteSpace(wanted.Relief) ? null : wanted.Relief.Trim(), Obligations.Reliefs(scheme));
        if (relief is not null && !kinds.Contains(relief)) wrong.Add(Refusal.Of("installation.relief", "relief", ("given", relief), ("known", string.Join(", ", kinds))));
        if (wanted.FromYear < known.FirstYear || wanted.FromYear > (known.LastYear ?? s.Today().Year) || wanted.FromYear > s.Today().Year) wrong.Add(Refusal.Of("emissions.year", "fromYear", ("given", $"{wanted.FromYear}"), ("first", $"{known.FirstYear}")));
        var words = Given.Text(wanted.Reason, "reason", Given.Longest, wrong);
        if (wrong.Count > 0) return wrong;
        if (await Forbids(s, scheme, known, relief, wanted.FromYear, own, ct) is { } forbids) return forbids;
        var id = s.NewId();
        try
        {
            return await s.InTransaction<PlantClass>(async t =>
            {
                var authority = await Administration.Needed(s, known.Scheme, t);
                if (!authority.Ok) return Answer<PlantClass>.From(authority.Refusals);
                await s.Run("insert into registry.plant_class (id, installation_id, relief, from_year, state, reason, by_operator, written_by, written_at) values ($1, $2, $3, $4, 0, $5, $6, $7, $8)", t,
                    id, installation, relief, wanted.FromYear, words, own, s.Actor.PersonId, s.Now);
                var task = await approvals.Ask(s, Task, id, authority.Value, own ? Role.AuthorityOfficer : Role.AuthorityApprover, $"/registry/installations/{installation}", t, ("name", known.Name), ("relief", relief ?? "–"), ("year", wanted.FromYear));
                await s.Run("update registry.plant_class set task_id = $2 where id = $1", t, id, task);
                await s.Audit(new AuditEntry("registry-plant-class.proposed", "registry-installation", installation.ToString(), words, Details: new { before = known.Relief, relief, wanted.FromYear }), t);
                return (await ComplianceStore.FindPlantClass(s, id, t))!;
            }, ct);
        }
        catch (Npgsql.PostgresException e) when (e.ConstraintName == "plant_class_one_open") { return Refusal.Conflict("plant-class.waits", "fromYear"); }
    }

    /// <summary>Decisions and proposals of an installation, newest first.</summary>
    public async Task<Answer<IReadOnlyList<PlantClass>>> List(DbSession s, Guid installation, CancellationToken ct) =>
        await InstallationHandlers.Find(s, installation, ct) is null ? Refusal.NotFound("installation.not-found") : await ComplianceStore.PlantClassesOf(s, installation, ct);

    internal async Task<Answer<Done>> Decide(DbSession s, Guid id, CancellationToken ct)
    {
        if (await ComplianceStore.FindPlantClass(s, id, ct) is not { State: EntryState.Proposed } wanted || await InstallationHandlers.Find(s, wanted.InstallationId, ct) is not { } known || schemes.Find(known.Scheme) is not { } scheme) return Refusal.NotFound("installation.not-found");
        if (await Administration.Acts(s, known.Scheme, ct, wanted.ByOperator ? Role.AuthorityOfficer : Role.AuthorityApprover) is { } no) return no;
        // One after the other with a penalty that is being set: neither is decided on what the other changes.
        await s.Run("select from registry.installation where id = $1 for no key update", ct, known.Id);
        // A penalty may have been set since, a day of surrender gone by, emissions come in.
        if (await Forbids(s, scheme, known, wanted.Relief, wanted.FromYear, wanted.ByOperator, ct) is { } forbids) return forbids;
        await s.Run("update registry.plant_class set state = 1, decided_by = $2, decided_at = $3 where id = $1", ct, id, s.Actor.PersonId, s.Now);
        await s.Audit(new AuditEntry("registry-plant-class.decided", "registry-installation", known.Id.ToString(), Details: new { before = known.Relief, relief = wanted.Relief, wanted.FromYear }), ct);
        await s.Notify(new Notice(RegistryNotices.Due, new NoticeTo(Organisation: known.OrganisationId, Roles: [Role.Administrator, Role.AccountRepresentative]), "registry.notice.plant-class",
            new Dictionary<string, string> { ["name"] = known.Name, ["year"] = $"{wanted.FromYear}" }, $"/registry/installations/{known.Id}", "registry-installation", known.Id.ToString()), ct);
        return default(Done);
    }

    internal async Task<Answer<Done>> TurnDown(DbSession s, Guid id, string reason, CancellationToken ct)
    {
        await s.Run("update registry.plant_class set state = 2, answer = $2 where id = $1 and state = 0", ct, id, reason);
        await s.Audit(new AuditEntry("registry-plant-class.turned-down", "registry-plant-class", id.ToString(), reason), ct);
        return default(Done);
    }

    /// <summary>Why a class may not count from a year on; null where it may.</summary>
    static async Task<Refusal?> Forbids(DbSession s, Scheme scheme, Installation known, string? relief, int fromYear, bool own, CancellationToken ct)
    {
        var decided = await ComplianceStore.Classes(s, known.Id, scheme.Code, ct);
        var (before, after) = (ByYear(decided), ByYear([.. decided, (known.Id, fromYear, relief)]));
        var last = known.LastYear ?? s.Today().Year;
        var years = Enumerable.Range(fromYear, Math.Max(1, last - fromYear + 1)).Where(y => before(y) != after(y)).ToList();
        if (years.Count == 0) return Refusal.Conflict("plant-class.same", "relief", ("relief", relief ?? "–"), ("year", $"{fromYear}"));
        var emissions = (await ComplianceStore.Emissions(s, known.Id, ct)).Where(e => e.State == EntryState.InForce).GroupBy(e => e.Year).ToDictionary(g => g.Key, g => g.Last().Tco2e);
        var excluded = await ComplianceStore.Exclusions(s, known.Id, ct);
        var allotted = (await ComplianceStore.Allotted(s, known.Id, scheme.Code, ct)).ToDictionary(a => a.Year, a => a.Units);
        var penalties = (await ComplianceStore.Penalties(s, known.Id, ct)).Where(p => p.State is PenaltyState.Set or PenaltyState.Paid).ToList();
        foreach (var year in years)
        {
            if (excluded.Contains(year) || Obligations.LimitedShare(scheme, year, before(year)) == Obligations.LimitedShare(scheme, year, after(year))) continue;
            var (was, would) = (Owed(before(year)), Owed(after(year)));
            if (was is not null && was == would) continue;
            // The shortfall of a penalty is that of all years up to its own.
            if (penalties.FirstOrDefault(p => p.Year >= year) is { } penalty) return Refusal.Conflict("plant-class.settled", "fromYear", ("year", $"{year}"), ("penalty", $"{penalty.Year}"));
            if (own || !(ComplianceCalendar.DueOn(scheme, year) < s.Today())) continue;
            if (was is null && (Obligations.LimitedShare(scheme, year, after(year)) ?? decimal.MaxValue) > (Obligations.LimitedShare(scheme, year, before(year)) ?? decimal.MaxValue)) return Refusal.Conflict("plant-class.retroactive-open", "fromYear", ("year", $"{year}"));
            if (was is not null && would > was) return Refusal.Conflict("plant-class.retroactive", "fromYear", ("year", $"{year}"), ("before", DecimalText.Write(was.Value)), ("now", DecimalText.Write(would!.Value)));

            // Null while the emissions or the allocation are not decided: what is owed then is not what will be.
            decimal? Owed(string? of) => emissions.TryGetValue(year, out var tonnes) && allotted.TryGetValue(year, out var units) ? Obligations.Owed(scheme, year, tonnes, year, ended: true, of, units) : null;
        }
        return null;
    }
}
