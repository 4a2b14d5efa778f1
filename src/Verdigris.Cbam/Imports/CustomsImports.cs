using NodaTime;
using Npgsql;
using Verdigris.Cbam.Customs;
using Verdigris.Cbam.Declarants;
using Verdigris.Primitives;
using Verdigris.Storage;
using Verdigris.Web;

namespace Verdigris.Cbam.Imports;

public enum CustomsImportState { Waiting, Applied }

/// <summary>A file of customs lines.</summary>
/// <param name="Mapping">Name of the mapping it was applied with; null before, and where the file speaks names we know.</param>
/// <param name="Taken">Lines that came in by it.</param>
public sealed record CustomsImport(Guid Id, string FileName, string MediaType, long SizeBytes, string Sha256, CustomsImportState State, string? Mode, string? Mapping, int? Lines, int? Refused, int? Taken, Guid AddedBy, Instant AddedAt, Guid? AppliedBy, Instant? AppliedAt) : IKeptFile;

/// <summary>What becomes of a good line.</summary>
public enum LineStanding
{
    /// <summary>It comes in.</summary>
    New,
    /// <summary>The item is there already and says the same: nothing changes.</summary>
    There,
}

/// <summary>A line of a file that can be taken in, or is there already.</summary>
public sealed record ReadLine(int Line, CustomsLine Value, LineStanding Standing, GoodScope Scope, string? Sector);

/// <summary>What comes of a file.</summary>
/// <param name="Shown">The first <see cref="CustomsImports.MostShown"/> good lines.</param>
/// <param name="Findings">The first <see cref="CustomsImports.MostShown"/>: faults and notes, each with line and column.</param>
public sealed record CustomsFileReading(int Lines, int Refused, int New, int There, IReadOnlyList<ReadLine> Shown, IReadOnlyList<CustomsFinding> Findings);

/// <summary>A file with what comes of it by the mapping it is read with.</summary>
/// <param name="Reading">Null where neither a mapping of the organisation nor names we know fit its columns.</param>
/// <param name="Unfit">Why, where it is null.</param>
public sealed record CustomsImportView(CustomsImport File, IReadOnlyList<string> Header, IReadOnlyList<IReadOnlyList<string>> Sample, CustomsMapping? Mapping, CustomsFileReading? Reading, IReadOnlyList<Refusal> Unfit);

/// <param name="Mode">whole-file: one refused line refuses all. accepted-lines: the others come in.</param>
public sealed record ApplyFile(string Mode);

/// <summary>Files of customs lines: kept as they came, read by the mapping of their source, looked at line by line, then taken in. An item comes in once, however often its file is brought.</summary>
public sealed class CustomsImports(EvidenceStore evidence, IDeskRules rules, ThresholdWatch watch)
{
    public const string WholeFile = "whole-file", AcceptedLines = "accepted-lines", Xml = "application/xml";
    public const int MostShown = 1000;

    const string Columns = "id, file_name, media_type, size_bytes, sha256, state, mode, mapping->>'name', lines, refused, taken, added_by, added_at, applied_by, applied_at";

    /// <summary>Keeps a file (CSV, XLSX or XML, at most <see cref="EvidenceRules.LargestBytes"/>) and says what would come of it. No line comes in.</summary>
    public async Task<Answer<CustomsImportView>> Bring(DbSession s, string? fileName, Stream content, CancellationToken ct)
    {
        var declarant = await DeclarantHandlers.Writing(s, ct);
        if (!declarant.Ok) return Answer<CustomsImportView>.From(declarant.Refusals);
        var kept = await Keep(fileName, content, ct);
        if (!kept.Ok) return Answer<CustomsImportView>.From(kept.Refusals);
        var file = kept.Value;
        if (file.MediaType is not (TableLines.Csv or TableLines.Xlsx or Xml)) return Refusal.Of("customs.file-kind", "file", ("name", file.Name));
        await using (var read = evidence.Open(file.Sha256)!)
            if (file.MediaType != Xml && CustomsFile.Head(read) is { Ok: false } broken) return Answer<CustomsImportView>.From(broken.Refusals);
        var id = s.NewId();
        await s.InTransaction<Done>(async t =>
        {
            await s.Run("insert into cbam.customs_import (id, organisation_id, file_name, media_type, size_bytes, sha256, state, added_by, added_at) values ($1, $2, $3, $4, $5, $6, 0, $7, $8)", t,
                id, s.Actor.OrganisationId, file.Name, file.MediaType, file.SizeBytes, file.Sha256, s.Actor.PersonId, s.Now);
            await s.Audit(new AuditEntry("customs.file-brought", "customs-import", id.ToString(), Details: new { file.Name }, EvidenceSha256: file.Sha256), t);
            return default(Done);
        }, ct);
        return await Read(s, id, ct);
    }

