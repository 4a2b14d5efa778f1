using NodaTime;
using Npgsql;
using Verdigris.Footprint.Plans;
using Verdigris.Primitives;
using Verdigris.Primitives.Calculations;
using Verdigris.Storage;
using Verdigris.Web;

namespace Verdigris.Footprint.Reports.Import;

public enum ImportState { Waiting, Applied }

/// <summary>A file of activity data brought to a report.</summary>
/// <param name="Mapping">Name of the mapping it was applied with; null before, and where the file speaks our names.</param>
/// <param name="Figures">How many it gave.</param>
public sealed record ActivityImport(Guid Id, Guid ReportId, string FileName, string MediaType, long SizeBytes, string Sha256, ImportState State, string? Mode, string? Mapping, int? Lines, int? Refused, int? Figures, Guid AddedBy, Instant AddedAt,
    Guid? AppliedBy, Instant? AppliedAt) : IKeptFile;

/// <summary>A figure of a file, beside the one the report has now.</summary>
/// <param name="Before">What it takes the place of; null where there is nothing.</param>
public sealed record ImportedFigure(string Stream, LocalDate Month, string Field, decimal Value, string? Source, int FirstLine, int LastLine, int Lines, bool HeldBack, decimal? Before);

/// <summary>A file with what comes of it by the mapping it is read with.</summary>
/// <param name="Mapping">Null where the file speaks our names, or no mapping of the organisation fits its columns: then <paramref name="Reading"/> is null too, unless <paramref name="OwnNames"/>.</param>
public sealed record ActivityImportView(ActivityImport File, FileHead Head, bool OwnNames, ActivityMapping? Mapping, ActivityReading? Reading, IReadOnlyList<ImportedFigure> Figures);

/// <param name="Mode">whole-file: one refused line refuses all. accepted-lines: the others come in.</param>
public sealed record ApplyBody(string Mode);

/// <summary>Files of activity data: kept as they came, read by the mapping of their source, looked at line by line, then taken in. Nothing but the figures of the file changes.</summary>
public sealed class ActivityImports(ReportHandlers reports, EvidenceStore evidence, CalculatorSet methods)
{
    public const string WholeFile = "whole-file", AcceptedLines = "accepted-lines";

    const string Columns = "id, report_id, file_name, media_type, size_bytes, sha256, state, mode, mapping->>'name', lines, refused, figures, added_by, added_at, applied_by, applied_at";
    const string MappingColumns = "id, name, columns::text, decimal_comma, changed_at";

    /// <summary>Keeps a file (CSV or XLSX, at most <see cref="EvidenceRules.LargestBytes"/>) and says what would come of it. Nothing of the report changes.</summary>
    public async Task<Answer<ActivityImportView>> Bring(DbSession s, Guid report, string? fileName, Stream content, CancellationToken ct)
    {
        if (Allow.Role(s.Actor, Role.ProducerEditor) is { } no) return no;
        if (await ReportStore.Find(s, report, ct) is not { } row || row.Report.OperatorId != s.Actor.OrganisationId) return Refusal.NotFound("report.not-found");
        if (ReportHandlers.Closed(row.Report) is { } closed) return closed;
        var kept = await evidence.Keep(fileName, content, ct);
        if (!kept.Ok) return Answer<ActivityImportView>.From(kept.Refusals);
        var file = kept.Value;
        if (file.MediaType is not (TableLines.Csv or TableLines.Xlsx)) return Refusal.Of("activity.file-kind", "file", ("name", file.Name));
        await using (var read = evidence.Open(file.Sha256)!)
            if (ActivityFile.Head(read) is { Ok: false } broken) return Answer<ActivityImportView>.From(broken.Refusals);
        var id = s.NewId();
        await s.InTransaction<Done>(async t =>
        {
            await s.Run("insert into footprint.activity_import (id, report_id, operator_id, file_name, media_type, size_bytes, sha256, state, added_by, added_at) values ($1, $2, $3, $4, $5, $6, $7, 0, $8, $9)", t,
                id, report, s.Actor.OrganisationId, file.Name, file.MediaType, file.SizeBytes, file.Sha256, s.Actor.PersonId, s.Now);
            await s.Audit(new AuditEntry("report.file-brought", "report", report.ToString(), Details: new { Import = id, file.Name }, EvidenceSha256: file.Sha256), t);
            return default(Done);
        }, ct);
        return await Read(s, id, ct);
    }

    /// <summary>The file, and what comes of it: for who may see the report.</summary>
    public async Task<Answer<ActivityImportView>> Read(DbSession s, Guid id, CancellationToken ct)
    {
        if (await Find(s, id, ct) is not { } known || await ReportStore.Find(s, known.Import.ReportId, ct) is not { } row) return Refusal.NotFound("import.not-found");
        return await View(s, known.Import, known.Applied, row, ct);
    }

    /// <summary>Files of a report, newest first.</summary>
    public async Task<Answer<IReadOnlyList<ActivityImport>>> List(DbSession s, Guid report, CancellationToken ct) =>
        await ReportStore.Find(s, report, ct) is null ? Refusal.NotFound("report.not-found")
        : await s.All($"select {Columns} from footprint.activity_import where report_id = $1 order by id desc", Map, ct, report);

