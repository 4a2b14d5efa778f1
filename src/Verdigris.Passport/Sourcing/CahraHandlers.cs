using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using NodaTime;
using NodaTime.Text;
using Npgsql;
using Verdigris.Passport.Evidence;
using Verdigris.Primitives;
using Verdigris.Primitives.Rules;
using Verdigris.Storage;

namespace Verdigris.Passport.Sourcing;

/// <summary>A list to import: its name, where it comes from, the day it was issued.</summary>
public sealed record NewCahraList(string Name, string Source, LocalDate ListDate);

/// <summary>Lists of conflict-affected and high-risk areas: the exchange imports versions, everybody reads them. The product ships none.</summary>
public sealed class CahraHandlers
{
    public const int LargestBytes = 1 << 20, MostAreas = 5000;
    const string Header = "country or area,from,to,source";

    /// <summary>
    /// The rows of a CSV file with the header <c>country or area, from, to, source</c>, or what is wrong, each with its line. An open end is empty. Places are ISO 3166 codes: names differ
    /// from list to list and would match nothing.
    /// </summary>
    public static Answer<IReadOnlyList<CahraArea>> Read(ReadOnlySpan<byte> content)
    {
        if (content.Length > LargestBytes) return Refusal.Of("sourcing.list-too-large", "file", ("limit", "1 MiB"));
        string text;
        try { text = new UTF8Encoding(false, true).GetString(content.StartsWith(Encoding.UTF8.Preamble) ? content[3..] : content); }
        catch (DecoderFallbackException) { return Refusal.Of("sourcing.list-unreadable", "file"); }
        var wrong = new List<Refusal>();
        var areas = new List<CahraArea>();
        var first = true;
        try
        {
            foreach (var (at, fields) in CsvReader.Read(text))
            {
                var row = fields.Select(f => f.Trim()).ToList();
                var line = at.ToString(CultureInfo.InvariantCulture);
                if (first)
                {
                    if (!string.Join(',', row).Equals(Header, StringComparison.OrdinalIgnoreCase)) return Refusal.Of("sourcing.list-header", "file", ("needed", Header));
                    first = false;
                    continue;
                }
                if (wrong.Count == 100) break;
                if (row.Count != 4) { wrong.Add(Refusal.Of("sourcing.list-row-length", "file", ("line", line))); continue; }
                LocalDate? from = Day(row[1]), to = Day(row[2]);
                if (!SupplyRules.IsPlace(row[0])) wrong.Add(Refusal.Of("sourcing.list-place", "file", ("line", line), ("given", row[0])));
                else if (from is null || (to is null && row[2].Length > 0) || to <= from) wrong.Add(Refusal.Of("sourcing.list-days", "file", ("line", line), ("given", $"{row[1]} – {row[2]}")));
                else if (row[3].Length is 0 or > SourcingText.LongestLine || row[3].Any(char.IsControl)) wrong.Add(Refusal.Of("sourcing.list-source", "file", ("line", line)));
                else areas.Add(new(row[0], from.Value, to, row[3]));
            }
        }
        catch (FormatException) { return Refusal.Of("sourcing.list-unreadable", "file"); }
        if (wrong.Count > 0) return wrong;
        if (areas.Count == 0) return Refusal.Of("sourcing.list-empty", "file");
        if (areas.Count > MostAreas) return Refusal.Of("sourcing.too-many", "file", ("limit", MostAreas.ToString(CultureInfo.InvariantCulture)));
        return areas;

        static LocalDate? Day(string cell) => LocalDatePattern.Iso.Parse(cell) is { Success: true } parsed ? parsed.Value : null;
    }

    /// <summary>Takes a version in. The same content of the same name and day again answers the version that is there.</summary>
    public async Task<Answer<CahraList>> Import(DbSession s, NewCahraList list, Stream content, CancellationToken ct)
    {
        if (Allow.Role(s.Actor, Role.ExchangeStaff) is { } no) return no;
        var wrong = new List<Refusal>();
        SourcingText.Line(list.Name, "name", wrong);
        SourcingText.Line(list.Source, "source", wrong);
        if (list.ListDate > s.Today()) wrong.Add(Refusal.Of("sourcing.day-in-future", "listDate", ("latest", LocalDatePattern.Iso.Format(s.Today()))));
        if (wrong.Count > 0) return wrong;
        using var kept = await EvidenceFiles.Sent(content, LargestBytes, ct);
        var bytes = kept.ToArray();
        var areas = Read(bytes);
        if (!areas.Ok) return Answer<CahraList>.From(areas.Refusals);
        var made = new CahraList(s.NewId(), list.Name.Trim(), list.Source.Trim(), list.ListDate, Convert.ToHexStringLower(SHA256.HashData(bytes)), areas.Value);
        return await s.InTransaction<CahraList>(async t =>
        {
            var added = await s.Run("insert into passport.sourcing_cahra_list (id, name, source, list_date, sha256, imported_by, imported_at) values ($1, $2, $3, $4, $5, $6, $7) on conflict (name, list_date) do nothing", t,
                made.Id, made.Name, made.Source, made.ListDate, made.Sha256, s.Actor.PersonId, s.Now);
            if (added == 0)
            {
                var there = (await List(s, t)).Single(l => l.Name == made.Name && l.ListDate == made.ListDate);
                return there.Sha256 == made.Sha256 ? there : Refusal.Conflict("sourcing.list-version-taken", "listDate", ("name", made.Name), ("day", LocalDatePattern.Iso.Format(made.ListDate)));
            }
            await s.Run("insert into passport.sourcing_cahra_area (list_id, seq, place, from_date, to_date, source) select $1, seq, place, from_date, to_date, source from unnest($2::int[], $3::text[], $4::date[], $5::date[], $6::text[]) as a (seq, place, from_date, to_date, source)", t,
                made.Id, Enumerable.Range(1, made.Areas.Count).ToArray(), made.Areas.Select(a => a.Place).ToArray(), made.Areas.Select(a => a.From.ToDateOnly()).ToArray(), made.Areas.Select(a => a.To?.ToDateOnly()).ToArray(), made.Areas.Select(a => a.Source).ToArray());
            await s.Audit(new AuditEntry("sourcing.list-imported", "cahra-list", made.Id.ToString(), Details: new { made.Name, made.Source, made.Sha256, Areas = made.Areas.Count }), t);
            return made;
        }, ct);
    }

    /// <summary>All versions with their areas, newest list first.</summary>
    public async Task<IReadOnlyList<CahraList>> List(DbSession s, CancellationToken ct)
    {
        var areas = (await s.All("select list_id, place, from_date, to_date, source from passport.sourcing_cahra_area order by list_id, seq", r => (List: r.GetGuid(0), Area: new CahraArea(r.GetString(1), r.Day(2), r.MaybeDay(3), r.GetString(4))), ct)).ToLookup(a => a.List, a => a.Area);
        return await s.All("select id, name, source, list_date, sha256 from passport.sourcing_cahra_list order by list_date desc, name", r => new CahraList(r.GetGuid(0), r.GetString(1), r.GetString(2), r.Day(3), r.GetString(4), [.. areas[r.GetGuid(0)]]), ct);
    }
}
