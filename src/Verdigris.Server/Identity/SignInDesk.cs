using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Identity;
using NodaTime;
using Verdigris.Primitives;
using Verdigris.Storage;

namespace Verdigris.Server;

/// <param name="Ticket">Not null: the password was right and a code is wanted.</param>
sealed record SignInStep(string? Ticket);

/// <summary>
/// Checks passwords, and codes where a person has a second step, and gives session cookies. A wrong name and a wrong password get the same answer in the same time; five wrong passwords
/// lock the account for ten minutes. Successes, failures and lockouts are audited.
/// </summary>
sealed class SignInDesk(UserManager<Person> people, AccessCache cache, IDbSessions sessions, IClock clock, IPasswordHasher<Person> hasher, SecondSteps secondSteps, SignInSessions signIns, Passkeys passkeys, OutsideAccounts outside, IDataProtectionProvider protection)
{
    // Verified when there is no such person, so that a missing account takes as long as a wrong password.
    static readonly Person Nobody = new() { Id = Guid.Empty };
    static string? nobodysHash;

    /// <summary>How long a password that was right waits for its code.</summary>
    static readonly Duration TicketHolds = Duration.FromMinutes(5);

    readonly IDataProtector tickets = protection.CreateProtector("server.sign-in.second-step");

    /// <summary>Signs in; the session acts for the first of the person's organisations. Who has a second step gets no session yet.</summary>
    /// <returns>Null where the person is signed in; else the ticket that goes with the code to <see cref="SecondStep"/>.</returns>
    public async Task<Answer<SignInStep>> SignIn(HttpContext http, string name, string password, CancellationToken ct)
    {
        var person = await people.FindByNameAsync(name);
        if (person is null || person.State != PersonState.Active || person.PasswordHash is null)
        {
            hasher.VerifyHashedPassword(Nobody, nobodysHash ??= hasher.HashPassword(Nobody, "nobody's password"), password);
            return Refusal.Forbidden("sign-in.wrong", "name");
        }
        if (await people.IsLockedOutAsync(person)) return Locked(person);
        if (!await people.CheckPasswordAsync(person, password))
        {
            await people.AccessFailedAsync(person);
            var locked = await people.IsLockedOutAsync(person);
            await Audit(person, locked ? "sign-in.locked" : "sign-in.failed", ct);
            return locked ? Locked(person) : Refusal.Forbidden("sign-in.wrong", "name");
        }
        // Wrong codes go on counting: whoever knows a password must not be able to guess codes without end.
        return await SecondOrIn(http, person, ct);
    }

    /// <summary>Signs in by an account elsewhere that its owner linked. It stands for the password only: a second step is still asked, and a locked account stays locked.</summary>
    public async Task<Answer<SignInStep>> SignInOutside(HttpContext http, OutsideIdentity identity, CancellationToken ct)
    {
        if (await outside.Owner(identity, ct) is not { State: PersonState.Active } person) return Refusal.Forbidden("outside.not-linked");
        return await people.IsLockedOutAsync(person) ? Refusal.Forbidden("sign-in.locked-outside") : await SecondOrIn(http, person, ct);
    }

    async Task<Answer<SignInStep>> SecondOrIn(HttpContext http, Person person, CancellationToken ct) =>
        await secondSteps.IsOn(person.Id, ct) ? new SignInStep(tickets.Protect($"{person.Id}|{clock.GetCurrentInstant().ToUnixTimeSeconds()}|{person.SecurityStamp}")) : await Admit(http, person, ct);

    /// <summary>The second step: a code of the app, or one on paper, for a ticket of the first.</summary>
    public async Task<Answer<SignInStep>> SecondStep(HttpContext http, string ticket, string? code, CancellationToken ct)
    {
        if (await OfTicket(ticket) is not { } person) return Refusal.Forbidden("sign-in.begin-again", "code");
        if (await people.IsLockedOutAsync(person)) return Locked(person);
        if (await secondSteps.Use(person.Id, code, ct)) return await Admit(http, person, ct);
        await people.AccessFailedAsync(person);
        var locked = await people.IsLockedOutAsync(person);
        await Audit(person, locked ? "sign-in.locked" : "sign-in.code-failed", ct);
        return locked ? Locked(person) : Refusal.Forbidden("sign-in.code-wrong", "code");
    }

    /// <summary>Signs in by a passkey, which is both steps in one: something had, and its owner made sure of by the device.</summary>
    public async Task<Answer<SignInStep>> SignInByPasskey(HttpContext http, string? ticket, string? credential, CancellationToken ct)
    {
        if (await passkeys.Answered(http, ticket, credential, ct) is not { State: PersonState.Active } person) return Refusal.Forbidden("sign-in.passkey-wrong");
        return await people.IsLockedOutAsync(person) ? Locked(person) : await Admit(http, person, ct);
    }

    async Task<Person?> OfTicket(string ticket)
    {
        try
        {
            var parts = tickets.Unprotect(ticket).Split('|', 3);
            if (clock.GetCurrentInstant() - Instant.FromUnixTimeSeconds(long.Parse(parts[1], System.Globalization.CultureInfo.InvariantCulture)) > TicketHolds) return null;
            // A password changed meanwhile, or a person disabled, ends it.
            return await people.FindByIdAsync(parts[0]) is { State: PersonState.Active } person && person.SecurityStamp == parts[2] ? person : null;
        }
        catch (Exception e) when (e is System.Security.Cryptography.CryptographicException or FormatException) { return null; }
    }

