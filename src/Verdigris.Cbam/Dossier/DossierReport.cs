using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Json;
using NodaTime;
using NodaTime.Text;
using Verdigris.Primitives;
using Verdigris.Web;

namespace Verdigris.Cbam.Dossier;

/// <summary>A table of a dossier.</summary>
/// <param name="Name">Of its member in data.json.</param>
/// <param name="Heads">Field names, the same in every language; they are the members of data.json too.</param>
/// <param name="Rows">Texts, decimals, whole numbers, days and nulls; what is not known is an empty cell, never a zero.</param>
public sealed record DossierTable(string Name, string Title, IReadOnlyList<string> Heads, IReadOnlyList<IReadOnlyList<object?>> Rows);

/// <summary>What a dossier says, once: the page, the data and the table are made of the same values.</summary>
/// <param name="Language">Of title, labels and texts: <c>en</c> or <c>zh</c>.</param>
/// <param name="Facts">Name of the member, label, value.</param>
/// <param name="Tables">The first is data.csv too.</param>
public sealed record DossierReport(string Language, string Title, IReadOnlyList<(string Name, string Label, object? Value)> Facts, IReadOnlyList<DossierTable> Tables)
{
    /// <summary>A page that needs nothing beside itself, made for A4.</summary>
    public string Html()
    {
        var page = new StringBuilder();
        page.Append(CultureInfo.InvariantCulture, $$"""
            <!doctype html>
            <html lang="{{Language}}"><head><meta charset="utf-8"><title>{{Encoded(Title)}}</title>
            <style>
            @page { size: A4; margin: 18mm }
            body { font: 10pt/1.4 sans-serif; color: #000 }
            h1 { font-size: 16pt } h2 { font-size: 12pt; break-after: avoid }
            table { border-collapse: collapse; width: 100% }
            th, td { border: 0.5pt solid #666; padding: 2pt 4pt; text-align: left; vertical-align: top }
            td.n { text-align: right; white-space: nowrap }
            thead { display: table-header-group } tr { break-inside: avoid }
            </style></head>
            <body><h1>{{Encoded(Title)}}</h1>
            <table><tbody>
            """);
        foreach (var (_, label, value) in Facts) page.Append(CultureInfo.InvariantCulture, $"\n<tr><th scope=\"row\">{Encoded(label)}</th>{Cell(value)}</tr>");
        page.Append("\n</tbody></table>");
        foreach (var table in Tables)
        {
            page.Append(CultureInfo.InvariantCulture, $"\n<h2>{Encoded(table.Title)}</h2>\n<table><thead><tr>{string.Concat(table.Heads.Select(h => $"<th scope=\"col\">{Encoded(h)}</th>"))}</tr></thead><tbody>");
            foreach (var row in table.Rows) page.Append(CultureInfo.InvariantCulture, $"\n<tr>{string.Concat(row.Select(Cell))}</tr>");
            page.Append("\n</tbody></table>");
        }
        return page.Append("\n</body></html>\n").ToString();
    }

    /// <summary>Canonical JSON (RFC 8785). Decimals are strings, so that no reader takes digits from them.</summary>
    public byte[] Json()
    {
        using var stream = new MemoryStream();
        using (var writer = new Utf8JsonWriter(stream))
        {
            writer.WriteStartObject();
            foreach (var (name, _, value) in Facts) Write(writer, name, value);
            foreach (var table in Tables)
            {
                writer.WriteStartArray(table.Name);
                foreach (var row in table.Rows)
                {
                    writer.WriteStartObject();
                    foreach (var (head, value) in table.Heads.Zip(row)) Write(writer, head, value);
                    writer.WriteEndObject();
                }
                writer.WriteEndArray();
            }
            writer.WriteEndObject();
        }
        return CanonicalJson.Write(stream.ToArray());
    }

    /// <summary>The first table, RFC 4180.</summary>
    public string Csv() => Tables.Count == 0 ? "" : string.Concat(Tables[0].Rows.Prepend([.. Tables[0].Heads]).Select(row => string.Join(',', row.Select(CsvLineWriter.Cell)) + "\r\n"));

    static void Write(Utf8JsonWriter writer, string name, object? value)
    {
        if (value is null) writer.WriteNull(name);
        else if (value is bool flag) writer.WriteBoolean(name, flag);
        else if (value is int or long) writer.WriteNumber(name, Convert.ToInt64(value, CultureInfo.InvariantCulture));
        else writer.WriteString(name, Text(value));
    }

    static string Cell(object? value) => $"<td{(value is decimal or int or long ? " class=\"n\"" : "")}>{Encoded(Text(value))}</td>";

    static string Text(object? value) => value switch
    {
        null => "",
        LocalDate day => LocalDatePattern.Iso.Format(day),
        Instant at => InstantPattern.ExtendedIso.Format(at),
        IFormattable number => number.ToString(null, CultureInfo.InvariantCulture),
        _ => value.ToString()!,
    };

    static string Encoded(string text) => WebUtility.HtmlEncode(text);
}
