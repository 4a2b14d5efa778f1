using Npgsql;
using Verdigris.Primitives;
using Verdigris.Storage;

namespace Verdigris.Passport.Disclosures;

/// <summary>What a disclosure or a target is about.</summary>
public enum SubjectType { Company, Asset, Brand, Product }

/// <summary>A company, one of its plants (asset), one of its brands, or what it makes of one metal (product).</summary>
/// <param name="Key"><c>company:ID</c>, <c>asset:PLANT-ID</c>, <c>brand:CODE</c> or <c>product:ID:METAL</c>: how addresses and forms name it.</param>
/// <param name="Metal">Of a brand or product; null for what makes several.</param>
/// <param name="Country">Of the plant, or where the company sits.</param>
public sealed record Subject(string Key, SubjectType Type, Guid ProducerId, Guid? PlantId, string? BrandCode, string? Metal, string Country, string Name, string? NameZh)
{
    /// <summary>What the table keeps of it: a brand stands with its plant and metal.</summary>
    internal object?[] Columns => [Key, DisclosureWords.Of(Type), PlantId, BrandCode, Metal, Country];
}

/// <summary>Reads subjects by their keys. Companies, plants and brands are public.</summary>
static class Subjects
{
    /// <summary>The subject, or null where there is none of that key.</summary>
    public static async Task<Subject?> Find(DbSession s, string? key, CancellationToken ct)
    {
        var parts = (key ?? "").Split(':');
        return parts switch
        {
            ["company", var id] when Guid.TryParse(id, out var company) => await s.One("select id, country, name, name_zh from passport.organisation where id = $1 and kind = 'producer'",
                r => new Subject($"company:{r.GetGuid(0)}", SubjectType.Company, r.GetGuid(0), null, null, null, r.GetString(1), r.GetString(2), r.Text(3)), ct, company),
            ["asset", var id] when Guid.TryParse(id, out var plant) => (await Assets(s, null, plant, ct)).SingleOrDefault(),
            ["brand", { Length: > 0 and <= 5 } code] => (await Brands(s, null, code.ToUpperInvariant(), ct)).SingleOrDefault(),
            ["product", var id, { Length: > 0 and <= 8 } metal] when Guid.TryParse(id, out var producer) => (await Products(s, producer, ct)).SingleOrDefault(p => metal.Equals(p.Metal, StringComparison.OrdinalIgnoreCase)),
            _ => null,
        };
    }

    /// <summary>Everything a producer can disclose about: itself, its plants, its brands, its metals.</summary>
    public static async Task<List<Subject>> Of(DbSession s, Guid producer, CancellationToken ct)
    {
        if (await Find(s, $"company:{producer}", ct) is not { } company) return [];
        return [company, .. await Assets(s, producer, null, ct), .. await Brands(s, producer, null, ct), .. await Products(s, producer, ct)];
    }

    static Task<List<Subject>> Assets(DbSession s, Guid? producer, Guid? plant, CancellationToken ct) => s.All("""
        select p.id, p.organisation_id, p.country, p.name, p.name_zh from passport.plant p join passport.organisation o on o.id = p.organisation_id
        where o.kind = 'producer' and ($1::uuid is null or p.organisation_id = $1) and ($2::uuid is null or p.id = $2) order by p.code, p.id
        """, r => new Subject($"asset:{r.GetGuid(0)}", SubjectType.Asset, r.GetGuid(1), r.GetGuid(0), null, null, r.GetString(2), r.GetString(3), r.Text(4)), ct, producer, plant);

    static Task<List<Subject>> Brands(DbSession s, Guid? producer, string? code, CancellationToken ct) => s.All("""
        select b.code, b.producer_id, b.plant_id, b.metal, p.country, b.name, b.name_zh from passport.brand b join passport.plant p on p.id = b.plant_id
        where ($1::uuid is null or b.producer_id = $1) and ($2::text is null or b.code = $2) order by b.code
        """, r => new Subject($"brand:{r.GetString(0)}", SubjectType.Brand, r.GetGuid(1), r.GetGuid(2), r.GetString(0), r.GetString(3), r.GetString(4), r.GetString(5), r.Text(6)), ct, producer, code);

    static Task<List<Subject>> Products(DbSession s, Guid producer, CancellationToken ct) => s.All("""
        select distinct o.id, b.metal, o.country, o.name, o.name_zh from passport.brand b join passport.organisation o on o.id = b.producer_id where o.id = $1 order by b.metal
        """, r => new Subject($"product:{r.GetGuid(0)}:{r.GetString(1)}", SubjectType.Product, r.GetGuid(0), null, null, r.GetString(1), r.GetString(2), r.GetString(3), r.Text(4)), ct, producer);

    /// <summary>What <see cref="Map"/> reads of a row whose producer, plant and brand are joined as o, p and b.</summary>
    internal static string Columns(string row) => $"{row}.subject_key, {row}.subject_type, {row}.producer_id, {row}.plant_id, {row}.brand_code, {row}.metal, {row}.country, coalesce(b.name, p.name, o.name), case when b.code is not null then b.name_zh when p.id is not null then p.name_zh else o.name_zh end";

    internal const int ColumnCount = 9;

    internal static Subject Map(NpgsqlDataReader r, int i) => new(r.GetString(i), DisclosureWords.Read<SubjectType>(r.GetString(i + 1)), r.GetGuid(i + 2), r.MaybeGuid(i + 3), r.Text(i + 4), r.Text(i + 5), r.GetString(i + 6), r.GetString(i + 7), r.Text(i + 8));
}
