using System.Security.Cryptography;
using System.Text;
using Verdigris.Book;
using Verdigris.Storage;

namespace Verdigris.Passport.Access;

/// <summary>
/// Keeps the database's second fence in step with the Book. The fence is always the Book's answer at a batch number and never goes back, so finishing twice, late
/// or out of order ends in the same row.
/// </summary>
public sealed class TitleFence(IVenue venue)
{
    /// <summary>Writes who holds a warrant now for each of its certificates. Needs the system's rights.</summary>
    public async Task Follow(DbSession s, Guid warrant, CancellationToken ct)
    {
        var found = await s.All("select asset, serial from passport.warrant where id = $1", r => (Asset: r.GetInt32(0), Serial: r.GetInt64(1)), ct, warrant);
        var (asset, serial) = found.Single();
        var (batch, owner) = venue.Read(book => (book.LastBatch, TitleReader.OwnerIn(book, asset, serial)));
        await s.Run("""
            insert into passport.title_fence (certificate_id, brand_code, production_year, producer_id, warehouse_organisation, owner_organisation, asset, serial, batch, changed_at)
            select c.id, c.brand_code, c.production_year, c.producer_id, h.organisation_id, $2, $3, $4, $5, $6
            from passport.warrant_certificate w join passport.certificate c on c.id = w.certificate_id left join passport.warehouse h on h.id = c.warehouse_id
            where w.warrant_id = $1
            on conflict (certificate_id) do update set warehouse_organisation = excluded.warehouse_organisation, owner_organisation = excluded.owner_organisation, asset = excluded.asset, serial = excluded.serial,
              batch = excluded.batch, changed_at = excluded.changed_at
            where passport.title_fence.batch <= excluded.batch
            """, ct, warrant, owner, asset, serial, batch, s.Now);
    }

    /// <summary>Where metal came into a warehouse before any warrant. The warehouse's own session may write this.</summary>
    public static Task Arrived(DbSession s, Guid certificate, CancellationToken ct) => s.Run("""
        insert into passport.title_fence (certificate_id, brand_code, production_year, producer_id, warehouse_organisation, batch, changed_at)
        select c.id, c.brand_code, c.production_year, c.producer_id, h.organisation_id, 0, $2 from passport.certificate c left join passport.warehouse h on h.id = c.warehouse_id where c.id = $1
        on conflict (certificate_id) do update set warehouse_organisation = excluded.warehouse_organisation, changed_at = excluded.changed_at
        """, ct, certificate, s.Now);

    /// <summary>
    /// Gives a former owner his frozen receipt for each certificate of the warrant: that there were values, and their hash, never the values. Needs the system's rights.
    /// </summary>
    public static async Task Receipts(DbSession s, Guid warrant, Guid formerOwner, long batch, CancellationToken ct)
    {
        var rows = await s.All("""
            select c.id, c.number, w.number, coalesce((select string_agg(j.method || ':' || v.values_sha256, '|' order by j.method)
              from passport.emissions_join j join passport.emissions_value v on v.submission_id = j.submission_id where j.brand_code = c.brand_code and j.production_year = c.production_year), '')
            from passport.warrant w join passport.warrant_certificate wc on wc.warrant_id = w.id join passport.certificate c on c.id = wc.certificate_id where w.id = $1
            """, r => (Id: r.GetGuid(0), Number: r.GetString(1), Warrant: r.GetString(2), Hashes: r.GetString(3)), ct, warrant);
        foreach (var row in rows)
        {
            var hash = row.Hashes.Length == 0 ? null : Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(row.Hashes)));
            await s.Run("""
                insert into passport.title_receipt (id, organisation_id, certificate_id, certificate_number, warrant_number, given_up_at, batch, had_values, values_sha256)
                values ($1, $2, $3, $4, $5, $6, $7, $8, $9) on conflict (organisation_id, certificate_id, batch) do nothing
                """, ct, s.NewId(), formerOwner, row.Id, row.Number, row.Warrant, s.Now, batch, hash is not null, hash);
        }
    }
}
