namespace Verdigris.Cbam.Emissions;

/// <summary>Verified actual data of a good. Either the finished figure is given, or the process and its precursors.</summary>
/// <param name="Route">Route letter of production, for the benchmark; null where not known.</param>
/// <param name="SpecificEmbeddedTco2ePerT">Finished figure, t CO2e per t, of what counts for this good (direct alone for goods of Annex II).</param>
/// <param name="DirectTco2ePerT">Attributed direct emissions of the process alone, t CO2e per t of good.</param>
/// <param name="IndirectTco2ePerT">Attributed indirect emissions of the process alone; needed where indirect emissions count.</param>
/// <param name="Precursors">Precursors consumed; null means not known, an empty list that there are none.</param>
/// <param name="ProcessBenchmark">Column A given by the declarant where it is not in the tables, t CO2e per t.</param>
/// <param name="SpecificFreeAllocation">Verified specific free allocation of the finished good, t CO2e per t, of the year of importation; replaces the sum.</param>
public sealed record ActualData(
    string? Route = null, decimal? SpecificEmbeddedTco2ePerT = null, decimal? DirectTco2ePerT = null, decimal? IndirectTco2ePerT = null, IReadOnlyList<Precursor>? Precursors = null, decimal? ProcessBenchmark = null,
    decimal? SpecificFreeAllocation = null);

/// <summary>A precursor consumed for a t of good. Its emissions come from what is given here, from how it was made, or else from the default value of its origin.</summary>
/// <param name="Cn">CN code, eight digits.</param>
/// <param name="TPerT">All of it that is consumed, with what becomes scrap or is lost, t per t of good (Eq 5).</param>
/// <param name="Origin">ISO code; null where not known. Of the Union or an Annex III country it brings no emissions.</param>
/// <param name="SpecificEmbeddedTco2ePerT">Verified figure of what counts for this precursor.</param>
/// <param name="DirectTco2ePerT">Verified direct emissions; with <paramref name="IndirectTco2ePerT"/> where the precursor's own status counts those.</param>
/// <param name="SpecificFreeAllocation">Verified specific free allocation supplied by its producer.</param>
/// <param name="Benchmark">Column B given by the declarant where no row can be found.</param>
/// <param name="SameProcess">Made and used inside the same production process: counted there already.</param>
/// <param name="ProductionYear">Year it was made; the year of the good where not proven otherwise (Art 13).</param>
/// <param name="MadeFrom">How it was made, for a chain followed further back.</param>
/// <param name="PreConsumerScrapFraction">Of scrap, the share that is pre-consumer, 0 to 1; matters under COM(2025) 989 alone.</param>
public sealed record Precursor(
    string Cn, decimal TPerT, string? Origin = null, string? Route = null, decimal? SpecificEmbeddedTco2ePerT = null, decimal? DirectTco2ePerT = null, decimal? IndirectTco2ePerT = null, decimal? SpecificFreeAllocation = null,
    decimal? Benchmark = null, bool SameProcess = false, int? ProductionYear = null, ActualData? MadeFrom = null, decimal? PreConsumerScrapFraction = null);
