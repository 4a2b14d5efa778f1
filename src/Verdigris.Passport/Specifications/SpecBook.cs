using System.Runtime.CompilerServices;
using NodaTime;
using Verdigris.Primitives;
using Verdigris.Primitives.Rules;

namespace Verdigris.Passport.Specifications;

/// <summary>What a name stands for: one edition, or the editions a contract accepts (one met is enough).</summary>
/// <param name="NotHeld">Standards the contract names whose limits are not held here; while there are any, no lot fails for certain.</param>
/// <param name="Contract">The contract's code; null where an edition was named.</param>
public sealed record SpecChoice(string Name, IReadOnlyList<SpecEdition> Editions, IReadOnlyList<string> NotHeld, string? Contract);

/// <summary>The specification editions of the rule packs, found by id, name, alias or contract. Immutable.</summary>
public sealed class SpecBook
{
    const string LimitsPack = "metals/spec-limits";
    const string ContractsPack = "metals/contracts";

    static readonly ConditionalWeakTable<RulePacks, SpecBook> Books = [];

    readonly RulePacks rules;

    SpecBook(RulePacks rules)
    {
        this.rules = rules;
        var pack = rules.Pack(LimitsPack);
        var limits = pack.Table("limits").Rows.ToLookup(r => r.Text("edition"));
        Editions = pack.Table("editions").Rows.Select(row => Edition(pack, row, limits[row.Text("edition")])).ToList();
    }

    /// <summary>The book of a set of packs, read once.</summary>
    /// <exception cref="RulePackException">A pack is missing or wrong.</exception>
    public static SpecBook Of(RulePacks rules) => Books.GetValue(rules, r => new SpecBook(r));

    public IReadOnlyList<SpecEdition> Editions { get; }

    public SpecEdition? ById(string id) => Editions.FirstOrDefault(e => e.Id == id);

    /// <summary>An edition by id, "standard grade", alias, or grade where only one has it; or a contract by code, with the editions in force on the day.</summary>
    /// <param name="on">Day that chooses a contract's editions; null takes those whose validity has no end.</param>
    public Answer<SpecChoice> Find(string name, LocalDate? on = null)
    {
        var named = Editions.Where(e => e.Id == name || e.Name == name || e.Aliases.Contains(name)).ToList();
        if (named.Count == 0) named = Editions.Where(e => e.Grade == name).ToList();
        if (named.Count == 1) return new SpecChoice(named[0].Name, named, [], null);
        if (named.Count > 1) return Refusal.Of("spec.ambiguous", "spec", ("given", name), ("known", string.Join("; ", named.Select(e => e.Name))));
        return ForContract(name, on);
    }

    /// <summary>The editions a contract accepts on a day.</summary>
    public Answer<SpecChoice> ForContract(string contract, LocalDate? on = null)
    {
        var pack = rules.Pack(ContractsPack);
        if (pack.Table("contracts").Rows.FirstOrDefault(r => r.Text("contract") == contract && r.InForce(on)) is not { } row)
            return Refusal.NotFound("spec.unknown", "spec", ("given", contract), ("known", string.Join("; ", Near(contract, pack))));
        var qualities = pack.Table("qualities").Rows.Where(r => r.Text("contract") == contract && r.InForce(on)).ToList();
        if (qualities.Count == 0) return Refusal.Of("spec.contract-without-quality", "spec", ("given", contract));
        var editions = qualities.Select(q => q.TextOrNull("edition")).OfType<string>().Select(id => ById(id) ?? throw new InvalidOperationException($"Contract {contract} names edition '{id}', which {LimitsPack} does not hold.")).ToList();
        return new SpecChoice(row.Text("name"), editions, qualities.Where(q => !q.Has("edition")).Select(q => q.Text("named")).ToList(), contract);
    }

