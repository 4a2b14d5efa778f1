using NodaTime;
using Verdigris.Book;
using Verdigris.Primitives;
using Verdigris.Registry.Credits.Units;
using Verdigris.Storage;

namespace Verdigris.Registry.Credits.Imports;

/// <summary>
/// Takes the records of one export in, part by part: each part is one transaction with its documents, and one row of commands for the Book. What was taken is never taken again: the file says how far it is, and the Book refuses a serial twice.
/// While the Book is told of one part the next is written; <see cref="Told"/> waits for the last. Not thread-safe.
/// </summary>
/// <param name="file">The import they belong to.</param>
sealed class ImportWriting(BookCommands book, IVenue venue, ExportFormats formats, ExportFormat format, Guid file) : IAsyncDisposable
{
    readonly ImportPlan plan = new();
    readonly Dictionary<(string Unit, string Series), long> series = [];
    readonly Dictionary<string, Guid> projects = new(StringComparer.Ordinal);

    /// <summary>When the first part was looked at.</summary>
    Instant? began;

    /// <summary>The part on its way to the Book; false once one could not be told: the reconciler then tells it of that and the rest, in order.</summary>
    Task<bool> telling = Task.FromResult(true);

    /// <summary>Records of a part: large enough that a commit counts for little, small enough to stay in memory and to show how far it is.</summary>
    public int PartSize => venue.MaxBatch / 4;

    /// <summary>What becomes of records, without writing anything. Series not known get numbers of their own below zero.</summary>
    public async Task<List<PlannedRow>> Look(DbSession s, IReadOnlyList<ExportRow> rows, CancellationToken ct) => await Decided(s, rows, write: false, ct);

    /// <summary>Decides and writes one part, in the caller's transaction; after its commit the Book is told.</summary>
    /// <param name="read">Records looked at before this part.</param>
    public async Task<List<PlannedRow>> Take(DbSession s, IReadOnlyList<ExportRow> rows, int read, CancellationToken ct)
    {
        var planned = await Decided(s, rows, write: true, ct);
        await Projects(s, planned, ct);
        var posted = planned.Where(p => p.Fate == RowFate.Posted).ToList();
        var connection = await s.Connection(ct);
        if (posted.Exists(p => p.Issued.Count > 0)) await ImportCopy.Blocks(connection, file, posted, projects, ct);
        var ends = posted.Count(p => p.Ended is not null);
        if (ends > 0)
        {
            var numbers = await s.All("select nextval('registry.credit_ending_number') from generate_series(1, $1)", r => r.GetInt64(0), ct, ends);
            await ImportCopy.Endings(connection, file, posted, projects, numbers, ct);
        }
        await Statements(s, planned, ct);
        await Findings(s, planned, ct);
        var (reference, actor) = (BookId.From(file), BookId.From(s.Actor.PersonId));
        var commands = new List<Command>(posted.Count * 2);
        foreach (var p in posted)
        {
            var asset = formats.Credits.Unit(p.Row.Block!.Unit)!.Asset;
            foreach (var range in p.Issued) commands.Add(CreditBook.Move(CreditBook.Issue, asset, CreditBook.Issuance, CreditBook.Outside, range, reference, actor));
            if (p.Ended is not { } ended) continue;
            var (type, to) = p.Row.Ends switch
            {
                EndingKind.Retired => (CreditBook.Retire, CreditBook.Retired),
                EndingKind.Converted => (CreditBook.Convert, CreditBook.Converted),
                _ => (CreditBook.Cancel, CreditBook.Cancelled),
            };
            commands.Add(CreditBook.Move(type, asset, CreditBook.Outside, to, ended, reference, actor));
        }
        foreach (var batch in commands.Chunk(venue.MaxBatch))
        {
            // One hash a row and not one a command: their ids are that one's successors.
            var row = s.NewId();
            var id = BookId.Derive(row, 0);
            for (var i = 0; i < batch.Length; i++) batch[i].Id = id + (uint)i;
            await book.Enqueue(s, ImportKind.Name, file.ToString(), new Subject(file), batch, ct, row);
            await s.AfterCommit(async token =>
            {
                // One part ahead and no more. A part may end what the one before issued: past one the Book could not be told of, none is sent.
                if (await telling) telling = Task.Run(() => Tell(s.Actor, row, token), token);
            }, ct);
        }
        return planned;
    }

