using System.Globalization;
using System.IO.Compression;
using System.Xml;
using DocumentFormat.OpenXml;
using DocumentFormat.OpenXml.Packaging;
using DocumentFormat.OpenXml.Spreadsheet;
using NodaTime;
using NodaTime.Text;
using Verdigris.Primitives;

namespace Verdigris.Web;

/// <summary>
/// Reads the first visible sheet of a workbook (ISO/IEC 29500) row by row, each cell as the text a CSV file would hold: a date as ISO 8601, a number with a point and the at most 15 digits a
/// spreadsheet keeps, a formula as its stored result. Faults: <c>import.not-a-workbook</c>, <c>import.workbook-too-large</c>, <c>import.line-too-long</c>.
/// </summary>
public sealed class XlsxLines : ITableLines
{
    /// <summary>Of all parts unpacked: a small file may unpack to anything.</summary>
    const long LargestBytes = 1L << 30;
    const int MostColumns = 1000;
    const int Digits = 15;

    readonly List<string> shared = [];
    readonly HashSet<int> dateFormats = [];
    readonly List<string> cells = [];
    readonly SpreadsheetDocument? document;
    readonly OpenXmlReader? reader;
    readonly LocalDate dayZero = new(1899, 12, 30);
    int last;

    public XlsxLines(Stream stream)
    {
        try
        {
            using (var zip = new ZipArchive(stream, ZipArchiveMode.Read, leaveOpen: true))
                if (zip.Entries.Sum(e => e.Length) > LargestBytes) { Fault = "import.workbook-too-large"; return; }
            stream.Position = 0;
            document = SpreadsheetDocument.Open(stream, false);
            var book = document.WorkbookPart;
            var sheet = book?.Workbook.Sheets?.Elements<Sheet>().FirstOrDefault(s => s.State is null || s.State.Value == SheetStateValues.Visible);
            if (book is null || sheet?.Id?.Value is not { } id || book.GetPartById(id) is not WorksheetPart part) { Fault = "import.not-a-workbook"; return; }
            // Workbooks once made on a Macintosh may count from 1904.
            if (book.Workbook.WorkbookProperties?.Date1904?.Value == true) dayZero = new(1904, 1, 1);
            ReadShared(book);
            ReadDateFormats(book);
            Rows = CountRows(part);
            reader = OpenXmlReader.Create(part);
        }
        catch (Exception e) when (Broken(e)) { Fault = "import.not-a-workbook"; }
    }

    public int Line { get; private set; } = 1;
    public string? Fault { get; private set; }

    /// <summary>Rows as the sheet itself says, or as counted.</summary>
    public int Rows { get; }

    public IReadOnlyList<string>? Next()
    {
        if (Fault is not null || reader is null) return null;
        try
        {
            while (reader.Read())
            {
                if (reader.ElementType != typeof(Row) || !reader.IsStartElement) continue;
                var row = (Row)reader.LoadCurrentElement()!;
                // Rows may leave their number out: then each is the one after the last.
                Line = last = (int)(row.RowIndex?.Value ?? (uint)last + 1);
                if (!Read(row)) { Fault = "import.line-too-long"; return null; }
                if (cells.Any(c => c.Length > 0)) return cells;
            }
            return null;
        }
        catch (Exception e) when (Broken(e))
        {
            Fault = "import.not-a-workbook";
            return null;
        }
    }

    public void Dispose()
    {
        reader?.Dispose();
        document?.Dispose();
    }

    bool Read(Row row)
    {
        cells.Clear();
        var length = 0;
        foreach (var cell in row.Elements<Cell>())
        {
            var column = cell.CellReference?.Value is { } reference ? ColumnOf(reference) : cells.Count;
            if (column >= MostColumns || column < cells.Count) return false;
            while (cells.Count < column) cells.Add("");
            var text = Text(cell);
            if ((length += text.Length + 1) > CsvLines.LongestRecord) return false;
            cells.Add(text);
        }
        // A row ends at its last filled cell; formatting to the right of it means nothing.
        while (cells.Count > 0 && cells[^1].Length == 0) cells.RemoveAt(cells.Count - 1);
        return true;
    }

