using System.Globalization;
using Verdigris.Primitives;

namespace Verdigris.Cbam.QReport;

/// <summary>Emissions of a good or of a report, tCO2e. Null where a mass or a specific figure is missing, indirect ones too, or its unit is not known.</summary>
/// <param name="MassT">Of what was made, t.</param>
public sealed record EmissionsTotal(decimal? MassT, decimal? DirectTco2e, decimal? IndirectTco2e)
{
    public decimal? Tco2e => Bounded.Of(() => DirectTco2e + IndirectTco2e);

    /// <summary>tCO2e/t; not rounded.</summary>
    public decimal? Tco2ePerT => MassT is > 0 ? Tco2e / MassT : null;

    public static EmissionsTotal operator +(EmissionsTotal a, EmissionsTotal b) => new(Bounded.Of(() => a.MassT + b.MassT), Bounded.Of(() => a.DirectTco2e + b.DirectTco2e), Bounded.Of(() => a.IndirectTco2e + b.IndirectTco2e));
}

/// <summary>What the registry adds up itself since schema 23.00; earlier reports carried these sums. Pure.</summary>
public static class QReportTotals
{
    /// <summary>Codes of the units; deduced from the sums of a sample of 2023, the official list was not at hand.</summary>
    public const string Tonnes = "01", Kilograms = "02";

    public static EmissionsTotal Of(QuarterlyReport report) => report.ImportedGood.Select(Of).Aggregate(new EmissionsTotal(0, 0, 0), (a, b) => a + b);

    public static EmissionsTotal Of(ImportedGood good) => good.GoodsEmissions.Select(Of).Aggregate(new EmissionsTotal(0, 0, 0), (a, b) => a + b);

    /// <summary>Mass times specific emissions; where no indirect emissions are stated they are not known.</summary>
    public static EmissionsTotal Of(GoodsEmissions emissions)
    {
        var mass = MassT(emissions.ProducedMeasure);
        return new(mass, Bounded.Of(() => mass * emissions.DirectEmissions.SpecificEmbeddedEmissions), emissions.IndirectEmissions is { } indirect ? Bounded.Of(() => mass * indirect.SpecificEmbeddedEmissions) : null);
    }

    public static decimal? MassT(Measure measure) => measure.MeasurementUnit switch { Tonnes => measure.NetMass, Kilograms => measure.NetMass / 1000, _ => null };
}

/// <summary>What the schema cannot ask. Pure.</summary>
public static class QReportRules
{
    /// <summary>
    /// <c>qreport.period</c> (Q4 2023 to Q4 2025), <c>qreport.item-twice</c>, <c>qreport.hs-cn</c>, <c>qreport.mass-differs</c> (installations make up what was imported), <c>qreport.indirect-differs</c> (factor times electricity).
    /// </summary>
    public static IReadOnlyList<Refusal> Check(QuarterlyReport report)
    {
        ArgumentNullException.ThrowIfNull(report);
        var wrong = new List<Refusal>();
        if (report.ReportingPeriod is not ("Q1" or "Q2" or "Q3" or "Q4") || report.Year is < 2023 or > 2025 || report is { Year: 2023, ReportingPeriod: not "Q4" }) wrong.Add(Refusal.Of("qreport.period", "ReportingPeriod", ("given", $"{report.ReportingPeriod} {report.Year.ToString(CultureInfo.InvariantCulture)}")));
        var items = new HashSet<int>();
        foreach (var (at, good) in report.ImportedGood.Index())
        {
            var path = $"ImportedGood[{at + 1}].";
            if (!items.Add(good.ItemNumber)) wrong.Add(Refusal.Of("qreport.item-twice", path + "ItemNumber", ("given", $"{good.ItemNumber}")));
            if (good.CommodityCode is { } code && !code.CnCode.StartsWith(code.HsCode, StringComparison.Ordinal)) wrong.Add(Refusal.Of("qreport.hs-cn", path + "CommodityCode.HsCode", ("hs", code.HsCode), ("cn", code.CnCode)));
            if (QReportTotals.MassT(good.MeasureImported) is { } imported && QReportTotals.Of(good).MassT is { } made && made != imported)
                wrong.Add(Refusal.Of("qreport.mass-differs", path + "MeasureImported.NetMass", ("imported", DecimalText.Write(DecimalText.Trim(imported))), ("made", DecimalText.Write(DecimalText.Trim(made)))));
            foreach (var (i, emissions) in good.GoodsEmissions.Index())
                if (emissions.IndirectEmissions is { EmissionFactor: { } factor, ElectricityConsumed: { } electricity } indirect && decimal.Round(factor * electricity, 7, MidpointRounding.ToEven) != indirect.SpecificEmbeddedEmissions)
                    wrong.Add(Refusal.Of("qreport.indirect-differs", $"{path}GoodsEmissions[{i + 1}].IndirectEmissions.SpecificEmbeddedEmissions", ("given", DecimalText.Write(indirect.SpecificEmbeddedEmissions)), ("expected", DecimalText.Write(DecimalText.Trim(factor * electricity)))));
        }
        return wrong;
    }
}
