using NodaTime;
using Verdigris.Primitives;

namespace Verdigris.Market.Tests.Fix;

/// <summary>Orders by FIX, against a small desk.</summary>
public sealed class OrderEntryTests : DeskTalk
{
    [Fact]
    public async Task An_order_is_acknowledged_and_its_trades_are_told_to_both_sides()
    {
        var (alice, bob) = (await Joined(Alice, 1, "T1"), await Joined(Bob, 2, "T2"));
        await bob.Say(New("S1", '2', "100", "71.20"));
        Assert.Equal([$"35=8|1=T2|6=0|11=S1|14=0|17=1|37=1000|38=100|39=0|40=2|44=71.20|54=2|55=EUA-SPOT|59=0|150=0|151=100"], await bob.Hear());
        await alice.Say(New("B1", '1', "150", "71.25"));
        Assert.Equal(
        [
            "35=8|1=T1|6=0|11=B1|14=0|17=2|37=1001|38=150|39=0|40=2|44=71.25|54=1|55=EUA-SPOT|59=0|150=0|151=150",
            "35=8|1=T1|6=71.20|11=B1|14=100|17=1.1001|31=71.20|32=100|37=1001|38=150|39=1|40=2|44=71.25|54=1|55=EUA-SPOT|59=0|150=F|151=50",
        ], await alice.Hear());
        Assert.Equal(["35=8|1=T2|6=71.20|11=S1|14=100|17=1.1000|31=71.20|32=100|37=1000|38=100|39=2|40=2|44=71.20|54=2|55=EUA-SPOT|59=0|150=F|151=0"], await bob.Hear());
    }

    [Theory]
    [InlineData("35=D|11=X|38=1|40=2|44=71|54=1|60=NOW|", "35=j|45=2|58=Conditionally required field missing (55)|372=D|379=X|380=5")]
    [InlineData("35=D|11=X|40=2|44=71|54=1|55=EUA-SPOT|60=NOW|", "35=j|45=2|58=Conditionally required field missing (38)|372=D|379=X|380=5")]
    [InlineData("35=D|11=X|38=1|40=2|54=1|55=EUA-SPOT|60=NOW|", "35=j|45=2|58=Conditionally required field missing (44)|372=D|379=X|380=5")]
    [InlineData("35=D|11=X|38=1|40=3|54=1|55=EUA-SPOT|60=NOW|", "35=j|45=2|58=Conditionally required field missing (99)|372=D|379=X|380=5")]
    [InlineData("35=D|11=X|38=1|40=2|44=71|54=1|55=EUA-SPOT|59=6|60=NOW|", "35=j|45=2|58=Conditionally required field missing (126)|372=D|379=X|380=5")]
    [InlineData("35=D|11=X|38=1|40=P|54=1|55=EUA-SPOT|60=NOW|", "OrdType is 1, 2, 3, 4 or K|103=11")]
    [InlineData("35=D|11=X|38=1|40=1|54=5|55=EUA-SPOT|60=NOW|", "Side is buy or sell|103=11")]
    [InlineData("35=D|11=X|38=1|40=1|54=1|55=EUA-SPOT|59=7|60=NOW|", "TimeInForce is 0, 1, 3, 4 or 6|103=11")]
    [InlineData("35=D|11=X|18=G|38=1|40=1|54=1|55=EUA-SPOT|60=NOW|", "ExecInst is 6 (do not initiate) or none|103=11")]
    [InlineData("35=D|11=X|38=1|40=2|44=71|54=1|55=UKA|60=NOW|", "Instrument unknown|103=1")]
    [InlineData("35=D|1=T9|11=X|38=1|40=2|44=71|54=1|55=EUA-SPOT|60=NOW|", "Trader unknown|103=15")]
    [InlineData("35=D|11=X|38=0|40=2|44=71|54=1|55=EUA-SPOT|60=NOW|", "Quantity invalid|103=13")]
    [InlineData("35=D|11=X|38=1|40=2|44=1001|54=1|55=EUA-SPOT|60=NOW|", "Price outside limits|103=99")]
    public async Task An_order_that_is_not_taken_says_why(string order, string answer)
    {
        var alice = await Joined(Alice, 1, "T1");
        await alice.Say(order);
        var heard = Assert.Single(await alice.Hear());
        if (answer.StartsWith("35=", StringComparison.Ordinal)) Assert.Equal(answer, heard);
        else Assert.Contains($"|39=8|54={order[order.IndexOf("54=", StringComparison.Ordinal) + 3]}|55={(order.Contains("UKA", StringComparison.Ordinal) ? "UKA" : "EUA-SPOT")}|58={answer}|150=8|151=0", heard);
        Assert.Equal(0, desk.Entered);
    }

