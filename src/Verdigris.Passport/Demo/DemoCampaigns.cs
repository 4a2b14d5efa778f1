using System.Text;
using Microsoft.Extensions.DependencyInjection;
using NodaTime;
using Verdigris.Passport.Warehousing;
using Verdigris.Passport.Warehousing.Campaigns;
using Verdigris.Passport.Warehousing.Weighing;
using Verdigris.Passport.Warrants;
using Verdigris.Primitives;
using Verdigris.Storage;
using static Verdigris.Passport.Demo.DemoSeeder;

namespace Verdigris.Passport.Demo;

/// <summary>A re-inspection under way: the metal of one brand at the harbour, a few lots opened and weighed, one of them found short, the rest still to do.</summary>
static class DemoCampaigns
{
    const int Passed = 4;

    public static async Task Seed(IServiceProvider services, LocalDate today, CancellationToken ct)
    {
        var (sessions, campaigns, floor) = (services.GetRequiredService<IDbSessions>(), services.GetRequiredService<CampaignHandlers>(), services.GetRequiredService<WarehousingRules>());
        await using var exchange = sessions.Open(DemoPlan.Actor("exchange"));
        var there = Take(await campaigns.List(exchange, null, 1, ct)).Items;
        var ordered = there is [var known] ? Take(await campaigns.Read(exchange, known.Campaign.Id, ct))
            : Take(await campaigns.Order(exchange, new NewCampaign("Bundles opened and weighed again: harbour floor", today.PlusDays(21), new CampaignSelection(BrandCode: DemoPlan.Brands[0].Code, OperatorId: DemoPlan.Harbour)), ct));
        await using var harbour = sessions.Open(DemoPlan.Actor("warehouse-operator"));
        var own = Take(await campaigns.Read(harbour, ordered.Progress.Campaign.Id, ct)).Items.Where(i => !i.Gone).Take(Passed + 1).ToList();
        for (var i = 0; i < own.Count; i++)
        {
            if (own[i].Result != InspectionResult.Open) continue;
            var (item, passed) = (own[i], i < Passed);
            var found = passed ? item.NetKg + 1.5m : item.NetKg - 84m;
            if (Take(await campaigns.Files(harbour, item.Id, ct)).Count == 0)
                await using (var sheet = new MemoryStream(Encoding.UTF8.GetBytes(FormattableString.Invariant($"lot,bundles opened,kg on warrant,kg weighed,scale\n{item.LotNo},3,{item.NetKg},{found},SCALE-1\n"))))
                    Take(await campaigns.AddFile(harbour, item.Id, $"weighing {item.LotNo}.csv", sheet, ct));
            IReadOnlyList<MetalCheck> checks = [.. floor.Duties(item.Metal, today).Where(d => MetalChecks.Kinds.Contains(d.Duty)).Select(d => new MetalCheck(d.Duty, true, d.Duty == MetalChecks.Density ? 2_700 : null))];
            Take(await campaigns.Inspect(harbour, item.Id, new Inspection(passed, passed ? "Three bundles opened, marks and seals as on the certificate" : "Weighed 84 kg below the warrant; two bundles without a seal", checks), ct));
        }
    }
}
