using Verdigris.Passport.Brands;
using Verdigris.Passport.Organisations;
using Verdigris.Primitives;
using Verdigris.Storage;

namespace Verdigris.Passport.Disclosures;

/// <summary>Disclosures of one class.</summary>
public sealed record ProfileClass(string Class, IReadOnlyList<Disclosure> Disclosures);

/// <summary>Disclosures of one pillar, by class in the order of the taxonomy; a class without any is left out.</summary>
public sealed record ProfilePillar(string Pillar, IReadOnlyList<ProfileClass> Classes);

/// <summary>A target with each year's place on its line.</summary>
public sealed record ProfileTarget(Target Target, IReadOnlyList<PathPoint> Path);

/// <summary>What a producer shows of itself, as far as the reader may see it.</summary>
/// <param name="Certificates">Those of the disclosures that are certificates, by name.</param>
public sealed record ProducerProfile(Organisation Company, IReadOnlyList<Plant> Plants, IReadOnlyList<Brand> Brands, IReadOnlyList<ProfilePillar> Pillars, IReadOnlyList<Disclosure> Certificates, IReadOnlyList<ProfileTarget> Targets);

/// <summary>Use case: a producer's profile.</summary>
public sealed class ProfileHandlers(OrganisationHandlers organisations, BrandHandlers brands, DisclosureRegister register, TargetHandlers targets, Taxonomy taxonomy)
{
    public async Task<Answer<ProducerProfile>> Read(DbSession s, Guid id, CancellationToken ct)
    {
        if (await organisations.Find(s, id, ct) is not { Kind: OrganisationKind.Producer } company) return Refusal.NotFound("organisation.not-a-producer", "id");
        var disclosures = await register.OfProducer(s, id, ct);
        var pillars = taxonomy.Pillars
            .Select(p => new ProfilePillar(p, [.. taxonomy.Of(p).Select(c => new ProfileClass(c, [.. disclosures.Where(d => d.Methodology.Class == c)])).Where(c => c.Disclosures.Count > 0)]))
            .Where(p => p.Classes.Count > 0);
        var known = await targets.Of(s, id, ct);
        return new ProducerProfile(company, await organisations.Plants(s, id, ct), await brands.List(s, null, null, id, ct), [.. pillars],
            [.. disclosures.Where(d => d.Methodology.ValueKind == ValueKind.Certificate).OrderBy(d => d.Methodology.Name, StringComparer.Ordinal).ThenBy(d => d.Id)],
            [.. known.Where(t => t.State != TargetState.Withdrawn).Select(t => new ProfileTarget(t, TargetPath.Of(t)))]);
    }
}
