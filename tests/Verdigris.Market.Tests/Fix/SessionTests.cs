using NodaTime;
using Verdigris.Market.Fix;

namespace Verdigris.Market.Tests.Fix;

/// <summary>The session's rules (FIX 4.4 volume 2), as conversations. The application sends orders back.</summary>
public sealed class SessionTests
{
    const string Order = "11=A|40=2|44=71|54=1|55=EUA|60=NOW|";
    const string Echo = "11=A|40=2|44=71|54=1|55=EUA|60=20260302-08:00:00.000";

    [Fact]
    public async Task A_logon_is_answered_with_its_own_terms()
    {
        var talk = new Talk();
        await talk.Logon("35=A|34=1|98=0|108=17");
        Assert.Equal(["35=A|34=1|98=0|108=17"], talk.HearAll());
        Assert.True(talk.Session.LoggedOn);
        Assert.Equal(new FixNumbers(2, 2, 0), await talk.Store.Load(default));
    }

    [Theory]
    [InlineData("35=0|34=1", "no valid logon")]
    [InlineData("35=A|34=1|98=0|108=30|49=SOMEBODY", "no valid logon")]
    [InlineData("35=A|34=1|98=0|108=30|52=20260302-07:57:59", "no valid logon")]
    [InlineData("8=FIX.4.2|35=A|34=1|98=0|108=30", "no valid logon")]
    [InlineData("35=A|34=1|98=0", "no valid logon")]
    [InlineData("35=A|98=0|108=30", "no valid logon")]
    public async Task What_is_no_logon_for_this_session_is_answered_by_closing(string message, string why)
    {
        var talk = new Talk();
        await talk.Logon(message);
        Assert.Equal((why, ""), (talk.Closed, talk.Hear()));
        Assert.False(talk.Session.LoggedOn);
    }

    [Theory]
    [InlineData("35=A|34=1|98=0|108=0", "35=5|34=1|58=HeartBtInt is 1 to 300")]
    [InlineData("35=A|34=1|98=0|108=301", "35=5|34=1|58=HeartBtInt is 1 to 300")]
    [InlineData("35=A|34=1|98=2|108=30", "35=5|34=1|58=EncryptMethod is 0")]
    public async Task Terms_that_are_not_offered_are_named_in_a_logout(string logon, string answer)
    {
        var talk = new Talk();
        await talk.Logon(logon);
        Assert.Equal(answer, talk.Hear());
        Assert.NotNull(talk.Closed);
    }

    [Fact]
    public async Task A_session_goes_on_where_it_was_when_the_connection_broke()
    {
        var talk = await Talk.LoggedOn();
        await talk.Say($"35=D|34=2|{Order}");
        await talk.Session.End(default);
        await talk.Logon("35=A|34=3|98=0|108=30");
        Assert.Equal(["35=A|34=3|98=0|108=30"], talk.HearAll());
        Assert.Equal(new FixNumbers(4, 4, 0), talk.Session.Numbers);
    }

    [Fact]
    public async Task A_logon_with_a_number_of_the_past_is_refused_and_says_which_was_expected()
    {
        var talk = await Talk.LoggedOn();
        await talk.Say("35=0|34=2");
        await talk.Session.End(default);
        await talk.Logon("35=A|34=2|98=0|108=30");
        Assert.Equal("35=5|34=2|58=MsgSeqNum too low, expecting 3 but received 2", talk.Hear());
        Assert.NotNull(talk.Closed);
    }

    [Fact]
    public async Task Both_orders_begin_anew_when_a_logon_asks_for_it()
    {
        var talk = await Talk.LoggedOn();
        await talk.Say($"35=D|34=2|{Order}", "35=0|34=3");
        await talk.Session.End(default);
        talk.HearAll();
        await talk.Logon("35=A|34=1|98=0|108=30|141=Y");
        Assert.Equal("35=A|34=1|98=0|108=30|141=Y", talk.Hear());
        await talk.Say("35=2|34=2|7=1|16=0");
        Assert.Equal(["35=4|34=1|43=Y|36=2|123=Y"], talk.HearAll()); // the order of before is forgotten
    }

