using NodaTime;
using Npgsql;
using Verdigris.Book;
using Verdigris.Primitives;
using Verdigris.Storage;

namespace Verdigris.Passport.Organisations;

/// <summary>Use cases of organisations, plants and warehouses. Names and places are public to everybody signed in; nothing here is secret.</summary>
public sealed class OrganisationHandlers(BookCommands book)
{
    /// <summary>Takes an organisation in and opens its accounts in the Book. Exchange staff only.</summary>
    public async Task<Answer<Organisation>> Create(DbSession s, NewOrganisation request, CancellationToken ct)
    {
        if (Allow.Role(s.Actor, Role.ExchangeStaff) is { } no) return no;
        var wrong = OrganisationRules.Check(request);
        if (wrong.Count > 0) return wrong;
        var organisation = new Organisation(request.Id ?? s.NewId(), request.Kind, request.Name, request.NameZh, request.Lei, request.Country, "active", s.Now);
        try
        {
            return await s.InTransaction<Organisation>(async t =>
            {
                await s.Run("insert into passport.organisation (id, kind, name, name_zh, lei, country, state, created_at) values ($1, $2, $3, $4, $5, $6, 'active', $7)", t,
                    organisation.Id, OrganisationRules.Word(organisation.Kind), organisation.Name, organisation.NameZh, organisation.Lei, organisation.Country, organisation.CreatedAt);
                await OpenAccounts(s, organisation, t);
                await s.Audit(new AuditEntry("organisation.created", "organisation", organisation.Id.ToString(), Details: new { organisation.Name, Kind = OrganisationRules.Word(organisation.Kind) }), t);
                return organisation;
            }, ct);
        }
        catch (PostgresException e) when (e.SqlState == PostgresErrorCodes.UniqueViolation)
        {
            return Refusal.Conflict("organisation.lei-taken", "lei", ("given", request.Lei ?? ""));
        }
    }

    public async Task<Answer<Plant>> AddPlant(DbSession s, NewPlant request, CancellationToken ct)
    {
        if (Allow.AnyRole(s.Actor, Role.ExchangeStaff, Role.ProducerEditor, Role.Administrator) is { } no) return no;
        if (!s.Actor.Is(Role.ExchangeStaff) && Allow.Role(s.Actor, s.Actor.Is(Role.ProducerEditor) ? Role.ProducerEditor : Role.Administrator, request.OrganisationId) is { } elsewhere) return elsewhere;
        var wrong = OrganisationRules.Check(request);
        if (await Find(s, request.OrganisationId, ct) is not { Kind: OrganisationKind.Producer }) wrong.Add(Refusal.NotFound("organisation.not-a-producer", "organisationId"));
        if (wrong.Count > 0) return wrong;
        var plant = new Plant(request.Id ?? s.NewId(), request.OrganisationId, request.Code, request.Name, request.NameZh, request.Country, request.LatitudeDeg, request.LongitudeDeg, request.CapacityTPerYear, request.Processes);
        return await Unique<Plant>(s, "organisation.code-taken", "code", async t =>
        {
            await s.Run("insert into passport.plant (id, organisation_id, code, name, name_zh, country, latitude_deg, longitude_deg, capacity_t_per_year, processes, created_at) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)", t,
                plant.Id, plant.OrganisationId, plant.Code, plant.Name, plant.NameZh, plant.Country, plant.LatitudeDeg, plant.LongitudeDeg, plant.CapacityTPerYear, plant.Processes, s.Now);
            await s.Audit(new AuditEntry("plant.created", "plant", plant.Id.ToString(), Details: new { plant.Code, plant.Name }), t);
            return plant;
        }, ct);
    }

    /// <summary>Lists a warehouse unit. Exchange staff only.</summary>
    public async Task<Answer<Warehouse>> AddWarehouse(DbSession s, NewWarehouse request, CancellationToken ct)
    {
        if (Allow.Role(s.Actor, Role.ExchangeStaff) is { } no) return no;
        var wrong = OrganisationRules.Check(request);
        if (await Find(s, request.OrganisationId, ct) is not { Kind: OrganisationKind.Warehouse }) wrong.Add(Refusal.NotFound("organisation.not-a-warehouse", "organisationId"));
        if (wrong.Count > 0) return wrong;
        var warehouse = new Warehouse(request.Id ?? s.NewId(), request.OrganisationId, request.Unit, request.Name, request.NameZh, request.LocationCode, request.Country, request.Metals, request.AreaM2, "active");
        return await Unique<Warehouse>(s, "organisation.code-taken", "unit", async t =>
        {
            await s.Run("insert into passport.warehouse (id, organisation_id, unit, name, name_zh, location_code, country, metals, area_m2, state, created_at) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, 'active', $10)", t,
                warehouse.Id, warehouse.OrganisationId, warehouse.Unit, warehouse.Name, warehouse.NameZh, warehouse.LocationCode, warehouse.Country, warehouse.Metals, warehouse.AreaM2, s.Now);
            await s.Audit(new AuditEntry("warehouse.created", "warehouse", warehouse.Id.ToString(), Details: new { warehouse.Unit, warehouse.LocationCode }), t);
            return warehouse;
        }, ct);
    }

    /// <summary>All of them, for whoever puts names to ids; <see cref="OrganisationRegister"/> is for people.</summary>
    public Task<List<Organisation>> List(DbSession s, OrganisationKind? kind, CancellationToken ct) =>
        s.All($"select {Columns} from passport.organisation where $1::text is null or kind = $1 order by name, id limit 50000", Map, ct, kind is { } k ? OrganisationRules.Word(k) : null);

