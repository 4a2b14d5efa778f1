using System.Security.Cryptography;
using Microsoft.AspNetCore.Identity;
using NodaTime;
using Verdigris.Passport.Organisations;
using Verdigris.Primitives;
using Verdigris.Storage;

namespace Verdigris.Server;

/// <summary>
/// The first administrator of an empty server. As long as nobody exists, each start makes a new secret path and says it on the terminal; whoever opens it
/// names the operating organisation and oneself. The path closes with the first person.
/// </summary>
sealed class Setup(IDbSessions sessions, OrganisationHandlers organisations, IClock clock)
{
    byte[]? expected;

    /// <summary>The path, or null when there are people already.</summary>
    public async Task<string?> Open(CancellationToken ct)
    {
        if (await AnyPerson(ct)) return null;
        var token = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16));
        expected = BearerHandler.HashOf(token);
        return "/setup/" + token;
    }

    public bool Fits(string token) => expected is { } hash && CryptographicOperations.FixedTimeEquals(hash, BearerHandler.HashOf(token));

    /// <summary>Makes the organisation, of kind exchange, and its administrator.</summary>
    public async Task<Answer<Done>> Do(string token, UserManager<Person> people, string organisation, string country, string displayName, string signInName, string password, CancellationToken ct)
    {
        if (!Fits(token) || await AnyPerson(ct)) return Refusal.NotFound("invitation.closed");
        var now = clock.GetCurrentInstant();
        var person = new Person { Id = Guid.CreateVersion7(now.ToDateTimeOffset()), SignInName = signInName, DisplayName = displayName, State = PersonState.Active, CreatedAt = now };
        if (await SignInDesk.Weakness(people, person, password) is { } weak) return weak with { Field = "password" };
        var wrong = OrganisationRules.Check(new NewOrganisation(OrganisationKind.Exchange, organisation, null, null, country));
        if (wrong.Count > 0) return Answer<Done>.From(wrong);
        await using var session = sessions.Open(PeopleStore.AsSystem(new Actor(person.Id, displayName, Guid.Empty, new HashSet<string> { Role.ExchangeStaff })));
        var made = await organisations.Create(session, new NewOrganisation(OrganisationKind.Exchange, organisation, null, null, country), ct);
        if (!made.Ok) return Answer<Done>.From(made.Refusals);
        var created = await people.CreateAsync(person, password);
        if (!created.Succeeded) return Refusal.Of("people.name-invalid", "name", ("given", signInName));
        await session.InTransaction(async inner =>
        {
            await session.Execute("insert into server.membership (person_id, organisation_id, roles, changed_at, changed_by) values ($1, $2, $3, $4, $1)", inner,
                person.Id, made.Value.Id, new[] { Role.Administrator, Role.ExchangeStaff }, now.ToDateTimeUtc());
            await session.Audit(new AuditEntry("setup.done", "person", person.Id.ToString()), inner);
        }, ct);
        expected = null;
        return default(Done);
    }

    async Task<bool> AnyPerson(CancellationToken ct)
    {
        await using var session = sessions.Open(Actor.System);
        return await session.One("select exists (select from server.person)", r => r.GetBoolean(0), ct);
    }
}
