using System.Runtime.CompilerServices;
using NodaTime;
using Verdigris.Primitives;
using Verdigris.Primitives.Rules;

namespace Verdigris.Registry.Credits.Programmes;

/// <summary>A crediting programme as its rules have it (pack <c>registry/credits</c>).</summary>
/// <param name="Unit">Code of the unit it issues.</param>
/// <param name="Asset">Of that unit in the Book.</param>
/// <param name="Prefix">Before a project's number, as the programme writes it: ACR1129; null where it writes the number alone.</param>
/// <param name="CommentDays">Calendar days the design document is shown before validation; null where it is not known, and then the programme decides when the comments are over.</param>
/// <param name="CreditingYears">Longest single crediting period; <paramref name="SinkYears"/> of sinks, where it differs.</param>
/// <param name="Rotation">Most monitoring periods in a row verified by one body; null where there is no limit.</param>
/// <param name="LateYears">Years after the last verified day from which a project is late; null where none are.</param>
/// <param name="AdaptationPercent">Share of proceeds for adaptation, of what is issued; null where the programme takes none.</param>
/// <param name="MitigationPercent">Cancelled for overall mitigation, of what is issued.</param>
public sealed record CreditProgramme(string Code, Bilingual Name, string Unit, int Asset, string? Prefix, int? CommentDays, int CreditingYears, int? SinkYears, int Renewals, bool ValidatorVerifies, int? Rotation, int? LateYears, LocalDate? EarliestStart,
    decimal? AdaptationPercent, decimal? MitigationPercent, RuleRow Row)
{
    public int YearsOf(bool sink) => sink ? SinkYears ?? CreditingYears : CreditingYears;

    /// <summary>The project's own number as the programme prints it.</summary>
    public string NumberOf(string project) => Prefix + project;
}

/// <param name="Sink">Reductions can be reversed: a part of what is issued goes to the buffer pool.</param>
public sealed record Methodology(string Programme, string Code, Bilingual Title, int Scope, bool Sink, RuleRow Row)
{
    public bool ValidOn(LocalDate day) => Row.InForce(day);
}

/// <summary>A unit of a programme and its asset in the Book.</summary>
public sealed record CreditUnit(string Code, string Programme, int Asset, Bilingual Name);

/// <summary>A word of a vocabulary: a reason, a label.</summary>
/// <param name="Printed">As registries write it.</param>
public sealed record CreditWord(string Kind, string Code, Bilingual Name, IReadOnlyList<string> Printed);

/// <summary>Units of one programme that can become units of another.</summary>
/// <param name="Each">Units issued for one that ends.</param>
/// <param name="VintageFrom">First and last year of the reductions it is open to; null without a limit.</param>
/// <param name="Sinks">Also where the reductions can be reversed.</param>
/// <param name="Linked">Both projects must have been decided to be one activity.</param>
/// <param name="UndoDays">Days after it in which it can be undone.</param>
public sealed record ConversionRule(string From, string To, decimal Each, int? VintageFrom, int? VintageTo, bool Sinks, bool Linked, int UndoDays, RuleRow Row)
{
    /// <summary>Why these units are not open to it; null where they are. What is not known is not open: <c>credits.conversion-vintage</c>, <c>credits.conversion-sink</c>, <c>credits.conversion-part</c>.</summary>
    /// <param name="units">How many; whole units must come of them.</param>
    public Refusal? Closed(long units, LocalDate? vintageFrom, LocalDate? vintageTo, bool? sink)
    {
        if ((VintageFrom is not null || VintageTo is not null) && (vintageFrom is not { } from || vintageTo is not { } to || from.Year < VintageFrom || to.Year > VintageTo))
            return Refusal.Conflict("credits.conversion-vintage", "serial", ("from", VintageFrom is { } f ? $"{f}" : "-"), ("to", VintageTo is { } t ? $"{t}" : "-"));
        if (!Sinks && sink is not false) return Refusal.Conflict("credits.conversion-sink", "serial");
        return decimal.Truncate(units * Each) == units * Each && units * Each >= 1 ? null : Refusal.Conflict("credits.conversion-part", "units", ("units", $"{units}"), ("each", DecimalText.Write(Each)));
    }
}

/// <summary>Everything the packs say of crediting programmes, read once. Immutable, thread-safe.</summary>
public sealed class CreditRules
{
    public const string Pack = "registry/credits", All = "ALL";
    public const string Retire = "retire", Cancel = "cancel", Reverse = "reverse", Release = "release", Undo = "undo";

    /// <summary>Words for what other registries leave out, and for what only the registry itself writes: nobody chooses them.</summary>
    public const string NotStated = "not-stated", ConversionUndone = "conversion-undone";

    static readonly ConditionalWeakTable<RulePacks, CreditRules> Known = [];

    readonly Dictionary<string, CreditProgramme> programmes;
    readonly Dictionary<string, CreditUnit> units;
    readonly Dictionary<int, CreditUnit> byAsset;
    readonly Dictionary<(string, string), Bilingual> names;
    readonly HashSet<string> freezes;
    readonly Dictionary<(string Kind, string Text), CreditWord> printed;
    readonly Dictionary<string, CreditWord> printedLabels;

