using Microsoft.AspNetCore.Identity;
using Microsoft.Extensions.DependencyInjection;
using NodaTime;
using Verdigris.Passport.Organisations;
using Verdigris.Primitives;
using Verdigris.Storage;

namespace Verdigris.Server;

/// <summary>
/// The people of the demo: one of each role in the organisations that the demo data has. All have the same well-known password, which is why a server with
/// the demo listens on the loopback only.
/// </summary>
static class DemoPeople
{
    public const string Password = "every tonne once";

    /// <param name="Key">Names the seat's text, <c>server.demo.KEY</c>.</param>
    /// <param name="Place">Which organisation of the kind, by name: 0 = the first.</param>
    /// <param name="Shown">Told at the start and on the sign-in page; the others are second pairs of eyes.</param>
    public sealed record Seat(string Key, string SignInName, string DisplayName, OrganisationKind Kind, int Place, string[] Roles, bool Shown);

    public static IReadOnlyList<Seat> Seats { get; } =
    [
        new("smelter", "smelter@demo", "Ingrid Solheim", OrganisationKind.Producer, 0, [Role.ProducerEditor], true),
        new("smelter-approver", "smelter.approver@demo", "Tor Bakke", OrganisationKind.Producer, 0, [Role.ProducerApprover, Role.Administrator], true),
        new("warehouse", "warehouse@demo", "Joost de Wit", OrganisationKind.Warehouse, 0, [Role.WarehouseOperator], true),
        new("warehouse-approver", "warehouse.approver@demo", "Mei-Ling Tan", OrganisationKind.Warehouse, 0, [Role.WarehouseApprover, Role.Administrator], true),
        new("owner", "owner@demo", "陈思远 Chen Siyuan", OrganisationKind.Owner, 0, [Role.OwnerTrader], true),
        new("owner-approver", "owner.approver@demo", "Amara Okafor", OrganisationKind.Owner, 0, [Role.OwnerApprover, Role.Administrator], true),
        new("buyer", "buyer@demo", "Lucas Weber", OrganisationKind.Owner, 1, [Role.OwnerTrader], true),
        new("buyer-approver", "buyer.approver@demo", "Hanna Virtanen", OrganisationKind.Owner, 1, [Role.OwnerApprover, Role.Administrator], true),
        new("exchange", "exchange@demo", "Priya Raman", OrganisationKind.Exchange, 0, [Role.ExchangeStaff, Role.Administrator], true),
        new("reader", "reader@demo", "Sam Carter", OrganisationKind.Owner, 0, [Role.Reader], true),
    ];

    /// <summary>Makes those who are missing and whose organisation exists. Safe to repeat.</summary>
    /// <returns>The seats that can be taken.</returns>
    public static async Task<IReadOnlyList<Seat>> Ensure(IServiceProvider services, CancellationToken ct)
    {
        await using var scope = services.CreateAsyncScope();
        var people = scope.ServiceProvider.GetRequiredService<UserManager<Person>>();
        var directory = scope.ServiceProvider.GetRequiredService<OrganisationDirectory>();
        var sessions = services.GetRequiredService<IDbSessions>();
        var now = services.GetRequiredService<IClock>().GetCurrentInstant();
        var byKind = new Dictionary<OrganisationKind, IReadOnlyList<Organisation>>();
        var taken = new List<Seat>();
        string? hash = null;
        foreach (var seat in Seats)
        {
            if (!byKind.TryGetValue(seat.Kind, out var organisations)) byKind[seat.Kind] = organisations = await directory.OfKind(seat.Kind, ct);
            if (organisations.Count <= seat.Place) continue;
            taken.Add(seat);
            if (await people.FindByNameAsync(seat.SignInName) is not null) continue;
            var person = new Person { Id = Guid.CreateVersion7(now.ToDateTimeOffset()), SignInName = seat.SignInName, DisplayName = seat.DisplayName, State = PersonState.Active, CreatedAt = now };
            // One hash for all: they share the password, and hashing is slow by design.
            person.PasswordHash = hash ??= people.PasswordHasher.HashPassword(person, Password);
            var made = await people.CreateAsync(person);
            if (!made.Succeeded) throw new InvalidOperationException($"Demo person {seat.SignInName}: {string.Join(", ", made.Errors.Select(e => e.Code))}");
            await using var session = sessions.Open(Actor.System);
            await session.InTransaction(async inner =>
            {
                await session.Execute("insert into server.membership (person_id, organisation_id, roles, changed_at, changed_by) values ($1, $2, $3, $4, $5) on conflict do nothing", inner,
                    person.Id, organisations[seat.Place].Id, seat.Roles, now.ToDateTimeUtc(), Actor.System.PersonId);
                await session.Audit(new AuditEntry("person.demo-made", "person", person.Id.ToString()), inner);
            }, ct);
        }
        return taken;
    }
}
