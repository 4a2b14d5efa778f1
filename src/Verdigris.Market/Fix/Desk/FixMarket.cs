using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using System.Text;
using Verdigris.Book;

namespace Verdigris.Market.Fix;

/// <summary>
/// Market data and reference data of one session: MarketDataRequest, SecurityListRequest, SecurityDefinitionRequest, TradingSessionStatusRequest. A subscription lasts as long as the connection; who reads slowly gets newer pictures less often, never a queue of old ones.
/// None of it is sent again after a loss: a new request brings what is true by then.
/// </summary>
sealed class FixMarket(IMarketData data) : IFixApplication
{
    const int MostSubscriptions = 200;
    const int InOneList = 100;

    static readonly TimeSpan AfterFailure = TimeSpan.FromSeconds(1);

    // By MDReqID, and by TradSesReqID.
    readonly ConcurrentDictionary<string, CancellationTokenSource> subscriptions = new(), phases = new();
    IFixOutlet? outlet;

    public bool Takes(ReadOnlySpan<byte> type) => Encoding.Latin1.GetString(type) is FixType.MarketDataRequest or FixType.SecurityListRequest or FixType.SecurityDefinitionRequest or FixType.TradingSessionStatusRequest;

    public ValueTask<IReadOnlyList<FixOut>> Take(FixMessage message, CancellationToken ct) => message.Type!.Type switch
    {
        FixType.MarketDataRequest => Prices(message, ct),
        FixType.SecurityListRequest => new(List(message)),
        FixType.SecurityDefinitionRequest => new([Definition(message)]),
        _ => new(Sessions(message, ct)),
    };

    public async IAsyncEnumerable<FixReport> Reports(long after, [EnumeratorCancellation] CancellationToken ct)
    {
        await Task.Delay(Timeout.Infinite, ct).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        yield break;
    }

    public void LoggedOn(IFixOutlet on) => outlet = on;

    public ValueTask Gone(CancellationToken ct)
    {
        foreach (var id in subscriptions.Keys) End(subscriptions, id);
        foreach (var id in phases.Keys) End(phases, id);
        return default;
    }

    async ValueTask<IReadOnlyList<FixOut>> Prices(FixMessage message, CancellationToken ct)
    {
        var id = message.Text(FixTag.MDReqID)!;
        var (kind, full) = (message.Char(FixTag.SubscriptionRequestType), !message.Is(FixTag.MDUpdateType, '1'));
        var levels = message.Count(FixTag.MarketDepth) switch { 0 => MarketMessages.MostLevels, >= 1 and <= MarketMessages.MostLevels and var n => (int)n, _ => 0 };
        var (symbols, types) = (message.InGroup(FixTag.NoRelatedSym, FixTag.Symbol).Distinct().ToList(), message.InGroup(FixTag.NoMDEntryTypes, FixTag.MDEntryType).ToHashSet());
        if (kind == '2')
        {
            End(subscriptions, id);
            return [];
        }
        if (subscriptions.ContainsKey(id)) return Refused(id, '1', "MDReqID is in use");
        if (levels == 0) return Refused(id, '5', $"MarketDepth is 0 to {MarketMessages.MostLevels}");
        if (types.Except(["0", "1", "2"]).FirstOrDefault() is { } other) return Refused(id, '8', $"MDEntryType is 0, 1 or 2, not {other}");
        if (symbols.Count == 0 || symbols.FirstOrDefault(s => !data.Instruments.Any(i => i.Symbol == s)) is not null) return Refused(id, '0', "An instrument is unknown");
        if (kind == '0')
        {
            var answers = new List<FixOut>();
            foreach (var symbol in symbols)
                await foreach (var picture in data.Watch(symbol, levels, ct))
                {
                    answers.Add(MarketMessages.Snapshot(id, symbol, picture, types));
                    break;
                }
            return answers;
        }
        if (subscriptions.Count + phases.Count + symbols.Count > MostSubscriptions || outlet is not { } to) return Refused(id, '4', $"At most {MostSubscriptions} subscriptions");
        var end = CancellationTokenSource.CreateLinkedTokenSource(ct);
        if (!subscriptions.TryAdd(id, end)) return Refused(id, '1', "MDReqID is in use");
        foreach (var symbol in symbols) _ = Follow(to, id, symbol, levels, full, types, end.Token);
        return [];
    }

