using System.Text;

namespace Verdigris.Web;

/// <summary>
/// The words of the product in the language of this request. Keys are flat and start with the room's name
/// (<c>passport.certificate.title</c>); the kit's own are <c>web.*</c> and <c>refusal.*</c>.
/// </summary>
public interface IStrings
{
    /// <summary>The text, or the key between ⟦ ⟧ where no catalogue has it: a missing text is seen, never hidden.</summary>
    string this[string key] { get; }

    /// <summary>The text with its <c>{name}</c> placeholders filled; a placeholder without a value stays as it is. In Chinese a value <c>nameZh</c> stands for <c>name</c>.</summary>
    string Format(string key, IReadOnlyDictionary<string, string>? args);

    /// <summary><c>en</c> or <c>zh</c>.</summary>
    string Language { get; }
}

/// <summary>Shorter calls for pages.</summary>
public static class StringsExtensions
{
    /// <summary>The text with placeholders filled from pairs: <c>S.With("web.pager.shown", ("shown", "12"))</c>.</summary>
    public static string With(this IStrings strings, string key, params (string Name, string Value)[] args) =>
        strings.Format(key, args.ToDictionary(a => a.Name, a => a.Value));
}

/// <summary>Replaces <c>{name}</c> by its value. Nothing else is special; braces that name nothing known stay.</summary>
static class Placeholders
{
    public static string Fill(string text, IReadOnlyDictionary<string, string>? args)
    {
        if (args is null || args.Count == 0 || !text.Contains('{')) return text;
        var result = new StringBuilder(text.Length + 16);
        var at = 0;
        while (at < text.Length)
        {
            var open = text.IndexOf('{', at);
            if (open < 0) break;
            var close = text.IndexOf('}', open);
            if (close < 0) break;
            result.Append(text, at, open - at);
            if (args.TryGetValue(text[(open + 1)..close], out var value)) result.Append(value);
            else result.Append(text, open, close - open + 1);
            at = close + 1;
        }
        return result.Append(text, at, text.Length - at).ToString();
    }

    /// <summary>The placeholder names of a text, sorted: both languages must have the same.</summary>
    public static IReadOnlyList<string> Names(string text)
    {
        var names = new SortedSet<string>(StringComparer.Ordinal);
        for (var at = text.IndexOf('{'); at >= 0; at = text.IndexOf('{', at + 1))
        {
            var close = text.IndexOf('}', at);
            if (close > at) names.Add(text[(at + 1)..close]);
        }
        return [.. names];
    }
}
