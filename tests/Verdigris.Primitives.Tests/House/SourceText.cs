using System.Text;

namespace Verdigris.Primitives.Tests.House;

/// <summary>C# (or Razor) with comments and the inside of strings blanked out, so that a word in prose is not taken for code. Line numbers stay.</summary>
static class SourceText
{
    public static string CodeOf(string source)
    {
        var code = new StringBuilder(source.Length);
        for (var i = 0; i < source.Length;)
        {
            if (At("//")) { while (i < source.Length && source[i] != '\n') i++; continue; }
            if (At("/*")) { Skip(source.IndexOf("*/", i + 2, StringComparison.Ordinal) is var end && end < 0 ? source.Length : end + 2); continue; }
            if (At("@*")) { Skip(source.IndexOf("*@", i + 2, StringComparison.Ordinal) is var end && end < 0 ? source.Length : end + 2); continue; }
            if (At("\"\"\"")) { Skip(source.IndexOf("\"\"\"", i + 3, StringComparison.Ordinal) is var end && end < 0 ? source.Length : end + 3); continue; }
            if (At("@\"") || At("$@\"") || At("@$\"")) { Verbatim(); continue; }
            if (source[i] == '"') { Quoted('"'); continue; }
            if (source[i] == '\'' && i + 2 < source.Length && (source[i + 1] == '\\' || source[i + 2] == '\'')) { Quoted('\''); continue; }
            code.Append(source[i++]);
            continue;

            bool At(string text) => string.CompareOrdinal(source, i, text, 0, text.Length) == 0;
            void Skip(int to) { for (; i < to; i++) if (source[i] == '\n') code.Append('\n'); }
            void Quoted(char quote)
            {
                code.Append(quote);
                for (i++; i < source.Length && source[i] != quote && source[i] != '\n'; i++) if (source[i] == '\\') i++;
                code.Append(quote);
                i++;
            }
            void Verbatim()
            {
                i = source.IndexOf('"', i) + 1;
                while (i < source.Length)
                {
                    if (source[i] == '"') { if (i + 1 < source.Length && source[i + 1] == '"') { i += 2; continue; } i++; break; }
                    if (source[i] == '\n') code.Append('\n');
                    i++;
                }
                code.Append("\"\"");
            }
        }
        return code.ToString();
    }

    /// <summary>Matches of an expression in the code of files, as <c>file:line: line</c>.</summary>
    public static List<string> Find(IEnumerable<string> files, System.Text.RegularExpressions.Regex expression)
    {
        var found = new List<string>();
        foreach (var file in files)
        {
            var source = File.ReadAllText(Checkout.Path(file));
            var code = CodeOf(source);
            foreach (System.Text.RegularExpressions.Match match in expression.Matches(code))
            {
                var line = code.AsSpan(0, match.Index).Count('\n') + 1;
                found.Add($"{file}:{line}: {match.Value.Trim()}");
            }
        }
        return found;
    }
}

/// <summary>Fails with the whole list: who mends it should see all of it at once.</summary>
static class Found
{
    public static void Nothing(IEnumerable<string> wrong)
    {
        var all = wrong.Distinct().ToList();
        Assert.True(all.Count == 0, $"{all.Count} found:\n" + string.Join('\n', all));
    }
}
