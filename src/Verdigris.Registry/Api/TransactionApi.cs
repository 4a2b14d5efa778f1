using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Verdigris.Footprint.Publication;
using Verdigris.Primitives;
using Verdigris.Registry.Compliance;
using Verdigris.Registry.Transfers;
using Verdigris.Storage;
using Verdigris.Web;

namespace Verdigris.Registry.Api;

/// <summary>Transactions, installations and their obligation.</summary>
static class TransactionApi
{
    sealed record PermitBody(string Permit);

    /// <param name="LastYear">Null: it operates on.</param>
    sealed record LastYearBody(int? LastYear);

    /// <param name="Report">Id of the publication.</param>
    sealed record HandInBody(Guid Report);

    /// <param name="Paid">True: the money is there; false: lifted, with the reason.</param>
    sealed record SettleBody(bool Paid, string? Reason);

    sealed record ExcludeBody(int Year, bool Excluded, string? Reason);

    public static void Map(RouteGroupBuilder api)
    {
        var g = api.MapGroup("/registry").WithTags("Registry");
        g.MapGet("/transactions", async (HttpContext http, DbSession s, TransactionHandlers h, CancellationToken ct) =>
            {
                var q = new QueryWords(http);
                var filter = new TransactionFilter(q.Text("scheme"), q.Long("account"), q.Text("kind"), q.Word<TransactionState>("state"), q.Id("installation"), q.Whole("year"), q.Text("sort"), q.Text("cursor"), q.Whole("limit") ?? 50);
                return q.Wrong.Count > 0 ? Replies.Refused(q.Wrong) : ApiReplies.Reply(http, await h.List(s, filter, ct));
            }).WithName("ListRegistryTransactions").WithSummary("Transactions from and to own accounts, or all of the schemes one administers")
            .WithQuery([new("scheme", "Code of a scheme", "eu-ets"), new("account", "Number of an account", "6005000001"), new("kind", "Kind of transaction", "transfer"), new("state", "Proposed, Pending, Delayed, Completed, Rejected, Cancelled, Terminated, Reversed", "Delayed"), new("installation", "Id of an installation", "0190c100-0000-7000-8000-000000000001"), new("year", "Year of emissions", "2025"), .. AccountApi.Paging]).Produces<Page<RegistryTransaction>>();
        g.MapPost("/transactions", (HttpContext http, DbSession s, TransactionHandlers h, CancellationToken ct) => ApiReplies.Made<NewTransaction, RegistryTransaction>(http, b => h.Propose(s, b, ct), t => $"/api/v1/registry/transactions/{t.Id}", ct))
            .WithName("ProposeRegistryTransaction").WithSummary("Propose a transaction: the units are held, another person decides in the inbox").Accepts<NewTransaction>("application/json").Produces<RegistryTransaction>(201);
        g.MapGet("/transactions/{id:guid}", async (HttpContext http, DbSession s, TransactionHandlers h, Guid id, CancellationToken ct) => ApiReplies.Reply(http, await h.Read(s, id, ct))).WithName("GetRegistryTransaction").WithSummary("A transaction as it stands now").Produces<RegistryTransaction>();
        g.MapGet("/transactions/{id:guid}/serials", async (HttpContext http, DbSession s, TransactionHandlers h, Guid id, CancellationToken ct) => ApiReplies.Reply(http, await h.Serials(s, id, ct))).WithName("GetTransactionSerials").WithSummary("Serials a transaction moved (authority)").Produces<IReadOnlyList<TransactionBlock>>();
        g.MapPost("/transactions/{id:guid}/cancel", (HttpContext http, DbSession s, TransactionHandlers h, Guid id, CancellationToken ct) => ApiReplies.Reply<ReasonBody, RegistryTransaction>(http, b => h.Cancel(s, id, b.Reason, ct), ct))
            .WithName("CancelRegistryTransaction").WithSummary("Take a delayed transaction back (representative, authority's officer)").Accepts<ReasonBody>("application/json").Produces<RegistryTransaction>();
        g.MapPost("/transactions/{id:guid}/reversal", (HttpContext http, DbSession s, TransactionHandlers h, Guid id, CancellationToken ct) => ApiReplies.Made<ReasonBody, RegistryTransaction>(http, b => h.Reverse(s, id, b.Reason, ct), t => $"/api/v1/registry/transactions/{t.Id}", ct))
            .WithName("ReverseRegistryTransaction").WithSummary("Propose to take a completed transaction back (authority's officer)").Accepts<ReasonBody>("application/json").Produces<RegistryTransaction>(201);
        g.MapGet("/schemes/{scheme}/serials/{unit}/{serial:long}", async (HttpContext http, DbSession s, TransactionHandlers h, string scheme, string unit, long serial, CancellationToken ct) => ApiReplies.Reply(http, await h.Life(s, scheme, unit, new QueryWords(http).Text("vintage"), serial, ct)))
            .WithName("GetSerialLife").WithSummary("The way of one unit (authority)").WithQuery(new QueryParameter("vintage", "Where units of years differ", "2024")).Produces<IReadOnlyList<SerialStep>>();
        Installations(g);
        Obligation(g);
    }

