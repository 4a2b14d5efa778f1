using System.Net.WebSockets;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using NodaTime;
using Verdigris.Book;
using Verdigris.Market.Fix;
using Verdigris.Market.Trading;
using Verdigris.Primitives;
using Verdigris.Storage;
using Verdigris.Web;

namespace Verdigris.Market.Api;

/// <summary>Series opened for trading, and orders over HTTP and over a socket.</summary>
static class TradingApi
{
    sealed record ReferenceBody(decimal Reference);

    sealed record StandingBody(bool Active);

    /// <param name="Reference">For series that have no price of their own or of a neighbouring month; may be left out where all have one.</param>
    sealed record PendingBody(decimal? Reference = null);

    sealed record SuspendBody(bool Suspended, string? Reason);

    /// <param name="Account">Code of a trading account; null: the organisation's only one.</param>
    /// <param name="Quantity">In units of the contract, a whole number of lots.</param>
    /// <param name="Price">The limit; of a market or stop order the worst price.</param>
    /// <param name="Display">Shown at a time by an iceberg.</param>
    /// <param name="Minimum">Immediate-or-cancel: so much at once or nothing.</param>
    /// <param name="ClientId">The sender's own id of the order; the same again has effect once.</param>
    internal sealed record OrderBody(string Series, Side Side, decimal Quantity, decimal? Price = null, OrderType Type = OrderType.Limit, TimeInForce TimeInForce = TimeInForce.Day, PositionEffect Effect = PositionEffect.Open, decimal? StopPrice = null, decimal? Display = null, decimal? Minimum = null,
        bool PostOnly = false, Instant? ExpiresAt = null, string? Account = null, Guid? ClientId = null);

    /// <param name="Quantity">The whole quantity, what was traded of it included.</param>
    /// <param name="Price">Null leaves it.</param>
    /// <param name="StopPrice">Of a stop that still waits; null leaves it.</param>
    sealed record ChangeBody(decimal Quantity, decimal? Price, Guid? ClientId = null, decimal? StopPrice = null);

    /// <param name="Side">None: both.</param>
    sealed record CancelAllBody(string? Account, string? Series, Side Side = Side.None);

    /// <summary>A line over the socket.</summary>
    /// <param name="Op">new, change, cancel or cancel-all.</param>
    /// <param name="Ref">The sender's own word for the line, given back with its answer.</param>
    sealed record SocketLine(string? Op, string? Ref, OrderBody? New, long? Order, ChangeBody? Change, CancelAllBody? All);

