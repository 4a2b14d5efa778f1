using Npgsql;
using Verdigris.Storage;

namespace Verdigris.Passport.Certificates.Paper;

/// <summary>Rows of paper certificates; row-level security keeps them to the organisation and the exchange.</summary>
static class PaperStore
{
    public const string Columns = """
        id, organisation_id, issuer_kind, state, file_name, media_type, size_bytes, sha256, pages, uploaded_by, uploaded_name, uploaded_at, content, typed_by, typed_name, typed_at, typed_doubtful,
        heats, gross_kg, net_kg, checked_by, checked_name, checked_at, checked_doubtful, certificate_id, certificate_number, published_by, published_name, published_at, discard_reason
        """;

    public static PaperCertificate Map(NpgsqlDataReader r) => new(r.GetGuid(0), r.GetGuid(1), Words.IssuerKind(r.GetString(2))!.Value, (PaperState)r.GetInt16(3),
        new(r.GetString(4), r.GetString(5), r.GetInt64(6), r.GetString(7), r.GetInt32(8)), Step(r, 9)!,
        r.Text(12) is { } content ? StorageJson.Read<CertificateContent>(content) : null, Step(r, 13), r.Texts(16),
        r.IsDBNull(17) ? null : new(r.Texts(17), r.GetDecimal(18), r.GetDecimal(19)), Step(r, 20), r.Texts(23), r.MaybeGuid(24), r.Text(25), Step(r, 26), r.Text(29));

    public static Task<PaperCertificate?> Find(DbSession s, Guid id, CancellationToken ct) => s.One($"select {Columns} from passport.paper_certificate where id = $1", Map, ct, id);

    /// <summary>Locked until the transaction ends.</summary>
    public static Task<PaperCertificate?> Lock(DbSession s, Guid id, CancellationToken ct) => s.One($"select {Columns} from passport.paper_certificate where id = $1 for update", Map, ct, id);

    /// <returns>False where the organisation has the same scan already.</returns>
    public static async Task<bool> Insert(DbSession s, PaperCertificate p, CancellationToken ct) => await s.Run("""
        insert into passport.paper_certificate (id, organisation_id, issuer_kind, state, file_name, media_type, size_bytes, sha256, pages, uploaded_by, uploaded_name, uploaded_at, row_version)
        values ($1, $2, $3, 0, $4, $5, $6, $7, $8, $9, $10, $11, 1) on conflict (organisation_id, sha256) where state <> 5 do nothing
        """, ct, p.Id, p.OrganisationId, Words.Of(p.IssuerKind), p.Scan.FileName, p.Scan.MediaType, p.Scan.SizeBytes, p.Scan.Sha256, p.Scan.Pages, p.Uploaded.PersonId, p.Uploaded.Name, p.Uploaded.At) == 1;

    /// <summary>Writes what may change after the upload.</summary>
    public static Task Update(DbSession s, PaperCertificate p, CancellationToken ct) => s.Run("""
        update passport.paper_certificate set state = $2, content = $3, typed_by = $4, typed_name = $5, typed_at = $6, typed_doubtful = $7, heats = $8, gross_kg = $9, net_kg = $10, checked_by = $11, checked_name = $12,
          checked_at = $13, checked_doubtful = $14, certificate_id = $15, certificate_number = $16, published_by = $17, published_name = $18, published_at = $19, discard_reason = $20, row_version = row_version + 1
        where id = $1
        """, ct, p.Id, (short)p.State, p.Content is { } content ? new Json(StorageJson.Write(content)) : null, p.Typed?.PersonId, p.Typed?.Name, p.Typed?.At, p.TypedDoubtful.ToArray(),
        p.Second?.HeatNumbers.ToArray(), p.Second?.GrossKg, p.Second?.NetKg, p.Checked?.PersonId, p.Checked?.Name, p.Checked?.At, p.CheckedDoubtful.ToArray(), p.CertificateId, p.CertificateNumber, p.Published?.PersonId, p.Published?.Name, p.Published?.At, p.Reason);

    static PaperStep? Step(NpgsqlDataReader r, int at) => r.IsDBNull(at) ? null : new(r.GetGuid(at), r.GetString(at + 1), r.Time(at + 2));
}
