namespace Verdigris.Cbam.Template;

/// <summary>Emissions of a line of sheet B. Null where the line does not say enough.</summary>
/// <param name="FossilTco2e">What counts.</param>
/// <param name="BiomassTco2e">From biomass, rated zero.</param>
/// <param name="FossilTj">Energy; zero for a line without a calorific value, as the form has it.</param>
public sealed record StreamFigure(int Slot, decimal? FossilTco2e, decimal? BiomassTco2e, decimal? FossilTj, decimal? BiomassTj);

/// <summary>PFC of one line; tonnes of each gas, and tCO2e after the collection efficiency.</summary>
public sealed record PfcFigure(int Slot, decimal? Cf4T, decimal? C2f6T, decimal? Tco2e);

/// <summary>The installation as a whole, tCO2e and TJ: by hand where entered, else added up from sheet B; null where a line of it is not known.</summary>
public sealed record BalanceFigure(decimal? FuelTj, decimal? RestTj, decimal? Co2T, decimal? BiomassT, decimal? N2oTco2e, decimal? PfcTco2e, decimal? DirectTco2e, decimal? IndirectTco2e, decimal? TotalTco2e);

/// <summary>A process or precursor in the sums over the supply chain, per t of its product.</summary>
/// <param name="Id">P1-P10, PP1-PP20.</param>
/// <param name="ProductionT">Made, or bought.</param>
/// <param name="ControlT">What is left of it unaccounted for: zero in a form filled in rightly.</param>
/// <param name="OwnDirect">Emissions of its own, tCO2e/t; of a precursor those it brings.</param>
/// <param name="SeeDirect">With all precursors, tCO2e/t.</param>
/// <param name="OwnMwh">Electricity of its own, MWh/t.</param>
/// <param name="EmbeddedMwh">With that of all precursors.</param>
/// <param name="DefaultPercent">Share of <paramref name="SeeDirect"/> from precursors with default values.</param>
/// <param name="PriceDue">Carbon price of the chain, in the tool's currency per t.</param>
public sealed record ChainFigure(string Id, string Name, decimal? ProductionT, decimal? ControlT, decimal? OwnDirect, decimal? OwnIndirect, decimal? SeeDirect, decimal? SeeIndirect, decimal? OwnMwh, decimal? EmbeddedMwh, decimal? DefaultPercent, decimal? PriceDue, decimal? Rebate)
{
    public decimal? SeeTotal => SeeDirect + SeeIndirect;
}

/// <summary>What a product carries, tCO2e per t (electricity: MWh).</summary>
/// <param name="ElectricityTco2PerMwh">Indirect emissions over embedded electricity, as the communication sheet shows it.</param>
/// <param name="EffectivePricePerT">Carbon price due less rebate.</param>
public sealed record ProductFigure(int Slot, decimal? SeeDirect, decimal? SeeIndirect, decimal? SeeTotal, decimal? DefaultPercent, string? ElectricitySource, decimal? EmbeddedMwh, decimal? ElectricityTco2PerMwh, decimal? EffectivePricePerT);

/// <summary>Heat and power: emissions to each, tCO2, and factors, tCO2/TJ.</summary>
public sealed record CogenerationFigure(int Slot, decimal? HeatTco2, decimal? PowerTco2, decimal? HeatTco2PerTj, decimal? PowerTco2PerTj, decimal? HeatFuelTj, decimal? PowerFuelTj);

/// <summary>Everything the form works out, worked out in decimals. Null where an entry is missing: the form shows a zero there, or leaves the line out of a sum.</summary>
/// <param name="HasLoop">Processes consume each other so much that no figure exists.</param>
public sealed record TemplateFigures(IReadOnlyList<StreamFigure> Streams, IReadOnlyList<PfcFigure> Pfcs, IReadOnlyList<StreamFigure> Measured, BalanceFigure Balance, IReadOnlyList<ChainFigure> Processes, IReadOnlyList<ChainFigure> Precursors,
    IReadOnlyList<ProductFigure> Products, IReadOnlyList<CogenerationFigure> Cogenerations, bool HasLoop);
