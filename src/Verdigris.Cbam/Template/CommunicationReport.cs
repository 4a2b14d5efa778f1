using NodaTime;

namespace Verdigris.Cbam.Template;

/// <summary>
/// What an operator tells importers by the Commission's communication template for installations, version 2.1.1: every cell somebody may fill in, and none that the form works out itself.
/// A null is a cell left empty, never a zero. Words of lists are those of the form (<see cref="TemplateLists"/>), in English. Parts carry the number of their slot in the form, from 1; slots left empty are not listed.
/// Percentages are 0-100 however the form keeps them. Numbers have at most 15 significant digits, which is what a spreadsheet keeps.
/// </summary>
/// <param name="PriceInstruments">Carbon price instruments and rebates in words, with the legal act.</param>
public sealed record CommunicationReport(LocalDate? From, LocalDate? To, InstallationData Installation, VerifierData Verifier, IReadOnlyList<GoodsCategory> Goods, IReadOnlyList<ProductionProcess> Processes,
    IReadOnlyList<PurchasedPrecursor> Precursors, IReadOnlyList<SourceStream> Streams, IReadOnlyList<PfcStream> Pfcs, IReadOnlyList<MeasuredSource> Measured, InstallationBalance Balance,
    IReadOnlyList<Cogeneration> Cogenerations, string? PriceCurrency, IReadOnlyList<PriceLine> Prices, IReadOnlyList<ProductLine> Products, string? PriceInstruments, string? Remarks)
{
    public static CommunicationReport Empty { get; } = new(null, null, new(null, null, null, null, null, null, null, null, null, null, null, null, null, null), new(null, null, null, null, null, null, null, null, null, null, null, null),
        [], [], [], [], [], [], new(null, null, null, null, null, null, null, null, null, null, null, null), [], null, [], [], null, null);
}

/// <param name="Name">In the language of the country; optional.</param>
/// <param name="Unlocode">United Nations code of the place; mandatory since version 1.0.</param>
/// <param name="Latitude">Of the main emission source, as written.</param>
public sealed record InstallationData(string? Name, string? EnglishName, string? Street, string? Activity, string? PostCode, string? PoBox, string? City, string? Country, string? Unlocode, string? Latitude, string? Longitude, string? Representative, string? Email, string? Telephone);

public sealed record VerifierData(string? Company, string? Street, string? City, string? PostCode, string? Country, string? Name, string? Email, string? Telephone, string? Fax, string? AccreditationState, string? AccreditationBody, string? RegistrationNumber);

/// <summary>An aggregated goods category made in the installation (sheet A, 4a).</summary>
/// <param name="Slot">G1-G10.</param>
/// <param name="Routes">Six; of the category's own list.</param>
public sealed record GoodsCategory(int Slot, string? Category, IReadOnlyList<string?> Routes);

/// <summary>A production process: what sheet A says of it (4b) and its block of sheet D.</summary>
/// <param name="Slot">P1-P10.</param>
/// <param name="Included">Six; categories of 4a the process covers.</param>
/// <param name="RouteAmountsT">Eight, by the routes of the category in the order of the form, t (electricity: MWh).</param>
/// <param name="MarketT">Produced for the market.</param>
/// <param name="UsedInProcessT">Ten, by the process that consumes; its own is always null.</param>
/// <param name="NonCbamT">Consumed for goods outside the measure.</param>
/// <param name="DirectTco2e">Directly attributable emissions, DirEm*.</param>
/// <param name="ElectricitySource">Where the emission factor of electricity is from: D.4(a) to D.4.3.2, or Mix.</param>
public sealed record ProductionProcess(int Slot, string? Category, IReadOnlyList<string?> Included, string? Name, IReadOnlyList<decimal?> RouteAmountsT, decimal? MarketT, IReadOnlyList<decimal?> UsedInProcessT, decimal? NonCbamT,
    bool? HasHeat, bool? HasWasteGas, decimal? DirectTco2e, EnergyFlow Heat, EnergyFlow WasteGas, decimal? ElectricityMwh, decimal? ElectricityTco2PerMwh, string? ElectricitySource, decimal? ExportedMwh, decimal? ExportedTco2PerMwh);

/// <summary>Heat or waste gas over the border of a process, TJ and tCO2/TJ. The form asks factors of waste gas and does not use them.</summary>
public sealed record EnergyFlow(decimal? InTj, decimal? OutTj, decimal? InTco2PerTj, decimal? OutTco2PerTj);

/// <summary>A precursor from elsewhere: what sheet A says of it (5) and its block of sheet E.</summary>
/// <param name="Slot">PP1-PP20.</param>
/// <param name="Country">Where it was made, code of the form's list.</param>
/// <param name="Routes">Five.</param>
/// <param name="RouteAmountsT">Eight, bought, by route.</param>
/// <param name="UsedInProcessT">Ten, by process.</param>
/// <param name="DirectSource">Measured, Default or Unknown.</param>
/// <param name="ElectricitySource">Measured, Default or Unknown, of the consumption.</param>
/// <param name="FactorSource">Where the emission factor of electricity is from.</param>
public sealed record PurchasedPrecursor(int Slot, string? Category, string? Country, IReadOnlyList<string?> Routes, string? Name, IReadOnlyList<decimal?> RouteAmountsT, IReadOnlyList<decimal?> UsedInProcessT, decimal? OtherT,
    decimal? DirectTco2ePerT, string? DirectSource, decimal? ElectricityMwhPerT, string? ElectricitySource, decimal? FactorTco2PerMwh, string? FactorSource, string? DefaultJustification);

