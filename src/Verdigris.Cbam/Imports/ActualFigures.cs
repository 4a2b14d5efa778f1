using NodaTime;
using Verdigris.Cbam.Emissions;
using Verdigris.Cbam.Rules;
using Verdigris.Primitives;

namespace Verdigris.Cbam.Imports;

/// <summary>A precursor of a complex good, as the supplier's report states it. Without a figure of its own it counts by the default value of its origin.</summary>
/// <param name="Cn">CN code, eight digits.</param>
/// <param name="TPerT">All of it that is consumed, with what becomes scrap or is lost, t a t of good; above 0, at most <see cref="ActualRules.Largest"/>, nine decimals.</param>
/// <param name="Origin">ISO code; null where not known.</param>
/// <param name="Route">Letter of the benchmark table.</param>
/// <param name="DirectTco2ePerT">Its specific embedded direct emissions, with those of its own precursors, t CO2e a t; null for the default value.</param>
/// <param name="IndirectTco2ePerT">The indirect ones; asked of precursors that are not in Annex II.</param>
/// <param name="FreeAllocationTco2ePerT">Its specific free allocation where its producer states one; null for column B of the benchmarks.</param>
/// <param name="Verifier">Who verified its figures; emissions or free allocation of its own need one (2025/2547: without a verification report of the precursor its default value stands).</param>
/// <param name="ProductionYear">Year it was made, 2000 to 2100; the year of the good where null (Article 13).</param>
public sealed record LinePrecursor(string Cn, decimal TPerT, string? Origin = null, string? Route = null, decimal? DirectTco2ePerT = null, decimal? IndirectTco2ePerT = null, decimal? FreeAllocationTco2ePerT = null, string? Verifier = null,
    int? ProductionYear = null)
{
    internal Precursor Taken => new(Cn, TPerT, Origin, Route, DirectTco2ePerT: DirectTco2ePerT, IndirectTco2ePerT: IndirectTco2ePerT, SpecificFreeAllocation: FreeAllocationTco2ePerT, ProductionYear: ProductionYear);
}

/// <summary>Emissions a producer stated and somebody verified. A null is not stated, and never taken for zero. Stated is either the finished figure or the process alone, to which the precursors are added.</summary>
/// <param name="DirectTco2ePerT">Specific embedded direct emissions, with those of precursors: the finished figure.</param>
/// <param name="IndirectTco2ePerT">Specific embedded indirect emissions; asked of goods that are not in Annex II.</param>
/// <param name="FreeAllocationTco2ePerT">Specific free allocation of the good as the producer's verified report states it; null where process benchmark and precursors say it.</param>
/// <param name="Route">Production route, letter of the benchmark table.</param>
/// <param name="Verifier">Name of the accredited verifier.</param>
/// <param name="PeriodFrom">First day of the reporting period, with <paramref name="PeriodTo"/>.</param>
/// <param name="Installation">Where it was made.</param>
/// <param name="CarbonPriceEurPerT">Effectively paid abroad, EUR a tonne of good.</param>
/// <param name="SourceSha256">Hash of the document or of the values they were taken from.</param>
/// <param name="ProcessDirectTco2ePerT">Attributed direct emissions of the last process alone, in place of the finished figure.</param>
/// <param name="ProcessIndirectTco2ePerT">Attributed indirect emissions of the last process alone.</param>
/// <param name="Precursors">What the good is made of: null where nobody said, an empty list where there is none. At most <see cref="ActualRules.MostPrecursors"/>.</param>
public sealed record ActualFigures(decimal? DirectTco2ePerT, decimal? IndirectTco2ePerT, decimal? FreeAllocationTco2ePerT, string? Route, string? Verifier, LocalDate? PeriodFrom, LocalDate? PeriodTo, string? Installation,
    decimal? CarbonPriceEurPerT = null, string? SourceSha256 = null, decimal? ProcessDirectTco2ePerT = null, decimal? ProcessIndirectTco2ePerT = null, IReadOnlyList<LinePrecursor>? Precursors = null)
{
    /// <summary>Whether emissions are stated at all.</summary>
    internal bool Stated => DirectTco2ePerT is not null || ProcessDirectTco2ePerT is not null;

    /// <summary>The finished figures, or the process with what its precursors state; null where one of these states nothing. Defaults stand for none: they are of another period's rules.</summary>
    internal (decimal? Direct, decimal? Indirect) Whole => ProcessDirectTco2ePerT is null ? (DirectTco2ePerT, IndirectTco2ePerT)
        : (ProcessDirectTco2ePerT + Sum(p => p.DirectTco2ePerT), ProcessIndirectTco2ePerT + Sum(p => p.IndirectTco2ePerT));

    decimal? Sum(Func<LinePrecursor, decimal?> figure) => Precursors is not { } all || all.Any(p => figure(p) is null) ? null : all.Sum(p => p.TPerT * figure(p)!.Value);

    /// <summary>As the obligation takes them.</summary>
    /// <param name="needsIndirect">The good is not in Annex II: both kinds count.</param>
    internal ActualData Taken(bool needsIndirect)
    {
        var precursors = Precursors?.Select(p => p.Taken).ToList();
        return ProcessDirectTco2ePerT is null
            ? new(Route, DirectTco2ePerT + (needsIndirect ? IndirectTco2ePerT : 0), Precursors: precursors, SpecificFreeAllocation: FreeAllocationTco2ePerT)
            : new(Route, DirectTco2ePerT: ProcessDirectTco2ePerT, IndirectTco2ePerT: ProcessIndirectTco2ePerT, Precursors: precursors, SpecificFreeAllocation: FreeAllocationTco2ePerT);
    }
}

