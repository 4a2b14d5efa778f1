using Verdigris.Market.Fix;
using Verdigris.Primitives;
using Verdigris.Storage;
using Verdigris.Storage.Testing;

namespace Verdigris.Market.Tests.Fix;

/// <summary>Sessions of members over the network and in the database.</summary>
public sealed class MemberSessionTests
{
    static string New(string id, char side, int quantity, string price) => $"11={id}|38={quantity}|40=2|44={price}|54={side}|55={SmallDesk.Symbol}|60=NOW|";

    [Fact]
    public async Task A_member_logs_on_with_the_secret_of_its_machine_client_and_with_nothing_else()
    {
        await using var world = await FixWorld.Begin();
        await world.Register("ALPHA", "vd_alpha1", "T1");
        foreach (var (compId, secret, more) in new[] { ("ALPHA", "wrong", ""), ("ALPHA", "", ""), ("NOBODY", "1ahpla_dv", ""), ("ALPHA", "1ahpla_dv", "553=vd_other2|") })
        {
            using var stranger = new FixClient(world, compId, "vd_alpha1") { Secret = secret };
            Assert.Null(await stranger.Logon(more));
        }
        using var client = new FixClient(world, "ALPHA", "vd_alpha1");
        Assert.Contains("|35=A|34=1|49=VERDIGRIS|", await client.Logon("553=vd_alpha1|"));
    }

    [Fact]
    public async Task What_happened_while_a_member_was_away_is_told_when_it_comes_back_also_after_a_restart()
    {
        await using var world = await FixWorld.Begin();
        var row = await world.Register("ALPHA", "vd_alpha1", "T1");
        await world.Register("BETA", "vd_beta2", "T2");
        using var alpha = new FixClient(world, "ALPHA", "vd_alpha1");
        using var beta = new FixClient(world, "BETA", "vd_beta2");
        await alpha.Logon();
        await beta.Logon();
        await alpha.Say("D", New("A1", '1', 100, "71.20"));
        Assert.Contains("|35=8|34=2|", await alpha.Read());
        alpha.Lose();
        await beta.Say("D", New("B1", '2', 40, "71.00"));
        Assert.Contains("|150=0|", await beta.Read());
        Assert.Contains("|150=F|", await beta.Read());
        for (var i = 0; (await world.Desks.Standing(row.Id, default))!.Numbers.NextOut < 4 && i < 3_000; i++) await Task.Delay(20);
        await world.Stop();
        await world.Start();
        // The session goes on with the numbers it had: our logon is 4, so 3 came while it was away.
        Assert.Contains("|35=A|34=4|", await alpha.Logon());
        await alpha.Say("2", "7=3|16=0|");
        var missed = await alpha.Read();
        Assert.Contains("|35=8|34=3|43=Y|49=VERDIGRIS|", missed);
        Assert.Contains("|11=A1|14=40|", missed);
        Assert.Contains("|35=4|34=4|43=Y|", await alpha.Read());
        await alpha.Say("F", $"11=A2|41=A1|54=1|55={SmallDesk.Symbol}|60=NOW|");
        var cancelled = await alpha.Read();
        Assert.Contains("|11=A2|14=40|", cancelled);
        Assert.Contains("|41=A1|", cancelled);
        Assert.Contains("|150=4|", cancelled);
        await using var s = world.Sessions.Open(FixWorld.Operator);
        var now = (await world.Desks.Find(s, row.Id, default)).Value;
        Assert.Equal((6L, 6L), (now.NextIn, now.NextOut));
    }

