using Microsoft.AspNetCore.Identity;
using NodaTime;
using Verdigris.Primitives;
using Verdigris.Storage;

namespace Verdigris.Server;

/// <summary>Takes up an invitation: the one moment at which a person without a password can get one.</summary>
sealed class Invitations(IDbSessions sessions, UserManager<Person> people, AccessCache cache, IClock clock)
{
    /// <summary>Whom an open link is for; null when it was used, has run out or never was.</summary>
    public async Task<Person?> For(string token, CancellationToken ct)
    {
        await using var session = sessions.Open(Actor.System);
        var person = await session.One("select person_id from server.invitation where token_sha256 = $1 and used_at is null and expires_at > $2", r => r.GetGuid(0), ct,
            BearerHandler.HashOf(token), clock.GetCurrentInstant().ToDateTimeUtc());
        return person == Guid.Empty ? null : await people.FindByIdAsync(person.ToString());
    }

    /// <summary>Sets the first password, or merely confirms the membership of somebody who has one.</summary>
    public async Task<Answer<Done>> Accept(string token, string password, CancellationToken ct)
    {
        var person = await For(token, ct);
        if (person is null) return Refusal.NotFound("invitation.closed");
        if (person.State == PersonState.Invited && await SignInDesk.Weakness(people, person, password) is { } weak) return weak with { Field = "password" };
        await using var session = sessions.Open(Actor.System with { PersonId = person.Id, Name = person.DisplayName });
        // The link is spent first: of two at once, one wins.
        var spent = await session.InTransaction(async inner =>
        {
            var used = await session.Execute("update server.invitation set used_at = $2 where token_sha256 = $1 and used_at is null", inner, BearerHandler.HashOf(token), clock.GetCurrentInstant().ToDateTimeUtc());
            if (used == 1) await session.Audit(new AuditEntry("invitation.accepted", "person", person.Id.ToString()), inner);
            return used == 1;
        }, ct);
        if (!spent) return Refusal.NotFound("invitation.closed");
        if (person.State == PersonState.Invited)
        {
            person.State = PersonState.Active;
            var added = await people.AddPasswordAsync(person, password);
            if (!added.Succeeded) return Refusal.Of("account.password-refused", "password");
        }
        cache.Forget(person.Id);
        return default(Done);
    }
}
