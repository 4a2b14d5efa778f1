using NodaTime;
using Verdigris.Primitives;
using Verdigris.Web;

namespace Verdigris.Passport.Certificates.Import;

/// <param name="Header">As the file writes it, without surrounding space.</param>
/// <param name="Column">One of our columns (<see cref="ImportColumns.IsColumn"/>); null where the file's column is not taken.</param>
public sealed record MappedColumn(string Header, string? Column);

/// <summary>What somebody writes down once about the files of a source.</summary>
/// <param name="Name">Of the source, unique in the organisation; 1-64 characters.</param>
/// <param name="Constants">Values for columns the files do not have, the same on every line; only of <see cref="ImportMappingRules.Constant"/>.</param>
public sealed record MappingContent(string Name, IReadOnlyList<MappedColumn> Columns, IReadOnlyDictionary<string, string>? Constants = null);

public sealed record ImportMapping(Guid Id, string Name, IReadOnlyList<MappedColumn> Columns, IReadOnlyDictionary<string, string> Constants, Instant ChangedAt) : IHeaderMapping
{
    IEnumerable<string> IHeaderMapping.Headers => Columns.Select(c => c.Header);

    /// <summary>Our name of a file's column; null where it is not taken.</summary>
    public string? ColumnOf(string header) => Columns.FirstOrDefault(c => c.Header == header)?.Column;
}

/// <summary>What a mapping must be. Pure.</summary>
public static class ImportMappingRules
{
    public const int MostColumns = 500;

    /// <summary>Columns that may be the same for every line of a source; figures and marks of single certificates may not.</summary>
    public static IReadOnlyList<string> Constant { get; } = ["brand", "countryOfOrigin", "shape", "spec", "method", "labName", "labAccreditation", "labValidTo"];

    /// <summary>
    /// <c>mapping.name-missing</c>, <c>mapping.columns-missing</c>, <c>mapping.header-invalid</c>, <c>mapping.column-unknown</c>, <c>mapping.constant-not-allowed</c>, <c>mapping.constant-empty</c>, <c>mapping.constant-and-column</c>; then what the file's header itself would
    /// be refused for: a column twice, a required one missing, no element.
    /// </summary>
    public static IReadOnlyList<Refusal> Check(MappingContent m)
    {
        var wrong = new List<Refusal>();
        if (!CertificateRules.IsText(m.Name)) wrong.Add(Refusal.Of("mapping.name-missing", "name", ("most", "64")));
        if (m.Columns is not { Count: > 0 and <= MostColumns }) return [.. wrong, Refusal.Of("mapping.columns-missing", "columns", ("most", "500"))];
        var headers = new HashSet<string>(StringComparer.Ordinal);
        for (var i = 0; i < m.Columns.Count; i++)
        {
            var (header, column) = m.Columns[i] ?? new("", null);
            if (string.IsNullOrWhiteSpace(header) || header != header.Trim() || header.Length > 200 || header.Any(char.IsControl) || !headers.Add(header)) wrong.Add(Refusal.Of("mapping.header-invalid", $"columns[{i}].header", ("given", header ?? "")));
            if (column is not null && !ImportColumns.IsColumn(column)) wrong.Add(Refusal.Of("mapping.column-unknown", $"columns[{i}].column", ("given", column)));
        }
        foreach (var (name, value) in m.Constants ?? new Dictionary<string, string>())
        {
            if (!Constant.Contains(name)) wrong.Add(Refusal.Of("mapping.constant-not-allowed", $"constants.{name}", ("given", name), ("allowed", string.Join(", ", Constant))));
            else if (!CertificateRules.IsText(value)) wrong.Add(Refusal.Of("mapping.constant-empty", $"constants.{name}", ("given", name), ("most", "64")));
            else if (m.Columns.Any(c => c?.Column == name)) wrong.Add(Refusal.Of("mapping.constant-and-column", $"constants.{name}", ("given", name)));
        }
        if (wrong.Count > 0) return wrong;
        var read = ImportColumns.Read([.. m.Columns.Select(c => c.Header)], Of(Guid.Empty, m, default));
        return read.Ok ? [] : read.Refusals;
    }

    public static ImportMapping Of(Guid id, MappingContent m, Instant at) => new(id, m.Name, m.Columns, m.Constants ?? new Dictionary<string, string>(), at);

    /// <summary>Our column a header most likely means: equal but for case, spaces and punctuation; null where none is.</summary>
    public static string? Guess(string header)
    {
        var plain = HeaderMappings.Plain(header);
        return ImportColumns.All.Select(c => c.Name).FirstOrDefault(n => HeaderMappings.Plain(n) == plain) ?? (ImportColumns.IsColumn(header) ? header : null);
    }
}
