using NodaTime;
using Verdigris.Registry.Credits.Programmes;

namespace Verdigris.Registry.Credits.Cycle;

/// <summary>Days from the first to the last, both within.</summary>
public readonly record struct Days(LocalDate First, LocalDate Last)
{
    public bool Contains(Days other) => First <= other.First && other.Last <= Last;

    public bool Overlaps(Days other) => First <= other.Last && other.First <= Last;
}

/// <summary>A body's accreditation for a sectoral scope of a programme.</summary>
/// <param name="To">First day without it; null: no end is known.</param>
public sealed record Accreditation(string Programme, int Scope, LocalDate From, LocalDate? To);

/// <summary>What programmes say of periods and of those who check them. Every answer is null where something it needs is not known.</summary>
public static class CycleRules
{
    /// <summary>Whether a crediting period is no longer than the programme allows, and no renewal too many.</summary>
    /// <param name="renewal">0 for the first period.</param>
    public static bool? CreditingWithinLimit(CreditProgramme programme, bool? sink, Days? crediting, int renewal) =>
        sink is not { } is14 || crediting is not { } days || days.Last < days.First ? null
        : renewal <= programme.Renewals && days.Last <= days.First.PlusYears(programme.YearsOf(is14)).PlusDays(-1);

    /// <summary>Whether a monitoring period begins on the day after the last one ended, or on the first day of crediting where it is the first: no gap, no overlap.</summary>
    /// <param name="others">Periods of the project that are not withdrawn, without this one.</param>
    public static bool? Follows(Days period, Days? crediting, IReadOnlyList<Days> others)
    {
        if (period.Last < period.First) return false;
        if (others.Any(o => o.Overlaps(period))) return false;
        var before = others.Where(o => o.Last < period.First).Select(o => (LocalDate?)o.Last).Max();
        if (before is { } last) return last.PlusDays(1) == period.First;
        return crediting is { } days ? days.First == period.First : null;
    }

    /// <summary>Whether a body is accredited for a scope on a day.</summary>
    /// <param name="accreditations">Of the body; null where they are not known.</param>
    public static bool? Accredited(IReadOnlyList<Accreditation>? accreditations, string programme, int? scope, LocalDate day) =>
        accreditations is null || scope is not { } of ? null : accreditations.Any(a => a.Programme == programme && a.Scope == of && a.From <= day && (a.To is null || day < a.To));

    /// <summary>Whether the body may verify although it validated: always but for the first period of programmes that forbid it.</summary>
    /// <param name="validator">Null where it is not known.</param>
    public static bool? NotValidator(CreditProgramme programme, Guid? verifier, Guid? validator, bool firstPeriod) =>
        programme.ValidatorVerifies || !firstPeriod ? true : verifier is null || validator is null ? null : verifier != validator;

    /// <summary>Whether the public had its time to comment. Where the programme's own period is not known, only its dated decision ends it; a decision does not shorten a period that is known.</summary>
    /// <param name="published">First day the design document was shown.</param>
    /// <param name="decided">Day from which the programme says the comments are over; null where it has not decided.</param>
    public static bool? CommentsOver(CreditProgramme programme, LocalDate? published, LocalDate? decided, LocalDate today) =>
        published is not { } shown ? null : programme.CommentDays is { } days ? shown.PlusDays(days) <= today : decided is { } day ? shown <= day && day <= today : null;

    /// <summary>Whether another body must verify: one may do so many periods in a row and no more.</summary>
    /// <param name="before">Bodies of the earlier periods, the last one first; null where one is not known.</param>
    public static bool? WithinRotation(CreditProgramme programme, Guid? verifier, IReadOnlyList<Guid?> before)
    {
        if (programme.Rotation is not { } most) return true;
        if (verifier is null) return null;
        var row = 1;
        foreach (var body in before)
        {
            if (body is null) return null;
            if (body != verifier) break;
            row++;
        }
        return row <= most;
    }

    /// <summary>Whether the last verified day lies further back than the programme allows. Before any verification the crediting's first day counts.</summary>
    public static bool? Overdue(CreditProgramme programme, Days? crediting, LocalDate? lastVerified, LocalDate today) =>
        programme.LateYears is not { } years ? false : (lastVerified ?? crediting?.First) is { } since ? since.PlusYears(years) < today : null;
}
