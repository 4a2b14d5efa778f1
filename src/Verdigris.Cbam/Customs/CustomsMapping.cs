using NodaTime;
using Verdigris.Primitives;
using Verdigris.Web;

namespace Verdigris.Cbam.Customs;

/// <param name="Header">As the file writes it, without surrounding space.</param>
/// <param name="Field">One of <see cref="CustomsFields"/>; null where the column is not taken.</param>
public sealed record CustomsColumn(string Header, string? Field);

/// <summary>What somebody writes down once about the files of a source: a broker, a customs programme.</summary>
/// <param name="Name">Of the source, unique in the organisation; 1-64 characters.</param>
/// <param name="Constants">Values of fields the files do not have, the same on every line.</param>
/// <param name="DecimalComma">Numbers are written 1.234,5.</param>
public sealed record CustomsMappingContent(string Name, IReadOnlyList<CustomsColumn> Columns, IReadOnlyDictionary<string, string>? Constants = null, bool DecimalComma = false);

/// <summary>A mapping as it is kept.</summary>
public sealed record CustomsMapping(Guid Id, string Name, IReadOnlyList<CustomsColumn> Columns, IReadOnlyDictionary<string, string> Constants, bool DecimalComma, Instant ChangedAt) : IHeaderMapping
{
    IEnumerable<string> IHeaderMapping.Headers => Columns.Select(c => c.Header);

    public CustomsMappingContent Content => new(Name, Columns, Constants, DecimalComma);
}

/// <summary>What a mapping must be. Pure.</summary>
public static class CustomsMappingRules
{
    public const int MostColumns = 200;

    /// <summary>
    /// <c>mapping.name-missing</c>, <c>mapping.columns-missing</c>, <c>mapping.header-invalid</c>, <c>mapping.field-unknown</c>, <c>mapping.constant-not-allowed</c>, <c>mapping.constant-empty</c>, <c>mapping.constant-and-column</c>; then what
    /// the file's header itself would be refused for.
    /// </summary>
    public static IReadOnlyList<Refusal> Check(CustomsMappingContent m)
    {
        ArgumentNullException.ThrowIfNull(m);
        var wrong = new List<Refusal>();
        if (string.IsNullOrWhiteSpace(m.Name) || m.Name.Length > 64) wrong.Add(Refusal.Of("mapping.name-missing", "name", ("most", "64")));
        if (m.Columns is not { Count: > 0 and <= MostColumns }) return [.. wrong, Refusal.Of("mapping.columns-missing", "columns", ("most", $"{MostColumns}"))];
        var headers = new HashSet<string>(StringComparer.Ordinal);
        for (var i = 0; i < m.Columns.Count; i++)
        {
            var (header, field) = m.Columns[i] ?? new("", null);
            if (string.IsNullOrWhiteSpace(header) || header != header.Trim() || header.Length > 200 || header.Any(char.IsControl) || !headers.Add(header)) wrong.Add(Refusal.Of("mapping.header-invalid", $"columns[{i}].header", ("given", header ?? "")));
            if (field is not null && !CustomsFields.Has(field)) wrong.Add(Refusal.Of("mapping.field-unknown", $"columns[{i}].field", ("given", field), ("known", string.Join(", ", CustomsFields.All.Select(f => f.Name)))));
        }
        foreach (var (name, value) in m.Constants ?? new Dictionary<string, string>())
        {
            if (CustomsFields.All.FirstOrDefault(f => f.Name == name) is not { Constant: true })
                wrong.Add(Refusal.Of("mapping.constant-not-allowed", $"constants.{name}", ("given", name), ("allowed", string.Join(", ", CustomsFields.All.Where(f => f.Constant).Select(f => f.Name)))));
            else if (string.IsNullOrWhiteSpace(value) || value.Length > 200) wrong.Add(Refusal.Of("mapping.constant-empty", $"constants.{name}", ("given", name), ("most", "200")));
            else if (m.Columns.Any(c => c?.Field == name)) wrong.Add(Refusal.Of("mapping.constant-and-column", $"constants.{name}", ("given", name)));
        }
        return wrong.Count > 0 ? wrong : Shape([.. m.Columns.Select(c => c.Field)], m.Constants?.Keys ?? []);
    }

    public static CustomsMapping Of(Guid id, CustomsMappingContent m, Instant at) => new(id, m.Name, m.Columns, m.Constants ?? new Dictionary<string, string>(), m.DecimalComma, at);

    /// <summary><c>import.column-twice</c>, <c>import.column-missing</c>: every required field once, and one of the two masses.</summary>
    internal static IReadOnlyList<Refusal> Shape(IReadOnlyList<string?> columns, IEnumerable<string> constants)
    {
        var wrong = new List<Refusal>();
        foreach (var twice in columns.OfType<string>().GroupBy(c => c).Where(g => g.Count() > 1)) wrong.Add(Refusal.Of("import.column-twice", twice.Key, ("column", twice.Key)));
        var known = columns.OfType<string>().Concat(constants).ToHashSet(StringComparer.Ordinal);
        foreach (var field in CustomsFields.All.Where(f => f.Required && !known.Contains(f.Name))) wrong.Add(Refusal.Of("import.column-missing", field.Name, ("column", field.Name)));
        if (!known.Contains(CustomsFields.NetMassKg) && !known.Contains(CustomsFields.NetMassT)) wrong.Add(Refusal.Of("import.column-missing", CustomsFields.NetMassKg, ("column", CustomsFields.NetMassKg)));
        return wrong;
    }
}
