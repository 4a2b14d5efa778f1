using Verdigris.Primitives;

namespace Verdigris.Web;

/// <summary>
/// What a form was answered: cascaded by <c>PostForm</c> to its fields, so that each shows its own refusal and the summary links to it.
/// Fields are matched by path without the form model's own name: the input <c>Input.NetKg</c> belongs to the refusal field <c>netKg</c>.
/// </summary>
public sealed record FormState(string Name, IReadOnlyList<Refusal> Refusals)
{
    /// <summary>Labels by path, told by the fields, so that the summary can say which one it speaks of.</summary>
    public IDictionary<string, string> Labels { get; init; } = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);

    public IEnumerable<Refusal> For(string inputName) => Refusals.Where(r => r.Field is { } field && PathOf(inputName).Equals(field, StringComparison.OrdinalIgnoreCase));

    /// <summary>Element id of the field of a refusal.</summary>
    public string IdOf(string fieldOrInput) => "f-" + Name + "-" + new string(fieldOrInput.Select(c => char.IsAsciiLetterOrDigit(c) ? char.ToLowerInvariant(c) : '-').ToArray());

    /// <summary>The path of an input below its form model.</summary>
    public static string PathOf(string inputName)
    {
        var dot = inputName.IndexOf('.');
        return dot < 0 ? inputName : inputName[(dot + 1)..];
    }
}

/// <summary>One entry of a choice.</summary>
public sealed record Option(string Value, string Text, bool Disabled = false);
