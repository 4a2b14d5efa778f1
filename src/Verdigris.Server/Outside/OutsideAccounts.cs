using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Identity;
using Microsoft.AspNetCore.WebUtilities;
using NodaTime;
using Npgsql;
using Verdigris.Primitives;
using Verdigris.Storage;

namespace Verdigris.Server;

/// <summary>An account elsewhere as its owner sees it.</summary>
sealed record OutsideAccount(string Issuer, string Label, Instant LinkedAt, Instant? LastUsedAt);

/// <summary>What came back from the provider.</summary>
/// <param name="LinkFor">The person who asked for the account to be linked; null where somebody wants to sign in.</param>
sealed record OutsideAnswer(OutsideIdentity Identity, Guid? LinkFor, string? Return);

/// <summary>
/// Sign-in by an account elsewhere. It opens what is there and makes nothing: an account is linked by its owner, who is signed in and gives the password once more; nobody is known by an e-mail address the
/// other side vouches for, and roles are given here only. What is asked is sealed into a cookie of ten minutes, so that an answer is good in the browser that asked and nowhere else.
/// </summary>
sealed class OutsideAccounts(OutsideProvider provider, UserManager<Person> people, IDbSessions sessions, IDataProtectionProvider protection, IClock clock, ServerOptions server)
{
    public const string AnswerPath = "/sign-in/outside/answer", Cookie = "verdigris.outside";
    static readonly Duration Waits = Duration.FromMinutes(10), LinkHolds = Duration.FromMinutes(5);

    readonly IDataProtector asked = protection.CreateProtector("server.outside.asked"), links = protection.CreateProtector("server.outside.link");

    /// <summary>Where the browser is to go to be asked who it is, and what to remember of it.</summary>
    /// <param name="linkTicket">From <see cref="LinkTicket"/>, where an account is to be linked.</param>
    public async Task<Answer<Uri>> Begin(HttpContext http, Actor actor, string? linkTicket, string? back, CancellationToken ct)
    {
        if (provider.Options is not { } at) return Refusal.NotFound("outside.none");
        if (linkTicket is not null && !Links(linkTicket, actor)) return Refusal.Forbidden("outside.begin-again");
        if (await provider.Addresses(ct) is not { } addresses) return Refusal.Of("outside.unreachable") with { Kind = RefusalKind.Unavailable };
        var (state, nonce, verifier) = (Random(), Random(), Random());
        var sealedText = asked.Protect(string.Join('|', state, nonce, verifier, linkTicket is null ? "-" : actor.PersonId.ToString(), clock.GetCurrentInstant().ToUnixTimeSeconds(), AccountRoutes.Local(back)));
        http.Response.Cookies.Append(Cookie, sealedText, new CookieOptions { HttpOnly = true, Secure = http.Request.IsHttps, SameSite = SameSiteMode.Lax, Path = "/sign-in/outside", MaxAge = Waits.ToTimeSpan(), IsEssential = true });
        return new Uri(QueryHelpers.AddQueryString(addresses.Authorize.AbsoluteUri, new Dictionary<string, string?>
        {
            ["response_type"] = "code",
            ["client_id"] = at.ClientId,
            ["redirect_uri"] = Redirect(http),
            ["scope"] = "openid email profile",
            ["state"] = state,
            ["nonce"] = nonce,
            ["code_challenge"] = Base64UrlTextEncoder.Encode(SHA256.HashData(Encoding.ASCII.GetBytes(verifier))),
            ["code_challenge_method"] = "S256",
        }));
    }

    /// <summary>Who came back, proved; the cookie is spent whatever comes of it.</summary>
    public async Task<Answer<OutsideAnswer>> Answered(HttpContext http, CancellationToken ct)
    {
        var (query, remembered) = (http.Request.Query, http.Request.Cookies[Cookie]);
        http.Response.Cookies.Delete(Cookie, new CookieOptions { Path = "/sign-in/outside" });
        if (provider.Options is null || Remembered(remembered) is not [var state, var nonce, var verifier, var person, var at, var back] || !Same(query["state"].ToString(), state)
            || clock.GetCurrentInstant() - Instant.FromUnixTimeSeconds(long.Parse(at, System.Globalization.CultureInfo.InvariantCulture)) > Waits) return Refusal.Forbidden("outside.begin-again");
        if (query["code"].ToString() is not { Length: > 0 and <= 4096 } code) return Refusal.Forbidden("outside.refused-there");
        // A provider that says which one it is must be the one that was asked (RFC 9207).
        if (query["iss"].ToString() is { Length: > 0 } issuer && issuer != provider.Options.Issuer) return Refusal.Forbidden("outside.token-wrong");
        if (await provider.Addresses(ct) is not { } addresses || await provider.Token(addresses, code, verifier, Redirect(http), ct) is not { } token) return Refusal.Of("outside.unreachable") with { Kind = RefusalKind.Unavailable };
        var (identity, fault) = await provider.Judge(addresses, token, nonce, ct);
        if (identity is null) return Refusal.Forbidden("outside.token-wrong", null, ("fault", fault.ToString()));
        return new OutsideAnswer(identity, Guid.TryParse(person, out var owner) ? owner : null, back);
    }

