using NodaTime;
using Verdigris.Book;
using Verdigris.Passport.Access;
using Verdigris.Primitives;
using Verdigris.Storage;

namespace Verdigris.Passport.Disclosures;

/// <summary>Metal a reader holds title to, as far as disclosures ask.</summary>
public sealed record HeldBrand(string BrandCode, Guid PlantId, Guid ProducerId, string Metal);

/// <summary>What makes a reader see more than the public.</summary>
/// <param name="Granted">Disclosures granted to his organisation today.</param>
/// <param name="Held">Brands of which his organisation holds metal, as the Book has it.</param>
public sealed record ReaderFacts(IReadOnlySet<Guid> Granted, IReadOnlyList<HeldBrand> Held)
{
    public static ReaderFacts Nothing { get; } = new(new HashSet<Guid>(), []);
}

/// <summary>
/// The one decision of who sees a disclosure. Its producer always; the exchange once it was handed in; published, whoever its visibility names. The database's row-level security
/// is the second fence: both must open.
/// </summary>
public static class DisclosureAccess
{
    public static bool MaySee(Actor actor, Disclosure d, ReaderFacts reader)
    {
        if (actor.Is(Role.System)) return true;
        if (actor.SignedIn && actor.OrganisationId == d.Subject.ProducerId) return true;
        if (actor.SignedIn && actor.Is(Role.ExchangeStaff) && d.State != DisclosureState.Draft) return true;
        if (d.State is not (DisclosureState.Published or DisclosureState.Expiring or DisclosureState.Expired)) return false;
        return d.Content.Visibility == Visibility.Public
            || (actor.SignedIn && (reader.Granted.Contains(d.Id) || (d.Content.Visibility == Visibility.Owner && reader.Held.Any(h => Covers(d.Subject, h)))));
    }

    /// <summary>Whether what a disclosure is about has to do with metal of a brand.</summary>
    public static bool Covers(Subject subject, HeldBrand held) =>
        subject.ProducerId == held.ProducerId && (subject.PlantId is null || subject.PlantId == held.PlantId)
        && (subject.BrandCode is null || subject.BrandCode == held.BrandCode) && (subject.Metal is null || subject.Metal == held.Metal);
}

/// <summary>Reads what a reader was granted and holds. The fence offers, the Book decides.</summary>
public sealed class DisclosureReaders(IVenue venue)
{
    const int MostHeld = 20_000;

    public async Task<ReaderFacts> Of(DbSession s, CancellationToken ct)
    {
        if (!s.Actor.SignedIn || s.Actor.OrganisationId == Guid.Empty || s.Actor.Is(Role.ExchangeStaff)) return ReaderFacts.Nothing;
        var granted = await s.All("select disclosure_id from passport.disclosure_grant where organisation_id = $1 and until_date >= $2", r => r.GetGuid(0), ct, s.Actor.OrganisationId, s.Now.InUtc().Date);
        var offered = await s.All($"""
            select f.brand_code, b.plant_id, b.producer_id, b.metal, f.asset, f.serial from passport.title_fence f join passport.brand b on b.code = f.brand_code
            where f.owner_organisation = $1 and f.asset is not null limit {MostHeld}
            """, r => (Brand: new HeldBrand(r.GetString(0), r.GetGuid(1), r.GetGuid(2), r.GetString(3)), Asset: r.GetInt32(4), Serial: r.GetInt64(5)), ct, s.Actor.OrganisationId);
        var held = venue.Read(book => offered.GroupBy(o => o.Brand).Where(g => g.Any(o => TitleReader.OwnerIn(book, o.Asset, o.Serial) == s.Actor.OrganisationId)).Select(g => g.Key).ToList());
        return new(granted.ToHashSet(), held);
    }
}
