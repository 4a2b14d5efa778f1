using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using NodaTime;
using Npgsql;
using Verdigris.Passport.Access;
using Verdigris.Passport.Brands;
using Verdigris.Passport.Specifications;
using Verdigris.Storage;

namespace Verdigris.Passport.Certificates;

/// <summary>A stored version with where it stands.</summary>
/// <param name="Kid">Of the plant's key; null on a draft, and always on one from paper.</param>
/// <param name="ArrivedAt">When it came here signed, from the plant; <paramref name="SignedAt"/> is then what the plant's clock said. Null where it was signed here.</param>
/// <param name="AttestedBy">The organisation that typed it off paper and attests it with a key of its own, <paramref name="AttesterKid"/>; null where the plant signs.</param>
public sealed record CertificateRow(
    Certificate Certificate, CertificateState State, bool Current, SpecOutcome Verdict, bool? LotWithinTolerance, string Sha256, string? Kid, string? Signature,
    Guid? SignedBy, Instant? SignedAt, Guid? WarehouseId, Guid? WarrantId, Guid? ImportId, Guid CreatedBy, Instant CreatedAt, Instant ChangedAt, int RowVersion, CertificateState? DisputedFrom,
    Guid? AttestedBy, string? AttesterKid, Instant? ArrivedAt);

/// <summary>Rows of certificates. Content is written once; only where it stands changes.</summary>
static class CertificateStore
{
    const string Columns = """
        d.document, c.state, c.current, c.verdict, c.lot_within_tolerance, c.document_sha256, c.kid, c.signature, c.signed_by, c.signed_at, c.warehouse_id, c.warrant_id, c.import_id,
        c.created_by, c.created_at, c.changed_at, c.row_version, c.disputed_from, c.attested_by, c.attester_kid, c.arrived_at
        """;
    const string Tables = "passport.certificate c join passport.certificate_content d on d.certificate_id = c.id";

    public static Task<CertificateRow?> Find(DbSession s, Guid id, CancellationToken ct) =>
        s.One($"select {Columns} from {Tables} where id = $1", Map, ct, id);

    /// <summary>Locked until the transaction ends.</summary>
    public static Task<CertificateRow?> Lock(DbSession s, Guid id, CancellationToken ct) =>
        s.One($"select {Columns} from {Tables} where id = $1 for update of c", Map, ct, id);

    public static Task<CertificateRow?> FindCurrent(DbSession s, string number, CancellationToken ct) =>
        s.One($"select {Columns} from {Tables} where number = $1 and current", Map, ct, number);

    public static Task<List<CertificateRow>> Versions(DbSession s, string number, CancellationToken ct) =>
        s.All($"select {Columns} from {Tables} where number = $1 order by version", Map, ct, number);

    /// <summary>A version with what its title hangs on, in one question.</summary>
    public static async Task<(CertificateAccessRow Access, CertificateRow Row)?> FindWithTitle(DbSession s, Guid id, CancellationToken ct)
    {
        var rows = await s.All($"select {TitleReader.Columns}, {Columns} {TitleReader.From} join passport.certificate_content d on d.certificate_id = c.id where c.id = $1", r => (TitleReader.Map(r), Map(r, TitleReader.ColumnCount)), ct, id);
        return rows.Count == 0 ? null : rows[0];
    }

    static CertificateRow Map(NpgsqlDataReader r) => Map(r, 0);

    static CertificateRow Map(NpgsqlDataReader r, int at) => new(
        CertificateJson.Read(Encoding.UTF8.GetBytes(r.GetString(at))), (CertificateState)r.GetInt16(at + 1), r.GetBoolean(at + 2), (SpecOutcome)r.GetInt16(at + 3),
        r.IsDBNull(at + 4) ? null : r.GetBoolean(at + 4), Convert.ToHexStringLower(r.GetFieldValue<byte[]>(at + 5)), r.Text(at + 6), r.Text(at + 7), r.MaybeGuid(at + 8), r.MaybeTime(at + 9),
        r.MaybeGuid(at + 10), r.MaybeGuid(at + 11), r.MaybeGuid(at + 12), r.GetGuid(at + 13), r.Time(at + 14), r.Time(at + 15), r.GetInt32(at + 16),
        r.IsDBNull(at + 17) ? null : (CertificateState)r.GetInt16(at + 17), r.MaybeGuid(at + 18), r.Text(at + 19), r.MaybeTime(at + 20));

