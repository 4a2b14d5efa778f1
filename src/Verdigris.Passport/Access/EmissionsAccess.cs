using Verdigris.Passport.Certificates;
using Verdigris.Passport.Emissions;
using Verdigris.Primitives;

namespace Verdigris.Passport.Access;

/// <summary>Who has to do with the metal of a certificate at this moment.</summary>
/// <param name="WarehouseOrganisation">Operator of the warehouse where the metal lies; null where it lies in none.</param>
/// <param name="OwnerOrganisation">Legal owner as the Book has it now; null where no warrant was issued or the warrant is invalid.</param>
/// <param name="PublicOptIn">The producer lets everybody see the emissions of this brand and year.</param>
public sealed record TitleFacts(Guid ProducerId, Guid? WarehouseOrganisation, Guid? OwnerOrganisation, bool PublicOptIn = false);

/// <summary>Why somebody may see; <see cref="Nobody"/> is the only "no".</summary>
public enum Because { Nobody, System, Exchange, Producer, Warehouse, LegalOwner, Public }

public readonly record struct Decision(Because Because)
{
    public bool Allowed => Because != Because.Nobody;
}

/// <summary>
/// The one decision of who sees a certificate and its emissions: its producer, the exchange, the warehouse where the metal lies, and the current legal
/// owner; emissions also everybody where the producer opted in. Nobody else, former owners included. Every read path asks here: interface, search, list,
/// export, file and the text of errors.
/// </summary>
public static class EmissionsAccess
{
    public static Decision Decide(Actor actor, TitleFacts facts)
    {
        var certificate = DecideCertificate(actor, facts);
        return certificate.Allowed || !facts.PublicOptIn ? certificate : new(Because.Public);
    }

    /// <summary>The certificate itself: the same without the public, who sees emissions only on the brand's page.</summary>
    public static Decision DecideCertificate(Actor actor, TitleFacts facts)
    {
        if (actor.Is(Role.System)) return new(Because.System);
        if (!actor.SignedIn || actor.OrganisationId == Guid.Empty) return new(Because.Nobody);
        if (actor.Is(Role.ExchangeStaff)) return new(Because.Exchange);
        if (actor.OrganisationId == facts.ProducerId) return new(Because.Producer);
        if (actor.OrganisationId == facts.OwnerOrganisation) return new(Because.LegalOwner);
        if (actor.OrganisationId == facts.WarehouseOrganisation) return new(Because.Warehouse);
        return new(Because.Nobody);
    }

    /// <summary>One version of a certificate: as above, and a draft or signed one is the producer's own business until it is published.</summary>
    public static Decision DecideVersion(Actor actor, TitleFacts facts, CertificateState state)
    {
        var decision = DecideCertificate(actor, facts);
        return state is CertificateState.Draft or CertificateState.Signed && decision.Because is Because.LegalOwner or Because.Warehouse ? new(Because.Nobody) : decision;
    }

    /// <summary>A submission: its producer's people always, the exchange once it was handed in, everybody where it is accepted and opted in.</summary>
    public static Decision DecideSubmission(Actor actor, Submission submission)
    {
        var decision = Decide(actor, new TitleFacts(submission.ProducerId, null, null, submission is { PublicOptIn: true, State: SubmissionState.Accepted }));
        return decision.Because == Because.Exchange && submission.State == SubmissionState.Draft ? new(actor.OrganisationId == submission.ProducerId ? Because.Producer : Because.Nobody) : decision;
    }

    /// <summary>
    /// The one answer for what is hidden and for what does not exist: same code, same field, same words, so that nothing can be learned from it.
    /// </summary>
    public static Refusal NotVisible(string what) => Refusal.NotFound("access.not-visible", null, ("what", what));
}
