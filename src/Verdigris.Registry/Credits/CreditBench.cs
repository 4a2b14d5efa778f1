using System.Globalization;
using System.Text;
using Microsoft.Extensions.Logging;
using Verdigris.Book;
using Verdigris.Primitives;
using Verdigris.Primitives.Rules;
using Verdigris.Registry.Credits.Imports;
using Verdigris.Registry.Credits.Programmes;
using Verdigris.Registry.Credits.Serials;
using Verdigris.Registry.Credits.Units;
using Verdigris.Storage;
using Verdigris.Web;

namespace Verdigris.Registry.Credits;

/// <summary>The room's own way of being measured: issues blocks and takes exports in by the code that people use, on a database and a Book of the caller's.</summary>
public sealed class CreditBench
{
    const string Programme = "paris";

    /// <summary>No sample spans more numbers of a series; of the registry that counts through all its units it is twice that, and begins far up.</summary>
    const long Span = 5_000_000, ThroughSpan = 10_000_000, ThroughFrom = 933_000_000;

    readonly IDbSessions sessions;
    readonly IVenue venue;
    readonly RulePacks packs;
    readonly BookCommands book;
    readonly CreditImports imports;
    readonly ExportFormats formats;
    int series;

    CreditBench(IDbSessions sessions, IVenue venue, RulePacks packs, EvidenceStore evidence, ILogger<BookCommands> log)
    {
        (this.sessions, this.venue, this.packs) = (sessions, venue, packs);
        book = new(sessions, venue, [new ImportKind()], log);
        imports = new(evidence, book, venue, packs);
        formats = ExportFormats.Of(packs);
    }

    /// <summary>Blocks of the unit issued so far.</summary>
    public int Blocks => venue.Read(b => b.Blocks(CreditBook.Outside, CreditRules.Of(packs).Programme(Programme)!.Asset).Count);

    public static async Task<CreditBench> Open(IDbSessions sessions, IVenue venue, RulePacks packs, string folder, ILogger<BookCommands> log, CancellationToken ct)
    {
        var rules = CreditRules.Of(packs);
        await ProgrammeAdministration.Start(sessions, rules, ct);
        await new BookDefinitions(RegistryRoom.Name).ApplyAll(venue, CreditBook.Definitions(rules), ct);
        return new(sessions, venue, packs, new EvidenceStore(folder), log);
    }

    /// <summary>Issues one block and answers when it is durable.</summary>
    /// <exception cref="InvalidOperationException">The Book refuses it.</exception>
    public async Task IssueOneBlock(long count, CancellationToken ct)
    {
        ct.ThrowIfCancellationRequested();
        var number = 800_000_000L + series++;
        var move = CreditBook.Move(CreditBook.Issue, CreditRules.Of(packs).Programme(Programme)!.Asset, CreditBook.Issuance, CreditBook.Outside, CreditBook.Serials(number, new(1, count)), 1, 1) with { Id = BookDefinitions.IdOf($"bench/{number}") };
        if (await venue.Send(move) is { Accepted: false } no) throw new InvalidOperationException($"The Book refuses the block: {no.Code}.");
    }

    /// <summary>The samples of a hundred blocks and more as files again, so often that they hold so many records: each time with serial numbers moved on.</summary>
    public IReadOnlyList<(ExportFormat Format, byte[] Content)> Repeated(int records)
    {
        var files = Directory.EnumerateFiles(Path.Combine(packs.DataFolder, "registry", "samples"), "*.csv").Order(StringComparer.Ordinal).Select(f => (Format: FormatOf(f), Lines: Lines(f))).Where(f => f.Format.Kind != ExportKind.Projects && f.Format.Columns.ContainsKey("serial") && f.Format.Kind != ExportKind.Statements && f.Lines.Count > 100).ToList();
        var share = (records + files.Count - 1) / files.Count;
        return [.. files.Select((f, i) => (f.Format, Repeated(f.Format, f.Lines, Math.Min(share, records - i * share))))];
    }

