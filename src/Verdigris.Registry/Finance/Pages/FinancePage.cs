using Microsoft.AspNetCore.Components;
using Verdigris.Primitives;
using Verdigris.Registry.Accounts.Pages;
using Verdigris.Registry.Finance.Terms;
using Verdigris.Web;
using Verdigris.Web.Components;

namespace Verdigris.Registry.Finance.Pages;

/// <summary>What the pages of finance stand on.</summary>
public abstract class FinancePage : RegistryPage
{
    [Inject] protected DealHandlers Deals { get; set; } = null!;

    protected override string DonePrefix => "finance.done.";

    protected string Label(string name) => S["finance.label." + name];

    protected string Money(decimal? amount, string currency) => amount is { } known ? $"{Show.Number(known, 2)}\u00a0{currency}" : S["finance.label.price-unknown"];

    protected static Tone ToneOf(DealState state) => state switch { DealState.Open or DealState.Settled => Tone.Good, DealState.Called or DealState.Agreed => Tone.Warn, DealState.Defaulted or DealState.Failed => Tone.Bad, DealState.Drafted or DealState.Proposed => Tone.Info, _ => Tone.Neutral };

    protected static Tone ToneOf(CashState state) => state switch { CashState.Confirmed => Tone.Good, CashState.Claimed => Tone.Info, _ => Tone.Warn };

    protected static Tone ToneOf(DealStepState state) => state switch { DealStepState.Done => Tone.Good, DealStepState.Waiting or DealStepState.Moving => Tone.Info, _ => Tone.Bad };
}
