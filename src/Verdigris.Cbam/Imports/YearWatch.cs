using NodaTime;
using Verdigris.Cbam.Declarants;
using Verdigris.Cbam.Declarations;
using Verdigris.Primitives;
using Verdigris.Storage;

namespace Verdigris.Cbam.Imports;

/// <summary>Lines of one status, and what they come to.</summary>
public sealed record StatusCount(string Status, int Lines, decimal MassKg);

/// <summary>What a year comes to as far as it is known.</summary>
/// <param name="AtLeast">Some line in scope is not determined: sums are lower bounds, and said to be.</param>
/// <param name="CostEur">Of lines whose price is published; null where none is.</param>
/// <param name="Unpriced">Lines with certificates and no published price.</param>
public sealed record YearTotals(int Lines, decimal EmbeddedTco2e, decimal FreeAllocationTco2e, decimal Certificates, decimal? CostEur, int Unpriced, bool AtLeast, IReadOnlyList<StatusCount> Statuses);

/// <summary>Certificates to be held at the end of a quarter, by both bases the act lets an importer take (Regulation (EU) 2023/956, Article 22(2)).</summary>
/// <param name="SharePercent">Null in a year without the duty.</param>
/// <param name="ByDefault">Share of embedded emissions since 1 January at default values without mark-up, less free allocation; null without the duty, and where a value is missing.</param>
/// <param name="ByLastYear">Share of what last year's declaration came to for the same codes and origins; null where none was handed in.</param>
public sealed record QuarterForecast(int Quarter, LocalDate EndsOn, decimal MassKg, decimal? SharePercent, decimal? ByDefault, decimal? ByLastYear, string Rule);

/// <summary>The running state of a year.</summary>
public sealed record YearState(int Year, MassState Mass, YearTotals Totals, IReadOnlyList<QuarterForecast> Quarters);

/// <summary>The year's watch: mass against the threshold, what is due so far, and what must be held at each quarter's end by both bases.</summary>
public sealed class YearWatch(IDeskRules rules, ThresholdWatch mass)
{
    public async Task<Answer<YearState>> Read(DbSession s, int year, CancellationToken ct)
    {
        if (DeclarantHandlers.Reader(s.Actor) is { } no) return no;
        if (year is < 2023 or > 2100) return Refusal.Of("line.year", "year", ("given", $"{year}"));
        if (await DeclarantHandlers.Find(s, s.Actor.OrganisationId, ct) is null) return Refusal.NotFound("declarant.none");
        var lines = await LineStore.OfYear(s, s.Actor.OrganisationId, year, ct);
        var outcomes = lines.ConvertAll(l => (Line: l, Chosen: rules.Outcome(l, l.Basis)));
        var before = await s.One("select content::text from cbam.declaration where organisation_id = $1 and year = $2 and state = 2", r => StorageJson.Read<DeclarationContent>(r.GetString(0)), ct, s.Actor.OrganisationId, year - 1);
        var quarters = new List<QuarterForecast>();
        for (var q = 1; q <= 4; q++)
        {
            var end = new LocalDate(year, q * 3, 1).PlusMonths(1).PlusDays(-1);
            List<ImportLine> upTo = [.. lines.Where(l => l.Scope == GoodScope.InScope && l.ReleasedOn <= end)];
            var goods = upTo.Select(l => (l.Cn, l.Origin)).ToHashSet();
            quarters.Add(rules.Holding(year, q, end, upTo, before?.Goods.Where(g => goods.Contains((g.Cn, g.Origin))).Sum(g => g.Certificates)));
        }
        return new YearState(year, await mass.Of(s, s.Actor.OrganisationId, year, ct), Totals(outcomes.ConvertAll(o => new LineView(o.Line, o.Chosen))), quarters);
    }

    /// <summary>Counts honestly: what is not determined is in no sum, and the sums say so.</summary>
    internal static YearTotals Totals(IReadOnlyList<LineView> lines)
    {
        var inScope = lines.Where(v => v.Line.Scope == GoodScope.InScope).ToList();
        var priced = inScope.Where(v => v.Outcome.CostEur is not null).ToList();
        return new(lines.Count, inScope.Sum(v => v.Outcome.EmbeddedTco2e ?? 0), inScope.Sum(v => v.Outcome.FreeAllocationTco2e ?? 0), inScope.Sum(v => v.Outcome.Certificates ?? 0), priced.Count == 0 ? null : priced.Sum(v => v.Outcome.CostEur!.Value),
            inScope.Count(v => v.Outcome is { Certificates: not null, CostEur: null }), inScope.Any(v => v.Outcome.Certificates is null),
            [.. lines.GroupBy(v => v.Outcome.Status).OrderBy(g => g.Key, StringComparer.Ordinal).Select(g => new StatusCount(g.Key, g.Count(), g.Sum(v => v.Line.NetMassKg)))]);
    }
}
