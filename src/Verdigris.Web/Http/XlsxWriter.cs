using System.Globalization;
using System.Xml;
using DocumentFormat.OpenXml;
using DocumentFormat.OpenXml.Packaging;
using DocumentFormat.OpenXml.Spreadsheet;

namespace Verdigris.Web;

/// <summary>A sheet of a workbook.</summary>
/// <param name="Name">Without <c>[ ] : * ? / \</c>, at most 31 characters, unique in its book.</param>
/// <param name="Rows">The first holds the heads. A decimal or whole number becomes a number, which a spreadsheet keeps to 15 digits; null an empty cell; anything else a text, never a formula.</param>
public sealed record XlsxSheet(string Name, IReadOnlyList<IReadOnlyList<object?>> Rows);

/// <summary>Writes workbooks (ISO/IEC 29500) of plain tables.</summary>
public static class XlsxWriter
{
    public const string Mime = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";

    /// <summary>Characters a cell may hold; the rest is cut off.</summary>
    const int LongestText = 32_767;

    public static byte[] Write(params IReadOnlyList<XlsxSheet> sheets)
    {
        ArgumentNullException.ThrowIfNull(sheets);
        using var stream = new MemoryStream();
        using (var document = SpreadsheetDocument.Create(stream, SpreadsheetDocumentType.Workbook, autoSave: true))
        {
            var book = document.AddWorkbookPart();
            book.AddNewPart<WorkbookStylesPart>().Stylesheet = Styles();
            var list = new Sheets();
            foreach (var (i, sheet) in sheets.Index())
            {
                var part = book.AddNewPart<WorksheetPart>();
                part.Worksheet = new Worksheet(Heads(), new SheetData(sheet.Rows.Select((cells, row) => new Row(cells.Select(c => CellOf(c, head: row == 0))))));
                list.Append(new Sheet { Id = book.GetIdOfPart(part), SheetId = (uint)i + 1, Name = sheet.Name });
            }
            book.Workbook = new Workbook(list);
        }
        return stream.ToArray();
    }

    static Cell CellOf(object? value, bool head)
    {
        var cell = new Cell { StyleIndex = head ? 1u : 0u };
        if (value is decimal or int or long) cell.CellValue = new CellValue(((IFormattable)value).ToString(null, CultureInfo.InvariantCulture));
        else if (value is not null)
        {
            cell.DataType = CellValues.InlineString;
            cell.InlineString = new InlineString(new Text(Clean(value.ToString()!)) { Space = SpaceProcessingModeValues.Preserve });
        }
        return cell;
    }

    // What XML cannot hold (control characters, half characters) has no place in a cell.
    static string Clean(string text)
    {
        var kept = string.Concat(text.EnumerateRunes().Where(r => !r.IsBmp || XmlConvert.IsXmlChar((char)r.Value)));
        return kept.Length <= LongestText ? kept : kept[..LongestText];
    }

    /// <summary>The first row stays in sight.</summary>
    static SheetViews Heads() => new(new SheetView(new Pane { VerticalSplit = 1, TopLeftCell = "A2", ActivePane = PaneValues.BottomLeft, State = PaneStateValues.Frozen }) { WorkbookViewId = 0 });

    static Stylesheet Styles() => new(
        new Fonts(new Font(), new Font(new Bold())),
        new Fills(new Fill(new PatternFill { PatternType = PatternValues.None }), new Fill(new PatternFill { PatternType = PatternValues.Gray125 })),
        new Borders(new Border()),
        new CellStyleFormats(new CellFormat()),
        new CellFormats(new CellFormat(), new CellFormat { FontId = 1, ApplyFont = true }));
}
