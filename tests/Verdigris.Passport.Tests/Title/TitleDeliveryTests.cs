using Verdigris.Book;
using Verdigris.Passport.Access;
using Verdigris.Passport.Warrants;
using Verdigris.Primitives;
using Verdigris.Storage;

namespace Verdigris.Passport.Tests.Title;

/// <summary>The market's door to title: warrants move in a chain of the market's, and the papers follow.</summary>
public sealed class TitleDeliveryTests
{
    static Task<Answer<PreparedTitle>> Prepare(World w, Guid warrant, string contract, Guid from, Guid to) =>
        w.Try(World.Person("seller", from, Role.MarketTrader), s => s.InTransaction<PreparedTitle>(t => s.AsSystem(u => w.Get<TitleDelivery>().Prepare(s, warrant, contract, from, to, u), t), default));

    static async Task<Outcome[]> Send(World w, PreparedTitle prepared, params Command[] behind)
    {
        Command[] chain = [.. prepared.Commands, .. behind];
        for (var i = 0; i < chain.Length; i++)
        {
            if (chain[i].Id == 0) chain[i].Id = BookId.Derive(prepared.TransferId, i);
            if (i < chain.Length - 1) chain[i].Flags |= CommandFlags.Linked;
        }
        return await w.Venue.Send(chain);
    }

    static async Task Finish(World w, Guid transfer, long? batch)
    {
        await using var s = w.As(Actor.System);
        await s.InTransaction(t => w.Get<TitleDelivery>().Finish(s, transfer, batch, t));
    }

    [Fact]
    public async Task Title_moves_with_the_chain_and_the_former_owner_keeps_a_receipt()
    {
        await using var w = await World.Make();
        var (warrant, _) = await w.Issued("DELIVER", 0);
        await using var s = w.As(Actor.System);
        Assert.Contains(await w.Get<TitleDelivery>().Held(s, warrant.ContractCode, w.Owners[0], default), h => h.Id == warrant.Id);
        var prepared = await Prepare(w, warrant.Id, warrant.ContractCode, w.Owners[0], w.Owners[1]);
        Assert.True(prepared.Ok);
        // Promised, it is nobody else's to have.
        Assert.Empty(await w.Get<TitleDelivery>().Held(s, warrant.ContractCode, w.Owners[0], default));
        Assert.Equal("transfer.already-open", (await Prepare(w, warrant.Id, warrant.ContractCode, w.Owners[0], w.Owners[2])).Refusals[0].Code);
        var outcomes = await Send(w, prepared.Value);
        Assert.All(outcomes, o => Assert.Equal(Code.Accepted, o.Code));
        await Finish(w, prepared.Value.TransferId, outcomes[^1].Batch);
        Assert.Equal(w.Owners[1], w.Get<TitleReader>().Owner(warrant.Asset, warrant.Serial));
        Assert.Equal("accepted", await s.Value<string>("select state from passport.title_transfer where id = $1", default, prepared.Value.TransferId));
        // Told a second time nothing changes.
        await Finish(w, prepared.Value.TransferId, null);
        Assert.Equal("accepted", await s.Value<string>("select state from passport.title_transfer where id = $1", default, prepared.Value.TransferId));
        Assert.Contains(await w.Get<TitleDelivery>().Held(s, warrant.ContractCode, w.Owners[1], default), h => h.Id == warrant.Id);
    }

    [Fact]
    public async Task Where_the_payment_is_refused_title_stays_and_the_warrant_is_free_again()
    {
        await using var w = await World.Make();
        var (warrant, _) = await w.Issued("REFUSED", 0);
        var prepared = (await Prepare(w, warrant.Id, warrant.ContractCode, w.Owners[0], w.Owners[1])).Value;
        var outcomes = await Send(w, prepared, Commands.Transfer(99, 4_000, warrant.Asset, 1, 2, 1));
        Assert.DoesNotContain(outcomes, o => o.Accepted);
        await Finish(w, prepared.TransferId, null);
        Assert.Equal(w.Owners[0], w.Get<TitleReader>().Owner(warrant.Asset, warrant.Serial));
        Assert.True((await Prepare(w, warrant.Id, warrant.ContractCode, w.Owners[0], w.Owners[1])).Ok);
    }

    [Fact]
    public async Task Only_a_live_warrant_of_the_seller_and_of_the_contract_is_taken()
    {
        await using var w = await World.Make();
        var (warrant, _) = await w.Issued("WRONG", 0);
        Assert.Equal("warrant.not-deliverable", (await Prepare(w, warrant.Id, warrant.ContractCode, w.Owners[1], w.Owners[2])).Refusals[0].Code);
        Assert.Equal("warrant.not-deliverable", (await Prepare(w, warrant.Id, "XX", w.Owners[0], w.Owners[2])).Refusals[0].Code);
        Assert.Equal("transfer.receiver-without-account", (await Prepare(w, warrant.Id, warrant.ContractCode, w.Owners[0], w.Warehouse)).Refusals[0].Code);
    }
}
