using Verdigris.Web;
using Verdigris.Web.Components;

namespace Verdigris.Passport.Certificates.Anomalies;

/// <summary>Findings in words.</summary>
static class AnomalyText
{
    public static Tone ToneOf(AnomalyState state) => state switch { AnomalyState.Dismissed => Tone.Neutral, AnomalyState.Confirmed => Tone.Bad, AnomalyState.Answered => Tone.Info, _ => Tone.Warn };

    public static string Of(Anomaly a, IStrings s)
    {
        if (s.Language == StringCatalogue.Chinese && a.Args.TryGetValue("goodsZh", out var goods)) a = a with { Args = new Dictionary<string, string>(a.Args) { ["goods"] = goods } };
        var args = a.Args.Select(x => (x.Key, x.Key == "other" && x.Value.Length == 0 ? s["passport.anomaly.foreign"] : x.Value)).ToArray();
        return s.With("passport.anomaly.text." + a.Rule, args);
    }
}
