using System.Runtime.CompilerServices;
using NodaTime;
using Verdigris.Book;
using Verdigris.Market.Contracts;
using Verdigris.Market.Data;
using Verdigris.Market.Fix;
using Verdigris.Market.Modes;
using Verdigris.Primitives;
using Verdigris.Storage;

namespace Verdigris.Market.Trading;

/// <summary>Books and trades of the floor for those who ask by instrument: always the newest state, however slowly it is looked at.</summary>
public sealed class FloorPictures(IDbSessions sessions, ContractSet contracts, InstrumentList instruments, PriceFeed feed, IServiceProvider services) : IMarketData
{
    static readonly TimeSpan Beat = TimeSpan.FromMilliseconds(50), PhaseBeat = TimeSpan.FromMilliseconds(200);

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
        var (seen, last, taken) = (-1L, (DeskPicture?)null, 0L);
        IReadOnlyList<Print> known = [];
        var (told, inOrder) = (new HashSet<long>(), new Queue<long>());
        do
        {
            // Trades are told when they are written down, which is after the floor told of them; one that is published later comes later.
            var next = floor.Read(f => f.NextEvent);
            var state = feed.State(symbol);
            var (prints, back) = (state?.Trades ?? [], state?.Undone ?? 0);
            if (next == seen && ReferenceEquals(prints, known) && back == taken) continue;
            seen = next;
            var (depth, phase, micros) = floor.Read(f => (f.Depth(instrument.Number, Math.Clamp(levels, 1, 50)), f.Instrument(instrument.Number)?.Phase ?? BookPhase.Closed, f.TimeMicros));
            var trades = last is null ? prints.TakeLast(1).ToList() : (await Fresh(symbol, known, prints, back != taken, ct)).Where(t => !told.Contains(t.Trade)).ToList();
            var gone = back == taken || told.Count == 0 ? [] : await TakenBack(instrument, told, ct);
            (known, taken) = (prints, back);
            var picture = new DeskPicture(NodaConstants.UnixEpoch + Duration.FromNanoseconds(micros * 1000L), phase, Levels(instrument, depth.Bids), Levels(instrument, depth.Asks), [.. trades.Select(t => new DeskTrade(t.Trade, t.Price, instrument.Quantity(t.Lots), t.At, Agreed(t.Kind, t.Agreed)))], gone);
            // What happens in other books is no change of this one.
            if (last is { } before && trades.Count == 0 && gone.Count == 0 && phase == before.Phase && picture.Bids.SequenceEqual(before.Bids) && picture.Asks.SequenceEqual(before.Asks)) continue;
            last = picture;
            told.ExceptWith(gone.Select(t => t.Trade));
            foreach (var trade in trades)
            {
                if (told.Add(trade.Trade)) inOrder.Enqueue(trade.Trade);
                if (inOrder.Count > MostTold) told.Remove(inOrder.Dequeue());
            }
            yield return picture;
        }
        while (await timer.WaitForNextTickAsync(ct));
    }

    public async IAsyncEnumerable<IReadOnlyList<DeskPhase>> Phases(string? symbol, [EnumeratorCancellation] CancellationToken ct)
    {
        if (Floor() is not { } floor) yield break;
        using var timer = new PeriodicTimer(PhaseBeat);
        var told = new Dictionary<string, BookPhase>(StringComparer.Ordinal);
        do
        {
            var known = symbol is null ? await instruments.All(ct) : await instruments.Find(symbol, ct) is { } one ? [one] : [];
            var traded = known.Where(i => i.State != InstrumentState.Ended).ToList();
            var now = floor.Read(f => traded.ConvertAll(i => new DeskPhase(i.Series, f.Instrument(i.Number)?.Phase ?? BookPhase.Closed)));
            now.AddRange(told.Keys.Except(traded.Select(i => i.Series)).Order(StringComparer.Ordinal).Select(gone => new DeskPhase(gone, BookPhase.Closed)));
            var changed = now.Where(p => !told.TryGetValue(p.Symbol, out var before) || before != p.Phase).ToList();
            foreach (var (of, phase) in changed) told[of] = phase;
            if (changed.Count > 0) yield return changed;
            if (symbol is not null && traded.Count == 0) yield break;
        }
        while (await timer.WaitForNextTickAsync(ct));
    }

    /// <summary>Trades since the last look, in order. Where more came than the feed keeps, they are read.</summary>
    /// <param name="fewer">Whether trades were taken from what the feed keeps.</param>
    async Task<List<Print>> Fresh(string series, IReadOnlyList<Print> known, IReadOnlyList<Print> prints, bool fewer, CancellationToken ct)
    {
        var had = known.Select(p => p.Trade).ToHashSet();
        var fresh = prints.Where(p => !had.Contains(p.Trade)).ToList();
        if (known.Count == 0 || !fewer && fresh.Count < PriceFeed.TradesKept) return fresh;
        await using var s = sessions.Open(Actor.System);
        var after = known.Max(p => p.Sequence);
        var read = await PriceStore.Trades(s, series, null, MostAtOnce, ct);
        return [.. read.Where(p => p.Sequence > after && !p.Busted && !had.Contains(p.Trade)).Concat(fresh).DistinctBy(p => p.Trade).OrderBy(p => p.Sequence)];
    }

    /// <summary>Which of the trades told are no more: it is written down before the feed says that there are some.</summary>
    async Task<List<DeskTrade>> TakenBack(Instrument instrument, HashSet<long> told, CancellationToken ct)
    {
        await using var s = sessions.Open(Actor.System);
        return await s.All("select trade, price, lots, at, kind, agreed from market.trade where series = $1 and busted and trade = any($2) order by sequence",
            r => new DeskTrade(r.GetInt64(0), r.GetDecimal(1), instrument.Quantity(r.GetInt64(2)), r.Time(3), Agreed((PrintKind)r.GetInt16(4), r.IsDBNull(5) ? null : (AgreedKind)r.GetInt16(5))), ct, instrument.Series, told.ToArray());
    }

    static string? Agreed(PrintKind kind, AgreedKind? agreed) => kind == PrintKind.Reported ? BoardJson.Word(kind, agreed) : null;

    const int MostAtOnce = 1_000;

    /// <summary>Trades that one who watches was told and that can still be taken back before him: the newest.</summary>
    const int MostTold = 10_000;

    static List<DeskLevel> Levels(Instrument instrument, IReadOnlyList<DepthLevel> levels) => [.. levels.Select(l => new DeskLevel(instrument.Price(l.Price), instrument.Quantity(l.Quantity), (int)l.Orders))];

    IFloor? Floor() => (IFloor?)services.GetService(typeof(IFloor));
}
