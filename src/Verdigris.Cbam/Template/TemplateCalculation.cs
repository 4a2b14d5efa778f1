namespace Verdigris.Cbam.Template;

/// <summary>
/// The sums of the form on single lines and on a process by itself. Constants are the form's own (Implementing Regulation (EU) 2023/1773, Annexes III and VIII). No rounding. Pure.
/// </summary>
static class TemplateCalculation
{
    /// <summary>t CO2 a t of carbon; tCO2/TJ of natural gas, by which waste gas is rated; and how much of it its export takes along.</summary>
    const decimal Co2PerCarbon = 3.664m, NaturalGasTco2PerTj = 56.1m, WasteGasExportShare = 0.667m;
    const decimal GwpCf4 = 6630, GwpC2f6 = 11100, GwpN2o = 265;
    const decimal DefaultHeatEfficiency = 0.55m, DefaultPowerEfficiency = 0.25m, TjPerMwh = 0.0036m;

    public static TemplateFigures Of(CommunicationReport r)
    {
        IReadOnlyList<StreamFigure> streams = [.. r.Streams.Select(s => Bounded.Of(() => Stream(s), () => new(s.Slot, null, null, null, null)))],
            measured = [.. r.Measured.Select(s => Bounded.Of(() => Measured(s), () => new(s.Slot, null, null, null, null)))];
        IReadOnlyList<PfcFigure> pfcs = [.. r.Pfcs.Select(s => Bounded.Of(() => Pfc(s), () => new(s.Slot, null, null, null)))];
        var chain = Bounded.Of(() => SupplyChain.Of(r), () => SupplyChain.Unknown(r));
        return new(streams, pfcs, measured, Bounded.Of(() => Balance(r, streams, pfcs, measured), () => new(null, null, null, null, null, null, null, null, null)), chain.Processes, chain.Precursors, [.. r.Products.Select(p => Product(p, r, chain.Processes))], [.. r.Cogenerations.Select(c => Bounded.Of(() => Cogeneration(c), () => new(c.Slot, null, null, null, null, null, null)))], chain.HasLoop);
    }

    /// <summary>Method 1-3 of sheet B. A unit that does not fit the factor's, and a missing value, make the line unknown.</summary>
    public static StreamFigure Stream(SourceStream s)
    {
        var (fossil, bio) = (1 - ((s.BiomassPercent ?? 0) / 100), (s.BiomassPercent ?? 0) / 100);
        decimal? all = null;
        if (s.Method == TemplateLists.MassBalance) all = s.Amount * s.CarbonContent * Co2PerCarbon;
        else if (s.Method is TemplateLists.Combustion or TemplateLists.ProcessEmissions && UnitsFit(s))
            all = s.Amount * (s.FactorUnit == TemplateLists.PerTj ? s.Ncv / 1000 : 1) * s.Factor * ((s.Method == TemplateLists.Combustion ? s.OxidationPercent : s.ConversionPercent) ?? 100) / 100;
        var energy = s.Ncv is null ? s.Amount * 0 : s.Amount * s.Ncv / 1000;
        return new(s.Slot, all * fossil, all * bio, energy * fossil, energy * bio);
    }

    public static bool UnitsFit(SourceStream s) => s.FactorUnit == TemplateLists.PerTj || (s.Unit is not null && s.FactorUnit == $"tCO2/{s.Unit}");

    /// <summary>Slope: CF4 = t × frequency × minutes × slope / 1000. Overvoltage: CF4 = t × mV / efficiency × coefficient / 1000, the efficiency as the cell keeps it.</summary>
    public static PfcFigure Pfc(PfcStream s)
    {
        decimal? cf4 = s.Method is null ? null : s.Method == TemplateLists.SlopeMethod ? s.AluminiumT * s.Frequency * s.DurationMinutes * s.Slope / 1000
            : s.CurrentEfficiency is > 0 ? s.AluminiumT * (s.OvervoltageMv / s.CurrentEfficiency) * s.Overvoltage / 1000 : null;
        var c2f6 = cf4 * s.C2f6Share;
        var collected = (s.CollectionPercent ?? 100) / 100;
        return new(s.Slot, cf4, c2f6, collected > 0 ? ((cf4 * GwpCf4) + (c2f6 * GwpC2f6)) / collected : null);
    }

    /// <summary>t of gas = g/Nm3 × hours × 1000 Nm3/h / 1000.</summary>
    public static StreamFigure Measured(MeasuredSource s)
    {
        decimal? all = s.Gas is null ? null : s.GramsPerNm3 * s.Hours * s.FlowThousandNm3PerHour / 1000 * (s.Gas == TemplateLists.N2o ? GwpN2o : 1);
        var bio = (s.BiomassPercent ?? 0) / 100;
        return new(s.Slot, all * (1 - bio), all * bio, s.FossilTj ?? 0, s.BiomassTj ?? 0);
    }

    /// <summary>Own emissions of a process per its whole production: DirEm*, plus heat and waste gas in, less those out, less electricity out.</summary>
    public static decimal? Direct(ProductionProcess p) => p.DirectTco2e + Heat(p) + WasteGas(p) - (p.ExportedMwh == 0 ? 0 : p.ExportedMwh * p.ExportedTco2PerMwh);

