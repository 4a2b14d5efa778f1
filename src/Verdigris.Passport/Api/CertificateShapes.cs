using NodaTime;
using Verdigris.Passport.Access;
using Verdigris.Passport.Certificates;
using Verdigris.Passport.Emissions;
using Verdigris.Passport.Specifications;

namespace Verdigris.Passport.Api;

/// <summary>
/// A certificate as <see cref="Reading.CertificateReading"/> writes it: the signed object, and beside it where it stands. Written by hand there because the signed bytes must stay as they
/// are; declared here so that the API can be described, and a test reads real answers into it.
/// </summary>
/// <param name="Current">False for a version that another one replaced.</param>
/// <param name="ContentSha256">Of the canonical bytes, lower-case hexadecimal.</param>
/// <param name="Kid">Key of the plant that signed.</param>
/// <param name="ArrivedAt">When it came here signed at casting; absent where it was signed here.</param>
/// <param name="Because">Why the reader sees it.</param>
/// <param name="Emissions">Absent where the reader may not see them.</param>
sealed record CertificateReply(Guid Id, string Number, CertificateState State, bool Current, SpecOutcome Verdict, bool? LotWithinTolerance, string ContentSha256, string? Kid, Instant? SignedAt, Instant? ArrivedAt, Guid? WarehouseId,
    Guid? WarrantId, int RowVersion, Because? Because, SignedCertificate Certificate, CertificateEmissions? Emissions);

/// <summary>What the signature covers: decimals as strings with the decimals they were given, absent members left out.</summary>
/// <param name="CoaId">Of this version.</param>
/// <param name="GrossKg">Kilograms, at most three decimals.</param>
/// <param name="NetKg">Kilograms, at most three decimals.</param>
/// <param name="Reason">Why this version replaces the one before.</param>
sealed record SignedCertificate(Guid CoaId, string Number, int Version, Guid? SupersedesId, string? Reason, Guid ProducerId, Guid PlantId, string ExchangeBrandCode, string ContractCode, string Metal, string Shape,
    string CountryOfOrigin, LocalDate ProductionDate, LocalDate AnalysisDate, LocalDate IssueDate, string? BatchNo, IReadOnlyList<string> HeatNumbers, int Pieces, int Bundles, string GrossKg, string NetKg,
    IReadOnlyList<SignedBundle>? BundleList, string SpecRef, IReadOnlyList<SignedResult> Results, SignedLab? Lab, string IssuerKind, SourceDocument? SourceDoc, string? SourceRef, string? CustomsCode);

sealed record SignedBundle(string BundleNo, int Pieces, string NetKg, string? SealNo, int? LengthMm, int? WidthMm, int? HeightMm);

/// <param name="Unit">% or ppm, by mass.</param>
/// <param name="Qualifier">= or &lt;; below: the value is the detection limit.</param>
sealed record SignedResult(string Element, string Value, string Unit, string Qualifier, string? Uncertainty, string? Method, string? LabId);

sealed record SignedLab(string Name, string AccreditationNo, LocalDate? ValidTo);
