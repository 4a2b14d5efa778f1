using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using System.Text;
using NodaTime;
using Verdigris.Book;
using Verdigris.Primitives;

namespace Verdigris.Market.Fix;

/// <summary>Who a session is for, and what it may do.</summary>
/// <param name="Number">Of the session, above 0: orders carry it to the floor.</param>
/// <param name="Account">Trading account of orders that name none.</param>
/// <param name="CancelOnDisconnect">Whether its orders are cancelled when the connection ends.</param>
/// <param name="DropCopy">Hears of all orders of the organisation, and may enter none.</param>
sealed record FixMember(long Number, Guid Organisation, string? Account, bool CancelOnDisconnect, bool DropCopy);

/// <summary>
/// Order entry of one session: requests to the desk and its reports back. A ClOrdID is remembered before the desk hears of it, and desk and floor act once for one id, so that an order sent again after a loss (PossDupFlag, PossResend) is answered, not doubled.
/// </summary>
sealed class FixOrders(FixMember member, IOrderEntry desk, IFixRequests requests, IFixApplication market, TimeProvider time) : IFixApplication
{
    const int MostTaken = 50_000;
    const int LooksForRecord = 100;

    static readonly TimeSpan BetweenLooks = TimeSpan.FromMilliseconds(20);
    static readonly IReadOnlyList<FixOut> Nothing = [];

    // Orders whose answer is not there yet: who changes one waits for it.
    readonly ConcurrentDictionary<UInt128, Task> entering = [];
    // Orders the desk has taken, by their last name: the desk's own record may be a moment behind its answer.
    readonly ConcurrentDictionary<UInt128, long> taken = [];
    Task last = Task.CompletedTask;

    /// <summary>Who acts; set at each logon, before the first message.</summary>
    public Actor Actor { get; set; } = Actor.Public;

    Instant Now => Instant.FromDateTimeOffset(time.GetUtcNow());

    public bool Takes(ReadOnlySpan<byte> type) => market.Takes(type) || Encoding.Latin1.GetString(type) is FixType.NewOrderSingle or FixType.OrderCancelRequest or FixType.OrderCancelReplaceRequest or FixType.OrderStatusRequest or FixType.OrderMassCancelRequest or FixType.OrderMassStatusRequest;

    public ValueTask<IReadOnlyList<FixOut>> Take(FixMessage message, CancellationToken ct)
    {
        if (market.Takes(message.TypeText)) return market.Take(message, ct);
        if (member.DropCopy || !Actor.Is(Role.MarketTrader)) return new([ReportMessages.BusinessRejected(message, 6, member.DropCopy ? "A drop copy session enters nothing" : "The client has no right to trade", message.Text(FixTag.ClOrdID))]);
        return message.Type!.Type switch
        {
            FixType.NewOrderSingle => Enter(message, ct),
            FixType.OrderCancelRequest => Change(message, false, ct),
            FixType.OrderCancelReplaceRequest => Change(message, true, ct),
            FixType.OrderStatusRequest => Status(message, ct),
            FixType.OrderMassStatusRequest => MassStatus(message, ct),
            _ => MassCancel(message, ct),
        };
    }

    public async IAsyncEnumerable<FixReport> Reports(long after, [EnumeratorCancellation] CancellationToken ct)
    {
        await foreach (var report in desk.Reports(member.Organisation, after, ct))
        {
            if (!member.DropCopy && report.Session != member.Number) continue;
            var (clOrdId, original) = await Names(report, ct);
            yield return new(report.Number, [ReportMessages.Execution(report, clOrdId, original)]);
        }
    }

    public void LoggedOn(IFixOutlet outlet) => market.LoggedOn(outlet);

    public async ValueTask Gone(CancellationToken ct)
    {
        await market.Gone(ct);
        if (!member.CancelOnDisconnect || member.DropCopy) return;
        var now = Now;
        await desk.MassCancel(Actor, new(new FixRequest(member.Number, now.InUtc().Date, $"\u0001gone/{now.ToUnixTimeTicks()}", "q").Id, member.Number), ct);
    }

