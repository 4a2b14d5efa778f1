using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Routing;
using NodaTime.Text;
using Verdigris.Book;
using Verdigris.Primitives;
using Verdigris.Registry.Accounts;
using Verdigris.Registry.Transfers;
using Verdigris.Storage;
using Verdigris.Web;

namespace Verdigris.Registry.Api;

/// <summary>Admission, accounts, who may act on them, what is frozen.</summary>
static class AccountApi
{
    /// <param name="OrganisationId">An organisation of the kind authority.</param>
    sealed record AppointBody(Guid OrganisationId);

    sealed record ApplyBody(string Scheme);

    /// <param name="ReviewOn">Day by which the papers are looked at again.</param>
    sealed record AdmitBody(NodaTime.LocalDate ReviewOn);

    /// <param name="State">Refused, Suspended or Ended.</param>
    sealed record HolderStateBody(HolderState State, string? Reason);

    sealed record NameBody(Guid PersonId, Right Rights);

    /// <param name="State">Active, Suspended or Removed.</param>
    sealed record RepresentativeStateBody(RepresentativeState State, string? Reason);

    /// <param name="FullId">Printed id of the account to be trusted.</param>
    sealed record TrustBody(string FullId, string? Note);

    sealed record ReachBody(bool TrustedOnly);

    /// <param name="Scope">Out, In or Both.</param>
    sealed record FreezeBody(FreezeScope Scope, string? Reason);

    /// <param name="Kind">Word of the scheme's transactions.</param>
    sealed record StopBody(string Kind, string? Reason);

    public static readonly QueryParameter[] Paging = [new("sort", "Column, with - before it for descending", "name"), new("cursor", "nextCursor of the page before", "WyJhIl0"), new("limit", "1 to 200", "50")];

    public static void Map(RouteGroupBuilder api)
    {
        var g = api.MapGroup("/registry").WithTags("Registry");
        g.MapGet("/administrators", async (HttpContext http, DbSession s, Administration h, CancellationToken ct) => ApiReplies.Reply(http, await h.All(s, ct))).WithName("ListSchemeAdministrators").WithSummary("Who administers which scheme").Produces<IReadOnlyList<SchemeStanding>>();
        g.MapPut("/administrators/{scheme}", (HttpContext http, DbSession s, Administration h, string scheme, CancellationToken ct) => ApiReplies.Reply<AppointBody, SchemeStanding>(http, b => h.Appoint(s, scheme, b.OrganisationId, ct), ct))
            .WithName("AppointSchemeAdministrator").WithSummary("Name the authority that administers a scheme (exchange staff)").Accepts<AppointBody>("application/json").Produces<SchemeStanding>();
        Holders(g);
        Accounts(g);
        Access(g);
    }

    static void Holders(RouteGroupBuilder g)
    {
        g.MapGet("/holders", async (HttpContext http, DbSession s, HolderHandlers h, CancellationToken ct) =>
            {
                var q = new QueryWords(http);
                var state = q.Word<HolderState>("state");
                return q.Wrong.Count > 0 ? Replies.Refused(q.Wrong) : ApiReplies.Reply(http, await h.List(s, state, ct));
            }).WithName("ListHolders").WithSummary("Own admissions, or all of the schemes one administers").WithQuery(new QueryParameter("state", "Applied, Admitted, Refused, Suspended, Ended", "Applied")).Produces<IReadOnlyList<Holder>>();
        g.MapPost("/holders", (HttpContext http, DbSession s, HolderHandlers h, CancellationToken ct) => ApiReplies.Made<ApplyBody, HolderView>(http, b => h.Apply(s, b.Scheme, ct), v => $"/api/v1/registry/holders/{v.Holder.Id}", ct))
            .WithName("ApplyToScheme").WithSummary("Ask for admission to a scheme (administrator or account representative)").Accepts<ApplyBody>("application/json").Produces<HolderView>(201);
        g.MapGet("/holders/{id:guid}", async (HttpContext http, DbSession s, HolderHandlers h, Guid id, CancellationToken ct) => ApiReplies.Reply(http, await h.Read(s, id, ct))).WithName("GetHolder").WithSummary("An admission with its papers and what is missing").Produces<HolderView>();
        g.MapPost("/holders/{id:guid}/documents", async (HttpContext http, DbSession s, HolderHandlers h, Guid id, string? name, string? document, Guid? person, string? validUntil, CancellationToken ct) =>
            {
                var until = validUntil is { Length: > 0 } ? LocalDatePattern.Iso.Parse(validUntil) : null;
                if (until is { Success: false }) return Replies.Refused(Refusal.Of("input.not-a-date", "validUntil", ("given", validUntil!)));
                return ApiReplies.Made(await h.AddDocument(s, id, document ?? "", person, until?.Value, name, http.Request.Body, ct), d => $"/api/v1/registry/holders/{id}/documents/{d.Id}");
            }).WithName("AddHolderDocument").WithSummary("Bring a paper: name=FILE, document=KIND, person=ID for a representative's, validUntil=DAY; the content as the body").WithMetadata(new RequestSizeLimitAttribute(EvidenceRules.LargestBytes + (1 << 20))).Accepts<string>("application/octet-stream").Produces<HolderDocument>(201);
        g.MapGet("/holders/{id:guid}/documents/{document:guid}", async (HttpContext http, DbSession s, HolderHandlers h, Guid id, Guid document, CancellationToken ct) => ApiReplies.Saved(http, await h.Open(s, id, document, ct))).WithName("GetHolderDocument").WithSummary("The content of a paper").Produces<string>(200, "application/octet-stream");
        g.MapPost("/holders/{id:guid}/admission", (HttpContext http, DbSession s, HolderHandlers h, Guid id, CancellationToken ct) => ApiReplies.Reply<AdmitBody, HolderView>(http, b => h.Propose(s, id, b.ReviewOn, ct), ct))
            .WithName("ProposeAdmission").WithSummary("Propose an admission whose papers are complete (authority's officer); an approver decides in the inbox").Accepts<AdmitBody>("application/json").Produces<HolderView>();
        g.MapPost("/holders/{id:guid}/state", (HttpContext http, DbSession s, HolderHandlers h, Guid id, CancellationToken ct) => ApiReplies.Reply<HolderStateBody, HolderView>(http, b => h.Set(s, id, b.State, b.Reason, ct), ct))
            .WithName("SetHolderState").WithSummary("Refuse, suspend or end, with the reason (authority's officer)").Accepts<HolderStateBody>("application/json").Produces<HolderView>();
    }

