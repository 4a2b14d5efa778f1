using System.Text.Json.Nodes;
using NodaTime;
using Npgsql;
using Verdigris.Book;
using Verdigris.Market.Clearing.Days.Steps;
using Verdigris.Market.Clearing.Positions;
using Verdigris.Market.Members;
using Verdigris.Primitives;
using Verdigris.Storage;

namespace Verdigris.Market.Clearing.Deliveries;

/// <param name="Amount">What whoever delivers instead is paid, smallest unit of the currency.</param>
sealed record BuyInTerms(long Amount);

/// <summary>How a failed delivery is made good.</summary>
/// <param name="Substitute">Code of the account that gives the units; null where the buyer is paid the difference.</param>
/// <param name="State">proposed, accepted, rejected, or replaced by a later one because it could not be carried out.</param>
public sealed record BuyIn(Guid Id, Guid DeliveryId, decimal Price, string? Substitute, string Reason, string State, Guid? TaskId, Instant ProposedAt);

/// <summary>Failed deliveries: bought from somebody else at the seller's cost, or settled in money. One officer proposes, another decides. One that was accepted and cannot be carried out is tried again every day, until another is accepted in its place.</summary>
public sealed class BuyIns(DeliveryDesk desk, WarrantDelivery warrants, PositionBook positions, Approvals approvals)
{
    public const string Task = "market.buy-in";

    const string Columns = "id, delivery_id, price, substitute, reason, state, task_id, proposed_at";

    /// <summary>Refuses <c>delivery.not-failed</c>, <c>delivery.price</c>, <c>trading.not-found</c> (the substitute) and <c>delivery.proposed</c>.</summary>
    public async Task<Answer<BuyIn>> Propose(DbSession s, Guid delivery, decimal price, string? substitute, string? reason, CancellationToken ct)
    {
        if (Allow.Role(s.Actor, Role.ClearingOfficer) is { } no) return no;
        var wrong = new List<Refusal>();
        var words = Given.Text(reason, "reason", Given.Longest, wrong);
        if (await Delivery.Find(s, delivery, ct) is not { } known) return Refusal.NotFound("delivery.not-found");
        if (known.State != DeliveryState.Failed) wrong.Add(Refusal.Conflict("delivery.not-failed", "state", ("state", known.State.ToString())));
        if (price <= 0 || desk.ContractOf(known).Ticks(price, known.Day) is { Ok: false }) wrong.Add(Refusal.Of("delivery.price", "price", ("given", DecimalText.Write(price))));
        var other = string.IsNullOrWhiteSpace(substitute) ? null : TradingAccount.NumberOf(substitute);
        if (!string.IsNullOrWhiteSpace(substitute) && (other is null || other == known.Seller || other == known.Buyer || await TradingAccountHandlers.Find(s, other.Value, ct) is null)) wrong.Add(Refusal.NotFound("trading.not-found", "substitute", ("given", substitute)));
        if (wrong.Count > 0) return wrong;
        var id = s.NewId();
        try
        {
            return await s.InTransaction<BuyIn>(async t =>
            {
                await s.Run("insert into market.buy_in (id, delivery_id, price, substitute, reason, state, proposed_by, proposed_at) values ($1, $2, $3, $4, $5, 0, $6, $7)", t, id, delivery, price, other, words, s.Actor.PersonId, s.Now);
                var task = await approvals.Ask(s, Task, id, s.Actor.OrganisationId, Role.ClearingOfficer, $"/market/delivery/{delivery}", t, ("series", known.Series), ("price", DecimalText.Write(price)));
                await s.Run("update market.buy_in set task_id = $2 where id = $1", t, id, task);
                await s.Audit(new AuditEntry("market-delivery.buy-in-proposed", "market-delivery", delivery.ToString(), words, new { price, substitute }), t);
                return (await Of(s, delivery, t)).First(b => b.Id == id);
            }, ct);
        }
        catch (PostgresException e) when (e.ConstraintName == "buy_in_once") { return Refusal.Conflict("delivery.proposed", "id"); }
    }

    public static Task<List<BuyIn>> Of(DbSession s, Guid delivery, CancellationToken ct) => s.All($"select {Columns} from market.buy_in where delivery_id = $1 order by proposed_at, id", Map, ct, delivery);