    public static decimal? Indirect(ProductionProcess p) => p.ElectricityMwh == 0 ? 0 : p.ElectricityMwh * p.ElectricityTco2PerMwh;

    public static decimal? Heat(ProductionProcess p) => p.HasHeat == false ? 0 : (p.Heat.InTj == 0 ? 0 : p.Heat.InTj * p.Heat.InTco2PerTj) - (p.Heat.OutTj == 0 ? 0 : p.Heat.OutTj * p.Heat.OutTco2PerTj);

    public static decimal? WasteGas(ProductionProcess p) => p.HasWasteGas == false ? 0 : (p.WasteGas.InTj * NaturalGasTco2PerTj) - (p.WasteGas.OutTj * NaturalGasTco2PerTj * WasteGasExportShare);

    /// <summary>Emissions of heat and power from one unit, by efficiencies over those of separate production.</summary>
    public static CogenerationFigure Cogeneration(Cogeneration c)
    {
        var power = c.PowerMwh * TjPerMwh;
        decimal? emissions = c.FuelTco2 is null && c.CleaningTco2 is null ? null : (c.FuelTco2 ?? 0) + (c.CleaningTco2 ?? 0);
        decimal? heatEfficiency = c.FuelTj is not null && c.HeatTj is not null ? (c.FuelTj == 0 ? 0 : c.HeatTj / c.FuelTj) : emissions is null ? null : DefaultHeatEfficiency;
        decimal? powerEfficiency = c.FuelTj is not null && power is not null ? (c.FuelTj == 0 ? 0 : power / c.FuelTj) : emissions is null ? null : DefaultPowerEfficiency;
        var (heat, el) = (c.HeatReference is > 0 ? heatEfficiency / c.HeatReference : null, c.PowerReference is > 0 ? powerEfficiency / c.PowerReference : null);
        if (heat + el is not > 0) return new(c.Slot, null, null, null, null, null, null);
        var (toHeat, toPower) = (emissions * heat / (heat + el), emissions * el / (heat + el));
        var fuel = c.FuelTj * heat / (heat + el);
        return new(c.Slot, toHeat, toPower, c.HeatTj is > 0 ? toHeat / c.HeatTj : null, power is > 0 ? toPower / power : null, fuel, c.FuelTj - fuel);
    }

    static BalanceFigure Balance(CommunicationReport r, IReadOnlyList<StreamFigure> streams, IReadOnlyList<PfcFigure> pfcs, IReadOnlyList<StreamFigure> measured)
    {
        var gas = r.Measured.Zip(measured).ToLookup(m => m.First.Gas == TemplateLists.N2o, m => m.Second);
        IReadOnlyList<StreamFigure> co2 = [.. streams, .. gas[false]];
        var b = r.Balance;
        // Nothing entered at all is not an installation without emissions.
        var any = co2.Count + pfcs.Count + measured.Count > 0;
        var fuel = b.FuelTj ?? (any ? Sum(co2.Select(s => s.FossilTj + s.BiomassTj)) : null);
        var co2T = b.Co2T ?? (any ? Sum(co2.Select(s => s.FossilTco2e)) : null);
        var biomass = b.BiomassT ?? (any ? Sum(co2.Select(s => s.BiomassTco2e)) : null);
        var n2o = b.N2oTco2e ?? (any ? Sum(gas[true].Select(s => s.FossilTco2e)) : null);
        var pfc = b.PfcTco2e ?? (any ? Sum(pfcs.Select(p => p.Tco2e)) : null);
        // Sums by hand may name one gas only; the others are then what sheet B says, and nothing there is none.
        var byHand = b.Co2T is not null || b.N2oTco2e is not null || b.PfcTco2e is not null;
        var direct = any || !byHand ? co2T + n2o + pfc : (co2T ?? 0) + (n2o ?? 0) + (pfc ?? 0);
        return new(fuel, fuel - (b.CbamFuelTj ?? 0) - (b.ElectricityFuelTj ?? 0) - (b.OtherFuelTj ?? 0), co2T, biomass, n2o, pfc, direct, b.IndirectTco2e, direct + b.IndirectTco2e);
    }

    /// <summary>Null as soon as one of them is.</summary>
    internal static decimal? Sum(IEnumerable<decimal?> values) => values.Aggregate((decimal?)0, (sum, value) => sum + value);

    static ProductFigure Product(ProductLine p, CommunicationReport r, IReadOnlyList<ChainFigure> chain)
    {
        var effective = p.PriceDuePerT - (p.RebatePerT ?? 0);
        if (chain.FirstOrDefault(c => c.Name == p.Process) is not { } from) return new(p.Slot, null, null, null, null, null, null, null, effective);
        return new(p.Slot, from.SeeDirect, from.SeeIndirect, from.SeeTotal, from.DefaultPercent, r.Processes.First(x => $"P{x.Slot}" == from.Id).ElectricitySource, from.EmbeddedMwh, from.EmbeddedMwh is > 0 ? from.SeeIndirect / from.EmbeddedMwh : null, effective);
    }
}
