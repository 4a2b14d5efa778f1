using System.Globalization;
using System.Threading.Channels;
using NodaTime;
using Npgsql;
using Verdigris.Passport.Brands;
using Verdigris.Passport.Specifications;
using Verdigris.Primitives;
using Verdigris.Storage;

namespace Verdigris.Passport.Certificates.Import;

/// <summary>One thing wrong with one line.</summary>
/// <param name="Column">Column of the file; null where the whole line is meant.</param>
public sealed record ImportFault(int Line, string? Column, string Code, IReadOnlyDictionary<string, string>? Args);

/// <param name="Id">Null for a dry run.</param>
/// <param name="State">checked (dry run), applying, done, refused.</param>
/// <param name="Faults">The first of them, by line; <paramref name="Refused"/> counts all lines refused.</param>
/// <param name="Warned">Accepted lines with a warning: out of tolerance, specification not met, laboratory missing or expired.</param>
/// <param name="Repeated">This very file was taken in before; nothing was done.</param>
public sealed record ImportReport(Guid? Id, string FileSha256, string FileName, string Mode, string State, int Lines, int Accepted, int Refused, int Applied, int Warned, IReadOnlyList<ImportFault> Faults, bool Repeated = false);

/// <summary>
/// The one import pipeline: parse, dry run with a report by line, apply. Applying takes the whole file or nothing, or the accepted lines only, as chosen; it streams, is
/// durable chunk by chunk in the second mode, and goes on where it stopped. The same bytes again do nothing.
/// </summary>
public sealed class CertificateImport(CertificateHandlers certificates, EvidenceStore evidence)
{
    public const string WholeFile = "whole-file", AcceptedLines = "accepted-lines";
    public const int MostFaultsKept = 1000;
    const int Chunk = 4000;

    readonly CertificateHandlers certificates = certificates;

    /// <summary>Reads and checks every line, stores nothing but the file.</summary>
    public async Task<Answer<ImportReport>> Check(DbSession s, Stream file, string fileName, CancellationToken ct)
    {
        if (Allow.Role(s.Actor, Role.ProducerEditor) is { } no) return no;
        var sha = await evidence.Put(file, "text/csv", ct);
        await using var content = evidence.Open(sha)!;
        var run = new Run(this, s, fileName, sha, null);
        if (await run.CheckAll(content, ct) is { } unreadable) return unreadable;
        return run.Report("checked", 0);
    }

    /// <summary>Applies a file. In mode whole-file one refused line refuses all; in mode accepted-lines the others come in.</summary>
    public async Task<Answer<ImportReport>> Apply(DbSession s, Stream file, string fileName, string mode, CancellationToken ct)
    {
        if (Allow.Role(s.Actor, Role.ProducerEditor) is { } no) return no;
        if (mode is not (WholeFile or AcceptedLines)) return Refusal.Of("import.mode-unknown", "mode", ("given", mode), ("allowed", $"{WholeFile}, {AcceptedLines}"));
        var sha = await evidence.Put(file, "text/csv", ct);
        var id = await s.InTransaction(async t =>
        {
            await s.Run("""
                insert into passport.certificate_import (id, producer_id, file_sha256, file_name, mode, state, lines, accepted, refused, applied, last_line, started_by, started_at)
                values ($1, $2, $3, $4, $5, 'applying', 0, 0, 0, 0, 0, $6, $7) on conflict (producer_id, file_sha256) do nothing
                """, t, s.NewId(), s.Actor.OrganisationId, sha, fileName.Length > 200 ? fileName[..200] : fileName, mode, s.Actor.PersonId, s.Now);
            return await s.Value<Guid>("select id from passport.certificate_import where producer_id = $1 and file_sha256 = $2", t, s.Actor.OrganisationId, sha);
        }, ct);
        // One at a time for a file: a second sender waits and then finds it done.
        await s.Run("select pg_advisory_lock(hashtextextended($1, 41))", ct, id.ToString());
        try
        {
            var known = (await Find(s, id, ct))!.Value;
            if (known.Report.State == "done") return known.Report with { Repeated = true };
            mode = known.Report.State == "refused" ? mode : known.Report.Mode;
            var run = new Run(this, s, fileName, sha, id);
            if (mode == WholeFile)
            {
                await using (var first = evidence.Open(sha)!)
                    if (await run.CheckAll(first, ct) is { } unreadable) { await Drop(s, id, ct); return unreadable; }
                if (run.Refused > 0)
                {
                    await Finish(s, id, mode, "refused", run, 0, ct);
                    return (await Find(s, id, ct))!.Value.Report with { Warned = run.Warned };
                }
            }
            run = new Run(this, s, fileName, sha, id);
            await using var content = evidence.Open(sha)!;
            var applied = known.Report.Applied;
            Refusal? broken;
            if (mode == WholeFile)
            {
                (broken, applied) = await s.InTransaction(async t =>
                {
                    var result = await run.ApplyAll(content, 0, oneTransaction: true, t);
                    if (result.Broken is null) await Finish(s, id, mode, "done", run, result.Applied, t);
                    return result;
                }, ct);
            }
            else
            {
                (broken, var more) = await run.ApplyAll(content, known.LastLine, oneTransaction: false, ct);
                applied += more;
                if (broken is null) await Finish(s, id, mode, "done", run, applied, ct);
            }
            if (broken is not null) { await Drop(s, id, ct); return broken; }
            return (await Find(s, id, ct))!.Value.Report with { Warned = run.Warned };
        }
        finally
        {
            await s.Run("select pg_advisory_unlock(hashtextextended($1, 41))", CancellationToken.None, id.ToString());
        }
    }

