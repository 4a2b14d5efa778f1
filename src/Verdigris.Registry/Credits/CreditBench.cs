using System.Globalization;
using System.Text;
using Microsoft.Extensions.Logging;
using Verdigris.Book;
using Verdigris.Primitives;
using Verdigris.Primitives.Rules;
using Verdigris.Registry.Credits.Imports;
using Verdigris.Registry.Credits.Programmes;
using Verdigris.Registry.Credits.Units;
using Verdigris.Storage;
using Verdigris.Web;

namespace Verdigris.Registry.Credits;

/// <summary>The room's own way of being measured: issues blocks and takes exports in by the code that people use, on a database and a Book of the caller's.</summary>
public sealed class CreditBench
{
    const string Programme = "paris";

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

    /// <summary>Takes the samples in again and again, each time with serial numbers moved on, until so many records came in. Reading and checking are measured with the rest.</summary>
    /// <exception cref="InvalidOperationException">A record is refused.</exception>
    public async Task<(int Records, int Posted, int Kept, long Units)> Import(int records, CancellationToken ct)
    {
        var (read, posted, kept, units) = (0, 0, 0, 0L);
        var files = Directory.EnumerateFiles(Path.Combine(packs.DataFolder, "registry", "samples"), "*.csv").Order(StringComparer.Ordinal).Select(f => (Format: FormatOf(f), Lines: Lines(f))).Where(f => f.Format.Kind != ExportKind.Projects && f.Format.Columns.ContainsKey("serial") && f.Format.Kind != ExportKind.Statements).ToList();
        await using var s = sessions.Open(Actor.System);
        var share = records / files.Count + 1;
        foreach (var (format, lines) in files)
        {
            var id = s.NewId();
            await s.Run("insert into registry.credit_import (id, organisation_id, programme, format, file_name, media_type, size_bytes, sha256, state, added_by, added_at) values ($1, $2, $3, $4, 'bench.csv', 'text/csv', 0, $5, 0, $2, $6)", ct, id, Actor.System.PersonId, format.Programme, format.Name, Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(id.ToByteArray())), s.Now);
            await using var stream = new MemoryStream(Repeated(format, lines, Math.Min(share, records - read)));
            var writing = new ImportWriting(book, venue, formats, format, id);
            var file = new CreditImport(id, Guid.Empty, format.Programme, format.Name, "bench.csv", TableLines.Csv, 0, "", CreditImportState.Brought, 0, 0, 0, 0, 0, 0, 0, Guid.Empty, default, null, null);
            var at = 0;
            foreach (var part in imports.Parts(stream, format, writing.PartSize, 0))
            {
                var done = await imports.TakePart(s, writing, file, part, at, ct);
                if (!done.Ok || done.Value.Refused > 0) throw new InvalidOperationException($"{format.Name}: {(done.Ok ? string.Join(", ", done.Value.Findings[0].Args.Values) + done.Value.Findings[0].Code : done.Refusals[0].Code)}");
                at += part.Count;
                (posted, kept, units) = (posted + done.Value.Posted, kept + done.Value.Kept, units + done.Value.PostedUnits);
            }
            read += at;
        }
        return (read, posted, kept, units);
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

    /// <summary>The records of a sample as CSV, round after round; in each the run of counting is another one, or, where the registry counts through, the numbers lie further on.</summary>
    static byte[] Repeated(ExportFormat format, List<List<string>> lines, int records)
    {
        var column = lines[0].IndexOf(format.Columns["serial"]);
        var text = new StringBuilder(records * 256);
        Write(lines[0]);
        for (var (n, round) = (0, 0); n < records; round++)
            for (var i = 1; i < lines.Count && n < records; i++, n++)
            {
                var cells = lines[i].ToList();
                cells[column] = Moved(format, cells[column], round);
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
        var grammar = block.Grammar;
        // Of the one registry that counts through all its units the samples span less than ten million.
        if (block.Series.Length == 0) return block.With(new(block.Range!.Value.First - 933_000_000 + round * 10_000_000L, block.Range.Value.Last - 933_000_000 + round * 10_000_000L)).Text;
        if (round == 0) return serial;
        var parts = block.Parts.ToArray();
        foreach (var name in new[] { "issuance", "batch", "original" })
            if (grammar.Names.ToList().IndexOf(name) is var i and >= 0)
            {
                parts[i] += (name == "batch" ? "_" : "") + (100_000 + round).ToString(CultureInfo.InvariantCulture);
                break;
            }
        return grammar.Write(parts, block.Range);
    }
}
