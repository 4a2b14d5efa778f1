using NodaTime;
using Verdigris.Passport.Brands;
using Verdigris.Passport.Organisations;
using Verdigris.Passport.Organisations.Groups;
using Verdigris.Primitives;
using Verdigris.Storage;

namespace Verdigris.Passport.Disclosures;

/// <summary>Disclosures of one class.</summary>
public sealed record ProfileClass(string Class, IReadOnlyList<Disclosure> Disclosures);

/// <summary>Disclosures of one pillar, by class in the order of the taxonomy; a class without any is left out.</summary>
public sealed record ProfilePillar(string Pillar, IReadOnlyList<ProfileClass> Classes)
{
    /// <summary>Pillars of several producers as one, pillars and classes in the order of the taxonomy.</summary>
    public static IReadOnlyList<ProfilePillar> Together(IEnumerable<ProfilePillar> all, Taxonomy taxonomy) => Of([.. all.SelectMany(p => p.Classes).SelectMany(c => c.Disclosures)], taxonomy);

    public static IReadOnlyList<ProfilePillar> Of(IReadOnlyList<Disclosure> disclosures, Taxonomy taxonomy) =>
    [
        .. taxonomy.Pillars
            .Select(p => new ProfilePillar(p, [.. taxonomy.Of(p).Select(c => new ProfileClass(c, [.. disclosures.Where(d => d.Methodology.Class == c)])).Where(c => c.Disclosures.Count > 0)]))
            .Where(p => p.Classes.Count > 0),
    ];
}

/// <summary>A target with each year's place on its line.</summary>
public sealed record ProfileTarget(Target Target, IReadOnlyList<PathPoint> Path);

/// <summary>What a producer shows of itself, as far as the reader may see it.</summary>
/// <param name="Certificates">Those of the disclosures that are certificates, by name.</param>
public sealed record ProducerProfile(Organisation Company, IReadOnlyList<Plant> Plants, IReadOnlyList<Brand> Brands, IReadOnlyList<ProfilePillar> Pillars, IReadOnlyList<Disclosure> Certificates, IReadOnlyList<ProfileTarget> Targets);

/// <summary>What the producers of a group show of themselves.</summary>
/// <param name="Producers">Profiles of the members on the day asked for, the longest belonging first.</param>
public sealed record GroupProfile(GroupView Group, IReadOnlyList<ProducerProfile> Producers);

/// <summary>Use cases: the profile of a producer, and of a group of them.</summary>
public sealed class ProfileHandlers(OrganisationHandlers organisations, GroupHandlers groups, BrandHandlers brands, DisclosureRegister register, TargetHandlers targets, Taxonomy taxonomy)
{
    public async Task<Answer<ProducerProfile>> Read(DbSession s, Guid id, CancellationToken ct)
    {
        if (await organisations.Find(s, id, ct) is not { Kind: OrganisationKind.Producer } company) return Refusal.NotFound("organisation.not-a-producer", "id");
        var disclosures = await register.OfProducer(s, id, ct);
        var known = await targets.Of(s, id, ct);
        return new ProducerProfile(company, await organisations.Plants(s, id, ct), await brands.List(s, null, null, id, ct), ProfilePillar.Of(disclosures, taxonomy),
            [.. disclosures.Where(d => d.Methodology.ValueKind == ValueKind.Certificate).OrderBy(d => d.Methodology.Name, StringComparer.Ordinal).ThenBy(d => d.Id)],
            [.. known.Where(t => t.State != TargetState.Withdrawn).Select(t => new ProfileTarget(t, TargetPath.Of(t)))]);
    }

    /// <param name="day">Who belonged to the group on this day; null is today. What they show is as it stands now.</param>
    public async Task<Answer<GroupProfile>> OfGroup(DbSession s, Guid group, LocalDate? day, CancellationToken ct)
    {
        var read = await groups.Read(s, group, day, ct);
        if (!read.Ok) return Answer<GroupProfile>.From(read.Refusals);
        var producers = new List<ProducerProfile>();
        foreach (var member in read.Value.Members)
            if (await Read(s, member.OrganisationId, ct) is { Ok: true } profile) producers.Add(profile.Value);
        return new GroupProfile(read.Value, producers);
    }
}
