using System.Globalization;
using System.Threading.Channels;
using NodaTime;
using Verdigris.Passport.Brands;
using Verdigris.Passport.Specifications;
using Verdigris.Primitives;
using Verdigris.Storage;
using Verdigris.Web;

namespace Verdigris.Passport.Certificates.Import;

/// <summary>One pass over a file. Its counts are for one pass; not thread-safe.</summary>
/// <param name="mapping">How the file's columns are called; null where it speaks our names.</param>
/// <param name="meter">Tells who waits how far it is; null where nobody can ask.</param>
sealed class ImportRun(CertificateHandlers certificates, DbSession s, string fileName, string sha256, Guid? id, ImportMeter? meter, ImportMapping? mapping)
{
    const int LinesAtOnce = 4000;

    readonly Dictionary<string, BrandFacts?> brands = new(StringComparer.Ordinal);
    readonly Dictionary<(string Brand, LocalDate Day), CertificateFacts> facts = [];
    readonly HashSet<(Guid Plant, LocalDate Day, string Heat)> heats = [];
    readonly HashSet<string> references = new(StringComparer.Ordinal);
    readonly List<Refusal> unread = [];
    readonly LocalDate today = s.Now.InUtc().Date;
    bool ahead;
    int read;

    public string Sha256 => sha256;
    public List<ImportFault> Faults { get; } = [];
    public int Lines { get; private set; }
    public int Accepted { get; private set; }
    public int Refused { get; private set; }
    public int Warned { get; private set; }

    public ImportReport Report(string state, int applied) => new(id, sha256, fileName, CertificateImport.DryRun, state, Lines, Accepted, Refused, applied, Warned, Faults, Mapping: mapping?.Name);

    /// <summary>Checks everything; a refusal where the file itself cannot be read.</summary>
    public async Task<Refusal?> CheckAll(Stream content, CancellationToken ct)
    {
        await foreach (var chunk in Chunks(content, 0, ct))
        {
            if (chunk.Broken is { } broken) return broken;
            await Settle(chunk, ct);
            if (meter is not null) await meter.Show(read, Lines, Refused, 0, ct);
        }
        return null;
    }

    /// <summary>Checks and stores, from after a line on.</summary>
    /// <param name="checkedBefore">Lines an earlier pass over the file has checked.</param>
    public async Task<(Refusal? Broken, int Applied)> ApplyAll(Stream content, int afterLine, bool oneTransaction, int checkedBefore, CancellationToken ct)
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
            if (meter is not null) await meter.Show(Math.Max(Volatile.Read(ref read), checkedBefore), Math.Max(Lines, checkedBefore), Refused, Accepted, ct);
        }
        await reading;
        return (null, applied);
    }

    async IAsyncEnumerable<ChunkOfLines> Chunks(Stream content, int afterLine, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken ct)
    {
        using var lines = TableLines.Open(content);
        var header = lines.Next();
        if (header is null) { yield return ChunkOfLines.Unreadable(Refusal.Of(lines.Fault ?? "import.empty", "file")); yield break; }
        var columns = ImportColumns.Read(header, mapping);
        if (!columns.Ok) { yield return ChunkOfLines.Unreadable(columns.Refusals[0]); yield break; }
        var chunk = new ChunkOfLines();
        while (lines.Next() is { } cells)
        {
            chunk.LastLine = lines.Line;
            var row = await ReadLine(columns.Value, cells, lines.Line, ct);
            chunk.Lines++;
            Volatile.Write(ref read, read + 1);
            if (row.Faults is { } faults) chunk.Faults.AddRange(faults);
            // On going on after a break, what is already in was checked but is not stored again.
            else if (lines.Line > afterLine) chunk.Rows.Add(row);
            else chunk.Before++;
            if (chunk.Lines < LinesAtOnce) continue;
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
            facts[(content.ExchangeBrandCode, content.ProductionDate)] = known = certificates.FactsFor(brand, content.ProductionDate, today);
        var wrong = CertificateRules.Check(content, known);
        if (brand is not null)
            foreach (var heat in content.HeatNumbers)
                if (!heats.Add((brand.PlantId, content.ProductionDate, heat))) wrong.Add(Refusal.Of("import.heat-in-file-twice", "heatNumbers", ("given", heat)));
        if (content.SourceRef is { } reference && !references.Add(reference)) wrong.Add(Refusal.Of("import.reference-in-file-twice", "sourceRef", ("given", reference)));
        if (wrong.Count > 0) return new(line, null!, null!, 0, null, false, [.. wrong.Select(r => new ImportFault(line, columns.ColumnOf(r, content), r.Code, r.Args))]);
        var check = certificates.Judge(content, brand!.ContractCode, wrong);
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
        foreach (var fault in chunk.Faults.OrderBy(f => f.Line)) if (Faults.Count < CertificateImport.MostFaultsKept) Faults.Add(fault);
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
