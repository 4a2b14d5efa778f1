using System.Runtime.CompilerServices;
using System.Threading.Channels;
using Npgsql;
using Verdigris.Book;
using Verdigris.Primitives;
using Verdigris.Primitives.Rules;
using Verdigris.Registry.Credits.Duplicates;
using Verdigris.Registry.Credits.Programmes;
using Verdigris.Storage;
using Verdigris.Web;

namespace Verdigris.Registry.Credits.Imports;

/// <summary>
/// Exports of other registries: brought, looked at record by record, then taken in. Every record either becomes postings with its block, or is kept as a document, or is reported with the reason. A file is known by its content: brought again it is the same import,
/// and applied again it goes on where it stopped.
/// </summary>
public sealed class CreditImports(EvidenceStore evidence, BookCommands book, IVenue venue, RulePacks packs)
{
    /// <summary>Findings shown of one file.</summary>
    public const int MostShown = 1000;

    const string Columns = "id, organisation_id, programme, format, file_name, media_type, size_bytes, sha256, state, records, posted, there, kept, refused, posted_units, refused_units, added_by, added_at, applied_by, applied_at";

    readonly ExportFormats formats = ExportFormats.Of(packs);
    readonly MatchWatch watch = new(packs);

    /// <summary>Keeps a file (CSV or XLSX) and says what would come of it; nothing comes into the Book. The officer of the programme the file is of.</summary>
    /// <returns>The import, or <c>credits.export-unknown</c>, <c>credits.not-administered</c>, what is wrong with the file.</returns>
    public async Task<Answer<CreditImportView>> Bring(DbSession s, string? fileName, Stream content, CancellationToken ct)
    {
        if (Allow.Role(s.Actor, Role.AuthorityOfficer) is { } no) return no;
        var kept = await evidence.Keep(fileName, content, ct);
        if (!kept.Ok) return Answer<CreditImportView>.From(kept.Refusals);
        var file = kept.Value;
        if (file.MediaType is not (TableLines.Csv or TableLines.Xlsx)) return Refusal.Of("credits.file-kind", "file", ("name", file.Name));
        ExportFormat format;
        await using (var opened = evidence.Open(file.Sha256)!)
        {
            using var lines = TableLines.Open(opened);
            if (lines.Next() is not { } header) return Refusal.Of(lines.Fault ?? "credits.file-empty", "file", ("name", file.Name));
            var chosen = formats.Choose([.. header]);
            if (!chosen.Ok) return Answer<CreditImportView>.From(chosen.Refusals);
            format = chosen.Value;
        }
        if (await ProgrammeAdministration.Acts(s, format.Programme, ct) is { } other) return other;
        var id = s.NewId();
        var known = await s.InTransaction(async t =>
        {
            var before = await s.All("select id from registry.credit_import where programme = $1 and sha256 = $2", r => r.GetGuid(0), t, format.Programme, file.Sha256);
            if (before.Count > 0) return before[0];
            await s.Run("insert into registry.credit_import (id, organisation_id, programme, format, file_name, media_type, size_bytes, sha256, state, added_by, added_at) values ($1, $2, $3, $4, $5, $6, $7, $8, 0, $9, $10)", t,
                id, s.Actor.OrganisationId, format.Programme, format.Name, file.Name, file.MediaType, file.SizeBytes, file.Sha256, s.Actor.PersonId, s.Now);
            await s.Audit(new AuditEntry("credit-import.brought", "credit-import", id.ToString(), Details: new { file.Name, Format = format.Name }, EvidenceSha256: file.Sha256), t);
            return id;
        }, ct);
        var brought = (await Find(s, known, ct))!;
        if (brought.State == CreditImportState.Brought) await watch.Keep(s, brought, await Named(brought, ct), ct);
        return await Read(s, known, ct);
    }

    /// <summary>The file, with what would come of it, or what came.</summary>
    public async Task<Answer<CreditImportView>> Read(DbSession s, Guid id, CancellationToken ct)
    {
        if (await Find(s, id, ct) is not { } file) return Refusal.NotFound("credits.import-not-found");
        if (file.State != CreditImportState.Brought) return new CreditImportView(file, await Taken(s, file, ct));
        await using var writing = new ImportWriting(book, venue, formats, FormatOf(file), id);
        var tally = new ImportTally();
        var decided = await MatchWatch.Decided(s, file.Programme, ct);
        await foreach (var part in Parts(file, writing.PartSize, 0, ct))
        {
            Judge(file, part, decided);
            foreach (var planned in await writing.Look(s, part, ct)) tally.Add(planned);
        }
        return new CreditImportView(file, tally.Reading());
    }