    static void Accounts(RouteGroupBuilder g)
    {
        g.MapGet("/accounts", async (HttpContext http, DbSession s, AccountHandlers h, CancellationToken ct) =>
            {
                var q = new QueryWords(http);
                var filter = new AccountFilter(q.Text("scheme"), q.Text("kind"), q.Word<AccountState>("state"), q.Id("organisation"), q.Text("find"), q.Text("sort"), q.Text("cursor"), q.Whole("limit") ?? 50);
                return q.Wrong.Count > 0 ? Replies.Refused(q.Wrong) : ApiReplies.Reply(http, await h.List(s, filter, ct));
            }).WithName("ListRegistryAccounts").WithSummary("Own accounts, or all of the schemes one administers").WithQuery([new("scheme", "Code of a scheme", "eu-ets"), new("kind", "Kind of account", "operator-holding"), new("state", "Proposed, Pending, Open, Closing, Closed, Refused", "Open"), new("organisation", "Holder", "0190c100-0000-7000-8000-000000000001"), new("find", "A part of name or id", "Nordvik"), .. Paging]).Produces<Page<RegistryAccount>>();
        g.MapPost("/accounts", (HttpContext http, DbSession s, AccountHandlers h, CancellationToken ct) => ApiReplies.Made<NewAccount, RegistryAccount>(http, b => h.Ask(s, b, ct), a => $"/api/v1/registry/accounts/{a.Account}", ct))
            .WithName("AskRegistryAccount").WithSummary("Ask for an account (administrator or representative of an admitted holder); the authority's officer decides").Accepts<NewAccount>("application/json").Produces<RegistryAccount>(201);
        g.MapGet("/accounts/{account:long}", async (HttpContext http, DbSession s, AccountHandlers h, long account, CancellationToken ct) => ApiReplies.Reply(http, await h.Read(s, account, ct))).WithName("GetRegistryAccount").WithSummary("An account").Produces<RegistryAccount>();
        g.MapGet("/accounts/{account:long}/holdings", async (HttpContext http, DbSession s, AccountHandlers h, long account, CancellationToken ct) => ApiReplies.Reply(http, await h.Holdings(s, account, ct))).WithName("GetRegistryHoldings").WithSummary("What an account holds").Produces<IReadOnlyList<AccountHolding>>();
        g.MapGet("/accounts/{account:long}/closing", async (HttpContext http, DbSession s, ClosingHandlers h, long account, CancellationToken ct) => ApiReplies.Reply(http, await h.Read(s, account, ct))).WithName("GetRegistryAccountClosing").WithSummary("How far the closing of an account is").Produces<ClosingView>();
        g.MapPost("/accounts/{account:long}/closing", async (HttpContext http, DbSession s, ClosingHandlers h, long account, CancellationToken ct) => ApiReplies.Reply(http, await h.Ask(s, account, new QueryWords(http).Text("to"), ct)))
            .WithName("CloseRegistryAccount").WithSummary("Ask for the closing of an account; the authority's officer decides").WithQuery(new QueryParameter("to", "Id of the account that gets what is left", "EU-100-5000002-0-48")).Produces<RegistryAccount>();
        g.MapPost("/accounts/{account:long}/closing/rest", async (HttpContext http, DbSession s, ClosingHandlers h, long account, CancellationToken ct) => ApiReplies.Reply(http, await h.MoveRest(s, account, ct))).WithName("MoveRestOfRegistryAccount").WithSummary("Propose to move what is left of an account that is being closed (authority's officer)").Produces<RegistryAccount>();
        g.MapPut("/accounts/{account:long}/reach", (HttpContext http, DbSession s, AccountHandlers h, long account, CancellationToken ct) => ApiReplies.Reply<ReachBody, RegistryAccount>(http, b => h.SetTrustedOnly(s, account, b.TrustedOnly, ct), ct))
            .WithName("SetRegistryAccountReach").WithSummary("Whether the account reaches trusted accounts only (administrator)").Accepts<ReachBody>("application/json").Produces<RegistryAccount>();
    }

