using System.Globalization;
using NodaTime;
using Verdigris.Passport.Specifications;
using Verdigris.Primitives;

namespace Verdigris.Passport.Certificates.Import;

/// <summary>A column of the certificate file.</summary>
/// <param name="Example">As the template shows it.</param>
public sealed record ImportColumn(string Name, bool Required, string Example, Bilingual Meaning);

/// <summary>The columns of a certificate file and how a line becomes a certificate. Beside these, each element is a column: <c>Si</c> in % by mass, <c>Si_ppm</c> in ppm, <c>U_Si</c> its expanded uncertainty in the same unit.</summary>
public sealed class ImportColumns
{
    public static IReadOnlyList<ImportColumn> All { get; } =
    [
        new("brand", true, "VNLAL", new("Exchange brand code", "交易所品牌代码")),
        new("countryOfOrigin", true, "NO", new("Country of melting or refining, ISO 3166-1 alpha-2", "冶炼或精炼国家，ISO 3166-1 二位代码")),
        new("shape", true, "ingot", new("Shape as the contract names it", "合约规定的形状")),
        new("heats", true, "H250101A|H250101B", new("Heat numbers, separated by |", "炉号，以 | 分隔")),
        new("batchNo", false, "B-1", new("Batch number", "批次号")),
        new("productionDate", true, "2025-01-01", new("Day of production, ISO 8601", "生产日期，ISO 8601")),
        new("analysisDate", true, "2025-01-02", new("Day of analysis", "分析日期")),
        new("issueDate", true, "2025-01-02", new("Day of issue", "签发日期")),
        new("pieces", true, "1100", new("Pieces", "件数")),
        new("bundles", true, "25", new("Bundles", "捆数")),
        new("grossKg", true, "25060.000", new("Gross mass, kg", "毛重，千克")),
        new("netKg", true, "25000.000", new("Net mass, kg", "净重，千克")),
        new("bundleList", false, "1:44:1000:S1|2:44:1000:S2", new("Bundles as number:pieces:netKg:seal, separated by |; must add up", "各捆：编号:件数:净重:封条号，以 | 分隔；合计须一致")),
        new("spec", true, "aa-p1020a", new("Edition certified against", "依据的规格版本")),
        new("method", false, "OES", new("Method of analysis, for all elements", "分析方法（适用于所有元素）")),
        new("labName", false, "Works laboratory", new("Laboratory", "实验室")),
        new("labAccreditation", false, "TEST-001", new("Its ISO/IEC 17025 number", "ISO/IEC 17025 认可编号")),
        new("labValidTo", false, "2027-12-31", new("Accreditation valid to", "认可有效期至")),
        new("issuerKind", false, "producer", new("producer, also if empty; other issuers come on paper", "producer，可留空；其他签发方的证书来自纸质文件")),
        new("customsCode", false, "7601.10", new("Customs code, Harmonised System: 6, 8 or 10 digits", "海关编码（协调制度）：6、8 或 10 位")),
        new("sourceRef", false, "LAB-2025-000001", new("Own reference, unique: makes a repeated file harmless", "自有编号，唯一：使重复导入无害")),
    ];

    readonly Dictionary<string, int> fixedColumns;
    readonly List<(int Index, string Element, ContentUnit Unit, int Uncertainty)> elements;
    readonly int count;
    readonly IReadOnlyDictionary<string, string> constants;

    ImportColumns(Dictionary<string, int> fixedColumns, List<(int, string, ContentUnit, int)> elements, int count, IReadOnlyDictionary<string, string> constants)
    {
        this.fixedColumns = fixedColumns;
        this.elements = elements;
        this.count = count;
        this.constants = constants;
    }

    static readonly IReadOnlyDictionary<string, string> None = new Dictionary<string, string>();

    /// <summary>True for the names of <see cref="All"/> and for elements: <c>Si</c>, <c>Si_ppm</c>, <c>U_Si</c>.</summary>
    public static bool IsColumn(string name) => All.Any(c => c.Name == name) || Elements.IsSymbol(name.EndsWith("_ppm", StringComparison.Ordinal) ? name[..^4] : name)
        || (name.StartsWith("U_", StringComparison.Ordinal) && Elements.IsSymbol(name[2..]));

    /// <summary>The template to download: header and one line of example.</summary>
    public static string Template()
    {
        string[] elements = ["Si", "Fe", "Zn", "Ga", "V", "Al"];
        string[] values = ["0.04", "0.11", "<0.005", "0.01", "0.008", "99.82"];
        return string.Join(',', All.Select(c => c.Name).Concat(elements)) + "\r\n" + string.Join(',', All.Select(c => c.Example).Concat(values)) + "\r\n";
    }

