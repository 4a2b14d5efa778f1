using DocumentFormat.OpenXml.Packaging;
using DocumentFormat.OpenXml.Spreadsheet;
using NodaTime;
using Verdigris.Primitives;
using Verdigris.Registry.Credits.Article6;
using Verdigris.Registry.Credits.Orders;
using Verdigris.Registry.Credits.Projects;
using Verdigris.Storage;
using Verdigris.Web;

namespace Verdigris.Registry.Tests.Credits;

/// <summary>The tables parties report: as rows, and as a workbook that is read again cell by cell.</summary>
public sealed class AefTests
{
    static readonly string[] Heads = ["action", "approach", "party", "firstId", "lastId", "units", "vintage", "uses", "on", "usingEntity", "firstTransferOn", "adjusted"];

    /// <summary>A project with a letter for 2025 and an adjustment, 1,000 units, 100 of them used by an airline.</summary>
    static async Task<(CreditDesk Desk, AuthorisationHandlers Handlers, CreditProject Project)> Authorised(string programme, string first = "use", LocalDate? on = null)
    {
        var desk = await CreditDesk.Open();
        var handlers = new AuthorisationHandlers(desk.Units);
        var project = programme == "paris" ? await desk.Project() : await desk.Refrigerants("Refrigerants of Ghana", Registry.Credits.Duplicates.MatchDecision.Distinct, programme);
        await desk.Issue(project, new(2025, 1, 1), new(2025, 12, 31), new Vintage(2025, 1000));
        var letter = await desk.File(CreditDesk.Officer, project.Id, "authorisation");
        var authorised = await desk.Do(CreditDesk.Officer, s => handlers.Authorise(s, project.Id, new(["international"], 2025, 2025, first, "KE-SE 2025", letter.Id, on), default));
        var report = await desk.File(CreditDesk.Officer, project.Id, "adjustment");
        await desk.Do(CreditDesk.Officer, s => handlers.Adjust(s, project.Id, authorised.Id, new(2025, "Biennial transparency report 2026", report.Id), default));
        var serial = (await desk.Do(CreditDesk.Editor, s => desk.Units.Holdings(s, default)))[0].Serial;
        await desk.Do(CreditDesk.Editor, s => desk.Orders.Propose(s, new(CreditOrderKind.Retire, serial, 100, Beneficiary: "An airline", Reason: "international"), default));
        await desk.Decide(CreditDesk.DeveloperApprover);
        return (desk, handlers, project);
    }

    [Fact]
    public async Task The_workbook_has_both_tables_with_every_cell_as_the_rows_have_it()
    {
        var (desk, handlers, project) = await Authorised("paris");
        await using var _ = desk;
        var file = await desk.Do(CreditDesk.Officer, s => handlers.Workbook(s, "paris", default));
        var (holdings, actions) = (Sheet(file, "holdings"), Sheet(file, "actions"));
        Assert.Equal(Heads, holdings[0]);
        Assert.Equal(Heads, actions[0]);
        var number = project.Number;
        // Of 930 units of the developer 100 are used; 50 stand for adaptation and 20 were cancelled for overall mitigation.
        Assert.Equal([["holding", "KE-SE 2025", "KE", $"A64-KE-{number}-2025-1-101-101", $"A64-KE-{number}-2025-1-930-930", "830", "2025", "international", "", "", "", "yes"], ["holding", "KE-SE 2025", "KE", $"A64-KE-{number}-2025-1-931-931", $"A64-KE-{number}-2025-1-980-980", "50", "2025", "international", "", "", "", "yes"]], holdings.Skip(1));
        var used = actions.Single(r => r[0] == "use");
        var today = $"{desk.Clock.Now.InUtc().Date:uuuu-MM-dd}";
        Assert.Equal(["use", "KE-SE 2025", "KE", $"A64-KE-{number}-2025-1-1-1", $"A64-KE-{number}-2025-1-100-100", "100", "2025", "international", today, "An airline", today, "yes"], used);
        Assert.Equal(20, int.Parse(actions.Single(r => r[0] == "cancellation")[5], System.Globalization.CultureInfo.InvariantCulture));
        // What the reader of imports makes of the first sheet is the same.
        using var lines = new XlsxLines(new MemoryStream(file));
        var read = new List<List<string>>();
        while (lines.Next() is { } cells) read.Add([.. cells]);
        Assert.Null(lines.Fault);
        Assert.Equal(holdings.Select(r => string.Join('|', r).TrimEnd('|')), read.Select(r => string.Join('|', r).TrimEnd('|')));
        // Each identifier is a serial number that can be asked for.
        foreach (var id in new[] { used[3], used[4] }) Assert.True((await desk.Do(Actor.Public, s => desk.Units.Status(s, id, default))).Known);
        Assert.Equal(["access.role-needed"], await desk.Refused(CreditDesk.Editor, s => handlers.Workbook(s, "paris", default)));
        await desk.Query("update registry.credit_programme set administrator_id = gen_random_uuid() where code = 'paris' returning 1", r => 1);
        Assert.Equal(["credits.not-administered"], await desk.Refused(CreditDesk.Officer, s => handlers.Workbook(s, "paris", default)));
    }

