using Verdigris.Simulator;
using Verdigris.Simulator.Reference;

namespace Verdigris.Book.Tests.Simulation;

/// <summary>
/// The reference against values worked out by hand: it must be right on its own, or agreeing with it means nothing.
/// </summary>
public sealed class ReferenceLedgerTests
{
    const int Tonne = 1, Serial = 2;
    const long Issuer = 1, A = 2, B = 3, Authority = 4;
    const ushort Issue = 1, Pay = 2, FourEyes = 3, Accept = 4, Delayed = 5;

    readonly ReferenceLedger ledger = new();
    ulong nextId = 1;
    long now = 1_000_000;

    public ReferenceLedgerTests()
    {
        SeededRandom random = new(1);
        Send(World.DefineAsset(Tonne, "T", AssetKind.Fungible, 0, 1));
        Send(World.DefineAsset(Serial, "S", AssetKind.Serialised, 0, 2));
        Send(World.OpenAccount(Issuer, 1, false, random));
        Send(World.OpenAccount(A, 2, false, random));
        Send(World.OpenAccount(B, 2, false, random));
        Send(World.OpenAccount(Authority, 3, true, random));
        Send(World.SetRule(Issue, 0, 1, 2, RuleFlags.Allowed | RuleFlags.Issues, 0));
        Send(World.SetRule(Pay, 0, 2, 2, RuleFlags.Allowed, 0));
        Send(World.SetRule(FourEyes, 0, 2, 2, RuleFlags.Allowed | RuleFlags.MustHold | RuleFlags.OtherActor, 0));
        Send(World.SetRule(Accept, 0, 2, 2, RuleFlags.Allowed | RuleFlags.AcceptByCredit | RuleFlags.ProposeByDebit, 0));
        Send(World.SetRule(Delayed, 0, 2, 2, RuleFlags.Allowed | RuleFlags.TrustedOrDelay, 500));
    }

    Code Send(Command c, UInt128 id = default)
    {
        c.Id = id != 0 ? id : nextId++;
        return ledger.Apply([c], ++now).Outcomes[0].Code;
    }

    Command Move(ushort type, int asset, long debit, long credit, long amount, long first = 0, Operation operation = Operation.Transfer) =>
        new() { Operation = operation, TransactionType = type, Asset = asset, Debit = debit, Credit = credit, Amount = amount, SerialFirst = first, Actor = 7 };

    (long, long) Of(long account, int asset) => (ledger.State.Holding(account, asset).Available, ledger.State.Holding(account, asset).Held);

    string Blocks(long account) => string.Join(" ", ledger.State.Holding(account, Serial).Blocks.Select(b => $"{b.First}-{b.Last}"));

    [Fact]
    public void Issuing_makes_the_issuer_negative_and_a_payment_moves_what_is_available()
    {
        Assert.Equal(Code.Accepted, Send(Move(Issue, Tonne, Issuer, A, 100)));
        Assert.Equal(Code.Accepted, Send(Move(Pay, Tonne, A, B, 30)));
        Assert.Equal(Code.InsufficientBalance, Send(Move(Pay, Tonne, A, B, 71)));
        Assert.Equal(((-100L, 0L), (70L, 0L), (30L, 0L)), (Of(Issuer, Tonne), Of(A, Tonne), Of(B, Tonne)));
    }

    [Fact]
    public void A_payment_takes_the_oldest_blocks_first_and_the_lowest_serials_of_the_last()
    {
        Send(Move(Issue, Serial, Issuer, A, 10, 1));
        Send(Move(Issue, Serial, Issuer, A, 10, 101));
        Assert.Equal(Code.Accepted, Send(Move(Pay, Serial, A, B, 13)));
        Assert.Equal("104-110", Blocks(A));
        Assert.Equal("1-10 101-103", Blocks(B));
    }