    internal async Task<Answer<Done>> Accept(DbSession s, Guid id, CancellationToken ct)
    {
        if (await Find(s, id, ct) is not { State: "proposed" } known || await Delivery.Find(s, known.DeliveryId, ct) is not { State: DeliveryState.Failed } delivery) return Refusal.Conflict("delivery.not-failed", "state", ("state", ""));
        await s.Run("update market.buy_in set state = 3 where delivery_id = $1 and state = 1", ct, delivery.Id);
        await s.Run("update market.buy_in set state = 1, decided_by = $2 where id = $1", ct, id, s.Actor.PersonId);
        await s.Audit(new AuditEntry("market-delivery.buy-in-accepted", "market-delivery", delivery.Id.ToString()), ct);
        // The Book is asked after the commit; where it says no the delivery stays failed and the code stands beside it.
        await s.AfterCommit(token => Carry(s, delivery, known, token), ct);
        return default(Done);
    }

    internal static async Task<Answer<Done>> Reject(DbSession s, Guid id, string reason, CancellationToken ct)
    {
        if (await Find(s, id, ct) is not { } known) return default(Done);
        await s.Run("update market.buy_in set state = 2, decided_by = nullif($2::uuid, proposed_by) where id = $1 and state = 0", ct, id, s.Actor.PersonId);
        await s.Audit(new AuditEntry("market-delivery.buy-in-rejected", "market-delivery", known.DeliveryId.ToString(), reason), ct);
        return default(Done);
    }

    /// <summary>Carries out what was accepted; again where the Book or money stood in the way the first time.</summary>
    internal async Task Carry(DbSession s, Delivery delivery, BuyIn terms, CancellationToken ct)
    {
        var amount = checked(Terms.LotValue(desk.ContractOf(delivery), terms.Price, delivery.Day)!.Value * delivery.Lots);
        var answer = terms.Substitute is { } code ? delivery.Kind == "warrants" ? await warrants.TakeFrom(s, desk, delivery, TradingAccount.NumberOf(code)!.Value, terms.Price, ct) : await desk.TakeFrom(s, delivery, TradingAccount.NumberOf(code)!.Value, new(amount), ct) : await Difference(s, delivery, amount, ct);
        if (!answer.Ok) await s.Run("update market.delivery set code = $2 where id = $1", ct, delivery.Id, answer.Refusals[0].Code);
    }

    /// <summary>Tries again what was accepted and could not be carried out: money or units were not there.</summary>
    internal async Task Retry(DbSession s, CancellationToken ct)
    {
        foreach (var open in await s.All($"select {Columns} from market.buy_in b where state = 1 and exists (select from market.delivery d where d.id = b.delivery_id and d.state = 4) order by proposed_at", Map, ct))
            await Carry(s, (await Delivery.Find(s, open.DeliveryId, ct))!, open, ct);
    }

    /// <summary>The seller pays what the market asks above the price agreed; nothing where it asks less.</summary>
    async Task<Answer<Delivery>> Difference(DbSession s, Delivery delivery, long amount, CancellationToken ct)
    {
        var accounts = (await s.Lent(t => PositionBook.Accounts(s, t), ct)).ToDictionary(a => a.Number);
        var owed = Math.Max(0, amount - delivery.Amount);
        if (owed == 0)
        {
            await s.Run("update market.delivery set state = 6, paid = 0, settled_at = $2, row_version = row_version + 1 where id = $1 and state = 4", ct, delivery.Id, s.Now);
            return (await Delivery.Find(s, delivery.Id, ct))!;
        }
        var pays = StepPostings.Collect(positions, accounts[delivery.Seller], delivery.Currency, owed, MarketBook.PayIn, MarketBook.ClearingCash);
        if (pays.Count == 0) return Refusal.Conflict("delivery.seller-short", "id", ("account", accounts[delivery.Seller].Code));
        return await desk.Send(s, delivery, [.. pays, StepPostings.Cash(MarketBook.PayOut, delivery.Currency, MarketBook.ClearingCash, accounts[delivery.Buyer].Cash, owed)], new JsonArray(), 0, owed, DeliveryState.CashSettled, ct);
    }

    static Task<BuyIn?> Find(DbSession s, Guid id, CancellationToken ct) => s.One($"select {Columns} from market.buy_in where id = $1 for update", Map, ct, id);

    static BuyIn Map(NpgsqlDataReader r) => new(r.GetGuid(0), r.GetGuid(1), r.GetDecimal(2), r.IsDBNull(3) ? null : TradingAccount.CodeOf(r.GetInt64(3)), r.GetString(4), r.GetInt16(5) switch { 0 => "proposed", 1 => "accepted", 2 => "rejected", _ => "replaced" }, r.MaybeGuid(6), r.Time(7));
}