    public Task<Organisation?> Find(DbSession s, Guid id, CancellationToken ct) =>
        s.One($"select {Columns} from passport.organisation where id = $1", Map, ct, id);

    public Task<List<Plant>> Plants(DbSession s, Guid? organisation, CancellationToken ct) =>
        s.All($"select {PlantColumns} from passport.plant where $1::uuid is null or organisation_id = $1 order by code, id", MapPlant, ct, organisation);

    public Task<Plant?> FindPlant(DbSession s, Guid id, CancellationToken ct) =>
        s.One($"select {PlantColumns} from passport.plant where id = $1", MapPlant, ct, id);

    public Task<List<Warehouse>> Warehouses(DbSession s, Guid? organisation, CancellationToken ct) =>
        s.All($"select {WarehouseColumns} from passport.warehouse where $1::uuid is null or organisation_id = $1 order by unit", MapWarehouse, ct, organisation);

    public Task<Warehouse?> FindWarehouse(DbSession s, Guid id, CancellationToken ct) =>
        s.One($"select {WarehouseColumns} from passport.warehouse where id = $1", MapWarehouse, ct, id);

    /// <summary>The account of an organisation; null where it has none of the kind or the Book has not opened it yet.</summary>
    public Task<BookAccount?> Account(DbSession s, Guid organisation, string kind, CancellationToken ct) =>
        s.One("select account, organisation_id, kind, state from passport.book_account where organisation_id = $1 and kind = $2 and state = 'open'", MapAccount, ct, organisation, kind);

    public Task<List<BookAccount>> Accounts(DbSession s, Guid organisation, CancellationToken ct) =>
        s.All("select account, organisation_id, kind, state from passport.book_account where organisation_id = $1 order by account", MapAccount, ct, organisation);

    async Task OpenAccounts(DbSession s, Organisation organisation, CancellationToken ct)
    {
        var kinds = BookAccounts.KindsFor(organisation.Kind);
        if (kinds.Count == 0) return;
        var commands = new List<Command>();
        var numbers = new List<long>();
        foreach (var kind in kinds)
        {
            var account = await s.Value<long>("insert into passport.book_account (account, organisation_id, kind, state) values (nextval('passport.book_account_number'), $1, $2, 'pending') returning account", ct, organisation.Id, kind);
            numbers.Add(account);
            commands.Add(BookAccounts.Open(account, BookAccounts.TypeOf(kind), BookId.From(organisation.Id), authority: kind == BookAccounts.Authority) with { Actor = BookId.From(s.Actor.PersonId) });
        }
        await book.Send(s, OpenAccountsKind.Name, organisation.Id, new OpenedAccounts(numbers), commands, ct);
    }

    static async Task<Answer<T>> Unique<T>(DbSession s, string code, string field, Func<CancellationToken, Task<Answer<T>>> work, CancellationToken ct)
    {
        try
        {
            return await s.InTransaction(work, ct);
        }
        catch (PostgresException e) when (e.SqlState == PostgresErrorCodes.UniqueViolation)
        {
            return Refusal.Conflict(code, field);
        }
    }

    internal const string Columns = "id, kind, name, name_zh, lei, country, state, created_at";
    const string PlantColumns = "id, organisation_id, code, name, name_zh, country, latitude_deg, longitude_deg, capacity_t_per_year, processes";
    const string WarehouseColumns = "id, organisation_id, unit, name, name_zh, location_code, country, metals, area_m2, state";

    internal static Organisation Map(NpgsqlDataReader r) => new(r.GetGuid(0), OrganisationRules.Kind(r.GetString(1)), r.GetString(2), r.Text(3), r.Text(4), r.GetString(5), r.GetString(6), r.Time(7));
    static Plant MapPlant(NpgsqlDataReader r) => new(r.GetGuid(0), r.GetGuid(1), r.GetString(2), r.GetString(3), r.Text(4), r.GetString(5), r.MaybeDecimal(6), r.MaybeDecimal(7), r.GetDecimal(8), r.Texts(9));
    static Warehouse MapWarehouse(NpgsqlDataReader r) => new(r.GetGuid(0), r.GetGuid(1), r.GetString(2), r.GetString(3), r.Text(4), r.GetString(5), r.GetString(6), r.Texts(7), r.MaybeDecimal(8), r.GetString(9));
    static BookAccount MapAccount(NpgsqlDataReader r) => new(r.GetInt64(0), r.GetGuid(1), r.GetString(2), r.GetString(3));
}

sealed record OpenedAccounts(IReadOnlyList<long> Accounts);

/// <summary>Marks accounts as open once the Book has opened them.</summary>
sealed class OpenAccountsKind : IBookCommandKind
{
    public const string Name = "passport.open-accounts";
    public string Kind => Name;

    public async Task Finish(DbSession session, BookCommandRow row, IReadOnlyList<Outcome> outcomes, CancellationToken ct)
    {
        var accounts = row.Payload<OpenedAccounts>().Accounts;
        for (var i = 0; i < accounts.Count; i++)
            if (outcomes[i].Accepted || outcomes[i].Code == Code.AccountExists)
                await session.Run("update passport.book_account set state = 'open', opened_at = $2 where account = $1 and state = 'pending'", ct, accounts[i], session.Now);
    }
}