/// <summary>A source stream (sheet B, a). Outputs of a mass balance have negative amounts.</summary>
/// <param name="Slot">1-75.</param>
/// <param name="Method">Combustion, Process emissions or Mass Balance.</param>
/// <param name="Unit">t or 1000Nm3.</param>
/// <param name="Ncv">GJ/t or GJ/1000Nm3.</param>
/// <param name="FactorUnit">tCO2/TJ, tCO2/t or tCO2/1000Nm3.</param>
/// <param name="CarbonContent">tC/t or tC/1000Nm3.</param>
/// <param name="OxidationPercent">Empty is 100.</param>
/// <param name="ConversionPercent">Empty is 100.</param>
/// <param name="BiomassPercent">Empty is 0: carbon counts as fossil until shown otherwise.</param>
public sealed record SourceStream(int Slot, string? Method, string? Name, decimal? Amount, string? Unit, decimal? Ncv, decimal? Factor, string? FactorUnit, decimal? CarbonContent, decimal? OxidationPercent, decimal? ConversionPercent, decimal? BiomassPercent);

/// <summary>PFC of electrolysis (sheet B, b).</summary>
/// <param name="Slot">1-10.</param>
/// <param name="Method">Slope method or Overvoltage method.</param>
/// <param name="Frequency">Anode effects a cell-day.</param>
/// <param name="DurationMinutes">Mean length of one.</param>
/// <param name="Slope">(kg CF4/t)/(minutes/cell-day).</param>
/// <param name="OvervoltageMv">Anode effect overvoltage.</param>
/// <param name="CurrentEfficiency">As the cell keeps it: the formula of the form divides by it as it stands, and wants percent (95); the cell shows percent of what it keeps, so that 95 typed into it may be kept as 0.95.</param>
/// <param name="Overvoltage">(kg CF4/t)/mV.</param>
/// <param name="C2f6Share">C2F6 to CF4 by mass.</param>
/// <param name="CollectionPercent">Collection efficiency of the ducts; empty is 100.</param>
public sealed record PfcStream(int Slot, string? Method, string? Technology, decimal? AluminiumT, decimal? Frequency, decimal? DurationMinutes, decimal? Slope, decimal? OvervoltageMv, decimal? CurrentEfficiency, decimal? Overvoltage, decimal? C2f6Share, decimal? CollectionPercent);

/// <summary>A source measured continuously (sheet B, c).</summary>
/// <param name="Slot">1-10.</param>
/// <param name="Gas">CO2 or N2O.</param>
/// <param name="GramsPerNm3">Mean of the hours.</param>
/// <param name="FlowThousandNm3PerHour">Mean.</param>
public sealed record MeasuredSource(int Slot, string? Name, string? Gas, decimal? BiomassPercent, decimal? GramsPerNm3, decimal? Hours, decimal? FlowThousandNm3PerHour, decimal? FossilTj, decimal? BiomassTj);

/// <summary>Figures of the whole installation somebody enters by hand (sheet C); where one stands it comes before what sheet B adds up.</summary>
public sealed record InstallationBalance(decimal? FuelTj, decimal? CbamFuelTj, decimal? ElectricityFuelTj, decimal? OtherFuelTj, decimal? Co2T, decimal? BiomassT, decimal? N2oTco2e, decimal? PfcTco2e, decimal? IndirectTco2e, string? Quality, string? DefaultJustification, string? Assurance);

/// <summary>Heat and power from one unit (sheet F, 1). Efficiencies without a measurement are 0.55 and 0.25.</summary>
/// <param name="Slot">1-2.</param>
/// <param name="HeatReference">Efficiency of a boiler by itself; the form shows 0.88 as an example.</param>
public sealed record Cogeneration(int Slot, decimal? FuelTj, decimal? HeatTj, decimal? PowerMwh, decimal? FuelTco2, decimal? CleaningTco2, decimal? HeatReference, decimal? PowerReference);

/// <summary>Carbon price of a process or precursor (sheet F, 2).</summary>
/// <param name="Slot">1-10 processes, 11-30 precursors.</param>
/// <param name="CoveredPercent">Of its own emissions, direct and indirect.</param>
/// <param name="PricePerTco2e">In the tool's currency, before any rebate.</param>
public sealed record PriceLine(int Slot, decimal? CoveredPercent, decimal? PricePerTco2e, decimal? RebatePerTco2e);

/// <summary>A product as it is named to importers (Summary_Products).</summary>
/// <param name="Slot">1-100.</param>
/// <param name="Process">Name of the process it arises from.</param>
/// <param name="Cn">8 digits.</param>
/// <param name="Parameters">Those of the sector.</param>
public sealed record ProductLine(int Slot, string? Process, string? Cn, string? Name, SectorParameters Parameters, string? Instrument, decimal? CoveredPercent, string? Currency, decimal? PriceDuePerT, string? RebateType, decimal? RebatedPercent, decimal? RebatePerT);

/// <summary>Qualifying parameters; percentages by mass.</summary>
/// <param name="ScrapTPerTSteel">Of a steel product.</param>
/// <param name="PreConsumerPercent">Of the scrap.</param>
/// <param name="NonAluminiumPercent">Elements other than aluminium, where above 1 %.</param>
/// <param name="Other">The nine parameters of cement and fertilisers in the form's order: clinker factor, hydrous concentration, nitric acid, urea, nitrogen, of it as ammonium, nitrate, urea, and in other forms; percent.</param>
public sealed record SectorParameters(string? ReducingAgent, string? MillNumber, decimal? ManganesePercent, decimal? ChromiumPercent, decimal? NickelPercent, decimal? OtherAlloysPercent, decimal? CarbonPercent, decimal? ScrapTPerTSteel,
    decimal? OtherMaterialsPercent, decimal? PreConsumerPercent, decimal? ScrapTPerTAluminium, decimal? NonAluminiumPercent, bool? Calcined, IReadOnlyList<decimal?> Other);
