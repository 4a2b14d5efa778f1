using System.Globalization;
using Verdigris.Passport.Brands;
using Verdigris.Passport.Certificates;
using Verdigris.Passport.Emissions;
using Verdigris.Passport.Specifications;
using Verdigris.Passport.Warrants;
using Verdigris.Web;
using Verdigris.Web.Components;

namespace Verdigris.Passport.Pages;

/// <summary>Words and colours of states, units and names, in one place for all pages of the room.</summary>
static class Wording
{
    /// <summary>Tonnes of carbon dioxide equivalent in a tonne of metal.</summary>
    public const string EmissionsUnit = "tCO2e/t";

    public static string Name(string name, string? nameZh, IStrings s) => s.Language == StringCatalogue.Chinese && nameZh is { Length: > 0 } ? nameZh : name;

    public static string Of(CertificateState state, IStrings s) => s["passport.certificate.state." + state];
    public static string Of(WarrantState state, IStrings s) => s["passport.warrant.state." + state];
    public static string Of(SubmissionState state, IStrings s) => s["passport.emissions.state." + state];
    public static string Of(ListingState state, IStrings s) => s["passport.brand.state." + state];
    public static string Of(SpecOutcome verdict, IStrings s) => s["passport.verdict." + verdict];
    public static string Of(VerificationStatus status, IStrings s) => s["passport.verification." + status];
    public static string Of(EmissionsMethod method, IStrings s) => s["passport.method." + method];
    public static string Metal(string symbol, IStrings s) => s["passport.metal." + symbol];
    public static string Duty(string status, IStrings s) => s["passport.duty." + status];

    /// <summary>A shape of a contract; one without a word of its own is shown as the contract writes it.</summary>
    public static string Shape(string shape, IStrings s)
    {
        var key = "passport.shape." + shape.ToLowerInvariant().Replace(' ', '-');
        var text = s[key];
        return text.StartsWith('⟦') ? shape : text;
    }

    public static string Country(string code, IStrings s)
    {
        var text = s["passport.country." + code];
        return text.StartsWith('⟦') ? code : $"{text} ({code})";
    }

    public static Tone ToneOf(CertificateState state) => state switch
    {
        CertificateState.Published or CertificateState.MatchedAtWarehouse => Tone.Info,
        CertificateState.Warranted => Tone.Good,
        CertificateState.Quarantined or CertificateState.Disputed => Tone.Warn,
        CertificateState.Voided => Tone.Bad,
        CertificateState.Signed => Tone.Copper,
        _ => Tone.Neutral,
    };

    public static Tone ToneOf(WarrantState state) => state switch
    {
        WarrantState.Live => Tone.Good,
        WarrantState.Pledged => Tone.Copper,
        WarrantState.Requested or WarrantState.WeighedAndMatched => Tone.Info,
        WarrantState.Cancelled or WarrantState.Queued => Tone.Warn,
        WarrantState.Invalidated or WarrantState.Rejected => Tone.Bad,
        _ => Tone.Neutral,
    };

    public static Tone ToneOf(SubmissionState state) => state switch
    {
        SubmissionState.Accepted => Tone.Good,
        SubmissionState.Submitted => Tone.Info,
        SubmissionState.Returned => Tone.Warn,
        _ => Tone.Neutral,
    };

    public static Tone ToneOf(ListingState state) => state switch
    {
        ListingState.Listed => Tone.Good,
        ListingState.Suspended => Tone.Warn,
        ListingState.Delisted => Tone.Bad,
        _ => Tone.Info,
    };

    public static Tone ToneOf(SpecOutcome verdict) => verdict switch { SpecOutcome.Pass => Tone.Good, SpecOutcome.Fail => Tone.Bad, _ => Tone.Warn };

    public static Tone ToneOfTransfer(string state) => state switch
    {
        "accepted" => Tone.Good,
        "proposed" or "pending" => Tone.Info,
        "rejected" or "refused" => Tone.Bad,
        _ => Tone.Neutral,
    };

    public static string Text(decimal value) => value.ToString(CultureInfo.InvariantCulture);
    public static string Text(int value) => value.ToString(CultureInfo.InvariantCulture);

    /// <summary>Marks separated by commas, semicolons, spaces or lines, as people paste them.</summary>
    public static IReadOnlyList<string> Split(string? text) =>
        text is null ? [] : text.Split([',', ';', '，', '；', '、', '\n', '\r', '\t', ' '], StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
}
