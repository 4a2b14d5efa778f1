using System.Text.Json.Nodes;
using DocumentFormat.OpenXml.Packaging;
using DocumentFormat.OpenXml.Spreadsheet;
using Verdigris.Footprint.Facilities;
using Verdigris.Primitives.Calculations;

namespace Verdigris.Footprint.Tests;

public sealed class FacilityFileTests
{
    static JsonObject Example => JsonNode.Parse(File.ReadAllText(Checkout.Path("data/footprint/examples/shandong-coal.json")))!.AsObject();

    static List<List<string>> Sheet(SpreadsheetDocument book, string name)
    {
        var sheet = book.WorkbookPart!.Workbook.Sheets!.Elements<Sheet>().Single(s => s.Name == name);
        return [.. ((WorksheetPart)book.WorkbookPart.GetPartById(sheet.Id!)).Worksheet.Descendants<Row>().Select(r => r.Elements<Cell>().Select(c => c.InnerText).ToList())];
    }

    [Fact]
    public void The_streams_as_csv_add_up_to_the_whole()
    {
        var answer = Ask.For("facility.footprint", Example);
        var lines = FacilityFiles.Csv(answer.Result).Split("\r\n", StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal("\"stream\",\"process\",\"scope\",\"method\",\"tco2e\",\"biogenicTco2\",\"tco2ePerT\",\"percent\",\"basis\"", lines[0]);
        Assert.Equal(answer.Result["totalTco2e"]!.GetValue<decimal>(), lines.Skip(1).Sum(l => decimal.Parse(l.Split(',')[4], System.Globalization.CultureInfo.InvariantCulture)), 9);
    }

    [Fact]
    public void The_workbook_holds_figures_as_numbers_and_every_step_with_its_rule_and_hash()
    {
        var answer = Ask.For("facility.footprint", Example);
        using var stream = new MemoryStream(FacilityFiles.Xlsx(Example, answer));
        using var book = SpreadsheetDocument.Open(stream, false);
        Assert.Empty(new DocumentFormat.OpenXml.Validation.OpenXmlValidator().Validate(book).Select(e => $"{e.Path?.XPath}: {e.Description}"));
        var streams = Sheet(book, "streams");
        Assert.Equal(answer.Result["streams"]!.AsArray().Count + 1, streams.Count);
        Assert.Equal(answer.Result["totalTco2e"]!.GetValue<decimal>(), streams.Skip(1).Sum(r => decimal.Parse(r[4], System.Globalization.CultureInfo.InvariantCulture)), 9);
        Assert.Equal(answer.Trace.Count + 1, Sheet(book, "trace").Count);
        Assert.Contains(Sheet(book, "trace").Skip(1), r => r[^1].Length == 64);
        Assert.Equal(answer.Warnings.Select(w => w.Text.Zh), Sheet(book, "warnings").Skip(1).Select(r => r[3]));
        Assert.Contains(Sheet(book, "summary"), r => r is ["facility", _]);
    }

    [Fact]
    public void Names_that_no_sheet_can_hold_are_written_without_what_it_cannot()
    {
        var file = Example;
        file["facility"] = "=1+1 \u0000\u0007 smelter 😀";
        file["streams"]![0]!["id"] = "=cmd()";
        var answer = Ask.For("facility.footprint", file);
        using var stream = new MemoryStream(FacilityFiles.Xlsx(file, answer));
        using var book = SpreadsheetDocument.Open(stream, false);
        Assert.Contains(Sheet(book, "summary"), r => r is ["facility", "=1+1  smelter 😀"]);
        Assert.Contains("\"'=cmd()\"", FacilityFiles.Csv(answer.Result), StringComparison.Ordinal);
    }

    [Fact]
    public void Every_field_of_a_result_has_words_on_the_page()
    {
        var words = Checkout.Files("src/Verdigris.Footprint", "en.json").SelectMany(f => JsonNode.Parse(File.ReadAllText(Checkout.Path(f)))!.AsObject()).ToList();
        var put = Checkout.Files("src/Verdigris.Footprint", ".cs").SelectMany(f => System.Text.RegularExpressions.Regex.Matches(File.ReadAllText(Checkout.Path(f)), @"\bPut(?:Places)?\(""([A-Za-z0-9]+)""").Select(m => m.Groups[1].Value)).Distinct();
        Assert.Equal([], put.Except(words.Select(w => w.Key.Replace("footprint.field.", "", StringComparison.Ordinal))));
        Assert.Equal([], Ask.Methods.All.Select(m => "footprint.group." + m.Method.Split('.')[0]).Except(words.Select(w => w.Key)));
    }

    [Fact]
    public void A_name_that_stands_twice_deep_in_a_facility_is_refused_at_its_stream()
    {
        var refused = Ask.Refusal("facility.footprint", Example.ToJsonString().Replace("\"year\":2023", "\"year\":2023,\"year\":2022", StringComparison.Ordinal));
        Assert.Equal("calc.name-twice", refused.Code);
        Assert.Equal("streams[3].input", refused.Field);
    }
}
