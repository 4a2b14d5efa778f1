using System.Globalization;
using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using NodaTime;
using Verdigris.Footprint.Alarms;
using Verdigris.Footprint.Meters;
using Verdigris.Primitives;
using Verdigris.Storage;

namespace Verdigris.Footprint.Tests;

/// <summary>Intensities watched while meters run, from the signal to the closing.</summary>
public sealed class AlarmTests
{
    static readonly Instant Start = Instant.FromUtc(2026, 11, 10, 0, 0);

    static NewAlarmRule Intensity => new("Power a tonne", "kWh/t", "kwh", "metal", RollupStep.Hour, AlarmKind.Limit, High: 14_000);

    sealed record Watched(Desk Desk, Guid Facility, MeterHandlers Meters, AlarmHandlers Alarms, MeterWork Work) : IAsyncDisposable
    {
        decimal kwh, metal;
        int hour;

        public static async Task<Watched> Open()
        {
            var desk = await Desk.Open();
            var facility = await desk.Facility();
            var meters = new MeterHandlers(desk.Rules, new KnownTags());
            await desk.Do(Desk.Editor, s => meters.Register(s, facility.Id,
            [
                new("kwh", "power", "loadMwh", "kWh", MeterKind.Counter, 3600, Factor: 0.001m),
                new("metal", "production", "massT", "t", MeterKind.Counter, 3600),
                new("bath", "anodes", null, "°C", MeterKind.Gauge, 3600),
                new("ae", "pfc", null, "min", MeterKind.Event, 3600, DayOffsetHours: 8),
            ], default));
            desk.Clock.Now = Start;
            return new(desk, facility.Id, meters, new(desk.Rules), new(desk.Sessions, desk.Rules, NullLogger<MeterWork>.Instance));
        }

        /// <summary>Hours one after the other, of ten tonnes each with so many kWh a tonne; null is an hour without a word.</summary>
        public async Task Run(params decimal?[] kwhPerT)
        {
            foreach (var intensity in kwhPerT)
            {
                if (hour == 0) await Send();
                hour++;
                (kwh, metal) = (kwh + 10 * (intensity ?? 13_500), metal + 10);
                Desk.Clock.Now = Start + Duration.FromHours(hour) + Duration.FromMinutes(6);
                if (intensity is not null) await Send();
                await Work.Round(default);
            }
        }

