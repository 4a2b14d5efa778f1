using System.Globalization;
using NodaTime;
using NodaTime.Text;

namespace Verdigris.Primitives.Rules;

/// <summary>
/// How far a value of a pack can be trusted. Only verified values decide; the others warn.
/// </summary>
public enum RuleStatus
{
    /// <summary>Read in the source named.</summary>
    Verified,
    /// <summary>Read in a description of the source.</summary>
    Secondary,
    /// <summary>From memory, to be confirmed.</summary>
    Recalled,
}

/// <summary>Where a value comes from, as a trace shows it.</summary>
/// <param name="Article">Act and article, or standard and clause; falls back to the source's citation.</param>
public sealed record RuleRef(string Pack, string Version, string Sha256, string Article, RuleStatus Status);

/// <summary>Act, standard or publication a value was read in.</summary>
public sealed record RuleSource(string Id, string Citation, LocalDate Retrieved);

/// <summary>A set of dated, cited values that belong together; one YAML file with the tables it names. Never changes once loaded.</summary>
/// <param name="Sha256">Over every file of the pack, in order: name, length, content.</param>
public sealed record RulePack(
    string Id, string Version, Bilingual Title, string Sha256,
    IReadOnlyDictionary<string, RuleSource> Sources, IReadOnlyDictionary<string, RuleTable> Tables)
{
    /// <exception cref="KeyNotFoundException">The pack has no such table.</exception>
    public RuleTable Table(string name) => Tables.TryGetValue(name, out var table) ? table : throw new KeyNotFoundException($"Rule pack {Id} has no table '{name}'.");
}

/// <summary>Rows of one kind, checked: every required column there, every value of its type, validity of a key without overlap.</summary>
public sealed record RuleTable(string Name, IReadOnlyList<string> Key, IReadOnlyList<RuleRow> Rows)
{
    /// <summary>The row of a key in force on a day; with no day, the row whose validity has no end. Null if there is none.</summary>
    public RuleRow? Find(LocalDate? on, params ReadOnlySpan<string> key)
    {
        foreach (var row in Rows)
        {
            var same = key.Length == Key.Count;
            for (var i = 0; same && i < key.Length; i++) same = row.TextOrNull(Key[i]) == key[i];
            if (same && row.InForce(on)) return row;
        }
        return null;
    }
}

/// <summary>One entry: typed values, validity <c>[From, To)</c>, source and status. A missing start or end is open.</summary>
public sealed class RuleRow
{
    readonly IReadOnlyDictionary<string, object> values;

    internal RuleRow(string file, int line, IReadOnlyDictionary<string, object> values, LocalDate? from, LocalDate? to, RuleStatus status, RuleSource source, string? article, LocalDate retrieved, string? note)
    {
        File = file; Line = line; this.values = values; From = from; To = to; Status = status; Source = source; Article = article; Retrieved = retrieved; Note = note;
    }

    public string File { get; }
    public int Line { get; }
    public LocalDate? From { get; }
    public LocalDate? To { get; }
    public RuleStatus Status { get; }
    public RuleSource Source { get; }
    public string? Article { get; }
    public LocalDate Retrieved { get; }
    public string? Note { get; }

    /// <summary>In force on the day; with no day given, whether its validity has no end.</summary>
    public bool InForce(LocalDate? on) => on is { } day ? (From is null || From <= day) && (To is null || day < To) : To is null;

    /// <summary>Columns this entry has a value in, those every table has left out.</summary>
    public IEnumerable<string> Columns => values.Keys;

    public bool Has(string column) => values.ContainsKey(column);

    /// <summary>The value as a pack writes it, whatever the culture: ISO dates, a decimal point, <c>true</c> and <c>false</c>, lists with commas. Null where there is none.</summary>
    public string? Written(string column) => !values.TryGetValue(column, out var value) ? null : value switch
    {
        string text => text,
        LocalDate day => LocalDatePattern.Iso.Format(day),
        bool flag => flag ? "true" : "false",
        IReadOnlyList<string> list => string.Join(", ", list),
        _ => Convert.ToString(value, CultureInfo.InvariantCulture),
    };

    /// <exception cref="KeyNotFoundException">The entry has no value in this column.</exception>
    public string Text(string column) => (string)Value(column);
    public string? TextOrNull(string column) => values.TryGetValue(column, out var value) ? value as string ?? value.ToString() : null;
    public decimal Decimal(string column) => (decimal)Value(column);
    public decimal? DecimalOrNull(string column) => values.TryGetValue(column, out var value) ? (decimal)value : null;
    public int Integer(string column) => (int)Value(column);
    public int? IntegerOrNull(string column) => values.TryGetValue(column, out var value) ? (int)value : null;
    public LocalDate Date(string column) => (LocalDate)Value(column);
    public bool Flag(string column) => (bool)Value(column);
    public IReadOnlyList<string> List(string column) => values.TryGetValue(column, out var value) ? (IReadOnlyList<string>)value : [];

    public RuleRef Ref(RulePack pack, RuleStatus? status = null) => new(pack.Id, pack.Version, pack.Sha256, Article ?? Source.Citation, status ?? Status);

    object Value(string column) => values.TryGetValue(column, out var value) ? value : throw new KeyNotFoundException($"{File}:{Line} has no value for '{column}'.");
}
