using System.Security.Cryptography;
using Microsoft.AspNetCore.Identity;
using NodaTime;
using Verdigris.Primitives;
using Verdigris.Storage;
using Verdigris.Web;

namespace Verdigris.Server;

/// <summary>
/// A new password by a link in an e-mail. Asking gets the same answer in the same time for every name: what is asked goes into the outbox, and only its delivery looks whether there is such
/// an account. The link works once; whoever has a second step needs a code as well.
/// </summary>
sealed class AccountRecovery(UserManager<Person> people, SecondSteps secondSteps, SignInSessions signIns, IDbSessions sessions, IPasswordHasher<Person> hasher, IClock clock)
{
    public const string Topic = "server.recovery-asked";

    /// <param name="Name">As it was typed.</param>
    public sealed record Asked(string Name);

    /// <summary>Asks for a link.</summary>
    public async Task Ask(string name, CancellationToken ct)
    {
        await using var s = sessions.Open(Actor.Public);
        await s.Publish(Topic, new Asked(name.Length > 200 ? name[..200] : name), ct);
    }

    /// <summary>Whose an open link is, and whether a code is wanted; null when it was used, has run out or never was.</summary>
    public async Task<(Person Person, bool NeedsCode)?> For(string token, CancellationToken ct)
    {
        await using var s = sessions.Open(Actor.System);
        var id = await s.One("select person_id from server.recovery where token_sha256 = $1 and used_at is null and expires_at > $2", r => r.GetGuid(0), ct, BearerHandler.HashOf(token), s.Now.ToDateTimeUtc());
        if (id == Guid.Empty || await people.FindByIdAsync(id.ToString()) is not { State: PersonState.Active } person) return null;
        return (person, await secondSteps.IsOn(id, ct));
    }

    /// <summary>Sets the password and ends every session. A wrong code counts towards the lockout and leaves the link open.</summary>
    public async Task<Answer<Done>> Set(string token, string password, string? code, CancellationToken ct)
    {
        if (await For(token, ct) is not var (person, needsCode)) return Refusal.NotFound("recovery.closed");
        if (await people.IsLockedOutAsync(person)) return SignInDesk.Locked(person, clock);
        if (await SignInDesk.Weakness(people, person, password) is { } weak) return weak with { Field = "password" };
        if (needsCode && !await secondSteps.Use(person.Id, code, ct))
        {
            await people.AccessFailedAsync(person);
            return Refusal.Forbidden("sign-in.code-wrong", "code");
        }
        var actor = Actor.System with { PersonId = person.Id, Name = person.DisplayName };
        await using var s = sessions.Open(actor);
        // The link is spent first: of two at once, one wins.
        var spent = await s.InTransaction(async t =>
        {
            if (await s.Execute("update server.recovery set used_at = $2 where token_sha256 = $1 and used_at is null", t, BearerHandler.HashOf(token), s.Now.ToDateTimeUtc()) == 0) return false;
            await s.Execute("update server.recovery set used_at = $2 where person_id = $1 and used_at is null", t, person.Id, s.Now.ToDateTimeUtc());
            await s.Audit(new AuditEntry("account.recovered", "person", person.Id.ToString()), t);
            await s.Notify(new Notice(NoticeServices.Recovered, new NoticeTo(person.Id), "server.notice.recovered", new Dictionary<string, string>(), "/account", "person", person.Id.ToString()), t);
            return true;
        }, ct);
        if (!spent) return Refusal.NotFound("recovery.closed");
        person.PasswordHash = hasher.HashPassword(person, password);
        await people.UpdateSecurityStampAsync(person);
        await people.ResetAccessFailedCountAsync(person);
        await signIns.EndOthers(actor, person.Id, Guid.Empty, ct);
        return default(Done);
    }
}

/// <summary>Sends the link, where there is an account and something to write to; three an hour at most.</summary>
sealed class RecoveryDelivery(MailSender mail, StringCatalogue texts, ServerAddress address) : IOutboxSubscriber
{
    static readonly UpperInvariantLookupNormalizer Names = new();
    static readonly Duration LinkLife = Duration.FromMinutes(30);
    const int MostAnHour = 3;

    public string Name => "server.recovery";

    public bool Wants(string topic) => topic == AccountRecovery.Topic;

    public async Task Handle(DbSession session, OutboxEvent e, CancellationToken ct)
    {
        var asked = e.Payload<AccountRecovery.Asked>().Name.Trim();
        var (person, to) = await session.One("""
            select p.id, p.sign_in_name from server.person p join server.credential c on c.person_id = p.id
            where p.normalized_name = $1 and p.state = 'active' and c.password_hash is not null
              and (select count(*) from server.recovery r where r.person_id = p.id and r.created_at > $2) < $3
            """, r => (r.GetGuid(0), r.GetString(1)), ct, Names.NormalizeName(asked), (session.Now - Duration.FromHours(1)).ToDateTimeUtc(), MostAnHour);
        if (person == Guid.Empty) return;
        var token = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(32));
        await session.Execute("insert into server.recovery (token_sha256, person_id, created_at, expires_at) values ($1, $2, $3, $4)", ct,
            BearerHandler.HashOf(token), person, session.Now.ToDateTimeUtc(), (session.Now + LinkLife).ToDateTimeUtc());
        var link = address.Of("/recover/" + token);
        await mail.Enqueue(session, person, to, texts.Get(StringCatalogue.English, "server.recovery.mail-subject") + " / " + texts.Get(StringCatalogue.Chinese, "server.recovery.mail-subject"),
            string.Join("\r\n\r\n----\r\n\r\n", StringCatalogue.Languages.Select(l => texts.For(l).With("server.recovery.mail", ("link", link)))), ct, e.Id, holdsKey: true);
        await session.Audit(new AuditEntry("account.recovery-asked", "person", person.ToString()), ct);
    }
}
