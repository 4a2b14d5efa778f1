using System.Buffers.Binary;
using System.Text;

namespace Verdigris.Passport.Certificates;

/// <summary>
/// The words a certificate is found by: runs of letters and digits, lower case, at most <see cref="Longest"/> characters each, each once. A number such as
/// <c>FJSI-2025-017299</c> is three words, so it is found whole and by its parts. Writer and search cut alike.
/// </summary>
public static class SearchWords
{
    public const int Longest = 100;

    /// <summary>The words of all texts, in the order of their first occurrence.</summary>
    public static List<string> Of(params ReadOnlySpan<string?> texts)
    {
        var words = new List<string>(16);
        foreach (var text in texts) Cut(text, words);
        return words;
    }

    /// <summary>
    /// What somebody typed as a tsquery: all words must occur, the last of an item that ends in <c>*</c> may go on. Null where there is no word in it. Ten items at most.
    /// </summary>
    public static string? Query(string? text)
    {
        if (string.IsNullOrWhiteSpace(text)) return null;
        var terms = new List<string>();
        foreach (var item in text.Split(' ', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).Take(10))
        {
            var before = terms.Count;
            // Letters and digits only: nothing in a word needs an escape.
            terms.AddRange(Of(item).Select(w => $"'{w}'"));
            if (item.EndsWith('*') && terms.Count > before) terms[^1] += ":*";
        }
        return terms.Count == 0 ? null : string.Join(" & ", terms);
    }

    /// <summary>Writes the words as PostgreSQL receives a tsvector in binary: their count, then each in UTF-8 with a closing zero and no positions.</summary>
    /// <returns>Bytes written.</returns>
    public static int Write(List<string> words, Span<byte> to)
    {
        BinaryPrimitives.WriteInt32BigEndian(to, words.Count);
        var at = 4;
        foreach (var word in words)
        {
            at += Encoding.UTF8.GetBytes(word, to[at..]);
            to.Slice(at, 3).Clear();
            at += 3;
        }
        return at;
    }

    /// <summary>Room <see cref="Write"/> needs at most.</summary>
    public static int MostBytes(List<string> words)
    {
        var bytes = 4;
        foreach (var word in words) bytes += (word.Length * 3) + 3;
        return bytes;
    }

    static void Cut(string? text, List<string> words)
    {
        if (text is null) return;
        Span<char> lower = stackalloc char[Longest];
        for (var at = 0; at < text.Length;)
        {
            if (!char.IsLetterOrDigit(text[at])) { at++; continue; }
            var begin = at;
            while (at < text.Length && char.IsLetterOrDigit(text[at])) at++;
            var length = Math.Min(at - begin, Longest);
            text.AsSpan(begin, length).ToLowerInvariant(lower);
            Add(lower[..length], words);
        }
    }

    static void Add(ReadOnlySpan<char> word, List<string> words)
    {
        foreach (var known in words) if (word.SequenceEqual(known)) return;
        words.Add(word.ToString());
    }
}