    string Text(Cell cell)
    {
        var kind = cell.DataType?.Value ?? CellValues.Number;
        if (kind == CellValues.InlineString) return cell.InlineString?.InnerText.Trim() ?? "";
        var raw = cell.CellValue?.Text ?? "";
        if (kind == CellValues.SharedString) return int.TryParse(raw, NumberStyles.None, CultureInfo.InvariantCulture, out var at) && at < shared.Count ? shared[at] : "";
        if (kind == CellValues.Boolean) return raw == "1" ? "TRUE" : "FALSE";
        if (kind != CellValues.Number || raw.Length == 0) return raw.Trim();
        if (!decimal.TryParse(raw, NumberStyles.Float, CultureInfo.InvariantCulture, out var number)) return raw;
        var isDate = cell.StyleIndex?.Value is { } style && dateFormats.Contains((int)style);
        if (isDate && number == decimal.Truncate(number) && number is >= 1 and <= 2_958_465) return LocalDatePattern.Iso.Format(dayZero.PlusDays((int)number));
        return DecimalText.Trim(Kept(number)).ToString(CultureInfo.InvariantCulture);
    }

    /// <summary>What a person typed: files hold 4.36 as 4.3600000000000003, the nearest binary number, of which 15 digits mean something.</summary>
    public static decimal Kept(decimal number)
    {
        if (number == 0) return 0;
        var whole = decimal.Truncate(Math.Abs(number));
        int places;
        if (whole > 0) places = Digits - whole.ToString(CultureInfo.InvariantCulture).Length;
        else
        {
            places = Digits;
            for (var small = Math.Abs(number); small < 0.1m && places < 28; small *= 10) places++;
        }
        return places >= 0 ? decimal.Round(number, Math.Min(places, 28), MidpointRounding.ToEven) : number;
    }

    /// <summary>Zero-based column of a reference such as AB12.</summary>
    static int ColumnOf(string reference)
    {
        var column = 0;
        foreach (var c in reference)
        {
            if (c is not (>= 'A' and <= 'Z') || column > MostColumns) break;
            column = column * 26 + (c - 'A' + 1);
        }
        return column - 1;
    }

    void ReadShared(WorkbookPart book)
    {
        if (book.SharedStringTablePart is not { } part) return;
        using var strings = OpenXmlReader.Create(part);
        while (strings.Read())
            if (strings.ElementType == typeof(SharedStringItem) && strings.IsStartElement)
            {
                var item = (SharedStringItem)strings.LoadCurrentElement()!;
                // Readings for pronunciation (phonetic runs) stand beside the text and are no part of it.
                shared.Add((item.Text?.Text ?? string.Concat(item.Elements<Run>().Select(r => r.Text?.Text))).Trim());
            }
    }

    void ReadDateFormats(WorkbookPart book)
    {
        if (book.WorkbookStylesPart?.Stylesheet is not { CellFormats: { } formats } styles) return;
        var own = styles.NumberingFormats?.Elements<NumberingFormat>().Where(f => f.NumberFormatId is not null).ToDictionary(f => f.NumberFormatId!.Value, f => f.FormatCode?.Value ?? "") ?? [];
        var index = 0;
        foreach (var format in formats.Elements<CellFormat>())
        {
            var id = format.NumberFormatId?.Value ?? 0;
            if (own.TryGetValue(id, out var code) ? NamesDay(code) : id is >= 14 and <= 17 or 22 or (>= 27 and <= 31) or 36 or (>= 50 and <= 58)) dateFormats.Add(index);
            index++;
        }
    }

    /// <summary>Whether a format code shows days or years, outside quoted text, colours and locales.</summary>
    static bool NamesDay(string code)
    {
        var (quoted, bracket) = (false, false);
        for (var i = 0; i < code.Length; i++)
        {
            var c = code[i];
            if (c == '\\' || c == '_') { i++; continue; }
            if (c == '"') quoted = !quoted;
            else if (!quoted && c == '[') bracket = true;
            else if (!quoted && c == ']') bracket = false;
            else if (!quoted && !bracket && c is 'd' or 'D' or 'y' or 'Y') return true;
        }
        return false;
    }

    static int CountRows(WorksheetPart part)
    {
        var rows = 0;
        using var sheet = OpenXmlReader.Create(part);
        while (sheet.Read())
        {
            if (sheet.ElementType == typeof(SheetDimension) && sheet.IsStartElement && ((SheetDimension)sheet.LoadCurrentElement()!).Reference?.Value is { } all && all.IndexOf(':', StringComparison.Ordinal) is > 0 and var colon
                && int.TryParse(all[(colon + 1)..].TrimStart([.. "ABCDEFGHIJKLMNOPQRSTUVWXYZ$"]), NumberStyles.None, CultureInfo.InvariantCulture, out var last)) return last;
            if (sheet.ElementType == typeof(Row) && sheet.IsStartElement) rows++;
        }
        return rows;
    }

    static bool Broken(Exception e) => e is InvalidDataException or FileFormatException or OpenXmlPackageException or XmlException or FormatException or InvalidOperationException or ArgumentException or KeyNotFoundException or IOException;
}
