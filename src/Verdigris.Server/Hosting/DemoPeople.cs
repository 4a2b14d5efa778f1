using Microsoft.AspNetCore.Identity;
using Microsoft.Extensions.DependencyInjection;
using NodaTime;
using Verdigris.Passport;
using Verdigris.Primitives;
using Verdigris.Storage;

namespace Verdigris.Server;

/// <summary>Who can be played on this server, for the sign-in page; empty without the demo.</summary>
sealed class DemoCast
{
    public IReadOnlyList<DemoPerson> People { get; set; } = [];

    /// <summary>One person for each set of roles: what is worth showing of a long list.</summary>
    public IEnumerable<DemoPerson> OneEach => People.DistinctBy(p => string.Join(' ', p.Roles.Order(StringComparer.Ordinal)));
}

/// <summary>
/// Sign-ins for the people of the demo. All have the same well-known password, which is why a server with the demo listens on the loopback only.
/// </summary>
static class DemoPeople
{
    public const string Password = "every tonne once";

    /// <summary>Makes those who are missing. Safe to repeat.</summary>
    public static async Task Ensure(IServiceProvider services, IReadOnlyList<DemoPerson> cast, CancellationToken ct)
    {
        await using var scope = services.CreateAsyncScope();
        var people = scope.ServiceProvider.GetRequiredService<UserManager<Person>>();
        var now = services.GetRequiredService<IClock>().GetCurrentInstant();
        await using var session = services.GetRequiredService<IDbSessions>().Open(Actor.System);
        var there = (await session.Many("select id from server.person", r => r.GetGuid(0), ct)).ToHashSet();
        // A person is whole when the trail says so: a start broken off between person and membership goes on with the membership.
        var whole = (await session.Many("select subject_id from storage.audit_event where subject_kind = 'person' and action = 'person.demo-made'", r => Guid.Parse(r.GetString(0)), ct)).ToHashSet();
        string? hash = null;
        foreach (var one in cast.Where(p => !whole.Contains(p.PersonId)))
        {
            if (!there.Contains(one.PersonId))
            {
                var person = new Person { Id = one.PersonId, SignInName = one.UserName, DisplayName = one.Name, State = PersonState.Active, CreatedAt = now };
                // One hash for all: they share the password, and hashing is slow by design.
                person.PasswordHash = hash ??= people.PasswordHasher.HashPassword(person, Password);
                var made = await people.CreateAsync(person);
                if (!made.Succeeded) throw new InvalidOperationException($"Demo person {one.UserName}: {string.Join(", ", made.Errors.Select(e => e.Code))}");
            }
            await session.InTransaction(async inner =>
            {
                await session.Execute("insert into server.membership (person_id, organisation_id, roles, changed_at, changed_by) values ($1, $2, $3, $4, $5) on conflict do nothing", inner,
                    one.PersonId, one.OrganisationId, one.Roles.ToArray(), now.ToDateTimeUtc(), Actor.System.PersonId);
                await session.Audit(new AuditEntry("person.demo-made", "person", one.PersonId.ToString()), inner);
            }, ct);
        }
    }
}
