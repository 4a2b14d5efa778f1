using NodaTime;
using Verdigris.Primitives;

namespace Verdigris.Passport.Organisations.Groups;

/// <summary>Numbers are stored and never change.</summary>
public enum MembershipState : short
{
    /// <summary>The head asked; the producer has not answered.</summary>
    Invited = 0,
    Member = 1,
    Declined = 2,
    /// <summary>It was a member until its last day.</summary>
    Ended = 3,
}

public enum MembershipEvent { Accept, Decline, End }

/// <summary>A producer and the producers it holds, as both sides say it.</summary>
/// <param name="HeadId">The producer that made the group; always a member.</param>
/// <param name="Members">How many belong to it on the day asked for, the head among them.</param>
public sealed record ProducerGroup(Guid Id, string Name, string? NameZh, Guid HeadId, string HeadName, string? HeadNameZh, string Country, int Members, Instant CreatedAt);

/// <summary>Belonging of a producer to a group.</summary>
/// <param name="FromDay">First day it belongs to it.</param>
/// <param name="LastDay">Last day it did; null while it does, or never did.</param>
/// <param name="Reason">Why it was declined or ended.</param>
public sealed record GroupMembership(Guid Id, Guid GroupId, Guid OrganisationId, string Name, string? NameZh, string Country, LocalDate FromDay, LocalDate? LastDay, MembershipState State, string? Reason, Instant InvitedAt)
{
    public bool HeldOn(LocalDate day) => State is MembershipState.Member or MembershipState.Ended && FromDay <= day && (LastDay is not { } last || day <= last);
}

/// <summary>A group with who belongs to it; invitations only for the two sides and the exchange.</summary>
public sealed record GroupView(ProducerGroup Group, LocalDate Day, IReadOnlyList<GroupMembership> Members, IReadOnlyList<GroupMembership> Former, IReadOnlyList<GroupMembership> Invited);

/// <param name="FromDay">First day the head counts as a member; null is today.</param>
public sealed record NewGroup(string Name, string? NameZh = null, LocalDate? FromDay = null);

/// <param name="FromDay">First day it is to belong to the group; null is the day it accepts.</param>
public sealed record Invitation(Guid OrganisationId, LocalDate? FromDay = null);

/// <param name="LastDay">Last day of belonging; null is today.</param>
public sealed record EndedMembership(LocalDate? LastDay, string? Reason);

/// <summary>Pure decisions about groups.</summary>
public static class GroupRules
{
    public const int LongestReason = 500;
    static readonly LocalDate Earliest = new(1900, 1, 1);

    public static StateTable<MembershipState, MembershipEvent> Moves { get; } = new(Refusal.Conflict("group.state", "state"),
    [
        (MembershipState.Invited, MembershipEvent.Accept, MembershipState.Member),
        (MembershipState.Invited, MembershipEvent.Decline, MembershipState.Declined),
        (MembershipState.Member, MembershipEvent.End, MembershipState.Ended),
    ]);

    public static List<Refusal> Check(NewGroup group, LocalDate today)
    {
        var wrong = new List<Refusal>();
        OrganisationRules.Name(group.Name, "name", wrong);
        if (group.NameZh is { } zh) OrganisationRules.Name(zh, "nameZh", wrong);
        if (OutOfRange(group.FromDay, today) is { } day) wrong.Add(day);
        return wrong;
    }

    /// <summary>A first day that is neither before 1900 nor to come: belonging is told once it is so.</summary>
    public static Refusal? OutOfRange(LocalDate? from, LocalDate today) =>
        from is { } day && (day < Earliest || day > today) ? Refusal.Of("group.day-out-of-range", "fromDay", ("from", "1900-01-01"), ("to", Iso(today))) : null;

    public static Refusal? Last(GroupMembership membership, LocalDate last, LocalDate today) =>
        last < membership.FromDay || last > today ? Refusal.Of("group.day-out-of-range", "lastDay", ("from", Iso(membership.FromDay)), ("to", Iso(today))) : null;

    public static bool IsReason(string? reason) => !string.IsNullOrWhiteSpace(reason) && reason.Length <= LongestReason;

    static string Iso(LocalDate day) => NodaTime.Text.LocalDatePattern.Iso.Format(day);
}