    /// <summary>Reads the header: every required column once, nothing unknown.</summary>
    /// <param name="mapping">What the file's columns are called here, and what stands on every line; null where the file speaks our names.</param>
    public static Answer<ImportColumns> Read(IReadOnlyList<string> header, ImportMapping? mapping = null)
    {
        var wrong = new List<Refusal>();
        var known = new Dictionary<string, int>(StringComparer.Ordinal);
        var uncertain = new Dictionary<string, int>(StringComparer.Ordinal);
        var elements = new List<(int Index, string Element, ContentUnit Unit)>();
        for (var i = 0; i < header.Count; i++)
        {
            if ((mapping is null ? header[i].Trim() : mapping.ColumnOf(header[i].Trim())) is not { } name) continue;
            if (All.Any(c => c.Name == name)) { if (!known.TryAdd(name, i)) wrong.Add(Refusal.Of("import.column-twice", name, ("column", name))); continue; }
            var ppm = name.EndsWith("_ppm", StringComparison.Ordinal);
            var symbol = ppm ? name[..^4] : name;
            if (Elements.IsSymbol(symbol))
            {
                if (elements.Any(e => e.Element == symbol)) wrong.Add(Refusal.Of("import.column-twice", name, ("column", name)));
                else elements.Add((i, symbol, ppm ? ContentUnit.Ppm : ContentUnit.PercentByMass));
            }
            else if (name.StartsWith("U_", StringComparison.Ordinal) && Elements.IsSymbol(name[2..])) { if (!uncertain.TryAdd(name[2..], i)) wrong.Add(Refusal.Of("import.column-twice", name, ("column", name))); }
            else wrong.Add(Refusal.Of("import.column-unknown", name, ("column", name)));
        }
        foreach (var column in All.Where(c => c.Required && !known.ContainsKey(c.Name) && mapping?.Constants.ContainsKey(c.Name) != true)) wrong.Add(Refusal.Of("import.column-missing", column.Name, ("column", column.Name)));
        if (elements.Count == 0) wrong.Add(Refusal.Of("import.elements-missing"));
        foreach (var element in uncertain.Keys.Where(u => elements.All(e => e.Element != u))) wrong.Add(Refusal.Of("import.column-unknown", "U_" + element, ("column", "U_" + element)));
        if (wrong.Count > 0) return wrong;
        return new ImportColumns(known, [.. elements.Select(e => (e.Index, e.Element, e.Unit, uncertain.GetValueOrDefault(e.Element, -1)))], header.Count, mapping?.Constants ?? None);
    }

    /// <summary>A line as a certificate's content; what cannot be read is added to <paramref name="wrong"/> by column, and the content is then not to be used.</summary>
    public CertificateContent Read(IReadOnlyList<string> cells, List<Refusal> wrong)
    {
        if (cells.Count != count)
        {
            wrong.Add(Refusal.Of("import.cells-differ", null, ("given", Text(cells.Count)), ("expected", Text(count))));
            return new();
        }
        var results = new List<AnalysisResult>(elements.Count);
        var method = Maybe(cells, "method");
        foreach (var (index, element, unit, uncertainty) in elements)
        {
            var text = cells[index];
            if (text.Length == 0) continue;
            var below = text[0] == '<';
            if (!Number(below ? text.AsSpan(1).Trim() : text.AsSpan().Trim(), out var value)) { wrong.Add(Refusal.Of("import.number-unreadable", element, ("given", Short(text)))); continue; }
            decimal? u = null;
            if (uncertainty >= 0 && cells[uncertainty].Length > 0)
            {
                if (Number(cells[uncertainty].AsSpan().Trim(), out var read)) u = read;
                else wrong.Add(Refusal.Of("import.number-unreadable", "U_" + element, ("given", Short(cells[uncertainty]))));
            }
            results.Add(new(element, value, unit, method, below ? Qualifier.Below : Qualifier.Equal, u));
        }
        LabAccreditation? lab = null;
        if (Maybe(cells, "labName") is { } labName)
            lab = new(labName, Maybe(cells, "labAccreditation") ?? "", Maybe(cells, "labValidTo") is null ? null : Day(cells, "labValidTo", wrong));
        var kind = IssuerKind.Producer;
        if (Maybe(cells, "issuerKind") is { } word)
        {
            if (Words.IssuerKind(word) is { } read) kind = read;
            else wrong.Add(Refusal.Of("import.word-unknown", "issuerKind", ("given", Short(word)), ("allowed", "producer, lsa, warehouse-scan")));
        }
        return new CertificateContent
        {
            ExchangeBrandCode = Cell(cells, "brand"),
            CountryOfOrigin = Cell(cells, "countryOfOrigin"),
            Shape = Cell(cells, "shape"),
            HeatNumbers = Cell(cells, "heats") is { Length: > 0 } heats ? heats.Split('|') : [],
            BatchNo = Maybe(cells, "batchNo"),
            ProductionDate = Day(cells, "productionDate", wrong),
            AnalysisDate = Day(cells, "analysisDate", wrong),
            IssueDate = Day(cells, "issueDate", wrong),
            Pieces = Whole(cells, "pieces", wrong),
            Bundles = Whole(cells, "bundles", wrong),
            GrossKg = Mass(cells, "grossKg", wrong),
            NetKg = Mass(cells, "netKg", wrong),
            BundleList = Maybe(cells, "bundleList") is { } list ? BundleList(list, wrong) : [],
            SpecRef = Cell(cells, "spec"),
            Results = results,
            Lab = lab,
            IssuerKind = kind,
            CustomsCode = Maybe(cells, "customsCode"),
            SourceRef = Maybe(cells, "sourceRef"),
        };
    }

