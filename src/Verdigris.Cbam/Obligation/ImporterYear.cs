using Verdigris.Cbam.Rules;

namespace Verdigris.Cbam.Obligation;

/// <summary>How one importer stands against the exempt mass in one calendar year.</summary>
/// <param name="CountedMassT">Net mass of cement, fertilisers, iron and steel, and aluminium. Hydrogen, electricity and what is not covered do not count.</param>
/// <param name="LimitT">Mass that must not be exceeded (50 t): exactly so much is exempt.</param>
/// <param name="Exempt">All goods of the year are free; once exceeded, all of them are in, the first too.</param>
/// <param name="Alert">Above 90 % of the limit, where the registry lists an importer.</param>
/// <param name="ExcessFraction">By how much the limit is exceeded, as a fraction of it; 0 where it is not. Up to 0.1 a penalty may be reduced.</param>
/// <param name="FreeMassT">Net mass of such goods of free origins, which does not count.</param>
public sealed record MassWatch(int Year, decimal CountedMassT, decimal LimitT, bool Exempt, bool Alert, decimal ExcessFraction, decimal FreeMassT);

/// <summary>The holding duty at a quarter end from 2027, Article 22(2): both bases, certificates.</summary>
/// <param name="BasisDefault">Embedded emissions since 1 January by default values without mark-up, less free allocation; null where a value is missing.</param>
/// <param name="RequiredByDefault">Share of it to be held; null where unknown.</param>
/// <param name="RequiredByLastYear">Share of last year's surrendered number for the same CN codes and origins; null where none is given.</param>
public sealed record QuarterHolding(int Year, decimal Share, decimal? BasisDefault, decimal? RequiredByDefault, decimal? RequiredByLastYear, IReadOnlyList<LineReason> Reasons);

/// <summary>Mass of one good and origin since 1 January.</summary>
public sealed record MassToDate(string Cn, string Origin, decimal MassT, string? Route = null);

/// <summary>What holds for an importer over a year: the exempt mass and the certificates to hold.</summary>
public static class ImporterYear
{
    /// <summary>Adds up one year's mass. Imports of other years must not be among them: two years are never added. What comes from the Union or an origin of Annex III is not under the measure; where an origin is not known, its mass counts.</summary>
    public static MassWatch Watch(CbamRules rules, int year, IEnumerable<(string Cn, string? Origin, decimal MassT)> imports)
    {
        ArgumentNullException.ThrowIfNull(rules);
        ArgumentNullException.ThrowIfNull(imports);
        var on = new NodaTime.LocalDate(year, 12, 31);
        decimal mass = 0, free = 0;
        foreach (var (cn, origin, massT) in imports)
        {
            if (Scope.Cn8(cn) is not { } cn8 || rules.Scope.Good(cn8, on) is not { Covered: true } good || !rules.Due.Counted(good.Sector)) continue;
            if (origin is null || rules.Scope.Origin(origin) == OriginKind.ThirdCountry) mass += massT;
            else free += massT;
        }
        var limit = rules.Due.Threshold("exempt-mass").Value;
        return new(year, mass, limit, mass <= limit, mass > limit * rules.Due.Threshold("alert-fraction").Value, mass > limit ? (mass - limit) / limit : 0, free);
    }

    /// <summary>Certificates to hold at a quarter end; null before 2027.</summary>
    /// <param name="lastYearSurrendered">Certificates surrendered for the same codes and origins of the year before; null where there were none.</param>
    public static QuarterHolding? Holding(CbamRules rules, int year, IReadOnlyList<MassToDate> masses, decimal? lastYearSurrendered = null, CbamScenario? scenario = null)
    {
        ArgumentNullException.ThrowIfNull(rules);
        ArgumentNullException.ThrowIfNull(masses);
        if (rules.Due.HoldingShare(year) is not { } share) return null;
        scenario ??= CbamScenario.InForce;
        decimal? basis = 0;
        var reasons = new List<LineReason>();
        foreach (var held in masses)
        {
            var on = new NodaTime.LocalDate(year, 12, 31);
            var line = Obligations.Evaluate(rules, new(held.Cn, held.Origin, held.MassT, on, Route: held.Route), scenario);
            // The mark-up is left out of the holding duty, so the line's own emissions are not the ones meant.
            basis += line.Status is LineStatus.OutOfScope or LineStatus.Exempt ? 0 : line.Default?.TotalTco2ePerT * held.MassT is { } emissions && line.FreeAllocationTco2e is { } free ? Math.Max(0, emissions - free) : null;
            reasons.AddRange(line.Reasons.Where(r => r.Code != "price-unpublished"));
        }
        return new(year, share.Share, basis, basis * share.Share, lastYearSurrendered * share.Share, [.. reasons.Distinct()]);
    }
}
