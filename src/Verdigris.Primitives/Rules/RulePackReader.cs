using System.Security.Cryptography;
using System.Text;
using NodaTime;
using NodaTime.Text;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace Verdigris.Primitives.Rules;

/// <summary>Reads one pack and checks all of it before giving any of it. Every fault names file, line and field and says what would be right.</summary>
sealed class RulePackReader
{
    static readonly string[] PackFields = ["pack", "version", "title", "shape", "sources", "tables"];
    static readonly string[] TableFields = ["file", "rows", "key", "columns", "gaps", "defaults"];
    static readonly string[] CommonColumns = ["valid_from", "valid_to", "source", "article", "status", "retrieved", "note"];
    static readonly string[] Types = ["text", "choice", "decimal", "integer", "date", "flag", "list"];

    readonly List<PackFault> faults = [];
    readonly IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    readonly string rules;
    readonly string file;

    RulePackReader(string rules, string id) { this.rules = rules; file = id + ".yaml"; }

    sealed record Column(string Type, bool Optional, IReadOnlyList<string> Of);

    /// <exception cref="RulePackException">Anything is wrong.</exception>
    public static RulePack Read(string rules, string id)
    {
        var reader = new RulePackReader(rules, id);
        var pack = reader.Pack(id);
        return pack is not null && reader.faults.Count == 0 ? pack : throw new RulePackException(reader.faults);
    }

    RulePack? Pack(string id)
    {
        if (Content(file, 0) is not { } text || Root(text) is not { } root) return null;
        CheckNames(root, PackFields);
        var named = Scalar(root, "pack");
        if (named is not null && named != id) Fault(file, LineOf(root, "pack"), "pack", "rule-pack.id", $"the pack calls itself '{named}'; by its place it is '{id}'", $"规则包自称“{named}”；按其位置应为“{id}”");
        var version = Scalar(root, "version");
        var title = Map(root, "title") is { } t ? new Bilingual(Scalar(t, "en") ?? "", Scalar(t, "zh") ?? "") : default;
        var sources = Sources(root);
        var shape = root.Children.ContainsKey("shape") ? Shape(root) : null;
        var tables = new Dictionary<string, RuleTable>(StringComparer.Ordinal);
        if (Map(root, "tables") is { } all)
            foreach (var (name, node) in all.Children)
                if (node is YamlMappingNode table) tables[((YamlScalarNode)name).Value!] = Table(((YamlScalarNode)name).Value!, table, sources, shape);
                else Fault(file, (int)node.Start.Line, name.ToString(), "rule-pack.table", "a table is a mapping with key, columns and file or rows", "表应为包含 key、columns 以及 file 或 rows 的映射");
        if (faults.Count > 0) return null;
        return new(id, version!, title, Convert.ToHexStringLower(hash.GetHashAndReset()), sources, tables);
    }

    /// <summary>Tables of a shape file: keys and columns that several packs share, so that packs of one kind are alike.</summary>
    YamlMappingNode? Shape(YamlMappingNode root)
    {
        if (Scalar(root, "shape") is not { } name) return null;
        var line = LineOf(root, "shape");
        if (name != Path.GetFileName(name) || !name.EndsWith(".yml", StringComparison.Ordinal)) { Fault(file, line, "shape", "rule-pack.file", "the shape is a .yml beside the pack", "shape 应为与规则包同目录的 .yml"); return null; }
        return Content((Path.GetDirectoryName(file) is { Length: > 0 } folder ? folder + "/" : "") + name, line) is { } text && Root(text) is { } of ? Map(of, "tables") : null;
    }

    Dictionary<string, RuleSource> Sources(YamlMappingNode root)
    {
        var sources = new Dictionary<string, RuleSource>(StringComparer.Ordinal);
        if (Map(root, "sources") is not { } nodes) return sources;
        foreach (var (name, node) in nodes.Children)
        {
            var id = ((YamlScalarNode)name).Value!;
            if (node is not YamlMappingNode source) { Fault(file, (int)node.Start.Line, id, "rule-pack.source", "a source needs citation and retrieved", "来源需要 citation 和 retrieved"); continue; }
            CheckNames(source, ["citation", "retrieved"]);
            var citation = Scalar(source, "citation");
            var retrieved = Scalar(source, "retrieved") is { } day ? Date(file, LineOf(source, "retrieved"), "retrieved", day) : null;
            if (citation is not null && retrieved is { } on) sources[id] = new(id, citation, on);
        }
        return sources;
    }

