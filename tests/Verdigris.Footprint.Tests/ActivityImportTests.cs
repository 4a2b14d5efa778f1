using System.Text;
using NodaTime;
using Verdigris.Footprint.Reports;
using Verdigris.Footprint.Reports.Import;
using Verdigris.Primitives;
using Verdigris.Web;

namespace Verdigris.Footprint.Tests;

/// <summary>Activity data out of files of others: nothing lost, nothing guessed, every fault named.</summary>
public sealed class ActivityImportTests
{
    static readonly ReportFrame Frame = new(Desk.Plan(), new(2025, 1, 1), new(2025, 12, 31), Ask.Methods);

    static readonly ActivityColumn[] Wide = [new("Month", "month"), new("Gas (kg)", "gas.activity", 0.001m), new("Power kWh", "power.loadMwh", 0.001m, Combine.Sum), new("AEM", "pfc.aeMinutesPerCellDay", null, Combine.Mean), new("Remark", null), new("Doc", "source")];

    static ActivityReading Read(string csv, IReadOnlyList<ActivityColumn> columns, bool comma = false)
    {
        using var file = new MemoryStream(Encoding.UTF8.GetBytes(csv));
        var read = ActivityFile.Read(file, columns, comma, Frame);
        Assert.True(read.Ok, string.Join("; ", read.Refusals.Select(r => r.Code)));
        return read.Value;
    }

    [Theory]
    [InlineData("2026-03", 2026, 3)]
    [InlineData("2026-03-17", 2026, 3)]
    [InlineData("2026-03-17T04:00", 2026, 3)]
    [InlineData("2026/3", 2026, 3)]
    [InlineData("202612", 2026, 12)]
    [InlineData("20261231", 2026, 12)]
    [InlineData("03.2026", 2026, 3)]
    [InlineData("17.3.2026", 2026, 3)]
    [InlineData(" 2026年3月 ", 2026, 3)]
    [InlineData("2026年03月17日", 2026, 3)]
    [InlineData("Mar 2026", 2026, 3)]
    [InlineData("2026 september", 2026, 9)]
    [InlineData("03/04/2026", 0, 0)]
    [InlineData("04/26", 0, 0)]
    [InlineData("2026-13", 0, 0)]
    [InlineData("30.02.2026", 0, 0)]
    [InlineData("1826-03", 0, 0)]
    [InlineData("Mär 2026", 0, 0)]
    [InlineData("٢٠٢٦-٠٣", 0, 0)]
    [InlineData("", 0, 0)]
    public void A_month_is_read_as_sources_write_it_and_what_has_two_meanings_is_not(string text, int year, int month) =>
        Assert.Equal(year == 0 ? null : new LocalDate(year, month, 1), FileValues.Month(text));

    [Theory]
    [InlineData("1234.5", false, "1234.5")]
    [InlineData("1,234.5", false, "1234.5")]
    [InlineData("1 234.5", false, "1234.5")]
    [InlineData("-12", false, "-12")]
    [InlineData("1,5", false, null)]
    [InlineData("1.234,5", false, null)]
    [InlineData("1.234,5", true, "1234.5")]
    [InlineData("1.234", true, "1234")]
    [InlineData("1,5", true, "1.5")]
    [InlineData("1.5", true, null)]
    [InlineData("n/a", false, null)]
    [InlineData("–", true, null)]
    public void A_number_is_read_by_the_marks_of_its_source_and_never_by_those_of_another(string text, bool comma, string? value)
    {
        var read = FileValues.Number(text, comma, out var number);
        Assert.Equal(value is not null, read);
        if (value is { } expected) Assert.Equal(expected, DecimalText.Write(number));
    }

