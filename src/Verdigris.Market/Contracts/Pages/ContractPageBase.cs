using Microsoft.AspNetCore.Components;
using Verdigris.Web.Components;

namespace Verdigris.Market.Contracts.Pages;

/// <summary>What the pages of the contracts stand on. They are open to everybody and keep nothing.</summary>
public abstract class ContractPageBase : RoomPage
{
    [Inject] protected ContractSet Contracts { get; set; } = null!;

    protected override string DonePrefix => "market.done.";

    protected string In(string en, string zh) => S.Language == "zh" ? zh : en;

    internal static Tone ToneOf(string status) => status switch { "verified" => Tone.Good, "secondary" => Tone.Info, _ => Tone.Warn };

    internal static Tone StandingTone(string standing) => standing switch { "listed" => Tone.Good, "house" => Tone.Info, _ => Tone.Neutral };
}
