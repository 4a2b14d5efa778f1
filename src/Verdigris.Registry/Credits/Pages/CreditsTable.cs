using Microsoft.AspNetCore.Components;
using NodaTime;
using Verdigris.Primitives.Rules;
using Verdigris.Registry.Credits.Orders;
using Verdigris.Registry.Credits.Units;
using Verdigris.Web;
using Verdigris.Web.Components;

namespace Verdigris.Registry.Credits.Pages;

/// <summary>What tables of units share.</summary>
public abstract class CreditsTable : ComponentBase
{
    [Inject] protected IStrings S { get; set; } = null!;
    [Inject] protected Show Show { get; set; } = null!;
    [Inject] protected RulePacks Packs { get; set; } = null!;

    protected static Tone ToneOf(UnitStanding standing) => standing switch { UnitStanding.Held => Tone.Good, UnitStanding.Retired or UnitStanding.Cancelled or UnitStanding.Converted or UnitStanding.Deposited => Tone.Neutral, UnitStanding.Immobilised => Tone.Warn, _ => Tone.Info };

    internal static Tone ToneOf(CreditOrderState state) => state switch { CreditOrderState.Done => Tone.Good, CreditOrderState.Refused => Tone.Bad, CreditOrderState.TurnedDown => Tone.Neutral, _ => Tone.Info };

    protected string VintageOf(LocalDate? from, LocalDate? to) => VintageText.Of(from, to) ?? Show.Unknown;
}

/// <summary>The years of reductions as people write them.</summary>
static class VintageText
{
    /// <returns>Null where it is not known.</returns>
    public static string? Of(LocalDate? from, LocalDate? to) => from is not { } f || to is not { } t ? null
        : (f.Month, f.Day, t.Month, t.Day) == (1, 1, 12, 31) ? f.Year == t.Year ? $"{f.Year}" : $"{f.Year}–{t.Year}" : $"{f:uuuu-MM-dd} – {t:uuuu-MM-dd}";
}
