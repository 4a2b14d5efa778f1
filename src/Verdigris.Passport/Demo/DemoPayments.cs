using System.Text;
using Microsoft.Extensions.DependencyInjection;
using NodaTime;
using Verdigris.Passport.Payments;
using Verdigris.Primitives;
using Verdigris.Storage;
using static Verdigris.Passport.Demo.DemoSeeder;

namespace Verdigris.Passport.Demo;

/// <summary>
/// Three payments of the demo: one that is ready, one whose bill of lading is for scrap and whose certificate nobody has, and one whose seller's name is like a listed one. The list is invented, and so is everybody on it.
/// </summary>
static class DemoPayments
{
    const string List = """
        entry,name,aliases,programme
        DEMO-1,Grey Heron Metal Trading,Grey Heron Metals,Invented
        DEMO-2,Longshadow Shipping Agency,,Invented
        DEMO-3,灰鹭金属贸易有限公司,,Invented

        """;

    static readonly string[] Documents = ["bill-of-lading", "origin-certificate", "insurance-policy"];

    public static async Task Seed(IServiceProvider services, LocalDate today, CancellationToken ct)
    {
        var sessions = services.GetRequiredService<IDbSessions>();
        await using var staff = sessions.Open(DemoPlan.Actor("exchange"));
        var lists = services.GetRequiredService<SanctionsLists>();
        if ((await lists.List(staff, ct)).Count == 0)
        {
            using var file = new MemoryStream(Encoding.UTF8.GetBytes(List.ReplaceLineEndings("\n")));
            Take(await lists.Import(staff, "Demo list", today, "demo-list.csv", file, keep: true, mayShrink: false, ct));
        }
        var links = services.GetRequiredService<OrganisationLinks>();
        if (Take(await links.List(staff, ct)).Count == 0) Take(await links.Say(staff, new(DemoPlan.Id("owner-b"), DemoPlan.Id("owner-e"), "Invented for the demo: one owner"), ct));
        await using var payer = sessions.Open(DemoPlan.Actor("owner-a"));
        var (register, handlers) = (services.GetRequiredService<GateRegister>(), services.GetRequiredService<GateHandlers>());
        var metal = (await payer.All("select number, net_kg from passport.certificate where current and state = 2 and brand_code = $1 order by number limit 2", r => (Number: r.GetString(0), NetKg: r.GetDecimal(1)), ct, DemoPlan.Brands[0].Code)).ToArray();
        if (metal.Length < 2) throw new InvalidOperationException("The demo needs two published certificates.");
        foreach (var (reference, content, attached) in new[]
        {
            ("PO-26-0411", Trade("PO-26-0411", today, metal[0], "Fjordlys Aluminium Group", DemoPlan.Producer, "7601.10", 2_450m, 14), true),
            ("PO-26-0412", Trade("PO-26-0412", today, ("SILV-2026-000001", 24_000m), "Bluewater Commodities", DemoPlan.Id("owner-b"), "7204.49", 16_200m, 41) with { Metal = "NI" }, true),
            ("PO-26-0413", Trade("PO-26-0413", today, metal[1], "Grey Heron Metals Ltd", null, "7601.10", 2_450m, 3), false),
        })
        {
            var known = Take(await register.List(payer, new GateFilter(Text: reference), ct)).Items;
            var gate = known.Count > 0 ? known[0].Id : Take(await handlers.Open(payer, content, ct)).Gate.Id;
            if (!attached) continue;
            var there = Take(await handlers.Read(payer, gate, ct)).Files.Select(f => f.Kind).ToHashSet();
            foreach (var kind in Documents.Where(d => !there.Contains(d)))
            {
                using var file = new MemoryStream(Encoding.UTF8.GetBytes($"document,trade,seller\n{kind},{reference},{content.Parties[0].Name}\n"));
                Take(await handlers.AddFile(payer, gate, kind, $"{kind}.csv", file, ct));
            }
        }
    }

    static GateContent Trade(string reference, LocalDate today, (string Number, decimal NetKg) metal, string seller, Guid? organisation, string code, decimal price, int days)
    {
        var left = today.PlusDays(-days);
        return new(reference, "AL", price, "USD", metal.NetKg / 1000, "NO",
            [new(PartyRole.Seller, seller, organisation), new(PartyRole.Buyer, "Albion Metal Traders", DemoPlan.Id("owner-a"), "GB"), new(PartyRole.EndBuyer, "Elmwood Castings", DemoPlan.Id("owner-e"), "US")],
            [new(metal.Number)], new BillOfLading("BL-" + reference, left, code, metal.NetKg, days > 20 ? "INNSA" : "NOOSL", "NLRTM", "MV Fjordstar", left, left.PlusDays(days > 20 ? 60 : 3)),
            new InsurancePolicy("POL-" + reference, "Skerry Marine Cover", left, today.PlusDays(60), decimal.Round(price * metal.NetKg / 1000 * 1.1m, 2, MidpointRounding.ToPositiveInfinity), "USD"));
    }
}
