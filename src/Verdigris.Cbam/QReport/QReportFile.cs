using System.Text;
using System.Xml;
using System.Xml.Linq;
using System.Xml.Schema;
using Verdigris.Primitives;
using Verdigris.Primitives.Rules;

namespace Verdigris.Cbam.QReport;

/// <summary>
/// The quarterly report as XML, in and out. The Commission's schema is asked both ways: what it does not allow is not written and not read, and is refused by the path of the element
/// (<c>ImportedGood[1].GoodsEmissions[2].DirectEmissions.SpecificEmbeddedEmissions</c>, counted from 1). Thread-safe.
/// </summary>
public sealed class QReportFile
{
    const int MostCharacters = 200_000_000, MostRefusals = 200;

    readonly Lazy<XmlSchemaSet> schemas;

    public QReportFile(RulePacks rules)
    {
        ArgumentNullException.ThrowIfNull(rules);
        schemas = new(() => Schema(Path.Combine(rules.DataFolder, "cbam", "forms")));
    }

    /// <returns>UTF-8; or every limit of the schema that is broken, then what <see cref="QReportRules.Check"/> refuses.</returns>
    public Answer<byte[]> Write(QuarterlyReport report)
    {
        ArgumentNullException.ThrowIfNull(report);
        XDocument document;
        try { document = new(new XDeclaration("1.0", "UTF-8", null), QReportXml.Write(report, "QReport")); }
        catch (ArgumentException) { return Refusal.Of("qreport.text-broken"); }
        if (Validate(document) is { Count: > 0 } wrong) return wrong;
        if (QReportRules.Check(report) is { Count: > 0 } broken) return Answer<byte[]>.From(broken);
        using var stream = new MemoryStream();
        try
        {
            using var writer = XmlWriter.Create(stream, new() { Encoding = new UTF8Encoding(false), Indent = true, NewLineChars = "\n" });
            document.Save(writer);
        }
        catch (ArgumentException) { return Refusal.Of("qreport.text-broken"); } // a character XML cannot hold
        return stream.ToArray();
    }

    /// <returns>The report; <c>qreport.xml-broken</c>, or every limit of the schema that is broken.</returns>
    public Answer<QuarterlyReport> Read(Stream content)
    {
        ArgumentNullException.ThrowIfNull(content);
        XDocument document;
        try
        {
            using var reader = XmlReader.Create(content, new() { DtdProcessing = DtdProcessing.Prohibit, XmlResolver = null, MaxCharactersInDocument = MostCharacters, CloseInput = false });
            document = XDocument.Load(reader);
        }
        catch (XmlException e) { return Refusal.Of("qreport.xml-broken", "file", ("line", $"{e.LineNumber}")); }
        if (document.Root!.Name != QReportXml.Name + "QReport") return Refusal.Of("qreport.other-root", "file", ("given", document.Root.Name.LocalName));
        return Validate(document) is { Count: > 0 } wrong ? wrong : QReportXml.Read<QuarterlyReport>(document.Root);
    }

    List<Refusal> Validate(XDocument document)
    {
        var wrong = new List<(XElement Element, XmlSchemaException Fault)>();
        // An element is told once by its value and once more as a part of its parent.
        document.Validate(schemas.Value, (sender, fault) =>
        {
            if (wrong.Count < MostRefusals && sender is XElement element && !wrong.Exists(w => w.Element == element)) wrong.Add((element, fault.Exception));
        }, addSchemaInfo: true);
        // What type an element has is known only when the validation is through.
        return wrong.ConvertAll(w => Said(w.Element, w.Fault));
    }

    static Refusal Said(XElement element, XmlSchemaException fault)
    {
        var field = PathOf(element);
        if (fault is not XmlSchemaValidationException || element.HasElements || TypeOf(element) is not { } type) return Refusal.Of("qreport.structure", field, ("element", element.Name.LocalName));
        var facets = (type.Content as XmlSchemaSimpleTypeRestriction)?.Facets.OfType<XmlSchemaFacet>().ToList() ?? [];
        string? Limit<T>() where T : XmlSchemaFacet => facets.OfType<T>().FirstOrDefault()?.Value;
        var given = element.Value.Length > 60 ? element.Value[..57] + "…" : element.Value;
        if (Limit<XmlSchemaFractionDigitsFacet>() is { } fraction) return Refusal.Of("qreport.digits", field, ("given", given), ("total", Limit<XmlSchemaTotalDigitsFacet>()!), ("fraction", fraction));
        if (Limit<XmlSchemaTotalDigitsFacet>() is { } total) return Refusal.Of("qreport.whole", field, ("given", given), ("total", total));
        if (Limit<XmlSchemaMaxLengthFacet>() is { } most) return Refusal.Of("qreport.length", field, ("given", $"{element.Value.Length}"), ("least", Limit<XmlSchemaMinLengthFacet>() ?? "0"), ("most", most));
        return Refusal.Of("qreport.form", field, ("given", given));
    }

    static XmlSchemaSimpleType? TypeOf(XElement element) => element.GetSchemaInfo()?.SchemaElement?.ElementSchemaType as XmlSchemaSimpleType;

    static string PathOf(XElement element)
    {
        var parts = element.AncestorsAndSelf().Reverse().Skip(1).Select(e => QReportXml.Lists.Contains(e.Name.LocalName) ? $"{e.Name.LocalName}[{e.ElementsBeforeSelf(e.Name).Count() + 1}]" : e.Name.LocalName);
        return string.Join('.', parts);
    }

    static XmlSchemaSet Schema(string folder)
    {
        // The second schema is included by the first one's folder; nothing else is fetched.
        var set = new XmlSchemaSet { XmlResolver = new XmlUrlResolver() };
        set.Add(null, Path.Combine(folder, "QReport_ver23.00.xsd"));
        set.Compile();
        return set;
    }
}
