using System.Collections.Concurrent;
using NodaTime;
using Verdigris.Book;
using Verdigris.Market.Contracts;
using Verdigris.Market.Members;
using Verdigris.Market.Modes.Agreed;
using Verdigris.Market.Trading;
using Verdigris.Primitives;
using Verdigris.Storage;

namespace Verdigris.Market.Modes;

/// <summary>
/// Holds orders to the position limit of their contract before they reach the floor: what a holder has and what its live orders would make of it. All accounts a member has for itself are one holder; each account for clients is one. One line of a holder in a series after the other, so that two at once
/// do not both fit. Thread-safe.
/// </summary>
public sealed class PositionGuard
{
    readonly ConcurrentDictionary<(Guid Organisation, int Series), SemaphoreSlim> gates = new();

    /// <summary>Sends what keeps to the limit; refuses <c>trading.position-limit</c>. Without a limit nobody waits.</summary>
    /// <param name="more">Lots the line adds on its side.</param>
    /// <param name="repeated">Whether the line was sent before: then the floor answers as the first time.</param>
    internal async Task<Answer<T>> Within<T>(DbSession s, IFloor floor, Contract? contract, Instrument instrument, TradingAccount account, Side side, long more, Func<Task<Answer<T>>> send, Func<Task<bool>> repeated, CancellationToken ct)
    {
        if (contract is null || instrument.IsSpot || more <= 0 || Limit(s, floor, contract, instrument, account) is null) return await send();
        var gate = gates.GetOrAdd((account.OrganisationId, instrument.Number), _ => new(1, 1));
        await gate.WaitAsync(ct);
        try
        {
            if (Limit(s, floor, contract, instrument, account) is { } most && AgreedRules.Position(most, await Held(s, floor, instrument, account, ct), side, more, account.Code) is not null && !await repeated())
                return Refusal.Conflict("trading.position-limit", "quantity", ("account", account.Code), ("most", $"{most}"), ("contract", contract.Code));
            return await send();
        }
        finally { gate.Release(); }
    }

    static long? Limit(DbSession s, IFloor floor, Contract contract, Instrument instrument, TradingAccount account) => PositionLimits.Most(contract, account.Kind, s.Today(), instrument.LastDay, () => floor.Read(f => f.Instrument(instrument.Number)?.OpenInterest ?? 0));

    /// <summary>Positions and live orders of the holder an account belongs to.</summary>
    internal static async Task<PositionView> Held(DbSession s, IFloor floor, Instrument instrument, TradingAccount account, CancellationToken ct)
    {
        IReadOnlyList<long> accounts = account.Kind == AccountKind.House ? [.. (await s.Lent(t => TradingAccountHandlers.Of(s, account.OrganisationId, t), ct)).Where(a => a.Kind == AccountKind.House).Select(a => a.Number)] : [account.Number];
        var views = floor.Read(f => accounts.Where(n => f.Trader(n) is not null).Select(n => f.Position(n, instrument.Number)).ToList());
        return new(views.Sum(v => v.Long), views.Sum(v => v.Short), views.Sum(v => v.Margin), views.Sum(v => v.Locked), views.Sum(v => v.BuyOpen), views.Sum(v => v.SellOpen));
    }
}
