namespace Verdigris.Web;

/// <summary>The records of a table in a file, one after another. Not thread-safe.</summary>
public interface ITableLines : IDisposable
{
    /// <summary>Line (or row of the sheet) the last record began on, from 1.</summary>
    int Line { get; }

    /// <summary>Why reading ended early; null where it did not.</summary>
    string? Fault { get; }

    /// <summary>The next record that is not empty; null at the end or at a fault. The list is valid until the next call.</summary>
    IReadOnlyList<string>? Next();
}

/// <summary>What kind of file a table is: its content says so, not its name.</summary>
public static class TableLines
{
    public const string Csv = "text/csv", Xlsx = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";

    /// <summary>Begins to read a file that can be sought; the stream stays the caller's.</summary>
    public static ITableLines Open(Stream content)
    {
        Span<byte> first = stackalloc byte[4];
        var read = content.ReadAtLeast(first, 4, throwOnEndOfStream: false);
        content.Position -= read;
        // ZIP, and the compound file of older or password-protected workbooks.
        if (first[..read].SequenceEqual("PK\x03\x04"u8)) return new XlsxLines(content);
        return read == 4 && first.SequenceEqual<byte>([0xD0, 0xCF, 0x11, 0xE0]) ? new Unreadable("import.old-workbook") : new CsvLines(content);
    }

    /// <summary>About how many lines a file has, its header among them; for showing how far it is.</summary>
    public static async Task<int> Count(Stream content, CancellationToken ct)
    {
        using var lines = Open(content);
        return lines is XlsxLines sheet ? sheet.Rows : await CountLines(content, ct);
    }

    /// <summary>Lines of a text: line feeds, and the last line where nothing closes it.</summary>
    static async Task<int> CountLines(Stream content, CancellationToken ct)
    {
        var buffer = new byte[1 << 16];
        var (lines, last) = (0, (byte)'\n');
        for (int read; (read = await content.ReadAsync(buffer, ct)) > 0; last = buffer[read - 1]) lines += buffer.AsSpan(0, read).Count((byte)'\n');
        return last == '\n' ? lines : lines + 1;
    }

    sealed class Unreadable(string fault) : ITableLines
    {
        public int Line => 1;
        public string? Fault => fault;
        public IReadOnlyList<string>? Next() => null;
        public void Dispose() { }
    }
}
