using System.Text.Json.Nodes;
using NodaTime;
using NodaTime.Text;
using Verdigris.Primitives.Rules;

namespace Verdigris.Primitives.Calculations;

/// <summary>
/// One calculation while it is done: the input, the rules, and every step taken with its formula, its numbers and its rule. Not thread-safe; one for each calculation.
/// </summary>
public sealed class Working(CalcInput input, RulePacks rules)
{
    readonly List<TraceStep> trace = [];
    readonly List<CalcWarning> warnings = [];
    readonly List<Refusal> refusals = [];
    readonly HashSet<string> told = new(StringComparer.Ordinal);
    readonly JsonObject result = [];

    public CalcInput Input { get; } = input;
    public RulePacks Rules { get; } = rules;

    /// <summary>A number of the input that must be there.</summary>
    public decimal this[string field] => Input.Decimal(field);

    /// <summary>Takes a step: what is worked out, by which formula, from which numbers. Answers the value.</summary>
    /// <param name="inputs">Names as the formula has them.</param>
    public decimal Step(string id, string en, string zh, string formula, string? unit, decimal value, RuleRef? rule, params ReadOnlySpan<(string Name, decimal Value)> inputs)
    {
        var given = new JsonObject();
        foreach (var (name, number) in inputs) given[name] = Shown(number);
        Note(new(id, new(en, zh), formula, given, Shown(value), unit, rule));
        return value;
    }

    /// <inheritdoc cref="Step(string, string, string, string, string?, decimal, RuleRef?, ReadOnlySpan{ValueTuple{string, decimal}})"/>
    public decimal Step(string id, string en, string zh, string formula, string? unit, decimal value, params ReadOnlySpan<(string Name, decimal Value)> inputs) => Step(id, en, zh, formula, unit, value, null, inputs);

    /// <summary>Adds a step in full. A rule that is not verified warns, once.</summary>
    public void Note(TraceStep step)
    {
        ArgumentNullException.ThrowIfNull(step);
        trace.Add(step);
        if (step.Rule is { Status: not RuleStatus.Verified } rule && told.Add(rule.Pack + "\n" + rule.Article))
            Warn(rule.Status == RuleStatus.Recalled ? "rule.recalled" : "rule.secondary",
                rule.Status == RuleStatus.Recalled ? $"{rule.Article} ({rule.Pack}) was put down from memory and is not confirmed; have it checked before relying on the result." : $"{rule.Article} ({rule.Pack}) was read in a secondary source.",
                rule.Status == RuleStatus.Recalled ? $"{rule.Article}（{rule.Pack}）凭记忆录入，尚未核实；采用结果前请先核对。" : $"{rule.Article}（{rule.Pack}）取自二手资料。");
    }

    public void Warn(string code, string en, string zh, string? field = null)
    {
        if (told.Add(code + "\n" + field + "\n" + en)) warnings.Add(new(code, new(en, zh), field));
    }

    /// <summary>A field of the input, or the default of a rule, which the warnings then name.</summary>
    public decimal Or(string field, decimal byDefault, string? unit = null, RuleRef? rule = null)
    {
        if (Input.DecimalOrNull(field) is { } given) return given;
        var shown = DecimalText.Write(DecimalText.Trim(byDefault)) + (unit is null ? "" : " " + unit);
        Warn("calc.default", $"{field} not given: {shown}.", $"未给出 {field}：按 {shown}。", field);
        Note(new($"default-{field}", new($"Default of {field}", $"{field} 的默认值"), null, [], DecimalText.Trim(byDefault), unit, rule));
        return byDefault;
    }

