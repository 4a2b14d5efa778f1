using Verdigris.Book;
using Verdigris.Primitives;
using Verdigris.Registry.Accounts;
using Verdigris.Registry.Links;
using Verdigris.Registry.Transfers;
using Verdigris.Storage;
using static Verdigris.Registry.Tests.RegistryWorld;

namespace Verdigris.Registry.Tests;

/// <summary>Two schemes and the accounts by which they are linked; the unit that travels is the first one's.</summary>
sealed record LinkedSchemes(string First, string ToSecond, string Second, string ToFirst, string Unit, string? Vintage = null)
{
    public static readonly LinkedSchemes UnionAndSwitzerland = new("eu-ets", "link-ch", "ch-ets", "link-eu", "EUA"), CaliforniaAndQuebec = new("wci", "link-qc", "qc-ets", "link-ca", "CCA", "2025");
}

/// <summary>Two linked registries, each with a Book and a database of its own, and somebody who carries messages between them.</summary>
sealed class LinkedPair(RegistryWorld union, RegistryWorld swiss, Guid unionLink, Guid swissLink, LinkedSchemes schemes) : IAsyncDisposable
{
    public RegistryWorld Union => union;
    public RegistryWorld Swiss => swiss;
    public Guid UnionLink => unionLink;
    public Guid SwissLink => swissLink;

    public static async Task<LinkedPair> Open(LinkedSchemes? of = null)
    {
        of ??= LinkedSchemes.UnionAndSwitzerland;
        var (union, swiss) = (await Ready(LinkTests.Tuesday, of.First), await Ready(LinkTests.Tuesday, of.Second));
        await union.Give(union.SmelterAccount, 1000, of.Unit, of.Vintage);
        return new(union, swiss, await Linked(union, of.ToSecond), await Linked(swiss, of.ToFirst), of);
    }

    static async Task<Guid> Linked(RegistryWorld w, string kind)
    {
        var asked = await w.Do(Officer, s => w.Get<LinkHandlers>().Propose(s, w.Code, kind, "the other registry", default));
        await w.DecideTask(Approver, asked.TaskId!.Value);
        return asked.Id;
    }

    public Task<RegistryTransaction> Send(long quantity, string to) => Through(union, union.SmelterAccount, SmelterFirst, SmelterSecond, schemes.ToSecond, quantity, to);

    /// <summary>Through the link's account, which is trusted first, so that nothing waits.</summary>
    public async Task<RegistryTransaction> Through(RegistryWorld w, long from, Actor first, Actor second, string kind, long quantity, string to)
    {
        var link = w.Numbers.Central(w.Code, kind);
        await w.Venue.Send(new Command { Id = (UInt128)quantity << 64 | (UInt128)link, Operation = Operation.SetTrust, Debit = from, Credit = link });
        var id = await w.FullId(link);
        var t = await w.Do(first, s => w.Get<TransactionHandlers>().Propose(s, new(from, "external-transfer", id, schemes.Unit, schemes.Vintage, quantity, PartnerAccount: to), default));
        return await w.Decide(second, t.Id, s => w.Get<TransactionHandlers>().Read(s, t.Id, default));
    }

    public async Task<LinkTransfer> Out(Guid id) => (await union.Do(Officer, s => union.Get<LinkHandlers>().Transfers(s, unionLink, default))).Single(t => t.Id == id);

    public async Task Carry(RegistryWorld from, Guid fromLink, RegistryWorld to, Guid toLink)
    {
        var messages = await from.Do(Officer, s => from.Get<LinkHandlers>().Messages(s, fromLink, 0, default));
        await to.Do(Officer, s => to.Get<LinkHandlers>().Receive(s, toLink, new(messages), default));
    }

    public async Task Night()
    {
        foreach (var w in new[] { union, swiss })
        {
            await using var s = w.Sessions.Open(Actor.System);
            await new LinkTotals().Run(s, default);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await union.DisposeAsync();
        await swiss.DisposeAsync();
    }
}
