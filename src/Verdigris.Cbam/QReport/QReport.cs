using NodaTime;

namespace Verdigris.Cbam.QReport;

// Names and order of these records are those of the elements of schema 23.00, so that the schema is the only place that says what may stand where. A null leaves the element out.

/// <summary>The quarterly report of the transitional period, Q4 2023 to Q4 2025 (Implementing Regulation (EU) 2023/1773, Annex I; schema 23.00 of the Commission).</summary>
/// <param name="ReportingPeriod">Q1-Q4.</param>
public sealed record QuarterlyReport(Instant? SubmissionDate, string? ReportId, string ReportingPeriod, int Year, Declarant Declarant, Representative? Representative, Importer? Importer, Signatures Signatures, Remarks? Remarks,
    IReadOnlyList<ImportedGood> ImportedGood);

/// <param name="IdentificationNumber">EORI.</param>
public sealed record Declarant(string IdentificationNumber, string Name, string Role, DeclarantAddress ActorAddress);

public sealed record DeclarantAddress(string? SubDivision, string City, string? Street, string? StreetAdditionalLine, string? Number, string? Postcode, string? POBox);

public sealed record Address(string Country, string? SubDivision, string City, string? Street, string? StreetAdditionalLine, string? Number, string? Postcode, string? POBox);

public sealed record Importer(string IdentificationNumber, string Name, Address ImporterAddress);

public sealed record Representative(string IdentificationNumber, string Name, Address RepresentativeAddress);

public sealed record Signatures(ReportConfirmation ReportConfirmation, MethodologyConfirmation? ApplicableMethodologyConfirmation);

public sealed record ReportConfirmation(bool GlobalDataConfirmation, bool UseOfDataConfirmation, string SignaturePlace, string Signature, string PositionOfPersonSending);

public sealed record MethodologyConfirmation(bool OtherApplicableReportingMethodology);

public sealed record Remarks(string AdditionalInformation);

/// <summary>A good of one code and origin, with the emissions of each installation it comes from.</summary>
public sealed record ImportedGood(int ItemNumber, Representative? Representative, Importer? Importer, CommodityCode? CommodityCode, OriginCountry OriginCountry, IReadOnlyList<ImportedQuantity> ImportedQuantity, Measure MeasureImported,
    IReadOnlyList<SupportingDocument> SupportingDocuments, Remarks? Remarks, IReadOnlyList<GoodsEmissions> GoodsEmissions);

/// <param name="HsCode">The first six digits of <paramref name="CnCode"/>.</param>
public sealed record CommodityCode(string HsCode, string CnCode, CommodityDetails CommodityDetails);

public sealed record CommodityDetails(string? Description);

public sealed record OriginCountry(string Country);

public sealed record ImportedQuantity(int SequenceNumber, Procedure Procedure, ImportArea ImportArea, IReadOnlyList<ProcedureMeasure> MeasureProcedureImported, Remarks? SpecialReferences);

public sealed record Procedure(string RequestedProc, string? PreviousProc, IReadOnlyList<InwardProcessing> InwardProcessingInfo);

/// <summary>Days are eight digits, year first.</summary>
public sealed record InwardProcessing(string MemberStateAuth, int DischargeBillWaiver, string Authorisation, int StartTime, int EndTime, int Deadline);

public sealed record ImportArea([property: System.ComponentModel.DisplayName("ImportArea")] string Area);

/// <param name="MeasurementUnit"><see cref="QReportTotals.Tonnes"/> or <see cref="QReportTotals.Kilograms"/> for masses.</param>
public sealed record Measure(decimal? NetMass, decimal? SupplementaryUnits, string MeasurementUnit);

/// <param name="Indicator">0, or 1 for inward processing.</param>
public sealed record ProcedureMeasure(int Indicator, decimal? NetMass, decimal? SupplementaryUnits, string MeasurementUnit);

