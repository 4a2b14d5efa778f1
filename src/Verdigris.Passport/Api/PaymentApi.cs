using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Routing;
using NodaTime.Text;
using Verdigris.Passport.Disclosures;
using Verdigris.Passport.Evidence;
using Verdigris.Passport.Payments;
using Verdigris.Primitives;
using Verdigris.Storage;
using Verdigris.Web;
using static Verdigris.Web.ApiReplies;

namespace Verdigris.Passport.Api;

/// <param name="Item">Of the checklist.</param>
sealed record WaiveBody(string? Item, string? Reason);

/// <param name="Remark">Needed where warnings stand.</param>
sealed record PassBody(string? Remark);

/// <summary>Payments held back until their checklist is settled, the lists of sanctioned names, and who is linked to whom.</summary>
static class PaymentApi
{
    static readonly QueryParameter[] ListQuery =
    [
        new("q", "Part of the number, the reference or the seller's name", "PO-4711"),
        new("state", "One of the words of GateState", "Blocked"),
        new("metal", "Symbol of the contract", "NI"),
        new("alarmed", "true: only those that passed and are like a name on a later list", "true"),
        new("sort", "Column to sort by, with - before it for descending", "-opened"),
        new("cursor", "nextCursor of the page before"),
        new("limit", "Rows a page, 1 to 200", "50"),
    ];

    static readonly QueryParameter[] ImportQuery =
    [
        new("publisher", "Who publishes the list", "United Nations"),
        new("asOf", "The day the list is of", "2026-11-20"),
        new("name", "File name, ending in .csv", "list.csv"),
        new("keep", "true: import it; otherwise only say what would be imported", "true"),
        new("mayShrink", "true: that more than half of the entries are gone is meant", "false"),
    ];

