using System.Collections.Concurrent;
using System.Globalization;
using System.Text.Json.Nodes;
using NodaTime;
using Verdigris.Cbam.Emissions;
using Verdigris.Cbam.Rules;
using Verdigris.Primitives;
using Verdigris.Primitives.Calculations;
using Verdigris.Primitives.Rules;

namespace Verdigris.Cbam.Obligation;

/// <summary>
/// Embedded emissions (Eq 59 to 63 of 2025/2547) and free allocation (Eq 1 to 6 of 2025/2620), a t of good, with the reasons on the way. Everything that is not known ends in a reason that blocks, never in a zero.
/// Holds the reasons of one line; used once.
/// </summary>
sealed class Figures(CbamRules rules, CbamScenario scenario, int year, ILineTrace? trace)
{
    static readonly ConcurrentDictionary<(string, bool), LineReason> Plain = new();

    readonly List<LineReason> reasons = new(4);
    readonly LocalDate on = new(year, 12, 31);
    (decimal Kept, RuleRef? Rule)? kept;
    decimal? cscf;
    bool cscfAsked;

    public IReadOnlyList<LineReason> Reasons => reasons;
    public bool Blocked { get; private set; }
    /// <summary>Free allocation could not be worked out because no cross-sectoral factor is published.</summary>
    public bool CscfMissing { get; private set; }
    /// <summary>The row the good itself was measured by.</summary>
    public Benchmark? OwnBenchmark { get; private set; }

    // --- embedded emissions -----------------------------------------------------------------------------------

    /// <summary>SEE of a good with actual data, t CO2e per t; null where a part of it is not known.</summary>
    public decimal? Embedded(CoveredGood good, ActualData actual, int productionYear)
    {
        if (actual.SpecificEmbeddedTco2ePerT is { } finished) return Step("embedded", "Specific embedded emissions, as verified", "单位隐含排放（经核查）", "specificEmbedded", "t CO2e/t", finished, null, ("specificEmbedded", finished));
        var own = Own(good, actual.DirectTco2ePerT, actual.IndirectTco2ePerT);
        if (own is null || !PrecursorsKnown(good, actual)) return null;
        decimal? sum = 0;
        foreach (var precursor in actual.Precursors ?? [])
            if (!precursor.SameProcess) sum += precursor.TPerT * Embedded(precursor, productionYear);
        if (sum is not { } carried) return null;
        return Step("embedded-" + good.Cn, "Specific embedded emissions", "单位隐含排放", "process + sum(m_i * SEE_i)", "t CO2e/t", own.Value + carried, null, ("process", own.Value), ("precursors", carried));
    }

    decimal? Embedded(Precursor precursor, int productionYear)
    {
        if (Counted(precursor) is not { } good) return null;
        if (Free(precursor) || (!good.Covered && !ScrapCounts(good.Cn))) return 0;
        if (!good.Covered) return Scrap(precursor);
        if (precursor.SpecificEmbeddedTco2ePerT is { } finished) return finished;
        if (precursor.DirectTco2ePerT is not null) return Own(good, precursor.DirectTco2ePerT, precursor.IndirectTco2ePerT);
        if (precursor.MadeFrom is { } made) return Embedded(good, made, precursor.ProductionYear ?? productionYear);
        if (DefaultOf(good, precursor.Origin, precursor.Route, year, precursor: true) is not { } found) return null;
        Say("precursor-default", false, good.Cn);
        return found.WithMarkUp;
    }

    /// <summary>Direct emissions, and indirect ones where the good's own status counts them (Annex II).</summary>
    decimal? Own(CoveredGood good, decimal? direct, decimal? indirect)
    {
        if (direct is null) return Block("emissions-missing", good.Cn);
        if (good.DirectOnly) return direct;
        return indirect is null ? Block("indirect-missing", good.Cn) : direct + indirect;
    }

    /// <summary>Pre-consumer scrap is a precursor under COM(2025) 989 from 2028; under the law no scrap brings emissions.</summary>
    bool ScrapCounts(string cn) => scenario.ScopePath == Scope.Proposal989 && year >= 2028 && (cn.StartsWith("7602", StringComparison.Ordinal) || cn.StartsWith("7204", StringComparison.Ordinal));

    decimal? Scrap(Precursor scrap)
    {
        if (scrap.PreConsumerScrapFraction is not { } share) return Block("scrap-share-missing", scrap.Cn);
        if (share == 0) return 0;
        return scrap.SpecificEmbeddedTco2ePerT is { } see ? share * see : Block("scrap-emissions-missing", scrap.Cn);
    }

    // --- free allocation --------------------------------------------------------------------------------------

    /// <summary>SEFA of a good with actual data, t CO2e per t: Eq 2 to 5.</summary>
    public decimal? FreeAllocation(CoveredGood good, ActualData actual, string? routeInstead, int productionYear) => FreeAllocation(good, actual, routeInstead, productionYear, own: true);

