using NodaTime;
using Verdigris.Primitives;
using Verdigris.Registry.Credits.Serials;
using Verdigris.Registry.Credits.Units;

namespace Verdigris.Registry.Credits.Imports;

/// <summary>How the life of units ended, or stopped. Numbers are those of the table.</summary>
public enum EndingKind { Retired, Cancelled, Converted, Immobilised, Reversed }

/// <summary>Something to be known of a line.</summary>
/// <param name="Refuses">The line is not taken; else it is, and this is to be known.</param>
public sealed record RowFinding(bool Refuses, string Code, IReadOnlyDictionary<string, string> Args)
{
    public static RowFinding Of(bool refuses, string code, params (string Name, string Value)[] args) => new(refuses, code, args.ToDictionary(a => a.Name, a => a.Value));

    public static RowFinding From(Refusal refusal) => new(true, refusal.Code, refusal.Args ?? new Dictionary<string, string>());

    public Refusal AsRefusal() => new(Code, null, Args);
}

/// <summary>A record of an export, read. What it does not say is null.</summary>
public sealed class ExportRow
{
    /// <summary>Line of the file the record begins on, from 1.</summary>
    public required int Line { get; init; }

    /// <summary>Number in the programme, without its letters; empty where the line is refused for it.</summary>
    public string Project { get; set; } = "";
    /// <summary>Number in another programme, as the registry states it with its letters.</summary>
    public string? OtherProject { get; set; }
    public string? Name { get; set; }
    public string? Proponent { get; set; }
    public string? Country { get; set; }
    public string? Methodology { get; set; }
    public string? State { get; set; }
    public LocalDate? CreditingFrom { get; set; }
    public LocalDate? CreditingTo { get; set; }
    public decimal? EstimateT { get; set; }

    public SerialBlock? Block { get; set; }

    /// <summary>First and last unit as printed.</summary>
    public PrintedRange? Printed { get; set; }

    public long? Units { get; set; }
    public long? Buffer { get; set; }
    public LocalDate? VintageFrom { get; set; }
    public LocalDate? VintageTo { get; set; }
    public LocalDate? IssuedOn { get; set; }

    /// <summary>Null: the units are held.</summary>
    public EndingKind? Ends { get; set; }
    public LocalDate? EndedOn { get; set; }
    public string? Beneficiary { get; set; }

    /// <summary>Word of the vocabulary.</summary>
    public string? Reason { get; set; }
    public string? PrintedReason { get; set; }
    public string? Purpose { get; set; }
    public IReadOnlyList<string>? Labels { get; set; }
    public IReadOnlyList<string>? AuthorisedFor { get; set; }
    public bool? Adjusted { get; set; }

    public List<RowFinding> Findings { get; } = [];

    public bool Refused => Findings.Exists(f => f.Refuses);

    public void Refuse(string code, params (string Name, string Value)[] args) => Findings.Add(RowFinding.Of(true, code, args));

    public void Note(string code, params (string Name, string Value)[] args) => Findings.Add(RowFinding.Of(false, code, args));
}
