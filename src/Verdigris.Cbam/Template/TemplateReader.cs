using System.Globalization;
using NodaTime;
using NodaTime.Text;
using Verdigris.Primitives;

namespace Verdigris.Cbam.Template;

/// <summary>Answers the walk with what the cells hold. What cannot be read is left empty and said, with the cell; nothing is guessed.</summary>
sealed class TemplateReader(TemplateWorkbook book, TemplateLists lists) : TemplateVisitor
{
    /// <summary>No plant has as much of anything; a slip of the unit has.</summary>
    const decimal Largest = 1_000_000_000_000m;

    public List<TemplateFinding> Findings { get; } = [];

    /// <summary>Where each field of the model stands.</summary>
    public Dictionary<string, TemplateCell> Places { get; } = new(StringComparer.Ordinal);

    /// <summary>Cells of which something was said already: their emptiness is no finding of its own.</summary>
    public HashSet<string> Unreadable { get; } = new(StringComparer.Ordinal);

    protected override object? Visit(TemplateCell cell, object? value)
    {
        Places[cell.Field] = cell;
        var held = book.Value(cell.Sheet, cell.Reference);
        if (held.IsEmpty) return null;
        Filled++;
        if (held.Error is { } error) return Bad(cell, Refusal.Of("template.cell-error", null, ("given", error)));
        return cell.Kind switch
        {
            CellKind.Text => Word(cell, held),
            CellKind.Flag => Flag(cell, held),
            CellKind.Day => Day(cell, held),
            _ => Number(cell, held),
        };
    }

    object? Word(TemplateCell cell, SheetValue held)
    {
        var text = held.Text?.Trim() ?? (held.Number is { } number ? number.ToString(CultureInfo.InvariantCulture) : held.Flag == true ? "TRUE" : "FALSE");
        if (cell.List is not { } list) return text;
        if (list == TemplateLists.CnCodes) text = string.Concat(text.Where(c => !char.IsWhiteSpace(c)));
        // One word of the form ends in a blank; people and programs leave it out.
        var known = lists.Of(list);
        if (known.Contains(text)) return text;
        if (known.FirstOrDefault(k => string.Equals(k.Trim(), text, StringComparison.OrdinalIgnoreCase)) is { } meant) return meant;
        Say(cell, FindingSeverity.Error, list == TemplateLists.CnCodes ? Refusal.Of("template.cn-unknown", null, ("given", Short(text))) : Refusal.Of("template.not-in-list", null, ("given", Short(text)), ("allowed", Short(string.Join(", ", known)))));
        return text;
    }

    object? Flag(TemplateCell cell, SheetValue held) => held.Flag is { } flag ? flag : held.Text?.Trim().ToUpperInvariant() switch
    {
        "TRUE" => true,
        "FALSE" => false,
        _ => Bad(cell, Refusal.Of("template.not-a-flag", null, ("given", Short(held.Text ?? DecimalText.Write(held.Number ?? 0))))),
    };

    object? Day(TemplateCell cell, SheetValue held)
    {
        if (held.Number is { } serial && book.Day(serial) is { } day) return day;
        return held.Text is { } text && LocalDatePattern.Iso.Parse(text.Trim()) is { Success: true } iso ? iso.Value : Bad(cell, Refusal.Of("template.day", null, ("given", Short(held.Text ?? DecimalText.Write(held.Number ?? 0)))));
    }

    object? Number(TemplateCell cell, SheetValue held)
    {
        if (held.Number is not { } number)
        {
            var text = held.Text?.Trim() ?? "TRUE";
            return Bad(cell, text.Contains(',', StringComparison.Ordinal) && DecimalText.TryRead(text.Replace(".", "", StringComparison.Ordinal).Replace(',', '.'), out _) ? Refusal.Of("template.decimal-comma", null, ("given", Short(text)))
                : DecimalText.TryRead(text, out _) ? Refusal.Of("template.number-as-text", null, ("given", Short(text))) : Refusal.Of("template.not-a-number", null, ("given", Short(text))));
        }
        if (Math.Abs(number) > Largest) return Bad(cell, Refusal.Of("template.too-large", null, ("given", DecimalText.Write(number)), ("most", DecimalText.Write(Largest))));
        if (number < 0 && !cell.Signed) Say(cell, FindingSeverity.Error, Refusal.Of("template.below-zero", null, ("given", DecimalText.Write(number))));
        if (cell.Kind == CellKind.PercentNumber)
        {
            if (number > 100) Say(cell, FindingSeverity.Error, Refusal.Of("template.above-hundred", null, ("given", DecimalText.Write(number))));
            // 1 % of biomass is possible, 1 % of oxidation is not: both are worth a look.
            else if (number is > 0 and <= 1) Say(cell, FindingSeverity.Warning, Refusal.Of("template.percent-as-share", null, ("given", DecimalText.Write(number)), ("meant", DecimalText.Write(DecimalText.Trim(number * 100)))));
        }
        if (cell.Kind != CellKind.PercentShare) return number;
        if (number > 1) Say(cell, FindingSeverity.Error, Refusal.Of("template.share-as-percent", null, ("given", DecimalText.Write(number)), ("shown", DecimalText.Write(DecimalText.Trim(number * 100)))));
        return DecimalText.Trim(number * 100);
    }

    object? Bad(TemplateCell cell, Refusal said)
    {
        Unreadable.Add(cell.Field);
        Say(cell, FindingSeverity.Error, said);
        return null;
    }

    public void Say(TemplateCell cell, FindingSeverity severity, Refusal said) => Findings.Add(TemplateFinding.Of(cell, severity, said));

    static string Short(string text) => text.Length <= 120 ? text : text[..117] + "…";
}