    /// <summary>The projects a file names, which are compared with those of other registries before anything comes in.</summary>
    async Task<IReadOnlyList<NamedProject>> Named(CreditImport file, CancellationToken ct)
    {
        var named = new NamedProjects(watch.Rules, FormatOf(file));
        await foreach (var part in Parts(file, venue.MaxBatch, 0, ct))
            foreach (var row in part) named.Add(row);
        return named.All();
    }

    /// <summary>Refuses the records of units that a decision about their project speaks against.</summary>
    void Judge(CreditImport file, IReadOnlyList<ExportRow> part, ILookup<string, MatchStanding> decided)
    {
        if (decided.Count == 0) return;
        var format = FormatOf(file);
        foreach (var row in part.Where(r => !r.Refused && NamedProjects.Deposits(format, r)))
            foreach (var match in decided[row.Project])
                if (match.Stops(row.VintageFrom, row.VintageTo) is { } stopped) row.Findings.Add(RowFinding.From(stopped));
    }

    /// <summary>Own files, newest first.</summary>
    public async Task<Answer<IReadOnlyList<CreditImport>>> List(DbSession s, CancellationToken ct) => Allow.AnyRole(s.Actor, Role.AuthorityOfficer, Role.AuthorityApprover, Role.Reader) is { } no ? no
        : await s.All($"select {Columns} from registry.credit_import order by id desc limit 500", Map, ct);

    /// <summary>Takes the good records in. After an interruption it goes on where it stopped. <c>credits.import-not-found</c>, <c>credits.import-applied</c>, <c>credits.not-administered</c>, <c>credits.import-lost</c>,
    /// <c>credits.duplicates-wait</c> as long as nobody has decided whether a project of it is one of another registry.</summary>
    /// <exception cref="VenueStoppedException">Never: what the Book could not take now is sent later.</exception>
    public async Task<Answer<CreditImportView>> Apply(DbSession s, Guid id, CancellationToken ct)
    {
        if (Allow.Role(s.Actor, Role.AuthorityOfficer) is { } no) return no;
        if (await Find(s, id, ct) is not { } file) return Refusal.NotFound("credits.import-not-found");
        if (await ProgrammeAdministration.Acts(s, file.Programme, ct) is { } other) return other;
        if (file.State == CreditImportState.Applied) return Refusal.Conflict("credits.import-applied", "id");
        if (await watch.Holding(s, file, () => Named(file, ct), ct) is { Count: > 0 } waits)
            return Refusal.Conflict("credits.duplicates-wait", "id", ("count", $"{waits.Count}"), ("projects", string.Join("; ", waits.Take(5).Select(w => $"{w.Programme} {w.Number} = {w.Other.Programme} {w.Other.Number}"))));
        await using var writing = new ImportWriting(book, venue, formats, FormatOf(file), id);
        var read = file.Records;
        var decided = await MatchWatch.Decided(s, file.Programme, ct);
        await foreach (var part in Parts(file, writing.PartSize, read, ct))
        {
            Judge(file, part, decided);
            var done = await TakePart(s, writing, file, part, read, ct);
            if (!done.Ok) return Answer<CreditImportView>.From(done.Refusals);
            read += part.Count;
        }
        await writing.Told();
        return await s.InTransaction<CreditImportView>(async t =>
        {
            await s.Run("update registry.credit_import set state = 2, applied_by = $2, applied_at = $3 where id = $1 and state <> 2", t, id, s.Actor.PersonId, s.Now);
            var taken = (await Find(s, id, t))!;
            await s.Audit(new AuditEntry("credit-import.applied", "credit-import", id.ToString(), Details: new { taken.Records, taken.Posted, taken.There, taken.Kept, taken.Refused }, EvidenceSha256: taken.Sha256), t);
            return new CreditImportView(taken, await Taken(s, taken, t));
        }, ct);
    }

    /// <summary>One part: the records from <paramref name="read"/> on. Of two who apply at once, the second finds the part taken and is refused.</summary>
    internal async Task<Answer<ImportReading>> TakePart(DbSession s, ImportWriting writing, CreditImport file, IReadOnlyList<ExportRow> part, int read, CancellationToken ct) => await s.InTransaction<ImportReading>(async t => await s.AsSystem(async system =>
    {
        // One at a time in a programme: what was looked up stays so until it is written.
        await s.Run("select from registry.credit_programme where code = $1 for update", system, file.Programme);
        if (await s.Run("update registry.credit_import set state = 1, records = records + $2 where id = $1 and records = $3 and state <> 2", system, file.Id, part.Count, read) == 0) return Refusal.Conflict("credits.import-overtaken", "id");
        var tally = new ImportTally();
        foreach (var planned in await writing.Take(s, part, read, system)) tally.Add(planned);
        await s.Run("update registry.credit_import set posted = posted + $2, there = there + $3, kept = kept + $4, refused = refused + $5, posted_units = posted_units + $6, refused_units = refused_units + $7 where id = $1", system,
            file.Id, tally.Posted, tally.There, tally.Kept, tally.Refused, tally.PostedUnits, tally.RefusedUnits);
        return (Answer<ImportReading>)tally.Reading();
    }, t), ct);

