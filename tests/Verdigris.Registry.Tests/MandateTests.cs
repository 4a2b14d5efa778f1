using Verdigris.Book;
using Verdigris.Registry.Accounts;
using Verdigris.Registry.Schemes;
using Verdigris.Storage;
using static Verdigris.Registry.Tests.RegistryWorld;

namespace Verdigris.Registry.Tests;

/// <summary>What a scheme's authority may do is bound to its scheme in the Book itself: a page or a handler that mistook one scheme for another would get nowhere.</summary>
public sealed class MandateTests
{
    const long FirstHolder = 3_900_000_001;
    const long Stock = 1_000;

    sealed record Place(long Account, string Kind);

    /// <summary>An account of every kind of a scheme: its own, and of each kind of holders two with units in them.</summary>
    static async Task<(List<Place> Places, int Asset)> Places(RegistryWorld w, Scheme scheme, long first)
    {
        var unit = scheme.Units.First(u => u.Kind == "allowance");
        var asset = await w.Numbers.Make(scheme.Code, unit.Unit, unit.Vintage == "none" ? "" : "2024", default);
        var places = scheme.Accounts.Where(a => a.Role != AccountRole.Holder).Select(a => new Place(w.Numbers.Central(scheme.Code, a.Kind), a.Kind)).ToList();
        foreach (var kind in scheme.Accounts.Where(a => a.Role == AccountRole.Holder).SelectMany(a => new[] { a.Kind, a.Kind }))
        {
            places.Add(new(first, kind));
            Assert.True((await w.Venue.Send(SchemeNumbers.Definer.Account(first++, w.Numbers.AccountType(scheme.Code, kind), 7))).Accepted);
        }
        // Stocked by a rule of the test's own, so that nothing is refused for want of units.
        foreach (var place in places.Where(p => scheme.Account(p.Kind)!.Role != AccountRole.Issuer))
        {
            Assert.True((await w.Venue.Send(SchemeNumbers.Definer.Rule("test", 9_999, w.Numbers.AssetClass(scheme.Code), w.Numbers.AccountType(scheme.Code, Issuer(scheme)), w.Numbers.AccountType(scheme.Code, place.Kind), RuleFlags.Allowed | RuleFlags.Issues, 0))).Accepted);
            Assert.True((await w.Venue.Send(new Command { Id = Fresh(), Operation = Operation.Transfer, TransactionType = 9_999, Asset = asset, Debit = w.Numbers.Central(scheme.Code, Issuer(scheme)), Credit = place.Account, Amount = Stock })).Accepted);
        }
        return (places, asset);
    }

    static string Issuer(Scheme scheme) => scheme.Accounts.First(a => a.Role == AccountRole.Issuer).Kind;

    static UInt128 Fresh() => BookId.From(Guid.NewGuid());

    static IEnumerable<ushort> Types(RegistryWorld w, params Scheme[] schemes) => schemes.SelectMany(s => s.Transactions.Select(t => w.Numbers.TransactionType(s.Code, t.Transaction)).Append(w.Numbers.TransactionType(s.Code, Verdigris.Registry.Compliance.CarryOverHandlers.Word))).Distinct();

    static async Task<Code[]> Sent(RegistryWorld w, IEnumerable<Command> commands)
    {
        var codes = new List<Code>();
        foreach (var part in commands.Chunk(w.Venue.MaxBatch)) codes.AddRange((await w.Venue.Send(part)).Select(o => o.Code));
        return [.. codes];
    }