    [Fact]
    public async Task A_ClOrdID_is_used_once_a_day_and_an_order_that_may_be_a_repeat_is_answered_with_how_it_stands()
    {
        var alice = await Joined(Alice, 1, "T1");
        await alice.Say(New("A", '1', "5", "70"));
        await alice.Hear();
        await alice.Say(New("A", '1', "5", "70"));
        Assert.Contains("|39=8|54=1|55=EUA-SPOT|58=ClOrdID was used before|103=6|150=8|", Assert.Single(await alice.Hear()));
        await alice.Say("35=D|97=Y|" + New("A", '1', "5", "70")["35=D|".Length..]);
        Assert.Equal("35=8|1=T1|6=0|11=A|14=0|17=0|37=1000|38=5|39=0|40=2|44=70|54=1|55=EUA-SPOT|59=0|150=I|151=5", Assert.Single(await alice.Hear()));
        await alice.Say("35=D|97=Y|" + New("B", '1', "5", "70")["35=D|".Length..]);
        Assert.Contains("|11=B|", Assert.Single(await alice.Hear()));
        Assert.Equal(2, desk.Entered);
        clock.Now += Duration.FromDays(1);
        await alice.Say(New("A", '1', "5", "70"));
        Assert.Contains("|150=0|", Assert.Single(await alice.Hear()));
    }

    [Fact]
    public async Task An_order_whose_answer_was_lost_is_not_doubled_when_it_comes_again()
    {
        var alice = await Joined(Alice, 1, "T1");
        var order = "35=D|34=2|" + New("A", '1', "5", "70")["35=D|".Length..];
        await alice.Talk.Session.Receive(Wire.Frame(order.Replace("NOW", "20260302-08:00:00", StringComparison.Ordinal).Replace("35=D|", "35=D|49=MEMBER|56=VERDIGRIS|52=20260302-08:00:00|", StringComparison.Ordinal)), default);
        // The server falls before it has settled: nothing of the step is durable here, but the desk has the order.
        await alice.Talk.Logon("35=A|34=3|98=0|108=30");
        await alice.Talk.Say(order.Replace("34=2|", "34=2|43=Y|122=20260302-08:00:00|", StringComparison.Ordinal));
        Assert.Equal(1, desk.Entered);
        var heard = await alice.Hear();
        Assert.Equal(["35=A|98=0|108=30", "35=2|7=2|16=0"], heard[..2]);
        Assert.Contains("|150=I|151=5", heard[2]);
        Assert.Contains("|150=0|151=5", heard[3]);
    }

    [Fact]
    public async Task An_order_is_changed_and_cancelled_by_its_last_name()
    {
        var alice = await Joined(Alice, 1, "T1");
        await alice.Say(New("A", '1', "5", "70"), $"35=G|11=B|38=8|40=2|41=A|44=71|54=1|55={SmallDesk.Symbol}|60=NOW|", $"35=F|11=C|41=B|54=1|55={SmallDesk.Symbol}|60=NOW|");
        Assert.Equal(
        [
            "35=8|1=T1|6=0|11=A|14=0|17=1|37=1000|38=5|39=0|40=2|44=70|54=1|55=EUA-SPOT|59=0|150=0|151=5",
            "35=8|1=T1|6=0|11=B|14=0|17=2|37=1000|38=8|39=0|40=2|41=A|44=71|54=1|55=EUA-SPOT|59=0|150=5|151=8",
            "35=8|1=T1|6=0|11=C|14=0|17=3|37=1000|38=8|39=4|40=2|41=B|44=71|54=1|55=EUA-SPOT|59=0|150=4|151=0",
        ], await alice.Hear());
        await alice.Say($"35=F|11=D|41=B|54=1|55={SmallDesk.Symbol}|60=NOW|", $"35=F|11=E|41=A|54=1|55={SmallDesk.Symbol}|60=NOW|", $"35=G|11=F|38=1|40=2|41=nothing|54=1|55={SmallDesk.Symbol}|60=NOW|");
        Assert.Equal(
        [
            "35=9|1=T1|11=D|37=1000|39=4|41=B|58=The order has ended|102=0|434=1",
            "35=9|11=E|37=NONE|39=8|41=A|58=No such order|102=1|434=1",
            "35=9|11=F|37=NONE|39=8|41=nothing|58=No such order|102=1|434=2",
        ], await alice.Hear());
    }

