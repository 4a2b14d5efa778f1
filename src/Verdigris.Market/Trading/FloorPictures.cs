using System.Runtime.CompilerServices;
using NodaTime;
using Verdigris.Book;
using Verdigris.Market.Contracts;
using Verdigris.Market.Fix;
using Verdigris.Primitives;
using Verdigris.Storage;

namespace Verdigris.Market.Trading;

/// <summary>Books and trades of the floor for those who ask by instrument: always the newest state, however slowly it is looked at.</summary>
public sealed class FloorPictures(IDbSessions sessions, ContractSet contracts, InstrumentList instruments, IServiceProvider services) : IMarketData
{
    static readonly TimeSpan Beat = TimeSpan.FromMilliseconds(50);

    public IReadOnlyList<DeskInstrument> Instruments
    {
        get
        {
            if (Floor() is not { } floor) return [];
            var traded = instruments.Now.Where(i => i.State != InstrumentState.Ended).OrderBy(i => i.Series, StringComparer.Ordinal).ToList();
            var phases = floor.Read(f => traded.ToDictionary(i => i.Number, i => f.Instrument(i.Number)?.Phase ?? BookPhase.Closed));
            return [.. traded.Select(i => new DeskInstrument(i.Series, contracts.Find(i.Contract)?.NameEn ?? i.Contract, i.Shape, phases[i.Number], i.Currency, i.Tick, i.Lot, i.LastDay))];
        }
    }

    public async IAsyncEnumerable<DeskPicture> Watch(string symbol, int levels, [EnumeratorCancellation] CancellationToken ct)
    {
        if (Floor() is not { } floor || await instruments.Find(symbol, ct) is not { } instrument) yield break;
        using var timer = new PeriodicTimer(Beat);
        await using var s = sessions.Open(Actor.System);
        var (seen, told) = (-1L, 0L);
        do
        {
            var next = floor.Read(f => f.NextEvent);
            if (next == seen) continue;
            seen = next;
            var (depth, phase, micros) = floor.Read(f => (f.Depth(instrument.Number, Math.Clamp(levels, 1, 50)), f.Instrument(instrument.Number)?.Phase ?? BookPhase.Closed, f.TimeMicros));
            // The first picture has the last trade of the day, later ones what was traded since.
            var trades = await s.All($"select sequence, trade, price, lots, at from market.trade where series = $1 and sequence > $2 and not busted order by sequence {(told == 0 ? "desc limit 1" : "limit 1000")}",
                r => (Sequence: r.GetInt64(0), Trade: new DeskTrade(r.GetInt64(1), r.GetDecimal(2), instrument.Quantity(r.GetInt64(3)), r.Time(4))), ct, instrument.Series, told);
            if (trades.Count > 0) told = trades.Max(t => t.Sequence);
            yield return new DeskPicture(NodaConstants.UnixEpoch + Duration.FromNanoseconds(micros * 1000L), phase, Levels(instrument, depth.Bids), Levels(instrument, depth.Asks), [.. trades.Select(t => t.Trade)]);
        }
        while (await timer.WaitForNextTickAsync(ct));
    }

    static List<DeskLevel> Levels(Instrument instrument, IReadOnlyList<DepthLevel> levels) => [.. levels.Select(l => new DeskLevel(instrument.Price(l.Price), instrument.Quantity(l.Quantity), (int)l.Orders))];

    IFloor? Floor() => (IFloor?)services.GetService(typeof(IFloor));
}