    [Fact]
    public void A_range_out_of_the_middle_leaves_two_blocks_in_one_place_and_comes_back_between_them()
    {
        Send(Move(Issue, Serial, Issuer, A, 10, 1));
        Send(Move(Issue, Serial, Issuer, A, 5, 21));
        Assert.Equal(Code.Accepted, Send(Move(Pay, Serial, A, B, 3, 4)));
        Assert.Equal("1-3 7-10 21-25", Blocks(A));
        Assert.Equal(Code.SerialNotHeld, Send(Move(Pay, Serial, A, B, 2, 3)));
        Send(Move(Pay, Serial, B, A, 3));
        Assert.Equal("1-10 21-25", Blocks(A));
    }

    [Fact]
    public void A_run_that_joins_two_blocks_takes_the_earlier_place()
    {
        Send(Move(Issue, Serial, Issuer, A, 5, 11));
        Send(Move(Issue, Serial, Issuer, A, 5, 31));
        Send(Move(Issue, Serial, Issuer, A, 5, 1));
        Send(Move(Issue, Serial, Issuer, A, 5, 6));
        Assert.Equal("1-15 31-35", Blocks(A));
    }

    [Fact]
    public void Serials_are_issued_once()
    {
        Send(Move(Issue, Serial, Issuer, A, 10, 5));
        Assert.Equal(Code.SerialAlreadyIssued, Send(Move(Issue, Serial, Issuer, A, 10, 14)));
        Assert.Equal(Code.Accepted, Send(Move(Issue, Serial, Issuer, B, 4, 1)));
        Assert.Equal(Code.Accepted, Send(Move(Issue, Serial, Issuer, B, 2)));
        Assert.Equal("1-4 15-16", Blocks(B));
        Assert.Equal(Code.SerialRangeInvalid, Send(Move(Issue, Serial, Issuer, B, 2, long.MaxValue)));
    }

    [Fact]
    public void A_hold_sets_aside_is_posted_in_parts_and_the_rest_returns()
    {
        Send(Move(Issue, Serial, Issuer, A, 10, 1));
        Assert.Equal(Code.Accepted, Send(Move(FourEyes, Serial, A, B, 6, operation: Operation.Hold), id: 77));
        Assert.Equal((4L, 6L), Of(A, Serial));
        Command post = new() { Operation = Operation.PostHold, Target = 77, Amount = 2, Flags = CommandFlags.KeepRest, Actor = 7 };
        Assert.Equal(Code.SameActor, Send(post));
        post.Actor = 8;
        Assert.Equal(Code.Accepted, Send(post));
        Assert.Equal("1-2", Blocks(B));
        Assert.Equal(Code.AmountOverHold, Send(post with { Amount = 5 }));
        Assert.Equal(Code.Accepted, Send(post with { Amount = 1, Flags = 0 }));
        Assert.Equal("1-3", Blocks(B));
        Assert.Equal("4-10", Blocks(A));
        Assert.Equal((7L, 0L), Of(A, Serial));
        Assert.Equal(Code.HoldPosted, Send(post));
    }

    [Fact]
    public void Time_voids_what_expires_and_posts_what_is_released_in_order()
    {
        Send(Move(Issue, Tonne, Issuer, A, 10));
        Send(Move(Pay, Tonne, A, B, 4, operation: Operation.Hold) with { Flags = CommandFlags.Expires, Time = now + 100 }, id: 71);
        Send(Move(Pay, Tonne, A, B, 3, operation: Operation.Hold) with { Flags = CommandFlags.Releases, Time = now + 50 }, id: 72);
        now += 200;
        Decided decided = ledger.Apply([], now);
        Assert.Equal([(EffectKind.HoldReleased, (UInt128)72, -1), (EffectKind.HoldExpired, (UInt128)71, -1)], decided.Effects.Select(e => (e.Kind, e.Hold, e.CommandIndex)));
        Assert.Equal((7L, 0L), Of(A, Tonne));
        Assert.Equal(Code.HoldExpired, Send(new() { Operation = Operation.VoidHold, Target = 71 }));
        Assert.Equal(Code.HoldReleased, Send(new() { Operation = Operation.VoidHold, Target = 72 }));
    }