    /// <summary>Takes files in. Reading and checking are measured with the rest.</summary>
    /// <exception cref="InvalidOperationException">A record is refused.</exception>
    public async Task<(int Records, int Posted, int Kept, long Units)> Import(IReadOnlyList<(ExportFormat Format, byte[] Content)> files, CancellationToken ct)
    {
        var (read, posted, kept, units) = (0, 0, 0, 0L);
        await using var s = sessions.Open(Actor.System);
        foreach (var (format, content) in files)
        {
            var id = s.NewId();
            await s.Run("insert into registry.credit_import (id, organisation_id, programme, format, file_name, media_type, size_bytes, sha256, state, added_by, added_at) values ($1, $2, $3, $4, 'bench.csv', 'text/csv', 0, $5, 0, $2, $6)", ct, id, Actor.System.PersonId, format.Programme, format.Name, Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(id.ToByteArray())), s.Now);
            await using var stream = new MemoryStream(content);
            await using var writing = new ImportWriting(book, venue, formats, format, id);
            var file = new CreditImport(id, Guid.Empty, format.Programme, format.Name, "bench.csv", TableLines.Csv, 0, "", CreditImportState.Brought, 0, 0, 0, 0, 0, 0, 0, Guid.Empty, default, null, null);
            var at = 0;
            await foreach (var part in imports.Parts(stream, format, writing.PartSize, 0, ct))
            {
                var done = await imports.TakePart(s, writing, file, part, at, ct);
                if (!done.Ok || done.Value.Refused > 0) throw new InvalidOperationException($"{format.Name}: {(done.Ok ? string.Join(", ", done.Value.Findings[0].Args.Values) + done.Value.Findings[0].Code : done.Refusals[0].Code)}");
                at += part.Count;
                (posted, kept, units) = (posted + done.Value.Posted, kept + done.Value.Kept, units + done.Value.PostedUnits);
            }
            await writing.Told();
            read += at;
        }
        return (read, posted, kept, units);
    }

    /// <summary>Tells the life of one serial number, as anybody may ask for it, of blocks spread over all that were taken in.</summary>
    /// <param name="ask">Runs each question.</param>
    /// <exception cref="InvalidOperationException">A number is not known.</exception>
    public async Task AskStatus(int count, Func<Func<Task>, Task> ask, CancellationToken ct)
    {
        await using var s = sessions.Open(Actor.System);
        var blocks = await s.All("select unit, first, last, grammar, parts from registry.credit_block tablesample system (1) repeatable (7) limit $1", r => (Unit: r.GetString(0), First: r.GetInt64(1), Last: r.GetInt64(2), Grammar: r.GetString(3), Parts: r.Texts(4)), ct, count);
        var queries = new UnitQueries(venue, packs);
        foreach (var b in blocks)
        {
            var text = UnitQueries.Print(SerialGrammars.Of(packs).Named(b.Grammar), b.Parts, CreditBook.Printed(b.First, b.First).Printed);
            await ask(async () =>
            {
                await using var reader = sessions.Open(Actor.Public);
                var status = await queries.Status(reader, text, ct);
                if (!status.Ok || !status.Value.Known) throw new InvalidOperationException($"{text} is not known.");
            });
        }
    }

    ExportFormat FormatOf(string file)
    {
        using var content = File.OpenRead(file);
        using var lines = new CsvLines(content);
        return formats.Choose([.. lines.Next()!]).Value;
    }

    static List<List<string>> Lines(string file)
    {
        using var content = File.OpenRead(file);
        using var lines = new CsvLines(content);
        var all = new List<List<string>>();
        while (lines.Next() is { } cells) all.Add([.. cells]);
        return all;
    }

    /// <summary>The records of a sample as CSV, round after round; in each the numbers of the units lie further on.</summary>
    static byte[] Repeated(ExportFormat format, List<List<string>> lines, int records)
    {
        var columns = new[] { "serial", "first", "last" }.Select(f => format.Columns.TryGetValue(f, out var c) ? lines[0].IndexOf(c) : -1).ToArray();
        var text = new StringBuilder(records * 256);
        Write(lines[0]);
        for (var (n, round) = (0, 0); n < records; round++)
            for (var i = 1; i < lines.Count && n < records; i++, n++)
            {
                var cells = lines[i].ToList();
                cells[columns[0]] = Moved(format, cells[columns[0]], round);
                foreach (var c in columns[1..])
                    if (c >= 0) cells[c] = (long.Parse(cells[c], CultureInfo.InvariantCulture) + round * Span).ToString(CultureInfo.InvariantCulture);
                Write(cells);
            }
        return Encoding.UTF8.GetBytes(text.ToString());

        void Write(List<string> cells)
        {
            for (var i = 0; i < cells.Count; i++)
            {
                if (i > 0) text.Append(',');
                if (cells[i].AsSpan().IndexOfAny(",\"\n\r") < 0) text.Append(cells[i]);
                else text.Append('"').Append(cells[i].Replace("\"", "\"\"", StringComparison.Ordinal)).Append('"');
            }
            text.Append('\n');
        }
    }

    static string Moved(ExportFormat format, string serial, int round)
    {
        var block = format.Grammars.Select(g => g.Read(serial, out _, out _)).First(b => b is not null)!;
        if (block.Range is not { } range) return serial;
        var by = block.Series.Length == 0 ? round * ThroughSpan - ThroughFrom : round * Span;
        return block.With(new(range.First + by, range.Last + by)).Text;
    }
}
