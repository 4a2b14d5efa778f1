using System.Globalization;
using System.IO.Compression;
using System.Text;
using DocumentFormat.OpenXml;
using DocumentFormat.OpenXml.Packaging;
using DocumentFormat.OpenXml.Spreadsheet;
using NodaTime;
using NodaTime.Text;
using Verdigris.Passport.Certificates.Import;
using Verdigris.Web;

namespace Verdigris.Passport.Tests;

/// <summary>Certificates out of a spreadsheet: a workbook says what the same CSV file would say.</summary>
public sealed class WorkbookTests
{
    const uint DayStyle = 1, OwnDayStyle = 2, PlainStyle = 3;

    /// <summary>A workbook with one sheet; a cell is a text, a number, or a day.</summary>
    static MemoryStream Workbook(IEnumerable<object?[]> rows, bool inline = false, bool hiddenFirst = false, bool from1904 = false)
    {
        var stream = new MemoryStream();
        using (var document = SpreadsheetDocument.Create(stream, SpreadsheetDocumentType.Workbook, autoSave: true))
        {
            var book = document.AddWorkbookPart();
            book.Workbook = new(new WorkbookProperties { Date1904 = from1904 }, new Sheets());
            book.AddNewPart<WorkbookStylesPart>().Stylesheet = new(
                new NumberingFormats(new NumberingFormat { NumberFormatId = 164, FormatCode = "[$-409]yyyy\\-mm\\-dd;@" }, new NumberingFormat { NumberFormatId = 165, FormatCode = "0.000\" days\"" }),
                new CellFormats(new CellFormat(), new CellFormat { NumberFormatId = 14 }, new CellFormat { NumberFormatId = 164 }, new CellFormat { NumberFormatId = 165 }));
            var strings = book.AddNewPart<SharedStringTablePart>().SharedStringTable = new();
            if (hiddenFirst) Sheet(book, "Notes", 1, [["not this one"]], null, SheetStateValues.Hidden, from1904);
            Sheet(book, "Certificates", 2, rows, inline ? null : strings, SheetStateValues.Visible, from1904);
        }
        stream.Position = 0;
        return stream;
    }

    static void Sheet(WorkbookPart book, string name, uint id, IEnumerable<object?[]> rows, SharedStringTable? strings, SheetStateValues state, bool from1904)
    {
        var part = book.AddNewPart<WorksheetPart>();
        var data = new SheetData();
        uint at = 0;
        foreach (var cells in rows)
        {
            var row = new Row { RowIndex = ++at };
            for (var c = 0; c < cells.Length; c++)
                if (cells[c] is { } value) row.Append(CellOf(value, Name(c) + at.ToString(CultureInfo.InvariantCulture), strings, from1904));
            if (row.HasChildren) data.Append(row);
        }
        part.Worksheet = new(data);
        book.Workbook.Sheets!.Append(new Sheet { Id = book.GetIdOfPart(part), SheetId = id, Name = name, State = state });
    }

    static Cell CellOf(object value, string reference, SharedStringTable? strings, bool from1904)
    {
        switch (value)
        {
            case LocalDate day: return new() { CellReference = reference, StyleIndex = day.Day % 2 == 0 ? DayStyle : OwnDayStyle, CellValue = new(Period.DaysBetween(from1904 ? new(1904, 1, 1) : new(1899, 12, 30), day)) };
            case string text when text.StartsWith('#'): return new() { CellReference = reference, StyleIndex = PlainStyle, CellValue = new(text[1..]) };
            case string text when strings is null: return new() { CellReference = reference, DataType = CellValues.InlineString, InlineString = new(new Text(text)) };
            case string text:
                strings.Append(text.Length > 3 ? new SharedStringItem(new Run(new Text(text[..2])), new Run(new Text(text[2..]))) : new SharedStringItem(new Text(text)));
                return new() { CellReference = reference, DataType = CellValues.SharedString, CellValue = new(strings.Count() - 1) };
            default: return new() { CellReference = reference, CellValue = new(Convert.ToString(value, CultureInfo.InvariantCulture)!) };
        }
    }

    static string Name(int column) => column < 26 ? ((char)('A' + column)).ToString() : Name(column / 26 - 1) + (char)('A' + column % 26);

    static List<(int Line, string[] Cells)> Read(Stream stream)
    {
        using var lines = TableLines.Open(stream);
        var rows = new List<(int, string[])>();
        while (lines.Next() is { } cells) rows.Add((lines.Line, [.. cells]));
        Assert.Null(lines.Fault);
        return rows;
    }

