using Verdigris.Primitives;
using Verdigris.Storage;

namespace Verdigris.Registry.Accounts;

/// <summary>Something an organisation administers: a scheme, or a programme of credits. Asks of its table who that is, and whether the actor is of it.</summary>
/// <param name="Table">With columns <c>code</c> and <c>administrator_id</c>.</param>
/// <param name="Field">Of refusals.</param>
/// <param name="Missing">Code where nobody administers it.</param>
/// <param name="NotOf">Code where another does.</param>
sealed record Administered(string Table, string Field, string Missing, string NotOf)
{
    public async Task<Guid?> By(DbSession s, string code, CancellationToken ct) => (await s.All($"select administrator_id from {Table} where code = $1", r => r.MaybeGuid(0), ct, code)).FirstOrDefault();

    /// <summary>The administrator to send a task to.</summary>
    public async Task<Answer<Guid>> Needed(DbSession s, string code, CancellationToken ct) => await By(s, code, ct) is { } known ? known : Refusal.Conflict(Missing, Field, (Field, code));

    /// <summary>Why the actor does not act for it; null where he does: one of the administrator's people with the role, or the system.</summary>
    public async Task<Refusal?> Acts(DbSession s, string code, string role, CancellationToken ct)
    {
        if (s.Actor.Is(Role.System)) return null;
        if (Allow.Role(s.Actor, role) is { } no) return no;
        return await By(s, code, ct) == s.Actor.OrganisationId ? null : Refusal.Forbidden(NotOf, Field, (Field, code));
    }
}
