using NodaTime;
using Npgsql;
using Verdigris.Primitives;
using Verdigris.Registry.Accounts;
using Verdigris.Registry.Rules;
using Verdigris.Registry.Schemes;
using Verdigris.Storage;

namespace Verdigris.Registry.Compliance;

public enum InstallationState
{
    Applied,
    Permitted,
    Refused,
    /// <summary>Its last year is over and all that is owed was surrendered. Emissions may still be corrected.</summary>
    Ended,
}

/// <summary>An installation (or aircraft, or ship) that falls under a scheme, with its permit.</summary>
/// <param name="Permit">Of the officer who proposed it, until the installation is permitted.</param>
/// <param name="FacilityId">Of the emission reports that count for it; null where the authority determines its emissions.</param>
/// <param name="LastYear">Last year with an obligation; null while it operates.</param>
/// <param name="Relief">Kind of plant of the scheme's file whose obligation is limited, as it is now (<see cref="PlantClass"/> says from which year on); null where all emissions count.</param>
public sealed record Installation(Guid Id, string Scheme, Guid OrganisationId, string Name, string Country, string Activity, string? Permit, Guid? FacilityId, InstallationState State, int FirstYear, int? LastYear, string? Reason, Guid? TaskId, string? Relief);

/// <param name="Relief">Kind of plant, where the scheme limits what such a plant owes: coal, gas. May be left out.</param>
public sealed record NewInstallation(string Scheme, string Name, string Country, string Activity, int FirstYear, Guid? FacilityId = null, string? Relief = null);

/// <summary>Installations and their permits: the operator applies, an officer gives the permit's number and proposes, an approver decides.</summary>
public sealed class InstallationHandlers(SchemeSet schemes, Approvals approvals)
{
    public const string Task = "registry.installation";

    const string Columns = "id, scheme, organisation_id, name, country, activity, permit, facility_id, state, first_year, last_year, reason, task_id, (select k.relief from (select 0 as from_year, null::uuid as place, installation.relief union all select c.from_year, c.id, c.relief from registry.plant_class c where c.installation_id = installation.id and c.state = 1) k order by k.from_year desc, k.place desc limit 1)";

    static readonly ListOrders<Installation> Orders = new("registry-installations", "name", ListKey<Installation>.Id("id", "id", i => i.Id), ListKey<Installation>.Text("name", "name", i => i.Name), ListKey<Installation>.Number("state", "state", i => (int)i.State), ListKey<Installation>.Number("first-year", "first_year", i => i.FirstYear));

    /// <summary><c>scheme.unknown</c>, <c>facility.country</c>, <c>installation.first-year</c>, <c>installation.relief</c> (not among those of the scheme's file), <c>holder.not-admitted</c>.</summary>
    public async Task<Answer<Installation>> Apply(DbSession s, NewInstallation wanted, CancellationToken ct)
    {
        if (HolderRules.Writes(s.Actor) is { } no) return no;
        if (schemes.Find(wanted.Scheme) is not { } scheme) return Refusal.NotFound("scheme.unknown", "scheme", ("given", wanted.Scheme ?? ""));
        var wrong = new List<Refusal>();
        var name = Given.Text(wanted.Name, "name", 200, wrong);
        var activity = Given.Text(wanted.Activity, "activity", 200, wrong);
        var country = wanted.Country?.Trim().ToUpperInvariant() ?? "";
        if (!CountryCode.IsAssigned(country)) wrong.Add(Refusal.Of("facility.country", "country", ("given", country)));
        if (wanted.FirstYear < 2005 || wanted.FirstYear > s.Today().Year + 1) wrong.Add(Refusal.Of("installation.first-year", "firstYear", ("last", $"{s.Today().Year + 1}")));
        var relief = string.IsNullOrWhiteSpace(wanted.Relief) ? null : wanted.Relief.Trim();
        if (relief is not null && !Obligations.Reliefs(scheme).Contains(relief)) wrong.Add(Refusal.Of("installation.relief", "relief", ("given", relief), ("known", string.Join(", ", Obligations.Reliefs(scheme)))));
        if (await HolderHandlers.OfOrganisation(s, scheme.Code, s.Actor.OrganisationId, ct) is not { State: HolderState.Admitted }) wrong.Add(Refusal.Conflict("holder.not-admitted", "scheme", ("scheme", scheme.Code)));
        if (wrong.Count > 0) return wrong;
        var id = s.NewId();
        return await s.InTransaction<Installation>(async t =>
        {
            await s.Run("insert into registry.installation (id, scheme, organisation_id, name, country, activity, facility_id, state, first_year, written_by, written_at, relief) values ($1, $2, $3, $4, $5, $6, $7, 0, $8, $9, $10, $11)", t,
                id, scheme.Code, s.Actor.OrganisationId, name, country, activity, wanted.FacilityId, wanted.FirstYear, s.Actor.PersonId, s.Now, relief);
            await s.Audit(new AuditEntry("registry-installation.applied", "registry-installation", id.ToString(), Details: new { scheme.Code, name, wanted.FirstYear, relief }), t);
            if (await Administration.AdministratorOf(s, scheme.Code, t) is { } authority)
                await s.Notify(new Notice(RegistryNotices.Applied, new NoticeTo(Organisation: authority, Roles: [Role.AuthorityOfficer]), "registry.notice.installation", new Dictionary<string, string> { ["name"] = name! }, $"/registry/installations/{id}", "registry-installation", id.ToString()), t);
            return (await Find(s, id, t))!;
        }, ct);
    }