    [Fact]
    public async Task What_a_change_says_of_its_order_goes_to_the_desk_with_it_and_nothing_is_left_out_silently()
    {
        var alice = await Joined(Alice, 1, "T1");
        await alice.Say(New("A", '1', "5", "70"));
        await alice.Hear();
        await alice.Say("35=G|11=B|1=T1|38=5|40=4|41=A|44=69|99=68.50|54=1|55=EUA-SPOT|59=6|126=20260303-10:00:00|111=2|77=C|60=NOW|");
        var asked = desk.Changed!;
        Assert.Equal((5m, 69m, 68.50m), (asked.Quantity, asked.Price, asked.StopPrice));
        Assert.Equal(new("T1", "EUA-SPOT", Verdigris.Book.Side.Buy, Verdigris.Book.OrderType.StopLimit, Verdigris.Book.TimeInForce.GoodTillDate, Verdigris.Book.PositionEffect.Close, 2m, Instant.FromUtc(2026, 3, 3, 10, 0)), asked.Stated);
        await alice.Hear();
        // What the desk says of it is told in its words; what cannot be read is not sent on.
        await alice.Say("35=G|11=C|38=6|40=2|41=B|44=69|54=2|55=EUA-SPOT|60=NOW|", "35=G|11=D|38=6|40=P|41=B|44=69|54=1|55=EUA-SPOT|60=NOW|");
        var heard = await alice.Hear();
        Assert.Contains("|41=B|58=Another side|102=99|434=2", heard[0]);
        Assert.Contains("|41=B|58=OrdType is 1, 2, 3, 4 or K|102=99|434=2", heard[1]);
    }

    [Fact]
    public async Task A_change_or_a_cancellation_that_may_be_a_repeat_is_answered_with_how_its_order_stands()
    {
        var alice = await Joined(Alice, 1, "T1");
        const string change = "11=B|38=8|40=2|41=A|44=71|54=1|55=EUA-SPOT|60=NOW|", cancel = "11=C|41=B|54=1|55=EUA-SPOT|60=NOW|";
        await alice.Say(New("A", '1', "5", "70"), "35=G|" + change);
        await alice.Hear();
        // Its order goes by the new name since: sent again it is neither unknown nor done twice.
        await alice.Say("35=G|97=Y|" + change);
        Assert.Equal("35=8|1=T1|6=0|11=B|14=0|17=0|37=1000|38=8|39=0|40=2|44=71|54=1|55=EUA-SPOT|59=0|150=I|151=8", Assert.Single(await alice.Hear()));
        await alice.Say("35=F|" + cancel);
        await alice.Hear();
        await alice.Say("35=F|97=Y|" + cancel);
        Assert.Equal("35=8|1=T1|6=0|11=C|14=0|17=0|37=1000|38=8|39=4|40=2|44=71|54=1|55=EUA-SPOT|59=0|150=I|151=0", Assert.Single(await alice.Hear()));
    }

    [Fact]
    public async Task A_mass_cancel_of_a_side_nobody_knows_cancels_nothing()
    {
        var alice = await Joined(Alice, 1, "T1");
        await alice.Say(New("A", '1', "5", "70"), New("B", '2', "5", "80"));
        await alice.Hear();
        await alice.Say("35=q|11=Q|530=7|54=5|60=NOW|");
        Assert.EndsWith("|54=5|58=Side is buy or sell|530=7|531=0|532=99|533=0", Assert.Single(await alice.Hear()));
        Assert.Equal(2, (await desk.Live(Alice, 1, null, default)).Count);
    }

