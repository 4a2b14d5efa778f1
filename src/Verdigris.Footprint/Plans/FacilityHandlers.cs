using NodaTime;
using Npgsql;
using Verdigris.Primitives;
using Verdigris.Storage;

namespace Verdigris.Footprint.Plans;

/// <param name="PlantId">The plant it is, where it makes metal; null else.</param>
/// <param name="Country">Two letters.</param>
public sealed record NewFacility(string Name, string? NameZh, string Country, Guid? PlantId = null);

public sealed record Facility(Guid Id, Guid OperatorId, Guid? PlantId, string Name, string? NameZh, string Country, Instant CreatedAt);

/// <param name="Sort">name, country or added, with a leading minus for descending; null is name.</param>
public sealed record FacilityFilter(string? Text = null, string? Sort = null, string? Cursor = null, int Limit = 50);

/// <summary>Facilities: what an operator reports for.</summary>
public sealed class FacilityHandlers
{
    internal const string Columns = "id, operator_id, plant_id, name, name_zh, country, created_at";

    static readonly ListOrders<Facility> Orders = new("facilities", "name", ListKey<Facility>.Id("added", "id", f => f.Id), ListKey<Facility>.Text("name", "name", f => f.Name), ListKey<Facility>.Text("country", "country", f => f.Country));

    public async Task<Answer<Facility>> Create(DbSession s, NewFacility facility, CancellationToken ct)
    {
        if (Allow.Role(s.Actor, Role.ProducerEditor) is { } no) return no;
        var wrong = new List<Refusal>();
        Texts.Check(facility.Name, "name", 200, wrong);
        if (facility.NameZh is { } zh) Texts.Check(zh, "nameZh", 200, wrong);
        if (!CountryCode.IsAssigned(facility.Country)) wrong.Add(Refusal.Of("facility.country", "country", ("given", facility.Country ?? "")));
        if (wrong.Count > 0) return wrong;
        var id = s.NewId();
        try
        {
            return await s.InTransaction<Facility>(async t =>
            {
                await s.Run("insert into footprint.facility (id, operator_id, plant_id, name, name_zh, country, created_by, created_at) values ($1, $2, $3, $4, $5, $6, $7, $8)", t,
                    id, s.Actor.OrganisationId, facility.PlantId, facility.Name.Trim(), facility.NameZh?.Trim(), facility.Country, s.Actor.PersonId, s.Now);
                await s.Audit(new AuditEntry("facility.created", "facility", id.ToString()), t);
                return (await Find(s, id, t))!;
            }, ct);
        }
        catch (PostgresException e) when (e.SqlState == PostgresErrorCodes.UniqueViolation)
        {
            return Refusal.Conflict("facility.name-taken", "name", ("given", facility.Name.Trim()));
        }
    }

    /// <summary>Own facilities, and those of reports handed to the own organisation.</summary>
    public async Task<Answer<Page<Facility>>> List(DbSession s, FacilityFilter filter, CancellationToken ct)
    {
        var query = new Where();
        if (filter.Text is { Length: > 0 } text) query.And("position(lower(", text, ") in lower(concat_ws(' ', name, name_zh, country))) > 0");
        return await Orders.Page(s, $"select {Columns} from footprint.facility", query, filter.Sort, filter.Cursor, filter.Limit, Map, ct);
    }

    public async Task<Answer<Facility>> Read(DbSession s, Guid id, CancellationToken ct) => await Find(s, id, ct) is { } known ? known : Refusal.NotFound("facility.not-found");

    internal static Task<Facility?> Find(DbSession s, Guid id, CancellationToken ct) => s.One($"select {Columns} from footprint.facility where id = $1", Map, ct, id);

    static Facility Map(NpgsqlDataReader r) => new(r.GetGuid(0), r.GetGuid(1), r.MaybeGuid(2), r.GetString(3), r.Text(4), r.GetString(5), r.Time(6));
}
