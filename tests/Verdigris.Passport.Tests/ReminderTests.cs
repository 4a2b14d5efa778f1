using NodaTime;
using Verdigris.Passport.Sourcing;
using Verdigris.Primitives;
using Verdigris.Storage;

namespace Verdigris.Passport.Tests;

/// <summary>Word of ends that draw near: once at every stage, however often it is looked.</summary>
public class ReminderTests
{
    static async Task<int> Look(World world)
    {
        var told = 0;
        foreach (var work in world.Get<IEnumerable<IDailyWork>>())
        {
            await using var s = world.As(Actor.System);
            told += await work.Run(s, default);
        }
        return told;
    }

    [Fact]
    public async Task A_certificate_that_runs_out_is_told_at_ninety_thirty_and_seven_days_and_once_over()
    {
        await using var world = await World.Make();
        var today = World.Start.InUtc().Date;
        await world.Do(world.Editor, s => world.Get<PlantCertificateHandlers>().Add(s, new(world.Plant, ManagementStandard.Iso14001, "EMS-1", "Certifier", "Smelting", new(2025, 1, 1), today.PlusDays(100)), default));
        var days = new List<int>();
        for (var day = 0; day <= 110; day++)
        {
            if (await Look(world) is var told and > 0) days.AddRange(Enumerable.Repeat(day, told));
            Assert.Equal(0, await Look(world));
            world.Clock.Advance(Duration.FromDays(1));
        }
        Assert.Equal([10, 70, 93, 101], days);
    }

    [Fact]
    public async Task A_disclosure_is_told_to_the_producers_people_with_its_last_day_and_a_stage_slept_through_is_not_made_up_for()
    {
        await using var world = await World.Make();
        var method = await MethodologyTests.Approved(world, MethodologyTests.Emissions());
        var today = World.Start.InUtc().Date;
        await world.Disclosed(DisclosureWorld.Figure(method, validTo: today.PlusDays(20)));
        await world.AsOwner("truncate storage.outbox_event cascade");
        Assert.Equal(1, await Look(world));
        await using var s = world.As(Actor.System);
        var notice = StorageJson.Read<Notice>(await s.Value<string>("select payload::text from storage.outbox_event where topic = 'storage.notice'", default));
        Assert.Equal((PassportNotices.DisclosureExpiring, "passport.notice.disclosure.near", "20"), (notice.Kind, notice.TextKey, notice.TextArgs["days"]));
        Assert.Equal(world.Smelter, notice.To.Organisation);
        world.Clock.Advance(Duration.FromDays(21));
        Assert.Equal(1, await Look(world));
        Assert.Equal([0, 30], await s.All("select stage from passport.expiry_told order by stage", r => r.GetInt32(0), default));
    }
}
