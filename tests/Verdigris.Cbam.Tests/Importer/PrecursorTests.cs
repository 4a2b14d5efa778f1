using System.IO.Compression;
using System.Text;
using Verdigris.Cbam.Imports;
using Verdigris.Primitives;

namespace Verdigris.Cbam.Tests.Importer;

/// <summary>What a complex good is made of, said at its customs line, under the law of the packs.</summary>
public sealed class PrecursorTests
{
    static readonly ActualFigures Process = new(null, null, null, "K", "Klarsyn Assurance", new(2026, 1, 1), new(2026, 12, 31), null, ProcessDirectTco2ePerT: 0.12m);
    static readonly LinePrecursor Billet = new("76012030", 1.08m, "IN", "k", 1.6m, null, null, "Klarsyn Assurance");

    static async Task<(ImporterDesk Desk, Guid Line, Guid Supplier)> Profile(string cn = "76042100")
    {
        var desk = await ImporterDesk.Open(law: true);
        var line = (await desk.Import((1, cn, "IN", 100_000, "2026-02-14")))[0].Id;
        return (desk, line, (await desk.Do(ImporterDesk.Trader, s => desk.Suppliers.Create(s, new("Example Extruder", "IN", "Press 1"), default))).Id);
    }

    [Fact]
    public async Task A_profile_with_its_billet_s_own_figure_owes_what_process_and_precursor_come_to()
    {
        var (desk, line, supplier) = await Profile();
        await using var _ = desk;
        await desk.Do(ImporterDesk.Trader, s => desk.Lines.Link(s, line, new(LinkKind.Supplier, null, supplier, Process), default));
        var before = await desk.Do(ImporterDesk.Trader, s => desk.Lines.SetBasis(s, line, LineBasis.Actual, default));
        // Nobody said what it is made of: nothing can be determined, and nothing is taken for zero.
        Assert.Equal(("not-determinable", (decimal?)null), (before.Outcome.Status, before.Outcome.Certificates));
        Assert.Contains(before.Outcome.Reasons, r => r is { Code: "precursors-missing", Blocks: true });

        var said = await desk.Do(ImporterDesk.Trader, s => desk.Lines.SetPrecursors(s, line, [Billet], default));
        Assert.Equal((1.848m, 1.556919m, 29.1081m, 2193.59m), (said.Outcome.EmbeddedTco2ePerT!.Value, said.Outcome.FreeAllocationTco2ePerT!.Value, said.Outcome.Certificates!.Value, said.Outcome.CostEur!.Value));
        Assert.Equal(("76012030", "K"), (said.Line.Figures!.Precursors![0].Cn, said.Line.Figures.Precursors[0].Route));

        // The same billet without a figure counts by the Indian default with its mark-up; one of the Union brings nothing.
        Assert.Equal((78.4641m, 5913.05m), await Owed(desk, line, Billet with { DirectTco2ePerT = null, Verifier = null }));
        Assert.Equal((6.15m, 463.46m), await Owed(desk, line, Billet with { Origin = "DE", DirectTco2ePerT = null, Verifier = null }));
        // A free allocation its producer states takes the place of column B.
        Assert.Equal(184.8m - 5.85m - 108, (await Owed(desk, line, Billet with { FreeAllocationTco2ePerT = 1 })).Certificates);

        var compared = await desk.Do(ImporterDesk.Trader, s => desk.Lines.Compare(s, line, default));
        Assert.Contains(compared.ActualTrace, t => t.Id == "free-precursor-76012030" || t.Id == "free-76042100");
    }

    static async Task<(decimal Certificates, decimal Eur)> Owed(ImporterDesk desk, Guid line, LinePrecursor precursor)
    {
        var said = await desk.Do(ImporterDesk.Trader, s => desk.Lines.SetPrecursors(s, line, [precursor], default));
        return (said.Outcome.Certificates!.Value, said.Outcome.CostEur!.Value);
    }

