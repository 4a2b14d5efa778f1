using System.Text;
using NodaTime;
using Npgsql;
using Verdigris.Passport.Payments;
using Verdigris.Primitives;
using Verdigris.Storage;

namespace Verdigris.Passport.Tests;

/// <summary>A payment that has passed is held against every list that comes later.</summary>
public sealed class PaymentAlarmTests
{
    static Actor Trader(World w) => World.Person("trader", w.Owners[0], Role.OwnerTrader);
    static Actor Second(World w) => World.Person("second", w.Owners[0], Role.OwnerApprover);

    static LocalDate Day(int after) => World.Start.InUtc().Date.PlusDays(-10 + after);

    /// <summary>A payment to a seller who is on no list yet, let pass.</summary>
    static async Task<GateView> Passed(World w, string mark, string vessel)
    {
        var row = await w.Published(mark);
        var trade = PaymentGateTests.Trade(w, new GateGood(row.Certificate.Number));
        var opened = await w.Do(Trader(w), s => w.Get<GateHandlers>().Open(s, trade with { BillOfLading = trade.BillOfLading! with { Vessel = vessel } }, default));
        await PaymentGateTests.Attached(w, Trader(w), opened.Gate.Id, "bill-of-lading", "origin-certificate", "insurance-policy");
        return await w.Do(Second(w), s => w.Get<GateHandlers>().Pass(s, opened.Gate.Id, "Asked the seller", default));
    }

    static Task Listed(World w, string names, int after) => PaymentGateTests.Listed(w, "entry,name\n1,Somebody Else Entirely\n" + names, Day(after));

    /// <summary>Tells the subscriber of every list imported so far, as the outbox does: at least once.</summary>
    static async Task Heard(World w)
    {
        await using var system = w.As(Actor.System);
        foreach (var e in await system.All("select id, topic, payload::text from storage.outbox_event where topic = $1 order by id", r => new OutboxEvent(r.GetInt64(0), r.GetString(1), r.GetString(2), system.Now, null, null), default, PassportEvents.SanctionsImported))
            foreach (var subscriber in w.Get<IEnumerable<IOutboxSubscriber>>().Where(x => x.Wants(e.Topic))) await system.InTransaction(t => subscriber.Handle(system, e, t), default);
    }

    static async Task<long> Told(World w)
    {
        await using var system = w.As(Actor.System);
        return await system.Value<long>("select count(*) from storage.outbox_event where topic = $1 and payload::text like '%' || $2 || '%'", default, Notice.Topic, PassportNotices.PaymentAlarm);
    }

    static Task<GateView> Read(World w, Guid id) => w.Do(Trader(w), s => w.Get<GateHandlers>().Read(s, id, default));

    [Fact]
    public async Task A_payment_that_passed_is_flagged_when_a_newer_list_names_one_of_its_parties_and_stays_as_it_was_decided()
    {
        await using var world = await World.Make();
        await Listed(world, "", 0);
        var touched = await Passed(world, "A", "MV Grey Heron");
        var other = await Passed(world, "B", "MV Blameless");
        await Heard(world);
        Assert.Equal(0, await Told(world));
        await Listed(world, "2,Grey Heron\n", 1);
        await Heard(world);
        var seen = await Read(world, touched.Gate.Id);
        var alarm = Assert.Single(seen.Alarms);
        Assert.Equal(("MV Grey Heron", "2", "Grey Heron", Day(1), (bool?)null), (alarm.Party, alarm.Entry, alarm.Name, alarm.AsOf, alarm.SameParty));
        Assert.Equal((GateState.Passed, touched.Gate.RowVersion, 0), (seen.Gate.State, seen.Gate.RowVersion, seen.Hits.Count));
        Assert.Empty((await Read(world, other.Gate.Id)).Alarms);
        Assert.Equal([touched.Gate.Id], (await world.Do(Trader(world), s => world.Get<GateRegister>().List(s, new(Alarmed: true), default))).Items.Select(g => g.Id));
        // Told once, to the payer: however often the event comes, and where the next list repeats the name.
        await Heard(world);
        await Listed(world, "2,Grey Heron\n", 2);
        await Heard(world);
        Assert.Single((await Read(world, touched.Gate.Id)).Alarms);
        Assert.Equal(1, await Told(world));
    }

