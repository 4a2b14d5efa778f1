using System.Globalization;

namespace Verdigris.Storage;

/// <summary>Conditions with positional parameters.</summary>
public sealed class Where
{
    readonly List<string> conditions = [];
    readonly List<object?> args = [];

    public object?[] Args => [.. args];

    public string Next(object? value)
    {
        args.Add(value);
        return "$" + args.Count.ToString(CultureInfo.InvariantCulture);
    }

    public void And(string? condition)
    {
        if (condition is not null) conditions.Add(condition);
    }

    public void And(string left, object value, string right = "") => conditions.Add(left + Next(value) + right);

    public override string ToString() => conditions.Count == 0 ? "" : "where " + string.Join(" and ", conditions);
}
