using NodaTime;

namespace Verdigris.Passport.Certificates;

/// <summary>
/// What one version of a certificate of analysis says: the content that is signed. A correction is a new version, never a change.
/// Masses in kilograms with at most three decimals; contents in % by mass or ppm (1 ppm = 0.0001 %) as printed on the certificate.
/// </summary>
public sealed record Certificate
{
    /// <summary>UUIDv7; each version has its own.</summary>
    public required Guid Id { get; init; }
    /// <summary>The number people use, <c>BRAND-YYYY-NNNNNN</c>; the same for all versions.</summary>
    public required string Number { get; init; }
    /// <summary>From 1.</summary>
    public required int Version { get; init; }
    /// <summary>The version before; null for the first.</summary>
    public Guid? SupersedesId { get; init; }
    /// <summary>Why this version replaces the one before; null for the first.</summary>
    public string? Reason { get; init; }
    public required Guid ProducerId { get; init; }
    public required Guid PlantId { get; init; }
    /// <summary>Metal symbol of the contract: AL, CU, NI…</summary>
    public required string Metal { get; init; }
    public required string ContractCode { get; init; }
    public required CertificateContent Content { get; init; }
}

/// <summary>What the issuer writes; the rest of a <see cref="Certificate"/> follows from the brand record.</summary>
public sealed record CertificateContent
{
    public string ExchangeBrandCode { get; init; } = "";
    /// <summary>May be left out: the brand names its plant. Where given it must be that plant.</summary>
    public Guid? PlantId { get; init; }
    /// <summary>Country of melting or refining, ISO 3166-1 alpha-2.</summary>
    public string CountryOfOrigin { get; init; } = "";
    public string? Metal { get; init; }
    public string? ContractCode { get; init; }
    public string Shape { get; init; } = "";
    public IReadOnlyList<string> HeatNumbers { get; init; } = [];
    public string? BatchNo { get; init; }
    public LocalDate ProductionDate { get; init; }
    public LocalDate AnalysisDate { get; init; }
    public LocalDate IssueDate { get; init; }
    public int Pieces { get; init; }
    public int Bundles { get; init; }
    public decimal GrossKg { get; init; }
    public decimal NetKg { get; init; }
    /// <summary>May be empty; where it is given it must add up to the totals.</summary>
    public IReadOnlyList<Bundle> BundleList { get; init; } = [];
    /// <summary>Edition the metal is certified against: standard, year and grade as the contract names it.</summary>
    public string SpecRef { get; init; } = "";
    public IReadOnlyList<AnalysisResult> Results { get; init; } = [];
    public LabAccreditation? Lab { get; init; }
    public IssuerKind IssuerKind { get; init; }
    /// <summary>The paper or file this was taken from; required for a warehouse scan.</summary>
    public SourceDocument? SourceDoc { get; init; }
    /// <summary>Customs code the metal is shipped under, Harmonised System: 6, 8 or 10 digits, dots and spaces allowed; null where not stated.</summary>
    public string? CustomsCode { get; init; }
    /// <summary>The producer's own reference, unique for the producer; makes an import repeatable.</summary>
    public string? SourceRef { get; init; }
}

public sealed record Bundle(string BundleNo, int Pieces, decimal NetKg, string? SealNo = null, int? LengthMm = null, int? WidthMm = null, int? HeightMm = null);

/// <param name="Element">Chemical symbol.</param>
/// <param name="Value">At most six decimals in %, at most two in ppm.</param>
/// <param name="Qualifier">Below: the value is the detection limit.</param>
/// <param name="Uncertainty">Expanded uncertainty (k = 2) in the unit of the value; null where not stated.</param>
public sealed record AnalysisResult(string Element, decimal Value, ContentUnit Unit = ContentUnit.PercentByMass, string? Method = null, Qualifier Qualifier = Qualifier.Equal, decimal? Uncertainty = null, string? LabId = null)
{
    /// <summary>The value in % by mass, exact.</summary>
    public decimal PercentByMass => Unit == ContentUnit.Ppm ? Value * 0.0001m : Value;
}

public enum ContentUnit { PercentByMass, Ppm }

public enum Qualifier { Equal, Below }

/// <summary>ISO/IEC 17025 accreditation of the laboratory.</summary>
public sealed record LabAccreditation(string Name, string AccreditationNo, LocalDate? ValidTo);

/// <summary>Producer; listed sampler and assayer (where the producer's original is missing); scanned by a warehouse.</summary>
public enum IssuerKind { Producer, SamplerAssayer, WarehouseScan }

/// <param name="Sha256">64 lower-case hexadecimal digits.</param>
public sealed record SourceDocument(string Sha256, string Mime, int Pages);
