using System.Text.Json.Nodes;
using NodaTime;
using Npgsql;
using Verdigris.Book;
using Verdigris.Market.Clearing.Days.Steps;
using Verdigris.Market.Clearing.Defaults;
using Verdigris.Market.Clearing.Positions;
using Verdigris.Market.Members;
using Verdigris.Primitives;
using Verdigris.Storage;

namespace Verdigris.Market.Clearing.Deliveries;

/// <param name="Amount">What whoever delivers instead is paid, smallest unit of the currency.</param>
sealed record BuyInTerms(long Amount);

/// <summary>How a failed delivery is made good.</summary>
/// <param name="Substitute">Code of the account that gives the units; null where the buyer is paid the difference.</param>
/// <param name="State">proposed, consent (accepted, and somebody who has to agree has not said so yet), accepted, rejected, or replaced by a later one because it could not be carried out.</param>
public sealed record BuyIn(Guid Id, Guid DeliveryId, decimal Price, string? Substitute, string Reason, string State, Guid? TaskId, Instant ProposedAt);

/// <summary>
/// Failed deliveries: bought from somebody else at the seller's cost, or settled in money. One officer proposes, another decides; then whoever is to deliver instead agrees, and the buyer where the contract's rule asks him (table buy-in of its file). One that was accepted and cannot be carried out is tried again every day, until another is
/// accepted in its place.
/// </summary>
public sealed class BuyIns(DeliveryDesk desk, WarrantDelivery warrants, PositionBook positions, DefaultDesk defaults, Approvals approvals, IDbSessions sessions)
{
    public const string Task = "market.buy-in", ConsentTask = "market.buy-in-consent";

    const string Columns = "id, delivery_id, price, substitute, reason, case when state = 1 and exists (select from market.buy_in_consent c where c.buy_in_id = b.id and c.state = 0) then 4 else state end, task_id, proposed_at", From = "market.buy_in b";

    /// <summary>Where it failed for a buyer in default the seller keeps what he was to deliver and is paid what the price agreed is above the price here. Refuses <c>delivery.not-failed</c>, <c>delivery.buyer-default</c> (nobody delivers to a buyer in default), <c>delivery.price</c>, <c>trading.not-found</c> (the substitute) and <c>delivery.proposed</c>.</summary>
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
        if (other is not null && await DefaultDesk.Declared(s, known.Buyer, ct) is not null) wrong.Add(Refusal.Conflict("delivery.buyer-default", "substitute"));
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

    public static Task<List<BuyIn>> Of(DbSession s, Guid delivery, CancellationToken ct) => s.All($"select {Columns} from {From} where delivery_id = $1 order by proposed_at, id", Map, ct, delivery);

