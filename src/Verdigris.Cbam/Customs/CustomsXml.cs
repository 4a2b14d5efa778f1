using System.Xml;
using System.Xml.Linq;
using Verdigris.Primitives;

namespace Verdigris.Cbam.Customs;

/// <summary>
/// Reads items out of XML. Our own form is
/// <code>&lt;customsLines&gt;&lt;line mrn="…" item="1"&gt;&lt;cn&gt;76011010&lt;/cn&gt;…&lt;/line&gt;&lt;/customsLines&gt;</code>
/// with the fields of <see cref="CustomsFields"/> as attributes or elements. Declarations in the names of the EU customs data model are read too: an element that is an item (<c>GoodsItem</c> and the like) gives the line, and
/// what stands above it (number, importer, representative) counts for all of its items. Name spaces do not matter, the case of names does not either. Nothing outside the file is ever read.
/// </summary>
static class CustomsXml
{
    const int MostCharacters = 200_000_000, Deepest = 32;

    static readonly string[] Items = ["line", "goodsitem", "governmentagencygoodsitem", "goodsshipmentitem", "declarationgoodsitem", "goodsdeclarationitem"];

    public static Answer<IReadOnlyList<CustomsRecord>> Read(Stream content)
    {
        XDocument document;
        try
        {
            // Levels are counted before a tree is built: what walks the tree goes as deep as the file does.
            var start = content.Position;
            using (var levels = Reader(content))
                while (levels.Read())
                    if (levels.Depth > Deepest) return Refusal.Of("customs.xml-deep", "file", ("most", $"{Deepest}"));
            content.Position = start;
            using var reader = Reader(content);
            document = XDocument.Load(reader, LoadOptions.SetLineInfo);
        }
        catch (XmlException e) { return Refusal.Of("customs.xml-broken", "file", ("line", $"{e.LineNumber}")); }
        // What holds items, at whatever depth, is walked for its own values only: another declaration's importer is not this one's.
        var items = new List<XElement>();
        Find(document, items);
        var apart = new HashSet<XElement>(items);
        foreach (var item in items)
            for (var above = item.Parent; above is not null && apart.Add(above); above = above.Parent) { }
        if (items.Count == 0) return Refusal.Of("customs.xml-no-items", "file");
        if (items.Count > CustomsFile.MostLines) return Refusal.Of("customs.lines", "file", ("most", $"{CustomsFile.MostLines}"));
        var heads = new Dictionary<XElement, IReadOnlyDictionary<string, CustomsCell>>();
        IReadOnlyDictionary<string, CustomsCell> Head(XElement holder)
        {
            if (heads.TryGetValue(holder, out var known)) return known;
            var cells = new Dictionary<string, CustomsCell>(StringComparer.Ordinal);
            Gather(holder, cells, apart);
            // The nearest ancestor has the say: a shipment's importer comes before the file's.
            if (holder.Parent is { } above) foreach (var (field, cell) in Head(above)) cells.TryAdd(field, cell);
            return heads[holder] = cells;
        }
        return items.ConvertAll(item =>
        {
            var cells = new Dictionary<string, CustomsCell>(StringComparer.Ordinal);
            Gather(item, cells, apart);
            if (item.Parent is { } above) foreach (var (field, cell) in Head(above)) cells.TryAdd(field, cell);
            return new CustomsRecord(((IXmlLineInfo)item).LineNumber, cells);
        });
    }

    static XmlReader Reader(Stream content) =>
        XmlReader.Create(content, new() { DtdProcessing = DtdProcessing.Prohibit, XmlResolver = null, MaxCharactersInDocument = MostCharacters, IgnoreComments = true, IgnoreProcessingInstructions = true, CloseInput = false });

    /// <summary>The outermost items; what has the name of one inside an item is a part of it.</summary>
    static void Find(XContainer under, List<XElement> items)
    {
        foreach (var element in under.Elements())
            if (Items.Contains(element.Name.LocalName.ToLowerInvariant())) items.Add(element);
            else Find(element, items);
    }

    /// <summary>Values of an element, of its attributes and of what it holds, without what stands apart. What is there already stays.</summary>
    /// <param name="apart">Items, and what holds them.</param>
    static void Gather(XElement element, Dictionary<string, CustomsCell> cells, HashSet<XElement> apart)
    {
        foreach (var attribute in element.Attributes().Where(a => !a.IsNamespaceDeclaration)) Take(element.Name.LocalName, attribute.Name.LocalName, attribute.Value, cells);
        Cn(element, cells);
        foreach (var child in element.Elements().Where(c => !apart.Contains(c)))
        {
            if (!child.HasElements) Take(element.Name.LocalName, child.Name.LocalName, child.Value, cells);
            Gather(child, cells, apart);
        }
    }

    static void Take(string parent, string name, string text, Dictionary<string, CustomsCell> cells)
    {
        var own = CustomsFields.Guess(parent + "/" + name);
        if ((own ?? CustomsFields.Guess(name)) is { } field && text.Trim() is { Length: > 0 } value) cells.TryAdd(field, new(own is null ? name : $"{parent}/{name}", value));
    }

    /// <summary>The data model writes a code in parts: six digits of the Harmonised System, two of the nomenclature, two of TARIC.</summary>
    static void Cn(XElement element, Dictionary<string, CustomsCell> cells)
    {
        string Part(string name) => element.Elements().FirstOrDefault(e => e.Name.LocalName.Equals(name, StringComparison.OrdinalIgnoreCase))?.Value.Trim() ?? "";
        if (Part("harmonizedSystemSubheadingCode") is { Length: 6 } six && Part("combinedNomenclatureCode") is { Length: 2 } two)
            cells.TryAdd(CustomsFields.Cn, new($"{element.Name.LocalName}/harmonizedSystemSubheadingCode", six + two + Part("taricCode")));
    }
}
