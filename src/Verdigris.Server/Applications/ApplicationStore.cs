using NodaTime;
using Npgsql;
using Verdigris.Passport.Organisations;
using Verdigris.Primitives;
using Verdigris.Storage;

namespace Verdigris.Server;

/// <summary>Rows of applications.</summary>
static class ApplicationStore
{
    const string Select = "select id, kind, name, name_zh, country, lei, registration_no, contact_name, contact_address, language, state, created_at, changed_at, organisation_id from server.application";

    static Application Map(NpgsqlDataReader r) => new(r.GetGuid(0), new(OrganisationRules.Kind(r.GetString(1)), r.GetString(2), Text(r, 3), r.GetString(4), Text(r, 5), r.GetString(6), r.GetString(7), r.GetString(8), r.GetString(9)),
        (ApplicationState)r.GetInt16(10), r.Moment(11), r.Moment(12), r.IsDBNull(13) ? null : r.GetGuid(13));

    static string? Text(NpgsqlDataReader r, int i) => r.IsDBNull(i) ? null : r.GetString(i);

    public static async Task Insert(DbSession s, Guid id, NewApplication a, byte[] hash, string sealedToken, CancellationToken ct)
    {
        await s.Execute("""
            insert into server.application (id, token_sha256, token_sealed, kind, name, name_zh, country, lei, registration_no, contact_name, contact_address, language, state, created_at, changed_at)
            values ($1, $2, $3, $4, $5, $6::text, $7, $8::text, $9, $10, $11, $12, 0, $13, $13)
            """, ct, id, hash, sealedToken, OrganisationRules.Word(a.Kind), a.Name, a.NameZh, a.Country, a.Lei, a.RegistrationNo, a.ContactName, a.ContactAddress, a.Language, s.Now.ToDateTimeUtc());
        await AddStep(s, id, "Apply", ApplicationState.Applied, null, null, ct);
    }

    public static Task<Application?> Find(DbSession s, Guid id, CancellationToken ct, bool hold = false) => s.One($"{Select} where id = $1{(hold ? " for update" : "")}", Map, ct, id);

    public static Task<Application?> Of(DbSession s, byte[] hash, CancellationToken ct, bool hold = false) => s.One($"{Select} where token_sha256 = $1{(hold ? " for update" : "")}", Map, ct, hash);

    public static readonly ListOrders<Application> Orders = new("applications", "-applied", ListKey<Application>.Id("applied", "id", a => a.Id), ListKey<Application>.Text("name", "name", a => a.Content.Name), ListKey<Application>.Text("country", "country", a => a.Content.Country),
        ListKey<Application>.Text("kind", "kind", a => OrganisationRules.Word(a.Content.Kind)), ListKey<Application>.Number("state", "state", a => (short)a.State));

    public static async Task<List<Application>> List(DbSession s, ApplicationState? state, ListOrder<Application> order, int limit, CancellationToken ct)
    {
        var where = new Where();
        if (state is { } one) where.And("state = ", (short)one);
        where.And(order.Condition(where.Next));
        return await s.Many($"{Select} {where} order by {order.By} limit {limit}", Map, ct, where.Args);
    }

    public static async Task<ApplicationView> View(DbSession s, Application a, CancellationToken ct) => new(a,
        await s.Many("select id, file_name, media_type, size_bytes, sha256, added_at from server.application_file where application_id = $1 order by id", r => new ApplicationFile(r.GetGuid(0), r.GetString(1), r.GetString(2), r.GetInt64(3), r.GetString(4), r.Moment(5)), ct, a.Id),
        await s.Many("select seq, event, state, note, person, at from server.application_step where application_id = $1 order by seq", r => new ApplicationStep(r.GetInt32(0), r.GetString(1), (ApplicationState)r.GetInt16(2), Text(r, 3), r.IsDBNull(4) ? null : r.GetGuid(4), r.Moment(5)), ct, a.Id));

    /// <summary>Moves an application along the table, with its step and audit entry. Inside a transaction.</summary>
    public static async Task<Answer<Application>> Move(DbSession s, Application known, ApplicationEvent happened, string? note, CancellationToken ct, Guid? organisation = null)
    {
        var next = ApplicationRules.Table.Next(known.State, happened);
        if (!next.Ok) return Answer<Application>.From(next.Refusals);
        await s.Execute("update server.application set state = $2, changed_at = $3, organisation_id = $4::uuid where id = $1", ct, known.Id, (short)next.Value, s.Now.ToDateTimeUtc(), organisation);
        await AddStep(s, known.Id, happened.ToString(), next.Value, note, s.Actor is { SignedIn: true } actor && actor.PersonId != Actor.System.PersonId ? actor.PersonId : null, ct);
        await s.Audit(new AuditEntry("application." + Word(happened), "application", known.Id.ToString(), note), ct);
        return known with { State = next.Value, ChangedAt = s.Now, OrganisationId = organisation };
    }

    static string Word(ApplicationEvent happened) => happened switch
    {
        ApplicationEvent.RequestInformation => "information-requested",
        ApplicationEvent.Answer => "answered",
        ApplicationEvent.Approve => "approved",
        ApplicationEvent.Refuse => "refused",
        _ => "lapsed",
    };

    static Task<int> AddStep(DbSession s, Guid id, string happened, ApplicationState state, string? note, Guid? person, CancellationToken ct) => s.Execute("""
        insert into server.application_step (application_id, seq, event, state, note, person, at)
        select $1, coalesce(max(seq), 0) + 1, $2, $3, $4::text, $5::uuid, $6 from server.application_step where application_id = $1
        """, ct, id, happened, (short)state, note, person, s.Now.ToDateTimeUtc());
}