    [Fact]
    public async Task A_change_right_behind_its_order_does_not_wait_for_the_desks_record_of_it()
    {
        var alice = await Joined(Alice, 1, "T1");
        desk.Behind = 3;
        await alice.Say(New("A", '1', "5", "70"), "35=H|11=A|54=1|55=EUA-SPOT|", $"35=G|11=B|38=8|40=2|41=A|44=71|54=1|55={SmallDesk.Symbol}|60=NOW|", $"35=F|11=C|41=B|54=1|55={SmallDesk.Symbol}|60=NOW|");
        var heard = await alice.Hear();
        Assert.Equal(["I", "0", "5", "4"], heard.Select(m => m.Split('|').Single(f => f.StartsWith("150=", StringComparison.Ordinal))[4..]));
    }

    [Fact]
    public async Task What_the_desk_refuses_of_a_change_leaves_the_order()
    {
        var (alice, bob) = (await Joined(Alice, 1, "T1"), await Joined(Bob, 2, "T2"));
        await alice.Say(New("A", '1', "5", "70"));
        await bob.Say(New("S", '2', "3", "70"));
        await alice.Hear();
        await alice.Say($"35=G|11=B|38=3|40=2|41=A|44=71|54=1|55={SmallDesk.Symbol}|60=NOW|", $"35=H|11=A|54=1|55={SmallDesk.Symbol}|");
        Assert.Equal(
        [
            "35=9|1=T1|11=B|37=1000|39=1|41=A|58=Quantity done|102=99|434=2",
            "35=8|1=T1|6=70|11=A|14=3|17=0|37=1000|38=5|39=1|40=2|44=70|54=1|55=EUA-SPOT|59=0|150=I|151=2",
        ], await alice.Hear());
    }

    [Fact]
    public async Task A_member_asks_for_the_state_of_one_order_and_of_all()
    {
        var (alice, bob) = (await Joined(Alice, 1, "T1"), await Joined(Bob, 2, "T2"));
        await alice.Say(New("A", '1', "5", "70"), New("B", '1', "6", "69"));
        await alice.Hear();
        await alice.Say("35=AF|584=M1|585=7|");
        var all = await alice.Hear();
        Assert.Equal(2, all.Length);
        Assert.EndsWith("|11=A|14=0|17=0|37=1000|38=5|39=0|40=2|44=70|54=1|55=EUA-SPOT|59=0|150=I|151=5|584=M1|911=2|912=N", all[0]);
        Assert.EndsWith("|584=M1|911=2|912=Y", all[1]);
        await alice.Say("35=AF|584=M2|585=8|", "35=H|11=Z|54=2|55=EUA-SPOT|");
        Assert.Equal(["35=j|45=5|58=MassStatusReqType is 1 (an instrument) or 7 (all)|372=AF|379=M2|380=3", "35=8|6=0|11=Z|14=0|17=0|37=NONE|39=8|54=2|55=EUA-SPOT|58=No such order|103=5|150=I|151=0"], await alice.Hear());
        // Who asks right behind an order asks about that order.
        var slow = new TaskCompletionSource();
        desk.Slow = slow.Task;
        var said = alice.Say(New("C", '2', "1", "99"), "35=H|11=C|54=2|55=EUA-SPOT|");
        slow.SetResult();
        await said;
        Assert.Contains("|11=C|14=0|17=0|37=1002|38=1|39=0|40=2|44=99|54=2|55=EUA-SPOT|59=0|150=I|", (await alice.Hear())[0]);
        await bob.Say("35=AF|584=M3|585=1|55=EUA-SPOT|", $"35=H|11=A|54=1|55={SmallDesk.Symbol}|"); // a name of another session is nobody's
        Assert.Equal(["35=8|6=0|14=0|17=0|37=NONE|39=8|54=7|55=EUA-SPOT|58=No such order|103=5|150=I|151=0|584=M3|911=0|912=Y", "35=8|6=0|11=A|14=0|17=0|37=NONE|39=8|54=1|55=EUA-SPOT|58=No such order|103=5|150=I|151=0"], await bob.Hear());
    }