/// <summary>What actual figures must be. Pure.</summary>
static class ActualRules
{
    public const decimal Largest = 1000;

    /// <summary>As many as the Commission's form of an installation holds.</summary>
    public const int MostPrecursors = 20;

    const string Basis = "Regulation (EU) 2023/956, Articles 7 and 8";

    /// <summary>Every thing that is wrong with what is there: <c>line.figure-range</c>, <c>line.figure-twice</c>, <c>line.period-year</c>, <c>line.period</c>, texts, and what <see cref="Check(IReadOnlyList{LinePrecursor})"/> says of the precursors.</summary>
    public static IReadOnlyList<Refusal> Check(ActualFigures f)
    {
        var wrong = new List<Refusal>();
        foreach (var (field, value) in new[] { ("directTco2ePerT", f.DirectTco2ePerT), ("indirectTco2ePerT", f.IndirectTco2ePerT), ("freeAllocationTco2ePerT", f.FreeAllocationTco2ePerT), ("carbonPriceEurPerT", f.CarbonPriceEurPerT),
            ("processDirectTco2ePerT", f.ProcessDirectTco2ePerT), ("processIndirectTco2ePerT", f.ProcessIndirectTco2ePerT) }) Range(value, field, wrong);
        if ((f.DirectTco2ePerT ?? f.IndirectTco2ePerT) is not null && (f.ProcessDirectTco2ePerT ?? f.ProcessIndirectTco2ePerT) is not null) wrong.Add(Refusal.Of("line.figure-twice", f.ProcessDirectTco2ePerT is null ? "processIndirectTco2ePerT" : "processDirectTco2ePerT"));
        foreach (var (field, day) in new[] { ("periodFrom", f.PeriodFrom), ("periodTo", f.PeriodTo) })
            if (day is { Year: < 2000 or > 2100 }) wrong.Add(Refusal.Of("line.period-year", field, ("given", $"{day.Value.Year}")));
        if (f.PeriodTo < f.PeriodFrom) wrong.Add(Refusal.Of("line.period", "periodTo"));
        Given.Text(f.Verifier, "verifier", 200, wrong, required: false);
        Given.Text(f.Installation, "installation", 200, wrong, required: false);
        Given.Text(f.Route, "route", 10, wrong, required: false);
        if (f.Precursors is not { } precursors) return wrong;
        wrong.AddRange(Check(precursors));
        // What a finished figure is made of cannot be more than the figure.
        if (wrong.Count == 0 && f.DirectTco2ePerT is { } whole && precursors.Sum(p => p.TPerT * (p.DirectTco2ePerT ?? 0)) is var parts && parts > whole)
            wrong.Add(Refusal.Of("line.precursors-over", "directTco2ePerT", ("given", DecimalText.Write(whole)), ("parts", DecimalText.Write(DecimalText.Trim(parts)))));
        return wrong;
    }

