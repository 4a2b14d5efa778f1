namespace Verdigris.Auditor;

/// <summary>How an audit is made.</summary>
/// <param name="MaxFindings">The audit stops after this many findings (at least 1): the first names the break, the others help to see its extent.</param>
public sealed record AuditOptions(int MaxFindings = 20);

/// <summary>How far an audit has come; told about once every 16 MiB.</summary>
/// <param name="BytesRead">Bytes of the file read so far.</param>
/// <param name="BytesInAll">Length of the file, 0 where the stream does not tell.</param>
public readonly record struct AuditProgress(long BytesRead, long BytesInAll, long Batch, long Effects);

/// <summary>One broken rule at one place. Values are plain numbers and names, the same in every language.</summary>
/// <param name="Code">Stable code, see <see cref="AuditRule"/>.</param>
/// <param name="Batch">Batch in which it shows; 0 where it concerns the file or the trailer as a whole.</param>
/// <param name="Command">Index of the command in its batch; -1 what time did; null where no command is meant.</param>
/// <param name="Account">Account at fault, 0 if none.</param>
/// <param name="Asset">Asset at fault, 0 if none.</param>
/// <param name="Field">What was compared, for example <c>available</c>.</param>
/// <param name="Expected">What the specification asks for there; amounts in the asset's smallest unit, times in microseconds since 1970 UTC.</param>
/// <param name="Found">What the file says.</param>
public sealed record AuditFinding(string Code, long Batch, int? Command, long Account, int Asset, string Field, string Expected, string Found);

/// <summary>Merkle root over the record hashes of one UTC day, as docs/book.md section 7 defines it.</summary>
/// <param name="Root">Lower-case hexadecimal.</param>
public sealed record AuditDay(DateOnly Day, long FirstBatch, long LastBatch, string Root);

/// <summary>What exists of an asset at the end: positive totals, and what issuers owe (not positive). They cancel in a sound file.</summary>
public sealed record AuditAsset(int Asset, string Code, bool Serialised, decimal Issued, decimal Owed);

/// <summary>The result of an audit: what was proved over which range, or what broke.</summary>
/// <param name="IsExport">False: the file is no export of a version this auditor knows; nothing else was looked at.</param>
/// <param name="Complete">The whole file was read, trailer included. False after a cut file or more findings than asked for.</param>
/// <param name="Findings">In the order of the file; empty in a sound file.</param>
public sealed record AuditReport(
    bool IsExport,
    bool Complete,
    string VenueId,
    long Bytes,
    long Batches,
    long Commands,
    long Accepted,
    long Effects,
    long Accounts,
    long Holdings,
    long PendingHolds,
    long Blocks,
    long FirstTimeMicros,
    long LastTimeMicros,
    string LastRecordHash,
    IReadOnlyList<AuditAsset> Assets,
    IReadOnlyList<AuditDay> Days,
    IReadOnlyList<AuditFinding> Findings)
{
    /// <summary>Every rule was checked over the whole file and none is broken.</summary>
    public bool Sound => IsExport && Complete && Findings.Count == 0;
}
