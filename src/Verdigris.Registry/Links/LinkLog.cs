using Npgsql;
using Verdigris.Storage;

namespace Verdigris.Registry.Links;

/// <summary>Rows of links: their logs and what went over them. Written with the system's rights only.</summary>
static class LinkLog
{
    const string Columns = "id, scheme, kind, partner, state, reason, task_id, written_at";
    const string TransferColumns = "id, link_id, outward, transaction_id, partner_account, own_account, unit, vintage, quantity, state, reason, at";

    public static Task<RegistryLink?> Find(DbSession s, Guid id, CancellationToken ct, string suffix = "") => s.One($"select {Columns} from registry.link where id = $1{suffix}", Map, ct, id);

    public static Task<RegistryLink?> OfAccount(DbSession s, string scheme, string kind, CancellationToken ct) => s.One($"select {Columns} from registry.link where scheme = $1 and kind = $2 and state <> 3", Map, ct, scheme, kind);

    public static Task<List<RegistryLink>> All(DbSession s, CancellationToken ct) => s.All($"select {Columns} from registry.link order by scheme, kind", Map, ct);

    public static Task<List<LinkTransfer>> Transfers(DbSession s, Guid link, CancellationToken ct) => s.All($"select {TransferColumns} from registry.link_transfer where link_id = $1 order by id desc limit 500", MapTransfer, ct, link);

    public static Task<LinkTransfer?> Transfer(DbSession s, Guid id, CancellationToken ct) => s.One($"select {TransferColumns} from registry.link_transfer where id = $1 for update", MapTransfer, ct, id);

    public static Task<List<LinkMessage>> Messages(DbSession s, Guid link, bool outward, long after, CancellationToken ct) =>
        s.All("select sequence, body, sha256 from registry.link_message where link_id = $1 and outward = $2 and sequence > $3 order by sequence limit 1000", r => new LinkMessage(r.GetInt64(0), r.GetString(1), r.GetString(2)), ct, link, outward, after);

    public static Task<LinkMessage?> Last(DbSession s, Guid link, bool outward, CancellationToken ct) =>
        s.One("select sequence, body, sha256 from registry.link_message where link_id = $1 and outward = $2 order by sequence desc limit 1", r => new LinkMessage(r.GetInt64(0), r.GetString(1), r.GetString(2)), ct, link, outward);

    public static Task<int> Keep(DbSession s, Guid link, bool outward, LinkMessage m, CancellationToken ct) =>
        s.Run("insert into registry.link_message (link_id, outward, sequence, body, sha256, at) values ($1, $2, $3, $4, $5, $6)", ct, link, outward, m.Sequence, m.Body, m.Sha256, s.Now);

    /// <summary>Says something to the other registry: the next entry of the log, in the caller's transaction and under the link's lock.</summary>
    public static async Task Say(DbSession s, Guid link, LinkBody body, CancellationToken ct)
    {
        await Find(s, link, ct, " for update");
        var (last, text) = (await Last(s, link, true, ct), StorageJson.Write(body));
        await Keep(s, link, true, new((last?.Sequence ?? 0) + 1, text, LinkMessage.Hash(last?.Sha256, text)), ct);
    }

    public static Task<List<LinkReconciliation>> Reconciliations(DbSession s, Guid link, CancellationToken ct) =>
        s.All("select sequence, agrees, ours, theirs, at from registry.link_reconciliation where link_id = $1 order by sequence desc limit 60", r => new LinkReconciliation(r.GetInt64(0), r.GetBoolean(1), r.GetString(2), r.GetString(3), r.Time(4)), ct, link);

    static RegistryLink Map(NpgsqlDataReader r) => new(r.GetGuid(0), r.GetString(1), r.GetString(2), r.GetString(3), (LinkState)r.GetInt16(4), r.Text(5), r.MaybeGuid(6), r.Time(7));

    static LinkTransfer MapTransfer(NpgsqlDataReader r) => new(r.GetGuid(0), r.GetGuid(1), r.GetBoolean(2), r.MaybeGuid(3), r.GetString(4), r.GetString(5), r.GetString(6), r.GetString(7), r.GetInt64(8), (LinkTransferState)r.GetInt16(9), r.Text(10), r.Time(11));
}
