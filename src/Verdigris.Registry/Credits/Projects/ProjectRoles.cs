using Verdigris.Primitives;
using Verdigris.Registry.Credits.Cycle;
using Verdigris.Registry.Credits.Programmes;
using Verdigris.Storage;

namespace Verdigris.Registry.Credits.Projects;

/// <summary>Who may do what with projects. Any organisation develops projects; bodies are verifiers; the programme's staff are its administrator's officers and approvers.</summary>
static class ProjectRoles
{
    /// <summary>Roles that write and ask for an organisation that develops or holds, each with the role of the second person.</summary>
    static readonly (string First, string Second)[] Owners = [(Role.OwnerTrader, Role.OwnerApprover), (Role.ProducerEditor, Role.ProducerApprover), (Role.AccountRepresentative, Role.AccountRepresentative)];

    /// <summary>Roles of the first person.</summary>
    public static string[] Writers { get; } = [.. Owners.Select(o => o.First)];

    public static Refusal? Writes(Actor actor) => Allow.AnyRole(actor, Writers);

    /// <summary>The role of the second person for what this actor asks.</summary>
    public static string Second(Actor actor) => Owners.FirstOrDefault(o => actor.Is(o.First)) is { Second: { } second } ? second : Role.OwnerApprover;

    /// <summary>Whether the actor is the first person of a side.</summary>
    public static bool IsOf(CycleSide side, Actor actor, CreditProject project, CreditPeriod? period, Guid? administrator) => side switch
    {
        CycleSide.Developer => project.DeveloperId == actor.OrganisationId && Writes(actor) is null,
        CycleSide.Body => (period is null ? project.ValidatorId : period.VerifierId) == actor.OrganisationId && actor.Is(Role.VerifierLead),
        _ => administrator == actor.OrganisationId && actor.Is(Role.AuthorityOfficer),
    };

    /// <summary>Whose people decide on a step, and in which role.</summary>
    public static (Guid Organisation, string Role) Deciders(CycleSide side, Actor actor) => (actor.OrganisationId, side switch { CycleSide.Developer => Second(actor), CycleSide.Body => Role.VerifierReviewer, _ => Role.AuthorityApprover });
}
