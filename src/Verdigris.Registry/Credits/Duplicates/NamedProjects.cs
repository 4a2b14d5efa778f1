using Verdigris.Registry.Credits.Imports;

namespace Verdigris.Registry.Credits.Duplicates;

/// <summary>Gathers the projects of a file from its records. Not thread-safe.</summary>
sealed class NamedProjects(MatchRules rules, ExportFormat format)
{
    sealed class Seen
    {
        public string? Name, Country, Methodology;
        public bool Deposits;
        public HashSet<Span> Vintages { get; } = [];
        public HashSet<(string, string)> Stated { get; } = [];
    }

    readonly SortedDictionary<string, Seen> all = new(StringComparer.Ordinal);

    public void Add(ExportRow row)
    {
        if (row.Project.Length == 0) return;
        if (!all.TryGetValue(row.Project, out var seen)) all.Add(row.Project, seen = new());
        (seen.Name, seen.Country, seen.Methodology) = (row.Name ?? seen.Name, row.Country ?? seen.Country, row.Methodology ?? seen.Methodology);
        if (rules.Stated(row.OtherProject) is { } stated) seen.Stated.Add(stated);
        // Units of one registry held in another carry the number of the first.
        if (row.Block is { } block && block.Programme != format.Programme && block.Part("project") is { } there) seen.Stated.Add((block.Programme, there));
        if (row.Refused) return;
        if (format.Kind == ExportKind.Projects)
        {
            if (row.CreditingFrom is not null) seen.Vintages.Add(new(row.CreditingFrom, row.CreditingTo));
        }
        else if (Counts(row))
        {
            seen.Vintages.Add(new(row.VintageFrom, row.VintageTo));
            seen.Deposits |= Deposits(format, row);
        }
    }

    public IReadOnlyList<NamedProject> All() => [.. all.Select(x => new NamedProject(x.Key, x.Value.Name, x.Value.Country, x.Value.Methodology, x.Value.Deposits, [.. x.Value.Vintages], [.. x.Value.Stated]))];

    /// <summary>Whether a record brings units that count: what was converted into another programme's counts there.</summary>
    public static bool Deposits(ExportFormat format, ExportRow row) => format.Kind is not (ExportKind.Projects or ExportKind.Statements) && Counts(row);

    static bool Counts(ExportRow row) => row.Ends != EndingKind.Converted;
}
