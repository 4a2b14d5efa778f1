using System.Runtime.CompilerServices;
using NodaTime;
using Verdigris.Book;
using Verdigris.Market.Contracts;
using Verdigris.Market.Data;
using Verdigris.Market.Fix;
using Verdigris.Primitives;
using Verdigris.Storage;

namespace Verdigris.Market.Trading;

/// <summary>Books and trades of the floor for those who ask by instrument: always the newest state, however slowly it is looked at.</summary>
public sealed class FloorPictures(IDbSessions sessions, ContractSet contracts, InstrumentList instruments, PriceFeed feed, IServiceProvider services) : IMarketData
{
    static readonly TimeSpan Beat = TimeSpan.FromMilliseconds(50);

    public IReadOnlyList<DeskInstrument> Instruments
    {
        get
        {
            if (Floor() is not { } floor) return [];
            var traded = instruments.Now.Where(i => i.State != InstrumentState.Ended).OrderBy(i => i.Series, StringComparer.Ordinal).ToList();
            var phases = floor.Read(f => traded.ToDictionary(i => i.Number, i => f.Instrument(i.Number)?.Phase ?? BookPhase.Closed));
            return [.. traded.Select(i => new DeskInstrument(i.Series, contracts.Find(i.Contract)?.NameEn ?? i.Contract, i.Shape, phases[i.Number], i.Currency, i.Tick, i.Lot, i.LastDay,
                i.Shape == SettlementShape.Option ? Series.Read(i.Series).Value.Strike : null, i.Shape == SettlementShape.Option && Series.Read(i.Series).Value.Right == OptionRight.Call))];
        }
    }

    public async IAsyncEnumerable<DeskPicture> Watch(string symbol, int levels, [EnumeratorCancellation] CancellationToken ct)
    {
        if (Floor() is not { } floor || await instruments.Find(symbol, ct) is not { } instrument) yield break;
        using var timer = new PeriodicTimer(Beat);
        var (seen, last) = (-1L, (DeskPicture?)null);
        IReadOnlyList<Print> known = [];
        do
        {
            // Trades are told when they are written down, which is after the floor told of them; one that is published later comes later.
            var next = floor.Read(f => f.NextEvent);
            var prints = feed.State(symbol)?.Trades ?? [];
            if (next == seen && ReferenceEquals(prints, known)) continue;
            seen = next;
            var (depth, phase, micros) = floor.Read(f => (f.Depth(instrument.Number, Math.Clamp(levels, 1, 50)), f.Instrument(instrument.Number)?.Phase ?? BookPhase.Closed, f.TimeMicros));
            var trades = last is null ? prints.TakeLast(1).ToList() : await Fresh(symbol, known, prints, ct);
            known = prints;
            var picture = new DeskPicture(NodaConstants.UnixEpoch + Duration.FromNanoseconds(micros * 1000L), phase, Levels(instrument, depth.Bids), Levels(instrument, depth.Asks), [.. trades.Select(t => new DeskTrade(t.Trade, t.Price, instrument.Quantity(t.Lots), t.At))]);
            // What happens in other books is no change of this one.
            if (last is { } before && trades.Count == 0 && phase == before.Phase && picture.Bids.SequenceEqual(before.Bids) && picture.Asks.SequenceEqual(before.Asks)) continue;
            last = picture;
            yield return picture;
        }
        while (await timer.WaitForNextTickAsync(ct));
    }

    /// <summary>Trades since the last look, in order. Where more came than the feed keeps, they are read.</summary>
    async Task<List<Print>> Fresh(string series, IReadOnlyList<Print> known, IReadOnlyList<Print> prints, CancellationToken ct)
    {
        var had = known.Select(p => p.Trade).ToHashSet();
        var fresh = prints.Where(p => !had.Contains(p.Trade)).ToList();
        if (known.Count == 0 || fresh.Count < PriceFeed.TradesKept) return fresh;
        await using var s = sessions.Open(Actor.System);
        var after = known.Max(p => p.Sequence);
        var read = await PriceStore.Trades(s, series, null, MostAtOnce, ct);
        return [.. read.Where(p => p.Sequence > after && !p.Busted && !had.Contains(p.Trade)).Concat(fresh).DistinctBy(p => p.Trade).OrderBy(p => p.Sequence)];
    }

    const int MostAtOnce = 1_000;

    static List<DeskLevel> Levels(Instrument instrument, IReadOnlyList<DepthLevel> levels) => [.. levels.Select(l => new DeskLevel(instrument.Price(l.Price), instrument.Quantity(l.Quantity), (int)l.Orders))];

    IFloor? Floor() => (IFloor?)services.GetService(typeof(IFloor));
}