    /// <summary>
    /// Which of several ways of giving the same thing was chosen: its index. A way is one field or several joined by <c>+</c>. Refuses none, a part of one, and more than one.
    /// </summary>
    public int Either(params string[] ways)
    {
        ArgumentNullException.ThrowIfNull(ways);
        var given = ways.Select((way, i) => (Index: i, Fields: way.Split('+'))).Where(w => w.Fields.Any(Input.Has)).ToList();
        if (given is [var only] && only.Fields.All(Input.Has)) return only.Index;
        var missing = given is [var part] ? part.Fields.First(f => !Input.Has(f)) : ways[0].Split('+')[0];
        return given is [_] ? Stop<int>(Refusal.Of("calc.missing-field", missing, ("field", missing))) : Stop<int>(Refusal.Of("calc.either", missing, ("choices", string.Join(" | ", ways))));
    }

    /// <summary>The row of a table in force on a day (the newest where none is given). Stops with what is known where there is none.</summary>
    /// <param name="field">Field of the input that named the key.</param>
    public (RuleRow Row, RuleRef Rule) Rule(string pack, string table, string field, LocalDate? on, params ReadOnlySpan<string> key)
    {
        var read = Rules.Pack(pack);
        var rows = read.Table(table);
        if (rows.Find(on, key) is { } row) return (row, row.Ref(read));
        var last = rows.Key[^1];
        var beside = key.ToArray();
        var known = rows.Rows.Where(r => r.InForce(on) && Enumerable.Range(0, beside.Length - 1).All(i => r.TextOrNull(rows.Key[i]) == beside[i])).Select(r => r.TextOrNull(last)).Distinct();
        return Stop<(RuleRow, RuleRef)>(Refusal.NotFound("calc.rule-none", field, ("given", string.Join(" / ", beside)), ("pack", pack), ("on", on is { } day ? " " + LocalDatePattern.Iso.Format(day) : ""), ("known", string.Join(", ", known.Take(60)))));
    }

    /// <summary>The rule a formula itself comes from, shown with the version of the pack whose values it works on.</summary>
    public RuleRef Cite(string pack, string article, RuleStatus status = RuleStatus.Verified)
    {
        var read = Rules.Pack(pack);
        return new(read.Id, read.Version, read.Sha256, article, status);
    }

    /// <summary>A field of the result, as <see cref="Shown"/>.</summary>
    public decimal Put(string name, decimal value)
    {
        result[name] = Shown(value);
        return value;
    }

    /// <summary>A field of the result whose printed places matter.</summary>
    public decimal PutPlaces(string name, decimal value, int? places, MidpointRounding mode = MidpointRounding.AwayFromZero)
    {
        if (places is not { } digits) return Put(name, value);
        // A decimal keeps the places it was added to.
        var rounded = Math.Round(value, digits, mode) + new decimal(0, 0, 0, false, (byte)digits);
        result[name] = rounded;
        return rounded;
    }

    public void Put(string name, JsonNode? value) => result[name] = value;

    /// <summary>A value as results and traces carry it: at most 15 places and 28 digits, so that what a division leaves behind can be read back. The calculation goes on with the full value.</summary>
    public static decimal Shown(decimal value)
    {
        var whole = 0;
        for (var rest = Math.Abs(value); rest >= 1; rest /= 10) whole++;
        return DecimalText.Trim(Math.Round(value, Math.Clamp(28 - whole, 0, 15), MidpointRounding.ToEven));
    }

    /// <summary>Refuses and goes on, so that several faults are told at once.</summary>
    public void Refuse(Refusal refusal) => refusals.Add(refusal);

    public bool Refused => refusals.Count > 0;

    /// <summary>Refuses and ends the calculation here.</summary>
    public T Stop<T>(Refusal refusal)
    {
        refusals.Add(refusal);
        throw new StoppedException();
    }

    /// <summary>What a typed calculation answered; ends here with all its refusals where it refused.</summary>
    public T Value<T>(Answer<T> answer)
    {
        if (answer.Ok) return answer.Value;
        refusals.AddRange(answer.Refusals);
        throw new StoppedException();
    }

    public Answer<CalcResult> Answer() => refusals.Count > 0 ? refusals : new CalcResult(result, trace, warnings);

    /// <summary>How a step ends its calculation; never leaves <see cref="Calculator.Calculate"/>.</summary>
    internal sealed class StoppedException : Exception;
}