    RuleTable Table(string name, YamlMappingNode node, Dictionary<string, RuleSource> sources, YamlMappingNode? shape)
    {
        CheckNames(node, TableFields);
        var form = node;
        if (shape is not null)
        {
            if (shape.Children.TryGetValue(name, out var common) && common is YamlMappingNode known) form = known;
            else Fault(file, (int)node.Start.Line, name, "rule-pack.table", $"the shape has no such table; it has {string.Join(", ", shape.Children.Keys)}", $"shape 中没有此表；可用的表：{string.Join("、", shape.Children.Keys)}");
            if (node.Children.ContainsKey("columns") || node.Children.ContainsKey("key")) Fault(file, (int)node.Start.Line, name, "rule-pack.table", "key and columns are the shape's", "key 与 columns 由 shape 规定");
        }
        var columns = Columns(form);
        var key = Sequence(form, "key");
        foreach (var part in key.Where(k => !columns.ContainsKey(k)))
            Fault(file, LineOf(node, "key"), "key", "rule-pack.key", $"'{part}' is not one of the columns: {string.Join(", ", columns.Keys)}", $"“{part}”不是已声明的列：{string.Join("、", columns.Keys)}");
        if (key.Count == 0) Fault(file, (int)node.Start.Line, "key", "rule-pack.key", "a table needs a key: the columns that tell one entry from another", "表需要 key：用于区分条目的列");
        var gapsAllowed = false;
        if (form.Children.ContainsKey("gaps"))
        {
            gapsAllowed = Scalar(form, "gaps") == "allowed";
            if (!gapsAllowed) Fault(file, LineOf(node, "gaps"), "gaps", "rule-pack.value", "the only value is 'allowed'", "唯一可用的值是“allowed”");
        }
        var cells = node.Children.ContainsKey("file") ? FileRows(node) : InlineRows(node);
        var rows = new List<RuleRow>();
        var defaults = node.Children.ContainsKey("defaults") && Map(node, "defaults") is { } shared ? shared.Children.ToDictionary(c => c.Key.ToString(), c => c.Value.ToString(), StringComparer.Ordinal) : [];
        foreach (var (source, line, values) in cells)
        {
            foreach (var (column, value) in defaults) if (values.GetValueOrDefault(column, "").Length == 0) values[column] = value;
            if (Row(source, line, values, columns, sources) is { } row) rows.Add(row);
        }
        CheckValidity(name, key, rows, gapsAllowed);
        return new(name, key, rows);
    }

    Dictionary<string, Column> Columns(YamlMappingNode node)
    {
        var columns = new Dictionary<string, Column>(StringComparer.Ordinal);
        if (Map(node, "columns") is not { } nodes) return columns;
        foreach (var (name, child) in nodes.Children)
        {
            var id = ((YamlScalarNode)name).Value!;
            var line = (int)name.Start.Line;
            if (child is not YamlMappingNode column) { Fault(file, line, id, "rule-pack.column", "a column needs a type", "列需要 type"); continue; }
            CheckNames(column, ["type", "optional", "of"]);
            if (CommonColumns.Contains(id)) Fault(file, line, id, "rule-pack.column", "this column is in every table and is not declared", "此列为所有表共有，无需声明");
            var type = Scalar(column, "type");
            if (type is not null && !Types.Contains(type)) Fault(file, line, id, "rule-pack.column", $"type '{type}' is unknown; known are {string.Join(", ", Types)}", $"未知类型“{type}”；可用类型：{string.Join("、", Types)}");
            var optional = column.Children.ContainsKey("optional") && Scalar(column, "optional") == "true";
            var of = column.Children.ContainsKey("of") ? Sequence(column, "of") : [];
            if ((type == "choice") != (of.Count > 0)) Fault(file, line, id, "rule-pack.column", "a choice, and only a choice, lists its values in 'of'", "只有 choice 类型才需要用 of 列出取值");
            columns[id] = new(type ?? "text", optional, of);
        }
        return columns;
    }

