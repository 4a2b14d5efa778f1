using Microsoft.Extensions.Logging;
using NodaTime;
using Verdigris.Book;
using Verdigris.Market.Members;
using Verdigris.Market.Trading;
using Verdigris.Primitives;
using Verdigris.Storage;

namespace Verdigris.Market.Modes.Agreed;

/// <summary>
/// Brings what both sides agree on to the floor, and ends what nobody confirmed in time. A trade's line to the floor has an id that follows from its row: sent again after a fault it has effect once, and what it came to is written down then.
/// </summary>
public sealed partial class AgreedSettlement(IDbSessions sessions, InstrumentList instruments, FloorAccounts accounts, ILogger<AgreedSettlement> log)
{
    /// <summary>After this somebody else looks after what stayed confirmed: whoever confirmed it was cut off.</summary>
    static readonly Duration Stuck = Duration.FromSeconds(10);

    internal static UInt128 LineOf(Guid id) => BookDefinitions.IdOf($"market/agreed/{id}");

    /// <summary>Sends a confirmed trade and writes down what became of it; nothing where it is not confirmed, or no longer.</summary>
    internal async Task Settle(Guid id, IFloor floor, CancellationToken ct)
    {
        await using var s = sessions.Open(Actor.System);
        if (await AgreedStore.Find(s, id, ct) is not { State: AgreedState.Confirmed } trade || await instruments.Find(trade.Series, ct) is not { } instrument) return;
        var (reporter, other) = ((await TradingAccountHandlers.Find(s, trade.AccountNumber, ct))!, (await TradingAccountHandlers.Find(s, trade.CounterNumber, ct))!);
        var traders = new List<long>();
        foreach (var account in trade.Side == Side.Buy ? new[] { reporter, other } : [other, reporter])
        {
            var trader = await accounts.For(s, floor, account, instrument, ct);
            if (!trader.Ok) { await Ended(s, trade, CodeOf(trader.Refusals[0]), ct); return; }
            traders.Add(trader.Value);
        }
        var buys = trade.Side == Side.Buy;
        var answer = await floor.Send(FloorCommands.ReportedTrade(LineOf(id), instrument.Number, traders[0], traders[1], trade.Lots, instrument.Ticks(trade.Price, "price").Value,
            buys ? trade.Effect : trade.CounterEffect!.Value, buys ? trade.CounterEffect!.Value : trade.Effect, BookId.From(id)));
        // Of a line so old that its answer is no longer kept the floor's event says what it was: the trade's record waits for it.
        if (answer.Code == FloorCode.Forgotten) return;
        if (!answer.Accepted) { await Ended(s, trade, answer.Code.BookCode() is { } book ? book.ToString() : answer.Code.ToString(), ct); return; }
        await s.InTransaction(t => Settled(s, id, answer.Order, t), ct);
    }

    /// <summary>Why an account has no trader on the floor, as a code of the floor; where it is none of those, what refused.</summary>
    static string CodeOf(Refusal refusal) => refusal.Code switch
    {
        "trading.units-missing" => "UnitsMissing",
        "credits.not-linked" => "CreditsNotLinked",
        _ => refusal.Args?.GetValueOrDefault("code") ?? refusal.Code,
    };

    /// <summary>Writes down that a trade is settled and tells both sides, once. The floor's word goes before what was thought before: a trade it made was not refused, and one it has taken back since stands as taken back.</summary>
    internal static async Task Settled(DbSession s, Guid id, long trade, CancellationToken ct)
    {
        if (await AgreedStore.Find(s, id, ct, locked: true) is not { State: AgreedState.Confirmed or AgreedState.Refused, ConfirmedAt: not null } known) return;
        await s.Run("update market.agreed_trade set state = case when exists (select from market.trade_bust where trade = $2 and state = 1) then 7 else 2 end, trade = $2, settled_at = $3, code = null, row_version = row_version + 1 where id = $1", ct, id, trade, s.Now);
        await s.Audit(new AuditEntry("market-agreed.settled", "market-agreed", id.ToString(), Details: new { trade }), ct);
        foreach (var side in new[] { known.OrganisationId, known.CounterOrganisationId }) await Tell(s, known, side, "market.notice.agreed.settled", ct);
    }

    /// <summary>The floor took a trade back.</summary>
    internal static Task TakenBack(DbSession s, long trade, CancellationToken ct) => s.Run("update market.agreed_trade set state = 7, row_version = row_version + 1 where trade = $1 and state = 2", ct, trade);

    /// <summary>What is due: the time of some is over, and some stayed confirmed. Done again it changes nothing; one that fails keeps no other back, and is tried again.</summary>
    internal async Task Due(DbSession s, IFloor floor, CancellationToken ct)
    {
        var now = s.Clock.GetCurrentInstant();
        foreach (var id in await AgreedStore.Overdue(s, now, ct)) await Alone(id, () => Expire(s, id, ct), ct);
        foreach (var id in await AgreedStore.Confirmed(s, now - Stuck, ct)) await Alone(id, () => Settle(id, floor, ct), ct);
    }

    async Task Alone(Guid id, Func<Task> work, CancellationToken ct)
    {
        try { await work(); }
        catch (Exception e) when (e is not OutOfMemoryException and not VenueStoppedException && !ct.IsCancellationRequested) { LogFailed(log, id, e); }
    }

    static Task Expire(DbSession s, Guid id, CancellationToken ct) => s.InTransaction(async t =>
    {
        if (await AgreedStore.Find(s, id, t, locked: true) is not { State: AgreedState.Reported } trade) return;
        await s.Run("update market.agreed_trade set state = 5, row_version = row_version + 1 where id = $1", t, id);
        await s.Audit(new AuditEntry("market-agreed.expired", "market-agreed", id.ToString()), t);
        foreach (var side in new[] { trade.OrganisationId, trade.CounterOrganisationId }) await Tell(s, trade, side, "market.notice.agreed.expired", t);
    }, ct);

    static Task Ended(DbSession s, AgreedTrade trade, string code, CancellationToken ct) => s.InTransaction(async t =>
    {
        if (await AgreedStore.Find(s, trade.Id, t, locked: true) is not { State: AgreedState.Confirmed }) return;
        await s.Run("update market.agreed_trade set state = 6, code = $2, row_version = row_version + 1 where id = $1", t, trade.Id, code);
        await s.Audit(new AuditEntry("market-agreed.refused", "market-agreed", trade.Id.ToString(), Details: new { code }), t);
        foreach (var side in new[] { trade.OrganisationId, trade.CounterOrganisationId }) await Tell(s, trade, side, "market.notice.agreed.refused", t);
    }, ct);

    internal static Task Tell(DbSession s, AgreedTrade trade, Guid organisation, string text, CancellationToken ct) => s.Notify(new Notice(MarketNotices.Agreed, new NoticeTo(Organisation: organisation, Roles: [Role.MarketTrader, Role.MarketSupervisor], Without: s.Actor.PersonId), text,
        new Dictionary<string, string> { ["number"] = $"{trade.Number}", ["series"] = trade.Series, ["quantity"] = DecimalText.Write(DecimalText.Trim(trade.Quantity)), ["price"] = DecimalText.Write(DecimalText.Trim(trade.Price)) }, $"/market/agreed/{trade.Id}", "market-agreed", trade.Id.ToString()), ct);

    [LoggerMessage(Level = LogLevel.Error, Message = "Agreed trade {Id} could not be brought to its end; it is tried again")]
    static partial void LogFailed(ILogger log, Guid id, Exception e);
}
