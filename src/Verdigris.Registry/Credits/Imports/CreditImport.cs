using NodaTime;
using Verdigris.Storage;

namespace Verdigris.Registry.Credits.Imports;

public enum CreditImportState
{
    /// <summary>Brought and looked at; nothing of it is in the Book.</summary>
    Brought,
    /// <summary>A part is in the Book; applying goes on where it stopped.</summary>
    Applying,
    Applied,
}

/// <summary>An export of another registry, and how far it was taken in.</summary>
/// <param name="Records">Records looked at so far when it was applied.</param>
/// <param name="Posted">Whose units are posted in the Book.</param>
/// <param name="There">That the Book had already.</param>
/// <param name="Kept">Kept as documents: projects, issuances without numbered units.</param>
/// <param name="PostedUnits">Units of the records posted, t CO2e.</param>
public sealed record CreditImport(Guid Id, Guid OrganisationId, string Programme, string Format, string FileName, string MediaType, long SizeBytes, string Sha256, CreditImportState State, int Records, int Posted, int There, int Kept, int Refused, long PostedUnits, long RefusedUnits,
    Guid AddedBy, Instant AddedAt, Guid? AppliedBy, Instant? AppliedAt) : IKeptFile;

/// <summary>A finding as it is shown.</summary>
public sealed record ImportFinding(int Line, bool Refuses, string Code, IReadOnlyDictionary<string, string> Args);

/// <summary>What would come, or came, of a file.</summary>
/// <param name="Units">Units of all records with units.</param>
/// <param name="Findings">The first <see cref="CreditImports.MostShown"/>, refusals first.</param>
public sealed record ImportReading(int Records, int Posted, int There, int Kept, int Refused, long Units, long PostedUnits, long ThereUnits, long KeptUnits, long RefusedUnits, int Notes, IReadOnlyList<ImportFinding> Findings)
{
    public int Good => Posted + There + Kept;
}

public sealed record CreditImportView(CreditImport File, ImportReading Reading);

/// <summary>Adds up what becomes of records.</summary>
sealed class ImportTally
{
    readonly List<ImportFinding> refusals = [], others = [];

    public int Posted { get; private set; }
    public int There { get; private set; }
    public int Kept { get; private set; }
    public int Refused { get; private set; }
    public int Notes { get; private set; }
    public long PostedUnits { get; private set; }
    public long ThereUnits { get; private set; }
    public long KeptUnits { get; private set; }
    public long RefusedUnits { get; private set; }
    public int Records => Posted + There + Kept + Refused;

    public void Add(PlannedRow planned)
    {
        var units = planned.Row.Units ?? 0;
        switch (planned.Fate)
        {
            case RowFate.Posted: Posted++; PostedUnits += units; break;
            case RowFate.There: There++; ThereUnits += units; break;
            case RowFate.Kept: Kept++; KeptUnits += units; break;
            default: Refused++; RefusedUnits += units; break;
        }
        foreach (var f in planned.Row.Findings)
        {
            if (!f.Refuses) Notes++;
            var list = f.Refuses ? refusals : others;
            if (list.Count < CreditImports.MostShown) list.Add(new(planned.Row.Line, f.Refuses, f.Code, f.Args));
        }
    }

    public ImportReading Reading() => new(Records, Posted, There, Kept, Refused, PostedUnits + ThereUnits + KeptUnits + RefusedUnits, PostedUnits, ThereUnits, KeptUnits, RefusedUnits, Notes, [.. refusals.Concat(others).Take(CreditImports.MostShown)]);
}