    [Fact]
    public async Task A_finished_figure_keeps_its_emissions_and_takes_its_free_allocation_from_the_precursors()
    {
        var (desk, line, supplier) = await Profile();
        await using var _ = desk;
        var finished = Process with { ProcessDirectTco2ePerT = null, DirectTco2ePerT = 1.848m, Precursors = [Billet] };
        await desk.Do(ImporterDesk.Trader, s => desk.Lines.Link(s, line, new(LinkKind.Supplier, null, supplier, finished), default));
        var view = await desk.Do(ImporterDesk.Trader, s => desk.Lines.SetBasis(s, line, LineBasis.Actual, default));
        Assert.Equal((1.848m, 29.1081m), (view.Outcome.EmbeddedTco2ePerT!.Value, view.Outcome.Certificates!.Value));
        // More precursors would free more: they cannot bring more than the finished figure has.
        Assert.Equal("line.precursors-over", await desk.Refused(ImporterDesk.Trader, s => desk.Lines.SetPrecursors(s, line, [Billet with { TPerT = 5 }], default)));
        Assert.Equal("line.figure-twice", await desk.Refused(ImporterDesk.Trader, s => desk.Lines.Link(s, line, new(LinkKind.Supplier, null, supplier, finished with { ProcessDirectTco2ePerT = 0.1m }), default)));
    }

    [Fact]
    public async Task What_is_wrong_with_a_precursor_is_said_by_its_place_and_nothing_is_kept()
    {
        var (desk, line, supplier) = await Profile();
        await using var _ = desk;
        Assert.Equal("line.no-supplier", await desk.Refused(ImporterDesk.Trader, s => desk.Lines.SetPrecursors(s, line, [Billet], default)));
        await desk.Do(ImporterDesk.Trader, s => desk.Lines.Link(s, line, new(LinkKind.Supplier, null, supplier, Process), default));
        async Task<(string, string?)> First(params LinePrecursor[] precursors)
        {
            var answer = await desk.Try(ImporterDesk.Trader, s => desk.Lines.SetPrecursors(s, line, precursors, default));
            Assert.False(answer.Ok);
            return (answer.Refusals[0].Code, answer.Refusals[0].Field);
        }
        Assert.Equal(("cbam.cn-malformed", "precursors[1].cn"), await First(Billet, Billet with { Cn = "7601" }));
        Assert.Equal(("facility.country", "precursors[0].origin"), await First(Billet with { Origin = "ZZ" }));
        Assert.Equal(("line.precursor-amount", "precursors[0].tPerT"), await First(Billet with { TPerT = 0 }));
        Assert.Equal(("line.figure-range", "precursors[0].directTco2ePerT"), await First(Billet with { DirectTco2ePerT = -1 }));
        Assert.Equal(("line.precursor-half", "precursors[0].directTco2ePerT"), await First(Billet with { DirectTco2ePerT = null }));
        Assert.Equal(("line.precursor-year", "precursors[0].productionYear"), await First(Billet with { ProductionYear = 26 }));
        Assert.Equal(("line.precursor-later", "precursors[0].productionYear"), await First(Billet with { ProductionYear = 2027 }));
        Assert.Equal(("input.required", "precursors[0]"), await First([null!]));
        Assert.Equal("line.precursors-many", (await First([.. Enumerable.Repeat(Billet, 21)])).Item1);
        Assert.Null((await desk.Do(ImporterDesk.Trader, s => desk.Lines.Read(s, line, default))).Line.Figures!.Precursors);
        // A precursor's own figure without its verifier is no actual figure.
        await desk.Do(ImporterDesk.Trader, s => desk.Lines.SetPrecursors(s, line, [Billet with { Verifier = " " }], default));
        Assert.Equal(["line.actual-missing precursors[0].verifier"], await desk.Refusals(ImporterDesk.Trader, s => desk.Lines.SetBasis(s, line, LineBasis.Actual, default)));
        // Nor is a free allocation nobody verified: it would take certificates away.
        await desk.Do(ImporterDesk.Trader, s => desk.Lines.SetPrecursors(s, line, [Billet with { DirectTco2ePerT = null, Verifier = null, FreeAllocationTco2ePerT = 900 }], default));
        Assert.Equal(["line.actual-missing precursors[0].verifier"], await desk.Refusals(ImporterDesk.Trader, s => desk.Lines.SetBasis(s, line, LineBasis.Actual, default)));
        Assert.Equal("access.role-needed", await desk.Refused(ImporterDesk.Approver, s => desk.Lines.SetPrecursors(s, line, [], default)));
        Assert.Equal("line.not-found", await desk.Refused(ImporterDesk.Other, s => desk.Lines.SetPrecursors(s, line, [], default)));
    }

