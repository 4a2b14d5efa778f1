using System.Globalization;
using NodaTime;
using Verdigris.Book;

namespace Verdigris.Market.Fix;

/// <summary>What the desk tells as messages of FIX 4.4: ExecutionReport, OrderCancelReject, OrderMassCancelReport, BusinessMessageReject. Fields in ascending order.</summary>
static class ReportMessages
{
    const string NoOrder = "NONE";

    /// <param name="clOrdId">Of the order, or of the request this answers; null where it came another way.</param>
    /// <param name="original">Of a cancel or replace: the order's before.</param>
    public static FixOut Execution(DeskReport of, string? clOrdId, string? original)
    {
        var type = ExecTypeOf(of);
        var body = Standing(new FixBody().Add(FixTag.Account, of.Account), of, clOrdId)
            .Add(FixTag.ExecID, of.Kind == FloorEventKind.Fill ? FillId(of) : Text(of.Number));
        if (of.Kind == FloorEventKind.TradeBusted) body.Add(FixTag.ExecRefID, FillId(of));
        if (of.Kind is FloorEventKind.Fill or FloorEventKind.TradeBusted) body.Add(FixTag.LastPx, of.LastPrice).Add(FixTag.LastQty, of.LastQuantity);
        Terms(body, of, original);
        if (of.Kind == FloorEventKind.OrderEnded && of.Code != FloorCode.CancelledByTrader) body.Add(FixTag.Text, OrderFault.Words(of.Code));
        body.Add(FixTag.TimeInForce, OrderMessages.Of(of.TimeInForce)).Add(FixTag.TransactTime, of.At);
        if (of.StopPrice is { } stop) body.Add(FixTag.StopPx, stop);
        body.Add(FixTag.ExecType, type).Add(FixTag.LeavesQty, of.Remaining);
        if (type == 'D') body.Add(FixTag.ExecRestatementReason, of.Kind switch { FloorEventKind.Repriced => 3L, FloorEventKind.Reduced => 5L, _ => 99L });
        return body.As(FixType.ExecutionReport);
    }

    /// <summary>How an order stands; nothing happened.</summary>
    /// <param name="request">Of a mass status request: its id, how many reports answer it, and whether this is the last.</param>
    public static FixOut Status(DeskReport of, string? clOrdId, (string Id, int Total, bool Last)? request = null)
    {
        var body = Standing(new FixBody().Add(FixTag.Account, of.Account), of, clOrdId).Add(FixTag.ExecID, "0");
        Terms(body, of, null);
        body.Add(FixTag.TimeInForce, OrderMessages.Of(of.TimeInForce)).Add(FixTag.TransactTime, of.At);
        if (of.StopPrice is { } stop) body.Add(FixTag.StopPx, stop);
        body.Add(FixTag.ExecType, 'I').Add(FixTag.LeavesQty, of.Remaining);
        return Requested(body, request).As(FixType.ExecutionReport);
    }

    /// <summary>The answer to a question after orders where there are none.</summary>
    public static FixOut NoSuchOrder(string? clOrdId, char side, string? symbol, (string Id, int Total, bool Last)? request = null) =>
        Requested(new FixBody().Add(FixTag.AvgPx, 0L).Add(FixTag.ClOrdID, clOrdId).Add(FixTag.CumQty, 0L).Add(FixTag.ExecID, "0").Add(FixTag.OrderID, NoOrder).Add(FixTag.OrdStatus, '8').Add(FixTag.Side, side == 0 ? '7' : side).Add(FixTag.Symbol, symbol)
            .Add(FixTag.Text, "No such order").Add(FixTag.OrdRejReason, (long)OrderFault.UnknownOrder).Add(FixTag.ExecType, 'I').Add(FixTag.LeavesQty, 0L), request).As(FixType.ExecutionReport);

    /// <summary>An order that was not taken.</summary>
    public static FixOut Rejected(FixRequest request, string? account, string? symbol, char side, decimal? quantity, OrderFault fault, Instant at) =>
        new FixBody().Add(FixTag.Account, account).Add(FixTag.AvgPx, 0L).Add(FixTag.ClOrdID, request.ClOrdId).Add(FixTag.CumQty, 0L).Add(FixTag.ExecID, "R" + request.Id.ToString("x", CultureInfo.InvariantCulture)).Add(FixTag.OrderID, NoOrder)
            .Add(FixTag.OrderQty, quantity).Add(FixTag.OrdStatus, '8').Add(FixTag.Side, side).Add(FixTag.Symbol, symbol).Add(FixTag.Text, fault.Text).Add(FixTag.TransactTime, at)
            .Add(FixTag.OrdRejReason, (long)fault.Reason).Add(FixTag.ExecType, '8').Add(FixTag.LeavesQty, 0L).As(FixType.ExecutionReport);

