using System.Runtime.CompilerServices;
using System.Threading.Channels;
using NodaTime;
using Verdigris.Book;
using Verdigris.Market.Fix;
using Verdigris.Primitives;

namespace Verdigris.Market.Tests.Fix;

/// <summary>
/// A desk with one instrument and the plainest matching there is, in memory: limit orders against the best price, the oldest first. Requests have effect once by their id, reports are numbered and kept, as the room's own desk must do it.
/// </summary>
sealed class SmallDesk(TimeProvider time) : IOrderEntry, IMarketData
{
    public const string Symbol = "EUA-SPOT";

    readonly Lock gate = new();
    readonly List<Row> orders = [];
    readonly List<(Guid Organisation, DeskReport Report)> reports = [];
    readonly Dictionary<UInt128, DeskAnswer> answers = [];
    readonly List<Channel<bool>> listeners = [];
    readonly List<DeskTrade> trades = [];
    readonly HashSet<long> over = [];
    long trade;

    public int Entered { get; private set; }

    /// <summary>The last change that was asked for.</summary>
    public DeskReplacement? Changed { get; private set; }

    /// <summary>How often a question after an order is answered as if it were not recorded yet.</summary>
    public int Behind { get; set; }

    /// <summary>Waits before each answer: the desk's durable write.</summary>
    public Task Slow { get; set; } = Task.CompletedTask;

    public IReadOnlyList<DeskInstrument> Instruments { get; private set; } =
    [
        new(Symbol, "EU allowances, spot", SettlementShape.Spot, BookPhase.Continuous, "EUR", 0.01m, 1),
        new("EUA-DEC26", "EU allowances, December 2026 future", SettlementShape.Future, BookPhase.PreOpen, "EUR", 0.01m, 1000, new(2026, 12, 14)),
        new("EUA-DEC26-P80", "EU allowances, option", SettlementShape.Option, BookPhase.Closed, "EUR", 0.01m, 1000, new(2026, 12, 9), 80m),
    ];

    /// <summary>A trade is no more; its orders stay as they are.</summary>
    public void TakeBack(long id)
    {
        lock (gate)
        {
            over.Add(id);
            foreach (var listener in listeners) listener.Writer.TryWrite(true);
        }
    }

    /// <summary>A trade that was agreed outside the book.</summary>
    public void Agree(decimal quantity, decimal price, string how)
    {
        lock (gate)
        {
            trades.Add(new(++trade, price, quantity, Now, how));
            foreach (var listener in listeners) listener.Writer.TryWrite(true);
        }
    }

    /// <summary>How often who follows the phases is cut off by a fault when one changes.</summary>
    public int Breaks { get; set; }

    public void Turn(string symbol, BookPhase phase)
    {
        lock (gate)
        {
            Instruments = [.. Instruments.Select(i => i.Symbol == symbol ? i with { Phase = phase } : i)];
            foreach (var listener in listeners) listener.Writer.TryWrite(true);
        }
    }

    public async IAsyncEnumerable<IReadOnlyList<DeskPhase>> Phases(string? symbol, [EnumeratorCancellation] CancellationToken ct)
    {
        List<DeskPhase> told = [];
        await foreach (var _ in Changes(ct))
        {
            List<DeskPhase> changed;
            lock (gate) changed = [.. Instruments.Where(i => symbol is null || i.Symbol == symbol).Select(i => new DeskPhase(i.Symbol, i.Phase)).Except(told)];
            if (told.Count > 0 && changed.Count > 0 && Breaks-- > 0) throw new IOException("the venue stopped");
            told.RemoveAll(p => changed.Any(c => c.Symbol == p.Symbol));
            told.AddRange(changed);
            if (changed.Count > 0) yield return changed;
        }
    }

    sealed class Row
    {
        public required DeskOrder Order;
        public required Actor Actor;
        public long Id;
        public UInt128 ClientId;
        public decimal Quantity, Traded, Value;
        public decimal? Price;
        public bool Ended;
        public FloorCode Code;
        public decimal Remaining => Ended ? 0 : Quantity - Traded;
    }