    IEnumerable<(string File, int Line, Dictionary<string, string> Values)> InlineRows(YamlMappingNode node)
    {
        if (!node.Children.TryGetValue("rows", out var rows) || rows is not YamlSequenceNode list)
        {
            Fault(file, (int)node.Start.Line, "rows", "rule-pack.rows", "a table needs 'file' (a CSV beside the pack) or 'rows'", "表需要 file（与规则包同目录的 CSV）或 rows");
            yield break;
        }
        foreach (var item in list.Children)
        {
            if (item is not YamlMappingNode row) { Fault(file, (int)item.Start.Line, null, "rule-pack.rows", "a row is a mapping of column to value", "行应为列名到值的映射"); continue; }
            var values = new Dictionary<string, string>(StringComparer.Ordinal);
            foreach (var (name, value) in row.Children)
                if (value is YamlScalarNode scalar) values[name.ToString()] = scalar.Value ?? "";
                else Fault(file, (int)value.Start.Line, name.ToString(), "rule-pack.value", "a value is plain text; a list is written a|b", "值应为纯文本；列表写作 a|b");
            yield return (file, (int)item.Start.Line, values);
        }
    }

    List<(string File, int Line, Dictionary<string, string> Values)> FileRows(YamlMappingNode node)
    {
        var rows = new List<(string, int, Dictionary<string, string>)>();
        var line = LineOf(node, "file");
        if (node.Children.ContainsKey("rows")) Fault(file, line, "rows", "rule-pack.rows", "a table has either 'file' or 'rows'", "表只能有 file 或 rows 之一");
        if (Scalar(node, "file") is not { } name) return rows;
        if (name != Path.GetFileName(name) || !name.EndsWith(".csv", StringComparison.Ordinal)) { Fault(file, line, "file", "rule-pack.file", "the file is a .csv beside the pack", "文件应为与规则包同目录的 .csv"); return rows; }
        var path = (Path.GetDirectoryName(file) is { Length: > 0 } folder ? folder + "/" : "") + name;
        if (Content(path, line) is not { } text) return rows;
        try
        {
            List<string>? header = null;
            foreach (var (at, fields) in CsvReader.Read(text))
            {
                if (header is null)
                {
                    header = fields;
                    foreach (var twice in header.GroupBy(h => h).Where(g => g.Count() > 1)) Fault(path, at, twice.Key, "rule-pack.duplicate-field", "this column stands twice", "此列重复出现");
                    continue;
                }
                if (fields.Count != header.Count) { Fault(path, at, null, "rule-pack.row-length", $"{fields.Count} fields; the header has {header.Count}", $"有 {fields.Count} 个字段；表头有 {header.Count} 个"); continue; }
                var values = new Dictionary<string, string>(StringComparer.Ordinal);
                for (var i = 0; i < header.Count; i++) values[header[i]] = fields[i];
                rows.Add((path, at, values));
            }
        }
        catch (FormatException fault) { Fault(path, 0, null, "rule-pack.csv", fault.Message, $"CSV 格式错误（{fault.Message}）"); }
        return rows;
    }

