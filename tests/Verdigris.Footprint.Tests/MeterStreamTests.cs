using System.Globalization;
using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using NodaTime;
using Verdigris.Footprint.Meters;
using Verdigris.Primitives;
using Verdigris.Storage;

namespace Verdigris.Footprint.Tests;

/// <summary>Readings on their way into hours and days, in a database.</summary>
public sealed class MeterStreamTests
{
    static readonly Instant Start = Instant.FromUtc(2026, 11, 10, 0, 0);

    static readonly NewMeterTag[] Tags =
    [
        new("kwh", "power", "loadMwh", "kWh", MeterKind.Counter, 60, RollOver: 1_000_000, Factor: 0.001m, DayOffsetHours: 8),
        new("kw", "power", null, "kWh", MeterKind.Rate, 60),
        new("bath", "anodes", null, "°C", MeterKind.Gauge, 60),
        new("ae", "pfc", null, "min", MeterKind.Event, 60),
    ];

    sealed record Stream(Desk Desk, Guid Facility, MeterHandlers Meters, MeterWork Work) : IAsyncDisposable
    {
        public static async Task<Stream> Open()
        {
            var desk = await Desk.Open();
            var facility = await desk.Facility();
            var meters = new MeterHandlers(desk.Rules, new KnownTags());
            await desk.Do(Desk.Editor, s => meters.Register(s, facility.Id, Tags, default));
            return new(desk, facility.Id, meters, new(desk.Sessions, desk.Rules, NullLogger<MeterWork>.Instance));
        }

        public Task<ReadingsTaken> Send(IEnumerable<(string Tag, Instant At, decimal Value)> readings) =>
            Desk.Do(Desk.Editor, s => Meters.Take(s, Facility, Encoding.UTF8.GetBytes(string.Concat(readings.Select(r => string.Create(CultureInfo.InvariantCulture, $"{{\"tag\":\"{r.Tag}\",\"at\":\"{r.At.ToDateTimeUtc():yyyy-MM-ddTHH:mm:ss.fffZ}\",\"value\":{r.Value}}}\n")))), default));

        public async Task At(Instant now)
        {
            Desk.Clock.Now = now;
            await Work.Round(default);
        }

        /// <summary>All hours without their versions and times of closing.</summary>
        public async Task<List<string>> Hours()
        {
            await using var s = Desk.As(Actor.System);
            return await s.All("select t.name || ' ' || (to_jsonb(h) - 'version' - 'closed_at' - 'tag')::text from footprint.meter_hour h join footprint.meter_tag t on t.id = h.tag order by t.name, h.hour", r => r.GetString(0), default);
        }

        public async Task<List<(string Tag, int Hour, int Version, FillState State, decimal? Amount)>> Short()
        {
            await using var s = Desk.As(Actor.System);
            return await s.All("select t.name, extract(epoch from h.hour - $1)::int / 3600, h.version, h.state, h.amount from footprint.meter_hour h join footprint.meter_tag t on t.id = h.tag order by t.name, h.hour",
                r => (r.GetString(0), r.GetInt32(1), r.GetInt32(2), (FillState)r.GetInt16(3), r.MaybeDecimal(4)), default, Start);
        }

        public async Task<List<(LocalDate Day, int Version, decimal? Amount, int Hours)>> Days(string tag)
        {
            await using var s = Desk.As(Actor.System);
            return await s.All("select d.day, d.version, d.amount, d.hours from footprint.meter_day d join footprint.meter_tag t on t.id = d.tag where t.name = $1 order by d.day", r => (r.Day(0), r.GetInt32(1), r.MaybeDecimal(2), (int)r.GetInt16(3)), default, tag);
        }

        public ValueTask DisposeAsync() => Desk.DisposeAsync();
    }

    static IEnumerable<(string Tag, Instant At, decimal Value)> Drawn(Random random)
    {
        foreach (var tag in Tags)
        {
            var at = Start + Duration.FromSeconds(random.Next(2000));
            for (decimal total = random.Next(1_000_000); at < Start + Duration.FromHours(5); at += Duration.FromSeconds(random.Next(40) == 0 ? random.Next(9_000) : random.Next(1, 80)))
                yield return (tag.Name, at, tag.Kind == MeterKind.Counter ? (total += random.Next(60)) % 1_000_000 : random.Next(4) == 0 ? 0 : random.Next(10_000) / 100m);
        }
    }

