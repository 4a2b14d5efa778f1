using Verdigris.Passport.Certificates.Anomalies;
using Verdigris.Primitives;
using Verdigris.Storage;

namespace Verdigris.Passport.Certificates.Paper;

/// <summary>
/// How a confirmed paper joins the life of certificates: it is written, attested and published in one go, by the moves <see cref="CertificateStates"/> allows. What stands under it is the key of the
/// organisation that typed it, and the row says so (<c>attested_by</c>); the database lets no such certificate hold a plant's key.
/// </summary>
public sealed class PaperPublishing(CertificateHandlers certificates, OrganisationKeys keys, KeyVault vault, AnomalyWatch watch)
{
    /// <summary>Inside the caller's transaction.</summary>
    internal async Task<Answer<CertificateRow>> Publish(DbSession s, PaperCertificate paper, CancellationToken ct)
    {
        var content = paper.Content!;
        // Checked when it was typed; a brand may have been delisted since, a laboratory's day come.
        var (check, facts) = await certificates.CheckContent(s, content, null, true, ct);
        if (check.Refusals.Count > 0) return Answer<CertificateRow>.From(check.Refusals);
        var key = await keys.InUse(s, paper.OrganisationId, ct);
        using var secret = vault.Open(key.Kid);
        if (secret is null) return Refusal.Conflict("certificate.key-missing", "kid", ("kid", key.Kid));
        var brand = facts.Brand!;
        var year = content.ProductionDate.Year;
        var number = CertificateStore.NumberOf(brand.Code, year, await CertificateStore.TakeNumbers(s, brand.Code, year, 1, ct));
        var certificate = CertificateHandlers.Compose(s.NewId(), number, 1, null, null, brand, content);
        await CertificateStore.Insert(s, certificate, check.Verdict!.Value, check.LotWithinTolerance, null, ct, paper.OrganisationId);
        await s.Run("insert into passport.paper_heat (plant_id, heat, production_year, certificate_id, number) select $1, heat, $2, $3, $4 from unnest($5::text[]) heat", ct,
            certificate.PlantId, (short)year, certificate.Id, number, content.HeatNumbers.ToArray());
        var signed = CertificateStates.Table.Next(CertificateState.Draft, CertificateEvent.Sign);
        var published = signed.Ok ? CertificateStates.Table.Next(signed.Value, CertificateEvent.Publish) : signed;
        if (!published.Ok) return Answer<CertificateRow>.From(published.Refusals);
        await s.Run("update passport.certificate set state = $2, attester_kid = $3, signature = $4, signed_by = $5, signed_at = $6, changed_at = $6, row_version = row_version + 1 where id = $1", ct,
            certificate.Id, (short)signed.Value, key.Kid, Jws.Sign(secret, key.Kid, CertificateJson.Bytes(certificate)), s.Actor.PersonId, s.Now);
        await s.Audit(new AuditEntry("certificate.attested", "certificate", certificate.Id.ToString(), Details: new { number, key.Kid }, EvidenceSha256: paper.Scan.Sha256), ct);
        if (!await CertificateStore.Move(s, (await CertificateStore.Find(s, certificate.Id, ct))!, published.Value, ct)) return Refusal.Conflict("certificate.changed-meanwhile");
        await watch.Examine(s, [certificate.Id], ct);
        await s.Audit(new AuditEntry("certificate.published", "certificate", certificate.Id.ToString(), Details: new { number }), ct);
        return (await CertificateStore.Find(s, certificate.Id, ct))!;
    }

    /// <summary>Null where the certificate became void, else why not. Inside the caller's transaction.</summary>
    internal static async Task<Refusal?> Void(DbSession s, Guid certificate, string reason, CancellationToken ct)
    {
        var row = (await CertificateStore.Lock(s, certificate, ct))!;
        var next = CertificateStates.Table.Next(row.State, CertificateEvent.Void);
        if (!next.Ok) return next.Refusals[0];
        if (!await CertificateStore.Move(s, row, next.Value, ct)) return Refusal.Conflict("certificate.changed-meanwhile");
        await s.Audit(new AuditEntry("certificate.voided", "certificate", certificate.ToString(), reason, new { row.Certificate.Number }), ct);
        return null;
    }
}
