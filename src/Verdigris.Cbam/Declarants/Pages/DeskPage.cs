using NodaTime;
using Verdigris.Cbam.Declarations;
using Verdigris.Cbam.Imports;
using Verdigris.Cbam.Suppliers;
using Verdigris.Primitives;
using Verdigris.Web;
using Verdigris.Web.Components;

namespace Verdigris.Cbam.Declarants.Pages;

/// <summary>What the pages of the importer's desk stand on.</summary>
public abstract class DeskPage : RoomPage
{
    protected override string DonePrefix => "cbam.done.";

    protected bool Trader => Is(Role.OwnerTrader);

    /// <summary>The views of the desk, the one at hand marked.</summary>
    protected IReadOnlyList<TabItem> Views(string at) =>
        [.. new[] { ("overview", "/cbam"), ("lines", "/cbam/lines"), ("files", "/cbam/files"), ("suppliers", "/cbam/suppliers"), ("requests", "/cbam/requests"), ("declarations", "/cbam/declarations"), ("certificates", "/cbam/certificates"), ("landed", "/cbam/landed") }.Select(v => new TabItem(S["cbam.view." + v.Item1], v.Item2, v.Item1 == at))];

    /// <summary>Tonnes of CO2e or certificates, with "at least" before a lower bound.</summary>
    protected string AtLeast(decimal? value, bool atLeast, string unit) => value is { } known && atLeast ? S.With("cbam.at-least", ("value", Show.Quantity(known, unit, 3))) : Show.Quantity(value, unit, 3);

    protected static Tone ToneOf(string status) => status switch { "computed" => Tone.Good, "exempt" or "out-of-scope" => Tone.Neutral, "price-unpublished" => Tone.Info, _ => Tone.Warn };

    protected static Tone ToneOf(RequestState state) => state switch { RequestState.Answered => Tone.Good, RequestState.Open => Tone.Warn, _ => Tone.Neutral };

    protected static Tone ToneOf(DeclarationState state) => state switch { DeclarationState.Submitted => Tone.Good, DeclarationState.Superseded or DeclarationState.Discarded => Tone.Neutral, _ => Tone.Info };

    protected static decimal? Figure(string? text, string field, List<Refusal> wrong)
    {
        if (Given(text) is not { } typed) return null;
        if (DecimalText.TryRead(typed, out var value)) return value;
        wrong.Add(Refusal.Of("input.not-a-number", field, ("given", typed)));
        return null;
    }

    protected static long Whole(string? text, string field, List<Refusal> wrong)
    {
        if (Given(text) is null)
        {
            wrong.Add(Refusal.Of("input.required", field));
            return 0;
        }
        if (long.TryParse(Given(text), System.Globalization.NumberStyles.None, System.Globalization.CultureInfo.InvariantCulture, out var number)) return number;
        wrong.Add(Refusal.Of("input.not-a-number", field, ("given", text ?? "")));
        return 0;
    }

    /// <summary>A word of an enumeration in a form; what is none is refused by what was sent.</summary>
    protected static T Chosen<T>(string? text, string field, List<Refusal> wrong) where T : struct, Enum
    {
        if (WordOf<T>(Given(text)) is { } word) return word;
        wrong.Add(Given(text) is { } given ? Refusal.Of("request.word-unknown", field, ("given", given)) : Refusal.Of("input.required", field));
        return default;
    }

    protected static int? YearOf(string? text) => int.TryParse(text, System.Globalization.NumberStyles.None, System.Globalization.CultureInfo.InvariantCulture, out var year) && year is >= 2023 and <= 2100 ? year : null;
}