    static void Installations(RouteGroupBuilder g)
    {
        g.MapGet("/installations", async (HttpContext http, DbSession s, InstallationHandlers h, CancellationToken ct) =>
            {
                var q = new QueryWords(http);
                var (scheme, state, find, sort, cursor, limit) = (q.Text("scheme"), q.Word<InstallationState>("state"), q.Text("find"), q.Text("sort"), q.Text("cursor"), q.Whole("limit") ?? 50);
                return q.Wrong.Count > 0 ? Replies.Refused(q.Wrong) : ApiReplies.Reply(http, await h.List(s, scheme, state, find, sort, cursor, limit, ct));
            }).WithName("ListInstallations").WithSummary("Own installations, or all of the schemes one administers").WithQuery([new("scheme", "Code of a scheme", "eu-ets"), new("state", "Applied, Permitted, Refused, Ended", "Permitted"), new("find", "A part of name, permit or activity", "Nordvik"), .. AccountApi.Paging]).Produces<Page<Installation>>();
        g.MapPost("/installations", (HttpContext http, DbSession s, InstallationHandlers h, CancellationToken ct) => ApiReplies.Made<NewInstallation, Installation>(http, b => h.Apply(s, b, ct), i => $"/api/v1/registry/installations/{i.Id}", ct))
            .WithName("ApplyForPermit").WithSummary("Ask for the permit of an installation (administrator or representative)").Accepts<NewInstallation>("application/json").Produces<Installation>(201);
        g.MapGet("/installations/{id:guid}", async (HttpContext http, DbSession s, InstallationHandlers h, Guid id, CancellationToken ct) => ApiReplies.Reply(http, await h.Read(s, id, ct))).WithName("GetInstallation").WithSummary("An installation").Produces<Installation>();
        g.MapPost("/installations/{id:guid}/permit", (HttpContext http, DbSession s, InstallationHandlers h, Guid id, CancellationToken ct) => ApiReplies.Reply<PermitBody, Installation>(http, b => h.Permit(s, id, b.Permit, ct), ct))
            .WithName("ProposePermit").WithSummary("Propose a permit (authority's officer); an approver decides").Accepts<PermitBody>("application/json").Produces<Installation>();
        g.MapPut("/installations/{id:guid}/last-year", (HttpContext http, DbSession s, InstallationHandlers h, Guid id, CancellationToken ct) => ApiReplies.Reply<LastYearBody, Installation>(http, b => h.SetLastYear(s, id, b.LastYear, ct), ct))
            .WithName("SetLastYear").WithSummary("The last year with an obligation (authority's officer)").Accepts<LastYearBody>("application/json").Produces<Installation>();
        g.MapGet("/installations/{id:guid}/classes", async (HttpContext http, DbSession s, PlantClasses h, Guid id, CancellationToken ct) => ApiReplies.Reply(http, await h.List(s, id, ct))).WithName("ListPlantClasses").WithSummary("Decisions on the kind of plant an installation is, newest first").Produces<IReadOnlyList<PlantClass>>();
        g.MapPost("/installations/{id:guid}/classes", (HttpContext http, DbSession s, PlantClasses h, Guid id, CancellationToken ct) => ApiReplies.Made<NewPlantClass, PlantClass>(http, b => h.Propose(s, id, b, ct), _ => $"/api/v1/registry/installations/{id}/classes", ct))
            .WithName("ProposePlantClass").WithSummary("Propose the kind of plant from a year on: the operator, and the authority's officer decides; or the officer, and an approver decides").Accepts<NewPlantClass>("application/json").Produces<PlantClass>(201);
    }

