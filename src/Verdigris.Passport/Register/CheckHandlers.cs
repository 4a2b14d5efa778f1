using NodaTime;
using Verdigris.Passport.Access;
using Verdigris.Passport.Certificates;
using Verdigris.Primitives;
using Verdigris.Storage;

namespace Verdigris.Passport.Register;

/// <summary>What everybody may know of a certificate whose number he has: that it exists, whose it is, how it stands and whether its signature holds. No analysis, no place, no owner, no emissions.</summary>
/// <param name="State">Warehouse, warrant and load-out are not for the public: they read as Published here.</param>
/// <param name="Signature">As in <see cref="SignatureView.State"/>.</param>
public sealed record PublicCertificate(string Number, int Version, string BrandCode, Guid ProducerId, string Metal, string ContractCode, LocalDate IssueDate, CertificateState State, string Signature, string Sha256)
{
    public bool Valid => State == CertificateState.Published && Signature == "valid";
}

/// <summary>The public check by number. Drafts and signed certificates that were not published answer as if there were none.</summary>
public sealed class CheckHandlers
{
    public async Task<Answer<PublicCertificate>> Find(DbSession s, string number, CancellationToken ct)
    {
        if (number.Length > 40 || await CertificateStore.FindCurrent(s, number.ToUpperInvariant(), ct) is not { State: not (CertificateState.Draft or CertificateState.Signed) } row) return EmissionsAccess.NotVisible("certificate");
        var c = row.Certificate;
        var bytes = CertificateJson.Bytes(c);
        var signature = row is { Signature: { } jws, Kid: { } kid, SignedAt: { } at } ? PlantKeys.Judge(await PlantKeys.Find(s, kid, ct), jws, bytes, CertificateJson.Sha256(bytes) == row.Sha256, at) : "unsigned";
        var state = row.State is CertificateState.Voided or CertificateState.Disputed or CertificateState.Quarantined ? row.State : CertificateState.Published;
        return new PublicCertificate(c.Number, c.Version, c.Content.ExchangeBrandCode, c.ProducerId, c.Metal, c.ContractCode, c.Content.IssueDate, state, signature, row.Sha256);
    }
}
