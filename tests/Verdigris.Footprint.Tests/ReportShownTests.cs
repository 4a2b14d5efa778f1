using System.IO.Compression;
using System.Text.Json.Nodes;
using NodaTime;
using Verdigris.Footprint.Charts;
using Verdigris.Footprint.Plans;
using Verdigris.Footprint.Plans.Pages;
using Verdigris.Footprint.Reports;
using Verdigris.Footprint.Reports.Import;
using Verdigris.Primitives;

namespace Verdigris.Footprint.Tests;

/// <summary>How a plan is written in forms, and how a report is shown, traced and given out.</summary>
public sealed class ReportShownTests
{
    static readonly LocalDate From = new(2025, 1, 1), To = new(2025, 12, 31);

    static ReportFigures Figures(PlanContent plan) => ReportCalculation.Calculate(plan, From, To, Desk.Year(), [], Ask.Methods);

    [Fact]
    public void A_stream_goes_through_its_form_and_comes_out_the_same()
    {
        foreach (var stream in Desk.Plan(GapRule.HighestMonth).Streams.Concat(PlanTemplates.Smelter.Streams).Concat(PlanTemplates.Remelt.Streams))
        {
            var filled = new PlanStreamForm(PlanRules.Methods.Single(m => m.Method == stream.Method));
            filled.Fill(stream);
            // What a browser sends: every field of the form, and a box only where it is ticked.
            var posted = filled.Method.Fields.Where(f => filled.Fixed[f.Name] is not null).Select(f => KeyValuePair.Create("Input." + f.Name, filled.Fixed[f.Name]!))
                .Concat(new[] { "stream-id", "stream-process", "stream-scope", "stream-meter", "stream-tier-kind", "stream-tier", "stream-uncertainty", "stream-responsible", "stream-data", "stream-gaps" }.Select(n => KeyValuePair.Create(PlanStreamForm.Prefix + n, filled[n] ?? "")))
                .Concat(stream.Measured.Select(m => KeyValuePair.Create(PlanStreamForm.MeasuredName, m)));
            var taken = new PlanStreamForm(filled.Method);
            taken.Take(posted);
            var read = taken.Read().Value;
            Assert.Equal(stream with { Fixed = read.Fixed, Measured = read.Measured }, read);
            Assert.Equal(stream.Measured.Order(), read.Measured.Order());
            Assert.True(JsonNode.DeepEquals(JsonNode.Parse(Storage.StorageJson.Write(stream.Fixed)), JsonNode.Parse(Storage.StorageJson.Write(read.Fixed))) || stream.Fixed.All(f => Same(f.Value, read.Fixed[f.Key])), $"{stream.Id}: {read.Fixed}");
        }

        static bool Same(JsonNode? a, JsonNode? b) => DecimalText.TryRead(a?.ToString(), out var x) && DecimalText.TryRead(b?.ToString(), out var y) ? x == y : a?.ToString() == b?.ToString();
    }

    [Fact]
    public void What_the_plan_refuses_stands_at_the_field_of_the_form_it_was_typed_in()
    {
        var form = new PlanStreamForm(PlanRules.Methods.Single(m => m.Method == "mrr.combustion"));
        form.Take([KeyValuePair.Create("Stream.stream-id", "Gas"), KeyValuePair.Create("Stream.stream-scope", "Direct"), KeyValuePair.Create("Stream.stream-gaps", "None"), KeyValuePair.Create("Input.fuel", "natural-gas"), KeyValuePair.Create("Input.activityUnit", "barrel"), KeyValuePair.Create("Input.activity", "7"), KeyValuePair.Create("Measured", "activity")]);
        var stream = form.Read().Value;
        Assert.False(stream.Fixed.ContainsKey("activity"));
        var wrong = form.Placed(PlanRules.Check(new("Metal", "AR5", [.. Desk.Plan().Streams, stream]), Ask.Methods, Verdigris.Primitives.Rules.RulePacks.Open(Checkout.Path("data"))), 4);
        Assert.Contains(wrong, r => r is { Code: "plan.stream-id", Field: "stream-id" });
        Assert.Contains(wrong, r => r is { Code: "plan.text", Field: "stream-process" });
        Assert.Contains(wrong, r => r is { Code: "plan.text", Field: "stream-meter" });
        Assert.Contains(wrong, r => r.Field == "activityUnit");
        form.Take([KeyValuePair.Create("Stream.stream-uncertainty", "about 2")]);
        Assert.Equal(("calc.not-a-number", "stream-uncertainty"), (form.Read().Refusals[0].Code, form.Read().Refusals[0].Field));
        Assert.Equal("about 2", form["stream-uncertainty"]);
    }

