using Microsoft.Extensions.DependencyInjection;
using NodaTime;
using Verdigris.Passport.Certificates;
using Verdigris.Passport.Finance.Pledges;
using Verdigris.Passport.Lots;
using Verdigris.Primitives;
using Verdigris.Storage;
using static Verdigris.Passport.Demo.DemoSeeder;

namespace Verdigris.Passport.Demo;

/// <summary>
/// Two certificates of the demo that list every bundle with its seal: of one the labels can be printed and checked, and a lender holds a pledge over it; the metal of the other is divided into two lots.
/// </summary>
static class DemoLots
{
    public const int Certificates = 2;

    public static async Task Seed(IServiceProvider services, LocalDate today, CancellationToken ct)
    {
        var sessions = services.GetRequiredService<IDbSessions>();
        await using var editor = sessions.Open(DemoPlan.Actor("smelter-editor"));
        var labelled = await Published(services, editor, "L1", today, ct);
        var divided = await Published(services, editor, "L2", today, ct);
        var lots = services.GetRequiredService<LotHandlers>();
        var known = Take(await lots.List(editor, new(Ended: true), ct)).Items;
        var whole = known.Count > 0 ? known.MinBy(l => l.Number, StringComparer.Ordinal)!.Id : Take(await lots.Open(editor, divided.Certificate.Id, ct)).Lot.Id;
        if (known.Count < 2)
        {
            var names = divided.Certificate.Content.BundleList.Select(b => new BundleName(divided.Certificate.Number, b.BundleNo)).ToList();
            Take(await lots.Split(editor, whole, [names[..10], names[10..]], ct));
        }
        await using var lender = sessions.Open(DemoPlan.Actor("lender"));
        var pledges = services.GetRequiredService<PledgeRegister>();
        if (Take(await pledges.List(lender, null, 1, ct)).Items.Count > 0) return;
        var content = labelled.Certificate.Content;
        Take(await pledges.Register(lender, new(new(content.ExchangeBrandCode, DemoPlan.Plants[0].Code, content.HeatNumbers, [.. content.BundleList.Select(b => b.SealNo!)]), "LOAN-26-117", today), ct));
    }

    static async Task<CertificateRow> Published(IServiceProvider services, DbSession editor, string mark, LocalDate today, CancellationToken ct)
    {
        var handlers = services.GetRequiredService<CertificateHandlers>();
        var reference = "FJ-BUNDLES-" + mark;
        // Before the newest metal, which stands at the scale.
        var day = today.PlusDays(-40);
        var there = await editor.All("select id from passport.certificate where current and source_ref = $1", r => r.GetGuid(0), ct, reference);
        var row = there.Count > 0 ? Take(await handlers.Read(editor, there[0], ct)).Row : Take(await handlers.Create(editor, new()
        {
            ExchangeBrandCode = "FJNI",
            CountryOfOrigin = "NO",
            Shape = "ingot",
            HeatNumbers = [$"NORD-{mark}-1", $"NORD-{mark}-2"],
            BatchNo = "BUNDLES-" + mark,
            ProductionDate = day,
            AnalysisDate = day.PlusDays(1),
            IssueDate = day.PlusDays(1),
            Pieces = 1100,
            Bundles = 25,
            GrossKg = 25_071.5m,
            NetKg = 25_011.5m,
            BundleList = [.. Enumerable.Range(1, 25).Select(i => new Bundle($"B{i:00}", 44, i == 25 ? 1_011.5m : 1_000m, $"FJ{mark}{i:000}"))],
            SpecRef = "aa-p1020a",
            Lab = new("Nordvik smelter laboratory", "NA-4100", new(2028, 6, 30)),
            SourceRef = reference,
            CustomsCode = "7601.10",
            Results = [new("Si", mark == "L1" ? 0.043m : 0.047m), new("Fe", 0.098m), new("Zn", 0.005m, Qualifier: Qualifier.Below), new("Ga", 0.012m), new("V", 0.009m), new("Al", 99.82m)],
        }, ct));
        await using var approver = services.GetRequiredService<IDbSessions>().Open(DemoPlan.Actor("smelter-approver"));
        if (row.State == CertificateState.Draft) row = Take(await handlers.Sign(approver, row.Certificate.Id, ct));
        return row.State == CertificateState.Signed ? Take(await handlers.Publish(approver, row.Certificate.Id, ct)) : row;
    }
}
