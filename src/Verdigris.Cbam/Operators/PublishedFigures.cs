using NodaTime;
using NodaTime.Text;
using Verdigris.Cbam.Template;
using Verdigris.Footprint.Publication;
using Verdigris.Primitives;

namespace Verdigris.Cbam.Operators;

/// <summary>The published report a form was begun from.</summary>
/// <param name="ContentSha256">Of what was published; <paramref name="FiguresSha256"/> of what the report's verifier signed.</param>
/// <param name="Entries">Entries it filled in, by field, as they were typed in then. An entry that says otherwise today is the operator's own.</param>
public sealed record FormSource(Guid PublicationId, Guid ReportId, int Version, string Facility, Instant PublishedAt, string ContentSha256, string FiguresSha256, IReadOnlyDictionary<string, string> Entries)
{
    /// <summary>Whether an entry still says what the report said.</summary>
    public bool Says(FormEntry entry) => Entries.TryGetValue(entry.Field, out var typed) && typed == entry.Typed;
}

/// <summary>Which entries of the form a published report answers. Pure.</summary>
static class PublishedFigures
{
    /// <summary>What a report has and the form asks. Nothing is guessed: goods, routes, electricity and products stay to be filled in.</summary>
    /// <param name="verifier">Name of the report's verifier; null where not known.</param>
    public static IReadOnlyDictionary<string, string> Entries(PublishedContent c, string? verifier, TemplateLists lists)
    {
        var entries = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["from"] = LocalDatePattern.Iso.Format(c.PeriodFrom),
            ["to"] = LocalDatePattern.Iso.Format(c.PeriodTo),
            ["installation.englishName"] = Cut(c.Facility),
            ["processes[P1].name"] = Cut(c.Product),
            // All that was made; where several routes made it, the operator splits it.
            ["processes[P1].routeAmountsT[1]"] = Figure(c.ProductionT),
            ["processes[P1].directTco2e"] = Figure(c.DirectTco2e),
            ["balance.indirectTco2e"] = Figure(c.IndirectTco2e),
        };
        if (c.PfcTco2e > 0) entries["balance.pfcTco2e"] = Figure(c.PfcTco2e);
        if (verifier is not null) entries["verifier.company"] = Cut(verifier);
        var (codes, names) = (lists.Of(TemplateLists.CountryCodes), lists.Of(TemplateLists.CountryNames));
        if (codes.Count == names.Count && codes.Index().FirstOrDefault(x => x.Item == c.Country) is { Item: not null } country) entries["installation.country"] = names[country.Index].Trim();
        return entries;
    }

    /// <summary>Six decimals, half to even: as many as a spreadsheet keeps beside hundreds of millions of tonnes.</summary>
    static string Figure(decimal value) => DecimalText.Write(DecimalText.Trim(Math.Round(value, 6, MidpointRounding.ToEven)));

    static string Cut(string text) => text.Length <= 200 ? text : text[..200];
}
