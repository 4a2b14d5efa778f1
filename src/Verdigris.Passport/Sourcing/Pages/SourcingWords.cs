using Verdigris.Primitives.Rules;
using Verdigris.Web;
using Verdigris.Web.Components;

namespace Verdigris.Passport.Sourcing.Pages;

/// <summary>Words and colours of responsible sourcing; names of coded things come from the rule pack in the page's language.</summary>
static class SourcingWords
{
    public static string Of(AssessmentState state, IStrings s) => s["sourcing.state." + state];
    public static string Of(GrievanceState state, IStrings s) => s["sourcing.grievance.state." + state];
    public static string Of(GrievanceEvent step, IStrings s) => s["sourcing.grievance.step." + step];
    public static string Of(FlagDecision decision, IStrings s) => s["sourcing.decision." + decision];
    public static string Of(MitigationResponse response, IStrings s) => s["sourcing.response." + response];
    public static string Of(ActionState state, IStrings s) => s["sourcing.action." + state];
    public static string Of(TransportMode mode, IStrings s) => s["sourcing.mode." + mode];
    public static string Of(ManagementStandard standard) => standard == ManagementStandard.Iso14001 ? "ISO 14001" : "ISO 45001";
    public static string Finding(string finding, IStrings s) => s["sourcing.finding." + finding];
    public static string Track(Track? track, IStrings s) => track is { } t ? s.With("sourcing.track-of", ("track", t.ToString())) : s["sourcing.no-track"];

    /// <summary>A column of a row in the page's language: <c>name</c> is <c>name_en</c> or <c>name_zh</c>.</summary>
    public static string In(RuleRow row, string column, IStrings s) => row.TextOrNull(column + (s.Language == StringCatalogue.Chinese ? "_zh" : "_en")) ?? "";

    public static string Name(IReadOnlyList<RuleRow> rows, string column, string code, IStrings s) => SourcingRules.Find(rows, column, code) is { } row ? In(row, "name", s) : code;

    public static IReadOnlyList<Option> Options(IReadOnlyList<RuleRow> rows, string column, IStrings s) => [.. rows.Select(r => new Option(r.Text(column), In(r, "name", s)))];

    public static IReadOnlyList<Option> Options<T>(Func<T, string> text) where T : struct, Enum => [.. Enum.GetValues<T>().Select(v => new Option(v.ToString(), text(v)))];

    public static Tone ToneOf(AssessmentState state) => state switch
    {
        AssessmentState.Compliant => Tone.Good,
        AssessmentState.Filed or AssessmentState.NoFlags => Tone.Info,
        AssessmentState.FlagsFound or AssessmentState.Mitigation or AssessmentState.Queries or AssessmentState.DueAgain or AssessmentState.Suspended => Tone.Warn,
        AssessmentState.Delisted => Tone.Bad,
        _ => Tone.Neutral,
    };

    public static Tone ToneOf(GrievanceState state) => state switch { GrievanceState.Resolved => Tone.Good, GrievanceState.Dismissed => Tone.Neutral, GrievanceState.WithProducer => Tone.Warn, _ => Tone.Info };
    public static Tone ToneOf(FlagDecision decision) => decision switch { FlagDecision.Confirmed => Tone.Warn, FlagDecision.Dismissed => Tone.Neutral, _ => Tone.Info };
}