    /// <summary>An officer writes the permit; an approver decides. <c>installation.permit-taken</c>.</summary>
    public async Task<Answer<Installation>> Permit(DbSession s, Guid id, string? permit, CancellationToken ct)
    {
        if (await Find(s, id, ct) is not { } known) return Refusal.NotFound("installation.not-found");
        if (await Administration.Acts(s, known.Scheme, ct) is { } no) return no;
        if (known.State != InstallationState.Applied || known.TaskId is not null) return Refusal.Conflict("installation.state-forbids", "state", ("state", known.State.ToString()));
        var wrong = new List<Refusal>();
        var number = Given.Text(permit, "permit", 60, wrong);
        if (wrong.Count > 0) return wrong;
        if (await s.Value<bool>("select exists (select from registry.installation where scheme = $1 and permit = $2 and state <> 2 and id <> $3)", ct, known.Scheme, number, id)) return Refusal.Conflict("installation.permit-taken", "permit", ("given", number!));
        return await s.InTransaction<Installation>(async t =>
        {
            var task = await approvals.Ask(s, Task, id, s.Actor.OrganisationId, Role.AuthorityApprover, $"/registry/installations/{id}", t, ("name", known.Name), ("permit", number!));
            await s.Run("update registry.installation set task_id = $2, permit = $3, row_version = row_version + 1 where id = $1", t, id, task, number);
            await s.Audit(new AuditEntry("registry-installation.proposed", "registry-installation", id.ToString(), Details: new { permit = number }), t);
            return (await Find(s, id, t))!;
        }, ct);
    }

    /// <summary>The last year with an obligation; null takes it back. The authority's officer.</summary>
    public async Task<Answer<Installation>> SetLastYear(DbSession s, Guid id, int? year, CancellationToken ct)
    {
        if (await Find(s, id, ct) is not { } known) return Refusal.NotFound("installation.not-found");
        if (await Administration.Acts(s, known.Scheme, ct) is { } no) return no;
        if (known.State != InstallationState.Permitted) return Refusal.Conflict("installation.state-forbids", "state", ("state", known.State.ToString()));
        if (year < known.FirstYear || year > s.Today().Year + 1) return Refusal.Of("installation.last-year", "lastYear", ("first", $"{known.FirstYear}"), ("last", $"{s.Today().Year + 1}"));
        return await s.InTransaction<Installation>(async t =>
        {
            await s.Run("update registry.installation set last_year = $2, row_version = row_version + 1 where id = $1", t, id, year);
            await s.Audit(new AuditEntry("registry-installation.last-year", "registry-installation", id.ToString(), Details: new { known.LastYear, year }), t);
            return (await Find(s, id, t))!;
        }, ct);
    }

    public async Task<Answer<Installation>> Read(DbSession s, Guid id, CancellationToken ct) => await Find(s, id, ct) is { } known ? known : Refusal.NotFound("installation.not-found");

    public async Task<Answer<Page<Installation>>> List(DbSession s, string? scheme, InstallationState? state, string? find, string? sort, string? cursor, int limit, CancellationToken ct)
    {
        var query = new Where();
        if (scheme is not null) query.And("scheme = ", scheme);
        if (state is { } of) query.And("state = ", (short)of);
        if (find is { Length: > 0 }) query.And("position(lower(", find, ") in lower(concat_ws(' ', name, permit, activity))) > 0");
        return await Orders.Page(s, $"select {Columns} from registry.installation", query, sort, cursor, limit, Map, ct);
    }

    internal async Task<Answer<Done>> Decide(DbSession s, Guid id, CancellationToken ct)
    {
        if (await Find(s, id, ct) is not { State: InstallationState.Applied } known) return Refusal.Conflict("installation.state-forbids", "state", ("state", ""));
        if (await Administration.Acts(s, known.Scheme, ct, Role.AuthorityApprover) is { } no) return no;
        await s.Run("update registry.installation set state = 1, task_id = null, decided_by = $2, decided_at = $3, row_version = row_version + 1 where id = $1", ct, id, s.Actor.PersonId, s.Now);
        await s.Audit(new AuditEntry("registry-installation.permitted", "registry-installation", id.ToString(), Details: new { known.Permit }), ct);
        return default(Done);
    }

    /// <summary>Its last year is over and settled. Nothing where it is not permitted any more, or operates again.</summary>
    internal static Task<int> End(DbSession s, Guid id, CancellationToken ct) => s.InTransaction(async t =>
    {
        var ended = await s.Run("update registry.installation set state = 3, row_version = row_version + 1 where id = $1 and state = 1 and last_year < $2", t, id, s.Today().Year);
        if (ended > 0) await s.Audit(new AuditEntry("registry-installation.ended", "registry-installation", id.ToString()), t);
        return ended;
    }, ct);

    internal async Task<Answer<Done>> TurnDown(DbSession s, Guid id, string reason, CancellationToken ct)
    {
        await s.Run("update registry.installation set state = 2, reason = $2, task_id = null, row_version = row_version + 1 where id = $1 and state = 0", ct, id, reason);
        await s.Audit(new AuditEntry("registry-installation.refused", "registry-installation", id.ToString(), reason), ct);
        return default(Done);
    }

    internal static Task<Installation?> Find(DbSession s, Guid id, CancellationToken ct) => s.One($"select {Columns} from registry.installation where id = $1", Map, ct, id);

    internal static Installation Map(NpgsqlDataReader r) => new(r.GetGuid(0), r.GetString(1), r.GetGuid(2), r.GetString(3), r.GetString(4), r.GetString(5), r.Text(6), r.MaybeGuid(7), (InstallationState)r.GetInt16(8), r.GetInt32(9), r.MaybeInt(10), r.Text(11), r.MaybeGuid(12), r.Text(13));
}