public sealed record SupportingDocument(int SequenceNumber, string Type, string? Country, string? ReferenceNumber, int? LineItemNumber, string? IssuingAuthName, LocalDate? ValidityStartDate, LocalDate? ValidityEndDate, string? Description, Attachment? Attachment);

/// <param name="Binary">Base64.</param>
public sealed record Attachment(string Filename, string? URI, string MIME, string? Binary);

/// <summary>What one installation made of a good, and its emissions.</summary>
public sealed record GoodsEmissions(int SequenceNumber, string? ProductionCountry, InstallationOperator? InstallationOperator, Installation? Installation, Measure ProducedMeasure, DirectEmissions DirectEmissions, IndirectEmissions? IndirectEmissions,
    ProductionMethod? ProdMethodQualifyingParams, IReadOnlyList<SupportingDocument> SupportingDocuments, IReadOnlyList<CarbonPriceDue> CarbonPriceDue, IReadOnlyList<EmissionsRemark> RemarksEmissions);

public sealed record InstallationOperator(string OperatorId, string OperatorName, Address OperatorAddress, IReadOnlyList<Contact> ContactDetails);

public sealed record Contact(string Name, string Phone, string Email);

public sealed record Installation(string InstallationId, string InstallationName, string? EconomicActivity, InstallationAddress Address);

public sealed record InstallationAddress(string EstablishmentCountry, string? SubDivision, string City, string? Street, string? StreetAdditionalLine, string? Number, string? Postcode, string? POBox, string? PlotParcelNumber, string? UNLOCODE,
    string? Latitude, string? Longitude, string? CoordinatesType);

/// <param name="DeterminationType">01 actual, 02 default; deduced from a sample, the official list was not at hand.</param>
/// <param name="SpecificEmbeddedEmissions">tCO2e/t, at most 7 decimals.</param>
/// <param name="MeasurementUnit">EMU1: tCO2e/t.</param>
public sealed record DirectEmissions(string? DeterminationType, string? DeterminationTypeElectricity, string ApplicableReportingTypeMethodology, string? ApplicableReportingMethodology, decimal? SpecificEmbeddedEmissions, string? OtherSourceIndication,
    string? EmissionFactorSourceElectricity, decimal? EmissionFactor, decimal? ElectricityImported, decimal? TotalEmbeddedElectricityImported, string MeasurementUnit, string? EmissionFactorSourceValue, string? ConditionalityFulfillment);

/// <param name="EmissionFactor">tCO2/MWh, at most 5 decimals.</param>
/// <param name="ElectricityConsumed">MWh/t, at most 5 decimals.</param>
public sealed record IndirectEmissions(string DeterminationType, string? EmissionFactorSource, decimal? EmissionFactor, decimal SpecificEmbeddedEmissions, string MeasurementUnit, decimal? ElectricityConsumed, string ElectricitySource,
    string? OtherSourceIndication, string? EmissionFactorSourceValue);

public sealed record ProductionMethod(int SequenceNumber, string MethodId, string? SteelMillNumber, string? AdditionalInformation, IReadOnlyList<QualifyingParameter> DirectQualifyingParameters, IReadOnlyList<QualifyingParameter> IndirectQualifyingParameters);

public sealed record QualifyingParameter(int SequenceNumber, string ParameterId, string ParameterValue, string? AdditionalInformation);

/// <param name="Amount">In <paramref name="Currency"/>.</param>
public sealed record CarbonPriceDue(int SequenceNumber, string InstrumentType, string LegalActDescription, decimal Amount, string Currency, string Country, IReadOnlyList<ProductCovered> ProductsCovered);

public sealed record ProductCovered(int SequenceNumber, string Type, string? CN, decimal QuantityCovered, decimal QuantityCoveredFreeAloc, string? SupplementaryInformation, string? AdditionalInformation, Measure Measure);

public sealed record EmissionsRemark(int SequenceNumber, string AdditionalInformation);