    RuleRow? Row(string from, int line, Dictionary<string, string> cells, Dictionary<string, Column> columns, Dictionary<string, RuleSource> sources)
    {
        var before = faults.Count;
        foreach (var unknown in cells.Keys.Where(c => !columns.ContainsKey(c) && !CommonColumns.Contains(c)))
            Fault(from, line, unknown, "rule-pack.unknown-field", $"unknown field; known are {string.Join(", ", columns.Keys.Concat(CommonColumns))}", $"未知字段；已知字段：{string.Join("、", columns.Keys.Concat(CommonColumns))}");
        var values = new Dictionary<string, object>(StringComparer.Ordinal);
        foreach (var (name, column) in columns)
        {
            var text = cells.GetValueOrDefault(name, "");
            if (text.Length > 0) { if (Value(from, line, name, text, column) is { } value) values[name] = value; }
            else if (!column.Optional) Fault(from, line, name, "rule-pack.missing", $"a value is needed ({column.Type})", $"需要一个值（{column.Type}）");
        }
        LocalDate? DateCell(string name) => cells.GetValueOrDefault(name, "") is { Length: > 0 } text ? Date(from, line, name, text) : null;
        var (start, end) = (DateCell("valid_from"), DateCell("valid_to"));
        if (start is not null && end is not null && end <= start) Fault(from, line, "valid_to", "rule-pack.validity", "the end lies not after the start; the end is the first day no longer valid", "结束日期不晚于开始日期；结束日期为失效的第一天");
        RuleStatus? status = cells.GetValueOrDefault("status", "") switch { "verified" => RuleStatus.Verified, "secondary" => RuleStatus.Secondary, "recalled" => RuleStatus.Recalled, _ => null };
        if (status is null) Fault(from, line, "status", "rule-pack.status", "one of verified, secondary, recalled is needed", "需要 verified、secondary、recalled 之一");
        var sourceId = cells.GetValueOrDefault("source", "");
        if (!sources.TryGetValue(sourceId, out var cited)) Fault(from, line, "source", "rule-pack.source", $"source '{sourceId}' is not one of the pack's: {string.Join(", ", sources.Keys)}", $"来源“{sourceId}”未在规则包中声明；已声明：{string.Join("、", sources.Keys)}");
        var retrieved = DateCell("retrieved") ?? cited?.Retrieved;
        if (faults.Count > before) return null;
        string? Optional(string name) => cells.GetValueOrDefault(name, "") is { Length: > 0 } text ? text : null;
        return new(from, line, values, start, end, status!.Value, cited!, Optional("article"), retrieved!.Value, Optional("note"));
    }

    object? Value(string from, int line, string name, string text, Column column)
    {
        switch (column.Type)
        {
            case "text": return text;
            case "choice" when column.Of.Contains(text): return text;
            case "choice": Fault(from, line, name, "rule-pack.value", $"'{text}' is not one of {string.Join(", ", column.Of)}", $"“{text}”不是可用的值：{string.Join("、", column.Of)}"); return null;
            case "decimal" when DecimalText.TryRead(text, out var number): return number;
            case "decimal": Fault(from, line, name, "rule-pack.value", $"'{text}' is not a decimal number such as 0.0015", $"“{text}”不是十进制数，例如 0.0015"); return null;
            case "integer" when int.TryParse(text, System.Globalization.NumberStyles.AllowLeadingSign, System.Globalization.CultureInfo.InvariantCulture, out var whole): return whole;
            case "integer": Fault(from, line, name, "rule-pack.value", $"'{text}' is not a whole number", $"“{text}”不是整数"); return null;
            case "flag" when text is "true" or "false": return text == "true";
            case "flag": Fault(from, line, name, "rule-pack.value", $"'{text}' is neither true nor false", $"“{text}”不是 true 或 false"); return null;
            case "date": return Date(from, line, name, text);
            case "list": return text.Split('|').Select(part => part.Trim()).ToList();
            default: return null;
        }
    }

    void CheckValidity(string table, IReadOnlyList<string> key, List<RuleRow> rows, bool gapsAllowed)
    {
        foreach (var same in rows.GroupBy(r => string.Join(" / ", key.Select(k => r.TextOrNull(k)))))
        {
            var ordered = same.OrderBy(r => r.From ?? LocalDate.MinIsoValue).ThenBy(r => r.Line).ToList();
            for (var i = 1; i < ordered.Count; i++)
            {
                var (before, after) = (ordered[i - 1], ordered[i]);
                if (before.From == after.From && before.To == after.To)
                    Fault(after.File, after.Line, key.Count > 0 ? key[0] : null, "rule-pack.duplicate", $"{table} '{same.Key}' stands already in line {before.Line}", $"{table}“{same.Key}”已在第 {before.Line} 行出现");
                else if (before.To is null || after.From is null || after.From < before.To)
                    Fault(after.File, after.Line, "valid_from", "rule-pack.overlap", $"{table} '{same.Key}' overlaps line {before.Line}: that one must end by {Iso(after.From)}", $"{table}“{same.Key}”与第 {before.Line} 行的有效期重叠：后者应在 {Iso(after.From)} 前结束");
                else if (after.From > before.To && !gapsAllowed)
                    Fault(after.File, after.Line, "valid_from", "rule-pack.gap", $"{table} '{same.Key}' has a gap from {Iso(before.To)}, where line {before.Line} ends; begin there, or allow gaps in the table", $"{table}“{same.Key}”自 {Iso(before.To)}（第 {before.Line} 行结束）起有空档；请从该日开始，或在表中允许空档");
            }
        }
    }