    /// <summary>Adds a version as Draft and takes its heats; the caller has checked it.</summary>
    /// <exception cref="PostgresException">Unique violation: reference, heat or number taken meanwhile.</exception>
    /// <param name="attester">Where it was typed off paper. Such a certificate takes no heat from the plant's register.</param>
    public static async Task Insert(DbSession s, Certificate c, SpecOutcome verdict, bool? lot, Guid? import, CancellationToken ct, Guid? attester = null)
    {
        var bytes = CertificateJson.Bytes(c);
        var content = c.Content;
        await s.Run("insert into passport.certificate_content (certificate_id, document) values ($1, $2)", ct, c.Id, Encoding.UTF8.GetString(bytes));
        await s.Run("""
            insert into passport.certificate (id, number, version, supersedes_id, current, state, producer_id, plant_id, brand_code, metal, contract_code, shape, production_date, production_year,
              issue_date, pieces, bundles, gross_kg, net_kg, spec_ref, verdict, lot_within_tolerance, source_ref, document_sha256, import_id, created_by, created_at, changed_at, row_version, search, attested_by)
            values ($1, $2, $3, $4, true, 0, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24, $25, $25, 1, array_to_tsvector($26::text[]), $27)
            """, ct, c.Id, c.Number, c.Version, c.SupersedesId, c.ProducerId, c.PlantId, content.ExchangeBrandCode, c.Metal, c.ContractCode, content.Shape, content.ProductionDate,
            (short)content.ProductionDate.Year, content.IssueDate, content.Pieces, content.Bundles, content.GrossKg, content.NetKg, content.SpecRef, (short)verdict, lot, content.SourceRef,
            SHA256.HashData(bytes), import, s.Actor.PersonId, s.Now, SearchWords.Of(SearchText(c)).ToArray(), attester);
        if (attester is not null) return;
        await s.Run("""
            insert into passport.heat (plant_id, production_date, heat, certificate_number)
            select $1, $2, heat, $4 from unnest($3::text[]) heat
            on conflict (plant_id, production_date, heat) do nothing
            """, ct, c.PlantId, content.ProductionDate, content.HeatNumbers.ToArray(), c.Number);
    }

    /// <summary>Heats of the list that another certificate number already has at this plant and day, with that number.</summary>
    public static Task<List<(string Heat, string Number)>> HeatsTaken(DbSession s, Guid plant, LocalDate day, IReadOnlyList<string> heats, string? exceptNumber, CancellationToken ct) =>
        s.All("select heat, certificate_number from passport.heat where plant_id = $1 and production_date = $2 and heat = any($3) and ($4::text is null or certificate_number <> $4)",
            r => (r.GetString(0), r.GetString(1)), ct, plant, day, heats.ToArray(), exceptNumber);

    /// <summary>Takes a run of <paramref name="count"/> numbers of a brand and year and returns the first.</summary>
    public static async Task<int> TakeNumbers(DbSession s, string brand, int year, int count, CancellationToken ct)
    {
        var last = await s.Value<int>("""
            insert into passport.certificate_counter (brand_code, year, last) values ($1, $2, $3)
            on conflict (brand_code, year) do update set last = passport.certificate_counter.last + $3 returning last
            """, ct, brand, (short)year, count);
        return last - count + 1;
    }

    public static string NumberOf(string brand, int year, int running) => string.Create(CultureInfo.InvariantCulture, $"{brand}-{year:0000}-{running:000000}");

    /// <summary>Brand, year and running number of a certificate's number; null where it is none.</summary>
    public static (string Brand, int Year, int Running)? PartsOf(string number)
    {
        // A brand's code may hold a hyphen; year and running number may not.
        if (number.Length < 13 || number[^7] != '-' || number[^12] != '-') return null;
        return int.TryParse(number.AsSpan(number.Length - 11, 4), NumberStyles.None, CultureInfo.InvariantCulture, out var year)
            && int.TryParse(number.AsSpan(number.Length - 6), NumberStyles.None, CultureInfo.InvariantCulture, out var running) ? (number[..^12], year, running) : null;
    }

    /// <summary>Moves a version on; the row version guards against a second writer.</summary>
    public static async Task<bool> Move(DbSession s, CertificateRow row, CertificateState to, CancellationToken ct) =>
        await s.Run("""
            update passport.certificate set state = $3, changed_at = $4, row_version = row_version + 1, current = current and $3 <> 10,
              disputed_from = case when $3 = 11 then state else null end
            where id = $1 and row_version = $2
            """, ct, row.Certificate.Id, row.RowVersion, (short)to, s.Now) == 1;

    /// <summary>What the full-text search finds a certificate by. Never a figure of its emissions.</summary>
    public static string?[] SearchText(Certificate c) =>
        [c.Number, c.Content.ExchangeBrandCode, c.Metal, c.ContractCode, c.Content.Shape, c.Content.CountryOfOrigin, c.Content.BatchNo, c.Content.SourceRef, c.Content.Lab?.Name, .. c.Content.HeatNumbers];

    /// <summary>A brand with its plant's country and its listing history.</summary>
    public static async Task<BrandFacts?> Brand(DbSession s, string code, CancellationToken ct)
    {
        var listings = await s.All("select from_date, state, notice_no, reason from passport.brand_listing where brand_code = $1 order by seq",
            r => new Listing(r.Day(0), (ListingState)r.GetInt16(1), r.Text(2), r.Text(3)), ct, code);
        return await s.One("select b.code, b.producer_id, b.plant_id, p.country, b.metal, b.contract_code, b.shapes from passport.brand b join passport.plant p on p.id = b.plant_id where b.code = $1",
            r => new BrandFacts(r.GetString(0), r.GetGuid(1), r.GetGuid(2), r.GetString(3), r.GetString(4), r.GetString(5), r.Texts(6), listings), ct, code);
    }
}
