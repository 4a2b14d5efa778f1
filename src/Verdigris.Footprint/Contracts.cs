using Verdigris.Storage;

namespace Verdigris.Footprint;

/// <summary>What the room asks about organisations, which another room keeps. The host brings it.</summary>
public interface IVerifierRegister
{
    /// <summary>Whether the organisation is an active verifier.</summary>
    Task<bool> IsVerifier(DbSession session, Guid organisation, CancellationToken ct);
}
