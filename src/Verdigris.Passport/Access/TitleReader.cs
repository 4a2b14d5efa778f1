using Npgsql;
using Verdigris.Book;
using Verdigris.Passport.Certificates;
using Verdigris.Passport.Organisations;
using Verdigris.Primitives;
using Verdigris.Storage;

namespace Verdigris.Passport.Access;

/// <summary>What a read path needs to decide on one certificate, and no content of it.</summary>
/// <param name="Asset">Asset and serial of its warrant in the Book; null where none was issued.</param>
public sealed record CertificateAccessRow(Guid Id, Guid ProducerId, string BrandCode, int ProductionYear, CertificateState State, Guid? WarehouseOrganisation, int? Asset, long? Serial, bool PublicOptIn);

/// <summary>Brings together the row's facts and the Book's: the owner is always asked of the Book, never of a table.</summary>
public sealed class TitleReader(IVenue venue)
{
    /// <summary>Facts of a certificate, or null where there is none.</summary>
    public async Task<(CertificateAccessRow Row, TitleFacts Facts)?> Find(DbSession s, Guid certificate, CancellationToken ct)
    {
        var row = await s.One($"select {Columns} {From} where c.id = $1", Map, ct, certificate);
        // The Book is asked also for what does not exist, so that both answers take the same steps.
        var facts = Facts(row ?? Nothing);
        return row is null ? null : (row, facts);
    }

    /// <summary>The row's facts with the owner as the Book has it at this moment.</summary>
    internal TitleFacts Facts(CertificateAccessRow row)
    {
        var owner = Owner(row.Asset ?? 0, row.Serial ?? 0);
        return new(row.ProducerId, row.WarehouseOrganisation, row.Asset is null ? null : owner, row.PublicOptIn);
    }

    /// <summary>Why the actor may read this certificate now.</summary>
    internal Because MayRead(Actor actor, CertificateAccessRow row) => EmissionsAccess.DecideVersion(actor, Facts(row), row.State).Because;

    /// <summary>Facts of several certificates at one moment of the Book, in the order of the rows found.</summary>
    public async Task<List<(CertificateAccessRow Row, TitleFacts Facts)>> FindAll(DbSession s, IReadOnlyList<Guid> certificates, CancellationToken ct)
    {
        var rows = await s.All($"select {Columns} {From} where c.id = any($1)", Map, ct, certificates.ToArray());
        var owners = venue.Read(book => rows.Select(r => r.Asset is { } asset && r.Serial is { } serial ? OwnerIn(book, asset, serial) : null).ToList());
        return [.. rows.Select((r, i) => (r, new TitleFacts(r.ProducerId, r.WarehouseOrganisation, owners[i], r.PublicOptIn)))];
    }

    /// <summary>The organisation that holds title to a warrant now; null where there is none or it is invalid.</summary>
    public Guid? Owner(int asset, long serial) => venue.Read(book => OwnerIn(book, asset, serial));

    internal static Guid? OwnerIn(IBookState book, int asset, long serial)
    {
        if (serial < 1 || book.Owner(asset, serial) is not { } block || book.Account(block.Account) is not { } account) return null;
        return account.Type is BookAccounts.OwnerType or BookAccounts.OffWarrantType ? BookId.ToGuid(account.Holder) : null;
    }

    internal static readonly CertificateAccessRow Nothing = new(Guid.Empty, Guid.Empty, "", 0, CertificateState.Draft, null, null, null, false);

    /// <summary>What <see cref="Map"/> reads, in its order, of <see cref="From"/>.</summary>
    internal const string Columns = """
        c.id, c.producer_id, c.brand_code, c.production_year, c.state, wh.organisation_id, w.asset, w.serial,
          exists (select 1 from passport.emissions_join j join passport.emissions_submission e on e.id = j.submission_id
                  where j.brand_code = c.brand_code and j.production_year = c.production_year and e.public_opt_in and e.state = 3)
        """;

    internal const string From = """
        from passport.certificate c
        left join passport.warehouse wh on wh.id = c.warehouse_id
        left join passport.warrant w on w.id = c.warrant_id and w.issued_at is not null
        """;

    internal const int ColumnCount = 9;

    internal static CertificateAccessRow Map(NpgsqlDataReader r) => new(r.GetGuid(0), r.GetGuid(1), r.GetString(2), r.GetInt16(3), (CertificateState)r.GetInt16(4), r.MaybeGuid(5), r.MaybeInt(6), r.IsDBNull(7) ? null : r.GetInt64(7), r.GetBoolean(8));
}