    /// <summary>The report of an import of the own organisation.</summary>
    public async Task<Answer<ImportReport>> Read(DbSession s, Guid id, CancellationToken ct)
    {
        var found = await Find(s, id, ct);
        return found is { } known && (known.Producer == s.Actor.OrganisationId || s.Actor.Is(Role.System)) ? known.Report : Access.EmissionsAccess.NotVisible("import");
    }

    public Task<List<ImportReport>> List(DbSession s, CancellationToken ct) => s.All(
        "select id, file_sha256, file_name, mode, state, lines, accepted, refused, applied from passport.certificate_import where producer_id = $1 order by id desc limit 100",
        r => new ImportReport(r.GetGuid(0), r.GetString(1), r.GetString(2), r.GetString(3), r.GetString(4), r.GetInt32(5), r.GetInt32(6), r.GetInt32(7), r.GetInt32(8), 0, []), ct, s.Actor.OrganisationId);

    static async Task<(ImportReport Report, int LastLine, Guid Producer)?> Find(DbSession s, Guid id, CancellationToken ct)
    {
        var faults = await s.All("select line, column_name, code, args from passport.certificate_import_line where import_id = $1 order by line, seq",
            r => new ImportFault(r.GetInt32(0), r.Text(1), r.GetString(2), r.IsDBNull(3) ? null : StorageJson.Read<Dictionary<string, string>>(r.GetString(3))), ct, id);
        var rows = await s.All("select id, file_sha256, file_name, mode, state, lines, accepted, refused, applied, last_line, producer_id from passport.certificate_import where id = $1",
            r => (new ImportReport(r.GetGuid(0), r.GetString(1), r.GetString(2), r.GetString(3), r.GetString(4), r.GetInt32(5), r.GetInt32(6), r.GetInt32(7), r.GetInt32(8), 0, faults), r.GetInt32(9), r.GetGuid(10)), ct, id);
        return rows.Count == 0 ? null : rows[0];
    }

    static async Task Finish(DbSession s, Guid id, string mode, string state, Run run, int applied, CancellationToken ct) => await s.InTransaction(async t =>
    {
        await s.Run("delete from passport.certificate_import_line where import_id = $1", t, id);
        var seq = 0;
        foreach (var f in run.Faults)
            await s.Run("insert into passport.certificate_import_line (import_id, line, seq, column_name, code, args) values ($1, $2, $3, $4, $5, $6)", t, id, f.Line, ++seq, f.Column, f.Code, f.Args is null ? null : new Json(StorageJson.Write(f.Args)));
        await s.Run("update passport.certificate_import set mode = $2, state = $3, lines = $4, accepted = $5, refused = $6, applied = $7, finished_at = $8 where id = $1", t, id, mode, state, run.Lines, run.Accepted, run.Refused, applied, s.Now);
        await s.Audit(new AuditEntry(state == "done" ? "import.done" : "import.refused", "import", id.ToString(), Details: new { run.Lines, run.Accepted, run.Refused, Applied = applied, Mode = mode }, EvidenceSha256: run.Sha256), t);
    }, ct);