    [Fact]
    public async Task A_second_person_says_whom_a_later_list_means_and_what_is_somebody_else_is_no_alarm_any_more()
    {
        await using var world = await World.Make();
        await Listed(world, "", 0);
        var gate = (await Passed(world, "A", "MV Grey Heron")).Gate.Id;
        await Listed(world, "2,Grey Heron\n3,Heron Grey\n", 1);
        await Heard(world);
        var h = world.Get<GateHandlers>();
        HitReview About(GateHit hit, bool same) => new(hit.Party, hit.Publisher, hit.Entry, hit.Name, same, "Looked at the vessel's number");
        var alarms = (await Read(world, gate)).Alarms;
        Assert.Equal(2, alarms.Count);
        Assert.Equal("access.role-needed", (await world.Try(Trader(world), s => h.Review(s, gate, About(alarms[0], false), default))).Refusals[0].Code);
        Assert.Equal("payment.same-person", (await world.Try(Trader(world) with { Roles = new HashSet<string> { Role.OwnerTrader, Role.OwnerApprover } }, s => h.Review(s, gate, About(alarms[0], false), default))).Refusals[0].Code);
        Assert.Equal("payment.hit-unknown", (await world.Try(Second(world), s => h.Review(s, gate, About(alarms[0] with { Entry = "4" }, false), default))).Refusals[0].Code);
        Assert.Equal(2, (await Standing()).Alarms);
        await world.Do(Second(world), s => h.Review(s, gate, About(alarms[0], false), default));
        Assert.Equal(1, (await Standing()).Alarms);
        // The party itself: it stays an alarm for good, until a later word.
        var judged = await world.Do(Second(world), s => h.Review(s, gate, About(alarms[1], true), default));
        Assert.Equal([false, true], judged.Alarms.Select(a => a.SameParty));
        Assert.Equal(1, (await Standing()).Alarms);
        // Gone from the list and back on it: judged already.
        await Listed(world, "3,Heron Grey\n", 2);
        await Listed(world, "2,Grey Heron\n3,Heron Grey\n", 3);
        await Heard(world);
        Assert.Equal(1, (await Standing()).Alarms);
        Assert.Equal(1, await Told(world));

        async Task<GateSummary> Standing() => Assert.Single((await world.Do(Trader(world), s => world.Get<GateRegister>().List(s, new(), default))).Items);
    }

    [Fact]
    public async Task Only_the_system_raises_an_alarm_nobody_takes_one_back_and_who_has_no_part_in_the_trade_sees_none()
    {
        await using var world = await World.Make();
        await Listed(world, "", 0);
        var gate = (await Passed(world, "A", "MV Grey Heron")).Gate.Id;
        await Listed(world, "2,Grey Heron\n", 1);
        await Heard(world);
        const string Raise = "insert into passport.payment_gate_alarm (id, gate_id, list_id, party, publisher, entry, name, exact, found_at) select gen_random_uuid(), gate_id, list_id, 'other', publisher, entry, name, exact, found_at from passport.payment_gate_alarm";
        await using (var second = world.As(Second(world))) await Assert.ThrowsAsync<PostgresException>(() => second.Run(Raise, default));
        await using (var system = world.As(Actor.System))
        {
            await system.Run("delete from passport.payment_gate_alarm where gate_id = $1", default, gate);
            await system.Run("update passport.payment_gate_alarm set party = 'other' where gate_id = $1", default, gate);
        }
        Assert.Equal("MV Grey Heron", Assert.Single((await Read(world, gate)).Alarms).Party);
        await using var stranger = world.As(World.Person("stranger", world.Owners[1], Role.OwnerTrader));
        Assert.Equal(0, await stranger.Value<long>("select count(*) from passport.payment_gate_alarm", default));
    }
}
