using NodaTime;
using Verdigris.Primitives;
using Verdigris.Web;

namespace Verdigris.Cbam.Customs;

/// <summary>CSV and XLSX are tables and read alike; which of the two a file is, its first bytes say.</summary>
public enum CustomsFileKind { Table, Xml }

/// <summary>A value of a record, and what the file calls it.</summary>
readonly record struct CustomsCell(string Column, string Text);

/// <summary>One item as a file holds it, before anything is judged.</summary>
sealed record CustomsRecord(int Line, IReadOnlyDictionary<string, CustomsCell> Cells, Refusal? Broken = null);

/// <summary>
/// Reads files of import lines. A line is good or refused as a whole, and every finding names line, column, field and what would be right. The same declaration and item twice in a file is refused at the second.
/// Pure but for the stream, which stays the caller's. Whether a good falls under the measure is not asked here.
/// </summary>
public static class CustomsFile
{
    public const int MostLines = 400_000;

    /// <summary>By the first bytes: XML begins with an angle bracket, anything else is a table. The stream must be seekable and stands where it stood.</summary>
    public static CustomsFileKind Kind(Stream content)
    {
        ArgumentNullException.ThrowIfNull(content);
        Span<byte> first = stackalloc byte[256];
        var read = content.ReadAtLeast(first, first.Length, throwOnEndOfStream: false);
        content.Position -= read;
        foreach (var b in first[..read])
        {
            if (b is (byte)' ' or (byte)'\t' or (byte)'\r' or (byte)'\n' or 0xEF or 0xBB or 0xBF or 0xFE or 0xFF or 0) continue;
            return b == (byte)'<' ? CustomsFileKind.Xml : CustomsFileKind.Table;
        }
        return CustomsFileKind.Table;
    }

    /// <summary>Header and first lines of a table, to write a mapping from; <c>import.empty</c>, or why the file cannot be read.</summary>
    public static Answer<(IReadOnlyList<string> Header, IReadOnlyList<IReadOnlyList<string>> Sample)> Head(Stream content)
    {
        using var lines = TableLines.Open(content);
        if (lines.Next() is not { } first) return Refusal.Of(lines.Fault ?? "import.empty", "file");
        IReadOnlyList<string> header = [.. first.Select(h => h.Trim())];
        var sample = new List<IReadOnlyList<string>>();
        while (sample.Count < 5 && lines.Next() is { } line) sample.Add([.. line]);
        return (header, sample);
    }

    /// <param name="mapping">What the columns of a table are; null where names and aliases of <see cref="CustomsFields"/> are to do. XML takes only the constants of it.</param>
    /// <returns>Each line with its result, or why the file as a whole cannot be read: <c>import.empty</c>, <c>import.column-missing</c>, <c>import.column-twice</c>, <c>customs.lines</c>, <c>customs.xml-broken</c>, <c>customs.xml-no-items</c> and those of <see cref="TableLines"/>.</returns>
    public static Answer<CustomsReading> Read(Stream content, CustomsFileKind kind, CustomsMapping? mapping = null)
    {
        ArgumentNullException.ThrowIfNull(content);
        var records = kind == CustomsFileKind.Xml ? CustomsXml.Read(content) : Table(content, mapping);
        if (!records.Ok) return Answer<CustomsReading>.From(records.Refusals);
        var seen = new Dictionary<(string Mrn, int Item), int>();
        // XML writes numbers with a point, whatever the source's tables do.
        var decimalComma = kind == CustomsFileKind.Table && mapping?.DecimalComma == true;
        return new CustomsReading([.. records.Value.Select(r => Judge(r, mapping?.Constants, decimalComma, seen))]);
    }

    static Answer<IReadOnlyList<CustomsRecord>> Table(Stream content, CustomsMapping? mapping)
    {
        using var lines = TableLines.Open(content);
        if (lines.Next() is not { } first) return Refusal.Of(lines.Fault ?? "import.empty", "file");
        var header = first.Select(h => h.Trim()).ToList();
        var fields = header.ConvertAll(h => mapping is null ? CustomsFields.Guess(h) : mapping.Columns.FirstOrDefault(c => c.Header == h)?.Field);
        if (CustomsMappingRules.Shape(fields, mapping?.Constants.Keys ?? []) is { Count: > 0 } wrong) return Answer<IReadOnlyList<CustomsRecord>>.From(wrong);
        var records = new List<CustomsRecord>();
        while (lines.Next() is { } cells)
        {
            if (records.Count == MostLines) return Refusal.Of("customs.lines", "file", ("most", $"{MostLines}"));
            var broken = cells.Count > header.Count && cells.Skip(header.Count).Any(c => c.Length > 0) ? Refusal.Of("import.cells-differ", null, ("given", $"{cells.Count}"), ("expected", $"{header.Count}")) : null;
            var found = new Dictionary<string, CustomsCell>(StringComparer.Ordinal);
            for (var i = 0; i < Math.Min(cells.Count, fields.Count); i++)
                if (fields[i] is { } field && cells[i].Trim() is { Length: > 0 } text) found[field] = new(header[i], text);
            // A field without a value still has its column, for whoever must fill it.
            for (var i = 0; i < fields.Count; i++)
                if (fields[i] is { } field) found.TryAdd(field, new(header[i], ""));
            records.Add(new(lines.Line, found, broken));
        }
        return lines.Fault is { } fault ? Refusal.Of(fault, "file") : records;
    }