    [Fact]
    public void Bars_of_months_are_as_high_as_their_sums_and_parts_meet_whatever_the_figures()
    {
        var random = new Random(4711);
        for (var round = 0; round < 200; round++)
        {
            var amounts = (from m in Enumerable.Range(1, 12) from s in Enumerable.Range(0, 5) select new MonthAmount(new LocalDate(2025, m, 1), $"s{s}", random.Next(10) == 0 ? null : random.Next(-2000, 90_000) / 7m)).ToList();
            var chart = MonthStack.Of(amounts, 900);
            Assert.Equal(12, chart.Bars.Count);
            var (top, bottom) = (chart.Ticks.MaxBy(t => t.Value), chart.Ticks.MinBy(t => t.Value));
            foreach (var (bar, month) in chart.Bars.Zip(amounts.GroupBy(a => a.Month)))
            {
                int Place(decimal value) => (int)Math.Round(top.Y + (top.Value - value) / (top.Value - bottom.Value) * (bottom.Y - top.Y), MidpointRounding.AwayFromZero);
                Assert.Equal(month.Any(a => a.Tco2e is null), bar.Incomplete);
                var up = bar.Parts.Where(p => p.Tco2e > 0).ToList();
                if (up.Count > 0) Assert.InRange(up.Min(p => p.Y), Place(month.Sum(a => Math.Max(a.Tco2e ?? 0, 0))) - 1, Place(month.Sum(a => Math.Max(a.Tco2e ?? 0, 0))) + 1);
                for (var i = 1; i < up.Count; i++) Assert.Equal(up[i - 1].Y, up[i].Y + up[i].Height);
                Assert.All(bar.Parts, p => Assert.InRange(p.Y, top.Y, bottom.Y));
            }
        }
    }

    [Fact]
    public void The_range_is_propagated_where_that_holds_and_simulated_where_a_stream_is_too_uncertain()
    {
        var sure = Figures(Desk.Plan());
        Assert.Equal("uncertainty.propagate", sure.Range!.Method);
        var squares = Desk.Plan().Streams.Zip(sure.Streams, (p, s) => p.UncertaintyPercent!.Value * s.Tco2e!.Value).Sum(x => x * x);
        Assert.Equal(DecimalText.Sqrt(squares) / sure.TotalTco2e!.Value, sure.UncertaintyPercent!.Value, 6);
        Assert.Equal(sure.TotalTco2e.Value, (sure.Range.LowTco2e + sure.Range.HighTco2e) / 2, 6);
        Assert.Equal(sure.TotalTco2e.Value * sure.UncertaintyPercent.Value / 100, (sure.Range.HighTco2e - sure.Range.LowTco2e) / 2, 2);

        var unsure = Figures(Desk.Plan() with { Streams = [.. Desk.Plan().Streams.Select(s => s.Id == "pfc" ? s with { UncertaintyPercent = 80 } : s)] });
        Assert.Equal(("uncertainty.monte-carlo", ReportUncertainty.Draws), (unsure.Range!.Method, unsure.Range.Draws));
        // Normal and independent: simulation and propagation must agree within the error of 20,000 draws.
        var expected = DecimalText.Sqrt(Desk.Plan().Streams.Zip(unsure.Streams, (p, s) => (p.Id == "pfc" ? 80 : p.UncertaintyPercent!.Value) * s.Tco2e!.Value).Sum(x => x * x)) / unsure.TotalTco2e!.Value;
        Assert.InRange(unsure.UncertaintyPercent!.Value, expected * 0.96m, expected * 1.04m);
        Assert.InRange(unsure.TotalTco2e.Value, unsure.Range.LowTco2e, unsure.Range.HighTco2e);
        Assert.Equal(unsure.Range, Figures(Desk.Plan() with { Streams = [.. Desk.Plan().Streams.Select(s => s.Id == "pfc" ? s with { UncertaintyPercent = 80 } : s)] }).Range);

        Assert.Null(Figures(Desk.Plan() with { Streams = [.. Desk.Plan().Streams.Select(s => s with { UncertaintyPercent = s.Id == "gas" ? null : 2, TierKind = null, RequiredTier = null })] }).Range);
    }