    internal async Task<Answer<Done>> Accept(DbSession s, Guid id, CancellationToken ct)
    {
        if (await Find(s, id, ct) is not { State: "proposed" } known || await Delivery.Find(s, known.DeliveryId, ct) is not { State: DeliveryState.Failed } delivery) return Refusal.Conflict("delivery.not-failed", "state", ("state", ""));
        foreach (var before in await s.All("select id from market.buy_in where delivery_id = $1 and state = 1", r => r.GetGuid(0), ct, delivery.Id)) await Drop(s, before, "Replaced by another buy-in", ct);
        await s.Run("update market.buy_in set state = 3 where delivery_id = $1 and state = 1", ct, delivery.Id);
        await s.Run("update market.buy_in set state = 1, decided_by = $2 where id = $1", ct, id, s.Actor.PersonId);
        await s.Audit(new AuditEntry("market-delivery.buy-in-accepted", "market-delivery", delivery.Id.ToString()), ct);
        if (await Ask(s, delivery, known, ct)) return default(Done);
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

    /// <summary>Asks whoever has to agree; answers whether anybody has.</summary>
    async Task<bool> Ask(DbSession s, Delivery delivery, BuyIn known, CancellationToken ct)
    {
        var consent = desk.ContractOf(delivery).Row("buy-in", delivery.Day, known.Substitute is null ? "difference" : "substitute")?.Text("consent");
        var asked = new List<(int Party, Guid Organisation)>();
        // A buyer in default is asked nothing.
        if (consent == "buyer" && await DefaultDesk.Declared(s, delivery.Buyer, ct) is null) asked.Add((0, delivery.BuyerOrganisation));
        // Nobody's units are taken without a word of his, whatever the file leaves out.
        if (known.Substitute is { } code && await s.AsSystem(t => TradingAccountHandlers.Find(s, TradingAccount.NumberOf(code)!.Value, t), ct) is { } giver) asked.Add((1, giver.OrganisationId));
        foreach (var (party, organisation) in asked)
        {
            var id = s.NewId();
            await s.Run("insert into market.buy_in_consent (id, buy_in_id, party, organisation_id) values ($1, $2, $3, $4)", ct, id, known.Id, (short)party, organisation);
            var task = await s.AsSystem(t => approvals.Ask(s, ConsentTask, id, organisation, Role.MarketSupervisor, party == 0 ? $"/market/delivery/{delivery.Id}" : "/market/delivery", t,
                ("series", delivery.Series), ("lots", $"{delivery.Lots}"), ("price", DecimalText.Write(known.Price)), ("currency", delivery.Currency), ("account", known.Substitute ?? "–")), ct);
            await s.Run("update market.buy_in_consent set task_id = $2 where id = $1", ct, id, task);
        }
        return asked.Count > 0;
    }

    /// <summary>One who was asked agrees; once all have it is carried out. <c>delivery.not-failed</c> where it is no longer wanted.</summary>
    internal async Task<Answer<Done>> Consent(DbSession s, Guid id, CancellationToken ct)
    {
        if (await Asked(s, id, ct) is not { } buyIn) return Refusal.Conflict("delivery.not-failed", "state", ("state", ""));
        await s.Run("update market.buy_in_consent set state = 1, decided_by = $2, decided_at = $3 where id = $1", ct, id, s.Actor.PersonId, s.Now);
        await s.Audit(new AuditEntry("market-delivery.buy-in-agreed", "market-delivery", buyIn.DeliveryId.ToString()), ct);
        await s.AfterCommit(async token =>
        {
            // Who agrees may not see all that moves: it is carried out in the clearing house's name.
            await using var system = sessions.Open(Actor.System);
            if (await system.Value<bool>("select exists (select from market.buy_in_consent where buy_in_id = $1 and state <> 1)", token, buyIn.Id)) return;
            if (await Delivery.Find(system, buyIn.DeliveryId, token) is { State: DeliveryState.Failed } delivery) await Carry(system, delivery, buyIn, token);
        }, ct);
        return default(Done);
    }

    /// <summary>One who was asked does not agree: the buy-in is off, and the officers are told.</summary>
    internal async Task<Answer<Done>> Dissent(DbSession s, Guid id, string reason, CancellationToken ct)
    {
        if (await Asked(s, id, ct) is not { } buyIn) return default(Done);
        await s.Run("update market.buy_in_consent set state = 2, decided_by = $2, decided_at = $3 where id = $1", ct, id, s.Actor.PersonId, s.Now);
        await s.Run("update market.buy_in set state = 2 where id = $1 and state = 1", ct, buyIn.Id);
        await Drop(s, buyIn.Id, "Another who was asked did not agree", ct);
        await s.Audit(new AuditEntry("market-delivery.buy-in-not-agreed", "market-delivery", buyIn.DeliveryId.ToString(), reason), ct);
        await s.Notify(new Notice(MarketNotices.Delivery, new NoticeTo(Roles: [Role.ClearingOfficer]), "market.notice.delivery.not-agreed", new Dictionary<string, string> { ["price"] = DecimalText.Write(buyIn.Price), ["account"] = buyIn.Substitute ?? "–", ["reason"] = reason }, $"/market/delivery/{buyIn.DeliveryId}", "market-delivery", buyIn.DeliveryId.ToString()), ct);
        return default(Done);
    }

    /// <summary>The accepted buy-in a consent is asked for, locked; null where it is asked no longer.</summary>
    static async Task<BuyIn?> Asked(DbSession s, Guid consent, CancellationToken ct) =>
        await s.All("select buy_in_id from market.buy_in_consent where id = $1 and state = 0", r => r.GetGuid(0), ct, consent) is [var id] && await Find(s, id, ct) is { State: "consent" } known ? known : null;

    /// <summary>What is still asked for a buy-in is asked no longer.</summary>
    async Task Drop(DbSession s, Guid buyIn, string why, CancellationToken ct)
    {
        foreach (var task in await s.All("update market.buy_in_consent set state = 3 where buy_in_id = $1 and state = 0 returning task_id", r => r.GetGuid(0), ct, buyIn)) await s.AsSystem(async t => { await approvals.End(s, task, why, t); return default(Done); }, ct);
    }

    /// <summary>Carries out what was accepted; again where the Book or money stood in the way the first time.</summary>
    internal async Task Carry(DbSession s, Delivery delivery, BuyIn terms, CancellationToken ct)
    {
        var amount = checked(Terms.LotValue(desk.ContractOf(delivery), terms.Price, delivery.Day)!.Value * delivery.Lots);
        var answer = await Once(s, delivery, terms, amount, ct);
        // What a seller in default has not got for the difference the waterfall bears.
        if (answer is { Ok: false } && answer.Refusals[0].Code == "delivery.seller-short" && await DefaultDesk.Declared(s, delivery.Seller, ct) is { } known)
        {
            var advanced = await defaults.Advance(s, known, delivery.Id, delivery.Currency, amount - delivery.Amount, ct);
            answer = advanced.Ok ? await Once(s, delivery, terms, amount, ct) : Answer<Delivery>.From(advanced.Refusals);
        }
        if (!answer.Ok) await s.Run("update market.delivery set code = $2 where id = $1", ct, delivery.Id, answer.Refusals[0].Code);
    }

    async Task<Answer<Delivery>> Once(DbSession s, Delivery delivery, BuyIn terms, long amount, CancellationToken ct) =>
        terms.Substitute is { } code ? delivery.Kind == "warrants" ? await warrants.TakeFrom(s, desk, delivery, TradingAccount.NumberOf(code)!.Value, terms.Price, ct) : await desk.TakeFrom(s, delivery, TradingAccount.NumberOf(code)!.Value, new(amount), ct) : await Difference(s, delivery, amount, ct);

    /// <summary>Tries again what was accepted and could not be carried out: money or units were not there.</summary>
    internal async Task Retry(DbSession s, CancellationToken ct)
    {
        foreach (var open in await s.All($"select {Columns} from {From} where state = 1 and not exists (select from market.buy_in_consent c where c.buy_in_id = b.id and c.state = 0) and exists (select from market.delivery d where d.id = b.delivery_id and d.state = 4) order by proposed_at", Map, ct))
            await Carry(s, (await Delivery.Find(s, open.DeliveryId, ct))!, open, ct);
    }

    /// <summary>The seller pays what the market asks above the price agreed; nothing where it asks less. Where it failed for a buyer in default the other way round: he, and after him the waterfall, pays the seller what the price agreed is above the market's.</summary>
    async Task<Answer<Delivery>> Difference(DbSession s, Delivery delivery, long amount, CancellationToken ct)
    {
        var accounts = (await s.Lent(t => PositionBook.Accounts(s, t), ct)).ToDictionary(a => a.Number);
        var buyer = delivery.FailedByBuyer;
        var (pays, paid) = buyer ? (delivery.Buyer, delivery.Seller) : (delivery.Seller, delivery.Buyer);
        var owed = Math.Max(0, buyer ? delivery.Amount - amount : amount - delivery.Amount);
        if (owed == 0)
        {
            await s.Run("update market.delivery set state = 6, paid = 0, settled_at = $2, row_version = row_version + 1 where id = $1 and state = 4", ct, delivery.Id, s.Now);
            return (await Delivery.Find(s, delivery.Id, ct))!;
        }
        if (buyer && await DefaultDesk.Declared(s, delivery.Buyer, ct) is { } broke && await defaults.Advance(s, broke, delivery.Id, delivery.Currency, owed, ct) is { Ok: false } empty) return Answer<Delivery>.From(empty.Refusals);
        var money = StepPostings.Collect(positions, accounts[pays], delivery.Currency, owed, MarketBook.PayIn, MarketBook.ClearingCash);
        if (money.Count == 0) return Refusal.Conflict(buyer ? "delivery.buyer-short" : "delivery.seller-short", "id", ("account", accounts[pays].Code));
        return await desk.Send(s, delivery, [.. money, StepPostings.Cash(MarketBook.PayOut, delivery.Currency, MarketBook.ClearingCash, accounts[paid].Cash, owed)], new JsonArray(), 0, owed, DeliveryState.CashSettled, ct);
    }

    static Task<BuyIn?> Find(DbSession s, Guid id, CancellationToken ct) => s.One($"select {Columns} from {From} where id = $1 for update", Map, ct, id);

    static BuyIn Map(NpgsqlDataReader r) => new(r.GetGuid(0), r.GetGuid(1), r.GetDecimal(2), r.IsDBNull(3) ? null : TradingAccount.CodeOf(r.GetInt64(3)), r.GetString(4), r.GetInt16(5) switch { 0 => "proposed", 1 => "accepted", 2 => "rejected", 4 => "consent", _ => "replaced" }, r.MaybeGuid(6), r.Time(7));
}
