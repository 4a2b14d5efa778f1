using static Verdigris.Book.Tests.Ledger;

namespace Verdigris.Book.Tests;

/// <summary>What commands do: ids, chains, serial blocks, holds and time, history.</summary>
public sealed class BookBehaviourTests
{
    readonly Ledger l = new();

    Command PayCash(long amount, long from = Anna, long to = Ben) => Commands.Transfer(l.Id(), Pay, Cash, from, to, amount);

    Command Move(long amount, long from, long to, long first = 0) => Commands.Transfer(l.Id(), Pay, Warrant, from, to, amount, serialFirst: first);

    [Fact]
    public void A_repeat_returns_the_first_outcome_and_changes_nothing()
    {
        l.With(Anna, 100);
        var good = PayCash(30);
        var bad = PayCash(300);
        Assert.Equal([Code.Accepted, Code.InsufficientBalance, Code.Accepted, Code.InsufficientBalance], l.Send(good, bad, good, bad));
        l.With(Anna, 1_000);
        Assert.Equal(Code.InsufficientBalance, l.Send(bad));
        Assert.Equal(Code.CommandIdReused, l.Send(good with { Amount = 31 }));
        Assert.Equal((30, 0), l.Of(Ben));
        Assert.Equal(Code.Accepted, l.State.OutcomeOf(good.Id)!.Value.Code);
    }

    [Fact]
    public void A_chain_happens_whole_or_not_at_all()
    {
        l.With(Anna, 100).With(Anna, 10, Warrant);
        Assert.Equal([Code.Accepted, Code.Accepted, Code.Accepted], l.Send(PayCash(60).Linked(), Move(4, Anna, Ben).Linked(), PayCash(40)));
        var first = PayCash(10, Ben, Anna).Linked();
        Assert.Equal([Code.LinkedFailed, Code.LinkedFailed, Code.InsufficientBalance, Code.LinkedFailed], l.Send(first, Move(2, Ben, Carla, 2).Linked(), PayCash(11).Linked(), PayCash(1, Ben, Anna)));
        Assert.Equal(((100, 0), "1-4", "5-10"), (l.Of(Ben), l.Blocks(Ben), l.Blocks(Anna)));
        Assert.Equal(Code.LinkedFailed, l.Send(first, Move(1, Ben, Carla))[0]);
        Assert.Equal([Code.ChainOpen, Code.ChainOpen], l.Send(PayCash(1, Ben, Anna).Linked(), PayCash(1, Ben, Anna).Linked()));
        Assert.Equal([Code.NotLinkable, Code.LinkedFailed], l.Send(Commands.OpenAccount(l.Id(), 99, 2).Linked(), PayCash(1, Ben, Anna)));
        Assert.Null(l.State.Account(99));
    }

    [Fact]
    public void A_failed_chain_takes_back_holds_timers_splits_and_merges()
    {
        l.With(Anna, 20, Warrant);
        l.Ok(Move(5, Anna, Ben, 6));
        string anna = l.Blocks(Anna), ben = l.Blocks(Ben);
        var hold = Commands.Hold(l.Id(), Pay, Warrant, Anna, Ben, 8, expiresAtMicros: l.Now + 100);
        var codes = l.Send(hold.Linked(), Commands.PostHold(l.Id(), hold.Id, 3, keepRest: true).Linked(), Move(5, Ben, Anna, 6).Linked(), Commands.VoidHold(l.Id(), hold.Id).Linked(),
            Commands.Transfer(l.Id(), Issue, Warrant, Issuer, Anna, 5).Linked(), Move(1_000, Anna, Ben));
        Assert.Equal(Code.InsufficientBalance, codes[^1]);
        Assert.All(codes[..^1], c => Assert.Equal(Code.LinkedFailed, c));
        Assert.Equal((anna, ben), (l.Blocks(Anna), l.Blocks(Ben)));
        Assert.Null(l.State.Hold(hold.Id));
        Assert.Null(l.State.NextDue);
        Assert.Equal(Code.HoldUnknown, l.Send(Commands.VoidHold(l.Id(), hold.Id)));
        Assert.Equal(20, l.With(Carla, 1, Warrant).State.Blocks(Carla, Warrant)[0].First - 1);
        Assert.Equal(2, l.State.Life(Warrant, 6).Count);
    }

