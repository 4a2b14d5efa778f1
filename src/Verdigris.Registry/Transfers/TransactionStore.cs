using Npgsql;
using Verdigris.Primitives;
using Verdigris.Storage;

namespace Verdigris.Registry.Transfers;

/// <summary>Rows of transactions.</summary>
static class TransactionStore
{
    const string Columns = """
        t.id, t.scheme, t.kind, t.code, a.unit, a.vintage, t.quantity, t.from_account, registry.account_id(t.from_account), t.to_account, registry.account_id(t.to_account), t.state, t.trusted, t.executes_at, t.cancel_until, t.year, t.installation_id,
        t.reverses, t.reason, t.refusal, t.book_code, t.task_id, t.proposed_by, t.proposed_at, t.decided_by, t.decided_at, t.finished_at, t.credit_serial
        """;

    const string From = "from registry.transaction t join registry.asset a on a.asset = t.asset";

    static readonly ListOrders<RegistryTransaction> Orders = new("registry-transactions", "-proposed", ListKey<RegistryTransaction>.Id("proposed", "t.id", t => t.Id), ListKey<RegistryTransaction>.Text("kind", "t.kind", t => t.Kind),
        ListKey<RegistryTransaction>.Number("state", "t.state", t => (int)t.State), ListKey<RegistryTransaction>.Number("quantity", "t.quantity", t => t.Quantity));

    public static Task<RegistryTransaction?> Find(DbSession s, Guid id, CancellationToken ct) => s.One($"select {Columns} {From} where t.id = $1", Map, ct, id);

    public static Task<RegistryTransaction?> Locked(DbSession s, Guid id, CancellationToken ct) => s.One($"select {Columns} {From} where t.id = $1 for update of t", Map, ct, id);

    public static async Task<Answer<Page<RegistryTransaction>>> List(DbSession s, TransactionFilter f, CancellationToken ct)
    {
        var query = new Where();
        if (f.Scheme is { } scheme) query.And("t.scheme = ", scheme);
        if (f.Account is { } account)
        {
            var given = query.Next(account);
            query.And($"{given} in (t.from_account, t.to_account)");
        }
        if (f.Kind is { } kind) query.And("t.kind = ", kind);
        if (f.State is { } state) query.And("t.state = ", (short)state);
        if (f.Installation is { } installation) query.And("t.installation_id = ", installation);
        if (f.Year is { } year) query.And("t.year = ", year);
        return await Orders.Page(s, $"select {Columns} {From}", query, f.Sort, f.Cursor, f.Limit, Map, ct);
    }

    public static Task<List<TransactionBlock>> Blocks(DbSession s, Guid id, CancellationToken ct) => s.All("select first, last from registry.transaction_block where transaction_id = $1 order by place", r => new TransactionBlock(r.GetInt64(0), r.GetInt64(1)), ct, id);

    /// <summary>Delayed ones whose time has come, and those sent to the Book: what the reader sees of them is to be brought up to the Book.</summary>
    public static Task<List<RegistryTransaction>> Due(DbSession s, long? account, CancellationToken ct) =>
        s.All($"select {Columns} {From} where t.state = 2 and t.executes_at <= $1 and ($2::bigint is null or $2 in (t.from_account, t.to_account)) order by t.executes_at limit 1000", Map, ct, s.Now, account);

    static RegistryTransaction Map(NpgsqlDataReader r) => new(r.GetGuid(0), r.GetString(1), r.GetString(2), r.GetString(3), r.GetString(4), r.GetString(5), r.GetInt64(6), r.GetInt64(7), r.GetString(8), r.GetInt64(9), r.GetString(10), (TransactionState)r.GetInt16(11),
        r.GetBoolean(12), r.MaybeTime(13), r.MaybeTime(14), r.MaybeInt(15), r.MaybeGuid(16), r.MaybeGuid(17), r.Text(18), r.Text(19), r.Text(20), r.MaybeGuid(21), r.GetGuid(22), r.Time(23), r.MaybeGuid(24), r.MaybeTime(25), r.MaybeTime(26), r.Text(27));
}