    [Fact]
    public void Whatever_way_days_are_spread_over_lines_the_months_sum_and_mean_are_the_same()
    {
        var random = new Random(2025);
        for (var round = 0; round < 60; round++)
        {
            var days = Enumerable.Range(1, 60).Select(d => (Day: new LocalDate(2025, 1, 1).PlusDays(d - 1), Kwh: random.Next(1, 500_000), Aem: random.Next(0, 400))).ToList();
            var lines = days.Select(d => FormattableString.Invariant($"{d.Day:uuuu-MM-dd},,{d.Kwh},{d.Aem / 1000m},x,\n")).ToArray();
            random.Shuffle(lines);
            var reading = Read("Month,Gas (kg),Power kWh,AEM,Remark,Doc\n" + string.Concat(lines), Wide);
            Assert.Equal((60, 0), (reading.Lines, reading.Refused));
            foreach (var month in days.GroupBy(d => d.Day.Month))
            {
                var first = new LocalDate(2025, month.Key, 1);
                Assert.Equal(month.Sum(d => d.Kwh) / 1000m, reading.Figures.Single(f => f.Stream == "power" && f.Month == first).Value);
                Assert.Equal(Math.Round(month.Sum(d => d.Aem / 1000m) / month.Count(), 9), reading.Figures.Single(f => f.Stream == "pfc" && f.Month == first).Value);
                Assert.Equal(month.Count(), reading.Figures.Single(f => f.Stream == "power" && f.Month == first).Lines);
            }
        }
    }

    [Fact]
    public void Every_line_is_a_figure_a_fault_or_empty_and_a_fault_names_line_column_and_what_would_be_right()
    {
        var reading = Read("""
            Month,Gas (kg),Power kWh,AEM,Remark,Doc
            2025-01,30000,13500000,0.2,,Bill 1
            2025-02,thirty,13500000,0.2,,Bill 2
            February,30000,1,0.2,,
            2024-12,30000,1,0.2,,
            2025-01,29000,1,,,
            2025-03,,,,nothing yet,
            2025-04,30000,1,-5,,
            2025-05,30000,1,,,,,surplus
            """, Wide);
        Assert.Equal((8, 6, 1), (reading.Lines, reading.Refused, reading.Empty));
        Assert.Equal([(3, "Gas (kg)", "import.number-unreadable"), (4, "Month", "activity.month"), (5, "Month", "activity.month-outside"), (6, "Gas (kg)", "activity.twice"), (8, "AEM", "calc.below-minimum"), (9, null, "import.cells-differ")],
            reading.Faults.Select(f => (f.Line, f.Column, f.Code)));
        Assert.Equal("2025-01", reading.Faults[2].Args!["from"]);
        var january = reading.Figures.Where(f => f.Month == new LocalDate(2025, 1, 1)).ToDictionary(f => f.Stream);
        Assert.Equal((30m, "Bill 1", 2, false), (january["gas"].Value, january["gas"].Source, january["gas"].FirstLine, january["gas"].HeldBack));
        // A line without a readable month was refused: whatever is added up may lack it.
        Assert.True(january["power"].HeldBack && january["pfc"].HeldBack);
    }

    [Fact]
    public void What_is_added_up_over_lines_is_held_back_only_in_the_months_a_line_was_refused_in()
    {
        var reading = Read("Month,Gas (kg),Power kWh,AEM,Remark,Doc\n2025-01-01,,1000,,,\n2025-01-02,,broken,,,\n2025-02-01,,3000,,,\n", Wide);
        Assert.Equal([(1, true), (2, false)], reading.Figures.Select(f => (f.Month.Month, f.HeldBack)));
    }

    [Fact]
    public void A_file_with_our_names_needs_no_mapping_and_any_other_is_read_by_none()
    {
        Assert.NotNull(ActivityMappingRules.Own(["stream", "month", "field", "value", "source"], Desk.Plan()));
        Assert.NotNull(ActivityMappingRules.Own(["month", "production.massT", "power.loadMwh"], Desk.Plan()));
        Assert.Null(ActivityMappingRules.Own(["month", "production.massT", "MWh"], Desk.Plan()));
        Assert.Null(ActivityMappingRules.Own(["stream", "month", "value"], Desk.Plan()));
        var reading = Read("stream,month,field,value,source\ngas,2025-01,activity,30,Bill\ngas,2025-01,activities,30,\ngas,2025-01,activity,31,\ncoal,2025-02,activity,1,\ngas,2025-03,activity,,\n", ActivityMappingRules.Own(["stream", "month", "field", "value", "source"], Desk.Plan())!);
        Assert.Equal(["activity.not-in-plan", "activity.twice", "activity.not-in-plan", "calc.missing-field"], reading.Faults.Select(f => f.Code));
        Assert.Equal(30m, Assert.Single(reading.Figures).Value);
    }

