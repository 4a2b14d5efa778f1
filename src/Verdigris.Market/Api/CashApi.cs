using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Verdigris.Market.Cash;
using Verdigris.Primitives;
using Verdigris.Storage;
using Verdigris.Web;

namespace Verdigris.Market.Api;

/// <summary>Money in and out, and where it may be paid to.</summary>
static class CashApi
{
    /// <param name="BankReference">The line of the bank's statement.</param>
    sealed record PaidBody(string? BankReference);

    public static void Map(RouteGroupBuilder api)
    {
        var g = api.MapGroup("/market").WithTags("Market");
        g.MapGet("/bank-accounts", async (HttpContext http, DbSession s, BankAccounts h, CancellationToken ct) => ApiReplies.Reply(http, await h.List(s, ct))).WithName("ListBankAccounts").WithSummary("Own bank accounts; all of them for the exchange").Produces<IReadOnlyList<BankAccount>>();
        g.MapPost("/bank-accounts", (HttpContext http, DbSession s, BankAccounts h, CancellationToken ct) => ApiReplies.Made<NewBankAccount, BankAccount>(http, b => h.Write(s, b, ct), _ => "/api/v1/market/bank-accounts", ct))
            .WithName("AddBankAccount").WithSummary("Write down a bank account that money may be paid out to").Accepts<NewBankAccount>("application/json").Produces<BankAccount>(201);
        g.MapPost("/bank-accounts/{id:guid}/confirmation", async (HttpContext http, DbSession s, BankAccounts h, Guid id, CancellationToken ct) => ApiReplies.Reply(http, await h.Propose(s, id, ct)))
            .WithName("ProposeBankAccount").WithSummary("Propose the confirmation of a bank account (clearing); another decides in the inbox").Produces<BankAccount>();
        g.MapDelete("/bank-accounts/{id:guid}", async (HttpContext http, DbSession s, BankAccounts h, Guid id, CancellationToken ct) => ApiReplies.Reply(http, await h.Remove(s, id, ct))).WithName("RemoveBankAccount").WithSummary("Take an own bank account away").Produces<BankAccount>();
        g.MapGet("/cash", async (HttpContext http, DbSession s, CashHandlers h, CancellationToken ct) =>
            {
                var q = new QueryWords(http);
                var filter = new CashFilter(q.Text("account"), q.Word<CashState>("state"), q.Word<CashDirection>("direction"), q.Text("sort"), q.Text("cursor"), q.Whole("limit") ?? 50);
                return q.Wrong.Count > 0 ? Replies.Refused(q.Wrong) : ApiReplies.Reply(http, await h.List(s, filter, ct));
            }).WithName("ListCashMoves").WithSummary("Own money paid in and out; all of it for the exchange").WithQuery([new("account", "Code of a trading account", "M00001"), new("state", "Proposed, Pending, Done, Rejected, RefusedByBook, Withdrawn", "Done"), new("direction", "In or Out", "In"), .. MemberApi.Paging]).Produces<Page<CashMove>>();
        g.MapGet("/cash/{id:guid}", async (HttpContext http, DbSession s, CashHandlers h, Guid id, CancellationToken ct) => ApiReplies.Reply(http, await h.Read(s, id, ct))).WithName("GetCashMove").WithSummary("Money paid in or out").Produces<CashMove>();
        g.MapPost("/cash/in", (HttpContext http, DbSession s, CashHandlers h, CancellationToken ct) => ApiReplies.Made<NewCashIn, CashMove>(http, b => h.ProposeIn(s, b, ct), m => $"/api/v1/market/cash/{m.Id}", ct))
            .WithName("ProposeCashIn").WithSummary("Enter a line of the bank's statement (clearing); another decides in the inbox").Accepts<NewCashIn>("application/json").Produces<CashMove>(201);
        g.MapPost("/cash/out", (HttpContext http, DbSession s, CashHandlers h, CancellationToken ct) => ApiReplies.Made<NewCashOut, CashMove>(http, b => h.ProposeOut(s, b, ct), m => $"/api/v1/market/cash/{m.Id}", ct))
            .WithName("ProposeCashOut").WithSummary("Ask for money to be paid out; a supervisor of the member decides in the inbox").Accepts<NewCashOut>("application/json").Produces<CashMove>(201);
        g.MapPost("/cash/{id:guid}/payment", (HttpContext http, DbSession s, CashHandlers h, Guid id, CancellationToken ct) => ApiReplies.Reply<PaidBody, CashMove>(http, b => h.Paid(s, id, b.BankReference, ct), ct))
            .WithName("RecordPayment").WithSummary("Enter the bank's line of a payment that was made (clearing)").Accepts<PaidBody>("application/json").Produces<CashMove>();
    }
}
