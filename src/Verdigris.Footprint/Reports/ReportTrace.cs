using System.Text.Json.Nodes;
using NodaTime;
using Verdigris.Footprint.Facilities;
using Verdigris.Footprint.Plans;
using Verdigris.Footprint.Reports.Import;
using Verdigris.Primitives;
using Verdigris.Primitives.Calculations;
using Verdigris.Storage;

namespace Verdigris.Footprint.Reports;

public enum InputFrom
{
    /// <summary>The monitoring plan lays it down.</summary>
    Plan,
    /// <summary>Activity data of the month.</summary>
    Activity,
    /// <summary>The plan's set of warming potentials.</summary>
    Gwp,
}

/// <summary>Where one input of a figure comes from.</summary>
/// <param name="Value">As JSON; null where an activity has no figure for the month.</param>
/// <param name="Source">Document or reading the figure was read from.</param>
/// <param name="Origin">File and lines it was taken from.</param>
/// <param name="FileName">Of that file; null where it is not the reader's to see.</param>
public sealed record TracedInput(string Field, InputFrom From, string? Value, string? Unit, string? Source, ActivityOrigin? Origin, string? FileName);

/// <summary>A figure of a report traced down: which inputs, from where, by which steps and rules.</summary>
/// <param name="Tco2e">As the report has it; null where it is not known.</param>
/// <param name="CalculatedFor">The month whose data it was calculated from: another one where the plan's gap rule filled it.</param>
/// <param name="Recalculated">What its inputs come to by the rules of today; it differs from <paramref name="Tco2e"/> only where rules changed since the report was handed in.</param>
/// <param name="Calculation">Result, warnings and trace of the method, as <c>POST /methods/METHOD/calculations</c> answers; null where the method refused or data are missing.</param>
public sealed record FigureTrace(Guid ReportId, string Stream, LocalDate Month, decimal? Tco2e, bool Filled, LocalDate? CalculatedFor, decimal? Recalculated, string Method, string Process, string Meter, string Responsible, decimal? UncertaintyPercent, int PlanVersion,
    IReadOnlyList<TracedInput> Inputs, JsonObject? Calculation);

/// <summary>Answers where a figure comes from, for everybody who may see the report.</summary>
public sealed class ReportTraces(ReportHandlers reports, CalculatorSet methods)
{
    /// <summary>A figure with its result as the pages show it.</summary>
    internal sealed record Traced(FigureTrace Trace, CalcResult? Result, IReadOnlyList<Refusal> Refusals);

    /// <param name="stream">Id of a stream of the plan.</param>
    /// <param name="month">First day of a month of the period.</param>
    public async Task<Answer<FigureTrace>> Trace(DbSession s, Guid report, string? stream, LocalDate month, CancellationToken ct)
    {
        var found = await Find(s, report, stream, month, ct);
        return found.Ok ? found.Value.Trace : Answer<FigureTrace>.From(found.Refusals);
    }

    internal async Task<Answer<Traced>> Find(DbSession s, Guid report, string? stream, LocalDate month, CancellationToken ct)
    {
        if (await ReportStore.Find(s, report, ct) is not { } row) return Refusal.NotFound("report.not-found");
        var plan = (await PlanHandlers.Find(s, row.Report.PlanId, ct))!;
        if (plan.Content.Streams.FirstOrDefault(x => x.Id == stream) is not { } planned) return Refusal.NotFound("verification.stream-unknown", "stream", ("given", stream ?? ""), ("known", string.Join(", ", plan.Content.Streams.Select(x => x.Id))));
        if (!ReportCalculation.Months(row.Report.PeriodFrom, row.Report.PeriodTo).Contains(month)) return Refusal.NotFound("activity.month-outside", "month", ("given", FileValues.Text(month)), ("from", FileValues.Text(row.Report.PeriodFrom)), ("to", FileValues.Text(row.Report.PeriodTo)));
        var figures = (await reports.View(s, row, ct)).Figures.Streams.First(f => f.Id == stream).Months;
        var figure = figures.FirstOrDefault(f => f.Month == month);
        // A filled month counts as the one that emitted most: that is the one to look into.
        LocalDate? of = figure is null ? null : figure.Filled ? figures.Where(f => !f.Filled).MaxBy(f => f.Tco2e)!.Month : month;
        var files = (await s.All("select id, file_name from footprint.activity_import where report_id = $1 or report_id = $2", r => (r.GetGuid(0), r.GetString(1)), ct, report, row.Report.Corrects ?? report)).ToDictionary(f => f.Item1, f => f.Item2);
        var data = row.Activity.ToDictionary(v => (v.Stream, v.Month, v.Field));
        var (input, _) = ReportCalculation.Input(planned, of ?? month, row.Activity.ToDictionary(v => (v.Stream, v.Month, v.Field), v => v.Value));
        var inputs = Inputs(planned, plan.Content.Gwp, of ?? month, data, files);
        var calculated = of is null ? default(Answer<CalcResult>?) : StreamRun.Calculate(methods, planned.Method, input, plan.Content.Gwp);
        var result = calculated is { Ok: true } done ? done.Value : null;
        var again = result is null ? null : StreamRun.Emission(planned.Method, result.Result)?.Tco2e;
        var calculation = result is null ? null : CalculatorSet.Envelope(methods.Find(planned.Method)!, MethodWording.Copy(result)).AsObject();
        return new Traced(new(report, planned.Id, month, figure?.Tco2e, figure?.Filled ?? false, of, again, planned.Method, planned.Process, planned.Meter, planned.Responsible, planned.UncertaintyPercent, plan.Version, inputs, calculation),
            result, calculated is { Ok: false } refused ? refused.Refusals : []);
    }

    List<TracedInput> Inputs(PlanStream stream, string gwp, LocalDate month, Dictionary<(string, LocalDate, string), ActivityValue> data, Dictionary<Guid, string> files)
    {
        var fields = methods.Find(stream.Method)?.Fields ?? [];
        string? Unit(string field) => fields.FirstOrDefault(f => f.Name == field)?.Unit;
        var inputs = new List<TracedInput>();
        foreach (var field in stream.Measured)
        {
            var value = data.GetValueOrDefault((stream.Id, month, field));
            inputs.Add(new(field, InputFrom.Activity, value is null ? null : DecimalText.Write(value.Value), Unit(field), value?.Source, value?.Origin, value?.Origin is { } origin ? files.GetValueOrDefault(origin.ImportId) : null));
        }
        inputs.AddRange(stream.Fixed.Select(f => new TracedInput(f.Key, InputFrom.Plan, f.Value is JsonValue v && v.TryGetValue<string>(out var text) ? text : f.Value?.ToJsonString(), Unit(f.Key), null, null, null)));
        if (fields.Any(f => f.Name == "gwp") && !stream.Fixed.ContainsKey("gwp")) inputs.Add(new("gwp", InputFrom.Gwp, gwp, null, null, null, null));
        return inputs;
    }
}