    // A file that cannot be read at all leaves no import behind, unless part of it is already in.
    static Task<int> Drop(DbSession s, Guid id, CancellationToken ct) => s.Run("delete from passport.certificate_import where id = $1 and applied = 0", ct, id);

    /// <summary>One pass over a file.</summary>
    sealed class Run(CertificateImport import, DbSession s, string fileName, string sha256, Guid? id)
    {
        readonly Dictionary<string, BrandFacts?> brands = new(StringComparer.Ordinal);
        readonly Dictionary<(string Brand, LocalDate Day), CertificateFacts> facts = [];
        readonly HashSet<(Guid Plant, LocalDate Day, string Heat)> heats = [];
        readonly HashSet<string> references = new(StringComparer.Ordinal);
        readonly List<Refusal> unread = [];
        readonly LocalDate today = s.Now.InUtc().Date;
        bool ahead;

        public string Sha256 => sha256;
        public List<ImportFault> Faults { get; } = [];
        public int Lines { get; private set; }
        public int Accepted { get; private set; }
        public int Refused { get; private set; }
        public int Warned { get; private set; }

        public ImportReport Report(string state, int applied) => new(id, sha256, fileName, "", state, Lines, Accepted, Refused, applied, Warned, Faults);

        /// <summary>Checks everything; a refusal where the file itself cannot be read.</summary>
        public async Task<Refusal?> CheckAll(Stream content, CancellationToken ct)
        {
            await foreach (var chunk in Chunks(content, 0, ct)) if (chunk.Broken is { } broken) return broken; else await Settle(chunk, ct);
            return null;
        }

        /// <summary>Checks and stores, from after a line on.</summary>
        public async Task<(Refusal? Broken, int Applied)> ApplyAll(Stream content, int afterLine, bool oneTransaction, CancellationToken ct)
        {
            // Reading and checking run ahead of the database by two chunks, on the other core.
            var queue = Channel.CreateBounded<ChunkOfLines>(new BoundedChannelOptions(2) { SingleReader = true, SingleWriter = true });
            var brandsKnown = await s.All("select code from passport.brand where producer_id = $1", r => r.GetString(0), ct, s.Actor.OrganisationId);
            foreach (var code in brandsKnown) brands[code] = await CertificateStore.Brand(s, code, ct);
            ahead = true;
            var reading = Task.Run(async () =>
            {
                try
                {
                    await foreach (var chunk in Chunks(content, afterLine, ct)) await queue.Writer.WriteAsync(chunk, ct);
                    queue.Writer.Complete();
                }
                catch (Exception e) { queue.Writer.Complete(e); }
            }, ct);
            var applied = 0;
            await foreach (var chunk in queue.Reader.ReadAllAsync(ct))
            {
                if (chunk.Broken is { } broken) { await reading; return (broken, applied); }
                await Settle(chunk, ct);
                if (oneTransaction) await Store(chunk, ct);
                else
                    await s.InTransaction(async t =>
                    {
                        await Store(chunk, t);
                        await s.Run("update passport.certificate_import set applied = applied + $2, last_line = $3, accepted = accepted + $2 where id = $1", t, id!.Value, chunk.Rows.Count, chunk.LastLine);
                    }, ct);
                applied += chunk.Rows.Count;
            }
            await reading;
            return (null, applied);
        }