    [Theory]
    [InlineData("mapping.name-missing", "")]
    [InlineData("mapping.target-unknown", "S", "month", "gas.volume")]
    [InlineData("import.column-twice", "S", "month", "gas.activity", "gas.activity")]
    [InlineData("import.column-missing", "S", "gas.activity")]
    [InlineData("import.column-missing", "S", "month", "value")]
    [InlineData("mapping.two-shapes", "S", "month", "stream", "field", "value", "gas.activity")]
    public void A_mapping_that_cannot_be_read_by_is_refused(string code, string name, params string[] targets) =>
        Assert.Contains(ActivityMappingRules.Check(new(name, [.. (targets.Length == 0 ? ["month", "gas.activity"] : targets).Select((t, i) => new ActivityColumn($"C{i}", t))]), Desk.Plan()), r => r.Code == code);

    [Fact]
    public async Task A_workbook_is_mapped_once_and_the_next_of_its_source_is_read_by_the_same_and_each_figure_knows_its_lines()
    {
        await using var desk = await Desk.Open();
        var facility = await desk.Facility();
        var report = await desk.Do(Desk.Editor, s => desk.Reports.Create(s, new(facility.Id, new(2025, 1, 1), new(2025, 12, 31)), default));
        await desk.Do(Desk.Editor, s => desk.Reports.SetActivity(s, report.Id, Desk.Year(leaveOut: (m, stream) => stream == "gas" && m > 1), default));
        static byte[] Book(params int[] months) => XlsxWriter.Write(new XlsxSheet("Casthouse", [["Monat", "Gas", "Beleg"], .. months.Select(m => (IReadOnlyList<object?>)[$"2025-{m:00}", 30_000.5m + m, $"Z {m}"])]));

        var brought = await desk.Do(Desk.Editor, s => desk.Imports.Bring(s, report.Id, "gas.xlsx", new MemoryStream(Book(1, 2, 3)), default));
        Assert.Null(brought.Reading);
        Assert.Equal("import.not-mapped", await desk.Refused(Desk.Editor, s => desk.Imports.Apply(s, brought.File.Id, ActivityImports.WholeFile, default)));
        Assert.Equal("mapping.not-this-file", await desk.Refused(Desk.Editor, s => desk.Imports.SetMapping(s, brought.File.Id, new("Casthouse", [new("Month", "month"), new("Gas", "gas.activity")]), default)));
        var mapped = await desk.Do(Desk.Editor, s => desk.Imports.SetMapping(s, brought.File.Id, new("Casthouse", [new("Monat", "month"), new("Gas", "gas.activity", 0.001m), new("Beleg", "source")]), default));
        Assert.Equal([(30m, 30.0015m), ((decimal?)null, 30.0025m), (null, 30.0035m)], mapped.Figures.Select(f => (f.Before, f.Value)));

        var view = await desk.Do(Desk.Editor, s => desk.Imports.Apply(s, brought.File.Id, ActivityImports.WholeFile, default));
        Assert.Equal("import.applied", await desk.Refused(Desk.Editor, s => desk.Imports.Apply(s, brought.File.Id, ActivityImports.WholeFile, default)));
        Assert.Equal(3, view.Figures.Streams.Single(f => f.Id == "gas").Months.Count);
        var values = await desk.Do(Desk.Editor, s => desk.Reports.Activity(s, report.Id, default));
        var february = values.Single(v => v.Stream == "gas" && v.Month.Month == 2);
        Assert.Equal(new ActivityOrigin(brought.File.Id, 3, 3, 1), february.Origin);
        Assert.Equal("Z 2", february.Source);
        // What the file does not speak of is as it was.
        Assert.Equal(Desk.Year().Where(v => v.Stream != "gas"), values.Where(v => v.Stream != "gas"));

        // Typed again, a figure keeps its file as long as it is the same figure; an origin somebody makes up is not kept.
        await desk.Do(Desk.Editor, s => desk.Reports.SetActivity(s, report.Id, [.. values.Select(v => v with { Origin = null, Value = v == february ? 31 : v.Value }), new("gas", new(2025, 4, 1), "activity", 1, null, new(brought.File.Id, 9, 9, 1))], default));
        var typed = (await desk.Do(Desk.Editor, s => desk.Reports.Activity(s, report.Id, default))).Where(v => v.Stream == "gas").OrderBy(v => v.Month).Select(v => v.Origin?.FirstLine);
        Assert.Equal([2, null, 4, null], typed);

        var next = await desk.Do(Desk.Editor, s => desk.Imports.Bring(s, report.Id, "gas-2.xlsx", new MemoryStream(Book(4, 5, 6, 7, 8, 9, 10, 11, 12)), default));
        Assert.Equal("Casthouse", next.Mapping!.Name);
        await desk.Do(Desk.Editor, s => desk.Imports.Apply(s, next.File.Id, ActivityImports.WholeFile, default));
        await desk.Do(Desk.Approver, s => desk.Reports.Submit(s, report.Id, Desk.Verifier, default));

        // The verifier sees the file and what it gave; nobody else does; and it no longer changes.
        var seen = await desk.Do(Desk.Lead, s => desk.Imports.Read(s, next.File.Id, default));
        Assert.Equal(9, seen.Figures.Count);
        var opened = await desk.Do(Desk.Lead, s => desk.Imports.Open(s, next.File.Id, default));
        await using (opened.Content) Assert.Equal(next.File.SizeBytes, opened.Content.Length);
        Assert.Equal("import.not-found", await desk.Refused(Desk.Other, s => desk.Imports.Read(s, next.File.Id, default)));
        Assert.Equal("import.not-found", await desk.Refused(Desk.Other, s => desk.Imports.Open(s, next.File.Id, default)));
        Assert.Empty(await desk.Do(Desk.Other with { Roles = new HashSet<string> { Role.ProducerEditor } }, s => desk.Imports.Mappings(s, default)));
        Assert.Equal("report.state-forbids", await desk.Refused(Desk.Editor, s => desk.Imports.Bring(s, report.Id, "more.xlsx", new MemoryStream(Book(1)), default)));
    }

