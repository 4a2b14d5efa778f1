using System.IO.Compression;
using System.Text;
using NodaTime;
using Verdigris.Cbam.Certificates;
using Verdigris.Cbam.Dossier;
using Verdigris.Cbam.Imports;
using Verdigris.Cbam.QReport;

namespace Verdigris.Cbam.Tests.Importer;

/// <summary>The desk by the rules of the packs: figures of the published tables, the transitional report, the sealed dossier.</summary>
public sealed class LawTests
{
    [Fact]
    public async Task A_line_owes_what_the_published_tables_and_prices_say_and_says_why_where_they_do_not()
    {
        await using var desk = await ImporterDesk.Open(law: true);
        var lines = await desk.Import((1, "76011010", "IN", 100000, "2026-02-15"), (2, "76011010", "CN", 100000, "2026-02-15"), (3, "76011010", "IN", 100000, "2026-11-15"), (4, "76020019", "IN", 100000, "2026-02-15"), (5, "76011010", "NO", 100000, "2026-02-15"), (6, "28041000", "IN", 1000, "2026-02-15"));
        var seen = (await desk.Do(ImporterDesk.Trader, s => desk.Lines.List(s, new(Sort: "mrn"), default))).Items;
        Assert.Equal(["computed", "computed", "price-unpublished", "out-of-scope", "exempt"], seen.Take(5).Select(v => v.Outcome.Status));
        Assert.Equal((2.057m, 1.387425m, 66.9575m, 5045.92m), (seen[0].Outcome.EmbeddedTco2ePerT!.Value, seen[0].Outcome.FreeAllocationTco2ePerT!.Value, seen[0].Outcome.Certificates!.Value, seen[0].Outcome.CostEur!.Value));
        Assert.Equal((191.2575m, 14413.17m), (seen[1].Outcome.Certificates!.Value, seen[1].Outcome.CostEur!.Value));
        Assert.Equal((66.9575m, (decimal?)null), (seen[2].Outcome.Certificates!.Value, seen[2].Outcome.CostEur));
        Assert.Equal(("hydrogen", false), (seen[5].Line.Sector, seen[5].Line.CountsMass));
        Assert.Equal((300000m, true), ((await desk.Do(ImporterDesk.Trader, s => desk.Watch.Read(s, 2026, default))).Mass is var m ? (m.MassKg, m.Exceeded) : default));

        // Verified 1.60 of a primary smelter: 0.212575 a tonne.
        var supplier = await desk.Do(ImporterDesk.Trader, s => desk.Suppliers.Create(s, new("Example Smelter", "IN", "Potline 1"), default));
        await desk.Do(ImporterDesk.Trader, s => desk.Lines.Link(s, lines[0].Id, new(LinkKind.Supplier, null, supplier.Id, new(1.6m, null, null, "K", "Klarsyn Assurance", new(2026, 1, 1), new(2026, 12, 31), null)), default));
        var compared = await desk.Do(ImporterDesk.Trader, s => desk.Lines.Compare(s, lines[0].Id, default));
        Assert.Equal((21.2575m, 45.7m), (compared.Actual!.Certificates!.Value, compared.SavedCertificates!.Value));
        Assert.NotEmpty(compared.DefaultTrace);
        Assert.All(compared.DefaultTrace, step => Assert.NotNull(step.Value));
    }

    [Fact]
    public async Task From_2027_on_half_of_what_default_values_without_mark_up_come_to_is_to_be_held_at_each_quarters_end()
    {
        await using var desk = await ImporterDesk.Open(law: true);
        desk.Clock.Now = Instant.FromUtc(2027, 6, 1, 9, 0);
        await desk.Import((1, "76011010", "IN", 200000, "2027-02-15"));
        var quarters = (await desk.Do(ImporterDesk.Trader, s => desk.Watch.Read(s, 2027, default))).Quarters;
        Assert.Equal((50m, 51.815m), (quarters[0].SharePercent!.Value, quarters[0].ByDefault!.Value));
        Assert.Null((await desk.Do(ImporterDesk.Trader, s => desk.Watch.Read(s, 2026, default))).Quarters[3].ByDefault);
        // A week without a published price sells nothing.
        Assert.Equal("price.unpublished", await desk.Refused(ImporterDesk.Trader, s => desk.Certificates.Propose(s, new(OrderKind.Purchase, 2027, 1), default)));
        Assert.Equal("price.unpublished", await desk.Refused(ImporterDesk.Trader, s => desk.Certificates.Propose(s, new(OrderKind.Purchase, 2026, 1, 4), default)));
        Assert.Equal(75.36m, (await desk.Do(ImporterDesk.Trader, s => desk.Certificates.Propose(s, new(OrderKind.Purchase, 2026, 1, 1), default))).PriceEur);
    }

