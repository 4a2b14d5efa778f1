using System.Globalization;
using System.IO.Compression;
using System.Text.RegularExpressions;
using System.Xml;
using System.Xml.Linq;
using NodaTime;
using Verdigris.Primitives;
using Verdigris.Web;

namespace Verdigris.Cbam.Template;

/// <summary>What a cell holds, before anybody says what it should.</summary>
/// <param name="Text">Of a text cell; null for the others.</param>
/// <param name="Error">Of a cell a formula or somebody left in error (<c>#REF!</c>).</param>
readonly record struct SheetValue(string? Text, decimal? Number, bool? Flag, string? Error)
{
    public bool IsEmpty => Text is null && Number is null && Flag is null && Error is null;
}

/// <summary>
/// A workbook of the form as the parts it is packed from. Sheets are read and changed as XML in place, so that whatever nobody touches (formulas, styles, protection, hidden sheets, drawings) stays byte for byte.
/// Nothing outside the file is read. Not thread-safe.
/// </summary>
sealed partial class TemplateWorkbook : IDisposable
{
    /// <summary>The form unpacks to 10 MiB; a tree takes many times the bytes it is read from.</summary>
    const long LargestBytes = 48L << 20;
    const int MostAreas = 1000, MostElements = 1_500_000, Deepest = 64;

    /// <summary>Sheets of texts, lists and guidance: nothing in them rests on an entry.</summary>
    static readonly string[] Fixed = ["0_Versions", "b_Guidelines&Conditions", "c_CodeLists", "G_FurtherGuidance", "Parameters_CNCodes", "Translations", "VersionDocumentation"];
    static readonly XNamespace Main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main";
    static readonly XNamespace Relations = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";

    readonly MemoryStream bytes;
    readonly ZipArchive zip;
    readonly Dictionary<string, string> parts;
    readonly List<string> shared;
    readonly Dictionary<string, Sheet> sheets = new(StringComparer.Ordinal);
    readonly LocalDate dayZero;
    bool formulaGone;

    TemplateWorkbook(MemoryStream bytes, ZipArchive zip)
    {
        (this.bytes, this.zip) = (bytes, zip);
        var (book, targets) = (Part("xl/workbook.xml"), Part("xl/_rels/workbook.xml.rels").Root!.Elements().ToDictionary(r => (string)r.Attribute("Id")!, r => (string)r.Attribute("Target")!));
        parts = book.Root!.Element(Main + "sheets")!.Elements(Main + "sheet").ToDictionary(s => (string)s.Attribute("name")!, s => Path(targets[(string)s.Attribute(Relations + "id")!]), StringComparer.Ordinal);
        shared = zip.GetEntry("xl/sharedStrings.xml") is null ? [] : [.. Part("xl/sharedStrings.xml").Root!.Elements(Main + "si").Select(TextOf)];
        dayZero = (string?)book.Root.Element(Main + "workbookPr")?.Attribute("date1904") is "1" or "true" ? new(1904, 1, 1) : new(1899, 12, 30);
    }

    /// <summary>Refuses what is no workbook (<c>import.not-a-workbook</c>, <c>import.old-workbook</c>) or unpacks to too much (<c>template.unpacks-too-large</c>).</summary>
    public static Answer<TemplateWorkbook> Open(Stream content)
    {
        var bytes = new MemoryStream();
        content.CopyTo(bytes);
        if (bytes.Length >= 4 && bytes.GetBuffer().AsSpan(0, 4).SequenceEqual<byte>([0xD0, 0xCF, 0x11, 0xE0])) return Refusal.Of("import.old-workbook", "file");
        ZipArchive? zip = null;
        try
        {
            bytes.Position = 0;
            zip = new ZipArchive(bytes, ZipArchiveMode.Read, leaveOpen: true);
            if (zip.Entries.Sum(e => (decimal)e.Length) > LargestBytes)
            {
                zip.Dispose();
                return Refusal.Of("template.unpacks-too-large", "file", ("mostMib", $"{LargestBytes >> 20}"));
            }
            return new TemplateWorkbook(bytes, zip);
        }
        catch (Exception e) when (Broken(e))
        {
            zip?.Dispose();
            return Refusal.Of("import.not-a-workbook", "file");
        }
    }

