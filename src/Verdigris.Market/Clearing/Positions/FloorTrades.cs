using Microsoft.Extensions.DependencyInjection;
using NodaTime;
using Verdigris.Book;
using Verdigris.Market.Contracts;
using Verdigris.Market.Trading;
using Verdigris.Primitives;
using Verdigris.Storage;

namespace Verdigris.Market.Clearing.Positions;

/// <summary>
/// Takes over what the trading floor traded: each trade of a series with positions becomes the clearing house's contract with both sides, in the order of the floor's events and once each. A trade that was taken back becomes one the other way round. Where the
/// host has no floor there is nothing to take.
/// </summary>
public sealed class FloorTrades(IServiceProvider services, ContractSet contracts, SeriesRegister register)
{
    /// <summary>Reads up to the event that is the last now; answers how many trades were taken. Refuses <c>clearing.floor-gone</c>: the floor no longer keeps events that were not read.</summary>
    public async Task<Answer<int>> CatchUp(DbSession s, CancellationToken ct)
    {
        if (services.GetService<IFloor>() is not { } floor) return 0;
        var (position, taken) = (await Position(s, ct), 0);
        try { await FloorReading.UpToNow(floor, position + 1, async batch => taken += await Take(s, floor, batch, ct), ct); }
        catch (FloorEventsGoneException gone) { return Refusal.Conflict("clearing.floor-gone", "day", ("from", $"{position + 1}"), ("first", $"{gone.First}")); }
        return taken;
    }

    /// <summary>The event up to which trades were taken over.</summary>
    internal static Task Reach(DbSession s, long sequence, CancellationToken ct) => s.Run("update market.clearing_reader set sequence = $1 where sequence < $1", ct, sequence);

    internal static Task<long> Position(DbSession s, CancellationToken ct) => s.Value<long>("select sequence from market.clearing_reader", ct);

    /// <summary>Takes a batch over, in one transaction with the number up to which events were read. Given again it changes nothing.</summary>
    internal async Task<int> Take(DbSession s, IFloor floor, ReadOnlyMemory<FloorEvent> batch, CancellationToken ct)
    {
        var trades = HasTrades(batch) ? Read(floor, batch, await register.ByNumber(s, ct)) : [];
        await s.InTransaction(async t =>
        {
            await ClearingTrades.Take(s, trades, t);
            await Reach(s, batch.Span[^1].Sequence, t);
        }, ct);
        return trades.Count;
    }

    internal static bool HasTrades(ReadOnlyMemory<FloorEvent> batch)
    {
        foreach (ref readonly var e in batch.Span)
            if (e.Kind is FloorEventKind.Trade or FloorEventKind.ReportedTrade or FloorEventKind.TradeBusted) return true;
        return false;
    }

    /// <summary>Series whose instrument still trades or collects orders for a price.</summary>
    public IReadOnlyList<string> Open(IEnumerable<ClearedSeries> series) =>
        services.GetService<IFloor>() is not { } floor ? [] : floor.Read(f => series.Where(x => f.Instrument(x.Number) is { Phase: BookPhase.PreOpen or BookPhase.Continuous or BookPhase.Interruption or BookPhase.ClosingAuction }).Select(x => x.Code).ToList());

    List<NovatedTrade> Read(IFloor floor, ReadOnlyMemory<FloorEvent> batch, IReadOnlyDictionary<int, ClearedSeries> numbers)
    {
        var (trades, sides) = (new List<NovatedTrade>(), new Dictionary<long, (long Buyer, long Seller)>());
        foreach (var e in batch.Span)
            switch (e.Kind)
            {
                case FloorEventKind.Fill:
                    var known = sides.GetValueOrDefault(e.Trade);
                    sides[e.Trade] = e.Side == Side.Buy ? known with { Buyer = e.Trader } : known with { Seller = e.Trader };
                    break;
                case FloorEventKind.Trade when sides.TryGetValue(e.Trade, out var both): Add(e, both.Buyer, both.Seller, TradeKind.Book); break;
                case FloorEventKind.ReportedTrade: Add(e, e.Order, e.Other, TradeKind.Reported); break;
                // Taken back: the same contract the other way round.
                case FloorEventKind.TradeBusted: Add(e, e.Other, e.Order, TradeKind.TakenBack); break;
            }
        return trades;

        void Add(in FloorEvent e, long buyer, long seller, TradeKind kind)
        {
            if (!numbers.TryGetValue(e.Instrument, out var series) || contracts.Find(series.Series.Contract) is not { } contract || contract.Kind == ContractKind.Spot) return;
            var at = Instant.FromUnixTimeTicks(e.TimeMicros * 10);
            var day = Sessions.At(contracts, contract, at) is { Ok: true, Value.TradingDay: { } trading } ? trading : at.InUtc().Date;
            trades.Add(new(BookId.ToGuid(BookDefinitions.IdOf($"market/floor-trade/{e.Sequence}")), day, series.Code, AccountOf(buyer), AccountOf(seller), contract.Price(e.Price, day), e.Quantity, kind, at, e.Trade));
        }

        // The account of cash is the trading account's own number.
        long AccountOf(long trader) => floor.Read(f => f.Trader(trader)?.Definition.CashAccount) ?? trader;
    }
}
