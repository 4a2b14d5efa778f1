using NodaTime;
using Verdigris.Primitives;
using Verdigris.Primitives.Rules;
using Verdigris.Web;

namespace Verdigris.Cbam.Template;

/// <summary>
/// The Commission's communication template for installations, version 2.1.1 of 13 December 2024 (transitional period; its attribution and precursor sums are those of Implementing Regulation (EU) 2023/1773), in and out.
/// Read into a typed report with a finding for every cell that is wrong; written back into the file it came from, or into the empty form. Immutable and thread-safe.
/// </summary>
public sealed class CommunicationTemplate
{
    /// <summary>Serial number of 13 December 2024, by which the form names its version.</summary>
    const decimal Version = 45639;
    const int MostDigits = 15;

    readonly RulePacks rules;
    readonly Lazy<TemplateLists> lists;

    public CommunicationTemplate(RulePacks rules)
    {
        this.rules = rules;
        lists = new(() => TemplateLists.Read(rules));
    }

    public TemplateLists Lists => lists.Value;

    /// <summary>The empty form as the Commission gives it out.</summary>
    public byte[] EmptyForm() => File.ReadAllBytes(TemplateLists.FormFile(rules));

    /// <summary>What the form works out of a report, worked out here.</summary>
    public static TemplateFigures Figures(CommunicationReport report) => TemplateCalculation.Of(report);

    /// <returns>The report, its figures and findings; refused is only what is no such form at all: <c>template.other-form</c>, and what no workbook can be read from.</returns>
    public Answer<TemplateReading> Read(Stream content)
    {
        ArgumentNullException.ThrowIfNull(content);
        var opened = Open(content);
        if (!opened.Ok) return Answer<TemplateReading>.From(opened.Refusals);
        using var book = opened.Value;
        try { return Read(book); }
        catch (Exception e) when (TemplateWorkbook.Broken(e)) { return Refusal.Of("import.not-a-workbook", "file"); }
    }

    TemplateReading Read(TemplateWorkbook book)
    {
        var reader = new TemplateReader(book, Lists);
        var version = book.Value("VersionDocumentation", "B3").Number;
        if (version != Version) reader.Say(new("VersionDocumentation", "B3", "version", CellKind.Number), FindingSeverity.Warning, Refusal.Of("template.version", null, ("given", version is { } v && book.Day(v) is { } day ? NodaTime.Text.LocalDatePattern.Iso.Format(day) : "?")));
        // Another column of its texts: the words of the lists are then those of another language.
        if (book.Value("Translations", "A3").Number is not (3 or null)) reader.Say(new("Translations", "A3", "language", CellKind.Number), FindingSeverity.Warning, Refusal.Of("template.language"));
        var report = TemplateWalk.Over(reader, CommunicationReport.Empty);
        var figures = Figures(report);
        TemplateChecks.Over(report, figures, reader, Lists);
        TemplateComparison.Over(figures, book, reader);
        return new TemplateReading(report, figures, reader.Findings);
    }

    /// <summary>
    /// Writes a report into a form. Only cells whose value is another are touched, so that what could not be read stays as it was, and everything the model does not know stays too.
    /// </summary>
    /// <param name="into">The file the report came from; null for the empty form.</param>
    /// <returns>The workbook; <c>template.digits</c> where a number has more digits than a cell keeps, <c>template.text-long</c>, <c>template.text-broken</c>, <c>template.slot</c>, each with its field; or why the file cannot be read.</returns>
    public Answer<byte[]> Write(CommunicationReport report, Stream? into = null)
    {
        ArgumentNullException.ThrowIfNull(report);
        using var empty = into is null ? new MemoryStream(EmptyForm()) : null;
        var opened = Open(into ?? empty!);
        if (!opened.Ok) return Answer<byte[]>.From(opened.Refusals);
        using var book = opened.Value;
        var cells = TemplateCollector.Of(report);
        if (Check(report, cells.Values) is { Count: > 0 } wrong) return wrong;
        try
        {
            var before = TemplateCollector.Of(TemplateWalk.Over(new TemplateReader(book, Lists), CommunicationReport.Empty));
            foreach (var key in before.Keys.Except(cells.Keys)) book.Set(key.Sheet, key.Reference, null);
            foreach (var (key, (cell, value)) in cells)
                if (!before.TryGetValue(key, out var was) || !was.Value.Equals(value)) book.Set(key.Sheet, key.Reference, Held(cell, value, book));
            return book.Save();
        }
        catch (Exception e) when (TemplateWorkbook.Broken(e)) { return Refusal.Of("import.not-a-workbook", "file"); }
    }

    static Answer<TemplateWorkbook> Open(Stream content)
    {
        var opened = TemplateWorkbook.Open(content);
        if (!opened.Ok) return opened;
        string[] sheets = [TemplateWalk.A, TemplateWalk.B, TemplateWalk.C, TemplateWalk.D, TemplateWalk.E, TemplateWalk.F, TemplateWalk.Processes, TemplateWalk.Products];
        if (sheets.FirstOrDefault(s => !opened.Value.Has(s)) is not { } missing) return opened;
        opened.Value.Dispose();
        return Refusal.Of("template.other-form", "file", ("sheet", missing));
    }

    static object Held(TemplateCell cell, object value, TemplateWorkbook book) => value switch
    {
        LocalDate day => book.Serial(day),
        decimal number => cell.Kind == CellKind.PercentShare ? number / 100 : number,
        _ => value,
    };

    static List<Refusal> Check(CommunicationReport report, IEnumerable<(TemplateCell Cell, object Value)> cells)
    {
        var wrong = new List<Refusal>();
        void Slots(string part, IEnumerable<int> slots, int most)
        {
            var seen = new HashSet<int>();
            foreach (var slot in slots) if (slot < 1 || slot > most || !seen.Add(slot)) wrong.Add(Refusal.Of("template.slot", part, ("given", $"{slot}"), ("most", $"{most}")));
        }
        Slots("goods", report.Goods.Select(g => g.Slot), TemplateWalk.MostGoods);
        Slots("processes", report.Processes.Select(p => p.Slot), TemplateWalk.MostProcesses);
        Slots("precursors", report.Precursors.Select(p => p.Slot), TemplateWalk.MostPrecursors);
        Slots("streams", report.Streams.Select(s => s.Slot), TemplateWalk.MostStreams);
        Slots("pfcs", report.Pfcs.Select(s => s.Slot), TemplateWalk.MostPfcs);
        Slots("measured", report.Measured.Select(s => s.Slot), TemplateWalk.MostMeasured);
        Slots("cogenerations", report.Cogenerations.Select(c => c.Slot), 2);
        Slots("prices", report.Prices.Select(p => p.Slot), TemplateWalk.MostProcesses + TemplateWalk.MostPrecursors);
        Slots("products", report.Products.Select(p => p.Slot), TemplateWalk.MostProducts);
        foreach (var (cell, value) in cells)
        {
            if (value is decimal number && XlsxLines.Kept(number) != number) wrong.Add(Refusal.Of("template.digits", cell.Field, ("given", DecimalText.Write(number)), ("most", $"{MostDigits}")));
            if (value is string { Length: > 32_767 }) wrong.Add(Refusal.Of("template.text-long", cell.Field, ("most", "32767")));
            if (value is string text && (text.Trim() != text && cell.List is null || text.Length == 0 || !text.All(c => System.Xml.XmlConvert.IsXmlChar(c) || char.IsSurrogate(c)) || text.EnumerateRunes().Any(r => r.Value == 0xFFFD)))
                wrong.Add(Refusal.Of("template.text-broken", cell.Field));
        }
        return wrong;
    }
}
