using System.Collections.Concurrent;
using System.Globalization;
using System.Text;
using NodaTime;
using Verdigris.Passport.Certificates;
using Verdigris.Passport.Evidence;
using Verdigris.Primitives;
using Verdigris.Primitives.Rules;
using Verdigris.Storage;

namespace Verdigris.Passport.Payments;

/// <summary>A list of a publisher as it stood on a day. A version never changes; the newest counts.</summary>
/// <param name="Names">Names on it, aliases included.</param>
/// <param name="Added">Entries the version before did not have.</param>
/// <param name="Removed">Entries only the version before had.</param>
/// <param name="Newest">The version that counts.</param>
public sealed record SanctionsList(Guid Id, string Publisher, LocalDate AsOf, string FileName, string Sha256, int Names, int Added, int Removed, Instant ImportedAt, bool Newest);

/// <param name="Entry">The publisher's own number.</param>
public sealed record ListedName(string Entry, string Name, string? Programme);

/// <param name="Kept">False for a look ahead: nothing was written.</param>
public sealed record SanctionsImport(string Publisher, LocalDate AsOf, string Sha256, int Entries, int Names, int Added, int Removed, bool Kept);

/// <summary>
/// Public lists of sanctioned names, imported as CSV by the exchange: dated, in versions, kept by hash. Columns <c>entry</c> and <c>name</c>, and if they are there <c>aliases</c> (separated by semicolons) and
/// <c>programme</c>; an entry may stand on several lines, a name each.
/// </summary>
public sealed class SanctionsLists(EvidenceStore store, PaymentRules rules)
{
    public const int MostNames = 300_000, LongestName = 300;
    static readonly string[] EntryHeads = ["entry", "id", "entity_logicalid"], NameHeads = ["name", "namealias_wholename"], AliasHeads = ["aliases"], ProgrammeHeads = ["programme", "entity_regulation_programme"];

    /// <summary>One import at a time, and none while a payment passes (which takes this lock shared): it is compared with the list either before it passes or after.</summary>
    internal const string OneAtATime = "sanctions";

    readonly ConcurrentDictionary<Guid, IReadOnlyList<Comparable>> kept = new();