    CreditRules(RulePacks packs)
    {
        Rules = packs.Pack(Pack);
        Programmes = [.. Rules.Table("programmes").Rows.Select(r => new CreditProgramme(r.Text("programme"), Named(r), r.Text("unit"), r.Integer("asset"), r.TextOrNull("prefix"), r.IntegerOrNull("commentDays"), r.Integer("creditingYears"), r.IntegerOrNull("sinkYears"),
            r.Integer("renewals"), r.Flag("validatorVerifies"), r.IntegerOrNull("rotation"), r.IntegerOrNull("lateYears"), r.Has("earliestStart") ? r.Date("earliestStart") : null, r.DecimalOrNull("adaptationPercent"), r.DecimalOrNull("mitigationPercent"), r))];
        programmes = Programmes.ToDictionary(p => p.Code, StringComparer.Ordinal);
        Units = [.. Programmes.Select(p => new CreditUnit(p.Unit, p.Code, p.Asset, p.Name)), .. Rules.Table("units").Rows.Select(r => new CreditUnit(r.Text("unit"), r.Text("programme"), r.Integer("asset"), Named(r)))];
        units = Units.ToDictionary(u => u.Code, StringComparer.Ordinal);
        byAsset = Units.ToDictionary(u => u.Asset);
        Methodologies = [.. Rules.Table("methodologies").Rows.Select(r => new Methodology(r.Text("programme"), r.Text("methodology"), new(r.Text("titleEn"), r.Text("titleZh")), r.Integer("scope"), r.Flag("sink"), r))];
        Scopes = Rules.Table("scopes").Rows.ToDictionary(r => r.Integer("scope"), Named);
        Reasons = [.. Rules.Table("reasons").Rows.Select(r => new CreditWord(r.Text("kind"), r.Text("reason"), Named(r), r.List("printed")))];
        Labels = [.. Rules.Table("labels").Rows.Select(r => new CreditWord("label", r.Text("label"), Named(r), r.List("printed")))];
        Conversions = [.. Rules.Table("conversions").Rows.Select(r => new ConversionRule(r.Text("from"), r.Text("to"), r.Decimal("each"), r.IntegerOrNull("vintageFrom"), r.IntegerOrNull("vintageTo"), r.Flag("sinks"), r.Flag("linked"), r.Integer("undoDays"), r))];
        Guards = Rules.Table("guards").Rows.ToLookup(r => (r.Text("cycle"), r.Text("event")), r => (Programme: r.Text("programme"), Guard: r.Text("guard")));
        freezes = Rules.Table("safety").Rows.Where(r => r.Flag("freeze")).Select(r => r.Text("programme")).ToHashSet(StringComparer.Ordinal);
        names = Rules.Table("names").Rows.ToDictionary(r => (r.Text("programme"), r.Text("state")), Named);
        printed = Reasons.SelectMany(r => r.Printed.Select(p => (r, p))).ToDictionary(x => (x.r.Kind, x.p), x => x.r);
        printedLabels = Labels.SelectMany(l => l.Printed.Select(p => (l, p))).ToDictionary(x => x.p, x => x.l, StringComparer.Ordinal);
    }

    public RulePack Rules { get; }

    public IReadOnlyList<CreditProgramme> Programmes { get; }

    /// <summary>The units of all programmes, each with its asset.</summary>
    public IReadOnlyList<CreditUnit> Units { get; }

    public IReadOnlyList<Methodology> Methodologies { get; }

    /// <summary>Sectoral scopes by number.</summary>
    public IReadOnlyDictionary<int, Bilingual> Scopes { get; }

    public IReadOnlyList<CreditWord> Reasons { get; }

    public IReadOnlyList<CreditWord> Labels { get; }

    /// <summary>Guards by cycle and event.</summary>
    internal ILookup<(string Cycle, string Event), (string Programme, string Guard)> Guards { get; }

    /// <summary>Which units become which others.</summary>
    public IReadOnlyList<ConversionRule> Conversions { get; }

    /// <summary>The reasons somebody may choose of a kind.</summary>
    public IEnumerable<CreditWord> Chosen(string kind) => Reasons.Where(r => r.Kind == kind && r.Code is not (NotStated or ConversionUndone));

    /// <exception cref="RulePackException">The pack is not right.</exception>
    public static CreditRules Of(RulePacks packs) => Known.GetValue(packs, p => new(p));

    /// <summary>A project's number as its programme prints it; as it stands where there is no such programme.</summary>
    public string NumberOf(string? programme, string project) => Programme(programme)?.NumberOf(project) ?? project;

    public CreditProgramme? Programme(string? code) => code is null ? null : programmes.GetValueOrDefault(code);

    public CreditUnit? Unit(string? code) => code is null ? null : units.GetValueOrDefault(code);

    public CreditUnit? UnitOf(int asset) => byAsset.GetValueOrDefault(asset);

    public Methodology? Methodology(string programme, string? code) => Methodologies.FirstOrDefault(m => m.Programme == programme && m.Code == code);

    /// <summary>Whether a programme's rules let its staff freeze the units of a holder. What is not known lets nobody.</summary>
    public bool Freezes(string programme) => freezes.Contains(programme);

    /// <summary>What a programme calls a state; null where it has no word of its own.</summary>
    public Bilingual? NameOf(string programme, string state) => names.TryGetValue((programme, state), out var name) ? name : null;

    public CreditWord? Reason(string kind, string? code) => Reasons.FirstOrDefault(r => r.Kind == kind && r.Code == code);

    /// <summary>The reason a registry's own text stands for; null where it is not known.</summary>
    public CreditWord? ReasonOf(string kind, string text) => printed.GetValueOrDefault((kind, text));

    /// <summary>The labels a registry's own text stands for, and the words in it that are none we know.</summary>
    /// <param name="separators">Between words of the text.</param>
    public (IReadOnlyList<string> Labels, IReadOnlyList<string> Unknown) LabelsOf(string text, params char[] separators)
    {
        if (text.Length == 0) return ([], []);
        var words = text.Split(separators, StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        return ([.. words.Select(w => printedLabels.GetValueOrDefault(w)?.Code).OfType<string>().Distinct()], [.. words.Where(w => !printedLabels.ContainsKey(w))]);
    }

    static Bilingual Named(RuleRow r) => new(r.Text("nameEn"), r.Text("nameZh"));
}