    static CustomsLineResult Judge(CustomsRecord record, IReadOnlyDictionary<string, string>? constants, bool decimalComma, Dictionary<(string, int), int> seen)
    {
        var findings = new List<CustomsFinding>();
        void Say(Refusal said, bool refuses) => findings.Add(new(record.Line, said.Field is { } f && record.Cells.TryGetValue(f, out var at) ? at.Column : null, said.Field, refuses, said.Code, said.Args));
        void Wrong(Refusal refusal) => Say(refusal, true);
        void Note(Refusal note) => Say(note, false);
        string Text(string field) => record.Cells.TryGetValue(field, out var cell) && cell.Text.Length > 0 ? cell.Text : constants?.GetValueOrDefault(field)?.Trim() ?? "";
        if (record.Broken is { } broken) Wrong(broken);
        foreach (var field in CustomsFields.All.Where(f => f.Required && Text(f.Name).Length == 0)) Wrong(Refusal.Of("customs.missing", field.Name, ("field", field.Name)));
        T? If<T>(string field, Func<string, T?> read) where T : class => Text(field) is { Length: > 0 } text ? read(text) : null;
        T? IfValue<T>(string field, Func<string, T?> read) where T : struct => Text(field) is { Length: > 0 } text ? read(text) : null;

        var mrn = If(CustomsFields.Mrn, t => CustomsValues.MrnOf(t, Wrong));
        var item = IfValue(CustomsFields.Item, t => CustomsValues.ItemOf(t, Wrong));
        var cn = If(CustomsFields.Cn, t => CustomsValues.CnOf(t, Wrong, Note));
        var origin = If(CustomsFields.Origin, t => CustomsValues.CountryOf(t, CustomsFields.Origin, Wrong));
        var mass = CustomsValues.MassOf(Text(CustomsFields.NetMassKg), Text(CustomsFields.NetMassT), decimalComma, Wrong);
        var quantity = CustomsValues.NumberOf(Text(CustomsFields.SupplementaryQuantity), CustomsFields.SupplementaryQuantity, decimalComma, Wrong);
        if (quantity < 0) Wrong(Refusal.Of("customs.negative", CustomsFields.SupplementaryQuantity, ("given", DecimalText.Write(quantity.Value))));
        var released = IfValue(CustomsFields.ReleasedOn, t => CustomsValues.DayOf(t, Wrong));
        var procedure = CustomsValues.ProcedureOf(Text(CustomsFields.Procedure), Text(CustomsFields.PreviousProcedure), Wrong);
        var importer = If(CustomsFields.ImporterEori, t => CustomsValues.EoriOf(t, CustomsFields.ImporterEori, Wrong));
        // A direct representative acts in the importer's name: for the measure there is none then.
        var representative = Text(CustomsFields.RepresentativeStatus) == "2" ? null : If(CustomsFields.RepresentativeEori, t => CustomsValues.EoriOf(t, CustomsFields.RepresentativeEori, Wrong));
        var value = CustomsValues.NumberOf(Text(CustomsFields.Value), CustomsFields.Value, decimalComma, Wrong);
        var currency = CustomsValues.CurrencyOf(Text(CustomsFields.Currency), Wrong);
        if (mrn is not null && released is { } on && on.Year - YearOf(mrn) is not (0 or 1)) Note(Refusal.Of("customs.mrn-year", CustomsFields.Mrn, ("given", $"{YearOf(mrn)}"), ("released", $"{on.Year}")));
        if (mrn is not null && item is { } number && !seen.TryAdd((mrn, number), record.Line)) Wrong(Refusal.Of("customs.twice", CustomsFields.Mrn, ("mrn", mrn), ("item", $"{number}"), ("line", $"{seen[(mrn, number)]}")));
        if (findings.Exists(f => f.Refuses)) return new(record.Line, null, findings);
        return new(record.Line, new(mrn!, item!.Value, cn!, origin!, mass!.Value, quantity, Some(Text(CustomsFields.SupplementaryUnit)), released!.Value, procedure, importer!, representative, Some(Text(CustomsFields.Supplier)), value, currency), findings);
    }

    static string? Some(string text) => text.Length == 0 ? null : text.Length > 200 ? text[..200] : text;

    static int YearOf(string mrn) => 2000 + ((mrn[0] - '0') * 10) + (mrn[1] - '0');
}
