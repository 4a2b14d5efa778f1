using Microsoft.Extensions.DependencyInjection;
using NodaTime;
using Verdigris.Primitives;
using Verdigris.Primitives.Rules;
using Verdigris.Registry.Credits.Article6;
using Verdigris.Registry.Credits.Cycle;
using Verdigris.Registry.Credits.Imports;
using Verdigris.Registry.Credits.Orders;
using Verdigris.Registry.Credits.Programmes;
using Verdigris.Registry.Credits.Projects;
using Verdigris.Registry.Credits.Units;
using Verdigris.Registry.Finance;
using Verdigris.Registry.Finance.Terms;
using Verdigris.Storage;

namespace Verdigris.Registry.Credits.Demo;

/// <summary>Who plays in the demo of credits: the market's staff, the authority's two, a developer's two, a body's two, a buyer's two.</summary>
public sealed record CreditsCast(Actor Staff, Actor Officer, Actor Approver, Actor Developer, Actor DeveloperApprover, Actor Lead, Actor Reviewer, Actor Buyer, Actor BuyerApprover);

/// <summary>
/// Credits in the demo: an authority that administers every programme, a forest project from concept to issuance with its buffer, a transfer to a buyer who retires a part, another project that is only a concept, and the exports of
/// registries. Everything by the use cases people use; names and figures of the project are invented, those of the exports are the registries'. Safe to repeat.
/// </summary>
public static class CreditsDemo
{
    public const string Programme = "acr", Project = "Ridge forest management", Concept = "Anode effect mitigation at the Nordvik smelter";
    public const long Units = 40_000, Retired = 1_200;

    static readonly string[] Exports = ["gold_standard_issuances.csv", "gold_standard_retirements.csv", "verra_transactions.csv", "american_carbon_registry_cancellations.csv", "climate_action_reserve_cancellations.csv"];

    /// <exception cref="InvalidOperationException">A use case refuses what the demo wants.</exception>
    public static async Task Seed(IServiceProvider services, CreditsCast cast, CancellationToken ct)
    {
        var play = new Play(services, cast, ct);
        await play.Administered();
        await play.Imported(Exports);
        if (await play.Known(Project) is null) await play.Walked();
        if (await play.Known(Concept) is null) await play.Do(cast.Developer, s => play.Get<ProjectHandlers>().Create(s, new("paris", new(Concept, "NO", "AM0030", new(2026, 1, 1), EstimateT: 18_000, Description: "Point feeding and quicker quenching of anode effects.")), ct));
    }

    sealed class Play(IServiceProvider services, CreditsCast cast, CancellationToken ct)
    {
        public T Get<T>() where T : notnull => services.GetRequiredService<T>();

        public async Task<T> Do<T>(Actor who, Func<DbSession, Task<Answer<T>>> work)
        {
            await using var s = Get<IDbSessions>().Open(who);
            var answer = await work(s);
            return answer.Ok ? answer.Value : throw new InvalidOperationException("The demo of credits was refused: " + string.Join("; ", answer.Refusals.Select(r => $"{r.Code} {r.Field} {string.Join(",", r.Args?.Values ?? [])}")));
        }

        public async Task Administered()
        {
            var administration = Get<ProgrammeAdministration>();
            await using var s = Get<IDbSessions>().Open(cast.Staff);
            foreach (var standing in await administration.All(s, ct))
                if (standing.AdministratorId is null) await Do(cast.Staff, x => administration.Appoint(x, standing.Programme, cast.Officer.OrganisationId, ct));
        }

        public async Task Imported(IReadOnlyList<string> files)
        {
            var folder = Path.Combine(Get<RulePacks>().DataFolder, "registry", "samples");
            foreach (var name in files)
            {
                await using var content = File.OpenRead(Path.Combine(folder, name));
                var brought = await Do(cast.Officer, s => Get<CreditImports>().Bring(s, name, content, ct));
                if (brought.File.State != CreditImportState.Applied) await Do(cast.Officer, s => Get<CreditImports>().Apply(s, brought.File.Id, ct));
            }
        }

        public async Task<CreditProject?> Known(string name) => (await Do(cast.Developer, s => Get<ProjectHandlers>().List(s, new(Text: name, Mine: true), ct))).Items.FirstOrDefault(p => p.Name == name);

