using Verdigris.Book;

namespace Verdigris.Market.Tests.Fix;

/// <summary>Prices, trades, phases and instruments by FIX, against a small desk.</summary>
public sealed class MarketTalkTests : DeskTalk
{
    [Fact]
    public async Task Prices_are_told_as_a_snapshot_and_then_level_by_level()
    {
        var (alice, bob) = (await Joined(Alice, 1, "T1"), await Joined(Bob, 2, "T2"));
        await bob.Say(New("S1", '2', "100", "71.20"), New("S2", '2', "50", "71.30"));
        await alice.Say("35=V|262=P|263=1|264=0|265=1|267=3|269=0|269=1|269=2|146=1|55=EUA-SPOT|");
        await Until(alice, 1, "35=W|55=EUA-SPOT|262=P|268=2|269=1|270=71.20|271=100|346=1|290=1|269=1|270=71.30|271=50|346=1|290=2");
        await bob.Say(New("B1", '1', "130", "71.30"));
        await Until(alice, 1, "35=X|262=P|268=4|279=2|269=1|55=EUA-SPOT|270=71.20|279=1|269=1|55=EUA-SPOT|270=71.30|271=20|346=1|279=0|269=2|278=1|55=EUA-SPOT|270=71.20|271=100|272=20260302|273=08:00:00.000|279=0|269=2|278=2|55=EUA-SPOT|270=71.30|271=30|272=20260302|273=08:00:00.000");
        await alice.Say("35=V|262=P|263=1|264=1|267=1|269=0|146=1|55=EUA-SPOT|", "35=V|262=Q|263=0|264=51|267=1|269=0|146=1|55=EUA-SPOT|", "35=V|262=Q|263=0|264=1|267=1|269=4|146=1|55=EUA-SPOT|", "35=V|262=Q|263=0|264=1|267=1|269=0|146=1|55=UKA|");
        Assert.Equal(["281=1", "281=5", "281=8", "281=0"], (await alice.Hear()).Select(m => m[^5..]));
        await alice.Say("35=V|262=P|263=2|264=0|267=1|269=0|146=1|55=EUA-SPOT|", "35=V|262=R|263=0|264=1|267=1|269=1|146=1|55=EUA-SPOT|");
        await Until(alice, 1, "35=W|55=EUA-SPOT|262=R|268=1|269=1|270=71.30|271=20|346=1|290=1");
        await bob.Say(New("S3", '2', "1", "71.25"));
        Assert.Empty(await alice.Hear());
    }

    [Fact]
    public async Task A_trade_that_was_taken_back_is_told_to_who_was_told_of_it_and_to_nobody_else()
    {
        var (alice, carol, bob) = (await Joined(Alice, 1, "T1"), await Joined(Alice, 3, "T1"), await Joined(Bob, 2, "T2"));
        await bob.Say(New("L", '1', "1", "60"), New("S1", '2', "100", "71.20"), New("B1", '1', "10", "71.20"), New("B2", '1', "20", "71.20"));
        await alice.Say("35=V|262=P|263=1|264=0|265=1|267=1|269=2|146=1|55=EUA-SPOT|");
        await Until(alice, 1, "35=W|55=EUA-SPOT|262=P|268=1|269=2|270=71.20|271=20|272=20260302|273=08:00:00.000|58=Trade 2");
        await alice.Say("35=V|262=Q|263=1|264=0|265=1|267=1|269=0|146=1|55=EUA-SPOT|");
        await Until(alice, 1, "35=W|55=EUA-SPOT|262=Q|268=1|269=0|270=60|271=1|346=1|290=1");
        await carol.Say("35=V|262=F|263=1|264=0|265=0|267=2|269=0|269=2|146=1|55=EUA-SPOT|");
        await Until(carol, 1, "35=W|55=EUA-SPOT|262=F|268=2|269=0|270=60|271=1|346=1|290=1|269=2|270=71.20|271=20|272=20260302|273=08:00:00.000|58=Trade 2");
        // The first was over before they came: nobody told them.
        desk.TakeBack(1);
        await Until(carol, 1, "35=W|55=EUA-SPOT|262=F|268=1|269=0|270=60|271=1|346=1|290=1");
        Assert.Empty(await alice.Hear());
        desk.TakeBack(2);
        await Until(alice, 1, "35=X|262=P|268=1|279=2|269=2|278=2|55=EUA-SPOT|270=71.20|271=20|272=20260302|273=08:00:00.000");
        // A snapshot has no word for it: who hears only those is told by an increment all the same.
        await Until(carol, 2, "35=X|262=F|268=1|279=2|269=2|278=2|55=EUA-SPOT|270=71.20|271=20|272=20260302|273=08:00:00.000", "35=W|55=EUA-SPOT|262=F|268=1|269=0|270=60|271=1|346=1|290=1");
        // Once.
        await bob.Say(New("B3", '1', "5", "71.20"));
        await Until(alice, 1, "35=X|262=P|268=1|279=0|269=2|278=3|55=EUA-SPOT|270=71.20|271=5|272=20260302|273=08:00:00.000");
        Assert.Empty(await alice.Hear());
    }