    /// <summary>What reading a damaged package throws, whichever part of it is damaged.</summary>
    public static bool Broken(Exception e) => e is InvalidDataException or XmlException or NullReferenceException or KeyNotFoundException or ArgumentException or FormatException or OverflowException;

    public bool Has(string sheet) => parts.ContainsKey(sheet);

    /// <summary>Stored value of a cell: of a formula its last result.</summary>
    public SheetValue Value(string sheet, string reference)
    {
        if (SheetOf(sheet)?.Cells.GetValueOrDefault(reference) is not { } cell) return default;
        var raw = cell.Element(Main + "v")?.Value;
        switch ((string?)cell.Attribute("t"))
        {
            case "inlineStr": return Worded(cell.Element(Main + "is") is { } words ? TextOf(words) : null);
            case "s": return Worded(int.TryParse(raw, NumberStyles.None, CultureInfo.InvariantCulture, out var at) && at < shared.Count ? shared[at] : null);
            case "str": return Worded(raw);
            case "b": return raw is null ? default : new(null, null, raw is "1" or "true", null);
            case "e": return new(null, null, null, raw ?? "#");
            default: return raw is { Length: > 0 } && decimal.TryParse(raw, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) ? new(null, DecimalText.Trim(XlsxLines.Kept(number)), null, null) : default;
        }

        static SheetValue Worded(string? text) => string.IsNullOrWhiteSpace(text) ? default : new(text, null, null, null);
    }

    public LocalDate? Day(decimal serial) => serial == decimal.Truncate(serial) && serial is >= 1 and <= 2_958_465 ? dayZero.PlusDays((int)serial) : null;
    public decimal Serial(LocalDate day) => Period.Between(dayZero, day, PeriodUnits.Days).Days;

    /// <summary>Text, decimal, bool or null into a cell; the cell keeps its style. A formula somebody entered there gives way to the value, and those that share it keep the values they had.</summary>
    public void Set(string sheet, string reference, object? value)
    {
        var cell = SheetOf(sheet)!.Need(reference);
        if (cell.Element(Main + "f") is { } formula)
        {
            if (formula.Attribute("ref") is not null && (string?)formula.Attribute("si") is { } shares)
                foreach (var other in SheetOf(sheet)!.Cells.Values.Select(c => c.Element(Main + "f")).Where(f => f is not null && f != formula && (string?)f.Attribute("si") == shares).ToList()) other!.Remove();
            formulaGone = true;
        }
        cell.Attribute("t")?.Remove();
        cell.Elements().Remove();
        switch (value)
        {
            case null: break;
            case bool flag: cell.SetAttributeValue("t", "b"); cell.Add(new XElement(Main + "v", flag ? "1" : "0")); break;
            case decimal number: cell.Add(new XElement(Main + "v", number.ToString(CultureInfo.InvariantCulture))); break;
            default:
                cell.SetAttributeValue("t", "inlineStr");
                cell.Add(new XElement(Main + "is", new XElement(Main + "t", new XAttribute(XNamespace.Xml + "space", "preserve"), value)));
                break;
        }
        SheetOf(sheet)!.Changed = true;
    }

