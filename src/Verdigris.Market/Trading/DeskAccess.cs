using System.Collections.Concurrent;
using NodaTime;
using Verdigris.Market.Members;
using Verdigris.Market.Modes.Supervision;
using Verdigris.Primitives;
using Verdigris.Storage;

namespace Verdigris.Market.Trading;

/// <summary>What the desk must know of an organisation before an order goes to the floor, kept in memory: an order costs no question to the database. What is taken away here is forgotten at once, what another server takes away after two seconds; whom the exchange has stopped the floor itself refuses. Thread-safe.</summary>
public sealed class DeskAccess(IDbSessions sessions, IClock clock)
{
    static readonly Duration Longest = Duration.FromSeconds(2);

    readonly ConcurrentDictionary<Guid, Known> known = new();
    readonly ConcurrentDictionary<Guid, TaskCompletionSource<Known>> asked = new();

    sealed record Known(Instant ReadAt, bool Active, IReadOnlyList<TradingAccount> Accounts, IReadOnlyDictionary<(long Account, string Scheme), UnitsLink> Links, IReadOnlyList<(TradingKill Kill, long Session)> Kills);

    /// <summary>Whether the organisation is an active member.</summary>
    public async ValueTask<bool> Active(Guid organisation, CancellationToken ct) => (await Of(organisation, ct)).Active || (await Read(organisation, ct)).Active;

    /// <param name="number">Null: the organisation's only account that is open or stopped.</param>
    public async ValueTask<TradingAccount?> Account(Guid organisation, long? number, CancellationToken ct) => Chosen(await Of(organisation, ct), number) is { State: TradingState.Open } open ? open : Chosen(await Read(organisation, ct), number);

    /// <summary>What keeps an account from trading: a kill switch of its own, of its member or of the FIX session by which the line came; null where nothing does.</summary>
    /// <param name="session">Number of the FIX session; 0: none.</param>
    public async ValueTask<TradingKill?> Kill(TradingAccount account, long session, CancellationToken ct) =>
        Holding(await Of(account.OrganisationId, ct), account.Number, session) is null ? null : Holding(await Read(account.OrganisationId, ct), account.Number, session);

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

    static TradingKill? Holding(Known of, long account, long session)
    {
        foreach (var (kill, number) in of.Kills)
            if (kill.Scope == KillScope.Member || (kill.Scope == KillScope.Account && kill.Account == account) || (kill.Scope == KillScope.FixSession && session != 0 && number == session)) return kill;
        return null;
    }

    ValueTask<Known> Of(Guid organisation, CancellationToken ct) =>
        known.TryGetValue(organisation, out var there) && clock.GetCurrentInstant() - there.ReadAt is var age && age >= Duration.Zero && age < Longest ? new(there) : new(Read(organisation, ct));

    /// <summary>Many orders at once ask the database once. Whoever asks after something was forgotten is not given what was read before.</summary>
    async Task<Known> Read(Guid organisation, CancellationToken ct)
    {
        var own = new TaskCompletionSource<Known>(TaskCreationOptions.RunContinuationsAsynchronously);
        var asking = asked.GetOrAdd(organisation, own);
        // Goes on when who asked has gone: others may wait for the same answer.
        if (ReferenceEquals(asking, own)) _ = Task.Run(() => Answer(organisation, own), CancellationToken.None);
        return await asking.Task.WaitAsync(ct);
    }

    async Task Answer(Guid organisation, TaskCompletionSource<Known> asking)
    {
        try
        {
            var read = await ReadNow(organisation);
            lock (known)
                if (asked.TryRemove(new(organisation, asking))) known[organisation] = read;
            asking.SetResult(read);
        }
        catch (Exception e)
        {
            asked.TryRemove(new(organisation, asking));
            asking.SetException(e);
        }
    }

    async Task<Known> ReadNow(Guid organisation)
    {
        var at = clock.GetCurrentInstant();
        await using var s = sessions.Open(Actor.System);
        var member = await MemberHandlers.OfOrganisation(s, organisation, CancellationToken.None);
        var accounts = await TradingAccountHandlers.Of(s, organisation, CancellationToken.None);
        var links = await UnitsLinks.OfOrganisation(s, organisation, CancellationToken.None);
        var kills = await Kills.OfOrganisation(s, organisation, CancellationToken.None);
        return new(at, member is { State: MemberState.Active }, accounts, links.ToDictionary(l => (l.Account, l.Scheme)), kills);
    }
}
