using NodaTime;

namespace Verdigris.Server;

/// <summary>Somebody who can sign in. What they may do stands in their memberships.</summary>
public sealed class Person
{
    public Guid Id { get; set; }
    /// <summary>What is typed to sign in; usually an e-mail address. Compared without regard to case.</summary>
    public string SignInName { get; set; } = "";
    public string NormalizedName { get; set; } = "";
    public string DisplayName { get; set; } = "";
    public PersonState State { get; set; } = PersonState.Invited;
    public Instant CreatedAt { get; set; }
    public Instant? LastSignInAt { get; set; }

    internal string? PasswordHash { get; set; }
    internal string SecurityStamp { get; set; } = "";
    internal DateTimeOffset? LockoutEnd { get; set; }
    internal int FailedCount { get; set; }
}

/// <summary>Invited: has no password yet. Disabled: keeps its history, cannot sign in.</summary>
public enum PersonState { Invited, Active, Disabled }

/// <summary>The roles of a person in one organisation.</summary>
public sealed record Membership(Guid PersonId, Guid OrganisationId, IReadOnlyList<string> Roles);
