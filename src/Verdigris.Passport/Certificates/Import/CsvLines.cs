using System.Text;

namespace Verdigris.Passport.Certificates.Import;

/// <summary>
/// Reads CSV (RFC 4180) as it streams: comma or semicolon as the header has it, quotes with doubled quotes, line breaks in quotes, CRLF or LF, UTF-8 with or without mark.
/// A record has a line number, the one it begins on. The stream stays the caller's. Not thread-safe.
/// </summary>
public sealed class CsvLines(Stream stream) : IDisposable
{
    public const int LongestRecord = 200_000;

    readonly StreamReader reader = new(stream, new UTF8Encoding(false, throwOnInvalidBytes: true), detectEncodingFromByteOrderMarks: true, 1 << 16, leaveOpen: true);
    readonly char[] buffer = new char[1 << 15];
    readonly StringBuilder cell = new();
    readonly List<string> cells = [];
    int at, filled, nextLine = 1;
    char separator = '\0';

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
            if (separator == '\0' && c is ',' or ';') separator = c;
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