    [Theory]
    [InlineData("eu-ets", "uk-ets")]
    [InlineData("cn-ets", "cn-beijing")]
    [InlineData("wci", "qc-ets")]
    public async Task An_authority_of_one_scheme_moves_issues_and_deletes_nothing_of_another_whatever_it_sends(string one, string other)
    {
        await using var w = await Open();
        var schemes = w.Get<SchemeSet>();
        var (foreign, ours) = (schemes.Find(one)!, schemes.Find(other)!);
        var (theirs, _) = await Places(w, foreign, FirstHolder);
        var (places, asset) = await Places(w, ours, FirstHolder + 1000);
        long[] acting = [w.Numbers.Central(one, SchemeNumbers.Authority), .. theirs.Where(p => foreign.Account(p.Kind)!.Role != AccountRole.Holder).Select(p => p.Account)];
        var pairs = (from a in places from b in places where a != b select (a, b)).ToList();
        var forged = from type in Types(w, foreign, ours)
                     from pair in pairs
                     from who in acting
                     from operation in new[] { Operation.Transfer, Operation.Hold }
                     select new Command { Id = Fresh(), Operation = operation, TransactionType = type, Asset = asset, Debit = pair.a.Account, Credit = pair.b.Account, Amount = 1, Actor = 1, ActingFor = who };
        var codes = await Sent(w, forged);
        Assert.All(codes, c => Assert.Contains(c, new[] { Code.NoRule, Code.ProposerNotAllowed }));
        Assert.True(codes.Count(c => c == Code.ProposerNotAllowed) > 100);
        // And nothing of the other scheme's goes into accounts of its own.
        var taken = from type in Types(w, foreign, ours) from a in places from b in theirs from who in acting select new Command { Id = Fresh(), Operation = Operation.Hold, TransactionType = type, Asset = asset, Debit = a.Account, Credit = b.Account, Amount = 1, Actor = 1, ActingFor = who };
        Assert.All(await Sent(w, taken), c => Assert.Equal(Code.NoRule, c));
        // What the right side proposed it neither carries out nor takes back.
        var (proposed, kinds) = (new List<Command>(), 0);
        foreach (var kind in ours.Transactions.Where(t => t.Second && t.Proposer != "system"))
            if (places.FirstOrDefault(p => p.Kind == kind.From) is { } from && places.FirstOrDefault(p => p.Kind == kind.To && p != from) is { } to)
            {
                var hold = new Command { Id = Fresh(), Operation = Operation.Hold, TransactionType = w.Numbers.TransactionType(other, kind.Transaction), Asset = asset, Debit = from.Account, Credit = to.Account, Amount = 1, Actor = 1, ActingFor = w.Numbers.ActingFor(ours, kind, from.Account) };
                Assert.Equal(Code.Accepted, (await Sent(w, [hold]))[0]);
                proposed.Add(hold);
                kinds++;
            }
        Assert.True(kinds > 20, $"{kinds} kinds");
        var carried = from hold in proposed from who in acting from operation in new[] { Operation.PostHold, Operation.VoidHold } select new Command { Id = Fresh(), Operation = operation, Target = hold.Id, Actor = 2, ActingFor = who };
        Assert.All(await Sent(w, carried), c => Assert.Contains(c, new[] { Code.ProposerNotAllowed, Code.VoidNotAllowed }));
        // Whose it is carries it out, unless a delay runs.
        Assert.All(await Sent(w, proposed.Select(h => new Command { Id = Fresh(), Operation = Operation.PostHold, Target = h.Id, Actor = 2, ActingFor = h.ActingFor })), c => Assert.Contains(c, new[] { Code.Accepted, Code.DelayTooShort }));
    }

    /// <summary>The account by which a scheme's authority proposed before is an authority to the Book at large, and stays in it.</summary>
    [Fact]
    public async Task A_venue_of_before_starts_again_and_its_former_authorities_take_nothing_from_holders_any_more()
    {
        await using var w = await Open();
        var scheme = w.Get<SchemeSet>().Find(Eu)!;
        var (places, asset) = await Places(w, scheme, FirstHolder);
        var former = w.Numbers.Central(Eu, SchemeNumbers.Authority) + 500_000;
        await using (var s = w.Sessions.Open(Verdigris.Primitives.Actor.System))
        {
            await s.Run("insert into registry.account (account, number, full_id, scheme, kind, name, state, opened_at) select $1, number + 500000, full_id || '0', scheme, 'authority', name, state, opened_at from registry.account where scheme = $2 and kind = $3", default, former, Eu, SchemeNumbers.Authority);
            await s.Run("insert into registry.book_word (scheme, what, word) values ($1, 'account', 'authority')", default, Eu);
        }
        await w.Numbers.Start(default);
        Assert.True((await w.Venue.Send(SchemeNumbers.Definer.Account(former, w.Numbers.AccountType(Eu, SchemeNumbers.FormerAuthority), 0, authority: true))).Accepted);
        await w.Numbers.Start(default);
        var taken = scheme.Transactions.Where(t => t.Proposer == "authority" && scheme.Account(t.From)!.Role == AccountRole.Holder).ToList();
        Assert.NotEmpty(taken);
        Command Taken(TransactionKind t, long who) => new() { Id = Fresh(), Operation = t.Second ? Operation.Hold : Operation.Transfer, TransactionType = w.Numbers.TransactionType(Eu, t.Transaction), Asset = asset, Debit = places.First(p => p.Kind == t.From).Account, Credit = places.Last(p => p.Kind == t.To).Account, Amount = 1, Actor = 1, ActingFor = who };
        Assert.All(await Sent(w, taken.Select(t => Taken(t, former))), c => Assert.Equal(Code.ProposerNotAllowed, c));
        Assert.All(await Sent(w, taken.Select(t => Taken(t, w.Numbers.Central(Eu, SchemeNumbers.Authority)))), c => Assert.Equal(Code.Accepted, c));
        Assert.DoesNotContain((await w.Do(Officer, s => w.Get<AccountHandlers>().List(s, new(Limit: 200), default))).Items, a => a.Kind is SchemeNumbers.Authority or SchemeNumbers.FormerAuthority);
    }
}