    [Fact]
    public async Task What_was_agreed_outside_the_book_is_marked_wherever_it_is_told()
    {
        var (alice, bob) = (await Joined(Alice, 1, "T1"), await Joined(Bob, 2, "T2"));
        desk.Agree(5000, 71m, "block");
        await alice.Say("35=V|262=P|263=1|264=0|265=1|267=1|269=2|146=1|55=EUA-SPOT|");
        await Until(alice, 1, "35=W|55=EUA-SPOT|262=P|268=1|269=2|270=71|271=5000|272=20260302|273=08:00:00.000|275=XOFF|58=Trade 1, block");
        desk.Agree(7000, 72m, "exchange-for-physical");
        await Until(alice, 1, "35=X|262=P|268=1|279=0|269=2|278=2|55=EUA-SPOT|270=72|271=7000|272=20260302|273=08:00:00.000|275=XOFF|58=exchange-for-physical");
        await bob.Say(New("S1", '2', "100", "71.20"), New("B1", '1', "100", "71.20"));
        await Until(alice, 1, "35=X|262=P|268=1|279=0|269=2|278=3|55=EUA-SPOT|270=71.20|271=100|272=20260302|273=08:00:00.000");
        desk.TakeBack(2);
        await Until(alice, 1, "35=X|262=P|268=1|279=2|269=2|278=2|55=EUA-SPOT|270=72|271=7000|272=20260302|273=08:00:00.000|275=XOFF|58=exchange-for-physical");
    }

    [Fact]
    public async Task Changes_of_the_phase_are_told_once_each_until_nobody_wants_them()
    {
        var alice = await Joined(Alice, 1, "T1");
        await alice.Say("35=g|335=T|263=1|");
        await Until(alice, 3, "35=h|335=T|336=EUA-SPOT|340=2", "35=h|335=T|336=EUA-DEC26|340=4", "35=h|335=T|336=EUA-DEC26-P80|340=3");
        await alice.Say("35=g|335=S|336=EUA-DEC26|263=1|");
        await Until(alice, 1, "35=h|335=S|336=EUA-DEC26|340=4");
        desk.Turn(SmallDesk.Symbol, BookPhase.Halt);
        await Until(alice, 1, "35=h|325=Y|335=T|336=EUA-SPOT|340=1");
        // Another phase, and the same status.
        desk.Turn(SmallDesk.Symbol, BookPhase.Interruption);
        Assert.Empty(await alice.Hear());
        await alice.Say("35=g|335=S|263=1|", "35=g|335=U|336=UKA|263=1|");
        await Until(alice, 2, "35=h|58=TradSesReqID is in use|335=S|336=NONE|340=6|567=99", "35=h|58=No such trading session|335=U|336=UKA|340=6|567=1");
        await alice.Say("35=g|335=T|263=2|");
        desk.Turn("EUA-DEC26", BookPhase.Continuous);
        await Until(alice, 1, "35=h|325=Y|335=S|336=EUA-DEC26|340=2");
        Assert.Empty(await alice.Hear());
        // The desk fails: what changed meanwhile is told all the same, and nothing that was told.
        desk.Breaks = 1;
        desk.Turn("EUA-DEC26", BookPhase.ClosingAuction);
        await Until(alice, 1, "35=h|325=Y|335=S|336=EUA-DEC26|340=5");
        Assert.Equal(0, desk.Breaks);
        // The connection ends.
        await alice.Orders.Gone(default);
        desk.Turn("EUA-DEC26", BookPhase.Closed);
        Assert.Empty(await alice.Hear());
    }

