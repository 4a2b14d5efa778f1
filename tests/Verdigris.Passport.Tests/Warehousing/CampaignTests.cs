using System.Net;
using FsCheck;
using FsCheck.Fluent;
using Verdigris.Passport.Warehousing.Campaigns;
using Verdigris.Passport.Warrants;
using Verdigris.Primitives;
using Verdigris.Storage;

namespace Verdigris.Passport.Tests.Warehousing;

public class CampaignTests
{
    [Fact]
    public void The_counts_of_a_campaign_add_up_to_its_warrants() => Prop.ForAll((from result in Gen.Choose(0, 2) from state in Gen.Elements(WarrantState.Live, WarrantState.Pledged, WarrantState.Queued, WarrantState.LoadedOut, WarrantState.Invalidated) select (result, state)).ListOf().ToArbitrary(), drawn =>
    {
        var items = drawn.Select(d => new CampaignItem(Guid.NewGuid(), Guid.Empty, Guid.Empty, "", "", "NI", 6_000m, Guid.Empty, "", d.state, (InspectionResult)d.result, null, [], null, null)).ToList();
        var counts = CampaignCounts.Of(items);
        return counts.Open + counts.Passed + counts.Failed + counts.Gone == counts.Warrants && counts.NetKg == 6_000m * items.Count && counts.Invalidated == items.Count(i => i.WarrantState == WarrantState.Invalidated);
    }).QuickCheckThrowOnFailure();

    [Fact]
    public async Task Chosen_warrants_are_inspected_with_evidence_and_a_failed_one_is_declared_invalid_by_two_people_in_the_Book()
    {
        await using var world = await World.Make();
        var campaigns = world.Get<CampaignHandlers>();
        var (first, _) = await world.Issued("A", 0);
        await world.Issued("B", 1);
        Assert.Equal("campaign.nothing-chosen", (await world.Try(world.Staff, s => campaigns.Order(s, new("Nickel in bags", new(2026, 12, 1), new(Metal: "NI")), default))).Refusals.Single().Code);
        var view = await world.Do(world.Staff, s => campaigns.Order(s, new("Ingots again", new(2026, 12, 1), new(Metal: "AL", OperatorId: world.Warehouse)), default));
        Assert.Equal((2, 2), (view.Items.Count, view.Progress.Counts!.Open));
        var item = view.Items.Single(i => i.WarrantId == first.Id).Id;

        var failed = new Inspection(false, "stones in the bundle", [new("touch", false)]);
        Assert.Equal(["campaign.evidence-missing"], (await Inspect(world.Operator, failed)).Refusals.Select(r => r.Code));
        Assert.Equal(HttpStatusCode.Created, (await world.Client(world.Operator).PostAsync($"/api/v1/campaign-items/{item}/files?name=stones.png", new ByteArrayContent([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]))).StatusCode);
        Assert.Equal("campaign.passed-with-failed-check", (await Inspect(world.Operator, failed with { Passed = true })).Refusals.Single().Code);
        Assert.Equal("access.not-visible", (await Inspect(World.Person("rival", world.Stranger, Role.WarehouseOperator), failed)).Refusals.Single().Code);
        Assert.True((await Inspect(world.Operator, failed)).Ok);
        Assert.Equal("campaign.item-inspected", (await Inspect(world.Operator, failed)).Refusals.Single().Code);
        Assert.Equal("campaign.items-open", (await world.Try(world.Staff, s => campaigns.Close(s, view.Progress.Campaign.Id, default))).Refusals.Single().Code);

        var task = await world.Do(world.Staff, s => world.Get<LoadOutHandlers>().ProposeInvalidation(s, first.Id, "stones", default));
        Assert.Equal("approval.same-person", (await world.Try(world.Staff, s => world.Get<Approvals>().Decide(s, task.Id, true, null, default))).Refusals.Single().Code);
        Assert.Equal(WarrantState.Live, (await world.Do(world.Staff, s => world.Get<WarrantHandlers>().Read(s, first.Id, default))).Warrant.State);
        await world.Decide(world.OtherStaff, InvalidateKind.Name, first.Id, true);
        var gone = await world.Do(world.Staff, s => world.Get<WarrantHandlers>().Read(s, first.Id, default));
        Assert.Equal((WarrantState.Invalidated, null), (gone.Warrant.State, gone.Owner));
        Assert.Equal(new CampaignCounts(2, 50_000m, 1, 0, 1, 0, 1), (await world.Do(world.Staff, s => campaigns.Read(s, view.Progress.Campaign.Id, default))).Progress.Counts);

        Task<Answer<CampaignItem>> Inspect(Actor who, Inspection inspection) => world.Try(who, s => campaigns.Inspect(s, item, inspection, default));
    }

    [Fact]
    public async Task The_public_sees_progress_of_five_or_more_and_no_warrant_and_a_warehouse_only_its_own()
    {
        await using var world = await World.Make();
        var campaigns = world.Get<CampaignHandlers>();
        for (var i = 0; i < 5; i++) await world.Issued("P" + i, 0);
        var few = await world.Do(world.Staff, s => campaigns.Order(s, new("Few", new(2026, 12, 1), new(BrandCode: "VALU")), default));
        Assert.Equal(5, few.Items.Count);
        foreach (var other in new[] { Actor.Public, world.Owner(0), World.Person("rival", world.Stranger, Role.WarehouseOperator) })
        {
            var seen = await world.Do(other, s => campaigns.Read(s, few.Progress.Campaign.Id, default));
            Assert.Equal((0, 5), (seen.Items.Count, seen.Progress.Counts!.Warrants));
            Assert.Equal("access.not-visible", (await world.Try(other, s => campaigns.ReadItem(s, few.Items[0].Id, default))).Refusals.Single().Code);
        }
        Assert.Equal(5, (await world.Do(world.Operator, s => campaigns.Read(s, few.Progress.Campaign.Id, default))).Items.Count);
        await world.Invalidated(few.Items[0].WarrantId);
        var four = await world.Do(world.Staff, s => campaigns.Order(s, new("Four", new(2026, 12, 1), new(BrandCode: "VALU")), default));
        Assert.Null((await world.Do(Actor.Public, s => campaigns.Read(s, four.Progress.Campaign.Id, default))).Progress.Counts);
        Assert.Equal(4, four.Progress.Counts!.Warrants);
        Assert.Equal(2, (await world.Do(Actor.Public, s => campaigns.List(s, null, 50, default))).Items.Count);
    }
}
