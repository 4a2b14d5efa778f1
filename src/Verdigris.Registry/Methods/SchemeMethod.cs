using NodaTime.Text;
using Verdigris.Primitives;
using Verdigris.Primitives.Calculations;
using Verdigris.Primitives.Rules;
using Verdigris.Registry.Schemes;

namespace Verdigris.Registry.Methods;

/// <summary>A method that works by the rows of a scheme's file.</summary>
abstract class SchemeMethod(string method, Bilingual title, params IReadOnlyList<InputField> fields) : Calculator(method, "1.0", title, fields)
{
    /// <summary>The years a file can speak of.</summary>
    public const int FirstYear = 1990, LastYear = 2100;

    protected static InputField SchemeCode(bool optional = false) => Text("scheme", "Scheme, for example eu-ets", "体系，例如 eu-ets", optional);

    protected static InputField Year(string en = "Year", string zh = "年份", bool optional = false) => Whole("year", en, zh, FirstYear, LastYear, optional);

    protected static InputField Flag(string name, string en, string zh) => new(name, InputKind.Flag, new(en, zh), Required: false);

    protected static InputField Numbers(string name, string en, string zh, string? unit = null, bool optional = false, decimal min = 0) => new(name, InputKind.Numbers, new(en, zh), !optional, unit, min, Maximum: 1_000_000_000_000m);

    /// <summary>The scheme the input names, or where it may be left out the one given here, which the warnings then name.</summary>
    protected static Scheme SchemeOf(Working w, string? byDefault = null)
    {
        var schemes = SchemeSet.Of(w.Rules);
        if (w.Input.TextOrNull("scheme") is null && byDefault is not null) w.Warn("calc.default", $"scheme not given: {byDefault}.", $"未给出 scheme：按 {byDefault}。", "scheme");
        return schemes.Find(w.Input.TextOrNull("scheme") ?? byDefault) ?? w.Stop<Scheme>(Refusal.NotFound("ets.scheme-unknown", "scheme", ("given", w.Input.TextOrNull("scheme") ?? ""), ("known", string.Join(", ", schemes.All.Select(s => s.Code)))));
    }

    protected static string Day(NodaTime.LocalDate day) => LocalDatePattern.Iso.Format(day);

    /// <summary>A step that says a word rather than a number.</summary>
    protected static void Say(Working w, string id, string en, string zh, string value, RuleRef? rule) => w.Note(new(id, new(en, zh), null, [], value, null, rule));
}
