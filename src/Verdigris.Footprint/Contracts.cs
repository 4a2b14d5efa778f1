using Verdigris.Storage;

namespace Verdigris.Footprint;

/// <summary>What the room asks about organisations, which another room keeps. The host brings it.</summary>
public interface IVerifierRegister
{
    /// <summary>Whether the organisation is an active verifier.</summary>
    Task<bool> IsVerifier(DbSession session, Guid organisation, CancellationToken ct);

    /// <summary>Active verifiers, by name.</summary>
    Task<IReadOnlyList<VerifierName>> All(DbSession session, CancellationToken ct);
}

/// <summary>A verifier as a form offers it.</summary>
public sealed record VerifierName(Guid Id, string Name, string? NameZh);