    public static void Map(RouteGroupBuilder api)
    {
        var g = api.MapGroup("/payment-gates").WithTags("Payment gates");
        g.MapGet("", List).WithName("ListPaymentGates").WithSummary("Payments held back: the payer's own, those that name one's organisation as buyer or lender, and for the exchange all").WithQuery(ListQuery).Produces<Page<GateSummary>>();
        g.MapPost("", (HttpContext http, DbSession s, GateHandlers h, CancellationToken ct) => Made<GateContent, GateView>(http, b => h.Open(s, b, ct), v => $"/api/v1/payment-gates/{v.Gate.Id}", ct))
            .WithName("OpenPaymentGate").WithSummary("Hold a payment back: the trade, and what is known of its documents (buyer or lender)").Accepts<GateContent>("application/json").Produces<GateView>(201);
        g.MapGet("/{id:guid}", async (HttpContext http, DbSession s, GateHandlers h, Guid id, CancellationToken ct) => Reply(http, await h.Read(s, id, ct))).WithName("GetPaymentGate").WithSummary("A gate with its checklist, waivers, likenesses, files and every finding so far").Produces<GateView>();
        g.MapPut("/{id:guid}", (HttpContext http, DbSession s, GateHandlers h, Guid id, CancellationToken ct) => Reply<GateContent, GateView>(http, b => h.Revise(s, id, b, ct), ct))
            .WithName("RevisePaymentGate").WithSummary("Write the trade anew; what stood before stays as a version").Accepts<GateContent>("application/json").Produces<GateView>();
        g.MapPost("/{id:guid}/check", async (HttpContext http, DbSession s, GateHandlers h, Guid id, CancellationToken ct) => Reply(http, await h.Recheck(s, id, ct))).WithName("CheckPaymentGate").WithSummary("Run the checks again").Produces<GateView>();
        g.MapPost("/{id:guid}/hits", (HttpContext http, DbSession s, GateHandlers h, Guid id, CancellationToken ct) => Reply<HitReview, GateView>(http, b => h.Review(s, id, b, ct), ct))
            .WithName("ReviewPaymentGateHit").WithSummary("Say whether a likeness with a listed name is the party; not the person who opened the gate").Accepts<HitReview>("application/json").Produces<GateView>();
        g.MapPost("/{id:guid}/waivers", (HttpContext http, DbSession s, GateHandlers h, Guid id, CancellationToken ct) => Made<WaiveBody, ApprovalTask>(http, b => h.ProposeWaiver(s, id, b.Item, b.Reason, ct), t => $"/tasks/{t.Id}", ct))
            .WithName("ProposePaymentGateWaiver").WithSummary("Propose to waive an item as it stands; a second person decides").Accepts<WaiveBody>("application/json").Produces<ApprovalTask>(201);
        g.MapPost("/{id:guid}/pass", (HttpContext http, DbSession s, GateHandlers h, Guid id, CancellationToken ct) => Reply<PassBody, GateView>(http, b => h.Pass(s, id, b.Remark, ct), ct))
            .WithName("PassPaymentGate").WithSummary("Let the payment pass: only where every item is met or waived; not the person who opened the gate").Accepts<PassBody>("application/json").Produces<GateView>();
        g.MapPost("/{id:guid}/refuse", (HttpContext http, DbSession s, GateHandlers h, Guid id, CancellationToken ct) => Reply<ReasonBody, GateView>(http, b => h.Refuse(s, id, b.Reason, ct), ct))
            .WithName("RefusePaymentGate").WithSummary("Do not pay, with a reason").Accepts<ReasonBody>("application/json").Produces<GateView>();
        g.MapPost("/{id:guid}/withdraw", (HttpContext http, DbSession s, GateHandlers h, Guid id, CancellationToken ct) => Reply<ReasonBody, GateView>(http, b => h.Withdraw(s, id, b.Reason, ct), ct))
            .WithName("WithdrawPaymentGate").WithSummary("The trade does not come about, with a reason").Accepts<ReasonBody>("application/json").Produces<GateView>();
        g.MapPost("/{id:guid}/files/{kind}", async (HttpContext http, DbSession s, GateHandlers h, Guid id, string kind, string? name, CancellationToken ct) => Made(await h.AddFile(s, id, kind, name, http.Request.Body, ct), f => $"/api/v1/payment-gates/{id}/files/{kind}/{f.Id}"))
            .WithName("AddPaymentGateFile").WithSummary("Attach a document: kind bill-of-lading, origin-certificate, insurance-policy or other; name=FILE, the content as the body").WithMetadata(new RequestSizeLimitAttribute(EvidenceRules.LargestBytes + (1 << 20))).Accepts<string>("application/octet-stream").Produces<AttachedFile>(201);
        g.MapGet("/{id:guid}/files/{kind}/{file:guid}", async (HttpContext http, DbSession s, GateHandlers h, Guid id, string kind, Guid file, CancellationToken ct) => Saved(http, await h.OpenFile(s, id, kind, file, ct))).WithName("GetPaymentGateFile").WithSummary("The content of a document").Produces<string>(200, "application/octet-stream");

        var l = api.MapGroup("/sanctions-lists").WithTags("Payment gates");
        l.MapGet("", async (HttpContext http, DbSession s, SanctionsLists h, CancellationToken ct) => s.Actor.SignedIn ? Reply(http, await h.List(s, ct)) : Replies.Refused(Refusal.Forbidden("access.sign-in-needed"))).WithName("ListSanctionsLists").WithSummary("Lists of sanctioned names in every version, the newest first in each publisher").Produces<IReadOnlyList<SanctionsList>>();
        l.MapPost("", Import).WithName("ImportSanctionsList").WithSummary("Look at a list or import it (exchange): CSV with the columns entry and name, and if there aliases and programme, as the body").WithQuery(ImportQuery)
            .WithMetadata(new RequestSizeLimitAttribute(EvidenceRules.LargestBytes + (1 << 20))).Accepts<string>("text/csv").Produces<SanctionsImport>();

        var o = api.MapGroup("/organisation-links").WithTags("Payment gates");
        o.MapGet("", async (HttpContext http, DbSession s, OrganisationLinks h, CancellationToken ct) => Reply(http, await h.List(s, ct))).WithName("ListOrganisationLinks").WithSummary("Organisations that are not independent of each other (exchange)").Produces<IReadOnlyList<OrganisationLink>>();
        o.MapPost("", (HttpContext http, DbSession s, OrganisationLinks h, CancellationToken ct) => Made<NewLink, OrganisationLink>(http, b => h.Say(s, b, ct), v => $"/api/v1/organisation-links#{v.Id}", ct))
            .WithName("SayOrganisationLink").WithSummary("Say that two organisations are linked (exchange)").Accepts<NewLink>("application/json").Produces<OrganisationLink>(201);
        o.MapPost("/{id:guid}/end", (HttpContext http, DbSession s, OrganisationLinks h, Guid id, CancellationToken ct) => Reply<ReasonBody, OrganisationLink>(http, b => h.End(s, id, b.Reason, ct), ct))
            .WithName("EndOrganisationLink").WithSummary("They are linked no longer (exchange)").Accepts<ReasonBody>("application/json").Produces<OrganisationLink>();
    }

    static async Task<IResult> List(HttpContext http, DbSession s, GateRegister h, CancellationToken ct)
    {
        var filter = Filter(http.Request.Query);
        return filter.Ok ? Reply(http, await h.List(s, filter.Value, ct)) : Replies.Refused([.. filter.Refusals]);
    }

    static async Task<IResult> Import(HttpContext http, DbSession s, SanctionsLists h, CancellationToken ct)
    {
        var query = http.Request.Query;
        var day = LocalDatePattern.Iso.Parse(query["asOf"].ToString());
        if (!day.Success) return Replies.Refused(Refusal.Of("input.not-a-date", "asOf", ("given", query["asOf"].ToString())));
        return Reply(http, await h.Import(s, query["publisher"], day.Value, query["name"], http.Request.Body, query["keep"] == "true", query["mayShrink"] == "true", ct));
    }

    static Answer<GateFilter> Filter(IQueryCollection query)
    {
        string? Text(string name) => query[name].ToString() is { Length: > 0 } text ? text : null;
        var state = DisclosureWords.Maybe<GateState>(Text("state"));
        if (Text("state") is { } given && state is null) return Refusal.Of("request.word-unknown", "state", ("given", given));
        var limit = 50;
        if (Text("limit") is { } l && !int.TryParse(l, out limit)) return Refusal.Of("input.not-a-number", "limit", ("given", l));
        return new GateFilter(Text("q"), state, Text("metal"), Text("sort"), Text("cursor"), limit, Text("alarmed") == "true");
    }
}
