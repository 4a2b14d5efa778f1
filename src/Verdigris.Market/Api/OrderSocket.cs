using System.Net.WebSockets;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Verdigris.Book;
using Verdigris.Market.Fix;
using Verdigris.Market.Trading;
using Verdigris.Primitives;
using Verdigris.Storage;
using Verdigris.Web;

namespace Verdigris.Market.Api;

/// <summary>Orders as text messages over a WebSocket, a line each, answered in their order; reports come between the answers. What came by it is cancelled when it breaks, however it breaks.</summary>
static partial class OrderSocket
{
    /// <summary>A line over the socket.</summary>
    /// <param name="Op">new, change, cancel or cancel-all.</param>
    /// <param name="Ref">The sender's own word for the line, given back with its answer.</param>
    sealed record SocketLine(string? Op, string? Ref, TradingApi.OrderBody? New, long? Order, TradingApi.ChangeBody? Change, TradingApi.CancelAllBody? All);

    /// <summary>Largest line that is read.</summary>
    const int Longest = 8 * 1024;

    /// <summary>Why the socket is closed of who signed out, was disabled, or may no longer trade.</summary>
    const string NoLonger = "no longer signed in as somebody who trades";

    /// <summary>So often it is asked whether who opened the socket may still trade, and so long a goodbye waits for the other side.</summary>
    static readonly TimeSpan Look = TimeSpan.FromSeconds(2);

    /// <summary>After so long without a word the other side is asked for a sign of life, and waited for: a line that is cut without notice, and a program that reads nothing, leave orders standing that nobody looks after.</summary>
    static readonly TimeSpan Quiet = TimeSpan.FromSeconds(15), Answered = TimeSpan.FromSeconds(15);

    public static async Task Serve(HttpContext http, IDbSessions sessions, ICurrentActor current, OrderDesk desk, SecretBytes secrets, IHostApplicationLifetime life, ILoggerFactory logs, CancellationToken ct)
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
        using var socket = await http.WebSockets.AcceptWebSocketAsync(new WebSocketAcceptContext { KeepAliveInterval = Quiet, KeepAliveTimeout = Answered });
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
            if (!keeps) await End(desk, actor, new(BookDefinitions.IdOf($"market/socket-gone/{actor.PersonId}/{session}/{since}"), session), logs.CreateLogger("Verdigris.Market.OrderSocket"), life.ApplicationStopping);
        }
    }

    /// <summary>Its orders end. Where it cannot be asked now which they are, it is asked again until it can: nobody else will, and the request names itself, so that it is one.</summary>
    static async Task End(IOrderEntry desk, Actor actor, DeskMassCancel cancel, ILogger log, CancellationToken stopping)
    {
        while (true)
        {
            try
            {
                await desk.MassCancel(actor, cancel, CancellationToken.None);
                return;
            }
            catch (Exception e) when (e is not OutOfMemoryException && !stopping.IsCancellationRequested) { LogNotEnded(log, e); }
            await Task.Delay(Look, stopping);
        }
    }

    static async Task<long> Newest(IDbSessions sessions, Actor actor, CancellationToken ct)
    {
        await using var s = sessions.Open(actor);
        return await s.Value<long>("select coalesce(max(number), 0)::bigint from market.order_report where organisation_id = $1", ct, actor.OrganisationId);
    }

    /// <summary>Closes the socket of who signed out, was disabled, or may no longer trade: its orders end as with any other break.</summary>
    static async Task Watch(HttpContext http, WebSocket socket, SemaphoreSlim sending, CancellationTokenSource over)
    {
        using var timer = new PeriodicTimer(Look);
        while (await timer.WaitForNextTickAsync(over.Token))
        {
            try { if (await Standing(http, false, over.Token) is not null) continue; }
            // Not to be known now: the next line and the next look ask again.
            catch (Exception e) when (e is not OperationCanceledException and not OutOfMemoryException && !over.IsCancellationRequested) { continue; }
            // Who reads nothing, or said goodbye and does not go, is not waited for: whatever becomes of the word, it is over.
            try { await SayNoLonger(socket, sending, over.Token); }
            catch (Exception e) when (e is WebSocketException or OperationCanceledException or InvalidOperationException) { }
            finally { await over.CancelAsync(); }
            return;
        }
    }

    static async Task SayNoLonger(WebSocket socket, SemaphoreSlim sending, CancellationToken ct)
    {
        if (!await sending.WaitAsync(Look, ct)) return;
        using var patience = Patience(ct);
        try { await socket.CloseOutputAsync(WebSocketCloseStatus.PolicyViolation, NoLonger, patience.Token); }
        finally { sending.Release(); }
        // Who answers goodbye has read why; who does not is not waited for long.
        await Task.Delay(Look, ct);
    }

    /// <summary>Closes, and waits a little for the other side to do the same; then the socket is cut.</summary>
    static async Task Close(WebSocket socket, WebSocketCloseStatus status, string? why, CancellationToken ct)
    {
        using var patience = Patience(ct);
        await socket.CloseAsync(status, why, patience.Token);
    }

    static CancellationTokenSource Patience(CancellationToken ct)
    {
        var patience = CancellationTokenSource.CreateLinkedTokenSource(ct);
        patience.CancelAfter(Look);
        return patience;
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
                if (length == buffer.Length) { await Close(socket, WebSocketCloseStatus.MessageTooBig, "too long", ct); return; }
                got = await socket.ReceiveAsync(buffer.AsMemory(length), ct);
                length += got.Count;
            }
            while (!got.EndOfMessage);
            if (got.MessageType == WebSocketMessageType.Close) { await Close(socket, WebSocketCloseStatus.NormalClosure, null, ct); return; }
            if (await Standing(http, true, ct) is not { } actor) { await Close(socket, WebSocketCloseStatus.PolicyViolation, NoLonger, ct); return; }
            var (line, reference, unreadable) = Read(buffer.AsSpan(0, length));
            await using var s = sessions.Open(actor);
            var answer = line switch
            {
                { Op: "new", New: { } order } => await desk.Enter(s, TradingApi.Order(order, actor, session, s), ct),
                { Op: "change", Order: { } order, Change: { } change } => await desk.Replace(s, TradingApi.Change(change, order, s), ct),
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
            // Half of a pair of surrogates is no text.
            catch (Exception e) when (e is JsonException or InvalidOperationException) { return null; }
        }
    }

    static async Task Told(OrderDesk desk, WebSocket socket, SemaphoreSlim sending, Guid organisation, long since, CancellationToken ct)
    {
        while (true)
        {
            try
            {
                await foreach (var report in desk.Reports(organisation, since, ct))
                {
                    await Send(socket, sending, new { Report = report }, ct);
                    since = report.Number;
                }
                return;
            }
            // Not to be read now: whoever goes on trading goes on hearing of it, without a gap.
            catch (Exception e) when (e is not OperationCanceledException and not WebSocketException and not OutOfMemoryException && socket.State == WebSocketState.Open) { }
            await Task.Delay(Look, ct);
        }
    }

    static async Task Send(WebSocket socket, SemaphoreSlim sending, object value, CancellationToken ct)
    {
        await sending.WaitAsync(ct);
        try { await socket.SendAsync(Encoding.UTF8.GetBytes(JsonSerializer.Serialize(value, StorageJson.Options)), WebSocketMessageType.Text, true, ct); }
        finally { sending.Release(); }
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "The orders of a socket that is gone could not be ended; it is tried again in a moment")]
    static partial void LogNotEnded(ILogger log, Exception e);
}
