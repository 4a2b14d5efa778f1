using System.Net;
using System.Text;
using System.Text.Json;
using Verdigris.Passport.Organisations;
using Verdigris.Passport.Warehousing.Campaigns;
using Verdigris.Passport.Warehousing.LoadOuts;
using Verdigris.Passport.Warrants;
using Verdigris.Primitives;

namespace Verdigris.Passport.Tests.Warehousing;

public class MissingPartsTests
{
    [Fact]
    public async Task A_body_that_lacks_its_parts_is_refused_with_the_field_and_never_a_fault()
    {
        await using var world = await World.Make();
        var (warrant, _) = await world.Issued("A", 0);
        var campaign = await world.Do(world.Staff, s => world.Get<CampaignHandlers>().Order(s, new("All", new(2026, 12, 1), new(Metal: "AL")), default));
        await world.Do(world.Owner(0), s => world.Get<LoadOutHandlers>().Cancel(s, warrant.Id, default));
        await world.Do(world.Operator, s => world.Get<LoadOutHandlers>().Queue(s, warrant.Id, default));
        var lender = Guid.CreateVersion7();
        await world.Do(Actor.System, s => world.Get<OrganisationHandlers>().Create(s, new NewOrganisation(OrganisationKind.Lender, "Lender", null, null, "GB", lender), default));
        var officer = World.Person("officer", lender, Role.LenderOfficer);
        await Refused(world.Operator, "weigh-tickets", "{}", "weigh.subject-wrong", "weigh.number-invalid", "weigh.scale-invalid", "weigh.mass-out-of-range");
        await Refused(world.Operator, $"warrants/{warrant.Id}/load-out-order", "{}", "loadout.marks-count");
        await Refused(world.Operator, $"warrants/{warrant.Id}/load-out-order", "{\"bundles\":[null]}", "loadout.mark-invalid");
        await world.Do(world.Operator, s => world.Get<LoadOutOrders>().Make(s, warrant.Id, new([.. Enumerable.Range(1, 25).Select(i => new NewScan("M" + i))]), default));
        await Refused(world.Operator, $"warrants/{warrant.Id}/load-out-order/scans", "{}", "loadout.scans-count");
        await Refused(world.Operator, $"warrants/{warrant.Id}/load-out-order/scans", "{\"scans\":[null]}", "loadout.scans-count");
        await Refused(world.Staff, "campaigns", "{}", "campaign.title-invalid", "campaign.due-not-ahead", "campaign.selection-empty");
        await Refused(world.Operator, $"campaign-items/{campaign.Items[0].Id}/inspection", "{}", "campaign.finding-missing", "campaign.evidence-missing");
        await Refused(world.Operator, $"campaign-items/{campaign.Items[0].Id}/inspection", "{\"checks\":[null]}", "match.check-unknown", "campaign.finding-missing", "campaign.evidence-missing");
        await Refused(officer, "pledge-register", "{}", "pledge.brand-missing", "pledge.reference-missing");
        await Refused(officer, "pledge-register/ask", "{}", "pledge.brand-missing", "pledge.plant-missing", "pledge.marks-missing");
        await Refused(officer, "pledge-register/ask", "{\"brand\":\"B\",\"plant\":\"P\",\"heats\":[null],\"seals\":[null]}", "pledge.mark-invalid");

        async Task Refused(Actor who, string path, string body, params string[] codes)
        {
            using var client = world.Client(who);
            using var reply = await client.PostAsync("/api/v1/" + path, new StringContent(body, Encoding.UTF8, "application/json"));
            var text = await reply.Content.ReadAsStringAsync();
            Assert.True(reply.StatusCode == HttpStatusCode.UnprocessableEntity, $"{path} {body}: {(int)reply.StatusCode} {text}");
            Assert.Equal(codes.Order(), JsonDocument.Parse(text).RootElement.GetProperty("errors").EnumerateArray().Select(e => e.GetProperty("code").GetString()!).Distinct().Order());
        }
    }
}