    FixRequest RequestOf(FixMessage message, string type, UInt128? original = null, long? order = null) => new(member.Number, Now.InUtc().Date, message.Text(FixTag.ClOrdID)!, type, original, order);

    async ValueTask<IReadOnlyList<FixOut>> Enter(FixMessage message, CancellationToken ct)
    {
        var request = RequestOf(message, FixType.NewOrderSingle);
        if (OrderMessages.Missing(message) is var missing and not 0) return [ReportMessages.BusinessRejected(message, 5, $"Conditionally required field missing ({missing})", request.ClOrdId)];
        var (order, fault) = OrderMessages.Read(message, request, member.Account);
        var again = message.PossDup || message.Is(FixTag.PossResend, 'Y');
        var (account, symbol, side, quantity) = (message.Text(FixTag.Account) ?? member.Account, message.Text(FixTag.Symbol), message.Char(FixTag.Side), message.Number(FixTag.OrderQty));
        if (order is null) return [ReportMessages.Rejected(request, account, symbol, side, quantity, fault, Now)];
        using var turn = Next();
        entering[request.ClientId] = turn.Answered;
        try
        {
            if (!await requests.Remember(request, ct) && !again) return [ReportMessages.Rejected(request, account, symbol, side, quantity, new(OrderFault.Duplicate, "ClOrdID was used before"), Now)];
            await turn.Come;
            var work = desk.Enter(Actor, order, ct);
            turn.Pass();
            var answer = await work;
            if (!answer.Accepted) return [ReportMessages.Rejected(request, account, symbol, side, quantity, OrderFault.Of(answer), Now)];
            Taken(request.ClientId, answer.Order);
            // Sent again, and had before: how it stands now is the answer. Else its acceptance is told by the desk's report.
            return again && answer.Repeated && await Stands(request.ClientId, ct) is { } stands ? [ReportMessages.Status(stands, request.ClOrdId)] : Nothing;
        }
        finally
        {
            entering.TryRemove(request.ClientId, out _);
        }
    }

    /// <summary>Cancels an order, or gives it another quantity and price.</summary>
    async ValueTask<IReadOnlyList<FixOut>> Change(FixMessage message, bool replace, CancellationToken ct)
    {
        var (clOrdId, original) = (message.Text(FixTag.ClOrdID)!, message.Text(FixTag.OrigClOrdID)!);
        var (quantity, price, again) = (message.Number(FixTag.OrderQty), message.Number(FixTag.Price), message.PossDup || message.Is(FixTag.PossResend, 'Y'));
        if (replace && quantity is null) return [ReportMessages.BusinessRejected(message, 5, $"Conditionally required field missing ({FixTag.OrderQty})", clOrdId)];
        var (stated, fault) = replace ? OrderMessages.Stated(message) : (new(Symbol: message.Text(FixTag.Symbol), Side: OrderMessages.SideOf(message.Char(FixTag.Side)) ?? Side.None), null);
        if (fault is not null) return [ReportMessages.CancelRejected(clOrdId, original, null, 99, fault, replace, Now)];
        using var turn = Next();
        await Answered(turn, original);
        var today = Now.InUtc().Date;
        // Sent again after it was had: what it asked for has its answer already, and its order may go by another name since.
        if (again && await requests.Find(member.Number, clOrdId, ct) is { Order: { } had } before && before.Type == (replace ? FixType.OrderCancelReplaceRequest : FixType.OrderCancelRequest))
        {
            var repeated = replace ? await desk.Replace(Actor, new(before.Id, before.ClientId, member.Number, had, quantity!.Value, price, message.Number(FixTag.StopPx), stated), ct) : await desk.Cancel(Actor, new(before.Id, member.Number, had, stated), ct);
            if (repeated is { Accepted: true, Repeated: false })
            {
                if (replace) Renamed(before.Original, before.ClientId, had);
                return Nothing; // it was lost between its name and the desk: it is done now, and told by the desk's report
            }
            if ((repeated.Accepted || repeated.Code == FloorCode.OrderUnknown) && (replace ? await Stands(before.ClientId, ct) : null) is var now && (now ?? (before.Original is { } of ? await Stands(of, ct) : null)) is { } stands) return [ReportMessages.Status(stands, clOrdId)];
        }
        var named = await requests.Find(member.Number, original, ct);
        var order = named is null ? 0 : taken.TryGetValue(named.ClientId, out var known) ? known : (await desk.Find(Actor, named.ClientId, ct))?.Order ?? 0;
        if (order == 0 || named is null) return [ReportMessages.CancelRejected(clOrdId, original, null, 1, "No such order", replace, Now)];
        var request = new FixRequest(member.Number, today, clOrdId, replace ? FixType.OrderCancelReplaceRequest : FixType.OrderCancelRequest, named.ClientId, order);
        if (!await requests.Remember(request, ct) && !again) return [ReportMessages.CancelRejected(clOrdId, original, await Stands(named.ClientId, ct), 6, "ClOrdID was used before", replace, Now)];
        entering[request.ClientId] = turn.Answered;
        try
        {
            var work = replace ? desk.Replace(Actor, new(request.Id, request.ClientId, member.Number, order, quantity!.Value, price, message.Number(FixTag.StopPx), stated), ct) : desk.Cancel(Actor, new(request.Id, member.Number, order, stated), ct);
            turn.Pass();
            var answer = await work;
            if (answer.Accepted)
            {
                if (replace) Renamed(named.ClientId, request.ClientId, order);
                return Nothing;
            }
            var (reason, text) = answer.Code switch { FloorCode.OrderUnknown => (0, "The order has ended"), FloorCode.OrderOfOther => (1, "No such order"), FloorCode.PhaseRefuses => (2, OrderFault.Words(answer)), _ => (99, OrderFault.Words(answer)) };
            return [ReportMessages.CancelRejected(clOrdId, original, await Stands(named.ClientId, ct), reason, text, replace, Now)];
        }
        finally
        {
            entering.TryRemove(request.ClientId, out _);
        }
    }