    /// <summary>
    /// The workbook with its changes. Results of formulas that could depend on a change are dropped, so that nobody reads an old one, and the workbook asks to be calculated when it is opened; labels and lists, which
    /// only look up texts of the form, keep theirs. Without a change the bytes are those that came.
    /// </summary>
    public byte[] Save()
    {
        if (!sheets.Values.Any(s => s.Changed)) return bytes.ToArray();
        foreach (var name in parts.Keys.Except(Fixed)) DropResults(name, SheetOf(name)!);
        var book = Part("xl/workbook.xml");
        var calculation = book.Root!.Element(Main + "calcPr");
        if (calculation is null) (book.Root.Element(Main + "definedNames") ?? book.Root.Element(Main + "sheets")!).AddAfterSelf(calculation = new XElement(Main + "calcPr"));
        calculation.SetAttributeValue("fullCalcOnLoad", "1");
        var written = sheets.Where(s => s.Value.Changed).ToDictionary(s => parts[s.Key], s => s.Value.Document);
        written["xl/workbook.xml"] = book;
        // The order of calculation names every formula; programs make it anew where it is not there, and complain where it names one that is gone.
        var order = formulaGone ? zip.GetEntry("xl/calcChain.xml") : null;
        if (order is not null)
        {
            var (relations, types) = (Part("xl/_rels/workbook.xml.rels"), Part("[Content_Types].xml"));
            relations.Root!.Elements().Where(r => ((string?)r.Attribute("Target"))?.EndsWith("calcChain.xml", StringComparison.Ordinal) == true).Remove();
            types.Root!.Elements().Where(o => (string?)o.Attribute("PartName") == "/xl/calcChain.xml").Remove();
            (written["xl/_rels/workbook.xml.rels"], written["[Content_Types].xml"]) = (relations, types);
        }
        var result = new MemoryStream();
        using (var target = new ZipArchive(result, ZipArchiveMode.Create, leaveOpen: true))
            foreach (var entry in zip.Entries.Where(e => e != order))
            {
                var copy = target.CreateEntry(entry.FullName, CompressionLevel.Optimal);
                copy.LastWriteTime = entry.LastWriteTime;
                using var to = copy.Open();
                if (written.TryGetValue(entry.FullName, out var document))
                {
                    // Line breaks of texts stay what they are.
                    using var writer = XmlWriter.Create(to, new() { Encoding = new System.Text.UTF8Encoding(false), NewLineHandling = NewLineHandling.Entitize });
                    document.Save(writer);
                    continue;
                }
                using var from = entry.Open();
                from.CopyTo(to);
            }
        return result.ToArray();
    }

    public void Dispose()
    {
        zip.Dispose();
        bytes.Dispose();
    }

    static void DropResults(string name, Sheet sheet)
    {
        foreach (var (reference, cell) in sheet.Cells)
        {
            // An entry may be a formula too (LibreOffice writes TRUE as one): what was read of it must stay to be read.
            if (TemplateCell.Entries.Contains((name, reference))) continue;
            if (cell.Element(Main + "f") is not { } formula || cell.Element(Main + "v") is not { } result) continue;
            if (formula.Value.Length > 0 && Label().IsMatch(formula.Value)) continue;
            result.Remove();
            cell.Attribute("t")?.Remove();
            sheet.Changed = true;
        }
        // Results of a formula over several cells stand in cells without a formula.
        var areas = sheet.Cells.Values.Select(c => c.Element(Main + "f")).Where(f => (string?)f?.Attribute("t") == "array").Take(MostAreas).Select(f => AreaForm().Match((string?)f!.Attribute("ref") ?? "")).Where(m => m.Success)
            .Select(m => (Left: Sheet.ColumnOf(m.Groups[1].Value), Top: Sheet.RowOf(m.Groups[2].Value), Right: Sheet.ColumnOf(m.Groups[3].Value), Bottom: Sheet.RowOf(m.Groups[4].Value))).ToList();
        if (areas.Count == 0) return;
        foreach (var (reference, cell) in sheet.Cells)
        {
            var (column, row) = (Sheet.ColumnOf(reference), Sheet.RowOf(reference));
            if (cell.Element(Main + "v") is not { } result || !areas.Exists(a => column >= a.Left && column <= a.Right && row >= a.Top && row <= a.Bottom)) continue;
            result.Remove();
            cell.Attribute("t")?.Remove();
            sheet.Changed = true;
        }
    }