    /// <summary>Whose account it opens; null where nobody linked it.</summary>
    public async Task<Person?> Owner(OutsideIdentity identity, CancellationToken ct)
    {
        await using var s = sessions.Open(Actor.System);
        var id = await s.One("update server.outside_account set last_used_at = $3 where issuer = $1 and subject = $2 returning person_id", r => r.GetGuid(0), ct, identity.Issuer, identity.Subject, s.Now.ToDateTimeUtc());
        return id == Guid.Empty ? null : await people.FindByIdAsync(id.ToString());
    }

    /// <summary>The owner gives the password once more; the ticket lets the link be made in the next minutes.</summary>
    public async Task<Answer<string>> LinkTicket(Actor actor, string? password, CancellationToken ct)
    {
        if (provider.Options is null) return Refusal.NotFound("outside.none");
        if (actor.IsMachine || await people.FindByIdAsync(actor.PersonId.ToString()) is not { } person) return Refusal.Forbidden("access.denied");
        if (await people.IsLockedOutAsync(person)) return SignInDesk.Locked(person, clock) with { Field = "password" };
        if (!await people.CheckPasswordAsync(person, password ?? ""))
        {
            await people.AccessFailedAsync(person);
            return Refusal.Forbidden("account.password-wrong", "password");
        }
        await people.ResetAccessFailedCountAsync(person);
        return links.Protect($"{actor.PersonId}|{clock.GetCurrentInstant().ToUnixTimeSeconds()}");
    }

    /// <summary>Links an account elsewhere to whoever asked for it and is still signed in.</summary>
    public async Task<Answer<Done>> Link(Actor actor, OutsideAnswer answer, CancellationToken ct)
    {
        if (!actor.SignedIn || actor.IsMachine || answer.LinkFor != actor.PersonId) return Refusal.Forbidden("outside.begin-again");
        await using var s = sessions.Open(Actor.System with { PersonId = actor.PersonId, Name = actor.Name, OrganisationId = actor.OrganisationId });
        try
        {
            return await s.InTransaction<Done>(async t =>
            {
                await s.Execute("insert into server.outside_account (issuer, subject, person_id, label, linked_at) values ($1, $2, $3, $4, $5)", t, answer.Identity.Issuer, answer.Identity.Subject, actor.PersonId, answer.Identity.Label, s.Now.ToDateTimeUtc());
                await s.Audit(new AuditEntry("account.outside-linked", "person", actor.PersonId.ToString(), Details: new { answer.Identity.Issuer }), t);
                return default(Done);
            }, ct);
        }
        catch (PostgresException e) when (e.SqlState == PostgresErrorCodes.UniqueViolation)
        {
            return Refusal.Conflict(e.ConstraintName == "outside_account_one_a_person" ? "outside.one-already" : "outside.taken");
        }
    }

    public async Task<Answer<Done>> Remove(Actor actor, string issuer, CancellationToken ct)
    {
        if (actor.IsMachine) return Refusal.Forbidden("access.denied");
        await using var s = sessions.Open(Actor.System with { PersonId = actor.PersonId, Name = actor.Name, OrganisationId = actor.OrganisationId });
        return await s.InTransaction<Done>(async t =>
        {
            if (await s.Execute("delete from server.outside_account where person_id = $1 and issuer = $2", t, actor.PersonId, issuer) == 0) return Refusal.NotFound("outside.unknown");
            await s.Audit(new AuditEntry("account.outside-removed", "person", actor.PersonId.ToString(), Details: new { issuer }), t);
            return default(Done);
        }, ct);
    }

    public async Task<IReadOnlyList<OutsideAccount>> List(Actor actor, CancellationToken ct)
    {
        await using var s = sessions.Open(Actor.System);
        return await s.Many("select issuer, label, linked_at, last_used_at from server.outside_account where person_id = $1 order by linked_at", r => new OutsideAccount(r.GetString(0), r.GetString(1), r.Moment(2), r.MomentOrNull(3)), ct, actor.PersonId);
    }

    bool Links(string ticket, Actor actor)
    {
        try
        {
            var parts = links.Unprotect(ticket).Split('|');
            return actor.SignedIn && parts[0] == actor.PersonId.ToString() && clock.GetCurrentInstant() - Instant.FromUnixTimeSeconds(long.Parse(parts[1], System.Globalization.CultureInfo.InvariantCulture)) <= LinkHolds;
        }
        catch (Exception e) when (e is CryptographicException or FormatException) { return false; }
    }

    string[]? Remembered(string? cookie)
    {
        if (string.IsNullOrEmpty(cookie)) return null;
        try { return asked.Unprotect(cookie).Split('|', 6); }
        catch (Exception e) when (e is CryptographicException or FormatException) { return null; }
    }

    string Redirect(HttpContext http) => (server.PublicAddress?.GetLeftPart(UriPartial.Authority) ?? $"{http.Request.Scheme}://{http.Request.Host}") + AnswerPath;

    static string Random() => Base64UrlTextEncoder.Encode(RandomNumberGenerator.GetBytes(32));

    static bool Same(string a, string b) => CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(a), Encoding.UTF8.GetBytes(b));
}
