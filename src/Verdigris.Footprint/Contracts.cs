using NodaTime;
using Verdigris.Primitives;
using Verdigris.Storage;

namespace Verdigris.Footprint;

/// <summary>What the room asks about organisations, which another room keeps. The host brings it.</summary>
public interface IVerifierRegister
{
    /// <summary>Whether the organisation is an active verifier.</summary>
    Task<bool> IsVerifier(DbSession session, Guid organisation, CancellationToken ct);

    /// <summary>Active verifiers, by name.</summary>
    Task<IReadOnlyList<OrganisationName>> All(DbSession session, CancellationToken ct);

    /// <summary>Any organisation's name; null where there is none of that id.</summary>
    Task<OrganisationName?> Find(DbSession session, Guid organisation, CancellationToken ct);
}

/// <summary>An organisation as pages name it.</summary>
public sealed record OrganisationName(Guid Id, string Name, string? NameZh);

/// <summary>A signature in an organisation's name.</summary>
/// <param name="Kid">RFC 7638 thumbprint of the key.</param>
/// <param name="Jws">Detached, RFC 7515 appendix F.</param>
public sealed record OrganisationSeal(string Kid, string Jws);

/// <summary>Keys of organisations, which another room keeps. The host brings it.</summary>
public interface IReportSigner
{
    /// <summary>Signs in the name of the organisation the session acts for, inside its transaction.</summary>
    Task<Answer<OrganisationSeal>> Sign(DbSession session, ReadOnlyMemory<byte> content, CancellationToken ct);

    /// <summary>What a signature is worth: valid, invalid, key-unknown, key-revoked, key-not-valid-then.</summary>
    /// <param name="organisation">In whose name it is said to be.</param>
    Task<string> Judge(DbSession session, OrganisationSeal seal, Guid organisation, ReadOnlyMemory<byte> content, Instant signedAt, CancellationToken ct);
}