    /// <summary>Ends when the Book was told of every part taken, or could not be.</summary>
    public Task Told() => telling;

    public async ValueTask DisposeAsync() => await ((Task)telling).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);

    async Task<bool> Tell(Actor actor, Guid row, CancellationToken ct)
    {
        try
        {
            await book.Run(actor, row, ct);
            return true;
        }
        catch (VenueStoppedException)
        {
            return false; // logged and scheduled by the queue
        }
    }

    long NumberOf(ExportRow row) => row.Refused || row.Printed is null || row.Block is not { } block ? 0 : series[(block.Unit, block.Series)];

    async Task<List<PlannedRow>> Decided(DbSession s, IReadOnlyList<ExportRow> rows, bool write, CancellationToken ct)
    {
        // Asked before the Book is, so that what is done by then the Book has.
        var leaving = await Leaving(s, rows, ct);
        await Know(s, rows, write, ct);
        foreach (var (unit, range) in leaving)
        {
            var number = CreditBook.Printed(range.First, range.Last).Series;
            if (plan.Knows(unit, number)) Mark(plan.Series(unit, number), range, UnitStanding.Held);
        }
        return [.. rows.Select(r => plan.Decide(r, format.Kind, NumberOf(r)))];
    }

    /// <summary>What of a range lies outside is taken to stand otherwise, whatever the Book was told.</summary>
    static void Mark(SerialRuns runs, SerialRange range, UnitStanding standing)
    {
        foreach (var run in runs.Within(range).Where(r => r.Standing == UnitStanding.Outside).ToList()) runs.Set(new(run.First, run.Last), standing, 0);
    }

    /// <summary>Numbers of the series the records are of, and what the Book has of those that are not new.</summary>
    async Task Know(DbSession s, IReadOnlyList<ExportRow> rows, bool write, CancellationToken ct)
    {
        var fresh = new HashSet<(string Unit, string Series)>();
        foreach (var row in rows)
            if (!row.Refused && row.Block is { } block && row.Printed is not null && !series.ContainsKey((block.Unit, block.Series))) fresh.Add((block.Unit, block.Series));
        if (fresh.Count == 0) return;
        var (units, names) = (fresh.Select(f => f.Unit).ToArray(), fresh.Select(f => f.Series).ToArray());
        if (write)
            foreach (var made in await s.All("insert into registry.credit_series (unit, series) select * from unnest($1::text[], $2::text[]) on conflict do nothing returning number, unit, series", r => (Number: r.GetInt64(0), Key: (r.GetString(1), r.GetString(2))), ct, units, names))
            {
                series[made.Key] = made.Number;
                plan.Series(made.Key.Item1, made.Number);
                fresh.Remove(made.Key);
            }
        if (fresh.Count == 0) return;
        (units, names) = ([.. fresh.Select(f => f.Unit)], [.. fresh.Select(f => f.Series)]);
        foreach (var known in await s.All("select c.number, c.unit, c.series from registry.credit_series c join unnest($1::text[], $2::text[]) w(unit, series) using (unit, series)", r => (Number: r.GetInt64(0), Key: (r.GetString(1), r.GetString(2))), ct, units, names))
        {
            series[known.Key] = known.Number;
            fresh.Remove(known.Key);
            await Load(s, known.Key.Item1, known.Number, ct);
        }
        // Only looked at: the number is given when the file is applied.
        foreach (var unknown in fresh) series[unknown] = 900_000_001 - series.Count;
    }

    async Task Load(DbSession s, string unit, long number, CancellationToken ct)
    {
        if (plan.Knows(unit, number)) return;
        var runs = plan.Series(unit, number);
        var all = CreditBook.Serials(number, new(0, Serials.SerialGrammar.LargestUnit));
        var asset = formats.Credits.Unit(unit)!.Asset;
        var blocks = await s.All("select first, last from registry.credit_block where unit = $1 and first between $2 and $3 order by first", r => (First: r.GetInt64(0), Last: r.GetInt64(1)), ct, unit, all.First, all.Last);
        foreach (var part in blocks.Chunk(500))
        {
            // Short looks, so that the writer is not held back.
            foreach (var run in venue.Read(b => part.SelectMany(x => Standing(b, asset, x.First, x.Last)).ToList())) runs.Set(new(run.First, run.Last), run.Standing, 0);
        }
        // What another file ended a moment ago the Book may not have been told of yet.
        var ends = await s.All("select kind, first, last from registry.credit_ending where unit = $1 and first between $2 and $3 and kind <> 3 and import_id is not null", r => (Kind: (EndingKind)r.GetInt16(0), Range: new SerialRange(r.GetInt64(1), r.GetInt64(2))), ct, unit, all.First, all.Last);
        foreach (var (kind, range) in ends) Mark(runs, range, ImportPlan.StandingAfter(kind));
    }

    /// <summary>
    /// Units outside that a scheme's deposit or a holder's order takes, which the Book may not have been told of, or has since their series was looked at: asked before every part, since they may be taken while the file is.
    /// </summary>
    async Task<List<(string Unit, SerialRange Range)>> Leaving(DbSession s, IReadOnlyList<ExportRow> rows, CancellationToken ct)
    {
        began ??= s.Now;
        var named = series.Keys.Select(k => k.Unit).Concat(rows.Where(r => !r.Refused && r.Block is not null).Select(r => r.Block!.Unit)).Distinct().ToArray();
        return named.Length == 0 ? [] : await s.Lent(t => s.All("""
            select credit_unit, credit_first, credit_first + quantity - 1 from registry.transaction where credit_unit = any ($1) and state in (0, 1, 2, 3)
            union all select unit, first, last from registry.credit_order where unit = any ($1) and kind = 10 and (state = 2 or (state = 3 and decided_at >= $2))
            """, r => (r.GetString(0), new SerialRange(r.GetInt64(1), r.GetInt64(2))), t, named, began.Value), ct);
    }

    internal static List<SerialRuns.Run> Standing(IBookState book, int asset, long first, long last)
    {
        var runs = new List<SerialRuns.Run>();
        for (var at = first; at <= last;)
        {
            // A block the Book has not been told of yet is on its way in.
            if (book.Owner(asset, at) is not { } owner)
            {
                runs.Add(new(at, last, UnitStanding.Outside, 0));
                break;
            }
            var end = Math.Min(owner.Last, last);
            // Set aside for a scheme that takes them in: no file ends them.
            runs.Add(new(at, end, owner.Account == CreditBook.Outside && owner.Hold != 0 ? UnitStanding.Held : CreditBook.StandingOf(owner.Account), 0));
            at = end + 1;
        }
        return runs;
    }

    /// <summary>Makes the projects the records name and brings up to date what an export of projects says of them.</summary>
    async Task Projects(DbSession s, List<PlannedRow> planned, CancellationToken ct)
    {
        var taken = planned.Where(p => p.Fate != RowFate.Refused && p.Row.Project.Length > 0).Select(p => p.Row).ToList();
        var whole = format.Kind == ExportKind.Projects;
        var named = taken.Where(r => whole || !projects.ContainsKey(r.Project)).GroupBy(r => r.Project).Select(g => g.Last()).ToList();
        if (named.Count == 0) return;
        var numbers = named.Select(r => r.Project).ToArray();
        await s.Run($"""
            insert into registry.credit_project (id, programme, number, name, proponent, country, methodology, printed_state, crediting_from, crediting_to, estimate_t, import_id, written_by, written_at)
            select x.id, $1, x.number, x.name, x.proponent, x.country, x.methodology, x.printed_state, x.crediting_from, x.crediting_to, x.estimate_t, $2, $3, $4
            from unnest($5::uuid[], $6::text[], $7::text[], $8::text[], $9::text[], $10::text[], $11::text[], $12::date[], $13::date[], $14::numeric[]) x(id, number, name, proponent, country, methodology, printed_state, crediting_from, crediting_to, estimate_t)
            on conflict (programme, number) do {(whole
                ? "update set name = excluded.name, proponent = excluded.proponent, country = excluded.country, methodology = excluded.methodology, printed_state = excluded.printed_state, crediting_from = excluded.crediting_from, crediting_to = excluded.crediting_to, estimate_t = excluded.estimate_t, row_version = registry.credit_project.row_version + 1 where registry.credit_project.state is null"
                : "nothing")}
            """, ct, format.Programme, file, s.Actor.PersonId, s.Now, named.Select(_ => s.NewId()).ToArray(), numbers, named.Select(r => r.Name ?? r.Project).ToArray(), named.Select(r => r.Proponent).ToArray(), named.Select(r => r.Country).ToArray(),
            named.Select(r => r.Methodology).ToArray(), named.Select(r => r.State).ToArray(), named.Select(r => r.CreditingFrom?.ToDateOnly()).ToArray(), named.Select(r => r.CreditingTo?.ToDateOnly()).ToArray(), named.Select(r => r.EstimateT).ToArray());
        foreach (var (id, number) in await s.All("select id, number from registry.credit_project where programme = $1 and number = any ($2)", r => (r.GetGuid(0), r.GetString(1)), ct, format.Programme, numbers)) projects[number] = id;
    }

    async Task Statements(DbSession s, List<PlannedRow> planned, CancellationToken ct)
    {
        if (format.Kind != ExportKind.Statements) return;
        var rows = planned.Where(p => p.Fate == RowFate.Kept).Select(p => p.Row).ToList();
        if (rows.Count > 0)
            await s.Run("""
                insert into registry.credit_statement (import_id, line, project_id, vintage_from, vintage_to, units, buffer_units, issued_on)
                select $1, * from unnest($2::int[], $3::uuid[], $4::date[], $5::date[], $6::bigint[], $7::bigint[], $8::date[])
                """, ct, file, rows.Select(r => r.Line).ToArray(), rows.Select(r => projects[r.Project]).ToArray(), rows.Select(r => r.VintageFrom?.ToDateOnly()).ToArray(), rows.Select(r => r.VintageTo?.ToDateOnly()).ToArray(),
                rows.Select(r => r.Units!.Value).ToArray(), rows.Select(r => r.Buffer).ToArray(), rows.Select(r => r.IssuedOn?.ToDateOnly()).ToArray());
    }

    async Task Findings(DbSession s, List<PlannedRow> planned, CancellationToken ct)
    {
        var found = planned.SelectMany(p => p.Row.Findings.Select((f, i) => (p.Row.Line, Place: i, Finding: f))).ToList();
        if (found.Count > 0)
            await s.Run("insert into registry.credit_import_finding (import_id, line, place, refuses, code, args) select $1, * from unnest($2::int[], $3::int[], $4::bool[], $5::text[], $6::jsonb[])", ct,
                file, found.Select(f => f.Line).ToArray(), found.Select(f => f.Place).ToArray(), found.Select(f => f.Finding.Refuses).ToArray(), found.Select(f => f.Finding.Code).ToArray(), found.Select(f => StorageJson.Write(f.Finding.Args)).ToArray());
    }
}

/// <summary>What a part of an export is, once the Book has it.</summary>
sealed class ImportKind : IBookCommandKind
{
    public const string Name = "registry.credit-import";

    public string Kind => Name;

    /// <summary>Nothing is left to write: the documents stand. Units outside are moved by imports, one at a time, and by deposits and orders that take them in: each was looked up before it was sent, and neither takes what the other has (<see cref="ImportedEnds"/>).</summary>
    /// <exception cref="InvalidOperationException">The Book refused one all the same: the row stays for an operator.</exception>
    public Task Finish(DbSession session, BookCommandRow row, IReadOnlyList<Outcome> outcomes, CancellationToken ct) =>
        outcomes.Select((o, i) => (o, i)).FirstOrDefault(x => !x.o.Accepted) is { o.Code: not Code.Accepted } wrong
            ? throw new InvalidOperationException($"The Book refuses command {wrong.i} of import {row.SubjectId}: {wrong.o.Code}.") : Task.CompletedTask;
}