    [Fact]
    public async Task One_refused_line_refuses_the_file_or_stays_out_alone_as_chosen()
    {
        await using var desk = await Desk.Open();
        var facility = await desk.Facility();
        var report = await desk.Do(Desk.Editor, s => desk.Reports.Create(s, new(facility.Id, new(2025, 1, 1), new(2025, 12, 31)), default));
        var file = "month,gas.activity\n2025-01,30\n2025-02,x\n";
        var brought = await desk.Do(Desk.Editor, s => desk.Imports.Bring(s, report.Id, "gas.csv", new MemoryStream(Encoding.UTF8.GetBytes(file)), default));
        Assert.True(brought.OwnNames);
        Assert.Equal("import.mode-unknown", await desk.Refused(Desk.Editor, s => desk.Imports.Apply(s, brought.File.Id, "all", default)));
        Assert.Equal("import.lines-refused", await desk.Refused(Desk.Editor, s => desk.Imports.Apply(s, brought.File.Id, ActivityImports.WholeFile, default)));
        Assert.Empty(await desk.Do(Desk.Editor, s => desk.Reports.Activity(s, report.Id, default)));
        await desk.Do(Desk.Editor, s => desk.Imports.Apply(s, brought.File.Id, ActivityImports.AcceptedLines, default));
        Assert.Equal(30m, Assert.Single(await desk.Do(Desk.Editor, s => desk.Reports.Activity(s, report.Id, default))).Value);
        var kept = await desk.Do(Desk.Editor, s => desk.Imports.Read(s, brought.File.Id, default));
        Assert.Equal((2, 1), (kept.File.Lines, kept.File.Refused));
        Assert.Equal(3, Assert.Single(kept.Reading!.Faults).Line);
        foreach (var (name, content, code) in new[] { ("a.pdf", "%PDF-1.7", "activity.file-kind"), ("a.csv", "", "emissions.evidence-empty"), ("a.csv", "\n\n", "import.empty"), ("a.csv", "month,\"x\n", "import.quote-open"), ("a.txt", "x", "emissions.evidence-kind-not-allowed") })
            Assert.Equal(code, await desk.Refused(Desk.Editor, s => desk.Imports.Bring(s, report.Id, name, new MemoryStream(Encoding.UTF8.GetBytes(content)), default)));
    }
}
