using System.Security.Cryptography;
using System.Text;
using Verdigris.Web;
using Verdigris.Web.Components;

namespace Verdigris.Passport.Payments.Pages;

/// <summary>Words and colours of gates.</summary>
static class GateWords
{
    public static string Of(GateState state, IStrings s) => s["payment.state." + state];
    public static string Of(PartyRole role, IStrings s) => s["payment.role." + role];
    public static string Item(string item, IStrings s) => s["payment.item." + item];
    public static string Document(string kind, IStrings s) => s["payment.document." + kind];

    public static Tone ToneOf(GateState state) => state switch { GateState.Ready => Tone.Info, GateState.Passed => Tone.Good, GateState.Blocked => Tone.Warn, GateState.Refused => Tone.Bad, _ => Tone.Neutral };
    public static Tone ToneOf(ItemOutcome outcome) => outcome switch { ItemOutcome.Met => Tone.Good, ItemOutcome.Unclear => Tone.Warn, _ => Tone.Bad };

    public static string Of(GateFinding finding, IStrings s) => s.With("payment.finding." + finding.Code, Args(finding.Args, s));

    public static string Of(GateWarning warning, IStrings s) => s.With("payment.warning." + warning.Code, Args(warning.Args, s));

    /// <summary>What a form calls a likeness.</summary>
    public static string Key(GateHit hit) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(string.Join('\n', hit.Party, hit.Publisher, hit.Entry, hit.Name))))[..16];

    static (string, string)[] Args(IReadOnlyDictionary<string, string> args, IStrings s) =>
        [.. args.Select(a => (a.Key, a.Key == "goods" && s.Language == StringCatalogue.Chinese && args.TryGetValue("goodsZh", out var zh) ? zh : a.Value))];
}