    async Task<Answer<SignInStep>> Admit(HttpContext http, Person person, CancellationToken ct)
    {
        var access = await cache.Person(person.Id, ct);
        if (access is null || access.Memberships.Count == 0) return Refusal.Forbidden("sign-in.no-organisation", "name");
        await people.ResetAccessFailedCountAsync(person);
        person.LastSignInAt = clock.GetCurrentInstant();
        await people.UpdateAsync(person);
        await Audit(person, "sign-in.done", ct);
        var organisation = access.Memberships.Keys.Order().First();
        await Give(http, person, organisation, await signIns.Begin(http, person, organisation, ct));
        return new SignInStep(null);
    }

    /// <summary>Takes the own second step off: the password once more, and a code.</summary>
    public async Task<Answer<Done>> TurnOffSecondStep(Actor actor, string password, string? code, CancellationToken ct)
    {
        var person = await people.FindByIdAsync(actor.PersonId.ToString());
        if (person is null) return Refusal.Forbidden("access.denied");
        if (await people.IsLockedOutAsync(person)) return Locked(person);
        var right = await people.CheckPasswordAsync(person, password);
        if (!right || !await secondSteps.Use(person.Id, code, ct))
        {
            await people.AccessFailedAsync(person);
            return right ? Refusal.Forbidden("sign-in.code-wrong", "code") : Refusal.Forbidden("account.password-wrong", "password");
        }
        await people.ResetAccessFailedCountAsync(person);
        await secondSteps.TurnOff(actor, actor.PersonId, "account.second-step-off", null, ct);
        return default(Done);
    }

    /// <summary>Acts for another of the person's organisations, or one that gave leave, from now on.</summary>
    public async Task<Answer<Done>> Switch(HttpContext http, Actor actor, Guid organisation, CancellationToken ct)
    {
        cache.Forget(actor.PersonId);
        var access = await cache.Person(actor.PersonId, ct);
        if (actor.IsMachine || access is null || !(access.Memberships.ContainsKey(organisation) || access.Delegated.ContainsKey(organisation))) return Refusal.Forbidden("account.not-a-member", "organisation");
        var person = await people.FindByIdAsync(actor.PersonId.ToString());
        await Give(http, person!, organisation, SessionOf(http));
        return default(Done);
    }

    /// <summary>A new password; every other session of the person ends.</summary>
    public async Task<Answer<Done>> ChangePassword(HttpContext http, Actor actor, string current, string wanted, CancellationToken ct)
    {
        var person = await people.FindByIdAsync(actor.PersonId.ToString());
        if (person is null) return Refusal.Forbidden("access.denied");
        if (await people.IsLockedOutAsync(person)) return Locked(person);
        if (!await people.CheckPasswordAsync(person, current))
        {
            await people.AccessFailedAsync(person);
            return Refusal.Forbidden("account.password-wrong", "current");
        }
        if (await Weakness(people, person, wanted) is { } weak) return weak with { Field = "wanted" };
        await people.ResetAccessFailedCountAsync(person);
        var changed = await people.ChangePasswordAsync(person, current, wanted);
        if (!changed.Succeeded) return Refusal.Of("account.password-refused", "wanted");
        await signIns.EndOthers(actor, person.Id, SessionOf(http), ct);
        await Audit(person, "account.password-changed", ct);
        await Give(http, person, actor.OrganisationId, SessionOf(http));
        return default(Done);
    }

    /// <summary>Why a password is too weak, or null.</summary>
    public static async Task<Refusal?> Weakness(UserManager<Person> people, Person person, string password)
    {
        if (password.Length > 200) return Refusal.Of("account.password-too-long", null, ("limit", "200"));
        if (password.Contains(person.SignInName.Split('@')[0], StringComparison.OrdinalIgnoreCase)) return Refusal.Of("account.password-has-name");
        foreach (var validator in people.PasswordValidators)
            if (!(await validator.ValidateAsync(people, person, password)).Succeeded) return Refusal.Of("account.password-too-short", null, ("limit", "12"));
        return null;
    }

    static Guid SessionOf(HttpContext http) => http.User.IdOf(ClaimNames.Session) ?? Guid.Empty;

    static Task Give(HttpContext http, Person person, Guid organisation, Guid session) => http.SignInAsync(Schemes.Cookie, SessionCookie.Principal(person, organisation, session));

    Refusal Locked(Person person) => Locked(person, clock);

    internal static Refusal Locked(Person person, IClock clock)
    {
        var rest = person.LockoutEnd is { } end ? Instant.FromDateTimeOffset(end) - clock.GetCurrentInstant() : Duration.Zero;
        return Refusal.Forbidden("sign-in.locked", "name", ("minutes", Math.Max(1, (int)Math.Ceiling(rest.TotalMinutes)).ToString(System.Globalization.CultureInfo.InvariantCulture)));
    }

    // Under the person's own name, and under the organisation whose administrators should read it.
    async Task Audit(Person person, string action, CancellationToken ct)
    {
        var organisation = (await cache.Person(person.Id, ct))?.Memberships.Keys.Order().FirstOrDefault() ?? Guid.Empty;
        await using var session = sessions.Open(Actor.System with { PersonId = person.Id, Name = person.DisplayName, OrganisationId = organisation });
        await session.Audit(new AuditEntry(action, "person", person.Id.ToString()), ct);
    }
}