        async Task Send() => await Desk.Do(Desk.Editor, s => Meters.Take(s, Facility, Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture,
            $"{{\"tag\":\"kwh\",\"at\":\"{Start + Duration.FromHours(hour)}\",\"value\":{kwh}}}\n{{\"tag\":\"metal\",\"at\":\"{Start + Duration.FromHours(hour)}\",\"value\":{metal}}}\n")), default));

        public async Task<IReadOnlyList<Alarm>> Listed(bool open = false) => (await Desk.Do(Desk.Editor, s => Alarms.List(s, Facility, new(open), default))).Items;

        public async Task<int> Notices()
        {
            await using var system = Desk.As(Actor.System);
            return (int)await system.Value<long>("select count(*) from storage.outbox_event where topic = 'storage.notice'", default);
        }

        public ValueTask DisposeAsync() => Desk.DisposeAsync();
    }

    [Fact]
    public async Task An_intensity_beyond_its_limit_is_raised_once_told_once_and_goes_by_acknowledging_and_closing()
    {
        await using var w = await Watched.Open();
        await w.Desk.Do(Desk.Editor, s => w.Alarms.Create(s, w.Facility, Intensity, default));
        await w.Run(13_500, 13_900, 14_000, 14_100);
        var alarm = Assert.Single(await w.Listed());
        Assert.Equal((AlarmState.Raised, AlarmSide.Above, 14_100m, Start + Duration.FromHours(3), 1), (alarm.State, alarm.Side, alarm.Value, alarm.PeriodFrom, alarm.Signals));
        await w.Run(14_200, 13_000, 14_300);
        Assert.Equal((3, Start + Duration.FromHours(6), 14_100m), ((await w.Listed())[0].Signals, (await w.Listed())[0].LastFrom, (await w.Listed())[0].Value));
        Assert.Equal(1, await w.Notices());
        Assert.Equal("alarm.state-forbids", await w.Desk.Refused(Desk.Editor, s => w.Alarms.Close(s, alarm.Id, "Tap changed.", default)));
        Assert.Equal("alarm.not-found", await w.Desk.Refused(Desk.Other, s => w.Alarms.Acknowledge(s, alarm.Id, default)));
        Assert.Equal("access.role-needed", await w.Desk.Refused(Desk.Lead, s => w.Alarms.Acknowledge(s, alarm.Id, default)));
        await w.Desk.Do(Desk.Approver, s => w.Alarms.Acknowledge(s, alarm.Id, default));
        await w.Desk.Do(Desk.Editor, s => w.Alarms.Comment(s, alarm.Id, "Two pots are restarting.", default));
        Assert.Equal("plan.text", await w.Desk.Refused(Desk.Editor, s => w.Alarms.Close(s, alarm.Id, " ", default)));
        var closed = await w.Desk.Do(Desk.Editor, s => w.Alarms.Close(s, alarm.Id, "Restart ended.", default));
        Assert.Equal((AlarmState.Closed, 2), (closed.Alarm.State, closed.Comments.Count));
        Assert.Empty(await w.Listed(open: true));
        await w.Run(14_500);
        Assert.Equal(2, (await w.Listed()).Count);
    }

    [Fact]
    public async Task A_shift_no_single_hour_shows_is_found_by_the_sum_and_what_was_before_the_rule_raises_nothing()
    {
        await using var w = await Watched.Open();
        await w.Run(13_500, 15_000, 13_500);
        var cusum = await w.Desk.Do(Desk.Editor, s => w.Alarms.Create(s, w.Facility, Intensity with { Kind = AlarmKind.Cusum, High = null, Target = 13_500, Sigma = 100 }, default));
        var ewma = await w.Desk.Do(Desk.Editor, s => w.Alarms.Create(s, w.Facility, Intensity with { Name = "Average", Kind = AlarmKind.Ewma, High = null, Target = 13_500, Sigma = 100 }, default));
        Assert.Equal((0.5m, 5m, 0.1m, 2.7m), (cusum.K!.Value, cusum.H!.Value, ewma.Lam!.Value, ewma.L!.Value));
        Assert.Empty(await w.Listed());
        // The hour of 15,000 already stands in the sum; the rule says so with the first hour it sees.
        await w.Run(13_500);
        Assert.Equal(2, (await w.Listed()).Count);
        foreach (var alarm in await w.Listed())
        {
            await w.Desk.Do(Desk.Editor, s => w.Alarms.Acknowledge(s, alarm.Id, default));
            await w.Desk.Do(Desk.Editor, s => w.Alarms.Close(s, alarm.Id, "The restart of Monday.", default));
        }
        await w.Run(13_650, 13_650, 13_650, 13_650, 13_650);
        Assert.Equal(0, (await w.Listed(open: true)).Count(a => a.RuleId == cusum.Id));
        await w.Run(13_650);
        Assert.Equal(600, (await w.Listed(open: true)).Single(a => a.RuleId == cusum.Id).Signal);
    }

    [Fact]
    public async Task A_rule_that_looks_back_finds_what_was_there()
    {
        await using var w = await Watched.Open();
        await w.Run(13_500, 15_000, 13_500);
        await w.Desk.Do(Desk.Editor, s => w.Alarms.Create(s, w.Facility, Intensity with { From = Start }, default));
        await w.Work.Round(default);
        Assert.Equal((Start + Duration.FromHours(1), 1), (Assert.Single(await w.Listed()) is var alarm ? (alarm.PeriodFrom, alarm.Signals) : default));
    }

    [Fact]
    public async Task An_hour_nobody_measured_is_no_value_of_a_chart()
    {
        await using var w = await Watched.Open();
        await w.Desk.Do(Desk.Editor, s => w.Alarms.Create(s, w.Facility, Intensity with { Low = 13_000 }, default));
        await w.Run(13_500, null, null, 13_500);
        Assert.Empty(await w.Listed());
    }

    [Fact]
    public async Task A_muted_rule_raises_its_alarm_and_tells_nobody()
    {
        await using var w = await Watched.Open();
        var rule = await w.Desk.Do(Desk.Editor, s => w.Alarms.Create(s, w.Facility, Intensity, default));
        Assert.Equal("alarm.mute-until", await w.Desk.Refused(Desk.Editor, s => w.Alarms.Mute(s, rule.Id, Start - Duration.FromHours(1), default)));
        Assert.Equal("alarm.mute-until", await w.Desk.Refused(Desk.Editor, s => w.Alarms.Mute(s, rule.Id, Start + Duration.FromDays(91), default)));
        Assert.Equal("alarm.rule-not-found", await w.Desk.Refused(Desk.Other, s => w.Alarms.Mute(s, rule.Id, null, default)));
        await w.Desk.Do(Desk.Editor, s => w.Alarms.Mute(s, rule.Id, Start + Duration.FromDays(1), default));
        await w.Run(13_500, 15_000);
        Assert.Equal((1, 0), ((await w.Listed()).Count, await w.Notices()));
        await w.Desk.Do(Desk.Editor, s => w.Alarms.End(s, rule.Id, default));
        await w.Run(15_000);
        Assert.Equal(1, (await w.Listed())[0].Signals);
        Assert.Equal("alarm.rule-over", await w.Desk.Refused(Desk.Editor, s => w.Alarms.End(s, rule.Id, default)));
    }

    public static TheoryData<string, string, NewAlarmRule> Wrong => new()
    {
        { "alarm.no-limit", "high", Intensity with { High = null } },
        { "alarm.limits-crossed", "high", Intensity with { Low = 15_000 } },
        { "calc.missing-field", "target", Intensity with { Kind = AlarmKind.Ewma, Sigma = 1 } },
        { "calc.missing-field", "sigma", Intensity with { Kind = AlarmKind.Cusum, Target = 1 } },
        { "calc.not-above", "sigma", Intensity with { Kind = AlarmKind.Cusum, Target = 1, Sigma = 0 } },
        { "calc.above-maximum", "lam", Intensity with { Kind = AlarmKind.Ewma, Target = 1, Sigma = 1, Lam = 2 } },
        { "meter.tag-unknown", "tag", Intensity with { Tag = "gas" } },
        { "meter.tag-unknown", "overTag", Intensity with { OverTag = "gas" } },
        { "alarm.gauge-in-ratio", "overTag", Intensity with { OverTag = "bath" } },
        { "alarm.days-differ", "overTag", Intensity with { Tag = "ae", Step = RollupStep.Day } },
        { "request.word-unknown", "step", Intensity with { Step = RollupStep.Minute } },
        { "alarm.from", "from", Intensity with { From = Start + Duration.FromHours(1) } },
        { "alarm.from", "from", Intensity with { From = Start - Duration.FromDays(41) } },
        { "plan.text", "name", Intensity with { Name = "" } },
    };

    [Fact]
    public async Task A_rule_that_cannot_be_worked_by_is_refused()
    {
        await using var w = await Watched.Open();
        foreach (var row in Wrong)
        {
            var answer = await w.Desk.Try(Desk.Editor, s => w.Alarms.Create(s, w.Facility, row.Data.Item3, default));
            Assert.False(answer.Ok, row.Data.Item1);
            Assert.Equal((row.Data.Item1, row.Data.Item2), (answer.Refusals[0].Code, answer.Refusals[0].Field!));
        }
        Assert.Equal("facility.not-found", await w.Desk.Refused(Desk.Other, s => w.Alarms.Create(s, w.Facility, Intensity, default)));
    }
}
