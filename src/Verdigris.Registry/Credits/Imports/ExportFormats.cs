using System.Runtime.CompilerServices;
using Verdigris.Primitives;
using Verdigris.Primitives.Rules;
using Verdigris.Registry.Credits.Programmes;
using Verdigris.Registry.Credits.Serials;

namespace Verdigris.Registry.Credits.Imports;

/// <summary>What the rows of an export are.</summary>
public enum ExportKind
{
    /// <summary>Projects; no units.</summary>
    Projects,
    /// <summary>Issuances whose units are not numbered: figures, not units.</summary>
    Statements,
    /// <summary>Blocks held in accounts of the registry.</summary>
    Issued,
    /// <summary>Blocks retired; cancelled where a status says so.</summary>
    Ended,
    Cancelled,
    /// <summary>Blocks held, and retired where a day says so.</summary>
    Moved,
}

/// <summary>One export of one registry: how it is recognised, and what its columns are (pack <c>registry/exports</c>).</summary>
/// <param name="Columns">Column by field.</param>
/// <param name="Separators">Between labels in one cell.</param>
public sealed record ExportFormat(string Name, string Programme, ExportKind Kind, Bilingual Title, IReadOnlyList<SerialGrammar> Grammars, char[] Separators, IReadOnlyDictionary<string, string> Columns)
{
    /// <summary>Whether a header has every column of the format.</summary>
    public bool Fits(IReadOnlyCollection<string> header) => Columns.Values.All(header.Contains);
}

/// <summary>All formats known. Immutable, thread-safe.</summary>
public sealed class ExportFormats
{
    public const string Pack = "registry/exports";

    static readonly ConditionalWeakTable<RulePacks, ExportFormats> Known = [];

    ExportFormats(RulePacks packs)
    {
        var pack = packs.Pack(Pack);
        var grammars = SerialGrammars.Of(packs);
        Credits = CreditRules.Of(packs);
        All = [.. pack.Table("formats").Rows.Select(r => new ExportFormat(r.Text("format"), r.Text("programme"), Enum.Parse<ExportKind>(r.Text("kind"), ignoreCase: true), new(r.Text("nameEn"), r.Text("nameZh")),
            [.. r.List("grammars").Select(grammars.Named)], [.. r.TextOrNull("separators") ?? ""],
            pack.Table("columns").Rows.Where(c => c.Text("format") == r.Text("format")).ToDictionary(c => c.Text("field"), c => c.Text("column"), StringComparer.Ordinal)))];
    }

    public IReadOnlyList<ExportFormat> All { get; }

    public CreditRules Credits { get; }

    /// <exception cref="RulePackException">A pack is not right.</exception>
    public static ExportFormats Of(RulePacks packs) => Known.GetValue(packs, p => new(p));

    /// <summary>The format whose columns the header has; of several the one with most columns. <c>credits.export-unknown</c>.</summary>
    public Answer<ExportFormat> Choose(IReadOnlyList<string> header)
    {
        var names = header.ToHashSet(StringComparer.Ordinal);
        return All.Where(f => f.Fits(names)).MaxBy(f => f.Columns.Count) is { } found ? found
            : Refusal.Of("credits.export-unknown", "file", ("columns", string.Join(", ", header.Take(8))), ("known", string.Join(", ", All.Select(f => f.Title.En))));
    }
}
