using NodaTime;
using Verdigris.Footprint.Plans;
using Verdigris.Primitives;

namespace Verdigris.Footprint.Reports;

/// <summary>A figure of activity: what a field of a stream was in a month.</summary>
/// <param name="Stream">Id of the plan's stream; <c>production</c> with the field <c>massT</c> for the product.</param>
/// <param name="Month">The month's first day.</param>
/// <param name="Source">Where it was read: document, meter reading, batch.</param>
/// <param name="Origin">The file it was taken from; null where it was typed or sent. Only an import writes it.</param>
public sealed record ActivityValue(string Stream, LocalDate Month, string Field, decimal Value, string? Source = null, ActivityOrigin? Origin = null);

/// <summary>Lines of a file a figure was made of.</summary>
/// <param name="Lines">How many, from the first to the last.</param>
public sealed record ActivityOrigin(Guid ImportId, int FirstLine, int LastLine, int Lines);

/// <summary>A figure somebody puts beside the calculated one, with the reason. It never takes its place: both are shown, the calculated one counts.</summary>
public sealed record ManualFigure(string Stream, decimal Tco2e, string Reason);

/// <param name="Filled">The month had no data and counts as the plan's gap rule says.</param>
public sealed record MonthFigure(LocalDate Month, decimal Tco2e, decimal BiogenicTco2, bool Filled);

/// <param name="Tco2e">Over the period; null where a month is not known.</param>
/// <param name="Manual">A figure put beside it.</param>
public sealed record StreamFigures(string Id, string Process, StreamScope Scope, string Method, decimal? Tco2e, decimal? BiogenicTco2, IReadOnlyList<MonthFigure> Months, ManualFigure? Manual);

public enum LineKind
{
    /// <summary>A month of a stream has no data and no gap rule: the report is not complete.</summary>
    Gap,
    /// <summary>A month was filled by the plan's gap rule.</summary>
    Filled,
    /// <summary>Data of a stream or field the plan does not have, or of a month outside the period.</summary>
    NotInPlan,
    /// <summary>The method refused the month's data.</summary>
    Refused,
    /// <summary>What the method warns of: a default taken, a rule not confirmed.</summary>
    Warning,
    /// <summary>A figure far from those of the other months.</summary>
    Unusual,
}

/// <summary>What the check against the plan has to say to one line.</summary>
public sealed record ReportLine(LineKind Kind, string Stream, LocalDate? Month, string? Field, string Code, Bilingual Text);

/// <summary>A pack whose values the figures rest on; its hash tells whether a later calculation can differ.</summary>
public sealed record UsedPack(string Pack, string Version, string Sha256);

/// <summary>The 95 % range of a report's total.</summary>
/// <param name="Method"><c>uncertainty.propagate</c>, or <c>uncertainty.monte-carlo</c> where a stream's uncertainty is too large to be propagated.</param>
/// <param name="Percent">Half of the range, in percent of the total.</param>
/// <param name="Draws">Of the simulation; null where there was none. Its seed is always <see cref="ReportUncertainty.Seed"/>, so that the same report has the same range.</param>
public sealed record UncertaintyRange(string Method, decimal Percent, decimal LowTco2e, decimal HighTco2e, int? Draws = null);

/// <summary>Electricity by the market's order, beside the figure by location, which counts in the sums.</summary>
/// <param name="LoadMwh">Of the metered streams over the period.</param>
/// <param name="CertificateMwh">Cancelled in the Book for the period.</param>
/// <param name="ResidualFactor">Of what no certificate covers: the grid factor of the plan, since no residual mix is stated; t CO2/MWh.</param>
/// <param name="Tco2">Null where more certificates were cancelled than was consumed.</param>
/// <param name="LocationTco2">The same electricity by location.</param>
public sealed record MarketFigures(decimal LoadMwh, decimal CertificateMwh, decimal ResidualFactor, decimal? Tco2, decimal LocationTco2);

/// <summary>What a report comes to. A sum that is not known whole is null.</summary>
public sealed record ReportFigures(decimal? ProductionT, decimal? DirectTco2e, decimal? PfcTco2e, decimal? IndirectTco2e, decimal? UpstreamTco2e, decimal? TotalTco2e, decimal? BiogenicTco2, decimal? TotalTco2ePerT, decimal? UncertaintyPercent, decimal? MeasuredSharePercent,
    bool Complete, IReadOnlyList<StreamFigures> Streams, IReadOnlyList<ReportLine> Lines, IReadOnlyList<UsedPack> Packs, UncertaintyRange? Range = null, MarketFigures? Market = null);