    async Task<ImportReading> Taken(DbSession s, CreditImport file, CancellationToken ct)
    {
        var findings = await s.All("select line, refuses, code, args::text from registry.credit_import_finding where import_id = $1 order by refuses desc, line, place limit $2",
            r => new ImportFinding(r.GetInt32(0), r.GetBoolean(1), r.GetString(2), StorageJson.Read<Dictionary<string, string>>(r.GetString(3))), ct, file.Id, MostShown);
        var notes = (int)await s.Value<long>("select count(*) from registry.credit_import_finding where import_id = $1 and not refuses", ct, file.Id);
        return new(file.Records, file.Posted, file.There, file.Kept, file.Refused, file.PostedUnits + file.RefusedUnits, file.PostedUnits, 0, 0, file.RefusedUnits, notes, findings);
    }

    ExportFormat FormatOf(CreditImport file) => formats.All.First(f => f.Name == file.Format);

    async IAsyncEnumerable<IReadOnlyList<ExportRow>> Parts(CreditImport file, int size, int skip, [EnumeratorCancellation] CancellationToken ct)
    {
        await using var content = evidence.Open(file.Sha256) ?? throw new StorageProblem(StorageCodes.EvidenceCorrupt, $"The file {file.FileName} is not in the evidence store.", $"证据库中没有文件 {file.FileName}。");
        await foreach (var part in Parts(content, FormatOf(file), size, skip, ct)) yield return part;
    }

    /// <summary>The records of a file in parts. While one is taken the next is read.</summary>
    /// <param name="skip">Records taken before.</param>
    internal async IAsyncEnumerable<IReadOnlyList<ExportRow>> Parts(Stream content, ExportFormat format, int size, int skip, [EnumeratorCancellation] CancellationToken ct)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(ct);
        var read = Channel.CreateBounded<IReadOnlyList<ExportRow>>(new BoundedChannelOptions(1) { SingleReader = true, SingleWriter = true });
        var reading = Task.Run(async () =>
        {
            try
            {
                foreach (var part in Parts(content, format, size, skip)) await read.Writer.WriteAsync(part, stop.Token);
                read.Writer.Complete();
            }
            catch (Exception e)
            {
                read.Writer.Complete(e); // whoever takes the parts hears of it
            }
        }, CancellationToken.None);
        try
        {
            await foreach (var part in read.Reader.ReadAllAsync(ct)) yield return part;
        }
        finally
        {
            // The content is the caller's: nobody reads it any more when this ends.
            await stop.CancelAsync();
            await reading;
        }
    }

    IEnumerable<IReadOnlyList<ExportRow>> Parts(Stream content, ExportFormat format, int size, int skip)
    {
        using var lines = TableLines.Open(content);
        if (lines.Next() is not { } header) yield break;
        var reader = new ExportReader(format, formats.Credits, [.. header]);
        var part = new List<ExportRow>(size);
        while (lines.Next() is { } cells)
        {
            if (skip-- > 0) continue;
            part.Add(reader.Read(lines.Line, cells));
            if (part.Count < size) continue;
            yield return part;
            part = new(size);
        }
        if (lines.Fault is { } fault)
        {
            var broken = new ExportRow { Line = lines.Line };
            broken.Refuse(fault);
            part.Add(broken);
        }
        if (part.Count > 0) yield return part;
    }

    static Task<CreditImport?> Find(DbSession s, Guid id, CancellationToken ct) => s.One($"select {Columns} from registry.credit_import where id = $1", Map, ct, id);

    static CreditImport Map(NpgsqlDataReader r) => new(r.GetGuid(0), r.GetGuid(1), r.GetString(2), r.GetString(3), r.GetString(4), r.GetString(5), r.GetInt64(6), r.GetString(7), (CreditImportState)r.GetInt16(8), r.GetInt32(9), r.GetInt32(10), r.GetInt32(11), r.GetInt32(12), r.GetInt32(13),
        r.GetInt64(14), r.GetInt64(15), r.GetGuid(16), r.Time(17), r.MaybeGuid(18), r.MaybeTime(19));
}