    public static void Map(RouteGroupBuilder api)
    {
        var g = api.MapGroup("/market").WithTags("Market trading");
        g.MapGet("/instruments", async (HttpContext http, InstrumentList list, CancellationToken ct) => ApiReplies.Reply(http, await list.All(ct))).WithName("ListInstruments").WithSummary("Series that were opened for trading").AllowAnonymous().Produces<IReadOnlyList<Instrument>>();
        g.MapPost("/instruments", (HttpContext http, DbSession s, Listing h, CancellationToken ct) => ApiReplies.Made<NewInstrument, Instrument>(http, b => h.Open(s, b, ct), i => $"/api/v1/market/instruments/{i.Series}", ct))
            .WithName("OpenInstrument").WithSummary("Open a listed series for trading (market operator)").Accepts<NewInstrument>("application/json").Produces<Instrument>(201);
        g.MapPut("/instruments/{series}/reference", (HttpContext http, DbSession s, Listing h, string series, CancellationToken ct) => ApiReplies.Reply<ReferenceBody, Instrument>(http, b => h.SetReference(s, series, b.Reference, ct), ct))
            .WithName("SetReferencePrice").WithSummary("Price today's limits and margins are counted from").Accepts<ReferenceBody>("application/json").Produces<Instrument>();
        g.MapPost("/instruments/{series}/suspension", (HttpContext http, DbSession s, Listing h, string series, CancellationToken ct) => ApiReplies.Reply<SuspendBody, Instrument>(http, b => h.Suspend(s, series, b.Suspended, b.Reason, ct), ct))
            .WithName("SuspendInstrument").WithSummary("Stop trading in a series or let it go on, with the reason").Accepts<SuspendBody>("application/json").Produces<Instrument>();
        g.MapGet("/chains/{series}", async (HttpContext http, DbSession s, OptionChains h, string series, CancellationToken ct) => ApiReplies.Reply(http, await h.Read(s, series, ct)))
            .WithName("GetOptionChain").WithSummary("Options of a month by exercise price, with the best prices now (public)").AllowAnonymous().Produces<OptionChain>();
        g.MapGet("/listings", async (HttpContext http, DbSession s, StandingListings h, CancellationToken ct) => Allow.Role(s.Actor, Role.MarketOperator) is { } no ? Replies.Refused([no]) : ApiReplies.Reply(http, await h.All(s, ct)))
            .WithName("ListStandingListings").WithSummary("Contracts whose listed series are kept open (market operator)").Produces<IReadOnlyList<StandingListing>>();
        g.MapGet("/listings/pending", async (HttpContext http, DbSession s, StandingListings h, CancellationToken ct) => Allow.Role(s.Actor, Role.MarketOperator) is { } no ? Replies.Refused([no]) : ApiReplies.Reply(http, await h.Pending(s, ct)))
            .WithName("ListPendingSeries").WithSummary("Listed series of those contracts that are not open yet, and why (market operator)").Produces<IReadOnlyList<PendingSeries>>();
        g.MapPut("/listings/{contract}", (HttpContext http, DbSession s, StandingListings h, string contract, CancellationToken ct) => ApiReplies.Reply<StandingBody, StandingListing>(http, b => h.Instruct(s, contract, b.Active, ct), ct))
            .WithName("InstructListing").WithSummary("Keep every listed series of a contract open, or take the instruction back").Accepts<StandingBody>("application/json").Produces<StandingListing>();
        g.MapPost("/listings/{contract}/open", (HttpContext http, DbSession s, StandingListings h, string contract, CancellationToken ct) => ApiReplies.Reply<PendingBody, OpenedSeries>(http, b => h.OpenPending(s, contract, b.Reference, ct), ct))
            .WithName("OpenPendingSeries").WithSummary("Open what waits of a contract, at this price where none is known").Accepts<PendingBody>("application/json").Produces<OpenedSeries>();
        g.MapGet("/orders", async (HttpContext http, DbSession s, OrderDesk h, CancellationToken ct) =>
            {
                var q = new QueryWords(http);
                return ApiReplies.Reply(http, await h.Live(s, q.Text("account"), q.Text("series"), ct));
            }).WithName("ListLiveOrders").WithSummary("Live orders of an account").WithQuery(new QueryParameter("account", "Code of a trading account", "M00001"), new QueryParameter("series", "One series alone", "EEX.EUA.SPOT")).Produces<IReadOnlyList<StandingOrder>>();
        g.MapGet("/orders/history", async (HttpContext http, DbSession s, OrderHistory h, CancellationToken ct) =>
            {
                var q = new QueryWords(http);
                var limit = q.Whole("limit") ?? 50;
                return q.Wrong.Count > 0 ? Replies.Refused(q.Wrong) : ApiReplies.Reply(http, await h.List(s, q.Text("account"), q.Text("series"), q.Text("cursor"), limit, ct));
            }).WithName("ListOrders").WithSummary("Own orders with what became of them, the newest first").WithQuery([new("account", "Code of a trading account", "M00001"), new("series", "One series alone", "EEX.EUA.SPOT"), .. MemberApi.Paging.Skip(1)]).Produces<Page<OrderRow>>();
        g.MapPost("/orders", (HttpContext http, DbSession s, OrderDesk h, CancellationToken ct) => ApiReplies.Made<OrderBody, DeskResult>(http, b => h.Enter(s, Order(b, s.Actor, 0, s), ct), r => $"/api/v1/market/orders/{r.Order}", ct))
            .WithName("EnterOrder").WithSummary("Enter an order; answered when it, its collateral and its trades are durable").Accepts<OrderBody>("application/json").Produces<DeskResult>(201);
        g.MapPut("/orders/{order:long}", (HttpContext http, DbSession s, OrderDesk h, long order, CancellationToken ct) => ApiReplies.Reply<ChangeBody, DeskResult>(http, b => h.Replace(s, Change(b, order, s), ct), ct))
            .WithName("ChangeOrder").WithSummary("Another quantity or price, of a waiting stop another stop price; a smaller quantity at the same price keeps its place").Accepts<ChangeBody>("application/json").Produces<DeskResult>();
        g.MapDelete("/orders/{order:long}", async (HttpContext http, DbSession s, OrderDesk h, long order, CancellationToken ct) => ApiReplies.Reply(http, await h.Cancel(s, BookId.From(s.NewId()), order, ct))).WithName("CancelOrder").WithSummary("Cancel a live order").Produces<DeskResult>();
        g.MapPost("/orders/cancel", (HttpContext http, DbSession s, OrderDesk h, CancellationToken ct) => ApiReplies.Reply<CancelAllBody, DeskResult>(http, b => h.CancelAll(s, b.Account, b.Series, b.Side, ct), ct))
            .WithName("CancelOrders").WithSummary("Cancel all live orders of an account, of one series and side or of all").Accepts<CancelAllBody>("application/json").Produces<DeskResult>();
        g.MapGet("/orders/socket", Socket).WithMetadata(new ActsByGet()).WithName("OrderSocket").WithSummary("Orders as text messages over a WebSocket, with answers and reports; what came by it is cancelled when it breaks (cancel=off keeps it)").Produces<string>(200, "application/octet-stream").Produces<Problem>(StatusCodes.Status426UpgradeRequired, Replies.ProblemMime);
    }