    /// <summary>The file as it came; the caller disposes the stream.</summary>
    public async Task<Answer<(ActivityImport File, Stream Content)>> Open(DbSession s, Guid id, CancellationToken ct)
    {
        if (await Find(s, id, ct) is not { } known) return Refusal.NotFound("import.not-found");
        var content = evidence.Content(known.Import.Sha256, known.Import.FileName);
        return content.Ok ? (known.Import, content.Value) : Answer<(ActivityImport, Stream)>.From(content.Refusals);
    }

    /// <summary>Writes down what the columns of this file's source are; files with the same columns are read by it from now on. Under a name that is there already, it takes that one's place.</summary>
    public async Task<Answer<ActivityImportView>> SetMapping(DbSession s, Guid id, ActivityMappingContent content, CancellationToken ct)
    {
        if (Allow.Role(s.Actor, Role.ProducerEditor) is { } no) return no;
        if (await Find(s, id, ct) is not { } known || await ReportStore.Find(s, known.Import.ReportId, ct) is not { } row || row.Report.OperatorId != s.Actor.OrganisationId) return Refusal.NotFound("import.not-found");
        if (known.Import.State == ImportState.Applied) return Refusal.Conflict("import.applied", "id");
        var plan = (await PlanHandlers.Find(s, row.Report.PlanId, ct))!.Content;
        if (ActivityMappingRules.Check(content, plan) is { Count: > 0 } wrong) return Answer<ActivityImportView>.From(wrong);
        var head = HeadOf(known.Import);
        var mapping = new ActivityMapping(s.NewId(), content.Name.Trim(), content.Columns, content.DecimalComma, s.Now);
        if (!mapping.Fits(head.Header)) return Refusal.Of("mapping.not-this-file", "columns", ("columns", string.Join(", ", head.Header)));
        await s.InTransaction<Done>(async t =>
        {
            await s.Run("""
                insert into footprint.activity_mapping (id, organisation_id, name, columns, decimal_comma, changed_by, changed_at, row_version) values ($1, $2, $3, $4, $5, $6, $7, 1)
                on conflict (organisation_id, name) do update set columns = $4, decimal_comma = $5, changed_by = $6, changed_at = $7, row_version = footprint.activity_mapping.row_version + 1
                """, t, mapping.Id, s.Actor.OrganisationId, mapping.Name, new Json(StorageJson.Write(mapping.Columns)), mapping.DecimalComma, s.Actor.PersonId, s.Now);
            await s.Audit(new AuditEntry("activity-mapping.saved", "report", row.Report.Id.ToString(), Details: new { mapping.Name, Columns = mapping.Columns.Count }), t);
            return default(Done);
        }, ct);
        return await View(s, known.Import, null, row, ct);
    }

    /// <summary>Own mappings, by name.</summary>
    public async Task<Answer<IReadOnlyList<ActivityMapping>>> Mappings(DbSession s, CancellationToken ct) => Allow.AnyRole(s.Actor, Role.ProducerEditor, Role.ProducerApprover) is { } no ? no : await Own(s, ct);

    /// <summary>Takes a mapping away; what was read by it stays.</summary>
    public async Task<Answer<Done>> RemoveMapping(DbSession s, Guid id, CancellationToken ct)
    {
        if (Allow.Role(s.Actor, Role.ProducerEditor) is { } no) return no;
        return await s.InTransaction<Done>(async t =>
        {
            if (await s.Run("delete from footprint.activity_mapping where id = $1 and organisation_id = $2", t, id, s.Actor.OrganisationId) == 0) return Refusal.NotFound("mapping.not-found");
            await s.Audit(new AuditEntry("activity-mapping.removed", "activity-mapping", id.ToString()), t);
            return default(Done);
        }, ct);
    }

