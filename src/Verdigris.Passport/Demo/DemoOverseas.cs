using Microsoft.Extensions.DependencyInjection;
using NodaTime;
using Verdigris.Passport.Brands;
using Verdigris.Passport.Certificates;
using Verdigris.Passport.Emissions;
using Verdigris.Passport.Organisations;
using Verdigris.Passport.Warrants;
using Verdigris.Primitives;
using Verdigris.Storage;
using static Verdigris.Passport.Demo.DemoSeeder;

namespace Verdigris.Passport.Demo;

/// <summary>A smelter outside the Union whose origin does not go free under the border measure: one lot of it, with verified figures, belongs to an extruder in Germany, who imports it.</summary>
public static class DemoOverseas
{
    /// <summary>Of the lot's certificate, the first of its brand and year.</summary>
    public const string Certificate = "KKNI-2026-000001";

    /// <summary>What the lot weighs, t; the importer's customs line of it weighs as much.</summary>
    public const decimal NetKg = 24_980;

    const string Brand = "KKNI";

    static readonly Guid Smelter = DemoPlan.Id("overseas"), Plant = DemoPlan.Id("plant-ratnagiri");

    static readonly Actor Editor = new(DemoPlan.Id("person overseas-editor"), "Meera Joshi", Smelter, new HashSet<string> { Role.ProducerEditor }),
        Approver = new(DemoPlan.Id("person overseas-approver"), "Arun Desai", Smelter, new HashSet<string> { Role.ProducerApprover, Role.Administrator });

    internal static async Task Seed(IServiceProvider services, DbSession system, CancellationToken ct)
    {
        var sessions = services.GetRequiredService<IDbSessions>();
        var organisations = services.GetRequiredService<OrganisationHandlers>();
        if (await organisations.Find(system, Smelter, ct) is null) Take(await organisations.Create(system, DemoPlan.Org(OrganisationKind.Producer, "Konkan Aluminium", "康坎铝业", "IN", "overseas"), ct));
        await using var editor = sessions.Open(Editor);
        await using var approver = sessions.Open(Approver);
        if (await organisations.FindPlant(editor, Plant, ct) is null) Take(await organisations.AddPlant(editor, new(Smelter, "RATN", "Ratnagiri smelter", "勒德纳吉里铝厂", "IN", 16.9902m, 73.3120m, 180_000m, ["smelting", "casting"], Plant), ct));
        var keys = services.GetRequiredService<PlantKeys>();
        if ((await keys.OfPlant(approver, Plant, ct)).Count == 0) Take(await keys.Rotate(approver, Plant, null, ct));
        if (await CertificateStore.Brand(system, Brand, ct) is null)
            await system.InTransaction(t => BrandHandlers.TakeOver(system, new BrandApplication(Brand, Brand, "Konkan Ingot", Plant, "AL", "AH", ["ingot"], 150_000m, 22.7m, 1000m, null, "康坎锭"), Smelter,
                [new(new(2018, 2, 1), ListingState.Applied), new(new(2018, 5, 1), ListingState.Testing), new(new(2018, 9, 1), ListingState.Committee), new(new(2018, 11, 5), ListingState.Listed, "18/244")], t), ct);
        await Figures(services, editor, approver, ct);
        await Lot(services, system, editor, approver, ct);
    }

    /// <summary>Figures of the year before, verified with reasonable assurance and taken by the exchange.</summary>
    static async Task Figures(IServiceProvider services, DbSession editor, DbSession approver, CancellationToken ct)
    {
        var (handlers, approvals) = (services.GetRequiredService<EmissionsHandlers>(), services.GetRequiredService<Approvals>());
        await using var exchange = services.GetRequiredService<IDbSessions>().Open(DemoPlan.Actor("exchange"));
        var form = Take(await handlers.List(editor, null, null, null, 10, ct)).Items.FirstOrDefault(e => e.BrandCode == Brand)
            ?? Take(await handlers.Create(editor, new NewSubmission(Brand, 2025, EmissionsMethod.Cbam, new EmissionsValues(1.72m, 0.31m, null, 0.0214m, "Captive hydropower and grid",
                BoundaryNote: "Border-measure boundary: direct emissions of smelting and casting, purchased electricity"), VerificationStatus.Reasonable, DemoPlan.Verifier), ct));
        if (form.State == SubmissionState.Draft) form = Take(await handlers.Submit(approver, form.Id, ct));
        if (form.State != SubmissionState.Submitted) return;
        var task = (await approvals.Inbox(exchange, new TaskFilter(Kind: AcceptSubmissionKind.Name, SubjectId: form.Id.ToString()), ct)).Items[0];
        Take(await approvals.Decide(exchange, task.Id, true, null, ct));
    }

    static async Task Lot(IServiceProvider services, DbSession system, DbSession editor, DbSession approver, CancellationToken ct)
    {
        var handlers = services.GetRequiredService<CertificateHandlers>();
        var there = await editor.All("select id from passport.certificate where current and brand_code = $1", r => r.GetGuid(0), ct, Brand);
        var row = there.Count > 0 ? Take(await handlers.Read(editor, there[0], ct)).Row : Take(await handlers.Create(editor, new()
        {
            ExchangeBrandCode = Brand,
            CountryOfOrigin = "IN",
            Shape = "ingot",
            HeatNumbers = ["RATN-0311-1", "RATN-0311-2"],
            BatchNo = "RATN-0311",
            ProductionDate = new(2026, 3, 11),
            AnalysisDate = new(2026, 3, 12),
            IssueDate = new(2026, 3, 12),
            Pieces = 1100,
            Bundles = 25,
            GrossKg = NetKg + 60,
            NetKg = NetKg,
            SpecRef = "aa-p1020a",
            Lab = new("Ratnagiri smelter laboratory", "TC-7712", new(2028, 6, 30)),
            SourceRef = "KK-RATN-0311",
            CustomsCode = "7601.10",
            Results = [new("Si", 0.051m), new("Fe", 0.118m), new("Zn", 0.006m), new("Ga", 0.014m), new("V", 0.011m), new("Al", 99.78m)],
        }, ct));
        if (row.State == CertificateState.Draft) row = Take(await handlers.Sign(approver, row.Certificate.Id, ct));
        if (row.State == CertificateState.Signed) row = Take(await handlers.Publish(approver, row.Certificate.Id, ct));
        if (row.State != CertificateState.Published) return;
        var person = DemoPlan.Actor("warehouse-operator");
        await services.GetRequiredService<StockTakeover>().Take(system, [new(row.Certificate.Id, DemoPlan.Warehouses[0].Id!.Value, DemoPlan.Owners[2], NetKg + 3.5m)], person.PersonId, person.Name, ct);
    }
}