    /// <summary><c>line.precursors-many</c>; of each precursor <c>cbam.cn-malformed</c>, <c>facility.country</c>, <c>line.precursor-amount</c>, <c>line.figure-range</c>, <c>line.precursor-half</c>, <c>line.precursor-year</c>, texts. Fields as <c>precursors[0].cn</c>.</summary>
    public static IReadOnlyList<Refusal> Check(IReadOnlyList<LinePrecursor> precursors)
    {
        var wrong = new List<Refusal>();
        if (precursors.Count > MostPrecursors) return [Refusal.Of("line.precursors-many", "precursors", ("limit", $"{MostPrecursors}"), ("given", $"{precursors.Count}"))];
        for (var i = 0; i < precursors.Count; i++)
        {
            var (p, at) = (precursors[i], $"precursors[{i}].");
            if (p is null)
            {
                wrong.Add(Refusal.Of("input.required", $"precursors[{i}]"));
                continue;
            }
            if (Scope.Cn8(p.Cn) != p.Cn) wrong.Add(Refusal.Of("cbam.cn-malformed", at + "cn", ("given", p.Cn ?? "")));
            if (p.Origin is not null && !Scope.IsOrigin(p.Origin)) wrong.Add(Refusal.Of("facility.country", at + "origin", ("given", p.Origin)));
            if (p.TPerT is <= 0 or > Largest || DecimalText.Trim(p.TPerT).Scale > 9) wrong.Add(Refusal.Of("line.precursor-amount", at + "tPerT", ("given", DecimalText.Write(p.TPerT)), ("limit", DecimalText.Write(Largest))));
            Range(p.DirectTco2ePerT, at + "directTco2ePerT", wrong);
            Range(p.IndirectTco2ePerT, at + "indirectTco2ePerT", wrong);
            Range(p.FreeAllocationTco2ePerT, at + "freeAllocationTco2ePerT", wrong);
            if (p.DirectTco2ePerT is null && (p.IndirectTco2ePerT is not null || (p.Verifier is not null && p.FreeAllocationTco2ePerT is null))) wrong.Add(Refusal.Of("line.precursor-half", at + "directTco2ePerT"));
            if (p.ProductionYear is < 2000 or > 2100) wrong.Add(Refusal.Of("line.precursor-year", at + "productionYear", ("given", $"{p.ProductionYear}")));
            Given.Text(p.Route, at + "route", 10, wrong, required: false);
            Given.Text(p.Verifier, at + "verifier", 200, wrong, required: false);
        }
        return wrong;
    }

    /// <summary>A precursor was made before the good came in: <c>line.precursor-later</c>.</summary>
    public static IReadOnlyList<Refusal> InTime(IReadOnlyList<LinePrecursor>? precursors, LocalDate releasedOn) =>
        [.. (precursors ?? []).Index().Where(p => p.Item.ProductionYear > releasedOn.Year).Select(p => Refusal.Of("line.precursor-later", $"precursors[{p.Index}].productionYear", ("given", $"{p.Item.ProductionYear}"), ("released", $"{releasedOn.Year}")))];

    /// <summary>The same figures as they are kept: route letters in capitals, codes without blanks, texts without surrounding space, an empty text not stated.</summary>
    public static ActualFigures Plain(ActualFigures f) => f with { Route = Word(f.Route)?.ToUpperInvariant(), Verifier = Word(f.Verifier), Installation = Word(f.Installation), Precursors = f.Precursors is { } all ? [.. all.Select(Plain)] : null };

    public static LinePrecursor Plain(LinePrecursor p) => p is null ? p! : p with { Cn = Scope.Cn8(p.Cn) ?? p.Cn ?? "", Origin = Word(p.Origin)?.ToUpperInvariant(), Route = Word(p.Route)?.ToUpperInvariant(), Verifier = Word(p.Verifier) };

    /// <summary>
    /// What actual data need and these do not have (Regulation (EU) 2023/956, Articles 7 and 8; Implementing Regulation (EU) 2025/2547): a figure, its verifier, its period; of a precursor with figures of its own the verifier of those. One refusal for each.
    /// </summary>
    /// <param name="needsIndirect">The good is not in Annex II.</param>
    public static IReadOnlyList<Refusal> Missing(ActualFigures? f, bool needsIndirect)
    {
        var missing = new List<Refusal>();
        void Need(bool there, string field) { if (!there) missing.Add(Refusal.Conflict("line.actual-missing", field, ("item", field.StartsWith("precursors", StringComparison.Ordinal) ? "precursor-verifier" : field)) with { Rule = Basis }); }
        Need(f?.Stated == true, "directTco2ePerT");
        if (needsIndirect) Need((f?.ProcessDirectTco2ePerT is null ? f?.IndirectTco2ePerT : f.ProcessIndirectTco2ePerT) is not null, f?.ProcessDirectTco2ePerT is null ? "indirectTco2ePerT" : "processIndirectTco2ePerT");
        Need(f?.Verifier is not null, "verifier");
        Need(f is { PeriodFrom: not null, PeriodTo: not null }, "periodFrom");
        foreach (var (i, precursor) in (f?.Precursors ?? []).Index()) Need((precursor.DirectTco2ePerT ?? precursor.FreeAllocationTco2ePerT) is null || precursor.Verifier is not null, $"precursors[{i}].verifier");
        return missing;
    }

    static void Range(decimal? value, string field, List<Refusal> wrong)
    {
        if (value is < 0 or > Largest || (value is { } given && DecimalText.Trim(given).Scale > 9)) wrong.Add(Refusal.Of("line.figure-range", field, ("given", DecimalText.Write(value.Value)), ("limit", DecimalText.Write(Largest))));
    }

    static string? Word(string? text) => string.IsNullOrWhiteSpace(text) ? null : text.Trim();
}