    [Fact]
    public async Task Whatever_the_order_the_batches_the_repetitions_and_the_delays_the_same_hours_stand_in_the_end()
    {
        for (var seed = 1; seed <= 3; seed++)
        {
            var random = new Random(seed);
            var readings = Drawn(random).ToList();
            await using var straight = await Stream.Open();
            await straight.Send(readings);
            await straight.At(Start + Duration.FromHours(7));
            await using var crooked = await Stream.Open();
            var sent = readings.Concat(readings.Where(_ => random.Next(4) == 0)).ToArray();
            random.Shuffle(sent);
            for (var i = 0; i < sent.Length;)
            {
                var batch = sent.Skip(i).Take(random.Next(1, 200)).ToList();
                await crooked.Send(batch);
                if (random.Next(3) == 0) await crooked.Send(batch);
                // Hours are closed in between, without what comes later.
                if (random.Next(3) == 0) await crooked.At(Start + Duration.FromHours(5) + Duration.FromMinutes(random.Next(120)));
                i += batch.Count;
            }
            await crooked.At(Start + Duration.FromHours(7));
            Assert.Equal(await straight.Hours(), await crooked.Hours());
            Assert.True((await straight.Hours()).Count >= 20, $"seed {seed}");
        }
    }

    [Fact]
    public async Task Late_readings_make_a_new_version_of_the_hour_and_the_day_and_what_changes_nothing_makes_none()
    {
        await using var stream = await Stream.Open();
        var counter = Enumerable.Range(0, 48 * 60 + 10).Select(m => (Tag: "kwh", At: Start - Duration.FromHours(8) + Duration.FromMinutes(m), Value: (decimal)m * 10)).ToList();
        await stream.Send(counter.Where((_, i) => i is < 300 or > 420));
        await stream.At(Start + Duration.FromHours(41));
        var before = await stream.Short();
        // The register tells what it rose by while nobody heard of it.
        Assert.All(before, h => Assert.Equal((1, FillState.Measured, 600m), (h.Version, h.State, h.Amount)));
        Assert.Equal([(new LocalDate(2026, 11, 10), 1, 14_400m, 24), (new LocalDate(2026, 11, 11), 1, 14_400m, 24)], await stream.Days("kwh"));
        await stream.Send(counter.Take(300));
        await stream.At(Start + Duration.FromHours(41));
        Assert.All(await stream.Short(), h => Assert.Equal(1, h.Version));
        // What was missing shows that half of it was used in the first quarter.
        await stream.Send([("kwh", counter[330].At, counter[360].Value)]);
        await stream.At(Start + Duration.FromHours(41));
        var after = await stream.Short();
        Assert.Equal([4, 5, 6, 7], after.Where(h => h.Version == 2).Select(h => h.Hour + 8));
        Assert.Equal(before.Sum(h => h.Amount), after.Sum(h => h.Amount));
        Assert.Equal([(2, 14_400m), (1, 14_400m)], (await stream.Days("kwh")).Select(d => (d.Version, d.Amount!.Value)));
        // A register that was set back has lost something: the day is another one.
        await stream.Send([("kwh", counter[700].At + Duration.FromSeconds(30), 3)]);
        await stream.At(Start + Duration.FromHours(41));
        Assert.Equal([3, 1], (await stream.Days("kwh")).Select(d => d.Version));
        Assert.NotEqual(14_400m, (await stream.Days("kwh"))[0].Amount);
    }

    [Fact]
    public async Task An_hour_nobody_measured_counts_by_the_rule_where_there_are_hours_to_go_by_and_is_unknown_where_there_are_none()
    {
        await using var stream = await Stream.Open();
        var rate = Enumerable.Range(0, 30 * 60).Select(m => (Tag: "kw", At: Start + Duration.FromMinutes(m), Value: 100m + m / 60)).ToList();
        await stream.Send(rate.Where((_, i) => i < 2 || i is >= 60 and < 26 * 60 || i >= 27 * 60));
        await stream.At(Start + Duration.FromHours(31));
        var hours = await stream.Short();
        Assert.Equal((FillState.Unknown, null), (hours[0].State, hours[0].Amount));
        var valid = Enumerable.Range(1, 25).Select(h => 100m + h).ToList();
        var (mean, deviation) = GapFilling.Spread(valid);
        Assert.Equal((FillState.Substituted, mean + 2 * deviation), (hours[26].State, hours[26].Amount));
        Assert.Null((await stream.Days("kw"))[0].Amount);
        // The first hour comes late: it is known now, and one more hour stands behind the substitute.
        await stream.Send(rate.Take(60));
        await stream.At(Start + Duration.FromHours(31));
        hours = await stream.Short();
        Assert.Equal((2, FillState.Measured, 100m), (hours[0].Version, hours[0].State, hours[0].Amount));
        Assert.Equal((2, GapFilling.Spread([100m, .. valid]) is var more ? more.Mean + 2 * more.Deviation : 0), (hours[26].Version, hours[26].Amount));
        Assert.Equal((2, 2400m + 23 * 12), ((await stream.Days("kw"))[0].Version, (await stream.Days("kw"))[0].Amount));
    }

