using NodaTime;
using Verdigris.Primitives;

namespace Verdigris.Registry.Credits.Duplicates;

/// <summary>What a person decided of two projects that may be one. Numbers are those of the table.</summary>
public enum MatchDecision
{
    /// <summary>Nobody has decided: units of both wait.</summary>
    Open,
    /// <summary>Two activities.</summary>
    Distinct,
    /// <summary>One activity that went from one programme to the other: reductions from a day on count in the new one, earlier ones in the old one.</summary>
    Moved,
    /// <summary>One activity registered in both on purpose: units go over by conversion only.</summary>
    Linked,
    /// <summary>One activity counted twice: its units count in one of the two programmes.</summary>
    Duplicate,
}

/// <summary>One side of a match.</summary>
/// <param name="ProjectId">Null where the project is known from a file only that has not come in.</param>
public sealed record MatchSide(string Programme, string Number, string? Name, Guid? ProjectId);

/// <summary>A decision that was made; the last one counts.</summary>
/// <param name="OrganisationId">Whose approver decided.</param>
public sealed record MatchRuling(MatchDecision Decision, string? Stands, LocalDate? MovedOn, string Reason, Guid OrganisationId, Instant DecidedAt);

/// <summary>Two projects of two registries that meet a rule of matching.</summary>
/// <param name="Overlaps">Whether the years of their units meet; null where they are not known.</param>
/// <param name="FoundIn">What was under way: import, step or order, and which, parted by a bar.</param>
/// <param name="Stands">The programme in which the units count, where it was decided.</param>
public sealed record ProjectMatch(Guid Id, MatchSide One, MatchSide Other, string Rule, IReadOnlyList<MatchEvidence> Evidence, bool? Overlaps, string FoundIn, Instant FoundAt, MatchDecision Decision, string? Stands, LocalDate? MovedOn, int RowVersion, IReadOnlyList<MatchRuling> Rulings)
{
    /// <summary>Whether units wait for a decision: nobody has decided, and the years meet or are not known.</summary>
    public bool Holds => Decision == MatchDecision.Open && Overlaps is not false;
}

/// <param name="Stands">Moved: the programme it went to. Duplicate: the one in which the units count.</param>
/// <param name="MovedOn">Moved: first day of the reductions that count in the new programme.</param>
/// <param name="RowVersion">Of the match as it was read.</param>
public sealed record NewRuling(MatchDecision? Decision, string? Reason, int RowVersion, string? Stands = null, LocalDate? MovedOn = null);

/// <summary>Days of reductions; nulls where they are not known.</summary>
public sealed record Span(LocalDate? From, LocalDate? To)
{
    /// <summary>Whether two lists share a day: unknown where nothing shared is known and something of either is not.</summary>
    public static bool? Meet(IReadOnlyCollection<Span> one, IReadOnlyCollection<Span> other)
    {
        if (one.Any(a => other.Any(b => a is { From: { } from, To: { } to } && b is { From: { } first, To: { } last } && from <= last && first <= to))) return true;
        return one.Count == 0 || other.Count == 0 || one.Concat(other).Any(s => s.From is null || s.To is null) ? null : false;
    }
}

/// <summary>A decided match as one of its programmes sees it.</summary>
sealed record MatchStanding(Guid Id, string Programme, string Number, MatchSide Other, string Rule, bool? Overlaps, MatchDecision Decision, string? Stands, LocalDate? MovedOn)
{
    /// <summary>Why units of these years do not come in, or do not go on; null where they may. What is not known of the years does not pass.</summary>
    public Refusal? Stops(LocalDate? from, LocalDate? to)
    {
        var other = $"{Other.Programme} {Other.Number}";
        return Decision switch
        {
            MatchDecision.Open when Overlaps is not false => Refusal.Conflict("credits.duplicate-open", "project", ("other", other), ("project", $"{Programme} {Number}")),
            MatchDecision.Duplicate when Stands != Programme => Refusal.Conflict("credits.duplicate-decided", "project", ("other", other), ("project", $"{Programme} {Number}")),
            MatchDecision.Moved when !(Stands == Programme ? from >= MovedOn : to < MovedOn) => Refusal.Conflict("credits.moved-vintage", "project", ("other", other), ("project", $"{Programme} {Number}"), ("day", $"{MovedOn:uuuu-MM-dd}"), ("stands", Stands!)),
            _ => null,
        };
    }
}
