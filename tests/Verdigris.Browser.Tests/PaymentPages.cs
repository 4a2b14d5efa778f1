using System.Text;
using Verdigris.Passport.Payments;
using Verdigris.Primitives;

namespace Verdigris.Browser.Tests;

/// <summary>A payment that is blocked in every way, with a likeness, warnings and a waiver that waits, and one that is ready; made once for the stage.</summary>
static class PaymentPages
{
    static readonly Once<(Guid Blocked, Guid Ready)> Made = new(Make);

    public static Task<(Guid Blocked, Guid Ready)> Stocked(Stage stage) => Made.Of(stage);

    public static (string? Seat, string[] Paths)[] Seats((Guid Blocked, Guid Ready) made) =>
    [
        ("owner@demo", ["/payments", "/payments?sort=-amount&state=Blocked", "/payments/new", $"/payments/{made.Blocked}", $"/payments/{made.Blocked}/edit", $"/payments/{made.Ready}", "/payments/lists"]),
        ("exchange@demo", ["/payments", $"/payments/{made.Blocked}", "/payments/lists"]),
    ];

    static async Task<(Guid, Guid)> Make(Stage stage)
    {
        var handlers = stage.Get<GateHandlers>();
        var today = await stage.Do<NodaTime.LocalDate>(Actor.System, s => Task.FromResult<Answer<NodaTime.LocalDate>>(s.Now.InUtc().Date));
        await using (var list = new MemoryStream(Encoding.UTF8.GetBytes("entry,name\n1,Grey Heron Metal Trading\n2,Somebody Else Entirely\n")))
            await stage.Do(Stage.Staff, s => stage.Get<SanctionsLists>().Import(s, "Test list", today, "list.csv", list, keep: true, mayShrink: false, default));
        await stage.Do(Stage.Staff, s => stage.Get<OrganisationLinks>().Say(s, new(Stage.Smelter, Stage.Warehouse, "One owner"), default));
        var certificate = await stage.Published("PAYMENT");
        var content = certificate.Certificate.Content;
        var good = new GateContent("PO-READY", "AL", 2_400m, "USD", content.NetKg / 1000, content.CountryOfOrigin, [new(PartyRole.Seller, "Harbour Hill Metals"), new(PartyRole.Buyer, "Albion", Stage.Albion)], [new(certificate.Certificate.Number)],
            new BillOfLading("BL-1", today, "7601.10", content.NetKg, "NOOSL", "NLRTM", "MV Steady", today, today.PlusDays(3)), new InsurancePolicy("POL-1", "Sound Cover", today, today.PlusDays(90), 2_400m * content.NetKg, "USD"));
        var ready = await stage.Do(Stage.Owner, s => handlers.Open(s, good, default));
        foreach (var kind in new[] { "bill-of-lading", "origin-certificate", "insurance-policy" })
        {
            await using var file = new MemoryStream(Encoding.UTF8.GetBytes("a,b\n1," + kind + "\n"));
            await stage.Do(Stage.Owner, s => handlers.AddFile(s, ready.Gate.Id, kind, new string('w', 100) + kind + ".csv", file, default));
        }
        var blocked = await stage.Do(Stage.Owner, s => handlers.Open(s, good with
        {
            Reference = "PO-BLOCKED",
            Metal = "NI",
            Origin = "FI",
            Parties = [new(PartyRole.Seller, "Grey Heron Metals Trading Ltd", Stage.Smelter), new(PartyRole.Buyer, "Albion", Stage.Albion), new(PartyRole.EndBuyer, "Warehouse", Stage.Warehouse)],
            BillOfLading = good.BillOfLading! with { CustomsCode = "7204.49", NetKg = 20_000m, PortOfLoading = "INNSA", DueOn = today.PlusDays(60) },
        }, default));
        await stage.Do(Stage.Owner, s => handlers.ProposeWaiver(s, blocked.Gate.Id, "origin", "The contract names the wrong country", default));
        return (blocked.Gate.Id, ready.Gate.Id);
    }
}
