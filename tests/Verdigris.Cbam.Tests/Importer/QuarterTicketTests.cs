using Microsoft.AspNetCore.DataProtection;
using NodaTime;
using Verdigris.Cbam.Declarations;

namespace Verdigris.Cbam.Tests.Importer;

/// <summary>The way of a quarterly report from the page's form to its file.</summary>
public sealed class QuarterTicketTests
{
    [Fact]
    public async Task A_ticket_opens_the_report_of_its_own_organisation_for_ten_minutes_and_nothing_else()
    {
        await using var desk = await ImporterDesk.Open();
        var protection = new EphemeralDataProtectionProvider();
        var signing = new QuarterSigning("Hamburg", "Hamburg", "Jana Voss", "Head of customs");
        await using var own = desk.Sessions.Open(ImporterDesk.Trader);
        await using var theirs = desk.Sessions.Open(ImporterDesk.Other);
        var ticket = QuarterTicket.Seal(protection, own, 2025, 3, signing);
        // Names of people stand in it: nobody reads them out of an address.
        Assert.DoesNotContain("Jana", ticket, StringComparison.Ordinal);
        Assert.Equal((2025, 3, signing), QuarterTicket.Open(protection, own, ticket) is { } opened ? (opened.Year, opened.Quarter, opened.Signing) : default);
        Assert.Null(QuarterTicket.Open(protection, theirs, ticket));
        Assert.Null(QuarterTicket.Open(protection, own, ticket[..^2]));
        Assert.Null(QuarterTicket.Open(protection, own, null));
        desk.Clock.Now += Duration.FromMinutes(11);
        await using var late = desk.Sessions.Open(ImporterDesk.Trader);
        Assert.Null(QuarterTicket.Open(protection, late, ticket));
    }

    [Fact]
    public async Task Two_consignments_of_one_supplier_that_rest_on_different_figures_are_reported_apart()
    {
        await using var desk = await ImporterDesk.Open();
        var file = await desk.Bring("mrn,item,cn,origin,netMassKg,releasedOn,importerEori,procedure\n" + string.Concat(new[] { 1, 2 }.Select(n => $"{ImporterDesk.Mrn(n)},1,76011010,IN,1000,2025-08-0{n},DE1234567890123,4000\n")));
        await desk.Do(ImporterDesk.Trader, s => desk.Files.Apply(s, file.File.Id, Imports.CustomsImports.WholeFile, default));
        var lines = (await desk.Do(ImporterDesk.Trader, s => desk.Lines.List(s, new(Sort: "mrn"), default))).Items;
        var supplier = (await desk.Do(ImporterDesk.Trader, s => desk.Suppliers.Create(s, new("Example", "IN", "Potline"), default))).Id;
        foreach (var (i, line) in lines.Index())
        {
            await desk.Do(ImporterDesk.Trader, s => desk.Lines.Link(s, line.Line.Id, new(Imports.LinkKind.Supplier, null, supplier, new(1.5m + i, 0.25m, null, "K", "Klarsyn", new(2025, 1, 1), new(2025, 12, 31), null)), default));
            await desk.Do(ImporterDesk.Trader, s => desk.Lines.SetBasis(s, line.Line.Id, Imports.LineBasis.Actual, default));
        }
        var xml = System.Text.Encoding.UTF8.GetString(await desk.Do(ImporterDesk.Trader, s => desk.Quarters.Write(s, 2025, 3, new("Hamburg", "Hamburg", "Jana Voss", "Head of customs"), default)));
        Assert.Contains(">1.5<", xml, StringComparison.Ordinal);
        Assert.Contains(">2.5<", xml, StringComparison.Ordinal);
        // A figure put together from the process and its precursors is reported as their sum, and one that cannot be is refused.
        async Task<Primitives.Answer<byte[]>> With(decimal? direct)
        {
            await desk.Do(ImporterDesk.Trader, s => desk.Lines.Link(s, lines[1].Line.Id, new(Imports.LinkKind.Supplier, null, supplier, new(null, null, null, "K", "Klarsyn", new(2025, 1, 1), new(2025, 12, 31), null,
                ProcessDirectTco2ePerT: 0.5m, ProcessIndirectTco2ePerT: 0.125m, Precursors: [new("76012030", 2, "IN", null, direct, 0.1m * direct, null, direct is null ? null : "Klarsyn")])), default));
            return await desk.Try(ImporterDesk.Trader, s => desk.Quarters.Write(s, 2025, 3, new("Hamburg", "Hamburg", "Jana Voss", "Head of customs"), default));
        }
        Assert.Contains(">3.75<", System.Text.Encoding.UTF8.GetString((await With(1.625m)).Value), StringComparison.Ordinal);
        Assert.Equal("quarter.no-value", (await With(null)).Refusals[0].Code);
    }
}
