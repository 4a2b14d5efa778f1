using System.Runtime.CompilerServices;
using NodaTime;
using Npgsql;
using Verdigris.Book;
using Verdigris.Market.Contracts;
using Verdigris.Market.Credits;
using Verdigris.Market.Fix;
using Verdigris.Market.Members;
using Verdigris.Market.Modes;
using Verdigris.Primitives;
using Verdigris.Storage;
using Verdigris.Web;

namespace Verdigris.Market.Trading;

/// <summary>What a desk answers in words of the room: the floor's answer, or why the line never reached it.</summary>
/// <param name="Order">The floor's id of the order; of a mass cancel, how many ended.</param>
/// <param name="Traded">Lots traded at once.</param>
public sealed record DeskResult(long Order, long Traded, bool Repeated);

/// <summary>
/// The one way orders take to the floor, whether they come by page, interface, socket or FIX: who may act for which account, prices and quantities into ticks and lots, the account's trader on the floor. Everything else is decided there.
/// Refusals, in their order: <c>trading.no-floor</c>, <c>access.role-needed</c>, <c>trading.not-listed</c>, <c>trading.not-on-book</c>, <c>trading.not-found</c>, <c>trading.killed</c>, <c>trading.state-forbids</c>, <c>member.not-active</c>, <c>trading.off-lot</c>, <c>contract.price-off-tick</c>, <c>trading.choice-unknown</c>, <c>trading.order-fields</c>,
/// <c>trading.units-missing</c>, <c>credits.not-linked</c>, <c>trading.bought-today</c>, <c>trading.position-limit</c>, and <c>trading.refused</c> with the floor's code.
/// </summary>
public sealed class OrderDesk(IDbSessions sessions, ContractSet contracts, InstrumentList instruments, FloorAccounts accounts, DeskAccess access, BasketKeeper baskets, OrderKeeper keeper, PositionGuard positions, TradingModes modes, IServiceProvider services) : IOrderEntry
{
    public async Task<Answer<DeskResult>> Enter(DbSession s, DeskOrder order, CancellationToken ct)
    {
        if (Floor() is not { } floor) return NoFloor;
        if (Allow.AnyRole(s.Actor, Role.MarketTrader, Role.MarketSupervisor) is { } no) return no;
        if (await instruments.Find(order.Symbol, ct) is not { State: InstrumentState.Traded } instrument) return Refusal.Of("trading.not-listed", "series", ("series", order.Symbol ?? ""));
        if (contracts.Find(instrument.Contract) is { } contract && !TradingModes.OnBook(contract, s.Today())) return Refusal.Conflict("trading.not-on-book", "series", ("series", instrument.Series));
        var account = await Account(s, order.Account, ct, session: order.Session, closes: !instrument.IsSpot && order.Effect == PositionEffect.Close);
        if (!account.Ok) return Answer<DeskResult>.From(account.Refusals);
        var wrong = new List<Refusal>();
        if (!Enum.IsDefined(order.Type)) wrong.Add(Choices.Unknown(order.Type, "type"));
        if (!Enum.IsDefined(order.TimeInForce)) wrong.Add(Choices.Unknown(order.TimeInForce, "timeInForce"));
        if (!Enum.IsDefined(order.Effect)) wrong.Add(Choices.Unknown(order.Effect, "effect"));
        var lots = Lots(instrument, order.Quantity, "quantity", wrong);
        var display = order.Display is { } shown ? Lots(instrument, shown, "display", wrong) : 0;
        var minimum = order.Minimum is { } least ? Lots(instrument, least, "minimum", wrong) : 0;
        var price = order.Price is { } given ? Ticks(instrument, given, "price", wrong) : null;
        var stop = order.StopPrice is { } at ? Ticks(instrument, at, "stopPrice", wrong) : null;
        if (order.Type is OrderType.Limit or OrderType.StopLimit && price is null && order.Price is null) wrong.Add(Refusal.Of("input.required", "price"));
        if (order.Type is OrderType.Stop or OrderType.StopLimit != (order.StopPrice is not null)) wrong.Add(Refusal.Of("trading.order-fields", "stopPrice"));
        if (order.TimeInForce == TimeInForce.GoodTillDate != (order.ExpiresAt is not null)) wrong.Add(Refusal.Of("trading.order-fields", "expiresAt"));
        if (order.Side is not (Side.Buy or Side.Sell)) wrong.Add(Refusal.Of("trading.order-fields", "side"));
        // What is left of a market order never stays: for the day is at once.
        if (order is { Type: OrderType.Market, TimeInForce: TimeInForce.Day }) order = order with { TimeInForce = TimeInForce.ImmediateOrCancel };
        wrong.AddRange(Misfits(order, instrument).Select(field => Refusal.Of("trading.order-fields", field)));
        if (wrong.Count > 0) return wrong;
        if (order.Price is null && order.Type is OrderType.Market or OrderType.MarketToLimit or OrderType.Stop) price = PriceProtection.Of(floor, instrument, modes, order.Side, stop);
        var trader = await accounts.For(s, floor, account.Value, instrument, ct);
        if (!trader.Ok) return Answer<DeskResult>.From(trader.Refusals);
        // What is no longer good delivery is not sold: its receipts are called in before the floor looks at what there is.
        if (instrument.Basket is not null && order.Side == Side.Sell) await baskets.Sweep(account.Value.Code, ct);
        return await positions.Within(s, floor, contracts.Find(instrument.Contract), instrument, account.Value, order.Side, order.Effect == PositionEffect.Close ? 0 : lots, () => Sent(s, floor, instrument, trader.Value, order, new(lots, price, stop ?? 0, display, minimum)), () => Told(s, order.ClientId, ct), ct);
    }