    /// <summary>The file, and what comes of it.</summary>
    public async Task<Answer<CustomsImportView>> Read(DbSession s, Guid id, CancellationToken ct)
    {
        if (DeclarantHandlers.Reader(s.Actor) is { } no) return no;
        if (await Find(s, id, ct) is not { } known) return Refusal.NotFound("import.not-found");
        return (await Whole(s, known, ct)).View;
    }

    /// <summary>Own files, newest first.</summary>
    public async Task<Answer<IReadOnlyList<CustomsImport>>> List(DbSession s, CancellationToken ct) => DeclarantHandlers.Reader(s.Actor) is { } no ? no
        : await s.All($"select {Columns} from cbam.customs_import where organisation_id = $1 order by id desc limit 500", Map, ct, s.Actor.OrganisationId);

    /// <summary>The file as it came; the caller disposes the stream.</summary>
    public async Task<Answer<(CustomsImport File, Stream Content)>> Open(DbSession s, Guid id, CancellationToken ct)
    {
        if (DeclarantHandlers.Reader(s.Actor) is { } no) return no;
        if (await Find(s, id, ct) is not { } known) return Refusal.NotFound("import.not-found");
        var content = evidence.Content(known.Import.Sha256, known.Import.FileName);
        return content.Ok ? (known.Import, content.Value) : Answer<(CustomsImport, Stream)>.From(content.Refusals);
    }

    /// <summary>Writes down what the columns of this file's source are; files with the same columns are read by it from now on. Under a name that is there already, it takes that one's place.</summary>
    public async Task<Answer<CustomsImportView>> SetMapping(DbSession s, Guid id, CustomsMappingContent content, CancellationToken ct)
    {
        if (Allow.Role(s.Actor, Role.OwnerTrader) is { } no) return no;
        if (await Find(s, id, ct) is not { } known) return Refusal.NotFound("import.not-found");
        if (known.Import.State == CustomsImportState.Applied) return Refusal.Conflict("import.applied", "id");
        if (CustomsMappingRules.Check(content) is { Count: > 0 } wrong) return Answer<CustomsImportView>.From(wrong);
        var header = HeadOf(known.Import).Header;
        var mapping = CustomsMappingRules.Of(s.NewId(), content with { Name = content.Name.Trim() }, s.Now);
        if (known.Import.MediaType == Xml || !mapping.Fits(header)) return Refusal.Of("mapping.not-this-file", "columns", ("columns", string.Join(", ", header)));
        await s.InTransaction<Done>(async t =>
        {
            await s.Run("""
                insert into cbam.customs_mapping (id, organisation_id, name, content, changed_by, changed_at, row_version) values ($1, $2, $3, $4, $5, $6, 1)
                on conflict (organisation_id, name) do update set content = $4, changed_by = $5, changed_at = $6, row_version = cbam.customs_mapping.row_version + 1
                """, t, mapping.Id, s.Actor.OrganisationId, mapping.Name, new Json(StorageJson.Write(mapping.Content)), s.Actor.PersonId, s.Now);
            await s.Audit(new AuditEntry("customs-mapping.saved", "customs-import", id.ToString(), Details: new { mapping.Name, Columns = mapping.Columns.Count }), t);
            return default(Done);
        }, ct);
        return await Read(s, id, ct);
    }

    /// <summary>Own mappings, by name.</summary>
    public async Task<Answer<IReadOnlyList<CustomsMapping>>> Mappings(DbSession s, CancellationToken ct) => DeclarantHandlers.Reader(s.Actor) is { } no ? no : await Own(s, ct);