    static DeskOrder Order(OrderBody b, Actor actor, long session, DbSession s)
    {
        var client = b.ClientId ?? s.NewId();
        return new()
        {
            // The sender's id decides: the same order sent again is the same line.
            Id = BookDefinitions.IdOf($"market/order/{actor.OrganisationId}/{client}"),
            ClientId = BookId.From(client),
            Session = session,
            Account = b.Account,
            Symbol = b.Series,
            Side = b.Side,
            Type = b.Type,
            TimeInForce = b.TimeInForce,
            Effect = b.Effect,
            Flags = b.PostOnly ? OrderFlags.PostOnly : OrderFlags.None,
            Quantity = b.Quantity,
            Price = b.Price,
            StopPrice = b.StopPrice,
            Display = b.Display,
            Minimum = b.Minimum,
            ExpiresAt = b.ExpiresAt,
        };
    }

    static DeskReplacement Change(ChangeBody b, long order, DbSession s)
    {
        var client = b.ClientId ?? s.NewId();
        return new(BookDefinitions.IdOf($"market/change/{s.Actor.OrganisationId}/{client}"), BookId.From(client), 0, order, b.Quantity, b.Price, b.StopPrice);
    }

    /// <summary>Largest line that is read.</summary>
    const int Longest = 8 * 1024;

    /// <summary>Why the socket is closed of who signed out, was disabled, or may no longer trade.</summary>
    const string NoLonger = "no longer signed in as somebody who trades";

    static async Task Socket(HttpContext http, IDbSessions sessions, ICurrentActor current, OrderDesk desk, SecretBytes secrets, CancellationToken ct)
    {
        var actor = current.Actor;
        if (Allow.AnyRole(actor, Role.MarketTrader, Role.MarketSupervisor) is { } no)
        {
            await Replies.Refused(no).ExecuteAsync(http);
            return;
        }
        if (!http.WebSockets.IsWebSocketRequest)
        {
            http.Response.Headers.Upgrade = "websocket";
            await Replies.Refused(StatusCodes.Status426UpgradeRequired, Refusal.Of("trading.socket-only")).ExecuteAsync(http);
            return;
        }
        var keeps = http.Request.Query["cancel"] == "off";
        using var socket = await http.WebSockets.AcceptWebSocketAsync();
        using var over = CancellationTokenSource.CreateLinkedTokenSource(ct);
        using var sending = new SemaphoreSlim(1);
        // Of this connection alone, and never 0.
        var session = (long)(BitConverter.ToUInt32(secrets.Take(4)) | 1u) & int.MaxValue;
        var since = await Newest(sessions, actor, over.Token);
        var reports = Told(desk, socket, sending, actor.OrganisationId, since, over.Token);
        var watch = Watch(http, socket, sending, over);
        try { await Lines(http, socket, sending, sessions, desk, session, over.Token); }
        catch (Exception e) when (e is WebSocketException or OperationCanceledException) { }
        finally
        {
            await over.CancelAsync();
            // Whatever went wrong beside it, its orders end.
            var beside = Task.WhenAll(reports, watch);
            await ((Task)beside).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (!keeps) await ((IOrderEntry)desk).MassCancel(actor, new(BookDefinitions.IdOf($"market/socket-gone/{actor.PersonId}/{session}/{since}"), session), CancellationToken.None);
        }
    }

    static async Task<long> Newest(IDbSessions sessions, Actor actor, CancellationToken ct)
    {
        await using var s = sessions.Open(actor);
        return await s.Value<long>("select coalesce(max(number), 0)::bigint from market.order_report where organisation_id = $1", ct, actor.OrganisationId);
    }

    /// <summary>So often it is asked whether who opened the socket may still trade.</summary>
    static readonly TimeSpan Look = TimeSpan.FromSeconds(2);