    /// <summary>Fields that do not go with the kind of order, as the engine would refuse them without a name.</summary>
    static IEnumerable<string> Misfits(DeskOrder order, Instrument instrument)
    {
        var stays = order.TimeInForce is TimeInForce.Day or TimeInForce.GoodTillCancel or TimeInForce.GoodTillDate;
        if (order.Type == OrderType.Market ? stays : order.Type != OrderType.Limit && !stays) yield return "timeInForce";
        if (order.Display is not null && (!stays || order.Type is OrderType.Stop or OrderType.Market)) yield return "display";
        if (order.Minimum is not null && order.TimeInForce != TimeInForce.ImmediateOrCancel) yield return "minimum";
        if (order.Flags != OrderFlags.None && (!stays || order.Type != OrderType.Limit)) yield return "postOnly";
        if (instrument.IsSpot && order.Effect == PositionEffect.Close) yield return "effect";
    }

    async Task<Answer<DeskResult>> Sent(DbSession s, IFloor floor, Instrument instrument, long trader, DeskOrder order, OrderFigures c)
    {
        var answer = await floor.Send(FloorCommands.NewOrder(order.Id, instrument.Number, trader, order.Side, c.Lots, c.Price, order.Type, order.TimeInForce, order.Effect, c.Stop, c.Display, c.Minimum, order.Flags, Levels(floor, instrument, s.Today()), order.ExpiresAt is { } until ? until.ToUnixTimeTicks() / 10 : 0, order.ClientId, order.Session, BookId.From(s.Actor.PersonId)));
        if (order.Side == Side.Sell && answer.Code.BookCode() == Code.InsufficientBalance && instrument.IsSpot && floor.Read(f => f.Position(trader, instrument.Number).Locked) is > 0 and var locked)
            return Refusal.Conflict("trading.bought-today", "quantity", ("units", $"{locked}"), ("unit", instrument.Unit ?? ""));
        // What the desk adds (how far an order goes that names no price, its levels) may be another when the same is sent again: it is a repeat all the same.
        if (answer.Outcome.Code != Code.CommandIdReused) return Of(answer);
        await Written(default);
        return await RepeatedOrders.Of(s, instrument, trader, order, c) is { } had ? had : Of(answer);
    }

    /// <summary>Whether an order of this id of the sender's was told of already.</summary>
    async Task<bool> Told(DbSession s, UInt128 client, CancellationToken ct)
    {
        await Written(ct);
        return await RepeatedOrders.Known(s, client, ct);
    }

