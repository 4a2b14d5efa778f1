using Verdigris.Primitives;
using Verdigris.Storage;
using Verdigris.Web;

namespace Verdigris.Passport.Certificates.Import;

/// <summary>One thing wrong with one line.</summary>
/// <param name="Column">Column of the file; null where the whole line is meant.</param>
public sealed record ImportFault(int Line, string? Column, string Code, IReadOnlyDictionary<string, string>? Args);

/// <param name="Id">Null for a dry run.</param>
/// <param name="Mode">whole-file, accepted-lines, or dry-run.</param>
/// <param name="State">checked (dry run), applying, done, refused.</param>
/// <param name="Faults">The first of them, by line; <paramref name="Refused"/> counts all lines refused.</param>
/// <param name="Warned">Accepted lines with a warning: out of tolerance, specification not met, laboratory missing or expired.</param>
/// <param name="Mapping">Name of the mapping it was read with; null where the file speaks our names.</param>
/// <param name="Repeated">This very file was taken in before; nothing was done.</param>
public sealed record ImportReport(Guid? Id, string FileSha256, string FileName, string Mode, string State, int Lines, int Accepted, int Refused, int Applied, int Warned, IReadOnlyList<ImportFault> Faults, bool Repeated = false, string? Mapping = null);

/// <summary>
/// The one import pipeline: parse, dry run with a report by line, apply. Applying takes the whole file or nothing, or the accepted lines only, as chosen; it streams, is
/// durable chunk by chunk in the second mode, and goes on where it stopped. The same bytes again do nothing.
/// </summary>
public sealed class CertificateImport(CertificateHandlers certificates, EvidenceStore evidence, IDbSessions sessions)
{
    public const string WholeFile = "whole-file", AcceptedLines = "accepted-lines", DryRun = "dry-run";
    public const int MostFaultsKept = 1000;

    /// <summary>Reads and checks every line, stores nothing but the file.</summary>
    public async Task<Answer<ImportReport>> Check(DbSession s, Stream file, string fileName, CancellationToken ct)
    {
        if (Allow.Role(s.Actor, Role.ProducerEditor) is { } no) return no;
        var sha = await evidence.Put(file, MimeOf(fileName), ct);
        await using var content = evidence.Open(sha)!;
        var run = new ImportRun(certificates, s, fileName, sha, null, null, await MappingFor(s, sha, ct));
        if (await run.CheckAll(content, ct) is { } unreadable) return unreadable;
        return run.Report("checked", 0);
    }

    /// <summary>Applies a file. In mode whole-file one refused line refuses all; in mode accepted-lines the others come in.</summary>
    public async Task<Answer<ImportReport>> Apply(DbSession s, Stream file, string fileName, string mode, CancellationToken ct)
    {
        if (Allow.Role(s.Actor, Role.ProducerEditor) is { } no) return no;
        if (CheckMode(mode) is { } unknown) return unknown;
        var begun = await Begin(s, await evidence.Put(file, MimeOf(fileName), ct), fileName, mode, ct);
        return begun.Ok ? await Run(s, begun.Value.Id!.Value, mode, ct) : begun;
    }

    /// <summary>Makes the import of a file that lies in the evidence store, or finds the one there is. It is taken in by <see cref="Run"/>.</summary>
    internal async Task<Answer<ImportReport>> Begin(DbSession s, string sha256, string fileName, string mode, CancellationToken ct)
    {
        if (Allow.Role(s.Actor, Role.ProducerEditor) is { } no) return no;
        if (CheckMode(mode) is { } unknown) return unknown;
        return (await ImportStore.Find(s, await ImportStore.Open(s, sha256, fileName, mode, ct), ct))!.Report;
    }

    /// <summary>Takes an import in, or goes on with it. <paramref name="mode"/> counts where it was refused before; else the import keeps its own.</summary>
    internal async Task<Answer<ImportReport>> Run(DbSession s, Guid id, string mode, CancellationToken ct)
    {
        await ImportStore.Lock(s, id, ct);
        try
        {
            if (await ImportStore.Find(s, id, ct) is not { } known) return Access.EmissionsAccess.NotVisible("import");
            if (known.Report.State == "done") return known.Report with { Repeated = true };
            if (known.Report.State == "refused") await ImportStore.Restart(s, id, mode, ct);
            else mode = known.Report.Mode;
            // Gone on with, a file means what it meant when it was begun.
            var mapping = known.Report.State == "refused" || known.Mapping is null ? await MappingFor(s, known.Report.FileSha256, ct) : known.Mapping;
            await ImportStore.SetMapping(s, id, mapping, ct);
            known = known with { Mapping = mapping };
            await using var beside = sessions.Open(s.Actor);
            ImportMeter meter;
            await using (var counted = evidence.Open(known.Report.FileSha256)!) meter = new(beside, id, await TableLines.Count(counted, ct) - 1);
            try
            {
                var (broken, warned) = mode == WholeFile ? await TakeWhole(s, id, known, meter, ct) : await TakeAccepted(s, id, known, meter, ct);
                if (broken is not null) { await ImportStore.Drop(s, id, ct); return broken; }
                return (await ImportStore.Find(s, id, ct))!.Report with { Warned = warned };
            }
            finally
            {
                await meter.End();
            }
        }
        finally
        {
            await ImportStore.Unlock(s, id);
        }
    }