    static void Access(RouteGroupBuilder g)
    {
        g.MapGet("/accounts/{account:long}/representatives", async (HttpContext http, DbSession s, AccessHandlers h, long account, CancellationToken ct) => ApiReplies.Reply(http, await h.Representatives(s, account, ct))).WithName("ListRepresentatives").WithSummary("Who may act on an account").Produces<IReadOnlyList<Representative>>();
        g.MapPost("/accounts/{account:long}/representatives", (HttpContext http, DbSession s, AccessHandlers h, long account, CancellationToken ct) => ApiReplies.Made<NameBody, Representative>(http, b => h.Name(s, account, b.PersonId, b.Rights, ct), _ => $"/api/v1/registry/accounts/{account}/representatives", ct))
            .WithName("NameRepresentative").WithSummary("Name somebody (administrator); the authority's officer decides").Accepts<NameBody>("application/json").Produces<Representative>(201);
        g.MapPost("/representatives/{id:guid}/state", (HttpContext http, DbSession s, AccessHandlers h, Guid id, CancellationToken ct) => ApiReplies.Reply<RepresentativeStateBody, Representative>(http, b => h.Set(s, id, b.State, b.Reason, ct), ct))
            .WithName("SetRepresentativeState").WithSummary("Suspend, take up again or remove a representative (administrator, authority's officer)").Accepts<RepresentativeStateBody>("application/json").Produces<Representative>();
        g.MapGet("/accounts/{account:long}/trusted", async (HttpContext http, DbSession s, AccessHandlers h, long account, CancellationToken ct) => ApiReplies.Reply(http, await h.TrustedList(s, account, ct))).WithName("ListTrustedAccounts").WithSummary("The trusted list of an account").Produces<IReadOnlyList<TrustedAccount>>();
        g.MapPost("/accounts/{account:long}/trusted", (HttpContext http, DbSession s, AccessHandlers h, long account, CancellationToken ct) => ApiReplies.Made<TrustBody, TrustedAccount>(http, b => h.Trust(s, account, b.FullId, b.Note, ct), _ => $"/api/v1/registry/accounts/{account}/trusted", ct))
            .WithName("TrustAccount").WithSummary("Put an account on the trusted list (representative); another approves, and it counts after the scheme's delay").Accepts<TrustBody>("application/json").Produces<TrustedAccount>(201);
        g.MapDelete("/trusted/{id:guid}", async (DbSession s, AccessHandlers h, Guid id, CancellationToken ct) => Replies.From(await h.Distrust(s, id, ct))).WithName("DistrustAccount").WithSummary("Take an account off the list, at once (representative)").Produces(204);
        g.MapGet("/freezes", async (HttpContext http, DbSession s, FreezeHandlers h, CancellationToken ct) => ApiReplies.Reply(http, await h.List(s, new QueryWords(http).Text("scheme"), null, ct))).WithName("ListFreezes").WithSummary("Freezes in force that one may see").WithQuery(new QueryParameter("scheme", "Code of a scheme", "eu-ets")).Produces<IReadOnlyList<Freeze>>();
        g.MapPost("/accounts/{account:long}/freezes", (HttpContext http, DbSession s, FreezeHandlers h, long account, CancellationToken ct) => ApiReplies.Made<FreezeBody, Freeze>(http, b => h.Account(s, account, b.Scope, b.Reason, ct), _ => "/api/v1/registry/freezes", ct))
            .WithName("FreezeRegistryAccount").WithSummary("Freeze an account at once (authority's officer; a representative: out)").Accepts<FreezeBody>("application/json").Produces<Freeze>(201);
        g.MapPost("/schemes/{scheme}/stops", (HttpContext http, DbSession s, FreezeHandlers h, string scheme, CancellationToken ct) => ApiReplies.Made<StopBody, Freeze>(http, b => h.Stop(s, scheme, b.Kind, b.Reason, ct), _ => "/api/v1/registry/freezes", ct))
            .WithName("StopTransactions").WithSummary("Stop a kind of transaction in a whole scheme (authority's officer)").Accepts<StopBody>("application/json").Produces<Freeze>(201);
        g.MapPost("/freezes/{id:guid}/lift", async (HttpContext http, DbSession s, FreezeHandlers h, Guid id, CancellationToken ct) => ApiReplies.Reply(http, await h.ProposeLift(s, id, ct))).WithName("LiftFreeze").WithSummary("Propose to lift a freeze (authority's officer); an approver decides").Produces<Freeze>();
    }
}