    [Fact]
    public async Task Identifiers_of_a_registry_that_writes_to_between_its_units_are_those_of_single_units_too()
    {
        var (desk, handlers, project) = await Authorised("acr");
        await using var _ = desk;
        var used = (await desk.Do(CreditDesk.Officer, s => handlers.Table(s, "acr", false, default))).Single(r => r.Action == "use");
        Assert.Equal(($"ACR-US-{project.Number}-2025-1-1 to 1", $"ACR-US-{project.Number}-2025-1-100 to 100"), (used.FirstId, used.LastId));
    }

    /// <summary>At the authorisation: the day of the letter, not the day somebody entered it; at the issuance: the day the units were issued; at use: of what was used, and of nothing that is held.</summary>
    [Theory]
    [InlineData("authorisation")]
    [InlineData("issuance")]
    [InlineData("use")]
    public async Task The_first_transfer_has_the_day_its_letter_names_and_a_row_of_its_own(string first)
    {
        var letterOn = new LocalDate(2025, 3, 14);
        var (desk, handlers, _) = await Authorised("acr", first, letterOn);
        await using var __ = desk;
        var today = desk.Clock.Now.InUtc().Date;
        var issuedOn = (await desk.Query("select issued_on from registry.credit_issuance", r => r.Day(0)))[0];
        LocalDate? expected = first switch { "authorisation" => letterOn, "issuance" => issuedOn, _ => null };
        var holdings = await desk.Do(CreditDesk.Officer, s => handlers.Table(s, "acr", true, default));
        Assert.All(holdings, r => Assert.Equal(expected, r.FirstTransferOn));
        var actions = await desk.Do(CreditDesk.Officer, s => handlers.Table(s, "acr", false, default));
        Assert.All(actions.Where(r => r.Action == "authorisation"), r => Assert.Equal((letterOn, expected), (r.On!.Value, r.FirstTransferOn)));
        var used = actions.Single(r => r.Action == "use");
        Assert.Equal((today, expected ?? today), (used.On!.Value, used.FirstTransferOn!.Value));
        var transferred = actions.Where(r => r.Action == "first-transfer").ToList();
        // Of all that was authorised, or of what was used alone; nothing twice.
        Assert.Equal(first == "use" ? 100 : actions.Where(r => r.Action == "authorisation").Sum(r => r.Units), transferred.Sum(r => r.Units));
        Assert.All(transferred, r => Assert.Equal(r.On, r.FirstTransferOn));
        Assert.Equal(transferred.Count, transferred.DistinctBy(r => r.FirstId).Count());
    }

    [Fact]
    public async Task A_letter_without_a_day_leaves_the_first_transfer_open_and_one_dated_after_today_is_refused()
    {
        var (desk, handlers, project) = await Authorised("acr", "authorisation");
        await using var _ = desk;
        var actions = await desk.Do(CreditDesk.Officer, s => handlers.Table(s, "acr", false, default));
        Assert.DoesNotContain(actions, r => r.Action == "first-transfer");
        Assert.All(actions.Where(r => r.Action == "authorisation"), r => Assert.Null(r.On));
        Assert.All(actions, r => Assert.Null(r.FirstTransferOn));
        var letter = (await desk.Do(CreditDesk.Officer, s => desk.Projects.Read(s, project.Id, default))).Documents.First(d => d.Kind == "authorisation");
        Assert.Equal(["credits.authorised-on"], await desk.Refused(CreditDesk.Officer, s => handlers.Authorise(s, project.Id, new(["ndc"], 2025, 2025, "use", "KE-SE 2025", letter.Id, desk.Clock.Now.InUtc().Date.PlusDays(1)), default)));
    }

    static List<List<string>> Sheet(byte[] file, string name)
    {
        using var book = SpreadsheetDocument.Open(new MemoryStream(file), false);
        var sheet = book.WorkbookPart!.Workbook.Sheets!.Elements<DocumentFormat.OpenXml.Spreadsheet.Sheet>().Single(s => s.Name == name);
        var rows = ((WorksheetPart)book.WorkbookPart.GetPartById(sheet.Id!)).Worksheet.Descendants<Row>();
        return [.. rows.Select(r => r.Elements<Cell>().Select(c => c.InlineString?.InnerText ?? c.CellValue?.Text ?? "").ToList())];
    }
}