    /// <summary>The report of an import of the own organisation.</summary>
    public async Task<Answer<ImportReport>> Read(DbSession s, Guid id, CancellationToken ct)
    {
        var found = await ImportStore.Find(s, id, ct);
        return found is { } known && (known.Producer == s.Actor.OrganisationId || s.Actor.Is(Role.System)) ? known.Report : Access.EmissionsAccess.NotVisible("import");
    }

    public Task<Answer<Page<ImportReport>>> List(DbSession s, string? sort, string? cursor, int limit, CancellationToken ct) => ImportStore.List(s, sort, cursor, limit, ct);

    // Twice over the file: nothing is written before the last line was checked.
    async Task<(Refusal? Broken, int Warned)> TakeWhole(DbSession s, Guid id, ImportStore.Row known, ImportMeter meter, CancellationToken ct)
    {
        var (name, sha) = (known.Report.FileName, known.Report.FileSha256);
        var first = new ImportRun(certificates, s, name, sha, id, meter, known.Mapping);
        await using (var content = evidence.Open(sha)!)
            if (await first.CheckAll(content, ct) is { } unreadable) return (unreadable, 0);
        if (first.Refused > 0)
        {
            await Finish(s, id, WholeFile, "refused", first, 0, ct);
            return (null, first.Warned);
        }
        return await s.InTransaction(async t =>
        {
            var run = new ImportRun(certificates, s, name, sha, id, meter, known.Mapping);
            await using var content = evidence.Open(sha)!;
            var (broken, applied) = await run.ApplyAll(content, 0, oneTransaction: true, first.Lines, t);
            if (broken is null) await Finish(s, id, WholeFile, "done", run, applied, t);
            return (broken, run.Warned);
        }, ct);
    }

    async Task<(Refusal? Broken, int Warned)> TakeAccepted(DbSession s, Guid id, ImportStore.Row known, ImportMeter meter, CancellationToken ct)
    {
        var run = new ImportRun(certificates, s, known.Report.FileName, known.Report.FileSha256, id, meter, known.Mapping);
        await using var content = evidence.Open(known.Report.FileSha256)!;
        var (broken, more) = await run.ApplyAll(content, known.LastLine, oneTransaction: false, 0, ct);
        if (broken is null) await Finish(s, id, AcceptedLines, "done", run, known.Report.Applied + more, ct);
        return (broken, run.Warned);
    }

    /// <summary>Ends the import and tells whoever began it, who may have gone on to something else.</summary>
    static Task Finish(DbSession s, Guid id, string mode, string state, ImportRun run, int applied, CancellationToken ct) => s.InTransaction(async t =>
    {
        await ImportStore.Finish(s, id, mode, state, run, applied, t);
        if (NoticeTo.Doer(s.Actor.PersonId, s.Actor.OrganisationId) is not { } begun) return;
        var report = (await ImportStore.Find(s, id, t))!.Report;
        await s.Notify(new Notice(PassportNotices.ImportFinished, begun, "passport.notice.import",
            new Dictionary<string, string> { ["file"] = report.FileName, ["lines"] = Text(report.Lines), ["applied"] = Text(report.Applied), ["refused"] = Text(report.Refused) }, $"/certificates/import/{id}", "import", id.ToString()), t);

        static string Text(int count) => count.ToString(System.Globalization.CultureInfo.InvariantCulture);
    }, ct);

    /// <summary>The header of a file of the evidence store, trimmed; a refusal where it holds none.</summary>
    public Answer<IReadOnlyList<string>> HeaderOf(string sha256)
    {
        using var content = evidence.Open(sha256);
        if (content is null) return Refusal.Of("import.ticket-invalid", "file");
        using var lines = TableLines.Open(content);
        return lines.Next() is { } header ? header.Select(h => h.Trim()).ToList() : Refusal.Of(lines.Fault ?? "import.empty", "file");
    }

    async Task<ImportMapping?> MappingFor(DbSession s, string sha256, CancellationToken ct) => HeaderOf(sha256) is { Ok: true } header ? await ImportMappings.For(s, header.Value, ct) : null;

    /// <summary>Only for whoever fetches the file later; how it is read, its content decides.</summary>
    static string MimeOf(string fileName) => fileName.EndsWith(".xlsx", StringComparison.OrdinalIgnoreCase) ? TableLines.Xlsx : TableLines.Csv;

    static Refusal? CheckMode(string mode) => mode is WholeFile or AcceptedLines ? null : Refusal.Of("import.mode-unknown", "mode", ("given", mode), ("allowed", $"{WholeFile}, {AcceptedLines}"));
}