    async Task Follow(IFixOutlet to, string id, string symbol, int levels, bool full, HashSet<string> types, CancellationToken ct)
    {
        DeskPicture? before = null;
        try
        {
            await foreach (var picture in data.Watch(symbol, levels, ct))
            {
                FixOut?[] updates = before is null || full ? [MarketMessages.TakenBack(id, symbol, picture, types), MarketMessages.Snapshot(id, symbol, picture, types)] : [MarketMessages.Increment(id, symbol, before, picture, types)];
                before = picture;
                if (updates.OfType<FixOut>().ToList() is { Count: > 0 } told && !await to.Post(told, ct)) break;
            }
        }
        catch (OperationCanceledException)
        {
            // It was ended.
        }
    }

    static void End(ConcurrentDictionary<string, CancellationTokenSource> of, string id)
    {
        if (!of.TryRemove(id, out var end)) return;
        end.Cancel();
        end.Dispose();
    }

    static IReadOnlyList<FixOut> Refused(string id, char reason, string text) => [new FixBody().Add(FixTag.Text, text).Add(FixTag.MDReqID, id).Add(FixTag.MDReqRejReason, reason).As(FixType.MarketDataReject)];

    List<FixOut> List(FixMessage message)
    {
        var id = message.Text(FixTag.SecurityReqID)!;
        var symbol = message.Text(FixTag.Symbol);
        var found = message.Char(FixTag.SecurityListRequestType) switch
        {
            '4' => data.Instruments,
            '0' => [.. data.Instruments.Where(i => i.Symbol == symbol)],
            '1' => [.. data.Instruments.Where(i => MarketMessages.SecurityType(i) == message.Text(FixTag.SecurityType))],
            _ => null,
        };
        if (found is null || found.Count == 0) return [MarketMessages.List(id, 1, [], 0, true, found is null ? '1' : '2')];
        return [.. found.Chunk(InOneList).Select((part, i) => MarketMessages.List(id, i + 1, part, found.Count, (i + 1) * InOneList >= found.Count, '0'))];
    }

    FixOut Definition(FixMessage message)
    {
        var (id, symbol) = (message.Text(FixTag.SecurityReqID)!, message.Text(FixTag.Symbol));
        return MarketMessages.Definition(id, symbol, data.Instruments.FirstOrDefault(i => i.Symbol == symbol));
    }

    // A trading session is an instrument's: each has its own phase.
    List<FixOut> Sessions(FixMessage message, CancellationToken ct)
    {
        var (id, wanted, kind) = (message.Text(FixTag.TradSesReqID)!, message.Text(FixTag.TradingSessionID), message.Char(FixTag.SubscriptionRequestType));
        if (kind == '2')
        {
            End(phases, id);
            return [];
        }
        var found = data.Instruments.Where(i => wanted is null || i.Symbol == wanted).Take(MostSubscriptions).ToList();
        if (found.Count == 0) return [MarketMessages.NoSession(id, wanted ?? "")];
        if (kind == '0') return [.. found.Select(i => MarketMessages.Session(id, i.Symbol, MarketMessages.StatusOf(i.Phase)))];
        if (phases.ContainsKey(id)) return [MarketMessages.NoSession(id, wanted ?? "", 99, "TradSesReqID is in use")];
        if (subscriptions.Count + phases.Count >= MostSubscriptions || outlet is not { } to) return [MarketMessages.NoSession(id, wanted ?? "", 99, $"At most {MostSubscriptions} subscriptions")];
        var end = CancellationTokenSource.CreateLinkedTokenSource(ct);
        phases[id] = end;
        _ = Follow(to, id, wanted, end.Token);
        return [];
    }

    /// <summary>Tells the phases, and each change of what the other side hears of them once: two phases that are one status are no change.</summary>
    async Task Follow(IFixOutlet to, string id, string? symbol, CancellationToken ct)
    {
        var told = new Dictionary<string, char>(StringComparer.Ordinal);
        while (!ct.IsCancellationRequested)
        {
            try
            {
                await foreach (var now in data.Phases(symbol, ct))
                {
                    var changed = told.Count > 0;
                    var fresh = now.Select(p => (p.Symbol, Status: MarketMessages.StatusOf(p.Phase))).Where(p => !told.TryGetValue(p.Symbol, out var before) || before != p.Status).ToList();
                    foreach (var (of, status) in fresh) told[of] = status;
                    foreach (var part in fresh.Chunk(InOneList))
                        if (!await to.Post([.. part.Select(p => MarketMessages.Session(id, p.Symbol, p.Status, changed))], ct)) return;
                }
                return;
            }
            catch (OperationCanceledException)
            {
                return; // It was ended.
            }
            catch (Exception e) when (e is not OutOfMemoryException)
            {
                // Who waits for a change is not left waiting because a look failed: what was told is not told again.
                await Task.Delay(AfterFailure, ct).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }
}