    Sheet? SheetOf(string name)
    {
        if (sheets.TryGetValue(name, out var sheet)) return sheet;
        return parts.TryGetValue(name, out var part) ? sheets[name] = new Sheet(Part(part)) : null;
    }

    XDocument Part(string name)
    {
        var entry = zip.GetEntry(name)!;
        using (var counted = Reader(entry))
            for (var elements = 0; counted.Read();)
                if (counted.Depth > Deepest || (counted.NodeType == XmlNodeType.Element && ++elements > MostElements)) throw new InvalidDataException($"{name} holds more than a form does.");
        using var reader = Reader(entry);
        return XDocument.Load(reader, LoadOptions.PreserveWhitespace);
    }

    static XmlReader Reader(ZipArchiveEntry entry) => XmlReader.Create(entry.Open(), new() { DtdProcessing = DtdProcessing.Prohibit, XmlResolver = null, MaxCharactersInDocument = LargestBytes, CloseInput = true });

    static string Path(string target) => target.StartsWith('/') ? target[1..] : "xl/" + target;

    /// <summary>Text of a string item; readings for pronunciation stand beside it and are no part of it.</summary>
    static string TextOf(XElement item) => string.Concat(item.Elements().Where(e => e.Name == Main + "t" || e.Name == Main + "r").Select(e => e.Name == Main + "t" ? e.Value : e.Element(Main + "t")?.Value));

    [GeneratedRegex(@"^(Translations!\$[BC]\$[0-9]+|CONST_\w+)$")]
    private static partial Regex Label();

    [GeneratedRegex("^([A-Z]{1,3})([0-9]{1,7}):([A-Z]{1,3})([0-9]{1,7})$")]
    private static partial Regex AreaForm();

    sealed class Sheet(XDocument document)
    {
        public XDocument Document { get; } = document;
        public Dictionary<string, XElement> Cells { get; } = document.Descendants(Main + "c").Where(c => c.Attribute("r") is not null).ToDictionary(c => (string)c.Attribute("r")!, StringComparer.Ordinal);
        public bool Changed { get; set; }

        /// <summary>The cell, made in its place where the file left it out.</summary>
        public XElement Need(string reference)
        {
            if (Cells.TryGetValue(reference, out var cell)) return cell;
            var (number, column) = (reference.TrimStart([.. "ABCDEFGHIJKLMNOPQRSTUVWXYZ"]), ColumnOf(reference));
            var data = Document.Root!.Element(Main + "sheetData")!;
            var row = data.Elements(Main + "row").FirstOrDefault(r => (string?)r.Attribute("r") == number);
            if (row is null)
            {
                row = new XElement(Main + "row", new XAttribute("r", number));
                if (data.Elements(Main + "row").FirstOrDefault(r => int.Parse((string)r.Attribute("r")!, CultureInfo.InvariantCulture) > int.Parse(number, CultureInfo.InvariantCulture)) is { } next) next.AddBeforeSelf(row);
                else data.Add(row);
            }
            cell = new XElement(Main + "c", new XAttribute("r", reference));
            if (row.Elements(Main + "c").FirstOrDefault(c => ColumnOf((string)c.Attribute("r")!) > column) is { } after) after.AddBeforeSelf(cell);
            else row.Add(cell);
            return Cells[reference] = cell;
        }

        public static int ColumnOf(string reference) => reference.TakeWhile(char.IsAsciiLetterUpper).Aggregate(0, (sum, c) => (sum * 26) + (c - 'A' + 1));

        public static int RowOf(string reference) => int.TryParse(reference.AsSpan().TrimStart("ABCDEFGHIJKLMNOPQRSTUVWXYZ"), NumberStyles.None, CultureInfo.InvariantCulture, out var row) ? row : 0;
    }
}
