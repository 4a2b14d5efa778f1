using System.Text;

namespace Verdigris.Primitives.Rules;

/// <summary>CSV as RFC 4180 has it, with the line each record begins on. Comma, double quotes, LF or CRLF; blank lines are passed over.</summary>
public static class CsvReader
{
    /// <exception cref="FormatException">A quote is not closed, or text follows a closing quote; the message names the line.</exception>
    public static IEnumerable<(int Line, List<string> Fields)> Read(string text)
    {
        var line = 1;
        var i = 0;
        while (i < text.Length)
        {
            var start = line;
            var fields = new List<string>();
            while (true)
            {
                fields.Add(Field(text, ref i, ref line));
                if (i < text.Length && text[i] == ',') { i++; continue; }
                break;
            }
            if (i < text.Length && text[i] == '\r') i++;
            if (i < text.Length && text[i] != '\n') throw new FormatException($"line {line}: a comma is missing after a closing quote");
            i++;
            line++;
            if (fields.Count > 1 || fields[0].Length > 0) yield return (start, fields);
        }
    }

    static string Field(string text, ref int i, ref int line)
    {
        if (i >= text.Length || text[i] != '"')
        {
            var from = i;
            while (i < text.Length && text[i] is not (',' or '\n' or '\r')) i++;
            return text[from..i];
        }
        var opened = line;
        var value = new StringBuilder();
        for (i++; i < text.Length; i++)
        {
            if (text[i] == '"')
            {
                if (i + 1 >= text.Length || text[i + 1] != '"') { i++; return value.ToString(); }
                i++;
            }
            if (text[i] == '\n') line++;
            value.Append(text[i]);
        }
        throw new FormatException($"line {opened}: a quote is not closed");
    }
}
