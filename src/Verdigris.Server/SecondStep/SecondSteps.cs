using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.DataProtection;
using NodaTime;
using Verdigris.Primitives;
using Verdigris.Storage;

namespace Verdigris.Server;

/// <summary>A secret that is being set up: shown once, and counted only when a code made from it has come back.</summary>
/// <param name="Ticket">The secret sealed for this person; goes with the form.</param>
sealed record SecondStepOffer(string Ticket, string Secret, string Address);

/// <summary>Codes of an authenticator app as the second step of signing in, with codes on paper for when the phone is lost. Thread-safe.</summary>
sealed class SecondSteps(IDbSessions sessions, IClock clock, IDataProtectionProvider protection)
{
    const int RecoveryCodes = 10;
    const string RecoveryAlphabet = "abcdefghjkmnpqrstuvwxyz23456789";
    static readonly Duration OfferHolds = Duration.FromMinutes(20);

    readonly IDataProtector secrets = protection.CreateProtector("server.second-step.secret"), offers = protection.CreateProtector("server.second-step.offer");

    public async Task<bool> IsOn(Guid person, CancellationToken ct)
    {
        await using var s = sessions.Open(Actor.System);
        return await s.One("select 1 from server.second_step where person_id = $1", r => r.GetInt32(0), ct, person) == 1;
    }

    /// <summary>Codes on paper that were not used yet.</summary>
    public async Task<int> RecoveryLeft(Guid person, CancellationToken ct)
    {
        await using var s = sessions.Open(Actor.System);
        return (int)await s.One("select count(*) from server.recovery_code where person_id = $1 and used_at is null", r => r.GetInt64(0), ct, person);
    }

    /// <summary>A new secret to set up, or the one of a form that came back.</summary>
    public SecondStepOffer Offer(Actor actor, string signInName, string? ticket = null)
    {
        if (ticket is not null && Opened(actor, ticket) is { } known) return Shown(ticket, known);
        var secret = RandomNumberGenerator.GetBytes(Totp.SecretBytes);
        return Shown(offers.Protect($"{actor.PersonId}|{clock.GetCurrentInstant().ToUnixTimeSeconds()}|{Convert.ToHexString(secret)}"), secret);

        SecondStepOffer Shown(string sealedSecret, byte[] plain) => new(sealedSecret, Totp.Base32(plain), Totp.Address("Verdigris", signInName, plain));
    }

    /// <summary>Turns the second step on, once a code shows that the app has the secret.</summary>
    /// <returns>The codes on paper; they are not shown again.</returns>
    public async Task<Answer<IReadOnlyList<string>>> TurnOn(Actor actor, string? ticket, string? code, CancellationToken ct)
    {
        if (Opened(actor, ticket) is not { } secret) return Refusal.Of("second-step.offer-over", "code");
        if (Totp.StepFor(secret, code ?? "", clock.GetCurrentInstant()) is not { } step) return Refusal.Of("second-step.code-wrong", "code");
        var codes = Enumerable.Range(0, RecoveryCodes).Select(_ => NewRecoveryCode()).ToList();
        await using var s = sessions.Open(Actor.System with { PersonId = actor.PersonId, Name = actor.Name, OrganisationId = actor.OrganisationId });
        return await s.InTransaction<IReadOnlyList<string>>(async t =>
        {
            var made = await s.Execute("insert into server.second_step (person_id, secret_sealed, since, last_step) values ($1, $2, $3, $4) on conflict (person_id) do nothing", t,
                actor.PersonId, secrets.Protect(Convert.ToHexString(secret)), clock.GetCurrentInstant().ToDateTimeUtc(), step);
            if (made == 0) return Refusal.Conflict("second-step.on-already", "code");
            await s.Execute("delete from server.recovery_code where person_id = $1", t, actor.PersonId);
            foreach (var one in codes) await s.Execute("insert into server.recovery_code (person_id, code_sha256) values ($1, $2)", t, actor.PersonId, Hash(one));
            await s.Audit(new AuditEntry("account.second-step-on", "person", actor.PersonId.ToString()), t);
            return codes;
        }, ct);
    }