    /// <summary>The listed agreement of the Chinese markets trades with the best five levels as they stand; which contracts do, their files say.</summary>
    byte Levels(IFloor floor, Instrument instrument, LocalDate day) =>
        contracts.Find(instrument.Contract)?.Rows("modes", day).FirstOrDefault(r => r.Text("mode") == "listed")?.IntegerOrNull("levels") is { } levels
        // While orders are collected there are no levels to go through.
        && floor.Read(f => f.Instrument(instrument.Number)?.Phase) is not (BookPhase.PreOpen or BookPhase.Interruption or BookPhase.ClosingAuction) ? (byte)levels : (byte)0;

    /// <summary>Another quantity or price for an own order, and of a stop that waits another stop price: <c>trading.order-unknown</c>, <c>trading.not-changeable</c>, and where it takes anything new, what a new order of the account is refused for. What only makes it smaller is always taken.</summary>
    public async Task<Answer<DeskResult>> Replace(DbSession s, DeskReplacement r, CancellationToken ct)
    {
        var own = await Own(s, r.Order, ct);
        if (!own.Ok) return Answer<DeskResult>.From(own.Refusals);
        var (floor, instrument, view) = own.Value;
        var wrong = new List<Refusal>();
        var lots = Lots(instrument, r.Quantity, "quantity", wrong);
        var price = r.Price is { } given ? Ticks(instrument, given, "price", wrong) : view.Price;
        var stop = r.StopPrice is { } at ? Ticks(instrument, at, "stopPrice", wrong) : view.StopPrice;
        // Of what is no stop, or went off, the stop price may be said again and is not changed.
        if (!view.Waiting && stop is { } other && other != view.StopPrice) wrong.Add(Refusal.Of("trading.order-fields", "stopPrice"));
        if (wrong.Count > 0) return wrong;
        // How far a stop without a price of its own goes is counted from where it waits.
        if (r.Price is null && view is { Type: OrderType.Stop, Waiting: true } && stop is { } moved && moved != view.StopPrice && view.Price == PriceProtection.Of(floor, instrument, modes, view.Side, view.StopPrice)) price = PriceProtection.Of(floor, instrument, modes, view.Side, moved);
        if (await Differs(s, r.Stated, view, instrument, ct) is { } differs) return differs;
        if (lots > view.Quantity || (price ?? view.Price) != view.Price || stop != view.StopPrice)
        {
            var whose = (await accounts.Of(s, view.Trader, ct))!.Value;
            var account = await Account(s, TradingAccount.CodeOf(whose.Account), ct, session: r.Session, closes: !instrument.IsSpot && view.Effect == PositionEffect.Close);
            if (!account.Ok) return Answer<DeskResult>.From(account.Refusals);
            return await positions.Within(s, floor, contracts.Find(instrument.Contract), instrument, account.Value, view.Side, view.Effect == PositionEffect.Close ? 0 : lots - view.Quantity, Sent, () => Told(s, r.ClientId, ct), ct);
        }
        return await Sent();

        async Task<Answer<DeskResult>> Sent() => Of(await floor.Send(FloorCommands.Replace(r.Id, view.Trader, r.Order, lots, price ?? view.Price, r.ClientId, BookId.From(s.Actor.PersonId), view.Waiting ? stop ?? view.StopPrice : 0)));
    }

    /// <summary>Why what the sender says of an order is not what it is: <c>trading.not-changeable</c> with the field. What is left of a market-to-limit order, and a stop that went off, are limit orders too.</summary>
    async Task<Refusal?> Differs(DbSession s, DeskStated? said, OrderView view, Instrument instrument, CancellationToken ct)
    {
        if (said is null) return null;
        var field = said switch
        {
            { Symbol: { } symbol } when symbol != instrument.Series => "series",
            { Side: not Side.None and var side } when side != view.Side => "side",
            { Type: { } type } when type != view.Type && !(type == OrderType.Limit && (view.Type == OrderType.MarketToLimit || view is { Type: OrderType.StopLimit, Waiting: false })) => "type",
            { TimeInForce: { } lasts } when lasts != view.TimeInForce => "timeInForce",
            { Effect: { } effect } when effect != view.Effect => "effect",
            { Display: { } display } when display != instrument.Quantity(view.Display) => "display",
            { ExpiresAt: { } until } when until.ToUnixTimeTicks() / 10 != view.ExpiresAt => "expiresAt",
            _ => null,
        };
        if (field is null && said.Account is { Length: > 0 } code && await accounts.Of(s, view.Trader, ct) is { } whose && TradingAccount.NumberOf(code) != whose.Account) field = "account";
        return field is null ? null : Refusal.Conflict("trading.not-changeable", field, ("field", field));
    }