    [Fact]
    public void A_failed_chain_leaves_nothing_and_names_its_culprit()
    {
        Send(Move(Issue, Tonne, Issuer, A, 10));
        LedgerState before = ledger.State;
        Command[] chain =
        [
            Move(Pay, Tonne, A, B, 5) with { Id = 901, Flags = CommandFlags.Linked },
            Move(Pay, Tonne, A, B, 6) with { Id = 902, Flags = CommandFlags.Linked },
            Move(Pay, Tonne, A, B, 1) with { Id = 903 },
            Move(Pay, Tonne, A, B, 2) with { Id = 904 },
        ];
        Decided decided = ledger.Apply(chain, ++now);
        Assert.Equal([Code.LinkedFailed, Code.InsufficientBalance, Code.LinkedFailed, Code.Accepted], decided.Outcomes.Select(o => o.Code));
        Assert.Single(decided.Effects);
        Assert.Equal(8, Of(A, Tonne).Item1);
        Assert.NotEqual(before, ledger.State);
    }

    [Fact]
    public void A_repeat_is_answered_with_the_first_outcome_and_other_bytes_are_refused()
    {
        Send(Move(Issue, Tonne, Issuer, A, 10));
        Command pay = Move(Pay, Tonne, A, B, 5) with { Id = 900 };
        Outcome first = ledger.Apply([pay], ++now).Outcomes[0];
        Decided again = ledger.Apply([pay, pay with { Amount = 6 }], ++now);
        Assert.Equal(first with { Repeated = true }, again.Outcomes[0]);
        Assert.Equal(new Outcome(Code.CommandIdReused, 0, 0, false), again.Outcomes[1]);
        Assert.Equal(5, Of(A, Tonne).Item1);
    }

    /// <summary>One row a check: what is sent after A was given 10 and B froze nothing, and what it is answered.</summary>
    public static TheoryData<string, Command, Code> Refusals()
    {
        Command pay = new() { Operation = Operation.Transfer, TransactionType = Pay, Asset = Tonne, Debit = A, Credit = B, Amount = 1 };
        return new()
        {
            { "operation", pay with { Operation = (Operation)99 }, Code.OperationUnknown },
            { "unused field", pay with { Target = 1 }, Code.ReservedFieldSet },
            { "flag of another operation", pay with { Flags = CommandFlags.Lien }, Code.ReservedFieldSet },
            { "time without its flag", pay with { Operation = Operation.Hold, Time = 5 }, Code.ReservedFieldSet },
            { "open chain", pay with { Flags = CommandFlags.Linked }, Code.ChainOpen },
            { "asset", pay with { Asset = 9 }, Code.AssetUnknown },
            { "debit", pay with { Debit = 99 }, Code.DebitUnknown },
            { "credit", pay with { Credit = 99 }, Code.CreditUnknown },
            { "acting for", pay with { ActingFor = 99 }, Code.ActingForUnknown },
            { "itself", pay with { Credit = A }, Code.SameAccount },
            { "nothing", pay with { Amount = 0 }, Code.AmountNotPositive },
            { "serial of a fungible", pay with { SerialFirst = 1 }, Code.SerialOnFungible },
            { "negative serial", pay with { Asset = Serial, SerialFirst = -1 }, Code.SerialRangeInvalid },
            { "no rule", pay with { TransactionType = 60 }, Code.NoRule },
            { "proposer", pay with { TransactionType = Accept, ActingFor = B }, Code.ProposerNotAllowed },
            { "must hold", pay with { TransactionType = FourEyes }, Code.HoldRequired },
            { "no actor", pay with { TransactionType = FourEyes, Operation = Operation.Hold }, Code.ActorMissing },
            { "not trusted", pay with { TransactionType = Delayed }, Code.NotTrusted },
            { "past", pay with { Operation = Operation.Hold, Flags = CommandFlags.Expires, Time = 1 }, Code.TimePast },
            { "unknown hold", new() { Operation = Operation.PostHold, Target = 5 }, Code.HoldUnknown },
            { "too much", pay with { Amount = 11 }, Code.InsufficientBalance },
            { "not enough serials", pay with { Asset = Serial }, Code.InsufficientBalance },
            { "not empty", new() { Operation = Operation.CloseAccount, Debit = A }, Code.AccountNotEmpty },
            { "scope", new() { Operation = Operation.Freeze, Debit = A, Detail = 4 }, Code.ScopeInvalid },
            { "asset again", World.DefineAsset(Tonne, "X", AssetKind.Fungible, 0, 0), Code.AssetExists },
            { "code again", World.DefineAsset(77, "T", AssetKind.Fungible, 0, 0), Code.AssetExists },
            { "scale", World.DefineAsset(77, "X", AssetKind.Fungible, 10, 0), Code.AssetInvalid },
            { "rule flags", World.SetRule(1, 0, 1, 2, (RuleFlags)2048, 0), Code.RuleInvalid },
        };
    }