    async ValueTask<IReadOnlyList<FixOut>> Status(FixMessage message, CancellationToken ct)
    {
        var (clOrdId, side, symbol) = (message.Text(FixTag.ClOrdID)!, message.Char(FixTag.Side), message.Text(FixTag.Symbol));
        using var turn = Next();
        await Answered(turn, clOrdId);
        var named = await requests.Find(member.Number, clOrdId, ct);
        var order = named is null ? null : await Stands(named.ClientId, ct);
        return [order is null ? ReportMessages.NoSuchOrder(clOrdId, side, symbol) : ReportMessages.Status(order, clOrdId)];
    }

    async ValueTask<IReadOnlyList<FixOut>> MassStatus(FixMessage message, CancellationToken ct)
    {
        var (id, symbol) = (message.Text(FixTag.MassStatusReqID)!, message.Text(FixTag.Symbol));
        var what = message.Count(FixTag.MassStatusReqType);
        if (what is not (1 or 7)) return [ReportMessages.BusinessRejected(message, 3, "MassStatusReqType is 1 (an instrument) or 7 (all)", id)];
        if (what == 1 && symbol is null) return [ReportMessages.BusinessRejected(message, 5, $"Conditionally required field missing ({FixTag.Symbol})", id)];
        using var turn = Next();
        await Answered(turn, null);
        var live = await desk.Live(Actor, member.Number, what == 1 ? symbol : null, ct);
        if (live.Count == 0) return [ReportMessages.NoSuchOrder(null, '\0', symbol, (id, 0, true))];
        var answers = new List<FixOut>(live.Count);
        foreach (var order in live) answers.Add(ReportMessages.Status(order, (await requests.ByClientId(order.ClientId, ct))?.ClOrdId, (id, live.Count, answers.Count == live.Count - 1)));
        return answers;
    }