    [Fact]
    public async Task A_gap_is_asked_for_once_and_what_came_ahead_is_taken_in_order()
    {
        var talk = await Talk.LoggedOn();
        await talk.Say("35=1|34=4|112=C", "35=1|34=5|112=D", "35=1|34=6|112=E");
        Assert.Equal(["35=2|34=2|7=2|16=0"], talk.HearAll());
        await talk.Say("35=1|34=2|43=Y|122=NOW|112=A");
        Assert.Equal(["35=0|34=3|112=A"], talk.HearAll());
        await talk.Say("35=4|34=3|43=Y|122=NOW|36=4|123=Y");
        Assert.Equal(["35=0|34=4|112=C", "35=0|34=5|112=D", "35=0|34=6|112=E"], talk.HearAll());
        Assert.Equal(7, talk.Session.Numbers.NextIn);
    }

    [Fact]
    public async Task A_resend_request_ahead_of_a_gap_is_answered_at_once_and_not_asked_for_again()
    {
        var talk = await Talk.LoggedOn();
        await talk.Say($"35=D|34=2|{Order}", "35=2|34=4|7=2|16=2");
        Assert.Equal(["35=D|34=2|" + Echo, "35=D|34=2|43=Y|" + Echo], talk.HearAll());
        await talk.Say("35=0|34=3", "35=1|34=5|112=A");
        Assert.Equal(["35=0|34=3|112=A"], talk.HearAll());
    }

    [Fact]
    public async Task What_was_sent_is_sent_again_as_a_repeat_and_the_sessions_own_messages_are_passed_over()
    {
        var talk = await Talk.LoggedOn();
        await talk.Say("35=1|34=2|112=A", $"35=D|34=3|{Order}", "35=1|34=4|112=B", "35=1|34=5|112=C", $"35=D|34=6|{Order}");
        talk.HearAll();
        talk.Clock.Now += Duration.FromSeconds(2);
        await talk.Say("35=2|34=7|7=1|16=0");
        Assert.Equal(["35=4|34=1|43=Y|36=3|123=Y", "35=D|34=3|43=Y|" + Echo, "35=4|34=4|43=Y|36=6|123=Y", "35=D|34=6|43=Y|" + Echo], talk.HearAll());
        await talk.Say("35=2|34=8|7=4|16=5", "35=2|34=9|7=90|16=0", "35=2|34=10|7=3|16=1000000");
        Assert.Equal(["35=4|34=4|43=Y|36=6|123=Y", "35=D|34=3|43=Y|" + Echo, "35=4|34=4|43=Y|36=6|123=Y", "35=D|34=6|43=Y|" + Echo], talk.HearAll());
    }

    [Fact]
    public async Task A_long_past_is_sent_again_whole()
    {
        var talk = await Talk.LoggedOn();
        for (var i = 0; i < 1234; i++) await talk.Session.Receive(Wire.Frame($"35=D|49=MEMBER|56=VERDIGRIS|34={i + 2}|52=20260302-08:00:00|11=A{i}|40=2|44=71|54=1|55=EUA|60=20260302-08:00:00|"), default);
        await talk.Session.Settle(default);
        Assert.Equal(1234, talk.HearAll().Length);
        await talk.Say("35=2|34=1236|7=1|16=0");
        var again = talk.HearAll();
        Assert.Equal(1235, again.Length);
        Assert.Equal("35=4|34=1|43=Y|36=2|123=Y", again[0]);
        Assert.All(again.Skip(1).Select((m, i) => (m, i)), x => Assert.StartsWith($"35=D|34={x.i + 2}|43=Y|11=A{x.i}|", x.m));
    }

