using NodaTime;
using Verdigris.Primitives;
using Verdigris.Primitives.Rules;

namespace Verdigris.Passport.Specifications;

/// <summary>
/// Max, Min, Range: one element. Listed: no limit of its own, but part of a sum. SumMax: several elements together. OthersEach, OthersTotal: elements reported
/// that the edition does not list. ByDifference: the base metal as 100 less everything listed.
/// </summary>
public enum LimitKind { Max, Min, Range, Listed, SumMax, OthersEach, OthersTotal, ByDifference }

/// <summary>One limit in percent mass fraction, with the places it is printed with.</summary>
/// <param name="Subject">An element, <c>As+Cd+Cr</c>, or the name of a group (<c>OTHERS_TOTAL</c>).</param>
/// <param name="Members">Elements of a sum, worked out when the edition is read; null where it depends on what is reported.</param>
/// <param name="Group">Label of the group in the standard; null where it has none.</param>
public sealed record SpecLimit(string Subject, LimitKind Kind, decimal? Low, decimal? High, string? Group, IReadOnlyList<string>? Members, RuleRef Rule, string? Note)
{
    /// <summary>Only a limit read in its source decides; others warn.</summary>
    public bool Decides => Rule.Status == RuleStatus.Verified;

    public bool IsSum => Kind is LimitKind.SumMax or LimitKind.OthersTotal;

    /// <summary>What a failed list names: the group's label, else its members or name; for one element the symbol.</summary>
    public string Label => IsSum ? Group ?? Subject : Subject;

    /// <summary>The limit as a reader writes it: <c>&lt;= 0.0015</c>.</summary>
    public string Shown => Kind switch
    {
        LimitKind.Range => FormattableString.Invariant($"{Low} - {High}"),
        LimitKind.Min or LimitKind.ByDifference => FormattableString.Invariant($">= {Low}"),
        _ => FormattableString.Invariant($"<= {High}"),
    };
}

/// <summary>A standard in one edition and grade, with its limits in the order the standard gives them.</summary>
/// <param name="Base">Symbol of the base metal.</param>
/// <param name="From">First day it may be used; null where not known.</param>
/// <param name="To">First day it may no longer be used; null while in use.</param>
public sealed record SpecEdition(string Id, string Metal, string Base, string Standard, string Grade, IReadOnlyList<string> Aliases, LocalDate? From, LocalDate? To, RuleRef Rule, IReadOnlyList<SpecLimit> Limits)
{
    public string Name => $"{Standard} {Grade}";

    /// <summary>Elements the edition lists by symbol, limited or part of a sum.</summary>
    public IReadOnlyList<string> Listed { get; } = Limits.Where(l => l.Kind is LimitKind.Max or LimitKind.Min or LimitKind.Range or LimitKind.Listed or LimitKind.ByDifference).Select(l => l.Subject).ToList();
}