    public async Task<Answer<DeskResult>> Cancel(DbSession s, UInt128 id, long order, CancellationToken ct, DeskStated? stated = null)
    {
        var own = await Own(s, order, ct);
        if (!own.Ok) return Answer<DeskResult>.From(own.Refusals);
        if (await Differs(s, stated, own.Value.View, own.Value.Instrument, ct) is { } differs) return differs;
        return Of(await own.Value.Floor.Send(FloorCommands.Cancel(id, own.Value.View.Trader, order, BookId.From(s.Actor.PersonId))));
    }

    /// <summary>Cancels live orders of an account, in one series and on one side or in all; the answer is how many ended.</summary>
    public async Task<Answer<DeskResult>> CancelAll(DbSession s, string? code, string? series, Side side, CancellationToken ct)
    {
        if (Floor() is not { } floor) return NoFloor;
        if (Allow.AnyRole(s.Actor, Role.MarketTrader, Role.MarketSupervisor) is { } no) return no;
        if (!Enum.IsDefined(side)) return Choices.Unknown(side, "side");
        var account = await Account(s, code, ct, mayBeStopped: true);
        if (!account.Ok) return Answer<DeskResult>.From(account.Refusals);
        Instrument? instrument = null;
        if (series is { Length: > 0 } && (instrument = await instruments.Find(series, ct)) is null) return Refusal.Of("trading.not-listed", "series", ("series", series));
        long ended = 0;
        foreach (var trader in await s.All("select trader from market.floor_trader where account = $1 order by trader", r => r.GetInt64(0), ct, account.Value.Number))
            ended += (await floor.Send(FloorCommands.MassCancel(BookId.From(s.NewId()), trader, instrument?.Number ?? 0, 0, side, BookId.From(s.Actor.PersonId)))).Order;
        return new DeskResult(ended, 0, false);
    }

    /// <summary>Live orders of an account as the floor has them, in one series or in all.</summary>
    public async Task<Answer<IReadOnlyList<StandingOrder>>> Live(DbSession s, string? code, string? series, CancellationToken ct)
    {
        if (Floor() is not { } floor) return NoFloor;
        var account = await Account(s, code, ct, mayBeStopped: true);
        if (!account.Ok) return Answer<IReadOnlyList<StandingOrder>>.From(account.Refusals);
        var traders = await s.All("select trader from market.floor_trader where account = $1 order by trader", r => r.GetInt64(0), ct, account.Value.Number);
        var views = floor.Read(f => traders.SelectMany(t => f.OrdersOf(t)).ToList());
        var live = new List<StandingOrder>();
        foreach (var v in views)
            if (await instruments.Find(v.Instrument, ct) is { } i && (series is null || i.Series == series))
                live.Add(new(v.Id, i.Series, account.Value.Code, v.Side, v.Type, v.TimeInForce, v.Effect, i.Quantity(v.Quantity), i.Quantity(v.Remaining), v.Type is OrderType.Market or OrderType.Stop ? null : i.Price(v.Price), v.Type is OrderType.Stop or OrderType.StopLimit ? i.Price(v.StopPrice) : null, v.Waiting,
                    v.Display > 0 ? i.Quantity(v.Display) : null, v.ExpiresAt > 0 ? Instant.FromUnixTimeTicks(v.ExpiresAt * 10) : null));
        return live;
    }