    /// <summary>Takes the figures in. Figures of the report that the file does not have stay as they are; each figure remembers file and lines.</summary>
    public async Task<Answer<ReportView>> Apply(DbSession s, Guid id, string? mode, CancellationToken ct)
    {
        if (mode is not (WholeFile or AcceptedLines)) return Refusal.Of("import.mode-unknown", "mode", ("given", mode ?? ""), ("allowed", $"{WholeFile}, {AcceptedLines}"));
        if (await Find(s, id, ct) is not { } known) return Refusal.NotFound("import.not-found");
        return await reports.Edit(s, known.Import.ReportId, "report.file-applied", async (row, t) =>
        {
            // Of two who apply at once, the second finds it applied: the report is locked.
            if ((await Find(s, id, t))!.Import.State == ImportState.Applied) return [Refusal.Conflict("import.applied", "id")];
            var read = await View(s, known.Import, null, row, t);
            if (!read.Ok) return read.Refusals;
            if (read.Value.Reading is not { } reading) return [Refusal.Conflict("import.not-mapped", "id")];
            if (mode == WholeFile && reading.Refused > 0) return [Refusal.Conflict("import.lines-refused", "mode", ("count", $"{reading.Refused}"))];
            var taken = reading.Figures.Where(f => !f.HeldBack).ToList();
            if (taken.Count == 0) return [Refusal.Conflict("import.nothing", "id")];
            var replaced = taken.Select(f => (f.Stream, f.Month, f.Field)).ToHashSet();
            List<ActivityValue> values = [.. row.Activity.Where(v => !replaced.Contains((v.Stream, v.Month, v.Field))), .. taken.Select(f => new ActivityValue(f.Stream, f.Month, f.Field, f.Value, f.Source, new(id, f.FirstLine, f.LastLine, f.Lines)))];
            if (ActivityRules.Check(values) is { Count: > 0 } wrong) return wrong;
            var mapping = read.Value.Mapping?.Content ?? new ActivityMappingContent("", ActivityMappingRules.Own(read.Value.Head.Header, (await PlanHandlers.Find(s, row.Report.PlanId, t))!.Content)!);
            await s.Run("update footprint.activity_import set state = 1, mode = $2, mapping = $3, lines = $4, refused = $5, figures = $6, applied_by = $7, applied_at = $8 where id = $1", t,
                id, mode, new Json(StorageJson.Write(mapping)), reading.Lines, reading.Refused, taken.Count, s.Actor.PersonId, s.Now);
            await ReportStore.WriteActivity(s, row.Report.Id, values, t);
            return [];
        }, ct);
    }

    async Task<Answer<ActivityImportView>> View(DbSession s, ActivityImport import, ActivityMappingContent? applied, ReportRow row, CancellationToken ct)
    {
        var plan = (await PlanHandlers.Find(s, row.Report.PlanId, ct))!.Content;
        var head = HeadOf(import);
        var own = ActivityMappingRules.Own(head.Header, plan);
        var mapping = applied is { Name.Length: > 0 } ? new ActivityMapping(Guid.Empty, applied.Name, applied.Columns, applied.DecimalComma, import.AppliedAt!.Value)
            : own is null && s.Actor.OrganisationId == row.Report.OperatorId ? HeaderMappings.Choose(head.Header, await Own(s, ct)) : null;
        if ((mapping?.Columns ?? own) is not { } columns) return new ActivityImportView(import, head, false, null, null, []);
        // A plan that came after the mapping may not have its figures any more.
        if (mapping is not null && applied is null && ActivityMappingRules.Check(mapping.Content, plan).Count > 0) return new ActivityImportView(import, head, false, mapping, null, []);
        await using var content = evidence.Open(import.Sha256)!;
        var reading = ActivityFile.Read(content, columns, mapping?.DecimalComma ?? false, new(plan, row.Report.PeriodFrom, row.Report.PeriodTo, methods));
        if (!reading.Ok) return Answer<ActivityImportView>.From(reading.Refusals);
        var there = row.Activity.Where(v => v.Origin?.ImportId != import.Id).ToDictionary(v => (v.Stream, v.Month, v.Field), v => v.Value);
        return new ActivityImportView(import, head, own is not null, mapping, reading.Value,
            [.. reading.Value.Figures.Select(f => new ImportedFigure(f.Stream, f.Month, f.Field, f.Value, f.Source, f.FirstLine, f.LastLine, f.Lines, f.HeldBack, there.TryGetValue((f.Stream, f.Month, f.Field), out var before) ? before : null))]);
    }

    FileHead HeadOf(ActivityImport import)
    {
        using var content = evidence.Open(import.Sha256) ?? throw new StorageProblem(StorageCodes.EvidenceCorrupt, $"The file {import.FileName} is not in the evidence store.", $"证据库中没有文件 {import.FileName}。");
        return ActivityFile.Head(content).Value;
    }

    static Task<List<ActivityMapping>> Own(DbSession s, CancellationToken ct) => s.All($"select {MappingColumns} from footprint.activity_mapping where organisation_id = $1 order by name", MapMapping, ct, s.Actor.OrganisationId);

    /// <param name="Applied">The mapping it was applied with, as it was then; null before.</param>
    sealed record Found(ActivityImport Import, ActivityMappingContent? Applied);

    static Task<Found?> Find(DbSession s, Guid id, CancellationToken ct) =>
        s.One($"select {Columns}, mapping::text from footprint.activity_import where id = $1", r => new Found(Map(r), r.Text(16) is { } applied ? StorageJson.Read<ActivityMappingContent>(applied) : null), ct, id);

    static ActivityImport Map(NpgsqlDataReader r) => new(r.GetGuid(0), r.GetGuid(1), r.GetString(2), r.GetString(3), r.GetInt64(4), r.GetString(5), (ImportState)r.GetInt16(6), r.Text(7), r.Text(8) is { Length: > 0 } name ? name : null, r.MaybeInt(9), r.MaybeInt(10), r.MaybeInt(11),
        r.GetGuid(12), r.Time(13), r.MaybeGuid(14), r.MaybeTime(15));

    static ActivityMapping MapMapping(NpgsqlDataReader r) => new(r.GetGuid(0), r.GetString(1), StorageJson.Read<List<ActivityColumn>>(r.GetString(2)), r.GetBoolean(3), r.Time(4));
}
