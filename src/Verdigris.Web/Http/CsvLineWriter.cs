using System.Globalization;
using System.Text;
using NodaTime;
using NodaTime.Text;

namespace Verdigris.Web;

/// <summary>Writes RFC 4180 lines in UTF-8: values in the invariant form, texts quoted, and none that a spreadsheet would run as a formula.</summary>
public sealed class CsvLineWriter(Stream output) : IAsyncDisposable
{
    readonly StreamWriter writer = new(output, new UTF8Encoding(false), 16384, leaveOpen: true) { NewLine = "\r\n" };

    public Task Line(CancellationToken ct, params IEnumerable<object?> values) => writer.WriteLineAsync(string.Join(',', values.Select(Cell)).AsMemory(), ct);

    public ValueTask DisposeAsync() => writer.DisposeAsync();

    public static string Cell(object? value) => value switch
    {
        null => "",
        string text => '"' + (text.Length > 0 && text[0] is '=' or '+' or '-' or '@' or '\t' or '\r' ? "'" + text : text).Replace("\"", "\"\"", StringComparison.Ordinal) + '"',
        LocalDate day => LocalDatePattern.Iso.Format(day),
        IFormattable number => number.ToString(null, CultureInfo.InvariantCulture),
        _ => value.ToString() ?? "",
    };
}