    [Fact]
    public async Task All_orders_of_a_session_or_of_one_side_are_cancelled_at_once()
    {
        var alice = await Joined(Alice, 1, "T1");
        await alice.Say(New("A", '1', "5", "70"), New("B", '1', "6", "69"), New("C", '2', "7", "80"));
        await alice.Hear();
        await alice.Say("35=q|11=Q1|530=1|55=EUA-SPOT|54=2|60=NOW|", "35=q|11=Q2|530=7|60=NOW|", "35=q|11=Q3|530=5|60=NOW|");
        var heard = await alice.Hear();
        Assert.Equal(6, heard.Length);
        Assert.Matches("^35=r\\|11=Q1\\|37=M[0-9a-f]+\\|54=2\\|55=EUA-SPOT\\|530=1\\|531=1\\|533=1$", heard[0]);
        Assert.Matches("^35=r\\|11=Q2\\|37=M[0-9a-f]+\\|530=7\\|531=7\\|533=2$", heard[1]);
        Assert.EndsWith("|530=5|531=0|532=0|533=0", heard[2]);
        Assert.All(heard[3..], m => Assert.Contains("|39=4|", m));
        Assert.All(heard[3..], m => Assert.Contains("|58=Mass cancelled|", m));
    }

    [Fact]
    public async Task Orders_are_cancelled_when_the_connection_ends_where_that_is_agreed()
    {
        var (alice, bob) = (await Joined(Alice, 1, "T1", cancelOnDisconnect: true), await Joined(Bob, 2, "T2"));
        await alice.Say(New("A", '1', "5", "70"));
        await bob.Say(New("B", '1', "5", "70"));
        await alice.Talk.Session.End(default);
        await bob.Talk.Session.End(default);
        Assert.Empty(await desk.Live(Alice, 1, null, default));
        Assert.Single(await desk.Live(Bob, 2, null, default));
        await alice.Hear(); // has numbers, waits
        await alice.Talk.Logon("35=A|34=3|98=0|108=30");
        await alice.Talk.Say("35=2|34=4|7=1|16=0");
        var heard = await alice.Hear();
        Assert.Equal(["35=A|98=0|108=30", "35=4|43=Y|36=2|123=Y"], heard[..2]);
        Assert.Contains("|150=0|", heard[2]);
        Assert.Contains("|58=Mass cancelled|", heard[3]);
        Assert.Equal("35=4|43=Y|36=5|123=Y", heard[4]);
    }

    [Fact]
    public async Task A_drop_copy_hears_of_every_order_of_its_organisation_and_enters_none()
    {
        var (alice, copy, other) = (await Joined(Alice, 1, "T1"), await Joined(Alice, 3, "T1", dropCopy: true), await Joined(Bob, 4, "T2", dropCopy: true));
        await alice.Say(New("A", '1', "5", "70"));
        Assert.Contains("|11=A|", Assert.Single(await copy.Hear()));
        Assert.Empty(await other.Hear());
        await copy.Say(New("B", '1', "5", "70"));
        Assert.Equal("35=j|45=2|58=A drop copy session enters nothing|372=D|379=B|380=6", Assert.Single(await copy.Hear()));
    }

    [Fact]
    public async Task Who_has_no_right_to_trade_is_told_so()
    {
        var reader = await Joined(Alice with { Roles = new HashSet<string> { Role.Reader } }, 1, "T1");
        await reader.Say(New("A", '1', "5", "70"));
        Assert.Equal("35=j|45=2|58=The client has no right to trade|372=D|379=A|380=6", Assert.Single(await reader.Hear()));
    }

    [Fact]
    public async Task Requests_reach_the_desk_in_the_order_they_came()
    {
        var alice = await Joined(Alice, 1, "T1");
        var slow = new TaskCompletionSource();
        desk.Slow = slow.Task;
        var said = alice.Say([.. Enumerable.Range(0, 300).Select(i => New($"O{i}", '1', "1", "70"))]);
        for (var i = 0; desk.Entered < 300 && i < 500; i++) await Task.Delay(10);
        Assert.Equal(300, desk.Entered); // none waits for another's answer
        slow.SetResult();
        await said;
        Assert.Equal(Enumerable.Range(0, 300).Select(i => $"O{i}"), (await alice.Hear()).Select(m => m.Split('|').Single(f => f.StartsWith("11=", StringComparison.Ordinal))[3..]));
    }
}
