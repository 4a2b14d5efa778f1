using System.Text.Json.Nodes;
using Verdigris.Footprint.Pages;
using Verdigris.Primitives;
using Verdigris.Primitives.Calculations;

namespace Verdigris.Footprint.Plans.Pages;

/// <summary>A stream of a plan as a form has it: what a person typed stays as it was typed, whatever comes of it. Fields of the method stand under their own names, those of the stream under <see cref="Prefix"/>.</summary>
public sealed class PlanStreamForm
{
    /// <summary>Before the stream's own fields in names of inputs; what follows is told apart from any field of a method by its hyphen.</summary>
    public const string Prefix = "Stream.";

    /// <summary>Name of the boxes that say a field is measured; the value is the field.</summary>
    public const string MeasuredName = "Measured";

    static readonly IReadOnlyList<(string Input, string Member)> Own =
    [
        ("stream-id", "id"), ("stream-process", "process"), ("stream-scope", "scope"), ("stream-meter", "meter"), ("stream-tier-kind", "tierKind"), ("stream-tier", "requiredTier"), ("stream-uncertainty", "uncertaintyPercent"),
        ("stream-responsible", "responsible"), ("stream-data", "measuredData"), ("stream-gaps", "gaps"),
    ];

    readonly Dictionary<string, string> texts = new(StringComparer.Ordinal);
    readonly HashSet<string> measured = new(StringComparer.Ordinal);

    public PlanStreamForm(ICalculator method)
    {
        Method = method;
        Fixed = new(method.Fields);
    }

    public ICalculator Method { get; }
    public MethodForm Fixed { get; }

    /// <summary>What stands in a field of the stream itself, <c>stream-meter</c>.</summary>
    public string? this[string input] => texts.GetValueOrDefault(input);

    public bool Measures(string field) => measured.Contains(field);

    /// <summary>Whether a field can be measured month by month: a number.</summary>
    public static bool CanBeMeasured(InputField field) => field.Kind is InputKind.Decimal or InputKind.Integer;

    public void Fill(PlanStream stream)
    {
        Fixed.Fill(stream.Fixed);
        measured.UnionWith(stream.Measured);
        texts["stream-id"] = stream.Id;
        texts["stream-process"] = stream.Process;
        texts["stream-scope"] = stream.Scope.ToString();
        texts["stream-meter"] = stream.Meter;
        if (stream.TierKind is { } kind) texts["stream-tier-kind"] = kind;
        if (stream.RequiredTier is { } tier) texts["stream-tier"] = tier;
        if (stream.UncertaintyPercent is { } percent) texts["stream-uncertainty"] = DecimalText.Write(percent);
        texts["stream-responsible"] = stream.Responsible;
        texts["stream-data"] = stream.MeasuredData ? "measured" : "default";
        texts["stream-gaps"] = stream.Gaps.ToString();
    }

    /// <summary>Takes what was posted; names that neither the stream nor its method have mean nothing.</summary>
    public void Take(IEnumerable<KeyValuePair<string, string>> posted)
    {
        measured.Clear();
        var fields = new List<KeyValuePair<string, string>>();
        foreach (var (name, text) in posted)
        {
            if (name == MeasuredName) measured.Add(text);
            else if (name.StartsWith(Prefix, StringComparison.Ordinal)) texts[name[Prefix.Length..]] = text;
            else fields.Add(KeyValuePair.Create(name, text));
        }
        Fixed.Take(fields);
    }

    /// <summary>The stream, as far as it can be read; an uncertainty that is no number is refused, all else the plan's own rules judge.</summary>
    public Answer<PlanStream> Read()
    {
        string Text(string input) => this[input]?.Trim() ?? "";
        string? Maybe(string input) => Text(input) is { Length: > 0 } text ? text : null;
        decimal percent = 0;
        if (Maybe("stream-uncertainty") is { } typed && !DecimalText.TryRead(typed, out percent)) return Refusal.Of("calc.not-a-number", "stream-uncertainty", ("field", "uncertaintyPercent"), ("given", typed));
        var laidDown = Fixed.Input();
        // A measured field has no fixed value beside it: what stands in its box is not looked at.
        foreach (var field in measured) laidDown.Remove(field);
        return new PlanStream(Text("stream-id"), Text("stream-process"), Enum.TryParse<StreamScope>(Text("stream-scope"), out var scope) ? scope : (StreamScope)(-1), Method.Method, laidDown, [.. Method.Fields.Where(f => measured.Contains(f.Name)).Select(f => f.Name)],
            Text("stream-meter"), Maybe("stream-tier-kind"), Maybe("stream-tier"), Maybe("stream-uncertainty") is null ? null : percent, Text("stream-responsible"), Text("stream-data") != "default", Enum.TryParse<GapRule>(Text("stream-gaps"), out var gaps) ? gaps : (GapRule)(-1));
    }

    /// <summary>What the plan's rules say of its stream <paramref name="index"/>, at the fields of this form; what they say of another stream, or of the whole, stands above the form.</summary>
    public IReadOnlyList<Refusal> Placed(IReadOnlyList<Refusal> refusals, int index)
    {
        var (stream, laidDown) = ($"content.streams[{index}].", $"content.streams[{index}].fixed.");
        return [.. refusals.Select(r => r.Field switch
        {
            { } field when field.StartsWith(laidDown, StringComparison.Ordinal) => Fixed.Placed([r with { Field = field[laidDown.Length..] }])[0],
            { } field when field.StartsWith(stream, StringComparison.Ordinal) => r with { Field = Own.FirstOrDefault(o => o.Member == field[stream.Length..]).Input },
            _ => r,
        })];
    }
}
