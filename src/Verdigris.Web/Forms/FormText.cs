using System.Globalization;
using NodaTime;
using NodaTime.Text;
using Verdigris.Primitives;

namespace Verdigris.Web;

/// <summary>
/// Reads what people type. Form models hold texts so that a page can show exactly what was typed beside its refusal; these readers turn
/// them into values and add a coded refusal naming the field where they cannot. Each answers null after adding a refusal.
/// </summary>
public sealed class FormText
{
    public List<Refusal> Refusals { get; } = [];

    public bool Ok => Refusals.Count == 0;

    /// <summary>Trimmed text, at most <paramref name="max"/> characters; <c>input.required</c>, <c>input.too-long</c>.</summary>
    public string? Text(string? given, string field, int max = 200, bool required = true)
    {
        var text = given?.Trim() ?? "";
        if (text.Length == 0)
        {
            if (required) Refusals.Add(Refusal.Of("input.required", field));
            return null;
        }
        if (text.Length <= max) return text;
        Refusals.Add(Refusal.Of("input.too-long", field, ("limit", max.ToString(CultureInfo.InvariantCulture)), ("given", text.Length.ToString(CultureInfo.InvariantCulture))));
        return null;
    }

    /// <summary><c>input.not-a-number</c>, <c>input.out-of-range</c>, <c>input.too-many-decimals</c>.</summary>
    public decimal? Decimal(string? given, string field, decimal? min = null, decimal? max = null, int? decimals = null, bool required = true)
    {
        if (Text(given, field, 40, required) is not { } text) return null;
        if (!Numbers.TryParse(text, out var value)) return Refuse(Refusal.Of("input.not-a-number", field, ("given", text)));
        if (value < min || value > max)
            return Refuse(Refusal.Of("input.out-of-range", field, ("given", text), ("min", Bound(min)), ("max", Bound(max))));
        if (decimals is { } d && value != Math.Round(value, d))
            return Refuse(Refusal.Of("input.too-many-decimals", field, ("given", text), ("limit", d.ToString(CultureInfo.InvariantCulture))));
        return value;
    }

    public int? Whole(string? given, string field, int min = 0, int max = int.MaxValue, bool required = true) =>
        Decimal(given, field, min, max, 0, required) is { } value ? (int)value : null;

    /// <summary>ISO dates as <c>input type=date</c> sends them; <c>input.not-a-date</c>.</summary>
    public LocalDate? Date(string? given, string field, bool required = true)
    {
        if (Text(given, field, 40, required) is not { } text) return null;
        var parsed = LocalDatePattern.Iso.Parse(text);
        if (parsed.Success) return parsed.Value;
        Refusals.Add(Refusal.Of("input.not-a-date", field, ("given", text)));
        return null;
    }

    /// <summary>One of the given texts; <c>input.not-a-choice</c>.</summary>
    public string? Choice(string? given, string field, IEnumerable<string> choices, bool required = true)
    {
        if (Text(given, field, 200, required) is not { } text) return null;
        if (choices.Contains(text, StringComparer.Ordinal)) return text;
        Refusals.Add(Refusal.Of("input.not-a-choice", field, ("given", text)));
        return null;
    }

    /// <summary><c>input.not-an-id</c>.</summary>
    public Guid? Id(string? given, string field, bool required = true)
    {
        if (Text(given, field, 40, required) is not { } text) return null;
        if (Guid.TryParse(text, out var id)) return id;
        Refusals.Add(Refusal.Of("input.not-an-id", field, ("given", text)));
        return null;
    }

    decimal? Refuse(Refusal refusal)
    {
        Refusals.Add(refusal);
        return null;
    }

    static string Bound(decimal? bound) => bound is { } b ? Numbers.Plain(b) : "∞";
}