    [Fact]
    public async Task Each_request_has_effect_once_however_often_the_connection_breaks()
    {
        await using var world = await FixWorld.Begin();
        await world.Register("ALPHA", "vd_alpha1", "T1");
        using var alpha = new FixClient(world, "ALPHA", "vd_alpha1");
        var random = new Random(7);
        await alpha.Logon();
        var log = new Dictionary<int, string>();
        for (var i = 0; i < 60; i++)
        {
            log[alpha.Next] = New($"O{i}", '1', 1, "70");
            await alpha.Say("D", log[alpha.Next]);
            if (random.Next(5) != 0) continue;
            // The line breaks at any moment; the member does what its engine does: goes on, and sends again what is asked for.
            alpha.Lose();
            await alpha.Logon();
            await Answer();
        }
        await alpha.Say("1", "112=END|");
        await Answer("112=END");
        Assert.Equal(60, world.Desk.Entered);
        var live = await world.Desk.Live((await world.Check("vd_alpha1", "1ahpla_dv", default))!, 1, null, default);
        Assert.Equal(60, live.Count);

        async Task Answer(string? until = null)
        {
            while (await alpha.Read(until is null ? 300 : 10_000) is { } message)
            {
                if (message.Contains("|35=2|", StringComparison.Ordinal))
                {
                    var from = int.Parse(message.Split('|').Single(f => f.StartsWith("7=", StringComparison.Ordinal))[2..], System.Globalization.CultureInfo.InvariantCulture);
                    for (var n = from; n < alpha.Next; n++)
                    {
                        if (log.TryGetValue(n, out var order)) await alpha.Write("D", n, order, "43=Y|122=20260302-08:00:00|");
                        else await alpha.Write("4", n, $"36={n + 1}|123=Y|", "43=Y|122=20260302-08:00:00|");
                    }
                }
                if (until is not null && message.Contains(until, StringComparison.Ordinal)) return;
            }
        }
    }

    [Fact]
    public async Task The_operator_looks_after_sessions_and_says_why()
    {
        await using var world = await FixWorld.Begin();
        var row = await world.Register("ALPHA", "vd_alpha1", "T1");
        using var alpha = new FixClient(world, "ALPHA", "vd_alpha1");
        await alpha.Logon();
        await alpha.Say("1", "112=A|");
        await alpha.Read();
        await using var s = world.Sessions.Open(FixWorld.Operator);
        var standing = await world.Desks.Standing(row.Id, default);
        Assert.True(standing is { LoggedOn: true, HeartbeatSeconds: 30, From.Length: > 0 });
        Assert.Equal([true, false], new[] { standing!.Last[1].Incoming, standing.Last[0].Incoming });
        Assert.All(standing.Last, m => Assert.DoesNotContain(FixWorld.SecretOf("vd_alpha1"), m.Text));
        Assert.Equal("input.required", (await world.Desks.Reset(s, row.Id, " ", default)).Refusals[0].Code);
        Assert.Equal("fix.logged-on", (await world.Desks.Reset(s, row.Id, "Its engine lost its numbers.", default)).Refusals[0].Code);
        Assert.True((await world.Desks.Disconnect(s, row.Id, "It asked us to.", default)).Ok);
        Assert.Contains("|35=5|34=3|", await alpha.Read());
        await alpha.Say("5", "");
        Assert.Null(await alpha.Read());
        for (var i = 0; (await world.Desks.Standing(row.Id, default))!.LoggedOn && i < 3_000; i++) await Task.Delay(20);
        Assert.Equal("fix.not-logged-on", (await world.Desks.Disconnect(s, row.Id, "Again.", default)).Refusals[0].Code);
        Assert.True((await world.Desks.Reset(s, row.Id, "Its engine lost its numbers.", default)).Ok);
        alpha.Next = 1;
        Assert.Contains("|35=A|34=1|", await alpha.Logon());
        Assert.True((await world.Desks.Close(s, row.Id, "The member left.", default)).Ok);
        Assert.Equal("fix.closed", (await world.Desks.Reset(s, row.Id, "Late.", default)).Refusals[0].Code);
        using var again = new FixClient(world, "ALPHA", "vd_alpha1") { Secret = "1ahpla_dv " };
        Assert.Null(await again.Logon());
        var trail = await s.All("select action, reason from storage.audit_event where subject_kind = 'fix-session' order by id", r => (r.GetString(0), r.Text(1)), default);
        Assert.Equal(["fix-session.registered", "fix-session.disconnected", "fix-session.reset", "fix-session.closed"], trail.Select(t => t.Item1));
        Assert.Equal("Its engine lost its numbers.", trail[2].Item2);
    }

