using Verdigris.Passport.Organisations;
using Verdigris.Passport.Organisations.Groups;
using Verdigris.Primitives;

namespace Verdigris.Browser.Tests;

/// <summary>A group with a member, a former one and one that has not answered. Made once for a stage.</summary>
static class GroupPages
{
    static readonly Once<Guid> Made = new(Make);

    public static Task<Guid> Stocked(Stage stage) => Made.Of(stage);

    static async Task<Guid> Make(Stage stage)
    {
        var groups = stage.Get<GroupHandlers>();
        var group = (await stage.Do(Stage.Approver, s => groups.Create(s, new("Fjordlys", "峡光", new(2015, 1, 1)), default))).Group.Id;
        foreach (var (name, nameZh, last) in new[] { ("Fjordlys Recycling", "峡光再生", null), ("Fjordlys Extrusion", "峡光型材", new NodaTime.LocalDate(2023, 12, 31)), ("Fjordlys Anodes", "峡光阳极", (NodaTime.LocalDate?)null) })
        {
            var member = await stage.Do(Actor.System, s => stage.Get<OrganisationHandlers>().Create(s, new NewOrganisation(OrganisationKind.Producer, name, nameZh, null, "NO"), default));
            var asked = (await stage.Do(Stage.Approver, s => groups.Invite(s, group, new(member.Id, new(2020, 7, 1)), default))).Invited.Single(m => m.OrganisationId == member.Id);
            if (name.EndsWith("Anodes", StringComparison.Ordinal)) continue;
            await stage.Do(Stage.Person(40, member.Id, Role.ProducerApprover), s => groups.Answer(s, asked.Id, true, null, default));
            if (last is not null) await stage.Do(Stage.Approver, s => groups.End(s, asked.Id, new(last, "sold to its management"), default));
        }
        return group;
    }
}
