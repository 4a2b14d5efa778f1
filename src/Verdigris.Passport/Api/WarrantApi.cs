using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using NodaTime;
using Verdigris.Passport.Certificates;
using Verdigris.Passport.Reading;
using Verdigris.Passport.Register;
using Verdigris.Passport.Warrants;
using Verdigris.Primitives;
using Verdigris.Storage;
using Verdigris.Web;

namespace Verdigris.Passport.Api;

/// <param name="ExpiresAt">When the offer lapses by itself.</param>
sealed record ProposalBody(Guid ToOrganisationId, Instant ExpiresAt, string? Message);

sealed record PledgeBody(Guid LenderOrganisationId);

static class WarrantApi
{
    public static void Map(RouteGroupBuilder api)
    {
        var m = api.MapGroup("").WithTags("Warrants");
        m.MapGet("/certificates/for-match/{number}", ForMatch).WithName("FindForMatch").WithSummary("A published certificate for the operator at the scale").Produces<CertificateReply>();
        m.MapPost("/inbound-matches", Match).WithName("RecordMatch").WithSummary("Record what came in and compare it").Accepts<InboundObservation>("application/json").Produces<InboundMatch>();
        m.MapPost("/warrants", Request).WithName("RequestWarrant").WithSummary("Ask for a warrant over matched metal; a second person issues").Accepts<WarrantRequest>("application/json").Produces<Warrant>(201);
        m.MapGet("/warrants", List).WithName("ListWarrants").WithSummary("Warrants the reader may see").Produces<Page<WarrantListItem>>();
        m.MapGet("/warrants/{id:guid}", async (HttpContext http, DbSession s, WarrantHandlers h, Guid id, CancellationToken ct) => ApiReplies.Reply(http, await h.Read(s, id, ct))).WithName("GetWarrant").WithSummary("A warrant").Produces<WarrantView>();
        m.MapGet("/warrants/{id:guid}/history", async (HttpContext http, DbSession s, WarrantHandlers h, Guid id, CancellationToken ct) => ApiReplies.Reply(http, await h.History(s, id, ct))).WithName("GetTitleHistory").WithSummary("Changes of title, from the Book").Produces<List<TitleMove>>();
        m.MapPost("/warrants/{id:guid}/transfers", Propose).WithName("ProposeTransfer").WithSummary("Offer title to another owner; the warrant is held meanwhile").Accepts<ProposalBody>("application/json").Produces<TitleTransfer>(201);
        m.MapPost("/warrants/{id:guid}/pledges", Pledge).WithName("PledgeWarrant").WithSummary("Pledge to a lender").Accepts<PledgeBody>("application/json").Produces<TitleTransfer>(201);
        m.MapPost("/warrants/{id:guid}/cancel", async (HttpContext http, DbSession s, LoadOutHandlers h, Guid id, CancellationToken ct) => ApiReplies.Reply(http, await h.Cancel(s, id, ct))).WithName("CancelWarrant").WithSummary("Cancel for load-out (owner)").Produces<Warrant>();
        m.MapPost("/warrants/{id:guid}/restore", async (HttpContext http, DbSession s, LoadOutHandlers h, Guid id, CancellationToken ct) => ApiReplies.Reply(http, await h.Restore(s, id, ct))).WithName("RestoreWarrant").WithSummary("Put a cancelled warrant back (owner)").Produces<Warrant>();
        m.MapPost("/warrants/{id:guid}/queue", async (HttpContext http, DbSession s, LoadOutHandlers h, Guid id, CancellationToken ct) => ApiReplies.Reply(http, await h.Queue(s, id, ct))).WithName("QueueWarrant").WithSummary("A place in the load-out queue (warehouse)").Produces<Warrant>();
        m.MapPost("/warrants/{id:guid}/load-out", async (HttpContext http, DbSession s, LoadOutHandlers h, Guid id, CancellationToken ct) => ApiReplies.Reply(http, await h.RequestLoadOut(s, id, ct))).WithName("RequestLoadOut").WithSummary("Ask to load out; a second person lets go (warehouse)").Produces<ApprovalTask>();
        m.MapPost("/warrants/{id:guid}/invalidate", (HttpContext http, DbSession s, LoadOutHandlers h, Guid id, CancellationToken ct) => ApiReplies.Reply<ReasonBody, ApprovalTask>(http, b => h.ProposeInvalidation(s, id, b.Reason, ct), ct)).WithName("InvalidateWarrant").WithSummary("Ask to declare invalid; a second member of staff decides (exchange)").Accepts<ReasonBody>("application/json").Produces<ApprovalTask>();
        m.MapGet("/transfers", async (HttpContext http, DbSession s, TransferHandlers h, string? state, string? sort, string? cursor, int? limit, CancellationToken ct) => ApiReplies.Reply(http, await h.List(s, state, cursor, limit ?? 50, ct, sort))).WithName("ListTransfers").WithSummary("Own offers and pledges, newest first").Produces<Page<TitleTransfer>>();
        m.MapGet("/transfers/{id:guid}", async (HttpContext http, DbSession s, TransferHandlers h, Guid id, CancellationToken ct) => ApiReplies.Reply(http, await h.Read(s, id, ct))).WithName("GetTransfer").WithSummary("An offer or pledge").Produces<TitleTransfer>();
        m.MapPost("/transfers/{id:guid}/accept", async (HttpContext http, DbSession s, TransferHandlers h, Guid id, CancellationToken ct) => ApiReplies.Reply(http, await h.Decide(s, id, true, null, ct))).WithName("AcceptTransfer").WithSummary("Accept (receiver)").Produces<TitleTransfer>();
        m.MapPost("/transfers/{id:guid}/reject", async (HttpContext http, DbSession s, TransferHandlers h, Guid id, CancellationToken ct) => await Reasoned(http, r => h.Decide(s, id, false, r, ct), ct)).WithName("RejectTransfer").WithSummary("Reject with a reason (receiver)").Accepts<ReasonBody>("application/json").Produces<TitleTransfer>();
        m.MapPost("/transfers/{id:guid}/withdraw", async (HttpContext http, DbSession s, TransferHandlers h, Guid id, CancellationToken ct) => await Reasoned(http, r => h.Withdraw(s, id, r, ct), ct)).WithName("WithdrawTransfer").WithSummary("Take an offer back").Accepts<ReasonBody>("application/json").Produces<TitleTransfer>();
        m.MapPost("/pledges/{id:guid}/release", async (HttpContext http, DbSession s, TransferHandlers h, Guid id, CancellationToken ct) => ApiReplies.Reply(http, await h.ReleasePledge(s, id, ct))).WithName("ReleasePledge").WithSummary("Let a pledged warrant go (lender)").Produces<TitleTransfer>();
        m.MapGet("/receipts", async (HttpContext http, DbSession s, RegisterHandlers h, string? sort, string? cursor, int? limit, CancellationToken ct) => ApiReplies.Reply(http, await h.Receipts(s, sort, cursor, limit ?? 50, ct))).WithName("ListReceipts").WithSummary("Frozen receipts for metal given up").Produces<Page<TitleReceipt>>();
    }

