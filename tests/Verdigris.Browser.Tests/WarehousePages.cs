using System.Text;
using Verdigris.Passport.Finance.Pledges;
using Verdigris.Passport.Warehousing.Campaigns;
using Verdigris.Passport.Warehousing.FloorCounts;
using Verdigris.Passport.Warehousing.LoadOuts;
using Verdigris.Passport.Warehousing.Weighing;
using Verdigris.Passport.Warrants;

namespace Verdigris.Browser.Tests;

/// <summary>What the pages of a warehouse and of a lender need to have something to show: a match, metal on its way out, a count with differences, a re-inspection, a second pledge. Made once for a stage.</summary>
static class WarehousePages
{
    public sealed record Stock(Guid Match, Guid Leaving, Guid Ordered, Guid Count, Guid Campaign, Guid Open, Guid Inspected);

    static readonly Once<Stock> Made = new(Make);

    public static Task<Stock> Stocked(Stage stage) => Made.Of(stage);

    static async Task<Stock> Make(Stage stage)
    {
        var (orders, loadOut, campaigns, register) = (stage.Get<LoadOutOrders>(), stage.Get<LoadOutHandlers>(), stage.Get<CampaignHandlers>(), stage.Get<PledgeRegister>());
        var (leaving, queued) = (await stage.Issued("LEAVES"), await stage.Issued("WAITS"));
        foreach (var id in new[] { leaving.Id, queued.Id })
        {
            await stage.Do(Stage.Owner, s => loadOut.Cancel(s, id, default));
            await stage.Do(Stage.Operator, s => loadOut.Queue(s, id, default));
        }
        var order = await stage.Do(Stage.Operator, s => orders.Make(s, leaving.Id, new(), default));
        await stage.Do(Stage.Operator, s => orders.Scan(s, leaving.Id, ScanPlace.Floor, [.. order.Bundles.Take(20).Select(b => new NewScan(b.Code, b.Seal)), new("STRANGE/B99"), new(order.Bundles[21].Code, "OTHER")], default));
        await stage.Do(Stage.Issuer, s => orders.Scan(s, leaving.Id, ScanPlace.Gate, [.. order.Bundles.Take(5).Select(b => new NewScan(b.Code, b.Seal))], default));
        await stage.Do(Stage.Operator, s => stage.Get<WeighHandlers>().Record(s, new NewWeighTicket(WeighDirection.Out, Stage.Unit, null, leaving.Id, null, "OUT-1", "SCALE-1", 25_400, 380), default));
        var count = await stage.Do(Stage.Operator, s => stage.Get<FloorCountHandlers>().Take(s, Stage.Unit, s.Now.InUtc().Date, new MemoryStream(Encoding.UTF8.GetBytes("lot,net_kg\nL-LEAVES,25000\nL-WAITS,24000\nL-NOBODYS,25000\n")), default));
        await stage.Do(Stage.Operator, s => stage.Get<FloorCountHandlers>().ProposeResolution(s, count.Differences[0].Id, "counted at the other door", default));
        var campaign = await stage.Do(Stage.Staff, s => campaigns.Order(s, new("Ingots of Maasvlakte again", new(2026, 12, 15), new(Metal: "AL", WarehouseId: Stage.Unit)), default));
        var (inspected, open) = (campaign.Items.Single(i => i.WarrantId == leaving.Id).Id, campaign.Items.Single(i => i.WarrantId == queued.Id).Id);
        foreach (var item in new[] { inspected, open }) await stage.Do(Stage.Operator, s => campaigns.AddFile(s, item, "photo of the bundles on the floor.png", new MemoryStream([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]), default));
        await stage.Do(Stage.Operator, s => campaigns.Inspect(s, inspected, new(false, "three bundles without marks", [new("touch", false)]), default));
        var lot = new LotIdentity("QINGDAO", "PORT 1", ["Q1", "Q2"], ["QS1", "QS2"]);
        await stage.Do(Stage.Officer, s => register.Register(s, new(lot, "LOAN-2026-17", new(2026, 10, 1)), default));
        await stage.Do(Stage.OtherOfficer, s => register.Register(s, new(lot, "OTHER", new(2026, 11, 1)), default));
        var row = await stage.Published("MATCHED");
        await stage.Do(Stage.Operator, s => stage.Get<WeighHandlers>().Record(s, new NewWeighTicket(WeighDirection.In, Stage.Unit, row.Certificate.Id, null, null, "IN-1", "SCALE-1", 25_390, 380), default));
        var match = await stage.Do(Stage.Operator, s => stage.Get<WarrantHandlers>().RecordMatch(s, new InboundObservation(row.Certificate.Id, Stage.Unit, Stage.BrandMark, "ingot", 25, 25_010m, [.. row.Certificate.Content.BundleList.Select(b => b.SealNo!)], row.Certificate.Content.HeatNumbers, "SCALE-1", s.Now, Checks: [new("touch", true), new("density", true, 2_700)]), default));
        await stage.Do(Stage.Operator, s => stage.Get<MatchPhotos>().Add(s, match.Id, "bundle 7 at the scale.png", new MemoryStream([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]), default));
        return new(match.Id, leaving.Id, queued.Id, count.Count.Id, campaign.Progress.Campaign.Id, open, inspected);
    }

    public static IEnumerable<(string? Seat, string[] Paths)> Seats(Stock stock) =>
    [
        (null, ["/campaigns", $"/campaigns/{stock.Campaign}"]),
        ("warehouse@demo", [$"/inbound/matches/{stock.Match}", $"/warrants/{stock.Leaving}/load-out", $"/warrants/{stock.Ordered}/load-out", $"/warehouses/{Stage.Unit}", $"/warehouses/{Stage.Unit}/floor-counts/new", $"/floor-counts/{stock.Count}", $"/campaigns/{stock.Campaign}", $"/campaigns/items/{stock.Open}", "/warehouses/queue?policy=2015-proposal&from=2026-01-01&days=95&stockT=150000&queuedT=140000&inboundTPerDay=2000&ordersTPerDay=2000&lotT=25&ratePerTDay=0.5"]),
        ("exchange@demo", ["/campaigns/new", $"/campaigns/items/{stock.Inspected}", $"/warehouses/{Stage.Unit}"]),
        ("owner@demo", [$"/warrants/{stock.Leaving}", "/warehouses/queue", "/pledges"]),
        ("lender@demo", ["/pledges"]),
    ];
}
