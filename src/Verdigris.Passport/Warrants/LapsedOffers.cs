using Verdigris.Storage;

namespace Verdigris.Passport.Warrants;

/// <summary>
/// Ends offers whose time has run out when a command about their warrant comes, without waiting for the round that expires overdue tasks: the Book has let the warrant go at
/// that very moment, and the rows must not hold it longer.
/// </summary>
public sealed class LapsedOffers(Approvals approvals, IDbSessions sessions)
{
    /// <summary>Before the command's own transaction: what is settled here has the system's rights and commits by itself.</summary>
    public async Task Settle(DbSession s, Guid warrant, CancellationToken ct)
    {
        foreach (var offer in await WarrantStore.Lapsed(s, warrant, ct)) await approvals.ExpireDue(sessions, ct, offer.ToString());
    }
}