    IEnumerable<string> Near(string name, RulePack contracts)
    {
        var words = name.Split([' ', '-', ':', '/', '.'], StringSplitOptions.RemoveEmptyEntries);
        var near = Editions.Where(e => words.Any(w => w.Length > 1 && (e.Name + " " + e.Id).Contains(w, StringComparison.OrdinalIgnoreCase))).Select(e => e.Name).ToList();
        return near.Count > 0 ? near : Editions.Select(e => e.Name).Concat(contracts.Table("contracts").Rows.Select(r => r.Text("contract")));
    }

    static SpecEdition Edition(RulePack pack, RuleRow row, IEnumerable<RuleRow> limitRows)
    {
        var rows = limitRows.ToList();
        var @base = row.Text("base");
        var listed = rows.Where(r => Elements.IsSymbol(r.Text("element"))).Select(r => r.Text("element")).ToList();
        var limits = rows.Select(r =>
        {
            var subject = r.Text("element");
            var kind = Kind(r.Text("kind"));
            return new SpecLimit(subject, kind, r.DecimalOrNull("low"), r.DecimalOrNull("high"), r.TextOrNull("group"), Members(subject, kind, listed), r.Ref(pack), r.Note);
        }).ToList();
        foreach (var (limit, at) in limits.Zip(rows)) CheckShape(limit, at);
        return new(row.Text("edition"), row.Text("metal"), @base, row.Text("standard"), row.Text("grade"), row.List("aliases"), row.From, row.To, row.Ref(pack), limits);
    }

    static LimitKind Kind(string text) => text switch
    {
        "max" => LimitKind.Max,
        "min" => LimitKind.Min,
        "range" => LimitKind.Range,
        "listed" => LimitKind.Listed,
        "sum_max" => LimitKind.SumMax,
        "others_each" => LimitKind.OthersEach,
        "others_total" => LimitKind.OthersTotal,
        "by_difference" => LimitKind.ByDifference,
        _ => throw new ArgumentOutOfRangeException(nameof(text), text, "Not a kind of limit."),
    };

    const string AllListedExcept = "SUM_ALL_LISTED_EXCEPT_";
    internal const string AllImpurities = "SUM_IMPURITIES";

    static List<string>? Members(string subject, LimitKind kind, List<string> listed) => kind switch
    {
        LimitKind.SumMax when subject.StartsWith(AllListedExcept, StringComparison.Ordinal) => listed.Where(e => e != subject[AllListedExcept.Length..]).Distinct().ToList(),
        LimitKind.SumMax when subject == AllImpurities => null,
        LimitKind.SumMax => subject.Split('+').ToList(),
        _ => null,
    };

    // A limit without its number would be met by anything.
    static void CheckShape(SpecLimit limit, RuleRow row)
    {
        var whole = limit.Kind switch
        {
            LimitKind.Max or LimitKind.SumMax or LimitKind.OthersEach or LimitKind.OthersTotal => limit.High is not null && limit.Low is null,
            LimitKind.Min or LimitKind.ByDifference => limit.Low is not null && limit.High is null,
            LimitKind.Range => limit.Low < limit.High,
            _ => limit.Low is null && limit.High is null,
        };
        var known = limit.Kind switch
        {
            LimitKind.SumMax => limit.Members is null || (limit.Members.Count > 1 && limit.Members.All(Elements.IsSymbol)),
            LimitKind.OthersEach or LimitKind.OthersTotal => true,
            _ => Elements.IsSymbol(limit.Subject),
        };
        if (whole && known) return;
        throw new RulePackException([new(row.File, row.Line, whole ? "element" : limit.Kind is LimitKind.Min ? "low" : "high", "rule-pack.limit", whole
            ? new($"'{limit.Subject}' is not an element or a sum of elements", $"“{limit.Subject}”不是元素或元素之和")
            : new($"a limit of kind {limit.Kind} needs low for min, high for max and sums, both for a range, neither for listed", $"{limit.Kind} 类限值：min 需要 low，max 与总和需要 high，range 两者都要，listed 都不要"))]);
    }
}