    async Task<Answer<(IFloor Floor, Instrument Instrument, OrderView View)>> Own(DbSession s, long order, CancellationToken ct)
    {
        if (Floor() is not { } floor) return NoFloor;
        if (Allow.AnyRole(s.Actor, Role.MarketTrader, Role.MarketSupervisor) is { } no) return no;
        if (floor.Read(f => f.Order(order)) is not { } view || await instruments.Find(view.Instrument, ct) is not { } instrument || await accounts.Of(s, view.Trader, ct) is not { } whose || whose.Organisation != s.Actor.OrganisationId)
            return Refusal.NotFound("trading.order-unknown", "order", ("order", $"{order}"));
        return (floor, instrument, view);
    }

    /// <param name="code">Of the account; null: the organisation's only open one.</param>
    /// <param name="session">Number of the FIX session the line came by; 0: none.</param>
    /// <param name="closes">It closes a position: that a suspended member may, and nothing else.</param>
    async Task<Answer<TradingAccount>> Account(DbSession s, string? code, CancellationToken ct, bool mayBeStopped = false, long session = 0, bool closes = false)
    {
        var number = code is { Length: > 0 } ? TradingAccount.NumberOf(code) ?? -1 : (long?)null;
        var account = await access.Account(s.Actor.OrganisationId, number, ct);
        if (account is null) return Refusal.Of("trading.not-found", "account", ("given", code ?? ""));
        if (!mayBeStopped && await access.Kill(account, session, ct) is { } kill) return Refusal.Conflict("trading.killed", "account", ("account", account.Code), ("reason", kill.Reason));
        if (account.State != TradingState.Open && !(mayBeStopped && account.State == TradingState.Stopped)) return Refusal.Conflict("trading.state-forbids", "account", ("state", account.State.ToString()));
        if (!mayBeStopped && !await access.Active(s.Actor.OrganisationId, ct) && !(closes && await MemberHandlers.OfOrganisation(s, s.Actor.OrganisationId, ct) is { State: MemberState.Suspended })) return Refusal.Conflict("member.not-active", "account");
        return account;
    }

    static long Lots(Instrument instrument, decimal quantity, string field, List<Refusal> wrong)
    {
        var lots = instrument.Lots(quantity, field);
        if (!lots.Ok) wrong.AddRange(lots.Refusals);
        return lots.Ok ? lots.Value : 0;
    }

    static int? Ticks(Instrument instrument, decimal price, string field, List<Refusal> wrong)
    {
        var ticks = instrument.Ticks(price, field);
        if (!ticks.Ok) wrong.AddRange(ticks.Refusals);
        return ticks.Ok ? ticks.Value : null;
    }

    static Answer<DeskResult> Of(FloorAnswer answer) => answer.Accepted ? new DeskResult(answer.Order, answer.Traded, answer.Outcome.Repeated) : Refusal.Conflict("trading.refused", FieldOf(answer.Code), ("code", answer.Code == FloorCode.Accepted ? answer.Outcome.Code.ToString() : answer.Code.BookCode() is { } book ? book.ToString() : answer.Code.ToString()));

    static string? FieldOf(FloorCode code) => code switch
    {
        FloorCode.QuantityInvalid or FloorCode.QuantityOverLimit or FloorCode.QuantityDone or FloorCode.ValueOverLimit or FloorCode.PositionOverLimit => "quantity",
        FloorCode.PriceOutsideLimits or FloorCode.WouldTrade => "price",
        FloorCode.StopPriceOutsideLimits => "stopPrice",
        FloorCode.DisplayInvalid => "display",
        FloorCode.MinimumInvalid => "minimum",
        FloorCode.TimePast => "expiresAt",
        // Money, units or margin: less of it could be had.
        _ => code.BookCode() is Code.InsufficientBalance ? "quantity" : null,
    };

    IFloor? Floor() => (IFloor?)services.GetService(typeof(IFloor));

    static Refusal NoFloor => Refusal.Conflict("trading.no-floor", null);

    // --- FIX and sockets, which have no session of their own ---

    async ValueTask<DeskAnswer> IOrderEntry.Enter(Actor actor, DeskOrder order, CancellationToken ct) => await Answered(actor, s => Enter(s, order, ct));

    async ValueTask<DeskAnswer> IOrderEntry.Replace(Actor actor, DeskReplacement replacement, CancellationToken ct) => await Answered(actor, s => Replace(s, replacement, ct));