    [Fact]
    public async Task A_quarter_of_the_transitional_period_becomes_a_report_the_commissions_schema_allows()
    {
        await using var desk = await ImporterDesk.Open(law: true);
        var file = await desk.Bring("mrn,item,cn,origin,netMassKg,releasedOn,procedure,importerEori\n" + string.Concat(new[] { (1, "76011010", "IN", 5000m, "4000"), (2, "76011010", "IN", 2500m, "4071"), (3, "76020019", "IN", 9m, "4000"), (4, "76061191", "CN", 1000.5m, "4000") }
            .Select(l => FormattableString.Invariant($"{ImporterDesk.Mrn(l.Item1)},1,{l.Item2},{l.Item3},{l.Item4},2025-05-14,{l.Item5},DE1234567890123\n"))));
        await desk.Do(ImporterDesk.Trader, s => desk.Files.Apply(s, file.File.Id, CustomsImports.WholeFile, default));
        var signing = new Declarations.QuarterSigning("Hamburg", "Hamburg", "Clara Vogt", "Head of imports");
        Assert.Equal("qreport.period", await desk.Refused(ImporterDesk.Trader, s => desk.Quarters.Write(s, 2026, 1, signing, default)));
        Assert.Equal("quarter.nothing", await desk.Refused(ImporterDesk.Trader, s => desk.Quarters.Write(s, 2025, 1, signing, default)));
        Assert.Equal("input.required", await desk.Refused(ImporterDesk.Trader, s => desk.Quarters.Write(s, 2025, 2, signing with { City = "" }, default)));
        var xml = await desk.Do(ImporterDesk.Trader, s => desk.Quarters.Write(s, 2025, 2, signing, default));
        var report = new QReportFile(desk.Packs).Read(new MemoryStream(xml)).Value;
        Assert.Equal(["76011010", "76061191"], report.ImportedGood.Select(g => g.CommodityCode!.CnCode));
        Assert.Equal(("Cobblestone Extrusions", 2), (report.Declarant.Name, report.ImportedGood[0].ImportedQuantity.Count));
        var totals = QReportTotals.Of(report);
        // 7.5 t at 2.36 and 1.0005 t at 2.86 direct.
        Assert.Equal((8.5005m, (7.5m * 2.36m) + (1.0005m * 2.86m)), (totals.MassT!.Value, totals.DirectTco2e!.Value));
    }

    [Fact]
    public async Task The_dossier_of_a_declaration_is_sealed_with_its_evidence_and_every_byte_of_it_can_be_checked()
    {
        await using var desk = await ImporterDesk.Open(law: true);
        await desk.Import((1, "76011010", "IN", 100000, "2026-02-15"));
        var supplier = await desk.Do(ImporterDesk.Trader, s => desk.Suppliers.Create(s, new("Example Smelter", "IN", "Potline 1"), default));
        await desk.Do(ImporterDesk.Trader, s => desk.Requests.Ask(s, supplier.Id, new(2026, null, "Your report, please.", new(2026, 12, 20)), default));
        desk.Clock.Now = Instant.FromUtc(2027, 3, 1, 9, 0);
        var draft = await desk.Do(ImporterDesk.Trader, s => desk.Declarations.Create(s, 2026, default));
        await using (var opinion = new MemoryStream(Encoding.ASCII.GetBytes("%PDF-1.7 opinion"))) await desk.Do(ImporterDesk.Trader, s => desk.Declarations.AddFile(s, draft.Declaration.Id, "opinion: 1.pdf", opinion, default));
        Assert.Equal("declaration.not-submitted", await desk.Refused(ImporterDesk.Trader, s => desk.Dossiers.Seal(s, draft.Declaration.Id, "en", default)));
        await desk.Do(ImporterDesk.Trader, s => desk.Declarations.Propose(s, draft.Declaration.Id, default));
        await desk.Decide();
        Assert.Equal("declaration.not-found", await desk.Refused(ImporterDesk.Other, s => desk.Dossiers.Seal(s, draft.Declaration.Id, "en", default)));
        var zip = await desk.Do(ImporterDesk.Trader, s => desk.Dossiers.Seal(s, draft.Declaration.Id, "en", default));
        var verdict = DossierReader.Verify(new MemoryStream(zip), _ => desk.Signer.Key).Value;
        Assert.True(verdict.Whole, string.Join("; ", verdict.Faults.Select(f => f.Code + " " + f.Field)));
        Assert.Equal(["data.csv", "data.json", "evidence/001-opinion__1.pdf", "evidence/002-lines.csv", "manifest.json", "manifest.jws", "report.html"], verdict.Entries.Order(StringComparer.Ordinal));
        using var archive = new ZipArchive(new MemoryStream(zip));
        using var csv = new StreamReader(archive.GetEntry("data.csv")!.Open());
        Assert.Contains("66.9575", await csv.ReadToEndAsync(TestContext.Current.CancellationToken), StringComparison.Ordinal);
        zip[^400] ^= 1;
        Assert.False(DossierReader.Verify(new MemoryStream(zip), _ => desk.Signer.Key) is { Ok: true, Value.Whole: true });
    }
}