    [Fact]
    public async Task Who_may_no_longer_sign_in_is_logged_off()
    {
        await using var world = await FixWorld.Begin();
        await world.Register("ALPHA", "vd_alpha1", "T1");
        using var alpha = new FixClient(world, "ALPHA", "vd_alpha1");
        await alpha.Logon();
        await world.Directory.Look();
        await alpha.Say("1", "112=STILL|");
        Assert.Contains("|112=STILL|", await alpha.Read());
        world.Revoked.Add("vd_alpha1");
        await world.Directory.Look();
        Assert.Contains("|58=The client may no longer sign in|", await alpha.Read());
        Assert.Null(await alpha.Logon());
    }

    [Fact]
    public async Task A_desk_that_fails_is_answered_for_and_what_comes_after_is_taken()
    {
        await using var world = await FixWorld.Begin();
        await world.Register("ALPHA", "vd_alpha1", "T1");
        using var alpha = new FixClient(world, "ALPHA", "vd_alpha1");
        await alpha.Logon();
        world.Desk.Slow = Task.FromException(new IOException("the venue stopped"));
        await alpha.Say("D", New("A1", '1', 1, "70"));
        var (first, second) = (await alpha.Read(), await alpha.Read());
        Assert.Contains(new[] { first, second }, m => m!.Contains("|372=D|379=A1|380=4|", StringComparison.Ordinal));
        Assert.Contains(new[] { first, second }, m => m!.Contains("|11=A1|", StringComparison.Ordinal) && m.Contains("|150=0|", StringComparison.Ordinal)); // it had been entered all the same
        world.Desk.Slow = Task.CompletedTask;
        await alpha.Say("H", $"11=A1|54=1|55={SmallDesk.Symbol}|");
        Assert.Contains("|150=I|", await alpha.Read());
    }

    [Theory]
    [InlineData("", "vd_alpha1", "fix.comp-id")]
    [InlineData("VERDIGRIS", "vd_alpha1", "fix.comp-id")]
    [InlineData("A B", "vd_alpha1", "fix.comp-id")]
    [InlineData("ALPHA", "vd_alpha1", "fix.comp-id-taken")]
    [InlineData("BETA", "nobody", "fix.client-unknown")]
    [InlineData("BETA", "", "fix.client-unknown")]
    public async Task A_session_is_registered_with_a_name_of_its_own_and_a_client_that_is_there(string compId, string client, string code)
    {
        await using var world = await FixWorld.Begin();
        await world.Register("ALPHA", "vd_alpha1", "T1");
        await using var s = world.Sessions.Open(FixWorld.Operator);
        Assert.Equal(code, Assert.Single((await world.Desks.Register(s, new(compId, client, null, false, false, false), default)).Refusals).Code);
        await using var member = world.Sessions.Open(new Actor(FixWorld.OrganisationNumber("1"), "m", FixWorld.OrganisationNumber("1"), new HashSet<string> { Role.MarketTrader }));
        Assert.Equal("fix.operator-only", (await world.Desks.Register(member, new("BETA", "vd_beta2", null, false, false, false), default)).Refusals[0].Code);
        Assert.Single(await world.Desks.List(member, default));
        await using var other = world.Sessions.Open(new Actor(FixWorld.OrganisationNumber("2"), "n", FixWorld.OrganisationNumber("2"), new HashSet<string> { Role.MarketTrader }));
        Assert.Empty(await world.Desks.List(other, default));
    }

    [Fact]
    public async Task Every_statement_of_the_room_names_columns_there_are()
    {
        await using var world = await FixWorld.Begin();
        var tables = await SqlDrift.Tables(world.ConnectionString, MarketRoom.Name);
        Assert.Equal([], SqlDrift.Compare(MarketRoom.Name, tables, [.. Checkout.Files("src/Verdigris.Market", ".cs").Select(f => File.ReadAllText(Checkout.Path(f))), Trading.OrderStates.Insertion, Trading.OrderStates.Update]));
    }
}