    [Fact]
    public async Task A_bad_line_is_answered_by_its_number_and_holds_nobody_else_up()
    {
        await using var stream = await Stream.Open();
        stream.Desk.Clock.Now = Start;
        var taken = await stream.Desk.Do(Desk.Editor, s => stream.Meters.Take(s, stream.Facility, """
            {"tag":"kwh","at":"2026-11-10T00:00:00Z","value":1}
            {"tag":"kwh","at":"2026-11-10T08:00:01+08:00","value":"2.50","quality":"uncertain"}

            {"tag":"gas","at":"2026-11-10T00:00:00Z","value":1}
            {"tag":"kwh","at":"2026-11-10 00:00:00","value":1}
            {"tag":"kwh","at":"2026-11-10T00:06:00Z","value":1}
            {"tag":"kwh","at":"2026-09-10T00:00:00Z","value":1}
            {"tag":"kwh","at":1794268800250,"value":1}
            {"tag":"kwh","at":"2026-11-10T00:00:00.0001Z","value":1}
            {"tag":"kwh","at":"2026-11-10T00:00:02Z","value":"ten"}
            {"tag":"kwh","at":"2026-11-10T00:00:02Z","value":0.00000000001}
            {"tag":"kwh","at":"2026-11-10T00:00:02Z"}
            {"tag":"kwh","at":"2026-11-10T00:00:02Z","value":1,"value":2}
            {"tag":"kwh","at":"2026-11-10T00:00:02Z","value":1,"unit":"kWh"}
            {"tag":"kwh","at":"2026-11-10T00:00:02Z","value":1,"quality":"fine"}
            {"tag":"kwh","at":"2026-11-10T00:00:02Z","value":1} {}
            nonsense
            """u8.ToArray(), default));
        Assert.Equal((3, 13), (taken.Accepted, taken.Refused));
        Assert.Equal([(4, "meter.tag-unknown"), (5, "meter.time"), (6, "meter.in-future"), (7, "meter.too-late"), (9, "meter.time"), (10, "calc.not-a-number"), (11, "meter.value"), (12, "calc.missing-field"), (13, "calc.field-twice"),
            (14, "calc.unknown-field"), (15, "calc.not-a-choice"), (16, "meter.line-not-object"), (17, "meter.line-not-object")], taken.Lines.Select(l => (l.Line, l.Code)));
        Assert.All(taken.Lines, l => Assert.NotEqual(l.Text.En, l.Text.Zh));
        Assert.Equal("facility.not-found", await stream.Desk.Refused(Desk.Other, s => stream.Meters.Take(s, stream.Facility, "{}"u8.ToArray(), default)));
        Assert.Equal("access.role-needed", await stream.Desk.Refused(Desk.Approver, s => stream.Meters.Take(s, stream.Facility, "{}"u8.ToArray(), default)));
    }

    [Fact]
    public async Task Another_organisation_sees_neither_tags_nor_readings_nor_hours_and_nobody_writes_them_but_the_system()
    {
        await using var stream = await Stream.Open();
        await stream.Send([("kwh", Start, 1), ("kwh", Start + Duration.FromMinutes(59), 60)]);
        await stream.At(Start + Duration.FromHours(2));
        await stream.Send([("kwh", Start, 1)]);
        foreach (var (actor, sees) in new[] { (Desk.Editor, true), (Desk.Other, false), (Desk.Lead, false), (Actor.System, true) })
        {
            await using var s = stream.Desk.As(actor);
            foreach (var table in new[] { "meter_tag", "meter_state", "meter_minute", "meter_hour" }) Assert.Equal(sees, await s.Value<bool>($"select exists (select from footprint.{table})", default));
            Assert.Equal(actor == Actor.System, await s.Value<bool>("select exists (select from footprint.meter_inbox)", default));
            Assert.Equal(actor == Actor.System ? 1 : 0, await s.Run("update footprint.meter_hour set amount = 0 where hour = $1", default, Start));
        }
    }

