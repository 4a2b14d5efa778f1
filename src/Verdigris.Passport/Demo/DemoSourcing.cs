using System.Text;
using Microsoft.Extensions.DependencyInjection;
using NodaTime;
using Verdigris.Passport.Sourcing;
using Verdigris.Primitives;
using Verdigris.Storage;
using static Verdigris.Passport.Demo.DemoSeeder;

namespace Verdigris.Passport.Demo;

/// <summary>
/// The demo's year of responsible sourcing: one brand found compliant on a published assessment, one whose plan is under way, one whose certificate waits at the exchange, and a grievance. Every supplier is invented, and
/// the only area on the list bears a code that ISO 3166 leaves to its users, so that nothing is said of any country. Like every step of the demo it looks first for what it would make.
/// </summary>
static class DemoSourcing
{
    const string List = "country or area,from,to,source\nXA,2020-01-01,,invented for the demo\n";

    public static async Task Seed(IServiceProvider services, LocalDate today, CancellationToken ct)
    {
        var sessions = services.GetRequiredService<IDbSessions>();
        await using var editor = sessions.Open(DemoPlan.Actor("smelter-editor"));
        await using var approver = sessions.Open(DemoPlan.Actor("smelter-approver"));
        await using var exchange = sessions.Open(DemoPlan.Actor("exchange"));
        var lists = services.GetRequiredService<CahraHandlers>();
        using (var file = new MemoryStream(Encoding.UTF8.GetBytes(List))) Take(await lists.Import(exchange, new("Demo list", "Invented for the demo", new(today.Year - 1, 1, 1)), file, ct));
        await ManagementCertificates(services.GetRequiredService<PlantCertificateHandlers>(), editor, today, ct);
        var demo = new Rounds(services, editor, approver, exchange, today);
        await demo.Compliant("FJNI", ct);
        await demo.UnderWay("FJSI", ct);
        await demo.Waiting("FJGI", ct);
        var grievances = services.GetRequiredService<GrievanceHandlers>();
        if (Take(await grievances.List(exchange, null, null, 1, ct)).Items.Count == 0)
            Take(await grievances.File(exchange, new("Lorries of the alumina haulier pass the village school all night, and nobody at the works answers the telephone.", "FJSI", Name: "A neighbour"), ct));
    }

    static async Task ManagementCertificates(PlantCertificateHandlers certificates, DbSession editor, LocalDate today, CancellationToken ct)
    {
        foreach (var plant in DemoPlan.Plants)
        {
            var there = await certificates.OfPlant(editor, plant.Id!.Value, ct);
            // One of them runs out soon, so that there is something to be reminded of.
            foreach (var (standard, number, days) in new[] { (ManagementStandard.Iso14001, $"EMS-{plant.Code}-24", plant.Code == "GEY" ? 25 : 400), (ManagementStandard.Iso45001, $"OHS-{plant.Code}-25", 700) })
                if (there.All(c => c.Number != number))
                    Take(await certificates.Add(editor, new(plant.Id!.Value, standard, number, "Klarsyn Assurance", "Smelting and casting", today.PlusDays(days - 1095), today.PlusDays(days)), ct));
        }
    }

    /// <summary>The rounds of three brands, each carried as far as it is meant to come.</summary>
    sealed class Rounds(IServiceProvider services, DbSession editor, DbSession approver, DbSession exchange, LocalDate today)
    {
        readonly AssessmentHandlers assessments = services.GetRequiredService<AssessmentHandlers>();
        readonly FilingHandlers filings = services.GetRequiredService<FilingHandlers>();

        /// <summary>Flags found and mitigated, filed by track C, asked about, answered, accepted.</summary>
        public async Task Compliant(string brand, CancellationToken ct)
        {
            var id = await Mitigating(brand, ct);
            if (await State(id, ct) == AssessmentState.Mitigation) Take(await filings.File(approver, id, new(Track.C), ct));
            var queries = Take(await assessments.Read(editor, id, ct)).Queries;
            if (await State(id, ct) == AssessmentState.Filed && queries.Count == 0)
                queries = Take(await assessments.Read(editor, Take(await filings.Ask(exchange, id, "Through which port does the coke leave XA, and who seals the holds?", ct)).Id, ct)).Queries;
            foreach (var open in queries.Where(q => q.Answer is null)) Take(await filings.Respond(editor, id, open.Id, "Through the pier of the trader itself; a surveyor of ours seals the holds and reads the seals again at the works.", ct));
            if (await State(id, ct) == AssessmentState.Filed) Take(await filings.Accept(exchange, id, ct));
        }