    public ValueTask<DeskAnswer> Enter(Actor actor, DeskOrder order, CancellationToken ct) => Once(order.Id, () =>
    {
        if (order.Symbol != Symbol) return new(FloorCode.InstrumentUnknown);
        if (order.Account is not ("T1" or "T2")) return new(FloorCode.TraderUnknown);
        if (order.Quantity <= 0) return new(FloorCode.QuantityInvalid);
        if (order.Price > 1000) return new(FloorCode.PriceOutsideLimits);
        Entered++;
        var row = new Row { Order = order, Actor = actor, Id = 1000 + orders.Count, ClientId = order.ClientId, Quantity = order.Quantity, Price = order.Price };
        orders.Add(row);
        Tell(row, FloorEventKind.OrderAccepted);
        Match(row);
        if (row is { Ended: false, Remaining: > 0 } && order.TimeInForce == TimeInForce.ImmediateOrCancel) End(row, FloorCode.NotFilledAtOnce);
        return new(FloorCode.Accepted, row.Id);
    });

    public ValueTask<DeskAnswer> Replace(Actor actor, DeskReplacement replacement, CancellationToken ct) => Once(replacement.Id, () =>
    {
        Changed = replacement;
        if (orders.Find(o => o.Id == replacement.Order) is not { Remaining: > 0 } row) return new(FloorCode.OrderUnknown);
        if (replacement.Stated is { } said && said.Side != row.Order.Side) return new(FloorCode.FieldInvalid, Why: "Another side");
        if (replacement.Quantity <= row.Traded) return new(FloorCode.QuantityDone);
        (row.ClientId, row.Quantity, row.Price) = (replacement.ClientId, replacement.Quantity, replacement.Price ?? row.Price);
        Tell(row, FloorEventKind.OrderReplaced);
        Match(row);
        return new(FloorCode.Accepted, row.Id);
    });

    public ValueTask<DeskAnswer> Cancel(Actor actor, DeskCancel cancel, CancellationToken ct) => Once(cancel.Id, () =>
    {
        if (orders.Find(o => o.Id == cancel.Order) is not { Remaining: > 0 } row) return new(FloorCode.OrderUnknown);
        End(row, FloorCode.CancelledByTrader);
        return new(FloorCode.Accepted, row.Id);
    });

    public ValueTask<DeskAnswer> MassCancel(Actor actor, DeskMassCancel cancel, CancellationToken ct) => Once(cancel.Id, () =>
    {
        var hit = orders.Where(o => o.Remaining > 0 && o.Order.Session == cancel.Session && (cancel.Symbol is null || o.Order.Symbol == cancel.Symbol) && (cancel.Side == Side.None || o.Order.Side == cancel.Side)).ToList();
        foreach (var row in hit) End(row, FloorCode.MassCancelled);
        return new(FloorCode.Accepted, hit.Count);
    });

    public ValueTask<DeskReport?> Find(Actor actor, UInt128 clientId, CancellationToken ct)
    {
        lock (gate) return new(Behind-- <= 0 && orders.Find(o => o.ClientId == clientId && o.Actor.OrganisationId == actor.OrganisationId) is { } row ? Stands(row) : null);
    }

    public ValueTask<IReadOnlyList<DeskReport>> Live(Actor actor, long session, string? symbol, CancellationToken ct)
    {
        lock (gate) return new([.. orders.Where(o => o.Remaining > 0 && o.Order.Session == session && (symbol is null || o.Order.Symbol == symbol)).Select(Stands)]);
    }

    public async IAsyncEnumerable<DeskReport> Reports(Guid organisation, long after, [EnumeratorCancellation] CancellationToken ct)
    {
        await foreach (var _ in Changes(ct))
        {
            List<DeskReport> fresh;
            lock (gate) fresh = [.. reports.Where(r => r.Organisation == organisation && r.Report.Number > after).Select(r => r.Report)];
            foreach (var report in fresh)
            {
                yield return report;
                after = report.Number;
            }
        }
    }

    public async IAsyncEnumerable<DeskPicture> Watch(string symbol, int levels, [EnumeratorCancellation] CancellationToken ct)
    {
        var (seen, told) = (-1, new HashSet<long>());
        await foreach (var _ in Changes(ct))
        {
            DeskPicture picture;
            lock (gate)
            {
                DeskTrade[] gone = [.. trades.Where(t => over.Contains(t.Trade) && told.Remove(t.Trade))];
                DeskTrade[] fresh = seen < 0 ? [.. trades.Where(t => !over.Contains(t.Trade)).TakeLast(1)] : [.. trades.Skip(seen)];
                told.UnionWith(fresh.Select(t => t.Trade));
                picture = new(Now, BookPhase.Continuous, Levels(Side.Buy, levels), Levels(Side.Sell, levels), fresh, gone);
                seen = trades.Count;
            }
            yield return picture;
        }
    }