    /// <summary>Closes the socket of who signed out, was disabled, or may no longer trade: its orders end as with any other break.</summary>
    static async Task Watch(HttpContext http, WebSocket socket, SemaphoreSlim sending, CancellationTokenSource over)
    {
        using var timer = new PeriodicTimer(Look);
        while (await timer.WaitForNextTickAsync(over.Token))
        {
            try { if (await Standing(http, false, over.Token) is not null) continue; }
            // Not to be known now: the next line and the next look ask again.
            catch (Exception e) when (e is not OperationCanceledException and not OutOfMemoryException && !over.IsCancellationRequested) { continue; }
            await sending.WaitAsync(over.Token);
            try { await socket.CloseOutputAsync(WebSocketCloseStatus.PolicyViolation, NoLonger, over.Token); }
            finally { sending.Release(); }
            // Who answers goodbye has read why; who does not is not waited for long.
            await Task.Delay(Look, over.Token);
            await over.CancelAsync();
            return;
        }
    }

    /// <summary>Who trades over the socket, with the rights of now; null where nobody does any more.</summary>
    static async ValueTask<Actor?> Standing(HttpContext http, bool used, CancellationToken ct) =>
        await http.RequestServices.GetRequiredService<IStandingActor>().Now(http, used, ct) is { } actor && Allow.AnyRole(actor, Role.MarketTrader, Role.MarketSupervisor) is null ? actor : null;

    static async Task Lines(HttpContext http, WebSocket socket, SemaphoreSlim sending, IDbSessions sessions, OrderDesk desk, long session, CancellationToken ct)
    {
        var buffer = new byte[Longest];
        while (true)
        {
            var length = 0;
            ValueWebSocketReceiveResult got;
            do
            {
                if (length == buffer.Length) { await socket.CloseAsync(WebSocketCloseStatus.MessageTooBig, "too long", ct); return; }
                got = await socket.ReceiveAsync(buffer.AsMemory(length), ct);
                length += got.Count;
            }
            while (!got.EndOfMessage);
            if (got.MessageType == WebSocketMessageType.Close) { await socket.CloseAsync(WebSocketCloseStatus.NormalClosure, null, ct); return; }
            if (await Standing(http, true, ct) is not { } actor) { await socket.CloseAsync(WebSocketCloseStatus.PolicyViolation, NoLonger, ct); return; }
            var (line, reference, unreadable) = Read(buffer.AsSpan(0, length));
            await using var s = sessions.Open(actor);
            var answer = line switch
            {
                { Op: "new", New: { } order } => await desk.Enter(s, Order(order, actor, session, s), ct),
                { Op: "change", Order: { } order, Change: { } change } => await desk.Replace(s, Change(change, order, s), ct),
                { Op: "cancel", Order: { } order } => await desk.Cancel(s, BookId.From(s.NewId()), order, ct),
                { Op: "cancel-all", All: { } all } => await desk.CancelAll(s, all.Account, all.Series, all.Side, ct),
                _ => unreadable ?? Refusal.Of("trading.line-unknown", "op"),
            };
            await Send(socket, sending, new { Ref = reference, Result = answer.Ok ? answer.Value : null, Refusals = answer.Ok ? null : answer.Refusals }, ct);
        }
    }

    /// <summary>A line, or which field of it cannot be read; its reference is given back either way.</summary>
    static (SocketLine? Line, string? Ref, Refusal? Unreadable) Read(ReadOnlySpan<byte> text)
    {
        try { return JsonSerializer.Deserialize<SocketLine>(text, StorageJson.Options) is { } line ? (line, line.Ref, null) : (null, null, Refusal.Of("request.empty")); }
        catch (JsonException e) { return (null, Named(text), Refusal.Of("request.unreadable", e.Path is { Length: > 2 } path ? path[2..] : null)); }

        static string? Named(ReadOnlySpan<byte> text)
        {
            var reader = new Utf8JsonReader(text);
            try { return JsonElement.TryParseValue(ref reader, out var whole) && whole is { ValueKind: JsonValueKind.Object } of && of.TryGetProperty("ref", out var name) && name.ValueKind == JsonValueKind.String ? name.GetString() : null; }
            catch (JsonException) { return null; }
        }
    }

    static async Task Told(OrderDesk desk, WebSocket socket, SemaphoreSlim sending, Guid organisation, long since, CancellationToken ct)
    {
        await foreach (var report in desk.Reports(organisation, since, ct)) await Send(socket, sending, new { Report = report }, ct);
    }

    static async Task Send(WebSocket socket, SemaphoreSlim sending, object value, CancellationToken ct)
    {
        await sending.WaitAsync(ct);
        try { await socket.SendAsync(Encoding.UTF8.GetBytes(JsonSerializer.Serialize(value, StorageJson.Options)), WebSocketMessageType.Text, true, ct); }
        finally { sending.Release(); }
    }
}
