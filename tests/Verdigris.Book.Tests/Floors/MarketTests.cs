using static Verdigris.Book.Tests.Floors.FloorWorld;

namespace Verdigris.Book.Tests.Floors;

/// <summary>The market's own lines, what the Book refuses at a trade, long steps, restarts and checkpoints.</summary>
public sealed class MarketTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_maker_the_book_refuses_ends_and_the_taker_trades_with_the_next(bool closedByReceipt)
    {
        using var w = new FloorWorld();
        long bad = w.Sell(Bob, 5, 20), good = w.Sell(Cid, 5, 21);
        Assert.Equal(Code.Accepted, w.Book(closedByReceipt ? Commands.Freeze(w.Id(), CashOf(Bob), Cash, FreezeScope.In) : Commands.Freeze(w.Id(), UnitsOf(Bob), Unit, FreezeScope.Out)));
        var (code, buy, traded) = w.Send(FloorCommands.NewOrder(w.Id(), Spot, Ann, Side.Buy, 7, 21));
        Assert.Equal(FloorCode.Accepted, code);
        Assert.Equal(5, traded);
        Assert.Null(w.Floor.Order(bad));
        Assert.Null(w.Floor.Order(good));
        Assert.Equal(2, w.Floor.Order(buy)!.Remaining);
        Assert.Equal("fill 3 Sell 2@21 left 3; fill 1 Buy 2@21 left 5; trade 2@21; ended 2 SettlementRefused left 5; fill 3 Sell 3@21 left 0; fill 1 Buy 3@21 left 2; trade 3@21",
            w.Told(FloorEventKind.Fill, FloorEventKind.Trade, FloorEventKind.OrderEnded));
        Assert.Equal((0, 100_000), (w.Of(UnitsOf(Bob), Unit).Held, w.Of(UnitsOf(Bob), Unit).Available));
        w.Check();
        Assert.Equal([new DepthLevel(21, 2, 1)], w.Floor.Depth(Spot, 5).Bids);
        w.Restart();
        w.Check();
    }

    [Fact]
    public void A_taker_the_book_refuses_ends_and_the_maker_is_brought_back_under_a_new_id()
    {
        using var w = new FloorWorld();
        long maker = w.Sell(Bob, 5, 20);
        w.Sell(Cid, 5, 20);
        Assert.Equal(Code.Accepted, w.Book(Commands.Freeze(w.Id(), UnitsOf(Ann), Unit, FreezeScope.In)));
        long taker = w.Buy(Ann, 7, 25);
        Assert.Null(w.Floor.Order(taker));
        Assert.Equal((1_000_000, 0), w.Of(CashOf(Ann)));
        var back = w.Events.Single(e => e.Kind == FloorEventKind.OrderBroughtBack);
        Assert.Equal(maker, back.Other);
        Assert.Equal(5, w.Floor.Order(back.Order)!.Remaining);
        w.Check();
        // A part that is brought back keeps what the order traded before.
        w.Buy(Dot, 8, 20);
        Assert.Equal([new DepthLevel(20, 2, 1)], w.Floor.Depth(Spot, 5).Asks);
        long rest = w.Floor.OrdersOf(Bob).Concat(w.Floor.OrdersOf(Cid)).Single().Id, trader = w.Floor.Order(rest)!.Trader;
        w.Ok(FloorCommands.Replace(w.Id(), trader, rest, 6, 20));
        Assert.Equal((6, 3), (w.Floor.Order(rest)!.Quantity, w.Floor.Order(rest)!.Remaining));
        Assert.Equal([new DepthLevel(20, 3, 1)], w.Floor.Depth(Spot, 5).Asks);
        w.Check();
        byte[] hash = w.Floor.Hash();
        w.Restart();
        Assert.Equal(hash, w.Floor.Hash());
    }

    [Fact]
    public void A_rule_taken_away_ends_both_sides_and_trades_nothing()
    {
        using var w = new FloorWorld();
        w.Sell(Bob, 5, 20);
        Assert.Equal(Code.Accepted, w.Book(Commands.SetRule(w.Id(), FloorTypes.OrderUnits, 0, 2, 3, RuleFlags.None)));
        w.Buy(Ann, 5, 20);
        Assert.Empty(w.Floor.OrdersOf(Bob));
        Assert.Equal((1_000_000, 0), w.Of(CashOf(Bob)));
        Assert.Equal((100_000, 0), w.Of(UnitsOf(Bob), Unit));
        w.Check();
    }

    [Fact]
    public void An_order_sweeps_thousands_of_makers_over_several_records()
    {
        using var w = new FloorWorld(cash: 1_000_000_000, units: 10_000_000);
        const int makers = 3_000;
        var lines = Enumerable.Range(0, makers).Select(i => FloorCommands.NewOrder(w.Id(), Spot, i % 2 == 0 ? Bob : Cid, Side.Sell, 1, 20 + i)).ToArray();
        foreach (var chunk in lines.Chunk(500)) Assert.All(w.SendAll(chunk), a => Assert.Equal(0, a.Answer.Code));
        long before = w.Core.State.LastBatch;
        var sweep = FloorCommands.NewOrder(w.Id(), Spot, Ann, Side.Buy, makers + 10, 20 + makers);
        var answers = w.SendAll(sweep, FloorCommands.Cancel(w.Id(), Ann, 0) with { Order = 1 });
        Assert.Equal(makers, answers[0].Answer.Second);
        Assert.True(w.Core.State.LastBatch > before + 1);
        Assert.Equal(makers, w.Events.Count(e => e.Kind == FloorEventKind.Trade));
        Assert.Equal(Enumerable.Range(0, w.Events.Count).Select(i => w.Events[0].Sequence + i), w.Events.Select(e => e.Sequence));
        w.Check();
        byte[] floor = w.Floor.Hash(), book = w.Core.State.StateHash();
        w.Restart();
        Assert.Equal(floor, w.Floor.Hash());
        Assert.Equal(book, w.Core.State.StateHash());
    }

    [Fact]
    public void A_block_is_registered_within_its_limits()
    {
        using var w = new FloorWorld();
        w.Ok(FloorCommands.UpdateInstrument(w.Id(), Spot, new() { HighestPrice = 10_000, ReferencePrice = 100, BlockQuantity = 50, BlockBand = 30, BustMicros = 1_000 }));
        w.Refused(FloorCode.BlockTooSmall, FloorCommands.ReportedTrade(w.Id(), Spot, Ann, Bob, 49, 100));
        w.Refused(FloorCode.BlockPriceOutsideBand, FloorCommands.ReportedTrade(w.Id(), Spot, Ann, Bob, 50, 131));
        w.Refused(FloorCode.SameTrader, FloorCommands.ReportedTrade(w.Id(), Spot, Ann, Ann, 50, 100));
        w.Refused(FloorCode.TraderUnknown, FloorCommands.ReportedTrade(w.Id(), Spot, Ann, 99, 50, 100));
        w.Refused(FloorCode.PriceOutsideLimits, FloorCommands.ReportedTrade(w.Id(), Spot, Ann, Bob, 50, 0));
        Assert.Equal(FloorCodes.Of(Code.InsufficientBalance), w.Send(FloorCommands.ReportedTrade(w.Id(), Spot, Ann, Bob, 5_000, 100)).Code);
        long trade = w.Ok(FloorCommands.ReportedTrade(w.Id(), Spot, Ann, Bob, 50, 130));
        Assert.Equal((1_000_000 - 50 * 130 * TickValue, 0), w.Of(CashOf(Ann)));
        Assert.Equal((105_000, 0), w.Of(UnitsOf(Ann), Unit));
        Assert.True(w.Floor.Trade(trade)!.Reported);
        w.Check();
    }

    [Fact]
    public void A_block_band_stands_in_place_of_the_days_limits_be_it_wider_or_narrower()
    {
        using var w = new FloorWorld();
        w.Ok(FloorCommands.UpdateInstrument(w.Id(), Spot, new() { LowestPrice = 90, HighestPrice = 110, ReferencePrice = 100, BlockBand = 30 }));
        w.Refused(FloorCode.PriceOutsideLimits, FloorCommands.NewOrder(w.Id(), Spot, Ann, Side.Buy, 1, 120));
        w.Ok(FloorCommands.ReportedTrade(w.Id(), Spot, Ann, Bob, 1, 130));
        w.Ok(FloorCommands.ReportedTrade(w.Id(), Spot, Ann, Bob, 1, 70));
        w.Refused(FloorCode.BlockPriceOutsideBand, FloorCommands.ReportedTrade(w.Id(), Spot, Ann, Bob, 1, 69));
        w.Ok(FloorCommands.UpdateInstrument(w.Id(), Spot, new() { LowestPrice = 90, HighestPrice = 110, ReferencePrice = 100, BlockBand = 5 }));
        w.Refused(FloorCode.BlockPriceOutsideBand, FloorCommands.ReportedTrade(w.Id(), Spot, Ann, Bob, 1, 106));
        // Without a band the limits of the day hold.
        w.Ok(FloorCommands.UpdateInstrument(w.Id(), Spot, new() { LowestPrice = 90, HighestPrice = 110, ReferencePrice = 100 }));
        w.Refused(FloorCode.PriceOutsideLimits, FloorCommands.ReportedTrade(w.Id(), Spot, Ann, Bob, 1, 111));
        w.Ok(FloorCommands.ReportedTrade(w.Id(), Spot, Ann, Bob, 1, 110));
        w.Check();
    }

    [Theory]
    [InlineData(Spot)]
    [InlineData(Future)]
    [InlineData(Option)]
    [InlineData(Chinese)]
    [InlineData(SerialSpot)]
    public void A_busted_trade_leaves_everybody_as_before(int instrument)
    {
        using var w = new FloorWorld();
        w.Ok(FloorCommands.UpdateInstrument(w.Id(), instrument, new() { MarginPerLot = 50, FeePerLot = 2, HighestPrice = 10_000, BustMicros = 1_000 }));
        var before = Everything(w);
        w.Sell(Bob, 5, 20, instrument);
        w.Buy(Ann, 5, 20, instrument);
        long first = w.Events.Single(e => e.Kind == FloorEventKind.Trade).Trade;
        w.Ok(FloorCommands.BustTrade(w.Id(), first));
        Assert.Equal(before, Everything(w));
        w.Check();
        w.Refused(FloorCode.TradeBusted, FloorCommands.BustTrade(w.Id(), first));
        w.Refused(FloorCode.TradeUnknown, FloorCommands.BustTrade(w.Id(), first + 1));
        w.Sell(Bob, 5, 20, instrument);
        w.Buy(Ann, 5, 20, instrument);
        if (instrument is Future or Option)
        {
            // Both close, and that is taken back too.
            w.Sell(Ann, 5, 20, instrument, effect: PositionEffect.Close);
            w.Buy(Bob, 5, 20, instrument, effect: PositionEffect.Close);
            Assert.Equal(0, w.Floor.Instrument(instrument)!.OpenInterest);
            w.Ok(FloorCommands.BustTrade(w.Id(), w.Events.Last(e => e.Kind == FloorEventKind.Trade).Trade));
            Assert.Equal(5, w.Floor.Instrument(instrument)!.OpenInterest);
            w.Check();
        }
        w.Now += 2_000;
        w.Refused(FloorCode.TradeTooOld, FloorCommands.BustTrade(w.Id(), w.Events.First(e => e.Kind == FloorEventKind.Trade && e.Trade != first).Trade));
    }

    [Fact]
    public void What_one_side_no_longer_has_cannot_be_busted()
    {
        using var w = new FloorWorld(units: 1_000);
        w.Ok(FloorCommands.UpdateInstrument(w.Id(), Spot, new() { HighestPrice = 10_000, BustMicros = 1_000 }));
        w.Sell(Bob, 5, 20);
        w.Buy(Ann, 5, 20);
        w.Sell(Ann, 15, 90);
        var before = Everything(w);
        w.Refused(FloorCodes.Of(Code.InsufficientBalance), FloorCommands.BustTrade(w.Id(), w.Events.Single(e => e.Kind == FloorEventKind.Trade).Trade));
        Assert.Equal(before, Everything(w));
        w.Check();
    }

    static string Everything(FloorWorld w) => string.Join(" ", w.Core.State.ExportHoldings().Where(h => h.Available != 0 || h.Held != 0).Select(h => $"{h.Account}/{h.Asset}:{h.Available}+{h.Held}").Order(StringComparer.Ordinal));

    [Fact]
    public void A_restart_from_a_checkpoint_is_the_floor_that_never_stopped()
    {
        var folder = Directory.CreateTempSubdirectory("verdigris-floor-");
        try
        {
            using var w = new FloorWorld();
            Fill(w);
            var refused = FloorCommands.NewOrder(w.Id(), Spot, 99, Side.Buy, 1, 20);
            Assert.Equal(FloorCode.TraderUnknown, w.Send(refused).Code);
            w.Ok(FloorCommands.Checkpoint(w.Id()));
            Fill(w);
            byte[] hash = w.Floor.Hash();
            // One floor from the beginning, one from the checkpoint.
            w.Restart();
            Assert.Equal(hash, w.Floor.Hash());
            var disk = new RealDisk();
            var hints = new CheckpointHints(disk, Path.Combine(folder.FullName, "checkpoint"), 7);
            var (batch, sequence, record) = FindCheckpoint(w.Journal);
            hints.Write(new(batch, sequence, RecordCodec.Hash(record).ToArray()));
            var warned = new List<string>();
            var floor = new Floor();
            var core = VenueCore.OpenWith(7, w.Journal, null, warned.Add, floor, hints);
            Assert.Empty(warned);
            Assert.Equal(hash, floor.Hash());
            Assert.Equal(w.Floor.NextEvent, floor.NextEvent);
            Assert.Throws<FloorEventsGoneException>(() => floor.Tape.Subscribe(1, 10));
            // A line from before is known, its answer is not.
            var again = core.ExecuteNotes([refused.ToNote()], w.Now)[0];
            Assert.Equal((true, (ushort)FloorCode.Forgotten), (again.Outcome.Repeated, again.Answer.Code));
            // And they go on alike: ids of orders, trades, holds.
            var more = new[] { FloorCommands.NewOrder(w.Id(), Spot, Dot, Side.Buy, 30, 60), FloorCommands.OpenDay(w.Id()), FloorCommands.NewOrder(w.Id(), Future, Dot, Side.Sell, 3, 60) };
            var one = w.SendAll(more);
            // The journal is shared here: the second process sees what the first one wrote and does it again.
            var second = new Floor();
            VenueCore.OpenWith(7, w.Journal, null, warned.Add, second, hints).Dispose();
            Assert.Equal(w.Floor.Hash(), second.Hash());
            Assert.All(one, a => Assert.Equal(0, a.Answer.Code));
            w.Check();
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    static void Fill(FloorWorld w)
    {
        for (int i = 0; i < 40; i++)
        {
            w.Send(FloorCommands.NewOrder(w.Id(), 1 + i % 5, 1 + i % 4, i % 3 == 0 ? Side.Buy : Side.Sell, 1 + i % 7, 20 + i * 7 % 13, timeInForce: i % 5 == 0 ? TimeInForce.GoodTillDate : TimeInForce.Day, expiresAt: i % 5 == 0 ? w.Now + 1_000_000 : 0,
                display: i % 7 == 6 ? 2 : 0, session: i % 3));
            if (i % 9 == 8) w.Send(FloorCommands.NewOrder(w.Id(), 1, 1 + i % 4, Side.Buy, 2, 45, OrderType.StopLimit, stopPrice: 40));
            if (i % 8 == 7 && w.Floor.OrdersOf(1 + i % 4) is [var o, ..]) w.Send(FloorCommands.Cancel(w.Id(), o.Trader, o.Id));
        }
        w.Ok(FloorCommands.Kill(w.Id(), Cid));
        w.Ok(FloorCommands.Unkill(w.Id(), Cid));
    }

    static (long Batch, long Sequence, byte[] Record) FindCheckpoint(MemoryJournal journal)
    {
        foreach (var record in journal.ReadFrom(1))
        {
            RecordCodec.TryReadHeader(record.Span, out var header);
            var commands = RecordCodec.Commands(record.Span);
            for (int i = 0; i < commands.Length; i++)
                if (commands[i].Operation == Operation.Note && !ProgramWriter.IsDerived(commands[i].Id) && FloorCommand.Of(commands[i]).Kind == FloorKind.Checkpoint) return (header.Batch, header.FirstSequence + i, record.ToArray());
        }
        throw new InvalidOperationException("No checkpoint.");
    }

    [Fact]
    public async Task The_host_answers_tells_and_comes_back_on_real_files()
    {
        var folder = Directory.CreateTempSubdirectory("verdigris-floor-");
        long clock = 1_000_000;
        try
        {
            var options = new VenueOptions { VenueId = 7, DataFolder = folder.FullName, NowMicros = () => Interlocked.Increment(ref clock) };
            byte[] hash;
            FloorEvent[] seen;
            UInt128 id = 10_000;
            var (venue, host) = FloorHost.Open(options);
            await using (venue)
            {
                var w = new FloorWorld(define: false);
                foreach (var batch in w.Batches) await venue.Send(batch.Commands);
                w.Dispose();
                var subscription = host.Subscribe();
                var lines = Definitions.Select(d => FloorCommands.DefineInstrument(++id, d))
                    .Concat(new[] { Ann, Bob }.Select(t => FloorCommands.DefineTrader(++id, TraderOf(t))))
                    .Append(FloorCommands.SetPhase(++id, Spot, BookPhase.Continuous)).ToArray();
                Assert.All(await host.Send(lines), a => Assert.True(a.Accepted));
                var answer = await host.Send(FloorCommands.NewOrder(++id, Spot, Bob, Side.Sell, 3, 10));
                Assert.True(answer.Accepted && answer.Order > 0);
                Assert.Equal(2, (await host.Send(FloorCommands.NewOrder(++id, Spot, Ann, Side.Buy, 2, 10))).Traded);
                Assert.Equal(FloorCode.TraderUnknown, (await host.Send(FloorCommands.NewOrder(++id, Spot, 99, Side.Buy, 2, 10))).Code);
                Assert.True((await host.Send(FloorCommands.OpenDay(++id))).Accepted);
                Assert.Equal(1, host.Read(f => f.Depth(Spot, 1).Asks[0].Quantity));
                hash = host.Read(f => f.Hash());
                var list = new List<FloorEvent>();
                await foreach (var batch in subscription.Batches())
                {
                    list.AddRange(batch);
                    if (list[^1].Kind == FloorEventKind.DayOpened) break;
                }
                seen = [.. list];
                Assert.Equal(Enumerable.Range(1, seen.Length).Select(i => (long)i), seen.Select(e => e.Sequence));
                // Who comes back asks from where it was.
                using var later = host.Subscribe(seen[^3].Sequence);
                await foreach (var batch in later.Batches())
                {
                    Assert.Equal(seen[^3..].Select(e => (e.Sequence, e.Kind, e.Batch)), batch.Select(e => (e.Sequence, e.Kind, e.Batch)));
                    break;
                }
            }
            Assert.True(File.Exists(Path.Combine(folder.FullName, "program", "checkpoint")));
            var (again, restarted) = FloorHost.Open(options);
            await using (again) Assert.Equal(hash, restarted.Read(f => f.Hash()));
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [Fact]
    public async Task A_subscriber_that_does_not_read_is_cut_and_the_others_are_not_held_up()
    {
        using var w = new FloorWorld();
        using var slow = w.Floor.Tape.Subscribe(0, 4);
        for (int i = 0; i < 10; i++) w.Buy(Ann, 1, 5 + i);
        Assert.False(slow.IsOpen);
        var got = new List<FloorEvent>();
        await Assert.ThrowsAsync<FloorSubscriberCutException>(async () =>
        {
            await foreach (var batch in slow.Batches()) got.AddRange(batch);
        });
        Assert.True(got.Count is > 0 and <= 4);
        Assert.Equal(10, w.Events.Count(e => e.Kind == FloorEventKind.OrderAccepted));
        var none = new Floor(new() { KeptEvents = 8 });
        none.Tape.Add();
        none.Tape.Close();
        none.Tape.Publish(1);
        for (int i = 0; i < 20; i++) none.Tape.Add();
        none.Tape.Close();
        none.Tape.Publish(2);
        Assert.Equal(14, Assert.Throws<FloorEventsGoneException>(() => none.Tape.Subscribe(5, 10)).First);
        none.Tape.End();
        await foreach (var _ in none.Tape.Subscribe(0, 10).Batches()) Assert.Fail("nothing more happens");
    }
}