    async ValueTask<DeskAnswer> IOrderEntry.Cancel(Actor actor, DeskCancel cancel, CancellationToken ct) => await Answered(actor, s => Cancel(s, cancel.Id, cancel.Order, ct, cancel.Stated));

    async ValueTask<DeskAnswer> IOrderEntry.MassCancel(Actor actor, DeskMassCancel cancel, CancellationToken ct)
    {
        if (Floor() is not { } floor) return new(FloorCode.InstrumentUnknown);
        Instrument? instrument = null;
        if (cancel.Symbol is { } symbol && (instrument = await instruments.Find(symbol, ct)) is null) return new(FloorCode.InstrumentUnknown);
        await using var s = sessions.Open(actor);
        long ended = 0;
        foreach (var trader in await s.All("select trader from market.floor_trader where organisation_id = $1 order by trader", r => r.GetInt64(0), ct, actor.OrganisationId))
            // One line a trader, each named by the request: sent again it is answered as the first time, and ends nothing that came after it.
            ended += (await floor.Send(FloorCommands.MassCancel(cancel.Id == default ? BookId.From(s.NewId()) : BookDefinitions.IdOf($"market/mass-cancel/{cancel.Id:x32}/{trader}"), trader, instrument?.Number ?? 0, cancel.Session, cancel.Side, BookId.From(actor.PersonId)))).Order;
        return new(FloorCode.Accepted, ended);
    }

    async ValueTask<DeskReport?> IOrderEntry.Find(Actor actor, UInt128 clientId, CancellationToken ct)
    {
        await Written(ct);
        await using var s = sessions.Open(actor);
        return (await Standing(s, "o.organisation_id = $1 and o.client_id = $2 order by o.first_event desc limit 1", ct, actor.OrganisationId, BookId.ToGuid(clientId))).FirstOrDefault();
    }

    async ValueTask<IReadOnlyList<DeskReport>> IOrderEntry.Live(Actor actor, long session, string? symbol, CancellationToken ct)
    {
        await Written(ct);
        await using var s = sessions.Open(actor);
        return await Standing(s, "o.organisation_id = $1 and o.session = $2 and o.state = 0 and ($3::text is null or i.series = $3) order by o.id", ct, actor.OrganisationId, session, symbol);
    }

    public async IAsyncEnumerable<DeskReport> Reports(Guid organisation, long after, [EnumeratorCancellation] CancellationToken ct)
    {
        while (!ct.IsCancellationRequested)
        {
            var more = keeper.Changed;
            List<DeskReport> found;
            await using (var s = sessions.Open(Actor.System))
                found = await s.All($"select {ReportColumns} from market.order_report r join market.floor_order o on o.first_event = r.order_event join market.instrument i on i.number = o.instrument where r.organisation_id = $1 and r.number > $2 order by r.number limit 500", MapReport, ct, organisation, after);
            foreach (var report in found)
            {
                after = report.Number;
                yield return report;
            }
            if (found.Count == 0) await more.WaitAsync(ct);
        }
    }

    /// <summary>The rows tell of everything that was answered before they are read.</summary>
    internal async ValueTask Written(CancellationToken ct)
    {
        if (Floor() is { } floor) await keeper.CatchUp(floor, ct);
    }

    async ValueTask<DeskAnswer> Answered(Actor actor, Func<DbSession, Task<Answer<DeskResult>>> work)
    {
        await using var s = sessions.Open(actor);
        var answer = await work(s);
        if (answer.Ok) return new(FloorCode.Accepted, answer.Value.Order, answer.Value.Repeated);
        var refusal = answer.Refusals[0];
        // What the floor says is its code; what the desk says before it has words of its own.
        return new(CodeOf(refusal), Why: refusal.Code == "trading.refused" || services.GetService(typeof(StringCatalogue)) is not StringCatalogue texts ? null : RefusalText.Of(refusal, texts, StringCatalogue.English));
    }