    /// <summary>Reads a file; faults name the line. Blank aliases are passed over.</summary>
    public static Answer<IReadOnlyList<ListedName>> Parse(ReadOnlySpan<byte> content)
    {
        List<(int Line, List<string> Fields)> lines;
        try
        {
            var text = new UTF8Encoding(false, throwOnInvalidBytes: true).GetString(content);
            lines = [.. CsvReader.Read(text.TrimStart('\ufeff'))];
        }
        catch (Exception e) when (e is FormatException or ArgumentException)
        {
            return Refusal.Of("sanctions.unreadable", "file");
        }
        if (lines.Count == 0) return Refusal.Of("sanctions.empty", "file");
        var heads = lines[0].Fields.ConvertAll(h => h.Trim().ToLowerInvariant());
        int Head(string[] names) => heads.FindIndex(names.Contains);
        var (entry, name, aliases, programme) = (Head(EntryHeads), Head(NameHeads), Head(AliasHeads), Head(ProgrammeHeads));
        if (entry < 0 || name < 0) return Refusal.Of("sanctions.column-missing", "file", ("column", entry < 0 ? "entry" : "name"));
        var (listed, wrong) = (new HashSet<ListedName>(), new List<Refusal>());
        foreach (var (line, fields) in lines.Skip(1))
        {
            string? Cell(int at) => at >= 0 && at < fields.Count && fields[at].Trim() is { Length: > 0 } text ? text : null;
            if (Cell(entry) is not { Length: <= 80 } number) wrong.Add(Refusal.Of("sanctions.entry-missing", $"file:{line}", ("line", Text(line))));
            else if (Cell(name) is null) wrong.Add(Refusal.Of("sanctions.name-missing", $"file:{line}", ("line", Text(line))));
            else
                foreach (var one in new[] { Cell(name)! }.Concat((Cell(aliases) ?? "").Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)))
                    if (one.Length > LongestName) wrong.Add(Refusal.Of("sanctions.name-too-long", $"file:{line}", ("line", Text(line)), ("most", Text(LongestName))));
                    else listed.Add(new(number, one, Cell(programme)));
            if (wrong.Count >= 20) break;
        }
        if (wrong.Count > 0) return wrong;
        if (listed.Count == 0) return Refusal.Of("sanctions.empty", "file");
        return listed.Count > MostNames ? Refusal.Of("sanctions.too-many", "file", ("limit", Text(MostNames))) : listed.ToList();
    }

    /// <summary>Looks at a file, or keeps it as the newest version of its publisher's list. A version that loses more than half of the entries is a broken file until somebody says it is not.</summary>
    /// <param name="keep">False: says what would be imported, and writes nothing.</param>
    /// <param name="mayShrink">The loss is meant.</param>
    public async Task<Answer<SanctionsImport>> Import(DbSession s, string? publisher, LocalDate asOf, string? fileName, Stream content, bool keep, bool mayShrink, CancellationToken ct)
    {
        if (Allow.Role(s.Actor, Role.ExchangeStaff) is { } no) return no;
        if (!CertificateRules.IsText(publisher)) return Refusal.Of("payment.text-invalid", "publisher", ("most", "64"));
        if (asOf > s.Today()) return Refusal.Of("sanctions.day-in-future", "asOf", ("given", GateRules.Iso(asOf)));
        using var sent = await EvidenceFiles.Sent(content, EvidenceRules.LargestBytes, ct);
        var name = EvidenceRules.NameOf(fileName);
        var kind = EvidenceRules.Check(name, sent.GetBuffer().AsSpan(0, (int)sent.Length));
        if (!kind.Ok) return Answer<SanctionsImport>.From(kind.Refusals);
        var parsed = Parse(sent.GetBuffer().AsSpan(0, (int)sent.Length));
        if (!parsed.Ok) return Answer<SanctionsImport>.From(parsed.Refusals);
        var sha = Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(sent.GetBuffer().AsSpan(0, (int)sent.Length)));
        return await s.InTransaction<SanctionsImport>(async t =>
        {
            await s.Run("select pg_advisory_xact_lock(hashtextextended($1, 0))", t, OneAtATime);
            var before = (await List(s, t)).FirstOrDefault(l => l.Newest && l.Publisher == publisher!.Trim());
            if (before is not null && before.AsOf >= asOf) return Refusal.Conflict("sanctions.not-newer", "asOf", ("known", GateRules.Iso(before.AsOf)));
            var entries = parsed.Value.Select(n => n.Entry).ToHashSet(StringComparer.Ordinal);
            var old = before is null ? [] : (await s.All("select distinct entry from passport.sanctions_name where list_id = $1", r => r.GetString(0), t, before.Id)).ToHashSet(StringComparer.Ordinal);
            var import = new SanctionsImport(publisher!.Trim(), asOf, sha, entries.Count, parsed.Value.Count, entries.Count(e => !old.Contains(e)), old.Count(e => !entries.Contains(e)), keep);
            if (import.Removed * 2 > old.Count && !mayShrink) return Refusal.Conflict("sanctions.shrinks", "mayShrink", ("removed", Text(import.Removed)), ("entries", Text(old.Count)));
            if (!keep) return import;
            sent.Position = 0;
            await store.Put(sent, kind.Value, t);
            var id = s.NewId();
            await s.Run("insert into passport.sanctions_list (id, publisher, as_of, file_name, sha256, names, added, removed, imported_by, imported_at) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)", t,
                id, import.Publisher, asOf, name, sha, import.Names, import.Added, import.Removed, s.Actor.PersonId, s.Now);
            await s.Run("insert into passport.sanctions_name (list_id, place, entry, name, programme) select $1, p, e, n, g from unnest($2::int[], $3::text[], $4::text[], $5::text[]) as x (p, e, n, g)", t,
                id, Enumerable.Range(1, import.Names).ToArray(), parsed.Value.Select(n => n.Entry).ToArray(), parsed.Value.Select(n => n.Name).ToArray(), parsed.Value.Select(n => n.Programme).ToArray());
            await s.Publish(PassportEvents.SanctionsImported, new SanctionsImported(id, import.Publisher), t);
            await s.Audit(new AuditEntry("sanctions.imported", "sanctions-list", id.ToString(), Details: new { import.Publisher, asOf, import.Names, import.Added, import.Removed }, EvidenceSha256: sha), t);
            return import;
        }, ct);
    }

    /// <summary>Every version, newest first in each publisher.</summary>
    public async Task<IReadOnlyList<SanctionsList>> List(DbSession s, CancellationToken ct) => await s.All("""
        select id, publisher, as_of, file_name, sha256, names, added, removed, imported_at, as_of = max(as_of) over (partition by publisher) from passport.sanctions_list order by publisher, as_of desc
        """, r => new SanctionsList(r.GetGuid(0), r.GetString(1), r.Day(2), r.GetString(3), r.GetString(4), r.GetInt32(5), r.GetInt32(6), r.GetInt32(7), r.Time(8), r.GetBoolean(9)), ct);

    /// <summary>Likenesses of names with the newest lists, by party and entry; of several names of an entry the best.</summary>
    public async Task<(IReadOnlyList<ListFact> Lists, IReadOnlyList<GateHit> Hits)> Screen(DbSession s, IReadOnlyList<string> parties, CancellationToken ct)
    {
        var newest = (await List(s, ct)).Where(l => l.Newest).ToList();
        var names = new List<NamesOfList>();
        foreach (var list in newest) names.Add(new(list.Publisher, list.AsOf, await Names(s, list.Id, ct)));
        foreach (var old in kept.Keys.Except(newest.Select(l => l.Id))) kept.TryRemove(old, out _);
        return (newest.ConvertAll(l => new ListFact(l.Publisher, l.AsOf)), Alike(parties, names));
    }

    /// <summary>The names of a version that the version before of the same publisher did not have; empty where there are none.</summary>
    internal async Task<IReadOnlyList<NamesOfList>> NewOn(DbSession s, Guid list, CancellationToken ct)
    {
        var all = await List(s, ct);
        var version = all.Single(l => l.Id == list);
        var before = all.Where(l => l.Publisher == version.Publisher && l.AsOf < version.AsOf).MaxBy(l => l.AsOf);
        var read = await s.All("""
            select n.entry, n.name, n.programme from passport.sanctions_name n left join passport.sanctions_name o on o.list_id = $2 and o.entry = n.entry and o.name = n.name where n.list_id = $1 and o.list_id is null order by n.place
            """, r => new ListedName(r.GetString(0), r.GetString(1), r.Text(2)), ct, list, before?.Id);
        return read.Count == 0 ? [] : [new(version.Publisher, version.AsOf, Compared(read))];
    }

    /// <summary>Likenesses of names with listed ones, by party and entry; of several names of an entry the best.</summary>
    internal IReadOnlyList<GateHit> Alike(IReadOnlyList<string> parties, IReadOnlyList<NamesOfList> lists)
    {
        var words = parties.Distinct(StringComparer.Ordinal).Select(p => (Name: p, Words: NameMatch.Words(p, rules.LegalForms))).ToList();
        var hits = new List<GateHit>();
        foreach (var list in lists)
            foreach (var listed in list.Names)
                foreach (var party in words)
                    if (NameMatch.Alike(party.Words, listed.Words) is { } exact) hits.Add(new(party.Name, list.Publisher, list.AsOf, listed.Listed.Entry, listed.Listed.Name, listed.Listed.Programme, exact));
        return [.. hits.GroupBy(h => (h.Party, h.Publisher, h.Entry)).Select(g => g.OrderByDescending(h => h.Exact).ThenBy(h => h.Name, StringComparer.Ordinal).First())];
    }

    // A version never changes, so its words are made once.
    async Task<IReadOnlyList<Comparable>> Names(DbSession s, Guid list, CancellationToken ct)
    {
        if (kept.TryGetValue(list, out var known)) return known;
        var read = await s.All("select entry, name, programme from passport.sanctions_name where list_id = $1 order by place", r => new ListedName(r.GetString(0), r.GetString(1), r.Text(2)), ct, list);
        return kept[list] = Compared(read);
    }

    List<Comparable> Compared(List<ListedName> names) => names.ConvertAll(n => new Comparable(n, NameMatch.Words(n.Name, rules.LegalForms)));

    /// <summary>Names of a list, cut into words to be compared.</summary>
    internal sealed record NamesOfList(string Publisher, LocalDate AsOf, IReadOnlyList<Comparable> Names);

    internal sealed record Comparable(ListedName Listed, IReadOnlyList<string> Words);

    static string Text(int value) => value.ToString(CultureInfo.InvariantCulture);
}