    static void Obligation(RouteGroupBuilder g)
    {
        g.MapGet("/installations/{id:guid}/compliance", async (HttpContext http, DbSession s, ComplianceHandlers h, Guid id, CancellationToken ct) => ApiReplies.Reply(http, await h.Read(s, id, ct))).WithName("GetCompliance").WithSummary("Where an installation stands, year by year").Produces<InstallationCompliance>();
        g.MapGet("/installations/{id:guid}/reports", async (HttpContext http, DbSession s, ComplianceHandlers h, Guid id, CancellationToken ct) => ApiReplies.Reply(http, await h.Reports(s, id, ct))).WithName("ListSchemeReports").WithSummary("Verified reports of its facility that were published for a scheme").Produces<IReadOnlyList<PublishedReport>>();
        g.MapPost("/installations/{id:guid}/emissions", (HttpContext http, DbSession s, ComplianceHandlers h, Guid id, CancellationToken ct) => ApiReplies.Made<HandInBody, YearEmissions>(http, b => h.HandIn(s, id, b.Report, ct), _ => $"/api/v1/registry/installations/{id}/compliance", ct))
            .WithName("HandInReport").WithSummary("Hand in a published report for its year (administrator or representative); the authority's officer decides").Accepts<HandInBody>("application/json").Produces<YearEmissions>(201);
        g.MapPost("/installations/{id:guid}/determinations", (HttpContext http, DbSession s, ComplianceHandlers h, Guid id, CancellationToken ct) => ApiReplies.Made<DeterminedEmissions, YearEmissions>(http, b => h.Determine(s, id, b, ct), _ => $"/api/v1/registry/installations/{id}/compliance", ct))
            .WithName("DetermineEmissions").WithSummary("Determine the emissions of a year (authority's officer); an approver decides").Accepts<DeterminedEmissions>("application/json").Produces<YearEmissions>(201);
        g.MapPost("/installations/{id:guid}/exclusions", (HttpContext http, DbSession s, ComplianceHandlers h, Guid id, CancellationToken ct) => ApiReplies.Reply<ExcludeBody, InstallationCompliance>(http, b => h.Exclude(s, id, b.Year, b.Excluded, b.Reason, ct), ct))
            .WithName("ExcludeYear").WithSummary("Exclude a year from the obligation, or take that back (authority's officer)").Accepts<ExcludeBody>("application/json").Produces<InstallationCompliance>();
        g.MapPost("/installations/{id:guid}/allocations", (HttpContext http, DbSession s, ComplianceHandlers h, Guid id, CancellationToken ct) => ApiReplies.Made<NewAllocation, Allocation>(http, b => h.Allocate(s, id, b, ct), _ => $"/api/v1/registry/installations/{id}/compliance", ct))
            .WithName("ProposeAllocation").WithSummary("Propose the free allocation of a year, by a method or as a number (authority's officer); an approver decides").Accepts<NewAllocation>("application/json").Produces<Allocation>(201);
        g.MapPost("/allocations/{id:guid}/delivery", async (DbSession s, ComplianceHandlers h, Guid id, CancellationToken ct) => ApiReplies.Made(await h.Deliver(s, id, ct), t => $"/api/v1/registry/transactions/{t.Id}"))
            .WithName("DeliverAllocation").WithSummary("Propose the transaction that delivers an approved allocation (authority's officer)").Produces<RegistryTransaction>(201);
        g.MapPost("/installations/{id:guid}/penalties", (HttpContext http, DbSession s, PenaltyHandlers h, Guid id, CancellationToken ct) => ApiReplies.Made<NewPenalty, Penalty>(http, b => h.Propose(s, id, b, ct), _ => $"/api/v1/registry/installations/{id}/compliance", ct))
            .WithName("ProposePenalty").WithSummary("Propose the penalty for units missing after the day of surrender, within the scheme's rule (authority's officer); an approver sets it").Accepts<NewPenalty>("application/json").Produces<Penalty>(201);
        g.MapPost("/penalties/{id:guid}/settlement", (HttpContext http, DbSession s, PenaltyHandlers h, Guid id, CancellationToken ct) => ApiReplies.Reply<SettleBody, Penalty>(http, b => h.Settle(s, id, b.Paid, b.Reason, ct), ct))
            .WithName("SettlePenalty").WithSummary("Say that a penalty was paid, or lift it (authority's officer)").Accepts<SettleBody>("application/json").Produces<Penalty>();
        g.MapGet("/accounts/{account:long}/carry-overs", async (HttpContext http, DbSession s, CarryOverHandlers h, long account, CancellationToken ct) => ApiReplies.Reply(http, await h.List(s, account, ct))).WithName("ListCarryOvers").WithSummary("What an account carried over from year to year").Produces<IReadOnlyList<CarryOver>>();
        g.MapPost("/carry-overs", (HttpContext http, DbSession s, CarryOverHandlers h, CancellationToken ct) => ApiReplies.Made<NewCarryOver, CarryOver>(http, b => h.Ask(s, b, ct), c => $"/api/v1/registry/accounts/{c.Account}/carry-overs", ct))
            .WithName("AskCarryOver").WithSummary("Ask that units of a vintage live on as units of a later one (representative); the authority's officer decides").Accepts<NewCarryOver>("application/json").Produces<CarryOver>(201);
        g.MapGet("/schemes/{scheme}/compliance", async (HttpContext http, DbSession s, ComplianceHandlers h, string scheme, CancellationToken ct) => ApiReplies.Reply(http, await h.Run(s, scheme, ct))).WithName("RunCompliance").WithSummary("Status of every installation of a scheme (authority)").Produces<IReadOnlyList<ComplianceLine>>();
    }
}