    [Fact]
    public async Task A_repeat_of_what_was_had_is_passed_over_and_one_without_its_first_time_rejected()
    {
        var talk = await Talk.LoggedOn();
        await talk.Say($"35=D|34=2|{Order}");
        talk.HearAll();
        await talk.Say($"35=D|34=2|43=Y|122=NOW|{Order}");
        Assert.Empty(talk.HearAll());
        await talk.Say($"35=D|34=2|43=Y|{Order}");
        Assert.Equal("35=3|34=3|45=2|58=Required tag missing|371=122|372=D|373=1", talk.Hear());
        await talk.Say($"35=D|34=2|43=Y|122=20260302-08:00:09|{Order}");
        Assert.Equal(["35=3|34=4|45=2|58=SendingTime accuracy problem|372=D|373=10", "35=5|34=5"], talk.HearAll());
    }

    [Fact]
    public async Task A_number_of_the_past_that_is_no_repeat_ends_the_session()
    {
        var talk = await Talk.LoggedOn();
        await talk.Say("35=0|34=2", "35=0|34=2");
        Assert.Equal("35=5|34=2|58=MsgSeqNum too low, expecting 3 but received 2", talk.Hear());
        Assert.NotNull(talk.Closed);
    }

    [Fact]
    public async Task A_message_without_a_number_ends_the_session()
    {
        var talk = await Talk.LoggedOn();
        await talk.Say("35=0|112=A");
        Assert.Equal("35=5|34=2|58=MsgSeqNum missing", talk.Hear());
        Assert.NotNull(talk.Closed);
    }

    [Fact]
    public async Task A_wrong_message_is_rejected_with_its_field_and_has_its_place_in_the_order()
    {
        var talk = await Talk.LoggedOn();
        await talk.Say("35=D|34=2|115=DESK|40=w|11=A|54=1|55=EUA|60=NOW|", "35=1|34=3|112=A");
        Assert.Equal(["35=3|34=2|128=DESK|45=2|58=Value is incorrect (out of range) for this tag|371=40|372=D|373=5", "35=0|34=3|112=A"], talk.HearAll());
    }

    [Fact]
    public async Task A_wrong_message_ahead_of_a_gap_is_rejected_once_in_its_turn()
    {
        var talk = await Talk.LoggedOn();
        await talk.Say("35=0|34=3|55=EUA");
        Assert.Equal(["35=2|34=2|7=2|16=0"], talk.HearAll());
        await talk.Say("35=0|34=2");
        Assert.Equal(["35=3|34=3|45=3|58=Tag not defined for this message type|371=55|372=0|373=2"], talk.HearAll());
        Assert.Equal(4, talk.Session.Numbers.NextIn);
    }

    [Fact]
    public async Task A_message_the_application_does_not_take_is_answered_for_it()
    {
        var talk = await Talk.LoggedOn();
        await talk.Say("35=8|34=2|37=1|17=1|150=0|39=0|55=EUA|54=1|151=1|14=0|6=0|");
        Assert.Equal("35=j|34=2|45=2|58=Unsupported Message Type|372=8|380=3", talk.Hear());
    }

    [Fact]
    public async Task A_reset_renumbers_and_never_backwards()
    {
        var talk = await Talk.LoggedOn();
        await talk.Say("35=4|34=9|36=20|123=N", "35=1|34=20|112=A");
        Assert.Equal(["35=0|34=2|112=A"], talk.HearAll());
        await talk.Say("35=4|34=9|36=3|123=N", "35=1|34=21|112=B");
        Assert.Equal(["35=3|34=3|45=9|58=Value is incorrect (out of range) for this tag|372=4|373=5", "35=0|34=4|112=B"], talk.HearAll());
    }