    [Theory]
    [MemberData(nameof(Refusals))]
    public void Each_check_answers_with_its_code(string what, Command command, Code expected)
    {
        Assert.Equal(Code.Accepted, Send(Move(Issue, Tonne, Issuer, A, 10)));
        Assert.True(Send(command) is var code && code == expected, $"{what}: {code}, expected {expected}");
    }

    [Fact]
    public void Freezes_stop_what_leaves_or_what_arrives()
    {
        Send(Move(Issue, Tonne, Issuer, A, 10));
        Send(new() { Operation = Operation.Freeze, Debit = A, Detail = 1 });
        Assert.Equal(Code.DebitFrozen, Send(Move(Pay, Tonne, A, B, 1)));
        Assert.Equal(Code.Accepted, Send(Move(Issue, Tonne, Issuer, A, 10)));
        Send(new() { Operation = Operation.Unfreeze, Debit = A, Detail = 3 });
        Send(new() { Operation = Operation.Freeze, Debit = B, Asset = Tonne, Detail = 2 });
        Assert.Equal(Code.CreditFrozen, Send(Move(Pay, Tonne, A, B, 1)));
    }

    [Fact]
    public void A_lien_is_lifted_by_its_beneficiary_alone_or_by_an_authority()
    {
        Send(Move(Issue, Tonne, Issuer, A, 10));
        Send(Move(Pay, Tonne, A, B, 5, operation: Operation.Hold) with { Flags = CommandFlags.Lien }, id: 70);
        Command lift = new() { Operation = Operation.VoidHold, Target = 70, ActingFor = A };
        Assert.Equal(Code.VoidNotAllowed, Send(lift));
        Assert.Equal(Code.AcceptByCreditRequired, Send(new() { Operation = Operation.PostHold, Target = 70, ActingFor = A }));
        Assert.Equal(Code.Accepted, Send(lift with { ActingFor = Authority }));
        Assert.Equal(Code.HoldVoided, Send(lift with { ActingFor = B }));
    }

    [Fact]
    public void A_delay_is_waited_for_unless_the_receiver_is_trusted()
    {
        Send(Move(Issue, Tonne, Issuer, A, 10));
        Send(Move(Delayed, Tonne, A, B, 1, operation: Operation.Hold), id: 60);
        Send(Move(Delayed, Tonne, A, B, 1, operation: Operation.Hold), id: 61);
        Command post = new() { Operation = Operation.PostHold, Target = 60 };
        Assert.Equal(Code.DelayTooShort, Send(post));
        now += 500;
        Assert.Equal(Code.Accepted, Send(post));
        Send(Move(Delayed, Tonne, A, B, 1, operation: Operation.Hold), id: 62);
        Send(new() { Operation = Operation.SetTrust, Debit = A, Credit = B, Time = now });
        Assert.Equal(Code.Accepted, Send(post with { Target = 62 }));
        Assert.Equal(Code.Accepted, Send(Move(Delayed, Tonne, A, B, 1)));
    }

    [Fact]
    public void Balances_stop_at_the_ends_of_a_long()
    {
        Assert.Equal(Code.Accepted, Send(Move(Issue, Tonne, Issuer, A, long.MaxValue)));
        Assert.Equal(Code.BalanceOverflow, Send(Move(Issue, Tonne, Issuer, A, 1)));
        Assert.Equal(Code.Accepted, Send(Move(Issue, Tonne, Issuer, B, 1)));
        Assert.Equal(Code.BalanceOverflow, Send(Move(Issue, Tonne, Issuer, B, 1)));
        Assert.Equal(Code.BalanceOverflow, Send(Move(Pay, Tonne, B, A, 1)));
    }
}
