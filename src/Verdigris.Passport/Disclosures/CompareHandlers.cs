using Verdigris.Passport.Reading;
using Verdigris.Primitives;
using Verdigris.Storage;
using Verdigris.Web;

namespace Verdigris.Passport.Disclosures;

/// <summary>Subjects side by side.</summary>
/// <param name="Groups">Statistics of each version and boundary that is ranked here.</param>
public sealed record SideBySide(IReadOnlyList<Subject> Subjects, IReadOnlyList<ComparedRow> Rows, IReadOnlyList<ComparedGroup> Groups);

/// <summary>Use case: up to twelve companies, plants, brands or products beside each other.</summary>
public sealed class CompareHandlers(DisclosureRegister register)
{
    /// <param name="ids">Keys of subjects, separated by commas.</param>
    public async Task<Answer<SideBySide>> Compare(DbSession s, string? ids, CancellationToken ct)
    {
        var keys = (ids ?? "").Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        if (keys.Length == 0) return Refusal.Of("compare.nothing", "ids");
        if (keys.Length > Comparison.MostSubjects) return Refusal.Of("compare.too-many", "ids", ("limit", "12"), ("given", keys.Length.ToString(System.Globalization.CultureInfo.InvariantCulture)));
        var subjects = new List<Subject>();
        var wrong = new List<Refusal>();
        for (var i = 0; i < keys.Length; i++)
        {
            if (await Subjects.Find(s, keys[i], ct) is not { } subject) wrong.Add(Refusal.Of("compare.subject-unknown", $"ids[{i}]", ("given", keys[i])));
            else if (subjects.All(known => known.Key != subject.Key)) subjects.Add(subject);
        }
        if (wrong.Count > 0) return wrong;
        var rows = Comparison.Of(await register.OfSubjects(s, [.. subjects.Select(x => x.Key)], ct));
        var groups = new List<ComparedGroup>();
        foreach (var (methodology, boundary) in rows.SelectMany(r => r.Cells.Values).Where(c => c.Rank is not null).Select(c => (c.Disclosure.Methodology.Id, c.Disclosure.Content.Boundary!)).Distinct())
            groups.Add(new(methodology, boundary, await register.Statistics(s, methodology, boundary, ct)));
        return new SideBySide(subjects, rows, groups);
    }

    /// <summary>The same as CSV: a line a cell, with its rank or the reason there is none.</summary>
    public static async Task Write(SideBySide compared, Stream output, CancellationToken ct)
    {
        await using var csv = new CsvLineWriter(output);
        await csv.Line(ct, "class", "methodology", "version", "boundary", "subject", "subjectName", "kind", "value", "unit", "certificateNo", "statement", "periodFrom", "periodTo", "assurance", "validTo", "rank", "among", "notComparable");
        foreach (var row in compared.Rows)
            foreach (var subject in compared.Subjects.Where(x => row.Cells.ContainsKey(x.Key)))
            {
                var cell = row.Cells[subject.Key];
                var (d, c, m) = (cell.Disclosure, cell.Disclosure.Content, cell.Disclosure.Methodology);
                await csv.Line(ct, m.Class, m.Code, m.Version, c.Boundary, subject.Key, subject.Name, m.ValueKind, c.Value, m.Unit, c.CertificateNo, c.Statement, c.PeriodFrom, c.PeriodTo, d.Content.Assurance, c.ValidTo, cell.Rank, cell.Rank is null ? null : cell.Among, cell.Why);
            }
    }
}
