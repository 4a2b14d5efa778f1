using Verdigris.Cbam.Template;
using Verdigris.Web;

namespace Verdigris.Cbam.Tests.Template;

/// <summary>The sums of the form, against the examples the Commission printed into it and against published arithmetic.</summary>
public sealed class TemplateFiguresTests
{
    static readonly decimal?[] None8 = new decimal?[8];

    static TemplateFigures Figures(CommunicationReport report) => CommunicationTemplate.Figures(report);

    static decimal Cached(string sheet, string cell)
    {
        using var stream = new MemoryStream(Smelter.Form.EmptyForm());
        using var book = TemplateWorkbook.Open(stream).Value;
        return book.Value(sheet, cell).Number!.Value;
    }

    /// <summary>The example rows of sheet B and what the Commission's workbook calculated from them.</summary>
    [Fact]
    public void Combustion_process_and_mass_balance_give_what_the_form_s_own_examples_give()
    {
        var fuel = TemplateCalculation.Stream(new(1, "Combustion", "Heavy fuel oil", 252_000m, "t", 45m, 73m, "tCO2/TJ", null, 100m, null, 0m));
        Assert.Equal((827_820m, 0m, 11_340m, 0m), (fuel.FossilTco2e, fuel.BiomassTco2e, fuel.FossilTj, fuel.BiomassTj));
        var meal = TemplateCalculation.Stream(new(2, "Process emissions", "Raw meal for clinker", 121_000m, "t", null, 0.08794m, "tCO2/t", null, null, 100m, 0m));
        Assert.Equal(10_640.74m, meal.FossilTco2e);
        var steel = TemplateCalculation.Stream(new(3, "Mass Balance", "Steel", -1_808_226m, "t", null, null, null, 0.003878m, null, null, 0m));
        Assert.Equal(-25_693.068768192m, steel.FossilTco2e);
        foreach (var (cell, figure) in new[] { ("AU14", fuel), ("AU15", meal), ("AU16", steel) }) Assert.Equal(Cached("B_EmInst", cell), XlsxLines.Kept(figure.FossilTco2e!.Value));
    }

    [Fact]
    public void The_slope_method_gives_what_the_form_s_own_example_gives()
    {
        var pfc = TemplateCalculation.Pfc(new(1, "Slope method", null, 500_000m, 2.17m, 1.23m, 0.146m, null, null, null, 0.122m, 98m));
        Assert.Equal((194.8443m, 23.7710046m), (pfc.Cf4T, pfc.C2f6T));
        Assert.Equal(1_291_817.709m, pfc.Cf4T * 6630);
        Assert.Equal(263_858.15106m, pfc.C2f6T * 11100);
        Assert.Equal(1_587_424.347m, decimal.Round(pfc.Tco2e!.Value, 3));
        Assert.Equal(Cached("B_EmInst", "AU97"), XlsxLines.Kept(pfc.Tco2e.Value));
        var worked = TemplateCalculation.Pfc(new(1, "Slope method", null, 100_000m, 0.25m, 1m, 0.143m, null, null, null, 0.121m, null));
        Assert.Equal((3.575m, 0.432575m, 28_503.8325m), (worked.Cf4T, worked.C2f6T, worked.Tco2e));
    }

    [Fact]
    public void Overvoltage_divides_by_the_efficiency_as_the_cell_keeps_it()
    {
        PfcStream stream = new(1, "Overvoltage method", null, 1_000m, null, null, null, 5m, 95m, 1.16m, 0.121m, null);
        Assert.Equal(1_000m * 5 / 95 * 1.16m / 1000, TemplateCalculation.Pfc(stream).Cf4T!.Value, 20);
        Assert.Null(TemplateCalculation.Pfc(stream with { CurrentEfficiency = null }).Tco2e);
        Assert.Null(TemplateCalculation.Pfc(stream with { CurrentEfficiency = 0 }).Tco2e);
        var findings = Smelter.Read(Smelter.Write(Smelter.Report with { Pfcs = [stream with { CurrentEfficiency = 0.95m }] })).Findings;
        Assert.Contains(findings, f => f is { Code: "template.efficiency-share", Cell: "AK98" } && f.Args!["meant"] == "95");
    }