        public async Task Walked()
        {
            var (projects, periods) = (Get<ProjectHandlers>(), Get<PeriodHandlers>());
            var body = cast.Lead.OrganisationId;
            await Do(cast.Officer, s => periods.Accredit(s, new(body, Programme, 14, new(2024, 1, 1)), ct));
            var project = (await Do(cast.Developer, s => projects.Create(s, new(Programme, new(Project, "US", "IFM-US", new(2023, 6, 1), new(2024, 1, 1), new(2043, 12, 31), 0, 22_000,
                "Longer rotations and wider stream buffers on 9,000 hectares owned by the smelter's pension fund.", body, true, 19.2m)), ct))).Id;
            await Paper(cast.Developer, project, "design-document");
            await Step(cast.Developer, cast.DeveloperApprover, project, nameof(ProjectEvent.PublishDesign));
            await Do(cast.Lead, s => periods.Declare(s, project, true, "Neither the body nor its people have an interest in the project or its developer.", ct));
            await Do(cast.Officer, s => projects.CloseComments(s, project, s.Today(), "Two comments came and are answered in the design document.", ct));
            await Step(cast.Developer, cast.DeveloperApprover, project, nameof(ProjectEvent.BeginValidation));
            await Paper(cast.Lead, project, "validation-report");
            await Do(cast.Lead, s => periods.Validate(s, project, true, ct));
            await Step(cast.Lead, cast.Reviewer, project, nameof(ProjectEvent.RequestRegistration));
            await Step(cast.Officer, cast.Approver, project, nameof(ProjectEvent.Register));
            var period = (await Do(cast.Developer, s => periods.Open(s, project, new(new(2024, 1, 1), new(2025, 12, 31), Units + 12.4m, true, body), ct))).Id;
            await Paper(cast.Developer, project, "monitoring-report", period);
            await Step(cast.Developer, cast.DeveloperApprover, project, nameof(PeriodEvent.Report), period);
            await Step(cast.Developer, cast.DeveloperApprover, project, nameof(PeriodEvent.BeginVerification), period);
            await Paper(cast.Lead, project, "verification-report", period);
            await Do(cast.Lead, s => periods.Verify(s, project, period, new(true, Units, [new(2024, 19_440), new(2025, Units - 19_440)]), ct));
            await Step(cast.Lead, cast.Reviewer, project, nameof(PeriodEvent.Verify), period);
            await Step(cast.Developer, cast.DeveloperApprover, project, nameof(PeriodEvent.RequestIssuance), period);
            await Step(cast.Officer, cast.Approver, project, nameof(PeriodEvent.Issue), period);
            await Claimed(project);
            await Sold();
            await Pledged();
        }

        /// <summary>The host country authorised the units of 2025 for uses beyond its own contribution, and their programme gave them a label.</summary>
        async Task Claimed(Guid project)
        {
            var letter = (await Paper(cast.Officer, project, "authorisation")).Id;
            await Do(cast.Officer, s => Get<AuthorisationHandlers>().Authorise(s, project, new(["international", "other"], 2025, 2025, "issuance", "Voluntary use abroad", letter, s.Today().PlusDays(-20)), ct));
            await Do(cast.Officer, s => Get<LabelHandlers>().Give(s, project, new(2025, "ccp", "The methodology's category was approved under the core carbon principles."), ct));
        }

        /// <summary>A part goes to the buyer, who retires a part of it.</summary>
        async Task Sold()
        {
            var orders = Get<OrderHandlers>();
            var block = (await Do(cast.Developer, s => Get<UnitQueries>().Holdings(s, ct)))[0];
            var offer = await Do(cast.Developer, s => orders.Propose(s, new(CreditOrderKind.Transfer, block.Serial, 5_000, cast.Buyer.OrganisationId), ct));
            await Decide(cast.DeveloperApprover, offer.TaskId!.Value);
            offer = await Do(cast.Developer, s => orders.Read(s, offer.Id, ct));
            await Decide(cast.Buyer, offer.TaskId!.Value);
            var bought = (await Do(cast.Buyer, s => Get<UnitQueries>().Holdings(s, ct)))[0];
            var retirement = await Do(cast.Buyer, s => orders.Propose(s, new(CreditOrderKind.Retire, bought.Serial, Retired, Beneficiary: "Albion Metal Traders", Reason: "inventory", Purpose: "Business travel and freight of 2025"), ct));
            await Decide(cast.BuyerApprover, retirement.TaskId!.Value);
        }

        /// <summary>A part of what the developer keeps is offered to the buyer as security of a loan, at a price of the project's year that the programme published.</summary>
        async Task Pledged()
        {
            var deals = Get<DealHandlers>();
            var block = (await Do(cast.Developer, s => Get<UnitQueries>().Holdings(s, ct))).First(b => !b.Waiting && b.VintageFrom?.Year == b.VintageTo?.Year && b.Units >= 10_000);
            var number = (await Do(cast.Developer, s => Get<ProjectHandlers>().Read(s, block.ProjectId, ct))).Project.Number;
            await using var buyer = Get<IDbSessions>().Open(cast.Buyer);
            await using var developer = Get<IDbSessions>().Open(cast.Developer);
            var (lender, own, today) = ((await Get<OrderHandlers>().Account(buyer, ct))!.Value, (await Get<OrderHandlers>().Account(developer, ct))!.Value, developer.Today());
            await Do(cast.Officer, s => deals.Publish(s, new(null, block.Unit, $"{block.VintageFrom!.Value.Year}", "USD", today, 14.2m, "Demo: mean of two brokers", number), ct));
            var terms = new DealTerms(DealKind.Pledge, 10_000, "USD", today, today.PlusDays(180), Principal: 85_000, RatePercent: 6.5m, InitialLtvPercent: 60, CallLtvPercent: 75);
            var deal = await Do(cast.Developer, s => deals.Propose(s, new(own, true, $"{lender}", null, null, terms, Serial: block.Serial), ct));
            await Decide(cast.DeveloperApprover, deal.Steps[0].TaskId!.Value);
        }

        async Task Step(Actor first, Actor second, Guid project, string step, Guid? period = null)
        {
            var asked = await Do(first, s => Get<StepHandlers>().Ask(s, project, new(step, period), ct));
            await Decide(second, asked.TaskId!.Value);
        }

        Task<Done> Decide(Actor who, Guid task) => Do(who, s => Get<Approvals>().Decide(s, task, true, null, ct));

        Task<ProjectDocument> Paper(Actor who, Guid project, string kind, Guid? period = null) =>
            Do(who, s => Get<ProjectHandlers>().AddDocument(s, project, period, kind, kind + ".pdf", new MemoryStream("%PDF-1.7 demo"u8.ToArray()), ct));
    }
}
