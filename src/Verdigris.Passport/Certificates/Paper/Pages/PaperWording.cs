using Verdigris.Web;
using Verdigris.Web.Components;

namespace Verdigris.Passport.Certificates.Paper.Pages;

/// <summary>Words and colours of papers.</summary>
static class PaperWording
{
    public static string Of(PaperState state, IStrings s) => s["paper.state." + state];

    public static Tone ToneOf(PaperState state) => state switch
    {
        PaperState.Published => Tone.Good,
        PaperState.Confirmed => Tone.Copper,
        PaperState.Differs => Tone.Warn,
        PaperState.Typed => Tone.Info,
        _ => Tone.Neutral,
    };

    /// <summary>A field as the editor calls it.</summary>
    public static string Field(string name, IStrings s) => s["paper.field." + name];
}
