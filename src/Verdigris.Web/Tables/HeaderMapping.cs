using NodaTime;

namespace Verdigris.Web;

/// <summary>What somebody wrote down once about the columns of a source's files. Which files it is for, the headers say.</summary>
public interface IHeaderMapping
{
    /// <summary>Every column of such a file, as its header writes it, without surrounding space.</summary>
    IEnumerable<string> Headers { get; }

    Instant ChangedAt { get; }
}

/// <summary>Which mapping a file is read with.</summary>
public static class HeaderMappings
{
    /// <summary>True where a file has just these columns, in any order.</summary>
    public static bool Fits(this IHeaderMapping mapping, IReadOnlyList<string> header)
    {
        var known = mapping.Headers.ToHashSet(StringComparer.Ordinal);
        return header.Count == known.Count && known.SetEquals(header.Select(h => h.Trim()));
    }

    /// <summary>The mapping that fits, of several the one changed last; null where none does.</summary>
    public static T? Choose<T>(IReadOnlyList<string> header, IEnumerable<T> mappings) where T : class, IHeaderMapping => mappings.Where(m => m.Fits(header)).MaxBy(m => m.ChangedAt);

    /// <summary>A name without case, spaces and punctuation: what two spellings of one header have in common.</summary>
    public static string Plain(string text) => string.Concat(text.Where(char.IsLetterOrDigit)).ToUpperInvariant();
}