    Instant Now => Instant.FromDateTimeOffset(time.GetUtcNow());

    DeskLevel[] Levels(Side side, int most)
    {
        var live = orders.Where(o => o.Remaining > 0 && o.Order.Side == side).GroupBy(o => o.Price!.Value).Select(g => new DeskLevel(g.Key, g.Sum(o => o.Remaining), g.Count()));
        return [.. (side == Side.Buy ? live.OrderByDescending(l => l.Price) : live.OrderBy(l => l.Price)).Take(most)];
    }

    void Match(Row row)
    {
        while (row.Remaining > 0)
        {
            var others = orders.Where(o => o.Remaining > 0 && o.Order.Side != row.Order.Side && (row.Price is not { } limit || (row.Order.Side == Side.Buy ? o.Price <= limit : o.Price >= limit)));
            if ((row.Order.Side == Side.Buy ? others.OrderBy(o => o.Price) : others.OrderByDescending(o => o.Price)).ThenBy(o => o.Id).FirstOrDefault() is not { } other) return;
            var (quantity, price) = (Math.Min(row.Remaining, other.Remaining), other.Price!.Value);
            trade++;
            trades.Add(new(trade, price, quantity, Now));
            foreach (var side in new[] { other, row })
            {
                side.Traded += quantity;
                side.Value += quantity * price;
                Tell(side, FloorEventKind.Fill, quantity, price);
            }
        }
    }

    void End(Row row, FloorCode code)
    {
        (row.Ended, row.Code) = (true, code);
        Tell(row, FloorEventKind.OrderEnded);
    }

    void Tell(Row row, FloorEventKind kind, decimal quantity = 0, decimal price = 0) => reports.Add((row.Actor.OrganisationId, Of(row, kind) with { Number = reports.Count + 1, Trade = trade, LastQuantity = quantity, LastPrice = price }));

    DeskReport Stands(Row row) => Of(row, row.Ended || row.Remaining == 0 ? FloorEventKind.OrderEnded : FloorEventKind.OrderAccepted);

    DeskReport Of(Row row, FloorEventKind kind) => new()
    {
        At = Now,
        Kind = kind,
        Code = row.Code,
        Order = row.Id,
        ClientId = row.ClientId,
        Session = row.Order.Session,
        Account = row.Order.Account!,
        Symbol = row.Order.Symbol,
        Side = row.Order.Side,
        Type = row.Order.Type,
        TimeInForce = row.Order.TimeInForce,
        Quantity = row.Quantity,
        Price = row.Price,
        Remaining = row.Remaining,
        Traded = row.Traded,
        AveragePrice = row.Traded == 0 ? 0 : row.Value / row.Traded,
    };

    async ValueTask<DeskAnswer> Once(UInt128 id, Func<DeskAnswer> work)
    {
        DeskAnswer answer;
        lock (gate)
        {
            if (answers.TryGetValue(id, out var before)) return before with { Repeated = true };
            answers[id] = answer = work();
            foreach (var listener in listeners) listener.Writer.TryWrite(true);
        }
        await Slow;
        return answer;
    }

    async IAsyncEnumerable<bool> Changes([EnumeratorCancellation] CancellationToken ct)
    {
        var changed = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
        lock (gate) listeners.Add(changed);
        changed.Writer.TryWrite(true);
        try
        {
            await foreach (var it in changed.Reader.ReadAllAsync(ct)) yield return it;
        }
        finally
        {
            lock (gate) listeners.Remove(changed);
        }
    }
}

/// <summary>Requests remembered by a dictionary.</summary>
sealed class RememberedRequests : IFixRequests
{
    readonly Lock gate = new();
    readonly Dictionary<UInt128, FixRequest> all = [];

    public async Task<bool> Remember(FixRequest request, CancellationToken ct)
    {
        await Task.Yield();
        lock (gate) return all.TryAdd(request.ClientId, request);
    }

    public Task<FixRequest?> Find(long session, string clOrdId, CancellationToken ct) => Last(r => r.Session == session && r.ClOrdId == clOrdId);
    public Task<FixRequest?> ByClientId(UInt128 clientId, CancellationToken ct) => Last(r => r.ClientId == clientId);
    public Task<FixRequest?> CancelOf(long order, CancellationToken ct) => Last(r => r.Type == "F" && r.Order == order);

    Task<FixRequest?> Last(Func<FixRequest, bool> which)
    {
        lock (gate) return Task.FromResult(all.Values.LastOrDefault(which));
    }
}
