using System.Globalization;
using Microsoft.AspNetCore.Components;
using NodaTime;
using Verdigris.Primitives;
using Verdigris.Primitives.Rules;
using Verdigris.Registry.Accounts.Pages;
using Verdigris.Registry.Credits.Cycle;
using Verdigris.Registry.Credits.Imports;
using Verdigris.Registry.Credits.Orders;
using Verdigris.Registry.Credits.Programmes;
using Verdigris.Registry.Credits.Projects;
using Verdigris.Registry.Credits.Units;
using Verdigris.Storage;
using Verdigris.Web;
using Verdigris.Web.Components;

namespace Verdigris.Registry.Credits.Pages;

/// <summary>What the pages of crediting programmes stand on.</summary>
public abstract class CreditsPage : DirectoryPage
{
    [Inject] protected RulePacks Packs { get; set; } = null!;

    protected override string DonePrefix => "credits.done.";

    protected CreditRules Rules => CreditRules.Of(Packs);

    protected bool Writes => ProjectRoles.Writes(Actor) is null;
    protected bool Holds => Writes || Is(Role.OwnerApprover) || Is(Role.ProducerApprover);

    /// <summary>The views, the one at hand marked.</summary>
    protected IReadOnlyList<TabItem> Views(string at) =>
        [.. new[] { ("projects", "/credits", true), ("holdings", "/credits/holdings", Holds), ("orders", "/credits/orders", Holds || Authority), ("duplicates", "/credits/duplicates", Authority), ("import", "/credits/import", Authority), ("safety", "/credits/safety", Authority), ("serials", "/credits/serials", true), ("bodies", "/credits/bodies", true) }.Where(v => v.Item3).Select(v => new TabItem(S["credits.view." + v.Item1], v.Item2, v.Item1 == at))];

    protected string ProgrammeOf(string code) => Rules.Programme(code)?.Name.In(S.Language) ?? code;

    protected string NumberOf(string programme, string number) => Rules.NumberOf(programme, number);

    protected string ReasonOf(string kind, string? code) => Rules.Reason(kind, code)?.Name.In(S.Language) ?? code ?? "";

    protected string LabelOf(string code) => Rules.Labels.FirstOrDefault(l => l.Code == code)?.Name.In(S.Language) ?? code;

    /// <summary>The state of a project in its programme's own word, where it has one.</summary>
    protected string StateOf(CreditProject p) => p.State is { } state ? Rules.NameOf(p.Programme, state.ToString())?.In(S.Language) ?? S["credits.state." + state] : p.PrintedState ?? S["credits.state.elsewhere"];

    protected static Tone ToneOf(ProjectState? state) => state switch { ProjectState.Registered or ProjectState.Completed => Tone.Good, ProjectState.Rejected or ProjectState.Terminated => Tone.Bad, ProjectState.OnHold or ProjectState.LateToVerify => Tone.Warn, ProjectState.Withdrawn or null => Tone.Neutral, _ => Tone.Info };

    protected static Tone ToneOf(PeriodState state) => state switch { PeriodState.Issued => Tone.Good, PeriodState.Withdrawn => Tone.Neutral, _ => Tone.Info };

    protected string VintageOf(LocalDate? from, LocalDate? to) => VintageText.Of(from, to) ?? Show.Unknown;

    protected IReadOnlyList<Option> ProgrammeOptions() => [.. Rules.Programmes.Select(p => new Option(p.Code, p.Name.In(S.Language)))];
}
