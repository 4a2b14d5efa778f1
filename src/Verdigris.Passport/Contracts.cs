using NodaTime;

namespace Verdigris.Passport;

/// <summary>A certificate of analysis in one version.</summary>
public readonly record struct CertificateId(Guid Value);

/// <summary>A warrant as a document; in the Book it is an asset and a serial.</summary>
public readonly record struct WarrantId(Guid Value);

/// <summary>Events this room puts into the outbox, and what they carry. Names never change once published.</summary>
public static class PassportEvents
{
    /// <summary>WarrantId.</summary>
    public const string WarrantIssued = "passport.warrant.issued";
    /// <summary>WarrantId, Batch: the batch of the Book. The same for <c>passport.warrant.live</c>, <c>.loadedout</c>, <c>.invalidated</c>.</summary>
    public const string WarrantCancelled = "passport.warrant.cancelled";
    /// <summary>WarrantId, FromOrganisation, ToOrganisation, Batch.</summary>
    public const string TitleMoved = "passport.title.moved";
    /// <summary>TransferId, WarrantId, ToOrganisation.</summary>
    public const string TransferProposed = "passport.transfer.proposed";
    /// <summary>SubmissionId, BrandCode, ReportYear, Method.</summary>
    public const string EmissionsAccepted = "passport.emissions.accepted";
    /// <summary>GateId, Number, OrganisationId, Amount, Currency: the payment may be made.</summary>
    public const string PaymentPassed = "passport.payment.passed";
    /// <summary>ListId, Publisher: a newer list of sanctioned names counts.</summary>
    public const string SanctionsImported = "passport.sanctions.imported";
    /// <summary>The listing change.</summary>
    public const string BrandListing = "passport.brand.listing";
}

/// <summary>What the demo made, for the server to give people sign-ins.</summary>
/// <param name="Role">See <see cref="Primitives.Role"/>.</param>
/// <param name="PersonId">The person the demo's documents name; the sign-in is to be made with this id.</param>
public sealed record DemoPerson(Guid PersonId, string UserName, string Name, Guid OrganisationId, string OrganisationName, IReadOnlyList<string> Roles);

/// <summary>Result of seeding the demo.</summary>
public sealed record DemoResult(IReadOnlyList<DemoPerson> People, int Certificates, int Warrants, int Submissions, Duration Took, bool AlreadyThere);

/// <summary>Reports that figures of emissions forms are from, which another room keeps. The host brings it.</summary>
public interface IReportVersions
{
    /// <summary>The latest accepted version of the report a version belongs to; null where there is none any more.</summary>
    Task<LatestReport?> Latest(Storage.DbSession session, Guid report, CancellationToken ct);
}

/// <param name="ReportId">Of that version.</param>
/// <param name="Path">The page that shows it.</param>
public sealed record LatestReport(Guid ReportId, int Version, string Path);

public enum OwnedDocument { Certificate, Warrant }

/// <summary>Emissions of metal for whoever owns it, or owned it on a day, for rooms that reckon with them. There is no other way to ask.</summary>
public interface IOwnedEmissions
{
    /// <summary>
    /// Accepted figures by the border measure's method of the metal of a document. Asked by its legal owner, by whoever was that at the end of <paramref name="day"/>, or by the producer of metal nobody else has owned yet; a former owner gets the figures
    /// that stood when the title left him, and no later ones.
    /// </summary>
    /// <param name="number">Of the certificate or warrant.</param>
    /// <returns><c>access.not-visible</c> for what is not there, not owned and hidden alike; <c>owned.none</c> where nobody stated figures; <c>owned.several</c> where the certificates of a warrant have different ones.</returns>
    Task<Primitives.Answer<OwnedEmissions>> Find(Storage.DbSession session, OwnedDocument document, string number, LocalDate day, CancellationToken ct);
}

/// <summary>Figures of owned metal, as its producer stated them. tCO2e/t, at most four decimals.</summary>
/// <param name="Id">Of the certificate or warrant.</param>
/// <param name="Metal">Symbol of the element.</param>
/// <param name="Country">Of the plant, two letters.</param>
/// <param name="ReportYear">Calendar year of the report the figures are from.</param>
/// <param name="Verification">none, limited or reasonable.</param>
/// <param name="Verifier">Name of the verifier; null where nobody verified.</param>
/// <param name="ValuesSha256">Salted commitment to the figures, as owners' receipts carry it.</param>
/// <param name="Certificates">The certificates the document stands for: itself, or those of a warrant; null where whoever answers does not say.</param>
public sealed record OwnedEmissions(Guid Id, string Number, string BrandCode, string Metal, string Plant, string Country, decimal NetKg, int ReportYear, decimal DirectTco2ePerT, decimal IndirectTco2ePerT, string Verification, string? Verifier, string ValuesSha256, IReadOnlyList<OwnedMetal>? Certificates = null);

/// <summary>Metal of one certificate: its number holds for all its versions.</summary>
public sealed record OwnedMetal(string Number, decimal NetKg);
