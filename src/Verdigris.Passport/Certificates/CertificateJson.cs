using System.Buffers;
using System.Globalization;
using System.Security.Cryptography;
using System.Text.Encodings.Web;
using System.Text.Json;
using NodaTime;
using NodaTime.Text;

namespace Verdigris.Passport.Certificates;

/// <summary>
/// The canonical JSON of a certificate: members in ordinal order of their names, no white space, decimals as strings with the decimals they
/// were given, dates ISO 8601, absent members left out. The signature covers exactly these bytes (docs: RFC 8785 with decimals as strings), and
/// the API shows the same object.
/// </summary>
public static class CertificateJson
{
    internal static readonly JsonWriterOptions WriterOptions = new() { Indented = false, SkipValidation = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static byte[] Bytes(Certificate certificate)
    {
        var buffer = new ArrayBufferWriter<byte>(1024);
        using (var writer = new Utf8JsonWriter(buffer, WriterOptions)) Write(writer, certificate);
        return buffer.WrittenSpan.ToArray();
    }

    /// <summary>SHA-256 of the canonical bytes, lower-case hexadecimal.</summary>
    public static string Sha256(ReadOnlySpan<byte> canonical) => Convert.ToHexStringLower(SHA256.HashData(canonical));

    public static void Write(Utf8JsonWriter w, Certificate c)
    {
        var content = c.Content;
        w.WriteStartObject();
        Day(w, "analysisDate", content.AnalysisDate);
        Text(w, "batchNo", content.BatchNo);
        if (content.BundleList.Count > 0)
        {
            w.WriteStartArray("bundleList");
            foreach (var b in content.BundleList) WriteBundle(w, b);
            w.WriteEndArray();
        }
        w.WriteNumber("bundles", content.Bundles);
        w.WriteString("coaId", c.Id);
        w.WriteString("contractCode", c.ContractCode);
        w.WriteString("countryOfOrigin", content.CountryOfOrigin);
        Text(w, "customsCode", content.CustomsCode);
        w.WriteString("exchangeBrandCode", content.ExchangeBrandCode);
        Number(w, "grossKg", content.GrossKg);
        w.WriteStartArray("heatNumbers");
        foreach (var heat in content.HeatNumbers) w.WriteStringValue(heat);
        w.WriteEndArray();
        Day(w, "issueDate", content.IssueDate);
        w.WriteString("issuerKind", Words.Of(content.IssuerKind));
        if (content.Lab is { } lab)
        {
            w.WriteStartObject("lab");
            w.WriteString("accreditationNo", lab.AccreditationNo);
            w.WriteString("name", lab.Name);
            if (lab.ValidTo is { } to) Day(w, "validTo", to);
            w.WriteEndObject();
        }
        w.WriteString("metal", c.Metal);
        Number(w, "netKg", content.NetKg);
        w.WriteString("number", c.Number);
        w.WriteNumber("pieces", content.Pieces);
        w.WriteString("plantId", c.PlantId);
        w.WriteString("producerId", c.ProducerId);
        Day(w, "productionDate", content.ProductionDate);
        Text(w, "reason", c.Reason);
        w.WriteStartArray("results");
        foreach (var r in content.Results) WriteResult(w, r);
        w.WriteEndArray();
        w.WriteString("shape", content.Shape);
        if (content.SourceDoc is { } doc)
        {
            w.WriteStartObject("sourceDoc");
            w.WriteString("mime", doc.Mime);
            w.WriteNumber("pages", doc.Pages);
            w.WriteString("sha256", doc.Sha256);
            w.WriteEndObject();
        }
        Text(w, "sourceRef", content.SourceRef);
        w.WriteString("specRef", content.SpecRef);
        if (c.SupersedesId is { } before) w.WriteString("supersedesId", before);
        w.WriteNumber("version", c.Version);
        w.WriteEndObject();
    }

    /// <summary>Reads what <see cref="Write"/> wrote.</summary>
    /// <exception cref="JsonException">Not a certificate written by this system.</exception>
    public static Certificate Read(ReadOnlySpan<byte> json)
    {
        var reader = new Utf8JsonReader(json);
        using var document = JsonDocument.ParseValue(ref reader);
        return Read(document.RootElement);
    }

    public static Certificate Read(JsonElement e) => new()
    {
        Id = e.GetProperty("coaId").GetGuid(),
        Number = Need(e, "number"),
        Version = e.GetProperty("version").GetInt32(),
        SupersedesId = e.TryGetProperty("supersedesId", out var before) ? before.GetGuid() : null,
        Reason = Maybe(e, "reason"),
        ProducerId = e.GetProperty("producerId").GetGuid(),
        PlantId = e.GetProperty("plantId").GetGuid(),
        Metal = Need(e, "metal"),
        ContractCode = Need(e, "contractCode"),
        Content = ReadContent(e),
    };

    static CertificateContent ReadContent(JsonElement e) => new()
    {
        ExchangeBrandCode = Need(e, "exchangeBrandCode"),
        PlantId = e.GetProperty("plantId").GetGuid(),
        CountryOfOrigin = Need(e, "countryOfOrigin"),
        Metal = Need(e, "metal"),
        ContractCode = Need(e, "contractCode"),
        Shape = Need(e, "shape"),
        HeatNumbers = [.. e.GetProperty("heatNumbers").EnumerateArray().Select(h => h.GetString()!)],
        BatchNo = Maybe(e, "batchNo"),
        ProductionDate = ReadDay(e, "productionDate"),
        AnalysisDate = ReadDay(e, "analysisDate"),
        IssueDate = ReadDay(e, "issueDate"),
        Pieces = e.GetProperty("pieces").GetInt32(),
        Bundles = e.GetProperty("bundles").GetInt32(),
        GrossKg = ReadNumber(e, "grossKg"),
        NetKg = ReadNumber(e, "netKg"),
        BundleList = e.TryGetProperty("bundleList", out var bundles) ? [.. bundles.EnumerateArray().Select(ReadBundle)] : [],
        SpecRef = Need(e, "specRef"),
        Results = [.. e.GetProperty("results").EnumerateArray().Select(ReadResult)],
        Lab = e.TryGetProperty("lab", out var lab)
            ? new LabAccreditation(Need(lab, "name"), Need(lab, "accreditationNo"), lab.TryGetProperty("validTo", out _) ? ReadDay(lab, "validTo") : null)
            : null,
        IssuerKind = Words.IssuerKind(Need(e, "issuerKind")) ?? throw new JsonException("issuerKind"),
        SourceDoc = e.TryGetProperty("sourceDoc", out var doc) ? new SourceDocument(Need(doc, "sha256"), Need(doc, "mime"), doc.GetProperty("pages").GetInt32()) : null,
        CustomsCode = Maybe(e, "customsCode"),
        SourceRef = Maybe(e, "sourceRef"),
    };

    static void WriteBundle(Utf8JsonWriter w, Bundle b)
    {
        w.WriteStartObject();
        w.WriteString("bundleNo", b.BundleNo);
        if (b.HeightMm is { } height) w.WriteNumber("heightMm", height);
        if (b.LengthMm is { } length) w.WriteNumber("lengthMm", length);
        Number(w, "netKg", b.NetKg);
        w.WriteNumber("pieces", b.Pieces);
        Text(w, "sealNo", b.SealNo);
        if (b.WidthMm is { } width) w.WriteNumber("widthMm", width);
        w.WriteEndObject();
    }

    static Bundle ReadBundle(JsonElement b) => new(Need(b, "bundleNo"), b.GetProperty("pieces").GetInt32(), ReadNumber(b, "netKg"), Maybe(b, "sealNo"),
        ReadInt(b, "lengthMm"), ReadInt(b, "widthMm"), ReadInt(b, "heightMm"));

    static void WriteResult(Utf8JsonWriter w, AnalysisResult r)
    {
        w.WriteStartObject();
        w.WriteString("element", r.Element);
        Text(w, "labId", r.LabId);
        Text(w, "method", r.Method);
        w.WriteString("qualifier", Words.Of(r.Qualifier));
        if (r.Uncertainty is { } u) Number(w, "uncertainty", u);
        w.WriteString("unit", Words.Of(r.Unit));
        Number(w, "value", r.Value);
        w.WriteEndObject();
    }

    static AnalysisResult ReadResult(JsonElement r) => new(Need(r, "element"), ReadNumber(r, "value"),
        Words.ContentUnit(Need(r, "unit")) ?? throw new JsonException("unit"), Maybe(r, "method"),
        Words.Qualifier(Need(r, "qualifier")) ?? throw new JsonException("qualifier"),
        r.TryGetProperty("uncertainty", out _) ? ReadNumber(r, "uncertainty") : null, Maybe(r, "labId"));

    static void Text(Utf8JsonWriter w, string name, string? value)
    {
        if (value is not null) w.WriteString(name, value);
    }

    static void Number(Utf8JsonWriter w, string name, decimal value)
    {
        Span<char> text = stackalloc char[40];
        value.TryFormat(text, out var length, default, CultureInfo.InvariantCulture);
        w.WriteString(name, text[..length]);
    }

    static void Day(Utf8JsonWriter w, string name, LocalDate day)
    {
        Span<char> text = stackalloc char[10];
        day.ToDateOnly().TryFormat(text, out _, "yyyy-MM-dd", CultureInfo.InvariantCulture);
        w.WriteString(name, text);
    }

    static string Need(JsonElement e, string name) => e.GetProperty(name).GetString() ?? throw new JsonException(name);
    static string? Maybe(JsonElement e, string name) => e.TryGetProperty(name, out var value) ? value.GetString() : null;
    static int? ReadInt(JsonElement e, string name) => e.TryGetProperty(name, out var value) ? value.GetInt32() : null;
    static decimal ReadNumber(JsonElement e, string name) => decimal.Parse(Need(e, name), NumberStyles.Number, CultureInfo.InvariantCulture);
    static LocalDate ReadDay(JsonElement e, string name) => LocalDatePattern.Iso.Parse(Need(e, name)).GetValueOrThrow();
}

/// <summary>The words the API, the CSV columns and the canonical form use for the small enumerations.</summary>
public static class Words
{
    public static string Of(IssuerKind kind) => kind switch { Certificates.IssuerKind.Producer => "producer", Certificates.IssuerKind.SamplerAssayer => "lsa", _ => "warehouse-scan" };
    public static IssuerKind? IssuerKind(string word) => word switch { "producer" => Certificates.IssuerKind.Producer, "lsa" => Certificates.IssuerKind.SamplerAssayer, "warehouse-scan" => Certificates.IssuerKind.WarehouseScan, _ => null };
    public static string Of(ContentUnit unit) => unit == Certificates.ContentUnit.Ppm ? "ppm" : "%m/m";
    public static ContentUnit? ContentUnit(string word) => word switch { "%m/m" or "%" => Certificates.ContentUnit.PercentByMass, "ppm" => Certificates.ContentUnit.Ppm, _ => null };
    public static string Of(Qualifier qualifier) => qualifier == Certificates.Qualifier.Below ? "<" : "=";
    public static Qualifier? Qualifier(string word) => word switch { "=" => Certificates.Qualifier.Equal, "<" => Certificates.Qualifier.Below, _ => null };
}
