using NodaTime;
using Npgsql;
using Verdigris.Primitives;
using Verdigris.Registry.Schemes;
using Verdigris.Storage;

namespace Verdigris.Registry.Accounts;

/// <summary>Rows of accounts. Row-level security shows the holder its own and the administrator of a scheme all of the scheme.</summary>
static class AccountStore
{
    /// <summary>What a number is more by in the Book: 6,005,000,001 to 6,999,999,999 are accounts of schemes, 7,000,000,001 and on those of credits.</summary>
    const long BookBase = 6_000_000_000;

    const string Columns = "account, full_id, scheme, kind, organisation_id, installation_id, name, state, trusted_only, reason, task_id, opened_at, closed_at";

    static readonly ListOrders<RegistryAccount> Orders = new("registry-accounts", "id", ListKey<RegistryAccount>.Number("id", "account", a => a.Account), ListKey<RegistryAccount>.Text("name", "name", a => a.Name), ListKey<RegistryAccount>.Text("kind", "kind", a => a.Kind),
        ListKey<RegistryAccount>.Number("state", "state", a => (int)a.State), ListKey<RegistryAccount>.Text("scheme", "scheme", a => a.Scheme));

    public static Task<RegistryAccount?> Find(DbSession s, long account, CancellationToken ct) => s.One($"select {Columns} from registry.account where account = $1", Map, ct, account);

    public static Task<RegistryAccount?> Locked(DbSession s, long account, CancellationToken ct) => s.One($"select {Columns} from registry.account where account = $1 for update", Map, ct, account);

    /// <summary>Any account by the id people write; asked as the system, so only for whether and how it can be reached.</summary>
    public static Task<RegistryAccount?> Reached(DbSession s, string? fullId, CancellationToken ct) =>
        s.Lent(t => s.One($"select {Columns} from registry.account where full_id = $1", Map, t, fullId?.Trim().ToUpperInvariant() ?? ""), ct);

    public static async Task<Answer<Page<RegistryAccount>>> List(DbSession s, AccountFilter f, CancellationToken ct)
    {
        var query = new Where();
        query.And($"kind not in ({query.Next(SchemeNumbers.Authority)}, {query.Next(SchemeNumbers.FormerAuthority)})");
        if (f.Scheme is { } scheme) query.And("scheme = ", scheme);
        if (f.Kind is { } kind) query.And("kind = ", kind);
        if (f.State is { } state) query.And("state = ", (short)state);
        if (f.Organisation is { } organisation) query.And("organisation_id = ", organisation);
        if (f.Find is { Length: > 0 } find) query.And("position(lower(", find, ") in lower(name || ' ' || full_id)) > 0");
        return await Orders.Page(s, $"select {Columns} from registry.account", query, f.Sort, f.Cursor, f.Limit, Map, ct);
    }

    public static Task<List<RegistryAccount>> OfInstallation(DbSession s, Guid installation, CancellationToken ct) => s.All($"select {Columns} from registry.account where installation_id = $1 order by account", Map, ct, installation);

    /// <summary>A row of an account asked for; the number is the next.</summary>
    public static async Task<long> Add(DbSession s, Scheme scheme, AccountKind kind, NewAccount wanted, Guid organisation, CancellationToken ct)
    {
        var number = await s.Value<long>("select nextval('registry.account_number')", ct);
        await s.Run("insert into registry.account (account, number, full_id, scheme, kind, organisation_id, installation_id, name, state, trusted_only) values ($1, $2, $3, $4, $5, $6, $7, $8, 0, $9)", ct,
            BookBase + number, number, AccountNumber.Of(scheme.RegistryCode, kind.TypeCode, number, scheme.Period).ToString(), scheme.Code, kind.Kind, organisation, wanted.InstallationId, wanted.Name.Trim(), wanted.TrustedOnly);
        return BookBase + number;
    }

    /// <summary>An account of the scheme itself. Where another server that starts at the same time was quicker, it is there and nothing happens.</summary>
    public static async Task AddCentral(DbSession s, Scheme scheme, string kind, string name, int typeCode, CancellationToken ct)
    {
        var number = await s.Value<long>("select nextval('registry.account_number')", ct);
        await s.Run("insert into registry.account (account, number, full_id, scheme, kind, name, state, opened_at) values ($1, $2, $3, $4, $5, $6, 2, $7) on conflict (scheme, kind) where organisation_id is null do nothing", ct,
            BookBase + number, number, AccountNumber.Of(scheme.RegistryCode, typeCode, number, scheme.Period).ToString(), scheme.Code, kind, name, s.Now);
    }

