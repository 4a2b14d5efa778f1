using System.Text;
using Verdigris.Footprint.Reports.Import;
using Verdigris.Storage;
using Verdigris.Web;

namespace Verdigris.Footprint.Reports;

/// <summary>A report as files: emissions by stream and month as CSV, everything as a workbook or as JSON. Heads are the field names of the API, the same in every language; what is not known is an empty cell, never a zero.</summary>
static class ReportFiles
{
    /// <summary>A line for each stream and month under a line of heads; RFC 4180.</summary>
    public static string Csv(ReportDossier d) => string.Concat(Months(d).Select(row => string.Join(',', row.Select(CsvLineWriter.Cell)) + "\r\n"));

    public static byte[] Json(ReportDossier d) => Encoding.UTF8.GetBytes(StorageJson.Write(d));

    public static byte[] Xlsx(ReportDossier d)
    {
        var (report, figures) = (d.View.Report, d.View.Figures);
        return XlsxWriter.Write(
            new("summary",
            [
                ["field", "value"], ["facility", d.Facility.Name], ["operator", d.Operator?.Name], ["verifier", d.Verifier?.Name], ["periodFrom", Day(report.PeriodFrom)], ["periodTo", Day(report.PeriodTo)], ["version", report.Version], ["state", report.State.ToString()],
                ["planVersion", d.Plan.Version], ["product", d.Plan.Content.Product], ["gwp", d.Plan.Content.Gwp], ["productionT", figures.ProductionT], ["directTco2e", figures.DirectTco2e], ["pfcTco2e", figures.PfcTco2e], ["indirectTco2e", figures.IndirectTco2e],
                ["upstreamTco2e", figures.UpstreamTco2e], ["marketTco2", figures.Market?.Tco2], ["certificateMwh", figures.Market?.CertificateMwh], ["totalTco2e", figures.TotalTco2e], ["biogenicTco2", figures.BiogenicTco2], ["totalTco2ePerT", figures.TotalTco2ePerT], ["uncertaintyPercent", figures.UncertaintyPercent], ["lowTco2e", figures.Range?.LowTco2e],
                ["highTco2e", figures.Range?.HighTco2e], ["measuredSharePercent", figures.MeasuredSharePercent], ["opinion", report.Opinion?.Kind.ToString()], ["statement", report.Opinion?.Statement], ["accreditation", report.Opinion?.Accreditation],
                ["planSha256", d.Plan.Sha256], ["figuresSha256", report.FiguresSha256],
            ]),
            new("months", Months(d)),
            new("streams", [["stream", "process", "scope", "method", "meter", "responsible", "uncertaintyPercent", "tco2e", "biogenicTco2", "manualTco2e", "manualReason"], .. d.Plan.Content.Streams.Zip(figures.Streams).Select(x => (IReadOnlyList<object?>)
                [x.First.Id, x.First.Process, x.First.Scope.ToString(), x.First.Method, x.First.Meter, x.First.Responsible, x.First.UncertaintyPercent, x.Second.Tco2e, x.Second.BiogenicTco2, x.Second.Manual?.Tco2e, x.Second.Manual?.Reason])]),
            new("activity", [["stream", "month", "field", "value", "source", "file", "firstLine", "lastLine", "lines"], .. d.Activity.Select(v => (IReadOnlyList<object?>)
                [v.Stream, FileValues.Text(v.Month), v.Field, v.Value, v.Source, v.Origin is { } origin ? d.Files.FirstOrDefault(f => f.Id == origin.ImportId)?.FileName : null, v.Origin?.FirstLine, v.Origin?.LastLine, v.Origin?.Lines])]),
            new("check", [["kind", "stream", "month", "field", "code", "en", "zh"], .. figures.Lines.Select(l => (IReadOnlyList<object?>)[l.Kind.ToString(), l.Stream, l.Month is { } month ? FileValues.Text(month) : null, l.Field, l.Code, l.Text.En, l.Text.Zh])]),
            new("findings", [["kind", "state", "stream", "text", "tco2e", "dueOn", "answer", "conclusion"], .. d.View.Findings.Select(f => (IReadOnlyList<object?>)[f.Kind.ToString(), f.State.ToString(), f.Stream, f.Text, f.Tco2e, Day(f.DueOn), f.Answer, f.Conclusion])]),
            new("signatures", [["step", "organisationId", "signedAt", "kid", "jws", "verdict", "content"], .. d.Signatures.Where(x => x.Current).Select(x => (IReadOnlyList<object?>)[x.Step.ToString(), x.OrganisationId.ToString(), NodaTime.Text.InstantPattern.ExtendedIso.Format(x.SignedAt), x.Kid, x.Jws, x.Verdict, x.Content])]),
            new("rules", [["pack", "version", "sha256"], .. figures.Packs.Select(p => (IReadOnlyList<object?>)[p.Pack, p.Version, p.Sha256])]));
    }

    static IReadOnlyList<IReadOnlyList<object?>> Months(ReportDossier d)
    {
        var report = d.View.Report;
        var months = ReportCalculation.Months(report.PeriodFrom, report.PeriodTo);
        return [["stream", "process", "scope", "method", "month", "tco2e", "biogenicTco2", "filled"], .. d.View.Figures.Streams.SelectMany(s => months.Select(m => (s, m, Figure: s.Months.FirstOrDefault(f => f.Month == m)))).Select(x => (IReadOnlyList<object?>)
            [x.s.Id, x.s.Process, x.s.Scope.ToString(), x.s.Method, FileValues.Text(x.m), x.Figure?.Tco2e, x.Figure?.BiogenicTco2, x.Figure is null ? null : x.Figure.Filled ? "filled" : "calculated"])];
    }

    static string Day(NodaTime.LocalDate day) => NodaTime.Text.LocalDatePattern.Iso.Format(day);
}
