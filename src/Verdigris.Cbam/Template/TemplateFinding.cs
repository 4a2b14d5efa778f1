using Verdigris.Primitives;

namespace Verdigris.Cbam.Template;

/// <summary>Error: a figure cannot be had, or is wrong. Warning: likely wrong, or will be asked about. Note: good to know.</summary>
public enum FindingSeverity { Note, Warning, Error }

/// <summary>Something to say about a cell. The words are those of a refusal of that code.</summary>
/// <param name="Field">Path in the model: <c>processes[P1].marketT</c>.</param>
public sealed record TemplateFinding(string Sheet, string Cell, string Field, FindingSeverity Severity, string Code, IReadOnlyDictionary<string, string>? Args)
{
    internal static TemplateFinding Of(TemplateCell at, FindingSeverity severity, Refusal said) => new(at.Sheet, at.Reference, at.Field, severity, said.Code, said.Args);

    public Refusal AsRefusal() => new(Code, Field, Args);
}

/// <summary>A filled-in form as it was read.</summary>
/// <param name="Findings">By sheet, then by severity as they were found.</param>
/// <param name="Figures">What the form works out, worked out again.</param>
public sealed record TemplateReading(CommunicationReport Report, TemplateFigures Figures, IReadOnlyList<TemplateFinding> Findings);