    [Fact]
    public async Task Silence_is_answered_with_heartbeats_a_test_request_and_at_last_the_end()
    {
        var talk = new Talk();
        await talk.Logon("35=A|34=1|98=0|108=10");
        talk.HearAll();
        await talk.Pass(9_999);
        Assert.Empty(talk.HearAll());
        await talk.Pass(1);
        Assert.Equal(["35=0|34=2"], talk.HearAll());
        await talk.Pass(2_000);
        Assert.Equal(["35=1|34=3|112=TEST"], talk.HearAll());
        await talk.Say("35=0|34=2|112=TEST");
        await talk.Pass(10_000);
        Assert.Equal(["35=0|34=4"], talk.HearAll());
        await talk.Pass(2_000);
        Assert.Equal(["35=1|34=5|112=TEST"], talk.HearAll());
        await talk.Pass(11_999);
        Assert.Null(talk.Closed);
        await talk.Pass(1);
        Assert.Equal("not heard of any more", talk.Closed);
        Assert.False(talk.Session.LoggedOn);
    }

    [Fact]
    public async Task A_logout_is_answered_and_ours_waits_two_seconds_for_its_answer()
    {
        var talk = await Talk.LoggedOn();
        await talk.Say("35=5|34=2");
        Assert.Equal(("35=5|34=2", "logged out"), (talk.Hear(), talk.Closed));
        await talk.Logon("35=A|34=3|98=0|108=30");
        talk.HearAll();
        talk.Session.SayGoodbye("closing");
        await talk.Say($"35=D|34=4|{Order}");
        Assert.Equal(["35=5|34=4|58=closing"], talk.HearAll());
        await talk.Pass(1_999);
        Assert.Null(talk.Closed);
        await talk.Pass(1);
        Assert.Equal("no answer to our logout", talk.Closed);
        Assert.Equal(4, talk.Session.Numbers.NextIn); // the order came too late and is asked for after the next logon
    }

    [Fact]
    public async Task What_comes_ahead_of_a_gap_is_bounded_and_nothing_is_lost()
    {
        var talk = await Talk.LoggedOn();
        for (var i = 3; i < FixTerms.MostAhead + 500; i++) await talk.Say($"35=1|34={i}|112={i}");
        Assert.Equal(["35=2|34=2|7=2|16=0"], talk.HearAll());
        await talk.Say("35=1|34=2|112=2");
        Assert.Equal(FixTerms.MostAhead + 1, talk.HearAll().Length);
        await talk.Say("35=1|34=9999|112=Z");
        Assert.Equal([$"35=2|34={FixTerms.MostAhead + 4}|7={FixTerms.MostAhead + 3}|16=0"], talk.HearAll());
    }

    [Fact]
    public async Task A_step_that_cannot_be_made_durable_sends_nothing()
    {
        var store = new FailingStore();
        var talk = await Talk.LoggedOn(store: store);
        store.Fails = true;
        await Assert.ThrowsAsync<IOException>(() => talk.Say($"35=D|34=2|{Order}"));
        Assert.Empty(talk.HearAll());
    }

    [Fact]
    public async Task While_the_other_side_is_away_reports_have_their_number_and_wait()
    {
        var talk = await Talk.LoggedOn();
        await talk.Session.End(default);
        talk.Session.Report(7, [new FixBody().Add(58, "news").Add(380, 0L).Add(372, "D").As("j")]);
        await talk.Session.Settle(default);
        Assert.Equal(new FixNumbers(2, 3, 7), await talk.Store.Load(default));
        Assert.Empty(talk.HearAll());
    }

    sealed class FailingStore : IFixStore
    {
        readonly FixMemoryStore inner = new();

        public bool Fails { get; set; }

        public Task<FixNumbers> Load(CancellationToken ct) => inner.Load(ct);
        public Task Commit(FixChange change, CancellationToken ct) => Fails ? throw new IOException("the disk is full") : inner.Commit(change, ct);
        public Task<IReadOnlyList<FixSent>> Sent(long from, long to, int most, CancellationToken ct) => inner.Sent(from, to, most, ct);
    }
}