    /// <summary>Takes a mapping away; what was read by it stays.</summary>
    public async Task<Answer<Done>> RemoveMapping(DbSession s, Guid id, CancellationToken ct)
    {
        if (Allow.Role(s.Actor, Role.OwnerTrader) is { } no) return no;
        return await s.InTransaction<Done>(async t =>
        {
            if (await s.Run("delete from cbam.customs_mapping where id = $1 and organisation_id = $2", t, id, s.Actor.OrganisationId) == 0) return Refusal.NotFound("mapping.not-found");
            await s.Audit(new AuditEntry("customs-mapping.removed", "customs-mapping", id.ToString()), t);
            return default(Done);
        }, ct);
    }

    /// <summary>Takes the new lines in, out-of-scope and exempt ones too. An item that is there already and says the same is left as it is; one that says otherwise refuses its line.</summary>
    public async Task<Answer<CustomsImportView>> Apply(DbSession s, Guid id, string? mode, CancellationToken ct)
    {
        if (mode is not (WholeFile or AcceptedLines)) return Refusal.Of("import.mode-unknown", "mode", ("given", mode ?? ""), ("allowed", $"{WholeFile}, {AcceptedLines}"));
        var declarant = await DeclarantHandlers.Writing(s, ct);
        if (!declarant.Ok) return Answer<CustomsImportView>.From(declarant.Refusals);
        return await s.InTransaction<CustomsImportView>(async t =>
        {
            // Of two who apply at once, the second finds the lines of the first.
            await DeclarantHandlers.Locked(s, s.Actor.OrganisationId, t);
            if (await Find(s, id, t) is not { } known) return Refusal.NotFound("import.not-found");
            if (known.Import.State == CustomsImportState.Applied) return Refusal.Conflict("import.applied", "id");
            var (view, fresh) = await Whole(s, known, t);
            if (view.Reading is not { } reading) return Answer<CustomsImportView>.From([Refusal.Conflict("import.not-mapped", "id"), .. view.Unfit]);
            if (mode == WholeFile && reading.Refused > 0) return Refusal.Conflict("import.lines-refused", "mode", ("count", $"{reading.Refused}"));
            if (reading.New == 0 && reading.There == 0) return Refusal.Conflict("import.nothing", "id");
            var taken = await LineStore.Add(s, id, fresh, t);
            await s.Run("update cbam.customs_import set state = 1, mode = $2, mapping = $3, lines = $4, refused = $5, taken = $6, applied_by = $7, applied_at = $8 where id = $1", t,
                id, mode, view.Mapping is { } m ? new Json(StorageJson.Write(m.Content)) : null, reading.Lines, reading.Refused, taken, s.Actor.PersonId, s.Now);
            await s.Audit(new AuditEntry("customs.file-applied", "customs-import", id.ToString(), Details: new { mode, reading.Lines, reading.Refused, Taken = taken }, EvidenceSha256: known.Import.Sha256), t);
            foreach (var year in fresh.Select(l => l.Line.ReleasedOn.Year).Distinct().Order()) await watch.Tell(s, year, t);
            return view with { File = (await Find(s, id, t))!.Import };
        }, ct);
    }

    async Task<(CustomsImportView View, IReadOnlyList<NewLine> New)> Whole(DbSession s, Found known, CancellationToken ct)
    {
        var (header, sample) = HeadOf(known.Import);
        var mapping = known.Applied is { } applied ? CustomsMappingRules.Of(Guid.Empty, applied, known.Import.AppliedAt!.Value)
            : known.Import.MediaType == Xml ? null : HeaderMappings.Choose(header, await Own(s, ct));
        await using var content = evidence.Open(known.Import.Sha256)!;
        var read = CustomsFile.Read(content, known.Import.MediaType == Xml ? CustomsFileKind.Xml : CustomsFileKind.Table, mapping);
        if (!read.Ok) return (new(known.Import, header, sample, mapping, null, read.Refusals), []);
        var declarant = (await DeclarantHandlers.Find(s, s.Actor.OrganisationId, ct))!;
        var good = read.Value.Lines.Where(l => l.Accepted).ToList();
        var there = (await LineStore.ByMrn(s, good.Select(l => l.Value!.Mrn).ToHashSet(StringComparer.Ordinal), ct)).Where(l => l.ImportId != known.Import.Id).ToDictionary(l => (l.Mrn, l.Item));
        var findings = read.Value.Findings.ToList();
        var (lines, fresh) = (new List<ReadLine>(), new List<NewLine>());
        var refused = read.Value.Refused;
        foreach (var (line, value, _) in good)
        {
            Refusal? no = null;
            var before = there.GetValueOrDefault((value!.Mrn, value.Item));
            if (!declarant.Declares(value)) no = Refusal.Of("customs.other-importer", CustomsFields.ImporterEori, ("given", value.ImporterEori), ("own", declarant.Eori));
            else if (before is not null && !before.SaysTheSame(value)) no = Refusal.Of("customs.differs", CustomsFields.Mrn, ("mrn", value.Mrn), ("item", $"{value.Item}"), ("id", before.Id.ToString()));
            if (no is { } wrong)
            {
                refused++;
                findings.Add(new(line, null, wrong.Field, true, wrong.Code, wrong.Args));
                continue;
            }
            var scope = rules.ScopeOf(value.Cn, value.Origin, value.ReleasedOn);
            lines.Add(new(line, value, before is null ? LineStanding.New : LineStanding.There, scope.Scope, scope.Sector));
            if (before is null) fresh.Add(new(line, value, scope));
        }
        var reading = new CustomsFileReading(read.Value.Lines.Count, refused, fresh.Count, lines.Count - fresh.Count, [.. lines.Take(MostShown)], [.. findings.OrderByDescending(f => f.Refuses).ThenBy(f => f.Line).Take(MostShown)]);
        return (new(known.Import, header, sample, mapping, reading, []), fresh);
    }