    [Fact]
    public void A_measured_stack_gives_fossil_and_biomass_as_the_form_s_own_example()
    {
        var stack = TemplateCalculation.Measured(new(1, "CO2 transfer", "CO2", 15m, 1820m, 5000m, 50m, null, null));
        Assert.Equal((386_750m, 68_250m), (stack.FossilTco2e, stack.BiomassTco2e));
        Assert.Equal((Cached("B_EmInst", "AU112"), Cached("B_EmInst", "AV112")), (stack.FossilTco2e, stack.BiomassTco2e));
        var n2o = TemplateCalculation.Measured(new(2, "N2O", "N2O", 0m, 64.2925m, 4m, 265m, null, null));
        Assert.Equal(Cached("B_EmInst", "AU111"), n2o.FossilTco2e);
    }

    [Fact]
    public void Heat_and_power_of_one_unit_are_parted_by_their_efficiencies()
    {
        var figure = TemplateCalculation.Cogeneration(new(1, null, null, null, 1000m, null, 0.88m, 0.442m));
        Assert.Equal((524.9406m, 475.0594m), (decimal.Round(figure.HeatTco2!.Value, 4), decimal.Round(figure.PowerTco2!.Value, 4)));
        Assert.Equal(1000m, figure.HeatTco2.Value + figure.PowerTco2!.Value, 20);
        var measured = TemplateCalculation.Cogeneration(new(1, 100m, 55m, 25m / 0.0036m, 1000m, null, 0.88m, 0.442m));
        Assert.Equal(figure.HeatTco2.Value, measured.HeatTco2!.Value, 15);
        Assert.Null(TemplateCalculation.Cogeneration(new(2, null, null, null, null, null, 0.88m, 0.442m)).HeatTco2);
    }

    [Fact]
    public void Waste_gas_comes_in_as_natural_gas_and_goes_out_as_two_thirds_of_it()
    {
        var process = Smelter.Report.Processes[0] with { HasWasteGas = true };
        Assert.Equal(5_610m, TemplateCalculation.WasteGas(process with { WasteGas = new(100m, 0m, null, null) }));
        Assert.Equal(-3_741.87m, TemplateCalculation.WasteGas(process with { WasteGas = new(0m, 100m, null, null) }));
        Assert.Null(TemplateCalculation.WasteGas(process with { WasteGas = new(100m, null, null, null) }));
    }

    [Fact]
    public void A_process_carries_what_its_precursors_carry()
    {
        var chain = Figures(Chain()).Processes;
        Assert.Equal((1.5m, 1.95m), (chain[0].SeeDirect, chain[1].SeeDirect));
        Assert.Equal(0.2m, chain[1].OwnDirect);
        // 0.05 t at 2.0 of 1.95: the share that rests on a default.
        Assert.Equal(0.1m / 1.95m * 100, chain[1].DefaultPercent!.Value, 15);
        Assert.Equal(0m, chain[0].DefaultPercent);
    }

    [Fact]
    public void What_is_not_known_of_a_precursor_is_not_known_of_what_takes_it_and_of_nothing_else()
    {
        var report = Chain();
        var chain = Figures(report with { Precursors = [report.Precursors[0] with { DirectTco2ePerT = null }] }).Processes;
        Assert.Equal((1.5m, null), (chain[0].SeeDirect, chain[1].SeeDirect));
        chain = Figures(report with { Processes = [report.Processes[0] with { HasHeat = null }, report.Processes[1]] }).Processes;
        Assert.Equal((null, null), (chain[0].SeeDirect, chain[1].SeeDirect));
        var unused = report.Precursors[0] with { UsedInProcessT = [0m, 0m, null, null, null, null, null, null, null, null], DirectTco2ePerT = null };
        Assert.Equal(1.85m, Figures(report with { Precursors = [unused] }).Processes[1].SeeDirect);
    }

