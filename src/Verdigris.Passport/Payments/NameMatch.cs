using System.Globalization;
using System.Text;

namespace Verdigris.Passport.Payments;

/// <summary>
/// Likeness of names. The rule: accents of Latin letters, case, punctuation and legal forms are taken away; what is left are words, in any order. Two names are alike where every word of the shorter has a word of its own in the longer,
/// equal or, from five letters on, one letter apart (added, left out, changed, or two neighbours swapped). A name of one word is alike only where that word is equal: alone, or from five letters on among others. Chinese names have
/// no spaces: they are alike where one, of three characters or more, stands in the other. Pure.
/// </summary>
public static class NameMatch
{
    const int Long = 5, LongChinese = 3;

    /// <summary>The words of a name, sorted; all of them where there are none but legal forms.</summary>
    public static IReadOnlyList<string> Words(string name, IReadOnlySet<string> legalForms)
    {
        var plain = new StringBuilder(name.Length);
        foreach (var ch in name)
        {
            if (char.GetUnicodeCategory(ch) is UnicodeCategory.NonSpacingMark || ch is '.' or '\'' or '’') continue;
            plain.Append(char.IsLetterOrDigit(ch) ? Folded(ch) : " ");
        }
        var all = plain.ToString().Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(w => IsChinese(w) ? Stem(w, legalForms) : w).ToList();
        var kept = all.Where(w => !legalForms.Contains(w)).ToList();
        return [.. (kept.Count > 0 ? kept : all).Order(StringComparer.Ordinal)];
    }

    /// <summary>Null where two names are not alike; else whether they have the very same words.</summary>
    public static bool? Alike(IReadOnlyList<string> one, IReadOnlyList<string> other)
    {
        if (one.Count == 0 || other.Count == 0) return null;
        if (one.SequenceEqual(other)) return true;
        var (few, many) = one.Count <= other.Count ? (one, other) : (other, one);
        if (few.Count == 1) return Single(few[0], many) ? false : null;
        return Pairs(few, 0, many, new bool[many.Count]) ? false : null;
    }

    static bool Single(string word, IReadOnlyList<string> many) => IsChinese(word)
        ? many.Any(m => IsChinese(m) && Math.Min(m.Length, word.Length) >= LongChinese && (m.Contains(word, StringComparison.Ordinal) || word.Contains(m, StringComparison.Ordinal)))
        : word.Length >= Long && many.Contains(word);

    static bool Pairs(IReadOnlyList<string> few, int at, IReadOnlyList<string> many, bool[] taken)
    {
        if (at == few.Count) return true;
        for (var i = 0; i < many.Count; i++)
        {
            if (taken[i] || !Near(few[at], many[i])) continue;
            taken[i] = true;
            if (Pairs(few, at + 1, many, taken)) return true;
            taken[i] = false;
        }
        return false;
    }

    /// <summary>Equal, or one edit apart where both are long.</summary>
    internal static bool Near(string a, string b)
    {
        if (a == b) return true;
        if (a.Length < Long || b.Length < Long || Math.Abs(a.Length - b.Length) > 1) return false;
        var from = 0;
        while (from < a.Length && from < b.Length && a[from] == b[from]) from++;
        var end = 0;
        while (end < a.Length - from && end < b.Length - from && a[^(end + 1)] == b[^(end + 1)]) end++;
        var (left, right) = (a.Length - from - end, b.Length - from - end);
        return (left <= 1 && right <= 1) || (left == 2 && right == 2 && a[from] == b[from + 1] && a[from + 1] == b[from]);
    }

    // The house runs without the culture data a Unicode decomposition needs, so the letters are named: Latin with the accents of European languages, Turkish and pinyin.
    static readonly Dictionary<char, string> Plain = new[]
    {
        ("A", "ÀÁÂÃÄÅĀĂĄǍ"), ("AE", "Æ"), ("C", "ÇĆĈĊČ"), ("D", "ĎĐÐ"), ("E", "ÈÉÊËĒĔĖĘĚ"), ("G", "ĜĞĠĢ"), ("H", "ĤĦ"), ("I", "ÌÍÎÏĨĪĬĮİǏ"), ("J", "Ĵ"), ("K", "Ķ"), ("L", "ĹĻĽĿŁ"), ("N", "ÑŃŅŇ"), ("O", "ÒÓÔÕÖØŌŎŐǑ"), ("OE", "Œ"),
        ("R", "ŔŖŘ"), ("S", "ŚŜŞŠȘ"), ("SS", "ẞß"), ("T", "ŢŤŦȚ"), ("TH", "Þ"), ("U", "ÙÚÛÜŨŪŬŮŰŲǓǕǗǙǛ"), ("W", "Ŵ"), ("Y", "ÝŶŸ"), ("Z", "ŹŻŽ"),
    }.SelectMany(p => p.Item2.Select(ch => (Letter: ch, Plain: p.Item1))).ToDictionary(p => p.Letter, p => p.Plain);

    static string Folded(char ch)
    {
        // Full-width Latin letters and digits as East Asian forms have them.
        var upper = char.ToUpperInvariant(ch is >= '\uff10' and <= '\uff5a' ? (char)(ch - 0xfee0) : ch);
        return Plain.TryGetValue(upper, out var plain) ? plain : upper.ToString();
    }

    static bool IsChinese(string word) => word.Any(c => c is >= '\u4e00' and <= '\u9fff');

    static string Stem(string word, IReadOnlySet<string> legalForms)
    {
        var form = legalForms.Where(f => f.Length < word.Length && word.EndsWith(f, StringComparison.Ordinal)).MaxBy(f => f.Length);
        return form is null ? word : word[..^form.Length];
    }
}
