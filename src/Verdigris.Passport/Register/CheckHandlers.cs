using NodaTime;
using Verdigris.Passport.Access;
using Verdigris.Passport.Certificates;
using Verdigris.Primitives;
using Verdigris.Storage;

namespace Verdigris.Passport.Register;

/// <summary>What everybody may know of a certificate whose number he has: that it exists, whose it is, how it stands and whether its signature holds. No analysis, no place, no owner, no emissions.</summary>
/// <param name="State">Warehouse, warrant and load-out are not for the public: they read as Published here.</param>
/// <param name="Signature">As in <see cref="SignatureView.State"/>.</param>
/// <param name="FromPaper">Null where the producer signed it.</param>
public sealed record PublicCertificate(string Number, int Version, string BrandCode, Guid ProducerId, string Metal, string ContractCode, LocalDate IssueDate, CertificateState State, string Signature, string Sha256, PaperOrigin? FromPaper = null)
{
    public bool Valid => State == CertificateState.Published && (Signature is "valid" or "attested");
}

/// <summary>What everybody may know of a certificate that came on paper.</summary>
/// <param name="AttestedBy">The organisation whose key stands under it: it says what the paper says, not what the plant measured.</param>
/// <param name="ScanSha256">Of the scan that was typed off.</param>
public sealed record PaperOrigin(IssuerKind IssuerKind, Guid AttestedBy, string ScanSha256, int Pages);

/// <summary>What everybody who stands before a bundle may know of it: what its label says anyway, and whether the seal he reads is the one it left the plant with.</summary>
/// <param name="NetKg">Kilograms, as on the certificate.</param>
/// <param name="HasSeal">A seal is on record. Its number is not told: whoever asks must read it off the bundle.</param>
/// <param name="SealAgrees">Null where no seal was asked about, or none is on record.</param>
public sealed record PublicBundle(PublicCertificate Certificate, string BundleNo, int Pieces, decimal NetKg, bool HasSeal, bool? SealAgrees);

/// <summary>The public check by number. Drafts and signed certificates that were not published answer as if there were none.</summary>
public sealed class CheckHandlers
{
    public async Task<Answer<PublicCertificate>> Find(DbSession s, string number, CancellationToken ct) =>
        await Row(s, number, ct) is { } row ? await Public(s, row, ct) : EmissionsAccess.NotVisible("certificate");

    /// <summary>A bundle by the certificate's number and its own, as its QR code holds them. A bundle that is not on the current version answers as if there were none.</summary>
    /// <param name="seal">What the asker reads on the seal; null where he reads none.</param>
    public async Task<Answer<PublicBundle>> FindBundle(DbSession s, string number, string bundleNo, string? seal, CancellationToken ct)
    {
        if (await Row(s, number, ct) is not { } row || row.Certificate.Content.BundleList.FirstOrDefault(b => b.BundleNo.Equals(bundleNo, StringComparison.OrdinalIgnoreCase)) is not { } bundle) return EmissionsAccess.NotVisible("bundle");
        var read = string.IsNullOrWhiteSpace(seal) ? null : seal.Trim();
        return new PublicBundle(await Public(s, row, ct), bundle.BundleNo, bundle.Pieces, bundle.NetKg, bundle.SealNo is not null, bundle.SealNo is { } known && read is not null ? known.Equals(read, StringComparison.OrdinalIgnoreCase) : null);
    }

    static async Task<CertificateRow?> Row(DbSession s, string number, CancellationToken ct) =>
        number.Length <= 40 && await CertificateStore.FindCurrent(s, number.ToUpperInvariant(), ct) is { State: not (CertificateState.Draft or CertificateState.Signed) } row ? row : null;

    static async Task<PublicCertificate> Public(DbSession s, CertificateRow row, CancellationToken ct)
    {
        var c = row.Certificate;
        var bytes = CertificateJson.Bytes(c);
        var (signature, _) = await CertificateHandlers.JudgeSignature(s, row, bytes, ct);
        var paper = row.AttestedBy is { } attester && c.Content.SourceDoc is { } scan ? new PaperOrigin(c.Content.IssuerKind, attester, scan.Sha256, scan.Pages) : null;
        var state = row.State is CertificateState.Voided or CertificateState.Disputed or CertificateState.Quarantined ? row.State : CertificateState.Published;
        return new(c.Number, c.Version, c.Content.ExchangeBrandCode, c.ProducerId, c.Metal, c.ContractCode, c.Content.IssueDate, state, signature, row.Sha256, paper);
    }
}
