using System.Collections.Frozen;
using NodaTime;
using Verdigris.Primitives.Rules;

namespace Verdigris.Cbam.Rules;

/// <summary>Factors, thresholds, shares, days and penalties of the definitive period.</summary>
public sealed class DueRules
{
    /// <summary>The path of free allocation in law, and the one COM(2026) 616 proposes.</summary>
    public const string Law = "law", Proposal616 = "com-2026-616";

    readonly RulePack pack;
    readonly FrozenDictionary<(string, int), (decimal, RuleRef)> kept;
    readonly FrozenDictionary<int, (decimal, RuleRef)> cscf;
    readonly FrozenDictionary<string, bool> counted;

    internal DueRules(RulePack pack)
    {
        this.pack = pack;
        kept = pack.Table("factors").Rows.ToFrozenDictionary(r => (r.Text("path"), r.Integer("year")), r => (r.Decimal("kept"), r.Ref(pack)));
        cscf = pack.Table("cscf").Rows.ToFrozenDictionary(r => r.Integer("year"), r => (r.Decimal("factor"), r.Ref(pack)));
        counted = pack.Table("threshold-sectors").Rows.ToFrozenDictionary(r => r.Text("sector"), r => r.Flag("counted"), StringComparer.Ordinal);
    }

    /// <summary>Share of free allocation kept in a year, 0 to 1 (0.975 in 2026). It multiplies a benchmark. Null where the path does not say.</summary>
    public (decimal Kept, RuleRef Rule)? Factor(int year, string path = Law) => kept.TryGetValue((path, year), out var found) ? found : null;

    /// <summary>Cross-sectoral correction factor of a year; null where none is published.</summary>
    public (decimal Factor, RuleRef Rule)? Cscf(int year) => cscf.TryGetValue(year, out var found) ? found : null;

    /// <summary>Whether goods of a sector count towards the exempt mass. Hydrogen and electricity do not, nor what is not covered.</summary>
    public bool Counted(string sector) => counted.GetValueOrDefault(sector);

    public (decimal Value, RuleRef Rule) Threshold(string what) => Number("threshold", what, "value");

    public (decimal Value, RuleRef Rule) Penalty(string what) => Number("penalty", what, "value");

    /// <summary>Share of embedded emissions to be held as certificates at each quarter end; null before the duty begins.</summary>
    public (decimal Share, RuleRef Rule)? HoldingShare(int year) => pack.Table("holding").Find(new LocalDate(year, 12, 31), "share") is { } row ? (row.Decimal("fraction"), row.Ref(pack)) : null;

    /// <summary>A day set for the imports of a year: sale-opens, declaration-and-surrender, repurchase-by, cancellation; null where none is.</summary>
    public (LocalDate Date, RuleRef Rule)? Day(int importYear, string what) =>
        pack.Table("dates").Rows.FirstOrDefault(r => r.Integer("importYear") == importYear && r.Text("what") == what) is { } row ? (row.Date("date"), row.Ref(pack)) : null;

    (decimal, RuleRef) Number(string table, string what, string column) => pack.Table(table).Find(null, what) is { } row ? (row.Decimal(column), row.Ref(pack)) : throw new KeyNotFoundException($"{pack.Id} has no {table} '{what}'.");
}