        public Task UnderWay(string brand, CancellationToken ct) => Mitigating(brand, ct);

        /// <summary>Track A needs no assessment: the certificate of a standard lies at the exchange.</summary>
        public async Task Waiting(string brand, CancellationToken ct)
        {
            var id = await Opened(brand, ct);
            if (await State(id, ct) != AssessmentState.NotStarted) return;
            var files = services.GetRequiredService<SourcingFiles>();
            if (Take(await files.List(editor, id, ct)).Count == 0)
            {
                using var file = new MemoryStream(Encoding.UTF8.GetBytes("standard,certificate,holder\nasi-performance,ASI-DEMO-77,Fjordlys Aluminium Group\n"));
                Take(await files.Add(editor, id, "certificate", "certificate.csv", file, ct));
            }
            Take(await filings.File(approver, id, new(Track.A, "asi-performance", "ASI-DEMO-77", "Klarsyn Assurance", today.PlusDays(-200), today.PlusDays(895)), ct));
        }

        async Task<Guid> Mitigating(string brand, CancellationToken ct)
        {
            var id = await Opened(brand, ct);
            if (await State(id, ct) == AssessmentState.NotStarted) Take(await assessments.Begin(editor, id, today, ct));
            if (await State(id, ct) == AssessmentState.SupplierMapping)
            {
                Take(await assessments.WriteChain(editor, id, Suppliers, ct));
                Take(await assessments.Screen(editor, id, ct));
            }
            if (await State(id, ct) == AssessmentState.Screening)
            {
                foreach (var flag in Take(await assessments.Read(editor, id, ct)).Flags.Where(f => f.Decision == FlagDecision.Open))
                    Take(flag.Finding == "origin-unknown"
                        ? await assessments.Decide(approver, flag.Id, FlagDecision.Dismissed, [], "The trader named its mine in a letter that is kept; it lies in no listed area.", ct)
                        : await assessments.Decide(approver, flag.Id, FlagDecision.Confirmed, ["bribery-false-origin"], "Two bills of lading of one voyage name different ports.", ct));
                Take(await assessments.Conclude(approver, id, ct));
            }
            if (await State(id, ct) == AssessmentState.FlagsFound)
            {
                var view = Take(await assessments.Read(editor, id, ct));
                var plans = services.GetRequiredService<MitigationHandlers>();
                foreach (var flag in view.Flags.Where(f => f.Decision == FlagDecision.Confirmed && view.Plans.All(p => p.FlagId != f.Id)))
                    Take(await plans.Plan(editor, flag.Id, new(MitigationResponse.ContinueWhileMitigating, "Trader, carrier and the council of the port were heard.",
                        [new("Every cargo is sealed and surveyed at loading", "Purchasing", "cargoes without a seal: none", today.PlusDays(120)), new("A third party looks at the trader's books", "Compliance", "findings closed", today.PlusDays(200))]), ct));
                Take(await plans.Begin(approver, id, ct));
            }
            return id;
        }

        async Task<Guid> Opened(string brand, CancellationToken ct) =>
            Take(await assessments.List(editor, brand, today.Year, null, null, null, 1, ct)).Items is [var there, ..] ? there.Id : Take(await assessments.Open(editor, brand, today.Year, ct)).Id;

        async Task<AssessmentState> State(Guid id, CancellationToken ct) => Take(await assessments.Read(editor, id, ct)).Assessment.State;

        /// <summary>Alumina and anodes of the first tier, what they are made of behind them. One trader names no origin, one cargo passes the listed area.</summary>
        static SupplyChain Suppliers { get; } = new(
        [
            new("ALU-1", "Southern Bay Alumina", null, "AU", 1, "intermediate", 310_000m, 62m, null, ["AU"], ["NO"], "by sea to the works' own quay", [TransportMode.Sea]),
            new("ALU-2", "Redstone Alumina Trading", null, "CH", 1, "intermediate", 190_000m, 38m, null, null, ["NO"], "by sea", [TransportMode.Sea]),
            new("BX-1", "Red Ridge Bauxite", null, "AU", 2, "ore", 800_000m, 100m, ["Red Ridge"], ["AU"], ["AU"], "by rail to the refinery", [TransportMode.Rail]),
            new("COKE-1", "Longreach Petcoke", null, "SG", 2, "intermediate", 45_000m, null, null, ["SG"], ["XA"], "loaded from barges", [TransportMode.River, TransportMode.Sea]),
        ], [new("BX-1", "ALU-1"), new("COKE-1", "ALU-1")]);
    }
}