    [Theory]
    [InlineData(false, false)]
    [InlineData(true, true)]
    public void A_cell_becomes_the_text_a_csv_file_would_hold(bool inline, bool from1904)
    {
        var rows = Read(Workbook(
        [
            ["brand", "day", "net", "Si", "note"],
            [],
            ["VALU", new LocalDate(2026, 3, 2), 25000, "#4.3600000000000003", "<0.005"],
            ["VALU", new LocalDate(2026, 3, 3), 24987.5m, "#9.9999999999999995E-3", null],
            [null, null, null, null, "铝 H1|H2"],
            [null, "", null],
        ], inline, hiddenFirst: true, from1904));
        Assert.Equal([1, 3, 4, 5], rows.Select(r => r.Line));
        Assert.Equal(["VALU", "2026-03-02", "25000", "4.36", "<0.005"], rows[1].Cells);
        Assert.Equal(["VALU", "2026-03-03", "24987.5", "0.01"], rows[2].Cells);
        Assert.Equal(["", "", "", "", "铝 H1|H2"], rows[3].Cells);
    }

    [Fact]
    public void Numbers_come_back_as_they_were_typed_through_the_binary_numbers_a_spreadsheet_keeps()
    {
        var random = new Random(11);
        var typed = Enumerable.Range(0, 2000).Select(_ => decimal.Round((decimal)random.NextDouble() * (decimal)Math.Pow(10, random.Next(-3, 6)), random.Next(0, 7))).ToList();
        // R17: what some programs write for a double.
        var rows = Read(Workbook(typed.Select(t => new object?[] { "x", "#" + ((double)t).ToString("E16", CultureInfo.InvariantCulture) })));
        Assert.Equal(typed.Select(t => (t / 1.0000000000000000000000000000m).ToString(CultureInfo.InvariantCulture)), rows.Select(r => r.Cells[1]));
    }

    [Fact]
    public void What_is_no_workbook_is_refused_in_one_word_whatever_its_bytes()
    {
        static string? Fault(byte[] bytes)
        {
            using var lines = TableLines.Open(new MemoryStream(bytes));
            while (lines.Next() is not null) { }
            return lines.Fault;
        }
        Assert.Equal("import.old-workbook", Fault([0xD0, 0xCF, 0x11, 0xE0, 0xA1, 0xB1, 0x1A, 0xE1]));
        Assert.Equal("import.not-a-workbook", Fault([.. "PK\x03\x04"u8, .. new byte[100]]));
        var zip = new MemoryStream();
        using (var archive = new ZipArchive(zip, ZipArchiveMode.Create, leaveOpen: true))
        using (var entry = archive.CreateEntry("a.txt").Open()) entry.Write("hello"u8);
        Assert.Equal("import.not-a-workbook", Fault(zip.ToArray()));
        var whole = Workbook([["brand", "day"], ["VALU", new LocalDate(2026, 3, 2)]]).ToArray();
        var random = new Random(5);
        for (var i = 0; i < 150; i++)
        {
            var broken = whole.ToArray();
            for (var n = 0; n < 20; n++) broken[random.Next(4, broken.Length)] = (byte)random.Next(256);
            Assert.True(Fault(i % 3 == 0 ? broken[..random.Next(4, broken.Length)] : broken) is null or "import.not-a-workbook" or "import.workbook-too-large" or "import.line-too-long");
        }
    }

    [Fact]
    public async Task A_workbook_is_checked_and_taken_in_like_the_csv_file_with_the_same_rows()
    {
        await using var world = await World.Make();
        var lines = Enumerable.Range(1, 40).Select(i => ImportTests.Line(i)).Append(ImportTests.Line(41, shape: "sow")).ToArray();
        var csv = Encoding.UTF8.GetString(ImportTests.File(lines).ToArray()).Split("\r\n", StringSplitOptions.RemoveEmptyEntries).Select(l => l.Split(',')).ToList();
        object? Typed(string text) => LocalDatePattern.Iso.Parse(text) is { Success: true } day ? day.Value : decimal.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) ? number : text.Length == 0 ? null : text;
        using var workbook = Workbook(csv.Select((row, i) => i == 0 ? [.. row.Cast<object?>()] : row.Select(Typed).ToArray()));
        var import = world.Get<CertificateImport>();
        var dry = await world.Do(world.Editor, s => import.Check(s, new MemoryStream(workbook.ToArray()), "lab.xlsx", default));
        Assert.Equal((41, 40, 1), (dry.Lines, dry.Accepted, dry.Refused));
        Assert.All(dry.Faults, f => Assert.Equal(42, f.Line));
        var done = await world.Do(world.Editor, s => import.Apply(s, new MemoryStream(workbook.ToArray()), "lab.xlsx", CertificateImport.AcceptedLines, default));
        Assert.Equal(("done", 40), (done.State, done.Applied));
        Assert.True((await world.Do(world.Editor, s => import.Apply(s, new MemoryStream(workbook.ToArray()), "again.xlsx", CertificateImport.AcceptedLines, default))).Repeated);
    }
}