    /// <summary>Whether what was typed is a code of now, or one of those on paper; it is used up by that.</summary>
    public async Task<bool> Use(Guid person, string? typed, CancellationToken ct)
    {
        if (string.IsNullOrWhiteSpace(typed) || typed.Length > 100) return false;
        await using var s = sessions.Open(Actor.System);
        if (await s.One("select secret_sealed from server.second_step where person_id = $1", r => r.GetString(0), ct, person) is not { } kept) return false;
        if (Totp.StepFor(Convert.FromHexString(secrets.Unprotect(kept)), typed, clock.GetCurrentInstant()) is { } step)
            return await s.Execute("update server.second_step set last_step = $2 where person_id = $1 and last_step < $2", ct, person, step) == 1;
        return await s.Execute("update server.recovery_code set used_at = $3 where person_id = $1 and code_sha256 = $2 and used_at is null", ct, person, Hash(typed), clock.GetCurrentInstant().ToDateTimeUtc()) == 1;
    }

    /// <summary>
    /// An administrator takes the second step off a colleague who lost phone and paper. Only where every organisation of the person is the administrator's own: else one organisation's
    /// administrator would open the door to another's.
    /// </summary>
    public async Task<Answer<Done>> Reset(Actor actor, Guid person, string? reason, CancellationToken ct)
    {
        if (!actor.Is(Role.Administrator) || actor.IsMachine) return Refusal.Forbidden("people.not-administrator");
        if (person == actor.PersonId) return Refusal.Forbidden("people.own-rights");
        await using (var s = sessions.Open(Actor.System))
        {
            var organisations = await s.Many("select organisation_id from server.membership where person_id = $1", r => r.GetGuid(0), ct, person);
            if (!organisations.Contains(actor.OrganisationId)) return Refusal.NotFound("people.not-a-colleague");
            if (organisations.Count > 1) return Refusal.Forbidden("second-step.belongs-elsewhere-too");
        }
        if (!await IsOn(person, ct)) return Refusal.Conflict("second-step.off-already");
        await TurnOff(actor, person, "person.second-step-reset", reason, ct);
        return default(Done);
    }

    /// <summary>Takes the second step off; who may, the caller decides.</summary>
    public async Task TurnOff(Actor actor, Guid person, string action, string? reason, CancellationToken ct)
    {
        await using var s = sessions.Open(Actor.System with { PersonId = actor.PersonId, Name = actor.Name, OrganisationId = actor.OrganisationId });
        await s.InTransaction(async t =>
        {
            await s.Execute("delete from server.second_step where person_id = $1", t, person);
            await s.Execute("delete from server.recovery_code where person_id = $1", t, person);
            await s.Audit(new AuditEntry(action, "person", person.ToString(), reason), t);
            if (person != actor.PersonId)
                await s.Notify(new Notice(NoticeServices.SecondStepReset, new NoticeTo(person, actor.OrganisationId), "server.notice.second-step-reset", new Dictionary<string, string> { ["name"] = actor.Name }, "/account/second-step", "person", person.ToString()), t);
        }, ct);
    }

    byte[]? Opened(Actor actor, string? ticket)
    {
        if (string.IsNullOrEmpty(ticket)) return null;
        try
        {
            var parts = offers.Unprotect(ticket).Split('|');
            var made = Instant.FromUnixTimeSeconds(long.Parse(parts[1], CultureInfo.InvariantCulture));
            return parts[0] == actor.PersonId.ToString() && clock.GetCurrentInstant() - made < OfferHolds ? Convert.FromHexString(parts[2]) : null;
        }
        catch (Exception e) when (e is CryptographicException or FormatException) { return null; }
    }

    /// <summary>Ten characters without those that are taken for one another: 49 bits.</summary>
    static string NewRecoveryCode() => string.Create(11, 0, (text, _) =>
    {
        for (var i = 0; i < text.Length; i++) text[i] = i == 5 ? '-' : RecoveryAlphabet[RandomNumberGenerator.GetInt32(RecoveryAlphabet.Length)];
    });

    static byte[] Hash(string code) => SHA256.HashData(Encoding.UTF8.GetBytes(string.Concat(code.Where(char.IsAsciiLetterOrDigit)).ToLowerInvariant()));
}