    [Fact]
    public void Processes_that_feed_each_other_are_solved_and_a_loop_that_gains_nothing_is_said()
    {
        var report = Chain();
        // P1 takes back 0.1 t of P2 a tonne: x1 = 1.5 + 0.1 x2, x2 = 0.3 + 1.1 x1.
        var mutual = Figures(report with { Processes = [report.Processes[0], report.Processes[1] with { UsedInProcessT = [110m, null, null, null, null, null, null, null, null, null], MarketT = 890m }] });
        Assert.Equal(1.53m / 0.89m, mutual.Processes[0].SeeDirect!.Value, 18);
        Assert.Equal(1.95m / 0.89m, mutual.Processes[1].SeeDirect!.Value, 18);
        var loop = Figures(report with { Processes = [report.Processes[0], report.Processes[1] with { UsedInProcessT = [1_000m, null, null, null, null, null, null, null, null, null], MarketT = 0m }] });
        Assert.True(loop.HasLoop);
        Assert.All(loop.Processes, p => Assert.Null(p.SeeDirect));
    }

    [Fact]
    public void Indirect_emissions_and_electricity_go_along_the_same_chain()
    {
        var figures = Figures(Smelter.Report);
        var (smelting, rolling) = (figures.Processes[0], figures.Processes[1]);
        Assert.Equal((14m, 9.94m), (smelting.EmbeddedMwh, smelting.SeeIndirect));
        var mass = 60_000m / 55_000m;
        Assert.Equal(((30_000m / 55_000m) * 0.71m) + (mass * 9.94m) + (0.05m * 14.5m * 0.4m), rolling.SeeIndirect!.Value, 18);
        Assert.Equal((30_000m / 55_000m) + (mass * 14m) + (0.05m * 14.5m), rolling.EmbeddedMwh!.Value, 18);
        Assert.Equal((11_000m + (12.5m * 56.1m) - 240m - 40m) / 55_000m, rolling.OwnDirect!.Value, 18);
        // 12.5 % of own emissions at 500, carried on by mass.
        Assert.Equal((1.5m + 9.94m) * 0.125m * 500 * mass, rolling.PriceDue!.Value, 15);
        Assert.Equal((280m, "D.4(a)"), (figures.Products[1].EffectivePricePerT, figures.Products[1].ElectricitySource));
    }

    [Fact]
    public void A_sum_with_an_unknown_line_is_unknown_and_an_entry_by_hand_comes_first()
    {
        var report = Smelter.Report with { Streams = [Smelter.Report.Streams[0] with { Amount = null }] };
        Assert.Null(Figures(report).Balance.DirectTco2e);
        Assert.NotNull(Figures(report with { Balance = report.Balance with { Co2T = 150_000m } }).Balance.DirectTco2e);
        Assert.Null(Figures(CommunicationReport.Empty).Balance.DirectTco2e);
    }

    /// <summary>P1 with 1.5 a tonne; P2 with 0.2 of its own takes 1.1 t of P1 and 0.05 t bought at 2.0.</summary>
    static CommunicationReport Chain()
    {
        var (p1, p2) = (Smelter.Report.Processes[0], Smelter.Report.Processes[1]);
        decimal?[] Only(decimal amount) => [amount, .. None8[1..]];
        return Smelter.Report with
        {
            Prices = [],
            Processes =
            [
                p1 with { RouteAmountsT = Only(1_100m), MarketT = 0m, UsedInProcessT = [null, 1_100m, null, null, null, null, null, null, null, null], DirectTco2e = 1_650m },
                p2 with { RouteAmountsT = Only(1_000m), MarketT = 1_000m, DirectTco2e = 200m, HasHeat = false, HasWasteGas = false, ExportedMwh = 0m },
            ],
            Precursors = [Smelter.Report.Precursors[0] with { RouteAmountsT = Only(50m), UsedInProcessT = [0m, 50m, null, null, null, null, null, null, null, null], OtherT = 0m, DirectTco2ePerT = 2m }],
        };
    }
}
