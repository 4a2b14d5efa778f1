using Verdigris.Passport.Brands;
using Verdigris.Passport.Disclosures;
using Verdigris.Passport.Organisations;
using Verdigris.Primitives;
using Verdigris.Storage;

namespace Verdigris.Passport.PlantMap;

/// <summary>A brand of a plant that is listed today.</summary>
public sealed record PlantBrand(string Code, string Name, string? NameZh, string Metal);

/// <summary>A climate figure of a plant or one of its brands that everybody may read and rely on today.</summary>
/// <param name="Subject">The plant, <c>asset:ID</c>, or a brand, <c>brand:CODE</c>.</param>
public sealed record PlantFigure(Guid DisclosureId, string Subject, decimal Value, string Unit, string Methodology, string? Boundary, NodaTime.LocalDate? PeriodTo);

/// <summary>A plant whose place is known.</summary>
/// <param name="Figures">Empty: nothing is published. The newest of each subject, methodology and boundary, the plant's own before its brands'.</param>
public sealed record MappedPlant(Guid Id, string Code, string Name, string? NameZh, Guid ProducerId, string ProducerName, string? ProducerNameZh, string Country, decimal LatitudeDeg, decimal LongitudeDeg, IReadOnlyList<PlantBrand> Brands, IReadOnlyList<PlantFigure> Figures)
{
    /// <summary>Symbols of the metals of its listed brands.</summary>
    public IReadOnlyList<string> Metals => [.. Brands.Select(b => b.Metal).Distinct().Order(StringComparer.Ordinal)];
}

/// <param name="Metal">Symbol; plants with a listed brand of it.</param>
/// <param name="Published">True: plants with a figure; false: those without.</param>
public sealed record PlantMapFilter(string? Metal = null, bool? Published = null);

/// <param name="WithoutPlace">Plants left out because their place is not known here, whatever the filter.</param>
public sealed record PlantMapView(IReadOnlyList<MappedPlant> Plants, IReadOnlyList<string> Metals, int WithoutPlace);

/// <summary>Use case: where metal is made. Public, and the same for everybody: a figure only some may see is not on it.</summary>
public sealed class PlantMapHandlers(OrganisationHandlers organisations, BrandHandlers brands, DisclosureRegister register)
{
    public async Task<PlantMapView> Read(DbSession s, PlantMapFilter filter, CancellationToken ct)
    {
        var plants = await organisations.Plants(s, null, ct);
        var producers = (await organisations.List(s, null, ct)).ToDictionary(o => o.Id);
        var listed = (await brands.List(s, null, null, null, ct)).Where(b => b.State == ListingState.Listed).ToLookup(b => b.PlantId);
        var placed = plants.Where(p => p is { LatitudeDeg: not null, LongitudeDeg: not null }).ToList();
        List<string> subjects = [.. placed.Select(p => $"asset:{p.Id}"), .. placed.SelectMany(p => listed[p.Id]).Select(b => $"brand:{b.Code}")];
        var figures = (await register.OfSubjects(s, subjects, ct))
            .Where(d => d is { Current: true, Content: { Visibility: Visibility.Public, Value: not null }, Methodology: { Class: Taxonomy.ClimateChange, ValueKind: ValueKind.Metric } })
            .ToLookup(d => d.Subject.Key);
        var mapped = placed.Select(p => new MappedPlant(p.Id, p.Code, p.Name, p.NameZh, p.OrganisationId, producers[p.OrganisationId].Name, producers[p.OrganisationId].NameZh, p.Country, p.LatitudeDeg!.Value, p.LongitudeDeg!.Value,
            [.. listed[p.Id].Select(b => new PlantBrand(b.Code, b.Name, b.NameZh, b.Metal))],
            [.. figures[$"asset:{p.Id}"].Concat(listed[p.Id].SelectMany(b => figures[$"brand:{b.Code}"])).GroupBy(d => (d.Subject.Key, d.Methodology.Code, d.Content.Boundary)).Select(g => Figure(g.MaxBy(d => (d.Content.PeriodTo, d.Id))!))])).ToList();
        return new([.. mapped.Where(p => (filter.Metal is null || p.Metals.Contains(filter.Metal)) && (filter.Published is not { } published || published == p.Figures.Count > 0))],
            [.. mapped.SelectMany(p => p.Metals).Distinct().Order(StringComparer.Ordinal)], plants.Count - placed.Count);
    }

    static PlantFigure Figure(Disclosure d) => new(d.Id, d.Subject.Key, d.Content.Value!.Value, d.Methodology.Unit!, d.Methodology.Code, d.Content.Boundary, d.Content.PeriodTo);
}
