using Microsoft.Extensions.DependencyInjection;
using Verdigris.Passport.Organisations.Groups;
using Verdigris.Storage;
using static Verdigris.Passport.Demo.DemoSeeder;

namespace Verdigris.Passport.Demo;

/// <summary>A group of the demo's two producers: the smelter made it and asked the remelter in, who accepted.</summary>
static class DemoGroups
{
    public static async Task Seed(IServiceProvider services, CancellationToken ct)
    {
        var sessions = services.GetRequiredService<IDbSessions>();
        await using var head = sessions.Open(DemoPlan.Actor("smelter-approver"));
        await using var member = sessions.Open(DemoPlan.Actor("remelter-approver"));
        var groups = services.GetRequiredService<GroupHandlers>();
        var known = Take(await services.GetRequiredService<GroupRegister>().List(head, new(), ct)).Items;
        var group = known.Count > 0 ? known[0].Id : Take(await groups.Create(head, new("Fjordlys", "峡光", new(2012, 1, 1)), ct)).Group.Id;
        var view = Take(await groups.Read(head, group, null, ct));
        if (view.Members.Any(m => m.OrganisationId == DemoPlan.Remelter)) return;
        if (view.Invited.All(m => m.OrganisationId != DemoPlan.Remelter)) view = Take(await groups.Invite(head, group, new(DemoPlan.Remelter, new(2020, 7, 1)), ct));
        Take(await groups.Answer(member, view.Invited.Single(m => m.OrganisationId == DemoPlan.Remelter).Id, true, null, ct));
    }
}
