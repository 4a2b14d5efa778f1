using System.Text.Json.Nodes;
using Verdigris.Primitives.Rules;

namespace Verdigris.Primitives.Calculations;

/// <summary>
/// A method of calculation: pure, versioned, strict about its input, and able to say where its result comes from. The same object answers
/// the command line, the API and the pages. Thread-safe.
/// </summary>
public interface ICalculator
{
    /// <summary>Stable public name, for example <c>spec.check</c>.</summary>
    string Method { get; }

    /// <summary>Rises when the same input can give another result.</summary>
    string Version { get; }

    Bilingual Title { get; }

    /// <summary>Every field the input may have; any other is refused before <see cref="Calculate"/> is called.</summary>
    IReadOnlyList<InputField> Fields { get; }

    /// <summary>Never throws for an input: what is wrong with it comes back as refusals.</summary>
    Answer<CalcResult> Calculate(CalcInput input, RulePacks rules);
}

/// <summary>What a method answers.</summary>
/// <param name="Result">The fields of the method's result; decimals keep their printed places.</param>
/// <param name="Trace">The steps from input to result, in order.</param>
/// <param name="Warnings">What the reader must know before using the result: defaults taken, values not confirmed.</param>
public sealed record CalcResult(JsonObject Result, IReadOnlyList<TraceStep> Trace, IReadOnlyList<CalcWarning> Warnings);

/// <summary>One step: what was done, with which inputs, giving what, by which rule.</summary>
/// <param name="Id">Unique within the trace.</param>
/// <param name="Formula">The formula with the names of <paramref name="Inputs"/>; null where the step compares or selects.</param>
/// <param name="Unit">Unit of the value; null where it has none.</param>
public sealed record TraceStep(string Id, Bilingual Text, string? Formula, JsonObject Inputs, JsonNode? Value, string? Unit = null, RuleRef? Rule = null);

/// <param name="Field">The input field meant; null where none.</param>
public sealed record CalcWarning(string Code, Bilingual Text, string? Field = null);