    /// <summary>A refusal of the desk as the floor would have said it.</summary>
    static FloorCode CodeOf(Refusal refusal) => refusal.Code switch
    {
        "trading.refused" when Enum.TryParse<FloorCode>(refusal.Args!["code"], out var code) => code,
        "trading.refused" when Enum.TryParse<Code>(refusal.Args!["code"], out var book) => FloorCodes.Of(book),
        "trading.not-listed" or "trading.no-floor" => FloorCode.InstrumentUnknown,
        "trading.not-found" or "trading.units-missing" or "credits.not-linked" => FloorCode.TraderUnknown,
        "trading.killed" => FloorCode.TraderKilled,
        "trading.bought-today" => FloorCodes.Of(Code.InsufficientBalance),
        "trading.not-on-book" => FloorCode.PhaseRefuses,
        "trading.state-forbids" or "member.not-active" or "access.role-needed" => FloorCode.TraderInactive,
        "trading.position-limit" => FloorCode.PositionOverLimit,
        "trading.off-lot" => FloorCode.QuantityInvalid,
        "contract.price-off-tick" => FloorCode.PriceOutsideLimits,
        "trading.order-unknown" => FloorCode.OrderUnknown,
        _ => FloorCode.FieldInvalid,
    };

    const string OrderColumns = "o.id, o.client_id, o.session, o.account, i.series, o.side, o.type, o.time_in_force, o.quantity, o.price, o.stop_price, o.remaining, o.traded, o.traded_value, i.lot, i.tick, o.changed_at, o.state, o.code";
    const string ReportColumns = "o.id, r.client_id, o.session, o.account, i.series, o.side, o.type, o.time_in_force, r.quantity, r.price, o.stop_price, r.remaining, r.traded, r.traded_value, i.lot, i.tick, r.at, 0, r.code, r.number, r.kind, r.trade, r.last_lots, r.last_price";

    static Task<List<DeskReport>> Standing(DbSession s, string where, CancellationToken ct, params object?[] args) =>
        s.All($"select {OrderColumns} from market.floor_order o join market.instrument i on i.number = o.instrument where {where}", r => Map(r) with { Kind = r.GetInt16(17) == 0 ? FloorEventKind.OrderAccepted : FloorEventKind.OrderEnded }, ct, args);

    static DeskReport MapReport(NpgsqlDataReader r) => Map(r) with { Number = r.GetInt64(19), Kind = (FloorEventKind)r.GetInt16(20), Trade = r.GetInt64(21), LastQuantity = r.GetInt64(22) * r.GetDecimal(14), LastPrice = r.GetInt32(23) * r.GetDecimal(15) };

    static DeskReport Map(NpgsqlDataReader r)
    {
        var (lot, tick, traded) = (r.GetDecimal(14), r.GetDecimal(15), r.GetInt64(12));
        return new()
        {
            At = r.Time(16),
            Kind = FloorEventKind.OrderAccepted,
            Code = (FloorCode)r.GetInt32(18),
            Order = r.GetInt64(0),
            ClientId = BookId.From(r.GetGuid(1)),
            Session = r.GetInt64(2),
            Account = TradingAccount.CodeOf(r.GetInt64(3)),
            Symbol = r.GetString(4),
            Side = (Side)r.GetInt16(5),
            Type = (OrderType)r.GetInt16(6),
            TimeInForce = (TimeInForce)r.GetInt16(7),
            Quantity = r.GetInt64(8) * lot,
            Price = r.IsDBNull(9) ? null : r.GetInt32(9) * tick,
            StopPrice = r.IsDBNull(10) ? null : r.GetInt32(10) * tick,
            Remaining = r.GetInt64(11) * lot,
            Traded = traded * lot,
            AveragePrice = traded == 0 ? 0 : r.GetDecimal(13) * tick / traded,
        };
    }
}

/// <summary>An order that stands.</summary>
/// <param name="Price">Null of market and stop orders.</param>
/// <param name="Waiting">A stop that was not triggered.</param>
/// <param name="Display">What an iceberg shows at a time; null of what is shown whole.</param>
/// <param name="ExpiresAt">When an order until a time ends.</param>
public sealed record StandingOrder(long Order, string Series, string Account, Side Side, OrderType Type, TimeInForce TimeInForce, PositionEffect Effect, decimal Quantity, decimal Remaining, decimal? Price, decimal? StopPrice, bool Waiting, decimal? Display = null, Instant? ExpiresAt = null);
