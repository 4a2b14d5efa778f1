using System.Buffers;
using System.Text;

namespace Verdigris.Web;

/// <summary>
/// Reads CSV (RFC 4180) as it streams: comma or semicolon as the header has it, quotes with doubled quotes, line breaks in quotes, CRLF or LF, UTF-8 with or without mark.
/// A record has a line number, the one it begins on. The stream stays the caller's. Not thread-safe.
/// </summary>
public sealed class CsvLines(Stream stream) : ITableLines
{
    public const int LongestRecord = 200_000;

    readonly StreamReader reader = new(stream, new UTF8Encoding(false, throwOnInvalidBytes: true), detectEncodingFromByteOrderMarks: true, 1 << 16, leaveOpen: true);
    readonly char[] buffer = new char[1 << 15];
    readonly StringBuilder cell = new();
    List<string> cells = [], before = [];
    int at, filled, nextLine = 1;
    char separator = '\0';
    SearchValues<char>? ends;

    /// <summary>Line the last record began on, from 1.</summary>
    public int Line { get; private set; }

    /// <summary>Why reading ended early: <c>import.quote-open</c>, <c>import.line-too-long</c>, <c>import.not-utf8</c>; null where it did not.</summary>
    public string? Fault { get; private set; }

    /// <summary>The next record that is not an empty line; null at the end or at a fault. The list is valid until the next call.</summary>
    public IReadOnlyList<string>? Next()
    {
        if (Fault is not null) return null;
        try
        {
            while (true)
            {
                if (!ReadRecord()) return null;
                if (cells.Count > 1 || cells[0].Length > 0) return cells;
            }
        }
        catch (DecoderFallbackException)
        {
            Fault = "import.not-utf8";
            return null;
        }
    }

    public void Dispose() => reader.Dispose();

    bool ReadRecord()
    {
        (cells, before) = (before, cells);
        cells.Clear();
        cell.Clear();
        Line = nextLine;
        var length = 0;
        bool quoted = false, wasQuoted = false, any = false;
        while (true)
        {
            if (at == filled)
            {
                filled = reader.Read(buffer, 0, buffer.Length);
                at = 0;
                if (filled == 0)
                {
                    if (quoted) { Fault = "import.quote-open"; return false; }
                    if (!any) return false;
                    cells.Add(cell.ToString());
                    return true;
                }
            }
            // Most cells hold no quote and end inside the buffer: found at one look, never copied into the builder.
            if (!quoted && !wasQuoted && cell.Length == 0 && ends is not null)
            {
                var rest = buffer.AsSpan(at, filled - at);
                var end = rest.IndexOfAny(ends);
                if (end >= 0 && rest[end] == separator)
                {
                    any = true;
                    length += end + 1;
                    if (length > LongestRecord) { Fault = "import.line-too-long"; return false; }
                    cells.Add(Text(rest[..end]));
                    at += end + 1;
                    continue;
                }
            }
            var c = buffer[at++];
            any = true;
            if (++length > LongestRecord) { Fault = "import.line-too-long"; return false; }
            if (quoted)
            {
                if (c == '\n') nextLine++;
                if (c != '"') { cell.Append(c); continue; }
                if (Peek() == '"') { cell.Append('"'); at++; continue; }
                quoted = false;
                wasQuoted = true;
                continue;
            }
            if (c == '"' && cell.Length == 0 && !wasQuoted) { quoted = true; continue; }
            if (separator == '\0' && c is ',' or ';')
            {
                separator = c;
                ends = SearchValues.Create([c, '"', '\r', '\n']);
            }
            if (c == separator) { EndCell(); wasQuoted = false; continue; }
            if (c == '\r' && Peek() is '\n' or '\0') continue;
            if (c == '\n')
            {
                nextLine++;
                EndCell();
                return true;
            }
            cell.Append(c);
        }
    }

    void EndCell()
    {
        cells.Add(cell.Length == 0 ? "" : cell.ToString());
        cell.Clear();
    }

    // A column often says the same as on the line before: that string is used again.
    string Text(ReadOnlySpan<char> found)
    {
        if (found.Length == 0) return "";
        if (before.Count > cells.Count && found.SequenceEqual(before[cells.Count])) return before[cells.Count];
        return found.ToString();
    }

    char Peek()
    {
        if (at == filled)
        {
            filled = reader.Read(buffer, 0, buffer.Length);
            at = 0;
            if (filled == 0) return '\0';
        }
        return buffer[at];
    }
}
