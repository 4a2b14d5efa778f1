using NodaTime;
using Verdigris.Primitives;

namespace Verdigris.Cbam.Customs;

/// <summary>One item of a customs declaration, as the release for free circulation lets it into the Union.</summary>
/// <param name="Mrn">Reference number of the declaration, its check digit proved (<see cref="Customs.Mrn"/>).</param>
/// <param name="Item">Number of the item in its declaration, 1 to 99 999.</param>
/// <param name="Cn">Code of the combined nomenclature, 8 digits.</param>
/// <param name="Origin">Country of non-preferential origin, ISO 3166-1, or XK, XC, XL, which customs write for Kosovo, Ceuta and Melilla.</param>
/// <param name="NetMassKg">Above zero, at most six decimals.</param>
/// <param name="SupplementaryQuantity">In <paramref name="SupplementaryUnit"/>; null where the nomenclature asks for none or the file does not say.</param>
/// <param name="Procedure">Requested and previous procedure, 4 digits, and three characters more where given; null where the file does not say.</param>
/// <param name="ImporterEori">Who imports.</param>
/// <param name="RepresentativeEori">The indirect representative; null where there is none or a direct one.</param>
/// <param name="Value">As the file gives it, in <paramref name="Currency"/>; no figure of the measure rests on it.</param>
public sealed record CustomsLine(string Mrn, int Item, string Cn, string Origin, decimal NetMassKg, decimal? SupplementaryQuantity, string? SupplementaryUnit, LocalDate ReleasedOn, string? Procedure, string ImporterEori,
    string? RepresentativeEori, string? Supplier, decimal? Value, string? Currency);

/// <summary>Something to say about a line. The words are those of a refusal of that code.</summary>
/// <param name="Line">Line of the file, row of the sheet, or line of the XML the item begins on; from 1.</param>
/// <param name="Column">Header or element as the file writes it; null where the whole line is meant.</param>
/// <param name="Field">Our field (<see cref="CustomsFields"/>); null where the whole line is meant.</param>
/// <param name="Refuses">False for a note: the line comes in all the same.</param>
public sealed record CustomsFinding(int Line, string? Column, string? Field, bool Refuses, string Code, IReadOnlyDictionary<string, string>? Args)
{
    public Refusal AsRefusal() => new(Code, Field, Args);
}

/// <param name="Value">Null where the line is refused.</param>
public sealed record CustomsLineResult(int Line, CustomsLine? Value, IReadOnlyList<CustomsFinding> Findings)
{
    public bool Accepted => Value is not null;
}

/// <summary>A whole file, line by line; a dry run is this and nothing more.</summary>
public sealed record CustomsReading(IReadOnlyList<CustomsLineResult> Lines)
{
    public int Accepted => Lines.Count(l => l.Accepted);
    public int Refused => Lines.Count(l => !l.Accepted);
    public IEnumerable<CustomsFinding> Findings => Lines.SelectMany(l => l.Findings);
}
