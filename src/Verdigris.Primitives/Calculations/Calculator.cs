using Verdigris.Primitives.Rules;

namespace Verdigris.Primitives.Calculations;

/// <summary>A method written as steps on a <see cref="Working"/>. What the steps refuse is answered together; a rule that is recalled or secondary warns by itself.</summary>
public abstract class Calculator(string method, string version, Bilingual title, params IReadOnlyList<InputField> fields) : ICalculator
{
    public string Method { get; } = method;
    public string Version { get; } = version;
    public Bilingual Title { get; } = title;
    public IReadOnlyList<InputField> Fields { get; } = fields;

    public Answer<CalcResult> Calculate(CalcInput input, RulePacks rules)
    {
        var work = new Working(input, rules);
        try { Work(work); }
        catch (Working.StoppedException) { }
        return work.Answer();
    }

    /// <summary>Takes the steps and puts the result. Stops at once where a step cannot be taken (<see cref="Working.Stop"/>).</summary>
    protected abstract void Work(Working w);

    protected static InputField Number(string name, string en, string zh, string? unit = null, decimal? min = 0, bool above = false, decimal? max = 1_000_000_000_000m, bool optional = false) =>
        new(name, InputKind.Decimal, new(en, zh), !optional, unit, min, above, max);

    protected static InputField Text(string name, string en, string zh, bool optional = false) => new(name, InputKind.Text, new(en, zh), !optional);

    protected static InputField Choice(string name, string en, string zh, IReadOnlyList<string> choices, bool optional = false) => new(name, InputKind.Choice, new(en, zh), !optional, Choices: choices);

    protected static InputField Day(string name, string en, string zh, bool optional = true) => new(name, InputKind.Date, new(en, zh), !optional);

    protected static InputField Whole(string name, string en, string zh, int min, int max, bool optional = false) => new(name, InputKind.Integer, new(en, zh), !optional, Minimum: min, Maximum: max);

    protected static InputField Items(string name, string en, string zh, params IReadOnlyList<InputField> items) => new(name, InputKind.List, new(en, zh), Items: items);
}
