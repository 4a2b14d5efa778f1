using NodaTime;
using Verdigris.Passport.Specifications;
using Verdigris.Passport.Warehousing;
using Verdigris.Primitives;
using Verdigris.Primitives.Rules;

namespace Verdigris.Passport.Certificates;

/// <summary>An edition a contract accepts, and when: the period is half open, null is without end.</summary>
public sealed record QualityPeriod(EditionFacts Edition, LocalDate? From, LocalDate? To);

/// <summary>What the rules read of a contract.</summary>
/// <param name="MinimumCapacityTPerYear">Smallest plant that may list a brand; null where no minimum is known.</param>
public sealed record ContractFacts(string Code, string Metal, IReadOnlyList<string> Shapes, IReadOnlyList<QualityPeriod> Qualities, decimal? MinimumCapacityTPerYear)
{
    public IReadOnlyList<EditionFacts> EditionsOn(LocalDate day) =>
        [.. Qualities.Where(q => (q.From is not { } from || day >= from) && (q.To is not { } to || day < to)).Select(q => q.Edition)];
}

/// <summary>The deliverable contracts with their qualities from the rule packs, and the calculators that judge a certificate against them. Immutable, thread-safe.</summary>
public sealed class ContractTerms
{
    readonly Dictionary<string, ContractFacts> byCode;
    readonly Dictionary<string, SpecEdition> editions;
    readonly Dictionary<string, LotWindow?> windows;
    readonly Dictionary<string, SpecLimit[]> simple = new(StringComparer.Ordinal);

    ContractTerms(IEnumerable<ContractFacts> contracts, Dictionary<string, SpecEdition> editions, Dictionary<string, LotWindow?> windows)
    {
        byCode = contracts.ToDictionary(c => c.Code, StringComparer.Ordinal);
        this.editions = editions;
        this.windows = windows;
        foreach (var edition in editions.Values.DistinctBy(e => e.Id))
        {
            var deciding = edition.Limits.Where(l => l.Decides && l.Kind != LimitKind.Listed).ToArray();
            if (deciding.Length > 0 && deciding.All(l => l.Kind is LimitKind.Max or LimitKind.Min or LimitKind.Range)) simple[edition.Id] = deciding;
        }
    }

    /// <summary>Every physically delivered contract that has shapes and at least one edition held here.</summary>
    /// <exception cref="RulePackException">A pack is missing or wrong.</exception>
    public static ContractTerms Load(RulePacks rules)
    {
        var book = SpecBook.Of(rules);
        var pack = rules.Pack("metals/contracts");
        var qualities = pack.Table("qualities").Rows.Where(r => r.Has("edition")).ToLookup(r => r.Text("contract"));
        var minimums = rules.Pack("metals/brand-minimums").Table("minimums");
        var contracts = new List<ContractFacts>();
        var editions = new Dictionary<string, SpecEdition>(StringComparer.Ordinal);
        foreach (var row in pack.Table("contracts").Rows.Where(r => r.Text("settlement") == "physical" && r.Has("shapes") && r.Has("metal") && r.InForce(null)))
        {
            var code = row.Text("contract");
            var accepted = new List<QualityPeriod>();
            foreach (var quality in qualities[code])
            {
                var edition = book.ById(quality.Text("edition"))!;
                List<string> names = [edition.Name, .. edition.Aliases, quality.Text("named")];
                foreach (var name in names.Prepend(edition.Id)) editions.TryAdd(name, edition);
                accepted.Add(new(new EditionFacts(edition.Id, names, edition.Listed), quality.From, quality.To));
            }
            contracts.Add(new(code, row.Text("metal"), row.List("shapes"), accepted, minimums.Find(null, row.Text("metal"))?.DecimalOrNull("min_capacity_t_per_year")));
        }
        var windows = contracts.ToDictionary(c => c.Code, c => LotTolerance.Window(rules, c.Code) is { Ok: true } found ? found.Value : null, StringComparer.Ordinal);
        return new(contracts, editions, windows);
    }

    public IReadOnlyCollection<ContractFacts> All => byCode.Values;
    public ContractFacts? Find(string code) => byCode.GetValueOrDefault(code);

    /// <summary>
    /// Verdict of an analysis against one edition of <see cref="ContractFacts.Qualities"/>. Where every deciding limit is of one element, as in P1020A, the same comparison as
    /// <see cref="SpecCheck"/> makes is made here without its explanation: an import judges thousands of lines a second.
    /// </summary>
    public SpecOutcome Judge(string specRef, IReadOnlyList<AnalysisResult> results)
    {
        var edition = editions[specRef];
        if (simple.TryGetValue(edition.Id, out var limits)) return JudgeSimple(limits, results);
        var measured = new ElementResult[results.Count];
        for (var i = 0; i < results.Count; i++)
        {
            var r = results[i];
            measured[i] = new(r.Element, r.PercentByMass, r.Qualifier == Qualifier.Below, ExpandedUncertaintyPercent: r.Unit == ContentUnit.Ppm ? r.Uncertainty * 0.0001m : r.Uncertainty);
        }
        return SpecCheck.Check(edition, measured).Outcome;
    }

    static SpecOutcome JudgeSimple(SpecLimit[] limits, IReadOnlyList<AnalysisResult> results)
    {
        bool open = false, broken = false;
        foreach (var limit in limits)
        {
            AnalysisResult? result = null;
            for (var i = 0; i < results.Count && result is null; i++) if (results[i].Element == limit.Subject) result = results[i];
            if (result is null) { open = true; continue; }
            var most = result.PercentByMass;
            var least = result.Qualifier == Qualifier.Below ? 0 : most;
            if (limit.High is { } high)
            {
                broken |= AtPlaces(least, high) > high;
                open |= AtPlaces(most, high) > high;
            }
            if (limit.Low is { } low)
            {
                broken |= AtPlaces(most, low) < low;
                open |= AtPlaces(least, low) < low;
            }
        }
        return broken ? SpecOutcome.Fail : open ? SpecOutcome.Indeterminate : SpecOutcome.Pass;
    }

    static decimal AtPlaces(decimal value, decimal limit) => decimal.Round(value, limit.Scale, MidpointRounding.ToEven);

    /// <summary>The full verdict with every limit, for a page that explains it.</summary>
    public SpecVerdict Explain(string specRef, IReadOnlyList<AnalysisResult> results) =>
        SpecCheck.Check(editions[specRef], [.. results.Select(r => new ElementResult(r.Element, r.PercentByMass, r.Qualifier == Qualifier.Below))]);

    /// <summary>Whether a net weight is one lot of the contract; null where the tolerance is unknown.</summary>
    public bool? LotWithinTolerance(string contract, decimal netKg) => windows.GetValueOrDefault(contract)?.Holds(Mass.FromKg(netKg));
}
