using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.Extensions.DependencyInjection;
using NodaTime;
using Verdigris.Footprint.Alarms;
using Verdigris.Footprint.Plans;
using Verdigris.Primitives;
using Verdigris.Storage;

namespace Verdigris.Footprint.Meters;

/// <summary>
/// Meters in the demo: a day and a half of the smelter in Yunnan, with a gap that is filled, and two hours in which a tonne took more power than it should. Everything by the use cases people use; values are invented, of
/// the size such a line has. Safe to repeat.
/// </summary>
public static class MeterDemo
{
    public const string Facility = "Lancang smelter";
    const int Hours = 36, GapHour = 31;

    /// <exception cref="InvalidOperationException">A use case refuses what the demo wants.</exception>
    public static async Task Seed(IServiceProvider services, Actor editor, Actor approver, CancellationToken ct)
    {
        var sessions = services.GetRequiredService<IDbSessions>();
        var meters = services.GetRequiredService<MeterHandlers>();
        var alarms = services.GetRequiredService<AlarmHandlers>();
        await using var s = sessions.Open(editor);
        var facility = await Smelter(services, s, approver, ct);
        if (Take(await meters.List(s, facility, new(), ct)).Items.Count == 0) await Register(meters, alarms, s, facility, ct);
        // Broken off before the readings were sent: they are sent now. Sent already: the rules have seen their hours.
        if (Take(await meters.List(s, facility, new(), ct)).Items.Any(t => t.LastAt is not null)) return;
        Take(await meters.Take(s, facility, Readings(Begin(s.Now)), ct));
        await services.GetRequiredService<MeterWork>().Round(ct);
    }

    static Instant Begin(Instant now) => Instant.FromUnixTimeSeconds(now.ToUnixTimeSeconds() / 3600 * 3600) - Duration.FromHours(Hours);

    static async Task<Guid> Smelter(IServiceProvider services, DbSession s, Actor approver, CancellationToken ct)
    {
        var facilities = services.GetRequiredService<FacilityHandlers>();
        var plans = services.GetRequiredService<PlanHandlers>();
        var facility = Take(await facilities.List(s, new(Facility), ct)).Items.FirstOrDefault(f => f.Name == Facility) ?? Take(await facilities.Create(s, new(Facility, "澜沧铝厂", "CN"), ct));
        var versions = Take(await plans.Versions(s, facility.Id, ct));
        if (versions.Any(v => v.State == PlanState.InForce)) return facility.Id;
        var content = PlanTemplates.Smelter with { Streams = [.. PlanTemplates.Smelter.Streams.Select(p => p.Id == "power" ? p with { Fixed = new JsonObject { ["area"] = "CN-yunnan", ["year"] = 2023, ["variant"] = "average", ["basis"] = "direct" } } : p)] };
        var draft = versions.FirstOrDefault(v => v.State == PlanState.Draft) ?? Take(await plans.Draft(s, facility.Id, new(new(s.Today().Year - 2, 1, 1), content), ct));
        await using var second = services.GetRequiredService<IDbSessions>().Open(approver);
        Take(await plans.Approve(second, draft.Id, ct));
        return facility.Id;
    }

    static async Task Register(MeterHandlers meters, AlarmHandlers alarms, DbSession s, Guid facility, CancellationToken ct)
    {
        Take(await meters.Register(s, facility,
        [
            new("line1.energy", "power", "loadMwh", "kWh", MeterKind.Counter, 120, RollOver: 100_000_000, Factor: 0.001m, DayOffsetHours: 8),
            new("line1.metal", "production", "massT", "t", MeterKind.Counter, 120, RollOver: 1_000_000, DayOffsetHours: 8),
            new("line1.anode-effects", "pfc", null, "min", MeterKind.Event, 900, DayOffsetHours: 8),
            new("casthouse.gas", "gas", null, "m3", MeterKind.Rate, 120, DayOffsetHours: 8),
            new("cell101.bath", "anodes", null, "°C", MeterKind.Gauge, 120, DayOffsetHours: 8),
        ], ct));
        var begin = Begin(s.Now);
        Take(await alarms.Create(s, facility, new("Power a tonne, line 1", "kWh/t", "line1.energy", "line1.metal", RollupStep.Hour, AlarmKind.Limit, High: 14_000, From: begin), ct));
        Take(await alarms.Create(s, facility, new("Drift of power a tonne, line 1", "kWh/t", "line1.energy", "line1.metal", RollupStep.Hour, AlarmKind.Cusum, Target: 13_500, Sigma: 120, From: begin), ct));
        Take(await alarms.Create(s, facility, new("Anode effects, line 1", "min", "line1.anode-effects", null, RollupStep.Hour, AlarmKind.Limit, High: 12, From: begin), ct));
        Take(await alarms.Create(s, facility, new("Gas a tonne, casthouse", "m3/t", "casthouse.gas", "line1.metal", RollupStep.Hour, AlarmKind.Ewma, Target: 190, Sigma: 8, From: begin), ct));
    }

    /// <summary>A reading a minute; a line of 60 MW that makes four and a half tonnes an hour.</summary>
    static byte[] Readings(Instant begin)
    {
        var text = new StringBuilder();
        decimal energy = 81_204_300, metal = 213_480;
        for (var minute = 0; minute < Hours * 60; minute++)
        {
            var at = begin + Duration.FromMinutes(minute);
            // Swings that repeat after no hour.
            int swing = minute * 37 % 101 - 50, hour = minute / 60;
            energy += hour is 33 or 34 ? 1_056 + swing / 10 : 1_000 + swing / 10;
            metal += 0.0741m + swing / 100_000m;
            Line("line1.energy", at, energy);
            Line("line1.metal", at, metal);
            if (hour != GapHour) Line("casthouse.gas", at, 845 + swing / 5m);
            if (hour != 20 || minute % 60 < 52) Line("cell101.bath", at, 957 + swing / 10m);
            if (minute % 10 == 0) Line("line1.anode-effects", at, minute % 130 == 0 ? 1.8m : 0);
        }
        return Encoding.UTF8.GetBytes(text.ToString());

        void Line(string tag, Instant at, decimal value) => text.Append(CultureInfo.InvariantCulture, $"{{\"tag\":\"{tag}\",\"at\":\"{at}\",\"value\":{value}}}\n");
    }

    static T Take<T>(Answer<T> answer) => answer.Ok ? answer.Value : throw new InvalidOperationException("The demo of meters was refused: " + string.Join("; ", answer.Refusals.Select(r => $"{r.Code} {r.Field}")));
}