        async IAsyncEnumerable<ChunkOfLines> Chunks(Stream content, int afterLine, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken ct)
        {
            using var lines = new CsvLines(content);
            var header = lines.Next();
            if (header is null) { yield return ChunkOfLines.Unreadable(Refusal.Of(lines.Fault ?? "import.empty", "file")); yield break; }
            var columns = ImportColumns.Read(header);
            if (!columns.Ok) { yield return ChunkOfLines.Unreadable(columns.Refusals[0]); yield break; }
            var chunk = new ChunkOfLines();
            while (lines.Next() is { } cells)
            {
                chunk.LastLine = lines.Line;
                var row = await ReadLine(columns.Value, cells, lines.Line, ct);
                chunk.Lines++;
                if (row.Faults is { } faults) chunk.Faults.AddRange(faults);
                // On going on after a break, what is already in was checked but is not stored again.
                else if (lines.Line > afterLine) chunk.Rows.Add(row);
                else chunk.Before++;
                if (chunk.Lines < Chunk) continue;
                yield return chunk;
                chunk = new();
            }
            if (lines.Fault is { } fault) { yield return ChunkOfLines.Unreadable(Refusal.Of(fault, "file", ("line", lines.Line.ToString(CultureInfo.InvariantCulture)))); yield break; }
            if (chunk.Lines > 0) yield return chunk;
        }

        async Task<Line> ReadLine(ImportColumns columns, IReadOnlyList<string> cells, int line, CancellationToken ct)
        {
            unread.Clear();
            var content = columns.Read(cells, unread);
            if (unread.Count > 0) return new(line, null!, null!, 0, null, false, [.. unread.Select(r => new ImportFault(line, r.Field, r.Code, r.Args))]);
            if (!brands.TryGetValue(content.ExchangeBrandCode, out var brand))
            {
                // In a dry run brands are looked up as they come; applying knows all own brands beforehand, as the connection is then busy.
                brand = ahead ? null : await CertificateStore.Brand(s, content.ExchangeBrandCode, ct);
                brands[content.ExchangeBrandCode] = brand;
            }
            if (brand is not null && brand.ProducerId != s.Actor.OrganisationId) brand = null;
            if (!facts.TryGetValue((content.ExchangeBrandCode, content.ProductionDate), out var known))
                facts[(content.ExchangeBrandCode, content.ProductionDate)] = known = import.certificates.FactsFor(brand, content.ProductionDate, today);
            var wrong = CertificateRules.Check(content, known);
            if (brand is not null)
                foreach (var heat in content.HeatNumbers)
                    if (!heats.Add((brand.PlantId, content.ProductionDate, heat))) wrong.Add(Refusal.Of("import.heat-in-file-twice", "heatNumbers", ("given", heat)));
            if (content.SourceRef is { } reference && !references.Add(reference)) wrong.Add(Refusal.Of("import.reference-in-file-twice", "sourceRef", ("given", reference)));
            if (wrong.Count > 0) return new(line, null!, null!, 0, null, false, [.. wrong.Select(r => new ImportFault(line, columns.ColumnOf(r, content), r.Code, r.Args))]);
            var check = import.certificates.Judge(content, brand!.ContractCode, wrong);
            return new(line, content, brand, check.Verdict!.Value, check.LotWithinTolerance, check.Warnings.Count > 0, null);
        }

        /// <summary>What only the database knows: heats and references already in. Counts the chunk.</summary>
        async Task Settle(ChunkOfLines chunk, CancellationToken ct)
        {
            var taken = await Taken(chunk.Rows, ct);
            if (taken.Count > 0)
            {
                foreach (var fault in taken) chunk.Faults.Add(fault);
                var lines = taken.Select(f => f.Line).ToHashSet();
                chunk.Rows.RemoveAll(r => lines.Contains(r.Number));
            }
            Lines += chunk.Lines;
            Accepted += chunk.Rows.Count + chunk.Before;
            Refused += chunk.Faults.Select(f => f.Line).Distinct().Count();
            Warned += chunk.Rows.Count(r => r.Warned);
            foreach (var fault in chunk.Faults.OrderBy(f => f.Line)) if (Faults.Count < MostFaultsKept) Faults.Add(fault);
        }