    public static RegistryAccount Map(NpgsqlDataReader r) => new(r.GetInt64(0), r.GetString(1), r.GetString(2), r.GetString(3), r.MaybeGuid(4), r.MaybeGuid(5), r.GetString(6), (AccountState)r.GetInt16(7), r.GetBoolean(8), r.Text(9), r.MaybeGuid(10), r.MaybeTime(11), r.MaybeTime(12));

    // --- representatives and trusted accounts ---

    const string RepresentativeColumns = "id, account, person_id, rights, state, reason, task_id, written_at, decided_at";

    public static Task<List<Representative>> Representatives(DbSession s, long account, CancellationToken ct) => s.All($"select {RepresentativeColumns} from registry.representative where account = $1 order by state, id", MapRepresentative, ct, account);

    public static Task<Representative?> RepresentativeOf(DbSession s, long account, Guid person, CancellationToken ct) =>
        s.One($"select {RepresentativeColumns} from registry.representative where account = $1 and person_id = $2 and state in (0, 1, 2)", MapRepresentative, ct, account, person);

    public static Task<Representative?> FindRepresentative(DbSession s, Guid id, CancellationToken ct) => s.One($"select {RepresentativeColumns} from registry.representative where id = $1", MapRepresentative, ct, id);

    static Representative MapRepresentative(NpgsqlDataReader r) => new(r.GetGuid(0), r.GetInt64(1), r.GetGuid(2), (Right)r.GetInt16(3), (RepresentativeState)r.GetInt16(4), r.Text(5), r.MaybeGuid(6), r.Time(7), r.MaybeTime(8));

    const string TrustedColumns = "t.id, t.account, t.trusted, b.full_id, t.note, t.state, t.effective_at, t.reason, t.task_id, t.written_at";

    // The id of the other's account is what the holder wrote: it may be shown to him, though the row behind it may not.
    public static Task<List<TrustedAccount>> Trusted(DbSession s, long account, CancellationToken ct) =>
        s.Lent(t => s.All($"select {TrustedColumns} from registry.trusted_account t join registry.account b on b.account = t.trusted where t.account = $1 order by t.id", MapTrusted, t, account), ct);

    public static Task<TrustedAccount?> FindTrusted(DbSession s, Guid id, CancellationToken ct) =>
        s.Lent(t => s.One($"select {TrustedColumns} from registry.trusted_account t join registry.account b on b.account = t.trusted where t.id = $1", MapTrusted, t, id), ct);

    static TrustedAccount MapTrusted(NpgsqlDataReader r) => new(r.GetGuid(0), r.GetInt64(1), r.GetInt64(2), r.GetString(3), r.Text(4), (TrustState)r.GetInt16(5), r.MaybeTime(6), r.Text(7), r.MaybeGuid(8), r.Time(9));

    // --- freezes ---

    const string FreezeColumns = "f.id, f.scheme, f.account, a.full_id, f.scope, f.kind, f.reason, f.task_id, f.frozen_at, f.lifted_at";

    public static Task<List<Freeze>> Freezes(DbSession s, string? scheme, long? account, CancellationToken ct) =>
        s.All($"select {FreezeColumns} from registry.freezing f left join registry.account a on a.account = f.account where ($1::text is null or f.scheme = $1) and ($2::bigint is null or f.account = $2) and f.lifted_at is null order by f.id", MapFreeze, ct, scheme, account);

    public static Task<Freeze?> FindFreeze(DbSession s, Guid id, CancellationToken ct) => s.One($"select {FreezeColumns} from registry.freezing f left join registry.account a on a.account = f.account where f.id = $1", MapFreeze, ct, id);

    static Freeze MapFreeze(NpgsqlDataReader r) => new(r.GetGuid(0), r.GetString(1), r.IsDBNull(2) ? null : r.GetInt64(2), r.Text(3), r.IsDBNull(4) ? null : r.GetInt16(4), r.Text(5), r.GetString(6), r.MaybeGuid(7), r.Time(8), r.MaybeTime(9));
}
