using Microsoft.AspNetCore.Components;
using Verdigris.Web.Components;

namespace Verdigris.Registry.Schemes.Pages;

/// <summary>What the pages of the schemes stand on. They are open to everybody and keep nothing.</summary>
public abstract class SchemePageBase : RoomPage
{
    [Inject] protected SchemeSet Schemes { get; set; } = null!;

    protected override string DonePrefix => "schemes.done.";

    protected string In(string en, string zh) => S.Language == "zh" ? zh : en;

    protected static Tone ToneOf(string status) => status switch { "verified" => Tone.Good, "secondary" => Tone.Info, _ => Tone.Warn };
}
