using NodaTime;
using Verdigris.Primitives;
using Verdigris.Storage;

namespace Verdigris.Passport.Sourcing;

/// <summary>How many brands of a metal stand on a track in a state.</summary>
/// <param name="Track">Null while nothing is filed.</param>
/// <param name="Count">Null: the group is too small to be shown.</param>
public sealed record SourcingCount(string Metal, Track? Track, AssessmentState State, int? Count);

/// <summary>The round of a year.</summary>
/// <param name="Hidden">Sum of the groups that are not shown; null where it would tell one of them.</param>
public sealed record YearlyRound(int Year, IReadOnlyList<SourcingCount> Counts, int? Hidden);

/// <summary>What everybody may know of a brand and year once something is filed.</summary>
/// <param name="Published">A track C assessment can be read.</param>
public sealed record ShownBrand(Guid AssessmentId, string BrandCode, Guid ProducerId, int Year, Track Track, AssessmentState State, bool Published);

/// <summary>Figures of the yearly round, and the public list.</summary>
public sealed class SourcingFigures(SourcingRules rules)
{
    /// <summary>
    /// Counts of groups, those smaller than <paramref name="smallest"/> hidden. Their sum is shown only where two or more groups make it up and it is not itself too small: else it would tell
    /// what was hidden.
    /// </summary>
    public static YearlyRound Hide(int year, IEnumerable<(string Metal, Track? Track, AssessmentState State)> brands, int smallest)
    {
        var groups = brands.GroupBy(b => b).Select(g => (g.Key, Count: g.Count())).OrderBy(g => g.Key.Metal, StringComparer.Ordinal).ThenBy(g => g.Key.Track).ThenBy(g => g.Key.State).ToList();
        var small = groups.Where(g => g.Count < smallest).ToList();
        var sum = small.Sum(g => g.Count);
        return new(year, [.. groups.Select(g => new SourcingCount(g.Key.Metal, g.Key.Track, g.Key.State, g.Count < smallest ? null : g.Count))], small.Count == 0 ? 0 : small.Count > 1 && sum >= smallest ? sum : null);
    }

    /// <summary>For the exchange: every brand listed or suspended at the end of the year, or today within it; one without an assessment has not started.</summary>
    public async Task<Answer<YearlyRound>> Round(DbSession s, int year, CancellationToken ct)
    {
        if (Allow.Role(s.Actor, Role.ExchangeStaff) is { } no) return no;
        var today = s.Today();
        if (year < 2019 || year > today.Year) return Refusal.Of("sourcing.year-out-of-range", "year", ("given", year.ToString(System.Globalization.CultureInfo.InvariantCulture)), ("latest", today.Year.ToString(System.Globalization.CultureInfo.InvariantCulture)));
        var end = new LocalDate(year, 12, 31);
        var rows = await s.All("""
            select b.metal, a.track, a.state, a.next_check_due
            from passport.brand b left join passport.sourcing_assessment a on a.brand_code = b.code and a.year = $1
            where a.id is not null or (select l.state from passport.brand_listing l where l.brand_code = b.code and l.from_date <= $2 order by l.seq desc limit 1) in (3, 4)
            """, r => (r.GetString(0), r.IsDBNull(1) ? null : (Track?)r.GetInt16(1), r.IsDBNull(2) ? AssessmentState.NotStarted : AssessmentRules.StateOn((AssessmentState)r.GetInt16(2), r.MaybeDay(3), today)), ct, (short)year, end < today ? end : today);
        return Hide(year, rows, rules.Terms.SmallestGroup);
    }

    /// <summary>Track and state of what was filed for a year, by brand.</summary>
    public async Task<IReadOnlyList<ShownBrand>> Shown(DbSession s, int year, CancellationToken ct)
    {
        var today = s.Today();
        return await s.All("select assessment_id, brand_code, producer_id, year, track, state, next_check_due, published from passport.sourcing_shown($1) order by brand_code",
            r => new ShownBrand(r.GetGuid(0), r.GetString(1), r.GetGuid(2), r.GetInt16(3), (Track)r.GetInt16(4), AssessmentRules.StateOn((AssessmentState)r.GetInt16(5), r.MaybeDay(6), today), r.GetBoolean(7)), ct, year);
    }
}