    static async Task<IResult> ForMatch(HttpContext http, DbSession s, WarrantHandlers h, string number, CancellationToken ct)
    {
        var found = await h.FindForMatch(s, number, ct);
        return found.Ok ? ApiReplies.Tagged(http, CertificateReading.Json(found.Value, null, null)) : Replies.Refused([.. found.Refusals]);
    }

    static async Task<IResult> Match(HttpContext http, DbSession s, WarrantHandlers h, CancellationToken ct)
    {
        var body = await ApiReplies.Body<InboundObservation>(http.Request, ct);
        return body.Ok ? ApiReplies.Reply(http, await h.RecordMatch(s, body.Value, ct)) : Replies.Refused([.. body.Refusals]);
    }

    static async Task<IResult> Request(HttpContext http, DbSession s, WarrantHandlers h, CancellationToken ct)
    {
        var body = await ApiReplies.Body<WarrantRequest>(http.Request, ct);
        return body.Ok ? ApiReplies.Made(await h.Request(s, body.Value, ct), w => $"/api/v1/warrants/{w.Id}") : Replies.Refused([.. body.Refusals]);
    }

    static async Task<IResult> List(HttpContext http, DbSession s, RegisterHandlers h, string? q, string? state, string? contract, string? brand, string? sort, string? cursor, int? limit, CancellationToken ct)
    {
        WarrantState? wanted = null;
        if (state is not null)
        {
            if (!Enum.TryParse<WarrantState>(state, ignoreCase: true, out var known) || !Enum.IsDefined(known)) return Replies.Refused(Refusal.Of("request.word-unknown", "state", ("given", state)));
            wanted = known;
        }
        return ApiReplies.Reply(http, await h.Warrants(s, new WarrantFilter(q, wanted, contract, brand, cursor, limit ?? 50, sort), ct));
    }

    static async Task<IResult> Propose(HttpContext http, DbSession s, TransferHandlers h, Guid id, CancellationToken ct)
    {
        var body = await ApiReplies.Body<ProposalBody>(http.Request, ct);
        return body.Ok ? ApiReplies.Made(await h.Propose(s, new TransferProposal(id, body.Value.ToOrganisationId, body.Value.ExpiresAt, body.Value.Message), ct), t => $"/api/v1/transfers/{t.Id}") : Replies.Refused([.. body.Refusals]);
    }

    static async Task<IResult> Pledge(HttpContext http, DbSession s, TransferHandlers h, Guid id, CancellationToken ct)
    {
        var body = await ApiReplies.Body<PledgeBody>(http.Request, ct);
        return body.Ok ? ApiReplies.Made(await h.Pledge(s, id, body.Value.LenderOrganisationId, ct), t => $"/api/v1/transfers/{t.Id}") : Replies.Refused([.. body.Refusals]);
    }

    static async Task<IResult> Reasoned(HttpContext http, Func<string?, Task<Answer<TitleTransfer>>> move, CancellationToken ct)
    {
        var body = await ApiReplies.Body<ReasonBody>(http.Request, ct);
        return body.Ok ? ApiReplies.Reply(http, await move(body.Value.Reason)) : Replies.Refused([.. body.Refusals]);
    }
}