    [Fact]
    public void Blocks_are_taken_in_the_order_acquired_lowest_serials_first()
    {
        l.With(Anna, 10, Warrant, first: 100).With(Anna, 10, Warrant, first: 1);
        l.Ok(Move(13, Anna, Ben));
        Assert.Equal(("4-10", "100-109 1-3"), (l.Blocks(Anna), l.Blocks(Ben)));
    }

    [Fact]
    public void A_run_merges_with_its_neighbours_in_the_place_of_the_older()
    {
        l.With(Anna, 10, Warrant, first: 11).With(Anna, 5, Warrant, first: 100).With(Anna, 10, Warrant, first: 31).With(Ben, 10, Warrant, first: 21);
        l.Ok(Move(10, Ben, Anna, 21));
        Assert.Equal("11-40 100-104", l.Blocks(Anna));
        l.Ok(Move(4, Anna, Ben, 20));
        Assert.Equal("11-19 24-40 100-104", l.Blocks(Anna));
        l.Ok(Move(4, Ben, Anna, 20));
        Assert.Equal("11-40 100-104", l.Blocks(Anna));
    }

    [Fact]
    public void The_largest_serial_has_no_neighbour_above()
    {
        l.With(Anna, 5, Warrant, first: long.MaxValue - 4);
        l.Ok(Move(2, Anna, Ben, long.MaxValue - 1));
        l.Ok(Move(1, Ben, Anna, long.MaxValue));
        l.Ok(Move(1, Ben, Anna));
        Assert.Equal($"{long.MaxValue - 4}-{long.MaxValue}", l.Blocks(Anna));
        Assert.Equal(3, l.State.Life(Warrant, long.MaxValue).Count);
        Assert.Single(l.State.Life(Warrant, long.MaxValue - 2));
    }

    [Fact]
    public void One_issue_may_be_the_whole_range_of_serials()
    {
        l.With(Anna, long.MaxValue, Warrant);
        Assert.Equal($"1-{long.MaxValue}", l.Blocks(Anna));
        l.Ok(Move(long.MaxValue - 1, Anna, Ben));
        Assert.Equal($"{long.MaxValue}-{long.MaxValue}", l.Blocks(Anna));
    }

    [Fact]
    public void The_life_of_a_serial_goes_through_every_merge_and_split()
    {
        l.With(Anna, 10, Warrant).With(Ben, 10, Warrant);
        l.Ok(Move(4, Ben, Anna, 11));
        l.Ok(Move(14, Anna, Carla));
        l.Ok(Move(3, Carla, Ben, 10));
        string Life(long serial) => string.Join(" ", l.State.Life(Warrant, serial).Select(m => $"{m.Debit}>{m.Credit}:{m.First}-{m.Last}"));
        Assert.Equal("1>10:1-10 10>12:1-14", Life(9));
        Assert.Equal("1>10:1-10 10>12:1-14 12>11:10-12", Life(10));
        Assert.Equal("1>11:11-20 11>10:11-14 10>12:1-14 12>11:10-12", Life(11));
        Assert.Equal("1>11:11-20", Life(15));
        Assert.Equal("", Life(21));
        Assert.Equal((Ben, 10L, 12L), l.State.Owner(Warrant, 12) is { } o ? (o.Account, o.First, o.Last) : default);
        Assert.Null(l.State.Owner(Warrant, 21));
    }

    [Fact]
    public void A_hold_keeps_its_units_from_being_spent_until_it_ends()
    {
        l.With(Anna, 10, Warrant);
        var id = l.Ok(Commands.Hold(l.Id(), Pay, Warrant, Anna, Ben, 6));
        Assert.Equal(((4, 6), "7-10 1-6h"), (l.Of(Anna, Warrant), l.Blocks(Anna)));
        l.Ok(Commands.PostHold(l.Id(), id, 2, keepRest: true));
        Assert.Equal((HoldState.Pending, 4), l.State.Hold(id) is { } h ? (h.State, h.Remaining) : default);
        l.Ok(Commands.PostHold(l.Id(), id, 1));
        Assert.Equal(((7, 0), "4-10", "1-3"), (l.Of(Anna, Warrant), l.Blocks(Anna), l.Blocks(Ben)));
        Assert.Equal(HoldState.Posted, l.State.Hold(id)!.State);
    }

