using NodaTime;
using NodaTime.Text;
using Verdigris.Cbam.Template;
using Verdigris.Primitives;

namespace Verdigris.Cbam.Operators;

/// <summary>What kind of entry a field takes.</summary>
public enum EntryKind { Text, Number, Percent, Flag, Day }

/// <summary>An entry of the form as a page shows it.</summary>
/// <param name="Field">Path in the model: <c>processes[P1].marketT</c>.</param>
/// <param name="Part">What the page shows together: <c>processes[P1]</c>, <c>installation</c>; <c>report</c> for what stands alone.</param>
/// <param name="List">Name of the list its words come from; null where any text will do.</param>
/// <param name="Typed">As it is written; empty where nothing is.</param>
public sealed record FormEntry(string Field, string Part, string Sheet, string Cell, EntryKind Kind, string? List, string Typed);

/// <summary>The form entry by entry, and the way back: the same walk that reads and writes the workbook.</summary>
static class FormEditing
{
    public const string Alone = "report";

    /// <summary>Years of a day: as far as a workbook keeps days and anybody could mean.</summary>
    const int FirstYear = 1900, LastYear = 2199;

    /// <summary>Every entry of the form, filled in or not, in the form's order.</summary>
    public static IReadOnlyList<FormEntry> Entries(CommunicationReport report)
    {
        var collector = new Collector();
        TemplateWalk.Over(collector, report);
        return collector.Entries;
    }

    /// <summary>The report with some entries written anew. An empty text empties the entry; entries that are not named stay.</summary>
    /// <param name="lists">Null where no entry of a list is written.</param>
    /// <returns>Refused with the field: <c>input.not-a-number</c>, <c>input.not-a-date</c>, <c>template.not-in-list</c>, <c>template.cn-unknown</c>, <c>input.not-a-choice</c>, <c>input.too-long</c>, <c>template.no-such-field</c>.</returns>
    public static Answer<CommunicationReport> Write(CommunicationReport report, IReadOnlyDictionary<string, string> typed, TemplateLists? lists)
    {
        var writer = new Writer(typed, lists);
        var written = TemplateWalk.Over(writer, report);
        foreach (var unknown in typed.Keys.Where(k => !writer.Seen.Contains(k)).Order(StringComparer.Ordinal)) writer.Refusals.Add(Refusal.Of("template.no-such-field", unknown));
        return writer.Refusals.Count > 0 ? writer.Refusals : written;
    }

    public static string PartOf(string field) => field.IndexOf('.') is >= 0 and var dot ? field[..dot] : Alone;

    static EntryKind KindOf(CellKind kind) => kind switch { CellKind.Flag => EntryKind.Flag, CellKind.Day => EntryKind.Day, CellKind.Number => EntryKind.Number, CellKind.PercentNumber or CellKind.PercentShare => EntryKind.Percent, _ => EntryKind.Text };

    static string Written(object? value) => value switch { null => "", decimal d => DecimalText.Write(d), LocalDate day => LocalDatePattern.Iso.Format(day), bool flag => flag ? "true" : "false", _ => (string)value };

    sealed class Collector : TemplateVisitor
    {
        public List<FormEntry> Entries { get; } = [];

        protected override object? Visit(TemplateCell cell, object? value)
        {
            Entries.Add(new(cell.Field, PartOf(cell.Field), cell.Sheet, cell.Reference, KindOf(cell.Kind), cell.List, Written(value)));
            return value;
        }
    }

    sealed class Writer(IReadOnlyDictionary<string, string> typed, TemplateLists? lists) : TemplateVisitor
    {
        public List<Refusal> Refusals { get; } = [];
        public HashSet<string> Seen { get; } = new(StringComparer.Ordinal);

        protected override object? Visit(TemplateCell cell, object? value)
        {
            var now = value;
            if (typed.TryGetValue(cell.Field, out var text))
            {
                Seen.Add(cell.Field);
                now = Read(cell, (text ?? "").Trim());
            }
            if (now is not null) Filled++;
            return now;
        }

        object? Read(TemplateCell cell, string text) => text.Length == 0 ? null : cell.Kind switch
        {
            CellKind.Text => Word(cell, text),
            CellKind.Flag => text switch { "true" => true, "false" => false, _ => Bad(Refusal.Of("input.not-a-choice", cell.Field, ("given", text))) },
            CellKind.Day => LocalDatePattern.Iso.Parse(text) is { Success: true, Value.Year: >= FirstYear and <= LastYear } day ? day.Value : Bad(Refusal.Of("input.not-a-date", cell.Field, ("given", text))),
            _ => DecimalText.TryRead(text, out var number) ? number : Bad(Refusal.Of("input.not-a-number", cell.Field, ("given", text))),
        };

        object? Word(TemplateCell cell, string text)
        {
            if (text.Length > 500) return Bad(Refusal.Of("input.too-long", cell.Field, ("limit", "500"), ("given", $"{text.Length}")));
            if (cell.List is not { } list) return text;
            if (list == TemplateLists.CnCodes) text = string.Concat(text.Where(c => !char.IsWhiteSpace(c)));
            if (lists is null) throw new InvalidOperationException($"The entry {cell.Field} takes words of a list.");
            return lists.Of(list).FirstOrDefault(k => string.Equals(k.Trim(), text, StringComparison.OrdinalIgnoreCase))
                ?? Bad(list == TemplateLists.CnCodes ? Refusal.Of("template.cn-unknown", cell.Field, ("given", text)) : Refusal.Of("template.not-in-list", cell.Field, ("given", text), ("allowed", string.Join(", ", lists.Of(list).Take(20)))));
        }

        object? Bad(Refusal refusal)
        {
            Refusals.Add(refusal);
            return null;
        }
    }
}