    [Fact]
    public async Task Single_readings_are_forgotten_after_their_days_and_the_last_of_a_counter_stays()
    {
        await using var stream = await Stream.Open();
        await stream.Send([("kwh", Start, 100), ("kwh", Start + Duration.FromMinutes(1), 110), ("kw", Start, 5)]);
        await stream.At(Start + Duration.FromDays(36));
        await stream.Send([("kw", Start + Duration.FromDays(36), 5)]);
        await stream.At(Start + Duration.FromDays(36) + Duration.FromMinutes(10));
        stream.Desk.Clock.Now = Start + Duration.FromDays(37) + Duration.FromHours(1);
        await using var s = stream.Desk.As(Actor.System);
        Assert.Equal(2, await new ReadingRetention(stream.Desk.Rules).Run(s, default));
        await stream.Send([("kwh", Start + Duration.FromDays(37), 37 * 24 * 60)]);
        await stream.At(Start + Duration.FromDays(37) + Duration.FromHours(2));
        var hours = (await stream.Short()).FindAll(h => h.Tag == "kwh");
        // The first hour keeps what was worked out while its readings were there.
        Assert.True(hours.Sum(h => h.Amount) > 37 * 24 * 60 - 110 - 20, $"{hours.Sum(h => h.Amount)}");
    }

    [Fact]
    public async Task A_report_takes_whole_months_and_is_told_when_late_readings_change_them()
    {
        await using var stream = await Stream.Open();
        var figures = new MeteredFigures(stream.Desk.Reports);
        var report = await stream.Desk.Do(Desk.Editor, s => stream.Desk.Reports.Create(s, new(stream.Facility, new(2026, 10, 1), new(2026, 11, 30)), default));
        // Ten an hour from the evening of 30 September on, as the day in China begins.
        stream.Desk.Clock.Now = Instant.FromUtc(2026, 11, 3, 12, 0);
        var begin = Instant.FromUtc(2026, 9, 30, 16, 0);
        await stream.Send(Enumerable.Range(0, 32 * 24 + 5).Select(h => ("kwh", begin + Duration.FromHours(h), 1000m + 10 * h)));
        await stream.Work.Round(default);
        var taken = await stream.Desk.Do(Desk.Editor, s => figures.Take(s, report.Id, default));
        Assert.Equal([("power", new LocalDate(2026, 10, 1), "loadMwh", 7.44m)], taken.Taken.Select(f => (f.Stream, f.Month, f.Field, f.Value)));
        // The second of November counts by substitutes, as its readings have not come.
        Assert.Equal([("power", new LocalDate(2026, 11, 1), 2, 30)], taken.Incomplete.Select(f => (f.Stream, f.Month, f.Days, f.DaysOfMonth)));
        var activity = await stream.Desk.Do(Desk.Editor, s => stream.Desk.Reports.Activity(s, report.Id, default));
        Assert.Equal([("power", 7.44m, "meter kwh")], activity.Select(v => (v.Stream, v.Value, v.Source!)));
        await stream.Send([("kwh", Instant.FromUtc(2026, 10, 20, 0, 30), 4)]);
        await stream.At(Instant.FromUtc(2026, 11, 3, 13, 0));
        var changed = (await stream.Desk.Do(Desk.Editor, s => figures.List(s, report.Id, default)))[0];
        Assert.Equal((7.44m, Instant.FromUtc(2026, 11, 3, 13, 0)), (changed.Value, changed.ChangedAt!.Value));
        Assert.NotEqual(7.44m, changed.ChangedTo!.Value);
        await using (var system = stream.Desk.As(Actor.System))
            Assert.Equal(["meter.notice.changed"], await system.All("select payload ->> 'textKey' from storage.outbox_event where topic = 'storage.notice'", r => r.GetString(0), default));
        Assert.Null((await stream.Desk.Do(Desk.Editor, s => figures.Take(s, report.Id, default))).Taken[0].ChangedTo);
        Assert.Equal("report.not-found", await stream.Desk.Refused(Desk.Other, s => figures.Take(s, report.Id, default)));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void A_pack_gives_back_what_was_put_into_it(int seed)
    {
        var random = new Random(seed);
        var readings = Enumerable.Range(0, 500).SelectMany(tag => Enumerable.Range(0, random.Next(1, 20)).Select(i => (Tag: 1 + tag * random.Next(1, 9), Reading: new Reading(1_790_000_000_000 + i * random.Next(1, 90_000), Math.Round((decimal)random.NextInt64(-999_999_999_999_999_999, 999_999_999_999_999_999) / (long)Math.Pow(10, random.Next(9, 18)), 9),
            (ReadingQuality)random.Next(3), random.Next(2) == 0)))).GroupBy(r => (r.Tag, r.Reading.AtMs)).Select(g => g.First()).OrderBy(r => r.Tag).ThenBy(r => r.Reading.AtMs).ToArray();
        var back = new Dictionary<int, List<Reading>>();
        BatchPack.Read(BatchPack.Write(readings), back);
        Assert.Equal(readings, back.OrderBy(t => t.Key).SelectMany(t => t.Value.Select(r => (t.Key, r))));
    }
}
