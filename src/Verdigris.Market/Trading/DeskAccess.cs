using System.Collections.Concurrent;
using System.Diagnostics;
using Verdigris.Market.Members;
using Verdigris.Primitives;
using Verdigris.Storage;

namespace Verdigris.Market.Trading;

/// <summary>What the desk must know of an organisation before an order goes to the floor, kept in memory: an order costs no question to the database. What is taken away here is forgotten at once, what another server takes away after two seconds; whom the exchange has stopped the floor itself refuses. Thread-safe.</summary>
public sealed class DeskAccess(IDbSessions sessions)
{
    static readonly TimeSpan Longest = TimeSpan.FromSeconds(2);

    readonly ConcurrentDictionary<Guid, Known> known = new();
    readonly ConcurrentDictionary<Guid, Lazy<Task<Known>>> asked = new();

    sealed record Known(long ReadAt, bool Active, IReadOnlyList<TradingAccount> Accounts, IReadOnlyDictionary<(long Account, string Scheme), UnitsLink> Links);

    /// <summary>Whether the organisation is an active member.</summary>
    public async ValueTask<bool> Active(Guid organisation, CancellationToken ct) => (await Of(organisation, ct)).Active || (await Read(organisation, ct)).Active;

    /// <param name="number">Null: the organisation's only account that is open or stopped.</param>
    public async ValueTask<TradingAccount?> Account(Guid organisation, long? number, CancellationToken ct) => Chosen(await Of(organisation, ct), number) ?? Chosen(await Read(organisation, ct), number);

    /// <summary>The account of a scheme's registry linked to a trading account.</summary>
    public async ValueTask<UnitsLink?> Link(TradingAccount account, string scheme, CancellationToken ct) =>
        (await Of(account.OrganisationId, ct)).Links.GetValueOrDefault((account.Number, scheme)) ?? (await Read(account.OrganisationId, ct)).Links.GetValueOrDefault((account.Number, scheme));

    /// <summary>Something of the organisation's membership or accounts has changed.</summary>
    public void Forget(Guid organisation)
    {
        lock (known)
        {
            asked.TryRemove(organisation, out _);
            known.TryRemove(organisation, out _);
        }
    }

    static TradingAccount? Chosen(Known of, long? number)
    {
        if (number is { } one) return of.Accounts.FirstOrDefault(a => a.Number == one);
        var may = of.Accounts.Where(a => a.State is TradingState.Open or TradingState.Stopped).Take(2).ToList();
        return may.Count == 1 ? may[0] : null;
    }

    ValueTask<Known> Of(Guid organisation, CancellationToken ct) => known.TryGetValue(organisation, out var there) && Stopwatch.GetElapsedTime(there.ReadAt) < Longest ? new(there) : new(Read(organisation, ct));

    /// <summary>Many orders at once ask the database once. Whoever asks after something was forgotten is not given what was read before.</summary>
    async Task<Known> Read(Guid organisation, CancellationToken ct)
    {
        var asking = asked.GetOrAdd(organisation, o => new(() => Task.Run(() => ReadNow(o), CancellationToken.None)));
        try
        {
            var read = await asking.Value.WaitAsync(ct);
            lock (known)
                if (asked.TryRemove(new(organisation, asking))) known[organisation] = read;
            return read;
        }
        finally { if (asking.Value.IsFaulted) asked.TryRemove(new(organisation, asking)); }
    }

    async Task<Known> ReadNow(Guid organisation)
    {
        var at = Stopwatch.GetTimestamp();
        await using var s = sessions.Open(Actor.System);
        var member = await MemberHandlers.OfOrganisation(s, organisation, CancellationToken.None);
        var accounts = await TradingAccountHandlers.Of(s, organisation, CancellationToken.None);
        var links = await UnitsLinks.OfOrganisation(s, organisation, CancellationToken.None);
        return new(at, member is { State: MemberState.Active }, accounts, links.ToDictionary(l => (l.Account, l.Scheme)));
    }
}