        async Task<List<ImportFault>> Taken(List<Line> rows, CancellationToken ct)
        {
            var faults = new List<ImportFault>();
            if (rows.Count == 0) return faults;
            var references = rows.Where(r => r.Content.SourceRef is not null).ToDictionary(r => r.Content.SourceRef!, r => r.Number, StringComparer.Ordinal);
            if (references.Count > 0)
                foreach (var reference in await s.All("select source_ref from passport.certificate where producer_id = $1 and current and source_ref = any($2)", r => r.GetString(0), ct, s.Actor.OrganisationId, references.Keys.ToArray()))
                    faults.Add(new(references[reference], "sourceRef", "certificate.reference-taken", new Dictionary<string, string> { ["given"] = reference }));
            foreach (var plant in rows.GroupBy(r => r.Brand.PlantId))
            {
                LocalDate from = plant.Min(r => r.Content.ProductionDate), to = plant.Max(r => r.Content.ProductionDate);
                // Mostly there is nothing of these days yet, which one look at the index says.
                if (!await s.Value<bool>("select exists (select 1 from passport.heat where plant_id = $1 and production_date between $2 and $3)", ct, plant.Key, from, to)) continue;
                var all = plant.SelectMany(r => r.Content.HeatNumbers.Select(h => (r.Number, Day: r.Content.ProductionDate, Heat: h))).ToList();
                var known = await s.All("""
                    select x.ordinal, h.certificate_number from unnest($2::date[], $3::text[]) with ordinality as x (day, heat, ordinal)
                    join passport.heat h on h.plant_id = $1 and h.production_date = x.day and h.heat = x.heat
                    """, r => ((int)r.GetInt64(0) - 1, r.GetString(1)), ct, plant.Key, all.Select(a => a.Day.ToDateOnly()).ToArray(), all.Select(a => a.Heat).ToArray());
                foreach (var (index, number) in known)
                    faults.Add(new(all[index].Number, "heats", "certificate.heat-taken", new Dictionary<string, string> { ["given"] = all[index].Heat, ["number"] = number }));
            }
            return faults;
        }

        async Task Store(ChunkOfLines chunk, CancellationToken ct)
        {
            if (chunk.Rows.Count == 0) return;
            var now = s.Now;
            var next = new Dictionary<(string, int), int>();
            foreach (var group in chunk.Rows.GroupBy(r => (r.Brand.Code, r.Content.ProductionDate.Year)).OrderBy(g => g.Key.Code, StringComparer.Ordinal).ThenBy(g => g.Key.Year))
                next[group.Key] = await CertificateStore.TakeNumbers(s, group.Key.Code, group.Key.Year, group.Count(), ct);
            var connection = await s.Connection(ct);
            var ids = new Uuid7Maker(s.Clock, System.Security.Cryptography.RandomNumberGenerator.Fill);
            var numbers = new string[chunk.Rows.Count];
            await CertificateCopy.Certificates(connection, [.. chunk.Rows.Select((row, i) =>
            {
                var key = (row.Brand.Code, row.Content.ProductionDate.Year);
                var running = next[key]++;
                numbers[i] = CertificateStore.NumberOf(key.Code, key.Year, running);
                return new CertificateCopy.Item(CertificateHandlers.Compose(ids.Next(), numbers[i], 1, null, null, row.Brand, row.Content), row.Verdict, row.Lot);
            })], id, s.Actor.PersonId, now, ct);
            await CertificateCopy.Heats(connection, chunk.Rows.SelectMany((row, i) => row.Content.HeatNumbers.Select(h => (row.Brand.PlantId, row.Content.ProductionDate, h, numbers[i]))), ct);
        }
    }

    /// <param name="Faults">Not null: the line is refused and the rest is not filled.</param>
    sealed record Line(int Number, CertificateContent Content, BrandFacts Brand, SpecOutcome Verdict, bool? Lot, bool Warned, List<ImportFault>? Faults);

    sealed class ChunkOfLines
    {
        public List<Line> Rows { get; } = [];
        public List<ImportFault> Faults { get; } = [];
        public int Lines { get; set; }
        public int Before { get; set; }
        public int LastLine { get; set; }
        public Refusal? Broken { get; private init; }

        public static ChunkOfLines Unreadable(Refusal refusal) => new() { Broken = refusal };
    }
}