    async ValueTask<IReadOnlyList<FixOut>> MassCancel(FixMessage message, CancellationToken ct)
    {
        var request = RequestOf(message, FixType.OrderMassCancelRequest);
        var (what, symbol, side, again) = (message.Char(FixTag.MassCancelRequestType), message.Text(FixTag.Symbol), message.Char(FixTag.Side), message.PossDup || message.Is(FixTag.PossResend, 'Y'));
        if (what is not ('1' or '7')) return [ReportMessages.MassCancelled(request, what, 0, symbol, side, "MassCancelRequestType is 1 (an instrument) or 7 (all)", Now)];
        // A side that is not known is not both.
        if (message.Has(FixTag.Side) && OrderMessages.SideOf(side) is null) return [ReportMessages.MassCancelled(request, what, 0, symbol, side, "Side is buy or sell", Now, 99)];
        if (what == '1' && symbol is null) return [ReportMessages.BusinessRejected(message, 5, $"Conditionally required field missing ({FixTag.Symbol})", request.ClOrdId)];
        using var turn = Next();
        await Answered(turn, null);
        if (!await requests.Remember(request, ct) && !again) return [ReportMessages.MassCancelled(request, what, 0, symbol, side, "ClOrdID was used before", Now, 99)];
        var answer = await desk.MassCancel(Actor, new(request.Id, member.Number, what == '1' ? symbol : null, OrderMessages.SideOf(side) ?? Side.None), ct);
        return [ReportMessages.MassCancelled(request, what, answer.Accepted ? answer.Order : 0, symbol, side, answer.Accepted ? null : OrderFault.Words(answer), Now, answer.Code == FloorCode.InstrumentUnknown ? 1 : 99)];
    }

    void Renamed(UInt128? from, UInt128 to, long order)
    {
        if (from is { } name) taken.TryRemove(name, out _);
        Taken(to, order);
    }

    void Taken(UInt128 clientId, long order)
    {
        if (order == 0) return;
        if (taken.Count >= MostTaken) taken.Clear(); // what is older the desk has recorded long since
        taken[clientId] = order;
    }

    /// <summary>How an order stands; of one the desk has taken, waits a moment for its record.</summary>
    async Task<DeskReport?> Stands(UInt128 clientId, CancellationToken ct)
    {
        for (var i = 0; ; i++)
        {
            if (await desk.Find(Actor, clientId, ct) is { } found) return found;
            if (i == LooksForRecord || !taken.ContainsKey(clientId)) return null;
            await Task.Delay(BetweenLooks, time, ct);
        }
    }

    /// <summary>Waits until requests that came before have reached the desk, and the one with a ClOrdID, or all, have been answered.</summary>
    async Task Answered(Turn turn, string? clOrdId)
    {
        await turn.Come;
        if (clOrdId is null) await Task.WhenAll(entering.Values);
        else if (entering.TryGetValue(new FixRequest(member.Number, Now.InUtc().Date, clOrdId, "").ClientId, out var first)) await first;
    }

    Turn Next()
    {
        var turn = new Turn(last);
        last = turn.Passed;
        return turn;
    }

    /// <summary>Requests reach the desk in the order they came, though each may wait for its own name to be kept, and none waits for another's answer.</summary>
    sealed class Turn(Task come) : IDisposable
    {
        readonly TaskCompletionSource passed = new(TaskCreationOptions.RunContinuationsAsynchronously), answered = new(TaskCreationOptions.RunContinuationsAsynchronously);

        /// <summary>The request before has reached the desk, or never will.</summary>
        public Task Come => come;
        public Task Passed => passed.Task;
        public Task Answered => answered.Task;

        public void Pass() => passed.TrySetResult();

        public void Dispose()
        {
            passed.TrySetResult();
            answered.TrySetResult();
        }
    }

    /// <summary>The ClOrdID a report is about, and the one before where it answers a request to change.</summary>
    async Task<(string? ClOrdId, string? Original)> Names(DeskReport report, CancellationToken ct)
    {
        var named = await requests.ByClientId(report.ClientId, ct);
        if (report is { Kind: FloorEventKind.OrderEnded, Code: FloorCode.CancelledByTrader } && await requests.CancelOf(report.Order, ct) is { } cancel) return (cancel.ClOrdId, named?.ClOrdId);
        if (report.Kind == FloorEventKind.OrderReplaced && named?.Original is { } before) return (named.ClOrdId, (await requests.ByClientId(before, ct))?.ClOrdId);
        return (named?.ClOrdId, null);
    }
}
