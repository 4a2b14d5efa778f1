using NodaTime;
using Verdigris.Cbam.Declarants;
using Verdigris.Cbam.Declarations;
using Verdigris.Cbam.Obligation;
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
        var (totals, goods) = (new YearSums(), new Dictionary<(string Cn, string Origin), decimal[]>());
        await LineStore.EachOfYear(s, s.Actor.OrganisationId, year, line =>
        {
            totals.Add(line, rules.Outcome(line, line.Basis));
            if (line.Scope != GoodScope.InScope) return;
            if (!goods.TryGetValue((line.Cn, line.Origin), out var byQuarter)) goods[(line.Cn, line.Origin)] = byQuarter = new decimal[4];
            byQuarter[(line.ReleasedOn.Month - 1) / 3] += line.NetMassKg / 1000;
        }, ct);
        var before = await s.One("select content::text from cbam.declaration where organisation_id = $1 and year = $2 and state = 2", r => StorageJson.Read<DeclarationContent>(r.GetString(0)), ct, s.Actor.OrganisationId, year - 1);
        var quarters = new List<QuarterForecast>();
        for (var q = 1; q <= 4; q++)
        {
            var end = new LocalDate(year, q * 3, 1).PlusMonths(1).PlusDays(-1);
            List<MassToDate> upTo = [.. goods.Select(g => new MassToDate(g.Key.Cn, g.Key.Origin, g.Value[..q].Sum())).Where(g => g.MassT > 0)];
            var known = upTo.Select(g => (g.Cn, g.Origin)).ToHashSet();
            quarters.Add(rules.Holding(year, q, end, upTo, before?.Goods.Where(g => known.Contains((g.Cn, g.Origin))).Sum(g => g.Certificates)));
        }
        return new YearState(year, await mass.Of(s, s.Actor.OrganisationId, year, ct), totals.Totals, quarters);
    }
}

/// <summary>Adds up a year line by line, and counts honestly: what is not determined is in no sum, and the sums say so. Not thread-safe.</summary>
sealed class YearSums
{
    readonly SortedDictionary<string, (int Lines, decimal MassKg)> statuses = new(StringComparer.Ordinal);
    decimal embedded, free, certificates, cost;
    int lines, priced, unpriced;
    bool atLeast;

    public void Add(ImportLine line, LineOutcome outcome)
    {
        lines++;
        var sofar = statuses.GetValueOrDefault(outcome.Status);
        statuses[outcome.Status] = (sofar.Lines + 1, sofar.MassKg + line.NetMassKg);
        if (line.Scope != GoodScope.InScope) return;
        embedded += outcome.EmbeddedTco2e ?? 0;
        free += outcome.FreeAllocationTco2e ?? 0;
        certificates += outcome.Certificates ?? 0;
        cost += outcome.CostEur ?? 0;
        if (outcome.CostEur is not null) priced++;
        else if (outcome.Certificates is not null) unpriced++;
        atLeast |= outcome.Certificates is null;
    }

    public YearTotals Totals => new(lines, embedded, free, certificates, priced == 0 ? null : cost, unpriced, atLeast, [.. statuses.Select(x => new StatusCount(x.Key, x.Value.Lines, x.Value.MassKg))]);
}