    async Task<Answer<KeptFile>> Keep(string? fileName, Stream content, CancellationToken ct)
    {
        var name = EvidenceRules.NameOf(fileName);
        if (!name.EndsWith(".xml", StringComparison.OrdinalIgnoreCase)) return await evidence.Keep(fileName, content, ct);
        using var sent = await EvidenceFiles.Sent(content, EvidenceRules.LargestBytes, ct);
        if (name.Length > 200 || name.Any(char.IsControl)) return Refusal.Of("emissions.evidence-name-invalid", "file", ("limit", "200"));
        if (sent.Length == 0) return Refusal.Of("emissions.evidence-empty", "file", ("name", name));
        if (sent.Length > EvidenceRules.LargestBytes) return Refusal.Of("emissions.evidence-too-large", "file", ("name", name), ("limit", $"{EvidenceRules.LargestBytes >> 20} MiB"));
        if (CustomsFile.Kind(sent) != CustomsFileKind.Xml) return Refusal.Of("emissions.evidence-not-what-it-says", "file", ("name", name), ("ending", ".xml"));
        return new KeptFile(name, Xml, sent.Length, await evidence.Put(sent, Xml, ct));
    }

    (IReadOnlyList<string> Header, IReadOnlyList<IReadOnlyList<string>> Sample) HeadOf(CustomsImport import)
    {
        if (import.MediaType == Xml) return ([], []);
        using var content = evidence.Open(import.Sha256) ?? throw new StorageProblem(StorageCodes.EvidenceCorrupt, $"The file {import.FileName} is not in the evidence store.", $"证据库中没有文件 {import.FileName}。");
        return CustomsFile.Head(content).Value;
    }

    static Task<List<CustomsMapping>> Own(DbSession s, CancellationToken ct) =>
        s.All("select id, content::text, changed_at from cbam.customs_mapping where organisation_id = $1 order by name", r => CustomsMappingRules.Of(r.GetGuid(0), StorageJson.Read<CustomsMappingContent>(r.GetString(1)), r.Time(2)), ct, s.Actor.OrganisationId);

    /// <param name="Applied">The mapping it was applied with, as it was then; null before, and where none was needed.</param>
    sealed record Found(CustomsImport Import, CustomsMappingContent? Applied);

    static Task<Found?> Find(DbSession s, Guid id, CancellationToken ct) => s.One($"select {Columns}, mapping::text from cbam.customs_import where id = $1 and organisation_id = $2",
        r => new Found(Map(r), r.Text(15) is { } applied ? StorageJson.Read<CustomsMappingContent>(applied) : null), ct, id, s.Actor.OrganisationId);

    static CustomsImport Map(NpgsqlDataReader r) => new(r.GetGuid(0), r.GetString(1), r.GetString(2), r.GetInt64(3), r.GetString(4), (CustomsImportState)r.GetInt16(5), r.Text(6), r.Text(7), r.MaybeInt(8), r.MaybeInt(9), r.MaybeInt(10),
        r.GetGuid(11), r.Time(12), r.MaybeGuid(13), r.MaybeTime(14));
}
