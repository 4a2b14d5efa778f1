using System.Globalization;
using System.Xml;
using Verdigris.Cbam.Customs;
using Verdigris.Primitives;
using Verdigris.Web;

namespace Verdigris.Cbam.Imports;

/// <summary>
/// Reads the precursors of one good out of a supplier's file: CSV or XLSX with a header of the fields' names, or XML with elements <c>precursor</c> that have them as attributes or elements. A file is taken as a whole or refused with line and field. Pure but
/// for the stream, which stays the caller's and must be seekable.
/// </summary>
public static class PrecursorFile
{
    public const int LargestBytes = 1 << 20;

    static readonly string[] Fields = ["cn", "tPerT", "origin", "route", "directTco2ePerT", "indirectTco2ePerT", "freeAllocationTco2ePerT", "verifier", "productionYear"];

    /// <summary>Header and one line of example.</summary>
    public static string Template { get; } = string.Join(',', Fields) + "\r\n76011090,1.08,IN,K,1.71,,,Example Assurance,2025\r\n";

    /// <returns>Refused with what is wrong with the file (<c>import.empty</c>, <c>import.column-missing</c>, <c>import.column-twice</c>, <c>customs.xml-broken</c>, <c>customs.xml-no-items</c>, <c>line.precursors-many</c>) or with a value (<c>precursor-file.value</c>: line, column, text).</returns>
    public static Answer<IReadOnlyList<LinePrecursor>> Read(Stream content)
    {
        ArgumentNullException.ThrowIfNull(content);
        var records = CustomsFile.Kind(content) == CustomsFileKind.Xml ? Xml(content) : Table(content);
        if (!records.Ok) return Answer<IReadOnlyList<LinePrecursor>>.From(records.Refusals);
        if (records.Value.Count > ActualRules.MostPrecursors) return Refusal.Of("line.precursors-many", "file", ("limit", $"{ActualRules.MostPrecursors}"), ("given", $"{records.Value.Count}"));
        var wrong = new List<Refusal>();
        var read = records.Value.Select(r => Of(r, wrong)).ToList();
        return wrong.Count > 0 ? wrong : read;
    }

    static LinePrecursor Of((int Line, Dictionary<string, string> Cells) record, List<Refusal> wrong)
    {
        string? Text(string field) => record.Cells.TryGetValue(field, out var text) && text.Length > 0 ? text : null;
        void Bad(string field, string given) => wrong.Add(Refusal.Of("precursor-file.value", "file", ("line", $"{record.Line}"), ("field", field), ("given", CustomsValues.Short(given))));
        decimal? Number(string field)
        {
            if (Text(field) is not { } text) return null;
            if (DecimalText.TryRead(text, out var value)) return value;
            Bad(field, text);
            return null;
        }
        int? year = null;
        if (Text("productionYear") is { } written)
        {
            if (int.TryParse(written, NumberStyles.None, CultureInfo.InvariantCulture, out var number)) year = number;
            else Bad("productionYear", written);
        }
        if (Text("cn") is null) Bad("cn", "");
        if (Text("tPerT") is null) Bad("tPerT", "");
        return new(Text("cn") ?? "", Number("tPerT") ?? 0, Text("origin"), Text("route"), Number("directTco2ePerT"), Number("indirectTco2ePerT"), Number("freeAllocationTco2ePerT"), Text("verifier"), year);
    }

    static Answer<List<(int, Dictionary<string, string>)>> Table(Stream content)
    {
        using var lines = TableLines.Open(content);
        if (lines.Next() is not { } first) return Refusal.Of(lines.Fault ?? "import.empty", "file");
        var columns = first.Select(h => Array.Find(Fields, f => HeaderMappings.Plain(f) == HeaderMappings.Plain(h))).ToList();
        foreach (var needed in Fields[..2])
            if (!columns.Contains(needed)) return Refusal.Of("import.column-missing", "file", ("column", needed));
        if (columns.OfType<string>().GroupBy(c => c).FirstOrDefault(g => g.Count() > 1) is { } twice) return Refusal.Of("import.column-twice", "file", ("column", twice.Key));
        var records = new List<(int, Dictionary<string, string>)>();
        while (lines.Next() is { } cells)
        {
            var found = new Dictionary<string, string>(StringComparer.Ordinal);
            for (var i = 0; i < Math.Min(cells.Count, columns.Count); i++)
                if (columns[i] is { } field) found[field] = cells[i].Trim();
            if (found.Values.Any(v => v.Length > 0)) records.Add((lines.Line, found));
        }
        return lines.Fault is { } fault ? Refusal.Of(fault, "file") : records;
    }

    static Answer<List<(int, Dictionary<string, string>)>> Xml(Stream content)
    {
        try
        {
            using var reader = XmlReader.Create(content, new() { DtdProcessing = DtdProcessing.Prohibit, XmlResolver = null, MaxCharactersInDocument = LargestBytes, IgnoreComments = true, IgnoreProcessingInstructions = true, CloseInput = false });
            var records = new List<(int, Dictionary<string, string>)>();
            // One element after the other: however deep a file nests, no more than one precursor is a tree.
            reader.MoveToContent();
            while (!reader.EOF)
            {
                if (reader.NodeType != XmlNodeType.Element || !reader.LocalName.Equals("precursor", StringComparison.OrdinalIgnoreCase))
                {
                    reader.Read();
                    continue;
                }
                var line = ((IXmlLineInfo)reader).LineNumber;
                records.Add((line, Flat(reader)));
            }
            return records.Count == 0 ? Refusal.Of("customs.xml-no-items", "file") : records;
        }
        catch (XmlException e) { return Refusal.Of("customs.xml-broken", "file", ("line", $"{e.LineNumber}")); }
    }

    /// <summary>Attributes and text of the elements right inside; the reader stands behind the element afterwards.</summary>
    static Dictionary<string, string> Flat(XmlReader reader)
    {
        var found = new Dictionary<string, string>(StringComparer.Ordinal);
        void Take(string name, string text)
        {
            if (Array.Find(Fields, f => f.Equals(name, StringComparison.OrdinalIgnoreCase)) is { } field && text.Trim() is { Length: > 0 } value) found.TryAdd(field, value);
        }
        while (reader.MoveToNextAttribute()) Take(reader.LocalName, reader.Value);
        reader.MoveToElement();
        var (depth, name) = (reader.Depth, "");
        if (reader.IsEmptyElement) reader.Read();
        else
        {
            while (reader.Read() && reader.Depth > depth)
                if (reader.NodeType == XmlNodeType.Element && reader.Depth == depth + 1) name = reader.LocalName;
                else if (reader.NodeType is XmlNodeType.Text or XmlNodeType.CDATA && reader.Depth == depth + 2) Take(name, reader.Value);
            reader.Read();
        }
        return found;
    }
}
