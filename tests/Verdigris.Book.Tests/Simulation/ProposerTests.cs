using Verdigris.Simulator;
using Verdigris.Simulator.Reference;

namespace Verdigris.Book.Tests.Simulation;

/// <summary>Who may propose and who may post, under every choice of the flags that say so: the Book and the reference answer alike, and as the words of the specification do.</summary>
public sealed class ProposerTests
{
    const int Tonne = 1;
    const long Issuer = 1, Debit = 2, Credit = 3, Authority = 4, Agent = 5, Stranger = 6;
    const ushort Issue = 1, Free = 2;

    static readonly RuleFlags[] Proposers = [RuleFlags.ProposeByDebit, RuleFlags.ProposeByAuthority, RuleFlags.ProposeByMandate];

    readonly BookState book = new();
    readonly ReferenceLedger reference = new();
    ulong nextId = 1;
    long now = 1_000_000;

    Code Send(Command c)
    {
        c.Id = nextId++;
        var codes = new Code[1];
        book.Apply(++now, [c], codes, null);
        Assert.Equal(codes[0], reference.Apply([c], now).Outcomes[0].Code);
        return codes[0];
    }

    [Fact]
    public void The_Book_and_the_reference_let_the_same_accounts_propose_and_post()
    {
        SeededRandom random = new(1);
        Send(World.DefineAsset(Tonne, "T", AssetKind.Fungible, 0, 1));
        foreach (var (account, type) in new[] { (Issuer, 1), (Debit, 2), (Credit, 2), (Authority, 3), (Agent, 4), (Stranger, 5) }) Send(World.OpenAccount(account, (ushort)type, account == Authority, random));
        Send(World.SetRule(Issue, 0, 1, 2, RuleFlags.Allowed | RuleFlags.Issues, 0));
        Assert.Equal(Code.Accepted, Send(new() { Operation = Operation.Transfer, TransactionType = Issue, Asset = Tonne, Debit = Issuer, Credit = Debit, Amount = 100_000 }));
        Send(World.SetRule(Free, 0, 2, 2, RuleFlags.Allowed, 0));
        ushort type2 = 100;
        var (refused, let) = (0, 0);
        for (var choice = 0; choice < 16; choice++)
            foreach (var mandate in new[] { "none", "any class", "this class", "another kind of transaction", "hidden by the class", "allowed and no mandate" })
            {
                var type = type2++;
                var flags = Proposers.Where((_, i) => (choice >> i & 1) != 0).Aggregate(RuleFlags.Allowed, (all, f) => all | f) | ((choice & 8) != 0 ? RuleFlags.PostByProposer : RuleFlags.None);
                Send(World.SetRule(type, 0, 2, 2, flags, 0));
                if (mandate is "any class" or "hidden by the class") Send(World.SetRule(type, 0, 4, 2, RuleFlags.Mandate, 0));
                if (mandate == "this class") Send(World.SetRule(type, 1, 4, 2, RuleFlags.Mandate, 0));
                if (mandate == "hidden by the class") Send(World.SetRule(type, 1, 4, 2, RuleFlags.None, 0));
                if (mandate == "another kind of transaction") Send(World.SetRule(Free, 0, 4, 2, RuleFlags.Mandate, 0));
                if (mandate == "allowed and no mandate") Send(World.SetRule(type, 0, 4, 2, RuleFlags.Allowed, 0));
                bool May(long who) => who == 0 || (flags & (RuleFlags.ProposeByDebit | RuleFlags.ProposeByAuthority | RuleFlags.ProposeByMandate)) == 0 || (flags.HasFlag(RuleFlags.ProposeByDebit) && who == Debit)
                    || (flags.HasFlag(RuleFlags.ProposeByAuthority) && who == Authority) || (flags.HasFlag(RuleFlags.ProposeByMandate) && who == Agent && mandate is "any class" or "this class");
                foreach (var who in new[] { 0, Debit, Credit, Authority, Agent, Stranger })
                {
                    Command move = new() { Operation = Operation.Transfer, TransactionType = type, Asset = Tonne, Debit = Debit, Credit = Credit, Amount = 1, ActingFor = who };
                    Assert.Equal(May(who) ? Code.Accepted : Code.ProposerNotAllowed, Send(move));
                    Assert.Equal(May(who) ? Code.Accepted : Code.ProposerNotAllowed, Send(move with { Operation = Operation.Hold }));
                    Assert.Equal(Code.Accepted, Send(move with { Operation = Operation.Hold, ActingFor = 0 }));
                    var posts = !flags.HasFlag(RuleFlags.PostByProposer) || May(who);
                    Assert.Equal(posts ? Code.Accepted : Code.ProposerNotAllowed, Send(new() { Operation = Operation.PostHold, Target = nextId - 1, ActingFor = who }));
                    // A lien is its beneficiary's, whoever might have proposed it.
                    Assert.Equal(Code.Accepted, Send(move with { Operation = Operation.Hold, Flags = CommandFlags.Lien, ActingFor = 0 }));
                    Assert.Equal(who is 0 or Credit ? Code.Accepted : Code.AcceptByCreditRequired, Send(new() { Operation = Operation.PostHold, Target = nextId - 1, ActingFor = who }));
                    if (posts) let++;
                    else refused++;
                }
            }
        Assert.True(let > 100 && refused > 100, $"{let} let, {refused} refused");
    }
}
