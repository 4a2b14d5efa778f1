using System.IO.Compression;
using System.Text.RegularExpressions;
using Verdigris.Cbam.Template;
using Verdigris.Primitives;

namespace Verdigris.Cbam.Tests.Template;

public sealed partial class CommunicationTemplateTests
{
    [Fact]
    public void The_empty_form_says_nothing_but_its_example_efficiencies()
    {
        var said = Smelter.Said(Smelter.Read(Smelter.Form.EmptyForm()).Report);
        Assert.Equal(["cogenerations[1].heatReference", "cogenerations[1].powerReference", "cogenerations[2].heatReference", "cogenerations[2].powerReference"], said.Keys.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void What_is_written_is_read_back_to_the_last_digit()
    {
        var read = Smelter.Read(Smelter.File);
        Assert.Equal(Smelter.Said(Smelter.Report), Smelter.Said(read.Report));
        Assert.True(Smelter.Said(read.Report).Count > 110);
    }

    [Fact]
    public void Import_edit_export_import_gives_the_edited_numbers_and_no_other_change()
    {
        var first = Smelter.File;
        var report = Smelter.Read(first).Report;
        var edited = report with { Processes = [report.Processes[0] with { DirectTco2e = 151_234.567890123m }, report.Processes[1]], Remarks = "Meter 7 was replaced;\nsee « annex »\r\n& <more>", Streams = [report.Streams[0]] };
        var second = Smelter.Write(edited, first);
        Assert.Equal(Smelter.Said(edited), Smelter.Said(Smelter.Read(second).Report));
        // And once more, from the file that came out.
        Assert.Equal(second, Smelter.Write(Smelter.Read(second).Report, second));
    }

    [Fact]
    public void A_file_nobody_edited_comes_back_byte_for_byte()
    {
        var form = Smelter.Form.EmptyForm();
        Assert.Equal(form, Smelter.Write(Smelter.Read(form).Report, form));
    }

    [Fact]
    public void Formulas_styles_hidden_sheets_and_protection_of_the_form_stay()
    {
        var (before, after) = (Parts(Smelter.Form.EmptyForm()), Parts(Smelter.File));
        Assert.Equal(before.Keys, after.Keys);
        foreach (var (name, was) in before.Where(p => p.Key.StartsWith("xl/worksheets/sheet", StringComparison.Ordinal)))
        {
            var now = after[name];
            Assert.Equal(Formula().Matches(was).Select(m => m.Value), Formula().Matches(now).Select(m => m.Value));
            Assert.Equal(Style().Matches(was).Select(m => m.Value), Style().Matches(now).Select(m => m.Value));
            foreach (var element in new[] { "<sheetProtection", "<dataValidation ", "<mergeCell ", "<conditionalFormatting", "<hyperlink " }) Assert.Equal(was.Split(element).Length, now.Split(element).Length);
        }
        Assert.Equal(before["xl/styles.xml"], after["xl/styles.xml"]);
        Assert.Equal(5, after["xl/workbook.xml"].Split("state=\"hidden\"").Length - 1);
        Assert.Contains("fullCalcOnLoad=\"1\"", after["xl/workbook.xml"], StringComparison.Ordinal);
    }

    /// <summary>The rules a spreadsheet repairs a file by (ISO/IEC 29500); the form as it is given out breaks some itself.</summary>
    [Fact]
    public void The_form_we_wrote_breaks_no_rule_of_the_format_the_empty_one_does_not()
    {
        static HashSet<string> Broken(byte[] file)
        {
            using var document = DocumentFormat.OpenXml.Packaging.SpreadsheetDocument.Open(new MemoryStream(file), false);
            return [.. new DocumentFormat.OpenXml.Validation.OpenXmlValidator(DocumentFormat.OpenXml.FileFormatVersions.Office2019) { MaxNumberOfErrors = 100_000 }.Validate(document).Select(e => $"{e.Part?.Uri} {e.Path?.XPath} {e.Id}")];
        }
        Assert.Empty(Broken(Smelter.File).Except(Broken(Smelter.Form.EmptyForm())));
    }

    [Fact]
    public void No_old_result_of_a_formula_is_left_for_anybody_to_read()
    {
        // The matrix of the empty form holds zeros; with processes entered they would be wrong.
        var file = Smelter.File;
        Assert.DoesNotContain("<v>", Parts(file)["xl/worksheets/sheet15.xml"].Split("r=\"AK71\"")[1].Split("</c>")[0], StringComparison.Ordinal);
        Assert.Contains("<v>", Parts(Smelter.Form.EmptyForm())["xl/worksheets/sheet15.xml"].Split("r=\"AK71\"")[1].Split("</c>")[0], StringComparison.Ordinal);
        Assert.DoesNotContain(Smelter.Read(file).Findings, f => f.Code == "template.cached-differs");
    }

    [Fact]
    public void A_form_filled_in_rightly_has_no_finding()
    {
        var findings = Smelter.Read(Smelter.File).Findings;
        Assert.True(findings.Count == 0, string.Join('\n', findings.Select(f => $"{f.Sheet}!{f.Cell} {f.Field} {f.Code}")));
    }

    public static TheoryData<string, string, string, string> Faults => new()
    {
        { "A_InstData", "I27", "", "template.missing" }, // UN/LOCODE, mandatory since version 1.0
        { "A_InstData", "I27", "Mumbai", "template.unlocode" },
        { "A_InstData", "I27", "NLRTM", "template.unlocode-country" },
        { "A_InstData", "I26", "Indien", "template.not-in-list" },
        { "A_InstData", "F102", "XX", "template.not-in-list" },
        { "A_InstData", "I62", "Blast furnace route", "template.not-in-list" },
        { "A_InstData", "F83", "Pig iron", "template.category-not-listed" },
        { "B_EmInst", "F17", "#2000000000000", "template.too-large" },
        { "A_InstData", "I9", "in spring", "template.day" },
        { "B_EmInst", "F17", "4000,5", "template.decimal-comma" },
        { "B_EmInst", "F17", "4000.5", "template.number-as-text" },
        { "B_EmInst", "F17", "much", "template.not-a-number" },
        { "B_EmInst", "N17", "#0.995", "template.percent-as-share" },
        { "B_EmInst", "N17", "#120", "template.above-hundred" },
        { "B_EmInst", "K17", "tCO2/t", "template.units" },
        { "B_EmInst", "AT98", "#98", "template.share-as-percent" },
        { "D_Processes", "L27", "#39000", "template.control" },
        { "D_Processes", "L54", "", "template.missing" },
        { "D_Processes", "L65", "#-5", "template.below-zero" },
        { "D_Processes", "K50", "perhaps", "template.not-a-flag" },
        { "E_PurchPrec", "M49", "", "template.source-missing" },
        { "E_PurchPrec", "M49", "Unknown", "template.source-unknown" },
        { "E_PurchPrec", "L38", "#0", "template.control" },
        { "Summary_Products", "F10", "76020000", "template.cn-unknown" },
        { "Summary_Products", "F10", "76061150", "template.cn-other-good" },
        { "Summary_Products", "D10", "Foundry", "template.process-unknown" },
        { "Summary_Products", "AM13", "#62.5", "template.share-as-percent" },
    };

    [Theory]
    [MemberData(nameof(Faults))]
    public void A_wrong_entry_is_found_at_its_cell(string sheet, string cell, string entry, string code)
    {
        using var stream = new MemoryStream(Smelter.File);
        using var book = TemplateWorkbook.Open(stream).Value;
        book.Set(sheet, cell, entry.Length == 0 ? null : entry[0] == '#' ? decimal.Parse(entry[1..], System.Globalization.CultureInfo.InvariantCulture) : entry);
        var found = Smelter.Read(book.Save()).Findings.Where(f => f.Code == code).ToList();
        // A control sum is found where the form shows it, below the amounts.
        Assert.Contains(found, f => f.Sheet == sheet && (f.Cell == cell || code == "template.control"));
        Assert.All(found, f =>
        {
            foreach (var language in new[] { "en", "zh" }) Assert.DoesNotContain('{', Messages.Of(f.AsRefusal(), language, typeof(CbamRoom).Assembly));
        });
    }

    [Fact]
    public void A_cell_that_could_not_be_read_stays_as_it_was()
    {
        using var stream = new MemoryStream(Smelter.File);
        using var book = TemplateWorkbook.Open(stream).Value;
        book.Set("B_EmInst", "F17", "4000,5");
        var file = book.Save();
        var report = Smelter.Read(file).Report;
        Assert.Null(report.Streams[0].Amount);
        using var written = new MemoryStream(Smelter.Write(report with { Remarks = "changed" }, file));
        using var again = TemplateWorkbook.Open(written).Value;
        Assert.Equal("4000,5", again.Value("B_EmInst", "F17").Text);
    }

    [Fact]
    public void A_formula_somebody_entered_keeps_its_value_and_gives_way_to_an_edit()
    {
        var parts = Raw(Smelter.File);
        // F17 and F19 share a formula, as when somebody drags it down.
        parts["xl/worksheets/sheet6.xml"] = FirstAmounts().Replace(parts["xl/worksheets/sheet6.xml"], m => m.Groups[1].Value == "17" ? m.Value.Replace("<v>", "<f t=\"shared\" si=\"900\" ref=\"F17:F19\">2000*2</f><v>", StringComparison.Ordinal) : m.Value.Replace("<v>", "<f t=\"shared\" si=\"900\"/><v>", StringComparison.Ordinal));
        var file = Pack(parts);
        var read = Smelter.Read(file).Report;
        Assert.Equal(Smelter.Said(Smelter.Report), Smelter.Said(read));
        var other = Smelter.Write(read with { Remarks = "elsewhere" }, file);
        Assert.Contains("2000*2", Parts(other)["xl/worksheets/sheet6.xml"], StringComparison.Ordinal);
        Assert.Equal(4_000m, Smelter.Read(other).Report.Streams[0].Amount);
        var edited = read with { Streams = [read.Streams[0] with { Amount = 4_321m }, read.Streams[1]] };
        var written = Smelter.Write(edited, other);
        Assert.Equal(Smelter.Said(edited), Smelter.Said(Smelter.Read(written).Report));
        Assert.DoesNotContain("si=\"900\"", Parts(written)["xl/worksheets/sheet6.xml"], StringComparison.Ordinal);
        // An order of calculation that names a formula gone would have the file repaired.
        Assert.DoesNotContain(Parts(written).Keys, k => k.Contains("calcChain", StringComparison.Ordinal));
        Assert.DoesNotContain("calcChain", Parts(written)["[Content_Types].xml"] + Parts(written)["xl/_rels/workbook.xml.rels"], StringComparison.Ordinal);
    }

    [Fact]
    public void An_old_result_beside_new_entries_is_found()
    {
        // Somebody else's program wrote entries and left the results of the empty form.
        using var stream = new MemoryStream(Smelter.Form.EmptyForm());
        using var book = TemplateWorkbook.Open(stream).Value;
        foreach (var (cell, value) in TemplateCollector.Of(Smelter.Report).Values) book.Set(cell.Sheet, cell.Reference, value is NodaTime.LocalDate day ? book.Serial(day) : value is decimal n && cell.Kind == CellKind.PercentShare ? n / 100 : value);
        var differing = new TemplateReader(book, Smelter.Form.Lists);
        TemplateComparison.Over(CommunicationTemplate.Figures(Smelter.Report), book, differing);
        Assert.Contains(differing.Findings, f => f is { Code: "template.cached-differs", Sheet: "InputOutput", Cell: "AK71" });
    }

    [Fact]
    public void A_precursor_by_default_above_a_fifth_of_the_emissions_is_said()
    {
        var report = Smelter.Report with { Precursors = [Smelter.Report.Precursors[0] with { RouteAmountsT = [60_000m, null, null, null, null, null, null, null], UsedInProcessT = [0m, 59_750m, null, null, null, null, null, null, null, null] }] };
        Assert.Contains(Smelter.Read(Smelter.Write(report)).Findings, f => f is { Code: "template.default-share", Sheet: "Summary_Products", Cell: "M13" });
    }

    [Theory]
    [InlineData("not a file", "import.not-a-workbook")]
    [InlineData("", "import.not-a-workbook")]
    public void What_is_no_workbook_is_refused(string text, string code)
    {
        using var stream = new MemoryStream(System.Text.Encoding.UTF8.GetBytes(text));
        Assert.Equal(code, Assert.Single(Smelter.Form.Read(stream).Refusals).Code);
    }

    [Theory]
    [InlineData(300_000, 1, "import.not-a-workbook")]
    [InlineData(1, 1_500_001, "import.not-a-workbook")]
    [InlineData(1, 12_000_000, "template.unpacks-too-large")]
    public void A_form_of_more_levels_elements_or_bytes_than_any_has_is_refused(int levels, int elements, string code)
    {
        var parts = Raw(Smelter.File);
        parts["xl/worksheets/sheet5.xml"] = string.Concat(Enumerable.Repeat("<a>", levels)) + string.Concat(Enumerable.Repeat("<b/>", elements)) + string.Concat(Enumerable.Repeat("</a>", levels));
        using var stream = new MemoryStream(Pack(parts));
        Assert.Equal(code, Assert.Single(Smelter.Form.Read(stream).Refusals).Code);
    }

    /// <summary>Parts of the package broken one by one: a refusal or a reading, never an exception.</summary>
    [Theory]
    [InlineData("xl/worksheets/sheet5.xml", "</row>", "</rows>")]
    [InlineData("xl/worksheets/sheet8.xml", "r=\"L16\"", "r=\"L17\"")]
    [InlineData("xl/worksheets/sheet6.xml", "<v>4000</v>", "<v>1E+40</v>")]
    [InlineData("xl/worksheets/sheet6.xml", "<v>4000</v>", "<v>1E+27</v>")]
    [InlineData("xl/worksheets/sheet6.xml", "<v>4000</v>", "<v>NaN</v>")]
    [InlineData("xl/worksheets/sheet13.xml", "<sheetData>", "<sheetDatum>")]
    [InlineData("xl/workbook.xml", "<sheets>", "<sheet>")]
    [InlineData("xl/_rels/workbook.xml.rels", "sheet5.xml", "sheet99.xml")]
    [InlineData("xl/sharedStrings.xml", "<si>", "<sx>")]
    public void A_damaged_file_is_refused_or_read_in_part(string part, string was, string now)
    {
        var parts = Raw(Smelter.File);
        Assert.Contains(was, parts[part], StringComparison.Ordinal);
        parts[part] = parts[part].Replace(was, now, StringComparison.Ordinal);
        using var stream = new MemoryStream(Pack(parts));
        var answer = Smelter.Form.Read(stream);
        if (answer.Ok) Assert.Null(answer.Value.Report.Streams.FirstOrDefault(s => s.Slot == 1)?.Amount);
        else Assert.Equal("import.not-a-workbook", Assert.Single(answer.Refusals).Code);
    }

    [Fact]
    public void Figures_no_decimal_holds_are_unknown()
    {
        var huge = Smelter.Report with
        {
            Streams = [Smelter.Report.Streams[0] with { Amount = 9e27m, Factor = 9e27m }],
            Processes = [Smelter.Report.Processes[0] with { ElectricityMwh = 9e27m, ElectricityTco2PerMwh = 9e27m }, Smelter.Report.Processes[1]],
        };
        var figures = CommunicationTemplate.Figures(huge);
        Assert.Null(figures.Streams[0].FossilTco2e);
        Assert.Equal(["P1", "P2"], figures.Processes.Select(p => p.Id));
        Assert.All(figures.Processes, p => Assert.Null(p.SeeIndirect));
    }

    [Fact]
    public void Another_workbook_is_refused_by_the_sheet_it_lacks()
    {
        using var stream = new MemoryStream(Web.XlsxWriter.Write(new Web.XlsxSheet("A_InstData", [["a"]])));
        var refusal = Assert.Single(Smelter.Form.Read(stream).Refusals);
        Assert.Equal(("template.other-form", "B_EmInst"), (refusal.Code, refusal.Args!["sheet"]));
    }

    [Fact]
    public void What_a_cell_cannot_keep_is_refused_by_field()
    {
        string[] Codes(CommunicationReport report) => [.. Smelter.Form.Write(report).Refusals.Select(r => $"{r.Code} {r.Field}")];
        Assert.Equal(["template.digits processes[P1].directTco2e"], Codes(Smelter.Report with { Processes = [Smelter.Report.Processes[0] with { DirectTco2e = 1.2345678901234567m }] }));
        Assert.Equal(["template.slot streams"], Codes(Smelter.Report with { Streams = [Smelter.Report.Streams[0] with { Slot = 76 }] }));
        Assert.Equal(["template.slot products"], Codes(Smelter.Report with { Products = [Smelter.Report.Products[0], Smelter.Report.Products[0]] }));
        Assert.Equal(["template.text-broken remarks"], Codes(Smelter.Report with { Remarks = "a\u0001b" }));
    }

    [Fact]
    public void The_lists_are_those_of_the_form()
    {
        var lists = Smelter.Form.Lists;
        Assert.Equal((569, 18), (lists.CategoryOfCn.Count, lists.Of(TemplateLists.Goods).Count));
        Assert.Equal(5, lists.CategoryOfCn.Count(c => c.Value == "Unwrought aluminium"));
        Assert.Equal(53, lists.CategoryOfCn.Count(c => c.Value == "Aluminium products"));
        Assert.Equal("Primary (electrolytic) smelting", lists.Good("Unwrought aluminium")!.Routes[0]);
        Assert.True(lists.Good("Unwrought aluminium")!.HasPfc);
        Assert.Equal([TemplateLists.AllRoutes], lists.Good("Aluminium products")!.Routes);
        Assert.Equal((TemplateLists.Measured, TemplateLists.Default, TemplateLists.Unknown), (lists.Of(TemplateLists.DataSources)[0], lists.Of(TemplateLists.DataSources)[1], lists.Of(TemplateLists.DataSources)[2]));
        Assert.Equal([TemplateLists.Combustion, TemplateLists.ProcessEmissions, TemplateLists.MassBalance], lists.Of(TemplateLists.Approaches));
        Assert.Equal((TemplateLists.SlopeMethod, TemplateLists.PerTj, TemplateLists.N2o), (lists.Of(TemplateLists.PfcMethods)[0], lists.Of(TemplateLists.FactorUnits)[0], lists.Of(TemplateLists.Gases)[1]));
    }

    static SortedDictionary<string, string> Parts(byte[] file) => new(Raw(file).ToDictionary(p => p.Key, p => p.Value.Replace(" />", "/>", StringComparison.Ordinal)), StringComparer.Ordinal);

    static Dictionary<string, string> Raw(byte[] file)
    {
        using var zip = new ZipArchive(new MemoryStream(file));
        return zip.Entries.ToDictionary(e => e.FullName, e => { using var reader = new StreamReader(e.Open()); return reader.ReadToEnd(); });
    }

    static byte[] Pack(Dictionary<string, string> parts)
    {
        using var stream = new MemoryStream();
        using (var zip = new ZipArchive(stream, ZipArchiveMode.Create, leaveOpen: true))
            foreach (var (name, text) in parts) { using var writer = new StreamWriter(zip.CreateEntry(name).Open()); writer.Write(text); }
        return stream.ToArray();
    }

    [GeneratedRegex("<c r=\"F(17|19)\"[^>]*><v>")]
    private static partial Regex FirstAmounts();

    [GeneratedRegex("<f[ >/].*?(?:</f>|/>)", RegexOptions.Singleline)]
    private static partial Regex Formula();

    [GeneratedRegex("<c r=\"[A-Z]+[0-9]+\" s=\"[0-9]+\"")]
    private static partial Regex Style();
}