    decimal? FreeAllocation(CoveredGood good, ActualData actual, string? routeInstead, int productionYear, bool own)
    {
        if (actual.SpecificFreeAllocation is { } verified) return Step("free-allocation", "Specific free allocation, as verified", "单位免费配额（经核查）", "specificFreeAllocation", "t CO2e/t", verified, null, ("specificFreeAllocation", verified));
        if (NoneKept()) return 0;
        var benchmark = ColumnA(good.Cn, routeInstead ?? actual.Route, productionYear, actual.ProcessBenchmark, own);
        if (!PrecursorsKnown(good, actual) || benchmark is null || Times() is not { } times) return null;
        var process = Step("free-process-" + good.Cn, "Free allocation of the process (Eq 2)", "工序免费配额（式 2）", "kept * cscf * columnA", "t CO2e/t", times * benchmark.Value, kept?.Rule, ("keptTimesCscf", times), ("columnA", benchmark.Value));
        decimal? sum = 0;
        foreach (var precursor in actual.Precursors ?? [])
            if (!precursor.SameProcess) sum += precursor.TPerT * FreeAllocation(precursor, times, productionYear);
        if (sum is not { } carried) return null;
        return Step("free-" + good.Cn, "Specific free allocation (Eq 4)", "单位免费配额（式 4）", "process + sum(m_i * SEFA_i)", "t CO2e/t", process + carried, null, ("process", process), ("precursors", carried));
    }

    decimal? FreeAllocation(Precursor precursor, decimal times, int productionYear)
    {
        if (Counted(precursor) is not { } good) return null;
        // What brings no emissions takes no free allocation along, whoever states one.
        if (Free(precursor))
        {
            Say("precursor-origin-free", false, precursor.Origin);
            return 0;
        }
        if (!good.Covered) return 0;
        if (precursor.SpecificFreeAllocation is { } supplied) return supplied;
        var made = precursor.ProductionYear ?? productionYear;
        if (precursor.MadeFrom is { Precursors: not null } chain) return FreeAllocation(good, chain, null, made, own: false);
        if (ColumnB(good.Cn, precursor, made) is not { } columnB) return null;
        return Step("free-precursor-" + good.Cn, "Free allocation of a precursor, none supplied (column B)", "前体免费配额（未提供，按 B 栏）", "kept * cscf * columnB", "t CO2e/t", times * columnB, kept?.Rule, ("keptTimesCscf", times), ("columnB", columnB));
    }

    /// <summary>SEFA of a default line: Eq 6, column B of the route printed for country and code.</summary>
    public decimal? DefaultFreeAllocation(string cn, DefaultValue value, string? route, int productionYear)
    {
        if (NoneKept()) return 0;
        var found = value.Routes.Count > 0 && scenario.Route is null ? rules.Benchmarks.ForDefault(cn, value.Routes, productionYear) : rules.Benchmarks.ForRoute(cn, route, productionYear);
        if (found.Value is not { } benchmark) return Block(found.Reason == "route-unknown" ? "route-not-printed" : found.Reason!, cn);
        if (value.Routes.Count > 1) Say("highest-grade", false, benchmark.Route);
        if (value.Routes.Count == 0 && benchmark.Route == route) Say("route-declared", false, route);
        OwnBenchmark = benchmark;
        return Times() is { } times ? Step("free-" + cn, "Specific free allocation with default data (Eq 6)", "默认数据的单位免费配额（式 6）", "kept * cscf * columnB", "t CO2e/t", times * benchmark.ColumnB, benchmark.Rule, ("keptTimesCscf", times), ("columnB", benchmark.ColumnB)) : null;
    }

    /// <param name="own">Of the line's own good, not of a step before it.</param>
    decimal? ColumnA(string cn, string? route, int productionYear, decimal? given, bool own)
    {
        var found = rules.Benchmarks.ForRoute(cn, route, productionYear);
        if (own) OwnBenchmark = found.Value;
        return Printed(cn, found.Value?.ColumnA, given, found.Value is null ? found.Reason! : "column-a-not-available");
    }

    /// <summary>The table has the say; a benchmark given counts where the table has none. Rows that only wait for a route are some.</summary>
    decimal? Printed(string cn, decimal? printed, decimal? given, string reason)
    {
        if (given is null || (printed is null && reason is "route-unknown" or "route-not-printed")) return printed ?? Block(reason, cn);
        if (printed is { } column && column != given) Say("benchmark-not-used", false, cn);
        return printed ?? given;
    }

