using NodaTime;
using Verdigris.Market.Contracts;
using Verdigris.Primitives;
using Verdigris.Storage;

namespace Verdigris.Market.Clearing.Prices;

/// <summary>A series that was not settled for good because a price of its index is to be corrected.</summary>
/// <param name="Day">Clearing day on which it was held.</param>
/// <param name="IndexDay">Day of the price that is to be corrected.</param>
/// <param name="Before">What counts as long as nobody has decided.</param>
/// <param name="Decided">Somebody has: it is settled with the next clearing day.</param>
public sealed record HeldFinal(LocalDate Day, string Series, string Index, LocalDate IndexDay, decimal Before, decimal Price, Guid? TaskId, bool Decided);

/// <summary>
/// Final prices that wait. While a correction of an index price waits for its second person, no series is settled for good by that price: it gets a price of the day by the other rules and lives until the clearing day after the decision. All other series go on.
/// </summary>
public static class HeldFinals
{
    /// <summary>Prices of indices are proposed, accepted and used for a final price one after the other. In a transaction, to its end.</summary>
    internal static Task Lock(DbSession s, CancellationToken ct) => s.Run("select pg_advisory_xact_lock(hashtext('market.index-price'))", ct);

    /// <summary>Corrections nobody has decided yet, of prices the final price of a series is the mean of.</summary>
    internal static async Task<IReadOnlyList<Guid>> Waiting(DbSession s, ContractSet contracts, Contract contract, Series series, LocalDate day, CancellationToken ct) =>
        series.Month is { } month && contract.Row("settlement", day)?.TextOrNull("index") is { } index && FinalSettlement.Days(contracts, contract, month, day) is { Ok: true, Value: var days }
            ? await s.All("select id from market.index_proposal where state = 0 and correction > 0 and index = $1 and day = any($2) order by day", r => r.GetGuid(0), ct, index, days.Select(d => d.ToDateOnly()).ToArray()) : [];

    internal static async Task Keep(DbSession s, LocalDate day, string series, IReadOnlyList<Guid> proposals, CancellationToken ct)
    {
        foreach (var proposal in proposals) await s.Run("insert into market.final_held (day, series, proposal_id) values ($1, $2, $3) on conflict do nothing", ct, day, series, proposal);
    }

    /// <summary>Codes of the series that are not ended on a day, though it is their last.</summary>
    internal static async Task<HashSet<string>> Codes(DbSession s, LocalDate day, CancellationToken ct) => [.. await s.All("select distinct series from market.final_held where day = $1", r => r.GetString(0), ct, day)];

    /// <summary>What was held on a day, by series and day of the index.</summary>
    public static Task<List<HeldFinal>> Of(DbSession s, LocalDate day, CancellationToken ct) => s.All($"{Select} where h.day = $1 order by h.series, p.day", Map, ct, day);

    /// <summary>What is held now: series that still live, as the newest day left them.</summary>
    public static Task<List<HeldFinal>> Open(DbSession s, CancellationToken ct) =>
        s.All($"{Select} join market.series x on x.code = h.series where x.ended_on is null and h.day = (select max(day) from market.final_held n where n.series = h.series) order by h.series, p.day", Map, ct);

    const string Select = """
        select h.day, h.series, p.index, p.day, (select b.price from market.index_price b where b.index = p.index and b.day = p.day and b.correction = p.correction - 1), p.price, p.task_id, p.state <> 0
        from market.final_held h join market.index_proposal p on p.id = h.proposal_id
        """;

    static HeldFinal Map(Npgsql.NpgsqlDataReader r) => new(r.Day(0), r.GetString(1), r.GetString(2), r.Day(3), r.GetDecimal(4), r.GetDecimal(5), r.MaybeGuid(6), r.GetBoolean(7));
}