    /// <param name="of">The order where it is there.</param>
    /// <param name="reason">CxlRejReason: 0 too late, 1 unknown order, 2 by the market, 6 a ClOrdID used before, 99 another.</param>
    /// <param name="replace">Whether it answers OrderCancelReplaceRequest.</param>
    public static FixOut CancelRejected(string clOrdId, string original, DeskReport? of, int reason, string text, bool replace, Instant at) =>
        new FixBody().Add(FixTag.Account, of?.Account).Add(FixTag.ClOrdID, clOrdId).Add(FixTag.OrderID, of is null ? NoOrder : Text(of.Order)).Add(FixTag.OrdStatus, of is null ? '8' : StatusOf(of)).Add(FixTag.OrigClOrdID, original)
            .Add(FixTag.Text, text).Add(FixTag.TransactTime, at).Add(FixTag.CxlRejReason, (long)reason).Add(FixTag.CxlRejResponseTo, replace ? '2' : '1').As(FixType.OrderCancelReject);

    /// <param name="refused">Null where it was done.</param>
    /// <param name="reason">MassCancelRejectReason: 0 not supported, 1 unknown instrument, 99 another.</param>
    public static FixOut MassCancelled(FixRequest request, char what, long count, string? symbol, char side, string? refused, Instant at, long reason = 0)
    {
        var body = new FixBody().Add(FixTag.ClOrdID, request.ClOrdId).Add(FixTag.OrderID, "M" + request.Id.ToString("x", CultureInfo.InvariantCulture));
        if (side != 0) body.Add(FixTag.Side, side);
        body.Add(FixTag.Symbol, symbol).Add(FixTag.Text, refused).Add(FixTag.TransactTime, at).Add(FixTag.MassCancelRequestType, what).Add(FixTag.MassCancelResponse, refused is null ? what : '0');
        if (refused is not null) body.Add(FixTag.MassCancelRejectReason, reason);
        return body.Add(FixTag.TotalAffectedOrders, count).As(FixType.OrderMassCancelReport);
    }

    /// <param name="reason">BusinessRejectReason: 3 unsupported, 4 application not available, 5 a field is missing, 6 not authorised.</param>
    public static FixOut BusinessRejected(FixMessage message, int reason, string text, string? reference = null) =>
        new FixBody().Add(FixTag.RefSeqNum, message.Sequence).Add(FixTag.Text, text).Add(FixTag.RefMsgType, message.TypeText).Add(FixTag.BusinessRejectRefID, reference).Add(FixTag.BusinessRejectReason, (long)reason).As(FixType.BusinessReject);

    public static char StatusOf(DeskReport of) => of switch
    {
        { Kind: FloorEventKind.OrderEnded, Code: FloorCode.Expired or FloorCode.DayOver } => 'C',
        { Kind: FloorEventKind.OrderEnded } => of.Remaining == 0 && of.Traded >= of.Quantity ? '2' : '4',
        { Remaining: 0, Traded: > 0 } => '2',
        { Traded: > 0 } => '1',
        _ => '0',
    };

    static char ExecTypeOf(DeskReport of) => of.Kind switch
    {
        FloorEventKind.OrderAccepted => '0',
        FloorEventKind.Fill => 'F',
        FloorEventKind.OrderEnded => of.Code is FloorCode.Expired or FloorCode.DayOver ? 'C' : '4',
        FloorEventKind.OrderReplaced => '5',
        FloorEventKind.OrderTriggered => 'L',
        FloorEventKind.TradeBusted => 'H',
        _ => 'D',
    };

    static FixBody Standing(FixBody body, DeskReport of, string? clOrdId) => body.Add(FixTag.AvgPx, of.AveragePrice).Add(FixTag.ClOrdID, clOrdId).Add(FixTag.CumQty, of.Traded);

    static void Terms(FixBody body, DeskReport of, string? original)
    {
        body.Add(FixTag.OrderID, Text(of.Order)).Add(FixTag.OrderQty, of.Quantity).Add(FixTag.OrdStatus, StatusOf(of)).Add(FixTag.OrdType, OrderMessages.Of(of.Type)).Add(FixTag.OrigClOrdID, original);
        if (of.Price is { } price) body.Add(FixTag.Price, price);
        body.Add(FixTag.Side, OrderMessages.Of(of.Side)).Add(FixTag.Symbol, of.Symbol);
    }

    static FixBody Requested(FixBody body, (string Id, int Total, bool Last)? request) =>
        request is not { } r ? body : body.Add(FixTag.MassStatusReqID, r.Id).Add(FixTag.TotNumReports, (long)r.Total).Add(FixTag.LastRptRequested, r.Last);

    static string FillId(DeskReport of) => string.Create(CultureInfo.InvariantCulture, $"{of.Trade}.{of.Order}");

    static string Text(long number) => number.ToString(CultureInfo.InvariantCulture);
}