    // --- text, YAML ---------------------------------------------------------------------------------------------

    string? Content(string path, int namedOnLine)
    {
        byte[] bytes;
        try { bytes = System.IO.File.ReadAllBytes(Path.Combine(rules, path)); }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            Fault(namedOnLine > 0 ? file : path, namedOnLine, namedOnLine > 0 ? "file" : null, "rule-pack.file", $"{path} cannot be read ({fault.Message})", $"无法读取 {path}（{fault.Message}）");
            return null;
        }
        hash.AppendData(Encoding.UTF8.GetBytes($"{path}\n{bytes.Length}\n"));
        hash.AppendData(bytes);
        try { return new UTF8Encoding(false, true).GetString(bytes); }
        catch (DecoderFallbackException) { Fault(path, 0, null, "rule-pack.encoding", "the file is not UTF-8", "文件不是 UTF-8 编码"); return null; }
    }

    YamlMappingNode? Root(string text)
    {
        try
        {
            var stream = new YamlStream();
            stream.Load(new StringReader(text));
            if (stream.Documents.Count == 1 && stream.Documents[0].RootNode is YamlMappingNode root) return root;
            Fault(file, 1, null, "rule-pack.yaml", "a pack is one YAML mapping", "规则包应为一个 YAML 映射");
        }
        catch (YamlException fault) { Fault(file, (int)fault.Start.Line, null, "rule-pack.yaml", $"not readable as YAML: {fault.Message}", $"不是有效的 YAML：{fault.Message}"); }
        return null;
    }

    void CheckNames(YamlMappingNode node, string[] known)
    {
        foreach (var name in node.Children.Keys)
            if (!known.Contains(name.ToString()))
                Fault(file, (int)name.Start.Line, name.ToString(), "rule-pack.unknown-field", $"unknown field; known are {string.Join(", ", known)}", $"未知字段；已知字段：{string.Join("、", known)}");
    }

    string? Scalar(YamlMappingNode node, string name)
    {
        if (node.Children.TryGetValue(name, out var value) && value is YamlScalarNode { Value.Length: > 0 } scalar) return scalar.Value;
        Fault(file, LineOf(node, name), name, "rule-pack.missing", "a text is needed here", "此处需要文本");
        return null;
    }

    YamlMappingNode? Map(YamlMappingNode node, string name)
    {
        if (node.Children.TryGetValue(name, out var value) && value is YamlMappingNode map) return map;
        Fault(file, LineOf(node, name), name, "rule-pack.missing", "a mapping is needed here", "此处需要映射");
        return null;
    }

    IReadOnlyList<string> Sequence(YamlMappingNode node, string name)
    {
        if (node.Children.TryGetValue(name, out var value) && value is YamlSequenceNode list && list.Children.All(c => c is YamlScalarNode)) return list.Children.Select(c => ((YamlScalarNode)c).Value!).ToList();
        Fault(file, LineOf(node, name), name, "rule-pack.missing", "a list is needed here: [a, b]", "此处需要列表：[a, b]");
        return [];
    }

    static int LineOf(YamlMappingNode node, string name) => (int)(node.Children.TryGetValue(name, out var value) ? value.Start.Line : node.Start.Line);

    LocalDate? Date(string from, int line, string name, string text)
    {
        if (LocalDatePattern.Iso.Parse(text) is { Success: true, Value: var day }) return day;
        Fault(from, line, name, "rule-pack.value", $"'{text}' is not a date such as 2026-01-31", $"“{text}”不是日期，例如 2026-01-31");
        return null;
    }

    static string Iso(LocalDate? day) => day is { } d ? LocalDatePattern.Iso.Format(d) : "…";

    void Fault(string from, int line, string? field, string code, string en, string zh) => faults.Add(new(from, line, field, code, new(en, zh)));
}
