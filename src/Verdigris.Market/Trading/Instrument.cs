using NodaTime;
using Npgsql;
using Verdigris.Book;
using Verdigris.Primitives;
using Verdigris.Storage;

namespace Verdigris.Market.Trading;

public enum InstrumentState { Traded, Suspended, Ended }

/// <summary>A series on the floor.</summary>
/// <param name="Number">Its number there.</param>
/// <param name="Scheme">Spot: whose registry the units lie in; of credits their programme, of a basket nobody's one.</param>
/// <param name="Lot">Units of the price a lot.</param>
/// <param name="Tick">Least step of the price, in <paramref name="Currency"/>.</param>
/// <param name="Reference">The price its limits and margins of today are counted from; null before the first.</param>
/// <param name="ProjectId">Spot series of credits of one project and vintage.</param>
/// <param name="Basket">Spot series of a basket of credits: the use of the eligibility rules it goes by.</param>
public sealed record Instrument(int Number, string Series, string Contract, SettlementShape Shape, string? Scheme, string? Unit, string? Vintage, string Currency, decimal Lot, decimal Tick, LocalDate? LastDay, InstrumentState State, string? Reason, decimal? Reference, Guid? ProjectId = null, string? Basket = null)
{
    public bool IsSpot => Shape == SettlementShape.Spot;

    /// <summary>Of credits: what it settles lies in the trading account's own accounts at the market.</summary>
    public bool IsCredits => ProjectId is not null || Basket is not null;

    /// <summary>Price in whole ticks; <c>contract.price-off-tick</c>.</summary>
    public Answer<int> Ticks(decimal price, string field)
    {
        // Asked before it is divided: what is far too much is too much for a decimal as well.
        return Math.Abs(price) <= BookTerms.MostPrice * Tick && price / Tick is var ticks && ticks == decimal.Truncate(ticks) ? (int)ticks : Refusal.Of("contract.price-off-tick", field, ("given", DecimalText.Write(price)), ("tick", DecimalText.Write(Tick)));
    }

    public decimal Price(long ticks) => ticks * Tick;

    /// <summary>Quantity in whole lots; <c>trading.off-lot</c>.</summary>
    public Answer<long> Lots(decimal quantity, string field)
    {
        return quantity > 0 && quantity <= BookTerms.MostLots * Lot && quantity / Lot is var lots && lots == decimal.Truncate(lots) ? (long)lots : Refusal.Of("trading.off-lot", field, ("given", DecimalText.Write(quantity)), ("lot", DecimalText.Write(Lot)));
    }

    public decimal Quantity(long lots) => lots * Lot;
}

/// <summary>Rows of instruments.</summary>
static class InstrumentStore
{
    const string Columns = "number, series, contract, shape, scheme, unit, vintage, currency, lot, tick, last_day, state, reason, reference, project_id, basket";

    public static Task<Instrument?> Find(DbSession s, string series, CancellationToken ct, bool locked = false) => s.One($"select {Columns} from market.instrument where series = $1{(locked ? " for update" : "")}", Map, ct, series);

    public static Task<List<Instrument>> All(DbSession s, CancellationToken ct) => s.All($"select {Columns} from market.instrument order by series", Map, ct);

    static Instrument Map(NpgsqlDataReader r) => new(r.GetInt32(0), r.GetString(1), r.GetString(2), (SettlementShape)r.GetInt16(3), r.Text(4), r.Text(5), r.Text(6), r.GetString(7), r.GetDecimal(8), r.GetDecimal(9), r.MaybeDay(10), (InstrumentState)r.GetInt16(11), r.Text(12), r.MaybeDecimal(13), r.MaybeGuid(14), r.Text(15));
}

/// <summary>Instruments in memory, read again when something about them changed. Thread-safe.</summary>
public sealed class InstrumentList(IDbSessions sessions)
{
    volatile Known? known;

    sealed record Known(IReadOnlyDictionary<string, Instrument> BySeries, IReadOnlyDictionary<int, Instrument> ByNumber);

    /// <summary>Null where the series was never opened here.</summary>
    public async ValueTask<Instrument?> Find(string? series, CancellationToken ct) => series is not null && (await Read(ct)).BySeries.TryGetValue(series, out var found) ? found : null;

    public async ValueTask<Instrument?> Find(int number, CancellationToken ct) => (await Read(ct)).ByNumber.GetValueOrDefault(number);

    public async ValueTask<IReadOnlyList<Instrument>> All(CancellationToken ct) => [.. (await Read(ct)).BySeries.Values.OrderBy(i => i.Series, StringComparer.Ordinal)];

    /// <summary>What is known now; nothing before the first reading.</summary>
    internal IReadOnlyList<Instrument> Now => known is { } k ? [.. k.BySeries.Values] : [];

    public void Forget() => known = null;

    async ValueTask<Known> Read(CancellationToken ct)
    {
        if (known is { } there) return there;
        await using var s = sessions.Open(Actor.System);
        var all = await InstrumentStore.All(s, ct);
        return known = new(all.ToDictionary(i => i.Series, StringComparer.Ordinal), all.ToDictionary(i => i.Number));
    }
}
