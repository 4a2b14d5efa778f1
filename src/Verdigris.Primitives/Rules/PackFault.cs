namespace Verdigris.Primitives.Rules;

/// <summary>One thing wrong in a rule pack: where it stands, what is wrong, and what would be right.</summary>
/// <param name="File">Path below the rules folder.</param>
/// <param name="Line">Line in that file, from 1; 0 where the file as a whole is meant.</param>
/// <param name="Field">Column or YAML name; null where none.</param>
/// <param name="Code">Stable code, for example <c>rule-pack.overlap</c>.</param>
public sealed record PackFault(string File, int Line, string? Field, string Code, Bilingual Message)
{
    public override string ToString() => Line > 0 ? $"{File}:{Line}: {Field}: {Message.En} / {Message.Zh}" : $"{File}: {Message.En} / {Message.Zh}";
}

/// <summary>A rule pack that is not right is not used at all: a wrong value is worse than none.</summary>
public sealed class RulePackException(IReadOnlyList<PackFault> faults) : Exception(string.Join(Environment.NewLine, faults))
{
    public IReadOnlyList<PackFault> Faults { get; } = faults;
}
