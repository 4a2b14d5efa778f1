using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Identity;
using NodaTime;
using Verdigris.Primitives;
using Verdigris.Storage;

namespace Verdigris.Server;

/// <summary>What the browser is asked, and the ticket that goes with its answer.</summary>
/// <param name="OptionsJson">For <c>navigator.credentials</c>, as Web Authentication level 3 writes it.</param>
/// <param name="Ticket">What was asked, sealed; good once and for five minutes.</param>
sealed record PasskeyChallenge(string OptionsJson, string Ticket);

/// <summary>A passkey as its owner sees it.</summary>
/// <param name="Id">Base64url.</param>
sealed record OwnPasskey(string Id, string Name, Instant CreatedAt, Instant? LastUsedAt, bool Synced);

/// <summary>
/// Passkeys: a key on a device, opened by its owner's finger, face or PIN, instead of password and code. Asking and judging is the framework's; here is that each answer counts once, that the
/// owner is verified by the device, and that every change is in the trail.
/// </summary>
sealed class Passkeys(IPasskeyHandler<Person> handler, UserManager<Person> people, IDbSessions sessions, IDataProtectionProvider protection, IClock clock)
{
    static readonly Duration TicketHolds = Duration.FromMinutes(5);
    const int MostKeys = 20;
    const int LongestAnswer = 20_000;

    readonly IDataProtector tickets = protection.CreateProtector("server.passkey.ticket");

    public async Task<IReadOnlyList<OwnPasskey>> List(Actor actor, CancellationToken ct)
    {
        await using var s = sessions.Open(Actor.System);
        return await s.Many("select credential_id, name, created_at, last_used_at, is_backed_up from server.passkey where person_id = $1 order by created_at, credential_id",
            r => new OwnPasskey(System.Buffers.Text.Base64Url.EncodeToString(r.GetFieldValue<byte[]>(0)), r.GetString(1), r.Moment(2), r.MomentOrNull(3), r.GetBoolean(4)), ct, actor.PersonId);
    }

    /// <summary>What to ask the browser for a new key of somebody signed in.</summary>
    public async Task<PasskeyChallenge> AskNew(HttpContext http, Actor actor, string signInName)
    {
        var asked = await handler.MakeCreationOptionsAsync(new PasskeyUserEntity { Id = actor.PersonId.ToString(), Name = signInName, DisplayName = actor.Name }, http);
        return new(asked.CreationOptionsJson, Ticket("new " + actor.PersonId, asked.AttestationState));
    }

    /// <summary>Keeps a new key.</summary>
    public async Task<Answer<Done>> Add(HttpContext http, Actor actor, string? ticket, string? credential, string? name, CancellationToken ct)
    {
        if (actor.IsMachine || await people.FindByIdAsync(actor.PersonId.ToString()) is not { } person) return Refusal.Forbidden("access.denied");
        if (string.IsNullOrWhiteSpace(name)) return Refusal.Of("input.required", "name");
        if (name.Length > 100) return Refusal.Of("input.too-long", "name", ("limit", "100"), ("given", name.Length.ToString(System.Globalization.CultureInfo.InvariantCulture)));
        if ((await people.GetPasskeysAsync(person)).Count >= MostKeys) return Refusal.Conflict("passkey.too-many", null, ("limit", "20"));
        if (await Spend(ticket, "new " + actor.PersonId, ct) is not { } state) return Refusal.Of("passkey.begin-again");
        if (credential is not { Length: > 0 and <= LongestAnswer }) return Refusal.Of("passkey.not-made");
        var made = await handler.PerformAttestationAsync(new PasskeyAttestationContext { CredentialJson = credential, HttpContext = http, AttestationState = state });
        if (!made.Succeeded) return Refusal.Of("passkey.not-made");
        if (await people.FindByPasskeyIdAsync(made.Passkey.CredentialId) is not null) return Refusal.Conflict("passkey.there-already");
        made.Passkey.Name = name.Trim();
        await people.AddOrUpdatePasskeyAsync(person, made.Passkey);
        await Audit(actor, "account.passkey-added", name.Trim(), ct);
        return default(Done);
    }

    public async Task<Answer<Done>> Remove(Actor actor, string id, CancellationToken ct)
    {
        if (actor.IsMachine || await people.FindByIdAsync(actor.PersonId.ToString()) is not { } person) return Refusal.Forbidden("access.denied");
        var known = (await people.GetPasskeysAsync(person)).SingleOrDefault(k => System.Buffers.Text.Base64Url.EncodeToString(k.CredentialId) == id);
        if (known is null) return Refusal.NotFound("passkey.unknown");
        await people.RemovePasskeyAsync(person, known.CredentialId);
        await Audit(actor, "account.passkey-removed", known.Name, ct);
        return default(Done);
    }

    /// <summary>What to ask the browser of somebody who wants to sign in; nobody's name is told.</summary>
    public async Task<PasskeyChallenge> AskSignIn(HttpContext http)
    {
        var asked = await handler.MakeRequestOptionsAsync(null, http);
        return new(asked.RequestOptionsJson, Ticket("sign-in", asked.AssertionState));
    }

    /// <summary>Whose key answered; null where the answer is no good.</summary>
    public async Task<Person?> Answered(HttpContext http, string? ticket, string? credential, CancellationToken ct)
    {
        if (await Spend(ticket, "sign-in", ct) is not { } state || credential is not { Length: > 0 and <= LongestAnswer }) return null;
        var answer = await handler.PerformAssertionAsync(new PasskeyAssertionContext { CredentialJson = credential, HttpContext = http, AssertionState = state });
        if (!answer.Succeeded || !answer.Passkey.IsUserVerified) return null;
        await people.AddOrUpdatePasskeyAsync(answer.User, answer.Passkey);
        return answer.User;
    }

    string Ticket(string purpose, string? state) => tickets.Protect($"{purpose}|{clock.GetCurrentInstant().ToUnixTimeSeconds()}|{state}");

    /// <summary>What was asked with a ticket of this purpose, the first time it comes back within its time; else null.</summary>
    async Task<string?> Spend(string? ticket, string purpose, CancellationToken ct)
    {
        if (string.IsNullOrEmpty(ticket)) return null;
        try
        {
            var parts = tickets.Unprotect(ticket).Split('|', 3);
            if (parts[0] != purpose || clock.GetCurrentInstant() - Instant.FromUnixTimeSeconds(long.Parse(parts[1], System.Globalization.CultureInfo.InvariantCulture)) > TicketHolds) return null;
            await using var s = sessions.Open(Actor.System);
            await s.Execute("delete from server.passkey_answered where at < $1", ct, (s.Now - Duration.FromHours(1)).ToDateTimeUtc());
            return await s.Execute("insert into server.passkey_answered (ticket_sha256, at) values ($1, $2) on conflict do nothing", ct, BearerHandler.HashOf(ticket), s.Now.ToDateTimeUtc()) == 1 ? parts[2] : null;
        }
        catch (Exception e) when (e is System.Security.Cryptography.CryptographicException or FormatException) { return null; }
    }

    async Task Audit(Actor actor, string action, string? name, CancellationToken ct)
    {
        await using var s = sessions.Open(actor);
        await s.Audit(new AuditEntry(action, "person", actor.PersonId.ToString(), Details: new { name }), ct);
    }
}