    [Fact]
    public async Task Prices_and_phases_together_are_subscribed_at_most_200_times()
    {
        var alice = await Joined(Alice, 1, "T1");
        await alice.Say("35=V|262=P|263=1|264=0|265=1|267=1|269=0|146=1|55=EUA-SPOT|");
        await Until(alice, 1, "35=W|55=EUA-SPOT|262=P|268=0");
        for (var i = 1; i < 200; i++)
        {
            await alice.Say($"35=g|335=T{i}|336=EUA-SPOT|263=1|");
            Assert.Equal($"35=h|335=T{i}|336=EUA-SPOT|340=2", alice.Talk.Hear() is var heard ? string.Join('|', heard.Split('|').Where(f => !f.StartsWith("34=", StringComparison.Ordinal))) : "");
        }
        await alice.Say("35=g|335=X|336=EUA-SPOT|263=1|", "35=V|262=Q|263=1|264=0|265=1|267=1|269=0|146=1|55=EUA-SPOT|");
        await Until(alice, 2, "35=h|58=At most 200 subscriptions|335=X|336=EUA-SPOT|340=6|567=99", "35=Y|58=At most 200 subscriptions|262=Q|281=4");
        // One less, and there is room.
        await alice.Say("35=g|335=T7|263=2|", "35=g|335=X|336=EUA-SPOT|263=1|");
        await Until(alice, 1, "35=h|335=X|336=EUA-SPOT|340=2");
    }

    [Fact]
    public async Task What_is_traded_and_when_is_told_on_request()
    {
        var alice = await Joined(Alice, 1, "T1");
        await alice.Say("35=x|320=L|559=4|", "35=x|320=M|559=0|55=EUA-SPOT|", "35=x|320=N|559=1|167=OPT|", "35=x|320=O|559=1|167=CS|", "35=c|320=F|321=0|55=EUA-DEC26-P80|", "35=c|320=D|321=0|55=EUA-DEC26|", "35=c|320=E|321=0|55=UKA|", "35=g|335=T|263=0|", "35=g|335=U|336=UKA|263=0|");
        Assert.Equal(
        [
            "35=y|320=L|322=L.1|393=3|560=0|893=Y|146=3|55=EUA-SPOT|107=EU allowances, spot|15=EUR|561=1|58=Tick 0.01|55=EUA-DEC26|167=FUT|541=20261214|107=EU allowances, December 2026 future|15=EUR|561=1000|58=Tick 0.01|55=EUA-DEC26-P80|461=OPXXXX|167=OPT|541=20261209|202=80|107=EU allowances, option|15=EUR|561=1000|58=Tick 0.01",
            "35=y|320=M|322=M.1|393=1|560=0|893=Y|146=1|55=EUA-SPOT|107=EU allowances, spot|15=EUR|561=1|58=Tick 0.01",
            "35=y|320=N|322=N.1|393=1|560=0|893=Y|146=1|55=EUA-DEC26-P80|461=OPXXXX|167=OPT|541=20261209|202=80|107=EU allowances, option|15=EUR|561=1000|58=Tick 0.01",
            "35=y|320=O|322=O.1|393=0|560=2|893=Y",
            "35=d|15=EUR|55=EUA-DEC26-P80|58=Tick 0.01|107=EU allowances, option|167=OPT|202=80|320=F|322=F.1|323=1|461=OPXXXX|541=20261209|561=1000",
            "35=d|15=EUR|55=EUA-DEC26|58=Tick 0.01|107=EU allowances, December 2026 future|167=FUT|320=D|322=D.1|323=1|541=20261214|561=1000",
            "35=d|55=UKA|58=No such instrument|320=E|322=E.1|323=5",
            "35=h|335=T|336=EUA-SPOT|340=2",
            "35=h|335=T|336=EUA-DEC26|340=4",
            "35=h|335=T|336=EUA-DEC26-P80|340=3",
            "35=h|58=No such trading session|335=U|336=UKA|340=6|567=1",
        ], await alice.Hear());
    }
}