    [Fact]
    public async Task A_figure_is_traced_to_the_lines_of_its_file_the_plan_and_the_rules_by_whoever_sees_the_report()
    {
        await using var desk = await Desk.Open();
        var facility = await desk.Facility(GapRule.HighestMonth);
        var report = await desk.Do(Desk.Editor, s => desk.Reports.Create(s, new(facility.Id, From, To), default));
        await desk.Do(Desk.Editor, s => desk.Reports.SetActivity(s, report.Id, Desk.Year(leaveOut: (m, stream) => stream == "gas"), default));
        var brought = await desk.Do(Desk.Editor, s => desk.Imports.Bring(s, report.Id, "gas.csv", new MemoryStream("month,gas.activity,source\n2025-01,30,Bill 1\n2025-02,33,Bill 2\n"u8.ToArray()), default));
        await desk.Do(Desk.Editor, s => desk.Imports.Apply(s, brought.File.Id, ActivityImports.WholeFile, default));
        await desk.Do(Desk.Approver, s => desk.Reports.Submit(s, report.Id, Desk.Verifier, default));

        var february = await desk.Do(Desk.Lead, s => desk.Traces.Trace(s, report.Id, "gas", new(2025, 2, 1), default));
        Assert.Equal(february.Tco2e, february.Recalculated);
        Assert.Equal((false, new LocalDate(2025, 2, 1), "Gas meter 7"), (february.Filled, february.CalculatedFor, february.Meter));
        Assert.Equal(new("activity", InputFrom.Activity, "33", "t", "Bill 2", new(brought.File.Id, 3, 3, 1), "gas.csv"), february.Inputs.Single(i => i.Field == "activity") with { Unit = "t" });
        Assert.Contains(february.Inputs, i => i is { Field: "fuel", From: InputFrom.Plan, Value: "natural-gas" });
        Assert.NotEmpty(february.Calculation!["trace"]!.AsArray());
        Assert.Contains("footprint/", february.Calculation["rules"]!.ToJsonString());

        // December had no data: the figure leads to the highest month.
        var december = await desk.Do(Desk.Lead, s => desk.Traces.Trace(s, report.Id, "gas", new(2025, 12, 1), default));
        Assert.Equal((true, new LocalDate(2025, 2, 1), february.Tco2e), (december.Filled, december.CalculatedFor, december.Tco2e));
        Assert.Equal("report.not-found", await desk.Refused(Desk.Other, s => desk.Traces.Trace(s, report.Id, "gas", new(2025, 2, 1), default)));
        Assert.Equal("verification.stream-unknown", await desk.Refused(Desk.Lead, s => desk.Traces.Trace(s, report.Id, "coal", new(2025, 2, 1), default)));
        Assert.Equal("activity.month-outside", await desk.Refused(Desk.Lead, s => desk.Traces.Trace(s, report.Id, "gas", new(2026, 2, 1), default)));

        var dossier = await desk.Do(Desk.Lead, s => desk.Dossiers.Read(s, report.Id, default));
        Assert.Equal(("Smelter", "Verifier", "gas.csv"), (dossier.Operator!.Name, dossier.Verifier!.Name, Assert.Single(dossier.Files).FileName));
        var lines = ReportFiles.Csv(dossier).Split("\r\n", StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(1 + 4 * 12, lines.Length);
        Assert.Equal(dossier.View.Figures.TotalTco2e, lines.Skip(1).Sum(l => decimal.Parse(l.Split(',')[5], System.Globalization.CultureInfo.InvariantCulture)));
        using var book = new ZipArchive(new MemoryStream(ReportFiles.Xlsx(dossier)));
        Assert.Equal(8, book.Entries.Count(e => e.FullName.StartsWith("xl/worksheets/", StringComparison.Ordinal)));
        Assert.Contains(dossier.View.Report.FiguresSha256!, System.Text.Encoding.UTF8.GetString(ReportFiles.Json(dossier)));
    }
}