    [Fact]
    public async Task A_supplier_s_file_says_the_same_as_what_is_typed_in_every_form_it_may_have()
    {
        var (desk, line, supplier) = await Profile();
        await using var _ = desk;
        await desk.Do(ImporterDesk.Trader, s => desk.Lines.Link(s, line, new(LinkKind.Supplier, null, supplier, Process), default));
        LinePrecursor expected = new("76011090", 1.08m, "IN", "K", 1.71m, null, null, "Example Assurance", 2025);
        foreach (var text in new[]
        {
            PrecursorFile.Template,
            "CN;T per t;Origin;Route;direct tCO2e per t;verifier;production year;remark\n7601 10 90;1.08;in;k;1.71;Example Assurance;2025;x\n;;;;;;;\n",
            "<precursors><precursor cn=\"76011090\" tPerT=\"1.08\"><origin>IN</origin><route>K</route><directTco2ePerT>1.71</directTco2ePerT><verifier>Example Assurance</verifier><productionYear>2025</productionYear></precursor></precursors>",
        })
        {
            await desk.Do(ImporterDesk.Trader, s => desk.Lines.SetPrecursors(s, line, [], default));
            var brought = await desk.Do(ImporterDesk.Trader, s => desk.Lines.BringPrecursors(s, line, new MemoryStream(Encoding.UTF8.GetBytes(text)), default));
            Assert.Equal(expected, Assert.Single(brought.Line.Figures!.Precursors!));
        }
        async Task<string> Refused(string text) => await desk.Refused(ImporterDesk.Trader, s => desk.Lines.BringPrecursors(s, line, new MemoryStream(Encoding.UTF8.GetBytes(text)), default));
        Assert.Equal("import.empty", await Refused(""));
        Assert.Equal("import.column-missing", await Refused("cn,origin\n76011090,IN\n"));
        Assert.Equal("import.column-twice", await Refused("cn,tPerT,CN\n76011090,1,1\n"));
        Assert.Equal("precursor-file.value", await Refused("cn,tPerT\n76011090,\"1,08\"\n"));
        Assert.Equal("precursor-file.value", await Refused("cn,tPerT\n76011090,\n"));
        Assert.Equal("customs.xml-broken", await Refused("<precursors><precursor"));
        Assert.Equal("customs.xml-broken", await Refused("<!DOCTYPE x [<!ENTITY a \"b\">]><precursors><precursor cn=\"&a;\"/></precursors>"));
        Assert.Equal("customs.xml-no-items", await Refused("<precursors/>"));
        Assert.Equal("precursor-file.size", await Refused(new string('x', PrecursorFile.LargestBytes + 1)));
        Assert.Equal("line.precursors-many", await Refused("cn,tPerT\n" + string.Concat(Enumerable.Repeat("76011090,1\n", 21))));
        Assert.Equal(expected, Assert.Single((await desk.Do(ImporterDesk.Trader, s => desk.Lines.Read(s, line, default))).Line.Figures!.Precursors!));
    }

    [Fact]
    public async Task A_declaration_and_its_dossier_keep_what_an_actual_figure_was_put_together_from()
    {
        var (desk, line, supplier) = await Profile();
        await using var _ = desk;
        await desk.Do(ImporterDesk.Trader, s => desk.Lines.Link(s, line, new(LinkKind.Supplier, null, supplier, Process with { Precursors = [Billet] }), default));
        await desk.Do(ImporterDesk.Trader, s => desk.Lines.SetBasis(s, line, LineBasis.Actual, default));
        desk.Clock.Now = NodaTime.Instant.FromUtc(2027, 5, 3, 9, 0);
        var id = (await desk.Do(ImporterDesk.Trader, s => desk.Declarations.Create(s, 2026, default))).Declaration.Id;
        await desk.Do(ImporterDesk.Trader, s => desk.Declarations.Propose(s, id, default));
        await desk.Decide();
        var declared = await desk.Do(ImporterDesk.Trader, s => desk.Declarations.Read(s, id, default));
        Assert.Equal("76012030", Assert.Single(Assert.Single(declared.Content.Lines).Precursors!).Cn);
        using var archive = new ZipArchive(new MemoryStream(await desk.Do(ImporterDesk.Trader, s => desk.Dossiers.Seal(s, id, "en", default))));
        using var report = new StreamReader(archive.GetEntry("report.html")!.Open());
        Assert.Contains("76012030", await report.ReadToEndAsync(), StringComparison.Ordinal);
    }
}