    /// <summary>A default value is measured by the route printed beside it; a route declared counts with a figure, or where none is printed.</summary>
    decimal? ColumnB(string cn, Precursor precursor, int productionYear)
    {
        var byDefault = precursor is { SpecificEmbeddedTco2ePerT: null, DirectTco2ePerT: null, MadeFrom: null };
        var found = (byDefault || precursor.Route is null) && precursor.Origin is { } origin && rules.Defaults.Find(cn, origin, precursor.Route).Value is { } printed && (printed.Routes.Count > 0 || precursor.Route is null)
            ? rules.Benchmarks.ForDefault(cn, printed.Routes, productionYear)
            : rules.Benchmarks.ForRoute(cn, precursor.Route, productionYear);
        return Printed(cn, found.Value?.ColumnB, precursor.Benchmark, found.Reason ?? "");
    }

    /// <summary>Nothing is kept from 2034: free allocation is zero whatever benchmark and cross-sectoral factor are.</summary>
    bool NoneKept()
    {
        if (kept is null)
        {
            if (rules.Due.Factor(year, scenario.FactorPath) is not { } found)
            {
                Block("factor-unknown", year.ToString(CultureInfo.InvariantCulture));
                kept = (-1, null);
            }
            else kept = (found.Kept, found.Rule);
        }
        return kept.Value.Kept == 0;
    }

    /// <summary>Share kept times cross-sectoral factor; null where either is unknown.</summary>
    decimal? Times()
    {
        NoneKept();
        if (kept!.Value.Kept < 0) return null;
        if (!cscfAsked)
        {
            cscfAsked = true;
            if (scenario.Cscf is { } assumed) cscf = assumed;
            else if (!scenario.CscfUnpublished && rules.Due.Cscf(year) is { } published)
            {
                cscf = published.Factor;
                if (published.Rule.Status != RuleStatus.Verified) Say("cscf-secondary", false);
                // A year is a name, not a number: nobody writes it in thousands.
                trace?.Note(new("cscf", new("Cross-sectoral correction factor", "跨行业修正系数"), "table", new JsonObject { ["year"] = year.ToString(CultureInfo.InvariantCulture) }, Working.Shown(published.Factor), null, published.Rule));
            }
            else Say("cscf-unpublished", false, year.ToString(CultureInfo.InvariantCulture));
        }
        CscfMissing |= cscf is null;
        return kept.Value.Kept * cscf;
    }

    // --- shared -----------------------------------------------------------------------------------------------

    /// <summary>A default value with the mark-up of the year of importation on it.</summary>
    public (DefaultValue Value, decimal MarkUp, decimal WithMarkUp)? DefaultOf(CoveredGood good, string? origin, string? route, int importYear, bool precursor)
    {
        var found = rules.Defaults.Find(good.Cn, origin, route, precursor);
        if (found.Value is not { } value)
        {
            Block(found.Reason!, good.Cn);
            return null;
        }
        if (rules.Defaults.MarkUp(good.Sector, importYear) is not { } markUp)
        {
            Block("mark-up-none", good.Sector);
            return null;
        }
        var raised = Step("default-" + good.Cn, "Default value with mark-up", "默认值（含加成）", "total * (1 + markUp)", "t CO2e/t", value.TotalTco2ePerT * (1 + markUp.Fraction), value.Rule, ("total", value.TotalTco2ePerT), ("markUp", markUp.Fraction));
        return (value, markUp.Fraction, raised);
    }

    CoveredGood? Counted(Precursor precursor)
    {
        if (Scope.Cn8(precursor.Cn) is not { } cn)
        {
            Block("cn-malformed", precursor.Cn);
            return null;
        }
        if (precursor.Origin is { } origin && !Scope.IsOrigin(origin))
        {
            Block("origin-malformed", origin);
            return null;
        }
        return rules.Scope.Good(cn, on, scenario.ScopePath);
    }

    bool Free(Precursor precursor) => precursor.Origin is { } origin && rules.Scope.Origin(origin) != OriginKind.ThirdCountry;

    bool PrecursorsKnown(CoveredGood good, ActualData actual)
    {
        if (actual.Precursors is not null || good.Complex == false) return true;
        Block("precursors-missing", good.Cn);
        return false;
    }

    decimal? Block(string code, string? given)
    {
        Say(code, true, given);
        return null;
    }

    /// <summary>Tells something once.</summary>
    public void Say(string code, bool blocks, string? given = null)
    {
        Blocked |= blocks;
        var reason = Reason(code, blocks, given);
        if (!reasons.Contains(reason)) reasons.Add(reason);
    }

    public LineReason Reason(string code, bool blocks, string? given) => given is null ? Plain.GetOrAdd((code, blocks), static key => new(key.Item1, key.Item2)) : new(code, blocks, given);

    /// <summary>Leaves a step where steps are wanted, and answers the value.</summary>
    public decimal Step(string id, string en, string zh, string formula, string? unit, decimal value, RuleRef? rule, params ReadOnlySpan<(string Name, decimal Value)> inputs)
    {
        if (trace is null) return value;
        var given = new JsonObject();
        foreach (var (name, number) in inputs) given[name] = Working.Shown(number);
        trace.Note(new(id, new(en, zh), formula, given, Working.Shown(value), unit, rule));
        return value;
    }
}