    [Fact]
    public void What_falls_due_happens_in_order_before_the_commands_of_the_batch()
    {
        l.With(Anna, 100);
        long at = l.Now + 1_000;
        var late = l.Ok(Commands.Hold(l.Id(), Pay, Cash, Anna, Ben, 1, expiresAtMicros: at + 5));
        var second = l.Ok(Commands.Hold(l.Id(), Pay, Cash, Anna, Ben, 2, releasesAtMicros: at));
        var third = l.Ok(Commands.Hold(l.Id(), Pay, Cash, Anna, Ben, 3, expiresAtMicros: at));
        var scheduled = l.Ok(Commands.Hold(l.Id(), Pay, Cash, Anna, Carla, 4, expiresAtMicros: at + 1));
        l.Ok(Commands.PostHold(l.Id(), scheduled, releasesAtMicros: at + 2));
        l.Ok(Commands.CloseAccount(l.Id(), Carla));
        Assert.Equal(at, l.State.NextDue);
        l.WaitUntil(at + 10);
        Assert.Equal([(EffectKind.HoldReleased, second, Code.Accepted), (EffectKind.HoldExpired, third, Code.Accepted), (EffectKind.ReleaseRefused, scheduled, Code.CreditClosed), (EffectKind.HoldExpired, late, Code.Accepted)],
            l.Effects.Span.ToArray().Select(e => (e.Kind, e.Hold, e.Code)));
        Assert.All(l.Effects.Span.ToArray(), e => Assert.Equal(-1, e.CommandIndex));
        Assert.Equal(((98, 0), (2, 0)), (l.Of(Anna), l.Of(Ben)));
        Assert.Null(l.State.NextDue);
        var entry = l.State.Statement(Ben, Cash)[0];
        Assert.Equal((second, Pay, 2L, 2L), (entry.CommandId, entry.TransactionType, entry.Change, entry.BalanceAfter));
    }

    [Fact]
    public void Old_balances_and_statements_of_a_busy_account_are_found_from_any_place()
    {
        l.With(Anna, 100_000);
        var expected = new List<(long Batch, long Balance)>();
        long balance = 100_000;
        for (int i = 0; i < 3_000; i++)
        {
            l.Ok(PayCash(1 + i % 7));
            balance -= 1 + i % 7;
            expected.Add((l.State.LastBatch, balance));
        }
        foreach (var (batch, then) in expected.Where((_, i) => i % 61 == 0)) Assert.Equal(then, l.State.BalanceAsOf(Anna, Cash, batch).Total);
        Assert.Equal(0, l.State.BalanceAsOf(Anna, Cash, 1).Total);
        long cursor = 0;
        var seen = new List<long>();
        for (var page = l.State.Statement(Anna, Cash, cursor, 97); page.Count > 0; page = l.State.Statement(Anna, Cash, cursor, 97))
        {
            seen.AddRange(page.Select(e => e.BalanceAfter));
            cursor = page[^1].Cursor;
        }
        Assert.Equal([.. expected.Select(e => e.Balance).Reverse(), 100_000], seen);
    }

    [Fact]
    public void The_serial_index_stays_sorted_through_inserting_and_removing()
    {
        var sut = new SerialIndex();
        foreach (long key in Enumerable.Range(0, 20_000).Select(i => (long)(i * 7919 % 20_011))) sut.Insert(key, (uint)key);
        Assert.Equal(sut.From(0).Select(e => e.Key).Order(), sut.From(0).Select(e => e.Key));
        for (long key = 0; key < 20_011; key += 3)
            if (sut.Floor(key, out long found, out _) && found == key) sut.Remove(key);
        Assert.All(sut.From(0), e => Assert.NotEqual(0, e.Key % 3));
        Assert.True(sut.Above(4, out long next, out uint value) && next == 5 && value == 5);
    }
}
