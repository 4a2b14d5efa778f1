using NodaTime;
using Verdigris.Passport.Disclosures;

namespace Verdigris.Passport.Tests;

/// <summary>Disclosures of the small cast, by the whole path.</summary>
static class DisclosureWorld
{
    public static DisclosureContent Figure(Methodology m, string subject = "brand:VALU", decimal value = 3.4m, Visibility visibility = Visibility.Public, int year = 2025, string boundary = "cradle-to-gate", LocalDate? validTo = null) =>
        new(subject, m.Id, value, PeriodFrom: new(year, 1, 1), PeriodTo: new(year, 12, 31), Boundary: boundary, Assurance: Assurance.Limited, Assurer: "Assurance & Co", ValidFrom: new(2026, 1, 1), ValidTo: validTo, Visibility: visibility);

    public static Task<Disclosure> Draft(this World world, DisclosureContent content) => world.Do(world.Editor, s => world.Get<DisclosureHandlers>().Create(s, content, default));

    public static async Task<Disclosure> HandedIn(this World world, DisclosureContent content)
    {
        var draft = await world.Draft(content);
        return await world.Do(world.Approver, s => world.Get<DisclosureHandlers>().Submit(s, draft.Id, default));
    }

    public static async Task<Disclosure> Accepted(this World world, DisclosureContent content)
    {
        var made = await world.HandedIn(content);
        await world.Decide(world.Staff, AcceptDisclosureKind.Name, made.Id, true);
        return made;
    }

    public static async Task<Disclosure> Disclosed(this World world, DisclosureContent content)
    {
        var made = await world.Accepted(content);
        return await world.Do(world.Approver, s => world.Get<DisclosureHandlers>().Publish(s, made.Id, default));
    }
}