    /// <summary>The column a field of the certificate came from.</summary>
    public string? ColumnOf(Refusal refusal, CertificateContent content)
    {
        if (refusal.Field is not { } field) return null;
        if (field.StartsWith("results[", StringComparison.Ordinal) && int.TryParse(field.AsSpan(8, field.IndexOf(']') - 8), out var i) && i < content.Results.Count) return content.Results[i].Element;
        if (field == "results") return refusal.Args?.GetValueOrDefault("element") ?? "results";
        var root = field.AsSpan(0, field.AsSpan().IndexOfAny('[', '.') is >= 0 and var end ? end : field.Length);
        return root switch
        {
            "exchangeBrandCode" or "plantId" or "metal" or "contractCode" => "brand",
            "heatNumbers" => "heats",
            "specRef" => "spec",
            "lab" => "labName",
            _ => root.ToString(),
        };
    }

    string Cell(IReadOnlyList<string> cells, string name) => fixedColumns.TryGetValue(name, out var i) ? cells[i].Trim() : constants.GetValueOrDefault(name, "");
    string? Maybe(IReadOnlyList<string> cells, string name) => Cell(cells, name) is { Length: > 0 } text ? text : null;

    LocalDate Day(IReadOnlyList<string> cells, string name, List<Refusal> wrong)
    {
        var text = Cell(cells, name);
        if (DateOnly.TryParseExact(text, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var day)) return LocalDate.FromDateOnly(day);
        wrong.Add(Refusal.Of("import.date-unreadable", name, ("given", Short(text))));
        return default;
    }

    int Whole(IReadOnlyList<string> cells, string name, List<Refusal> wrong)
    {
        if (int.TryParse(Cell(cells, name), NumberStyles.None, CultureInfo.InvariantCulture, out var value)) return value;
        wrong.Add(Refusal.Of("import.number-unreadable", name, ("given", Short(Cell(cells, name)))));
        return 0;
    }

    decimal Mass(IReadOnlyList<string> cells, string name, List<Refusal> wrong)
    {
        if (Number(Cell(cells, name), out var value)) return value;
        wrong.Add(Refusal.Of("import.number-unreadable", name, ("given", Short(Cell(cells, name)))));
        return 0;
    }

    static List<Bundle> BundleList(string text, List<Refusal> wrong)
    {
        var bundles = new List<Bundle>();
        foreach (var part in text.Split('|'))
        {
            var fields = part.Split(':');
            if (fields.Length is < 3 or > 4 || !int.TryParse(fields[1], NumberStyles.None, CultureInfo.InvariantCulture, out var pieces) || !Number(fields[2], out var net))
            {
                wrong.Add(Refusal.Of("import.bundle-unreadable", "bundleList", ("given", Short(part))));
                return [];
            }
            bundles.Add(new(fields[0], pieces, net, fields.Length == 4 && fields[3].Length > 0 ? fields[3] : null));
        }
        return bundles;
    }

    // Decimal point, no sign but minus, no exponent, no group separators: what a laboratory system writes.
    static bool Number(ReadOnlySpan<char> text, out decimal value)
    {
        value = 0;
        return text.Length is > 0 and <= 29 && decimal.TryParse(text, NumberStyles.AllowDecimalPoint | NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out value) && value.Scale <= 12;
    }

    static string Short(string text) => text.Length <= 60 ? text : text[..60] + "…";
    static string Text(int value) => value.ToString(CultureInfo.InvariantCulture);
}
