using System.Text.Json.Nodes;
using NodaTime;
using Verdigris.Book;
using Verdigris.Market.Clearing.Days.Steps;
using Verdigris.Market.Clearing.Positions;
using Verdigris.Market.Contracts;
using Verdigris.Market.Members;
using Verdigris.Primitives;
using Verdigris.Storage;

namespace Verdigris.Market.Clearing.Deliveries;

/// <summary>What a delivery page shows beside the delivery.</summary>
/// <param name="OnHand">What the seller could give now; only for the seller and the exchange.</param>
public sealed record DeliveryView(Delivery Delivery, IReadOnlyList<UnitsHeld> OnHand, IReadOnlyList<WarrantHeld> Warrants, IReadOnlyList<BuyIn> BuyIns);

/// <summary>Units a seller chooses.</summary>
public sealed record UnitsWanted(int Asset, long Units);

/// <summary>
/// Deliveries: units or warrants against payment in one chain of the Book, so neither moves without the other. The seller chooses what he gives of what is good; on the last day the clearing house takes what is there; what is not there then has failed and is bought in.
/// </summary>
public sealed class DeliveryDesk(ContractSet contracts, DeliveryUnits units, WarrantDelivery warrants, PositionBook positions, BookCommands book)
{
    /// <summary>Own deliveries; all for the exchange. The newest first.</summary>
    public Task<List<Delivery>> List(DbSession s, DeliveryState? state, string? series, CancellationToken ct) =>
        s.All($"{Delivery.Select} where ($1::smallint is null or state = $1) and ($2::text is null or series = $2) order by day desc, series, id limit 500", Delivery.Map, ct, state is { } one ? (short)one : null, series);

    public async Task<Answer<DeliveryView>> Read(DbSession s, Guid id, CancellationToken ct)
    {
        if (await Delivery.Find(s, id, ct) is not { } known) return Refusal.NotFound("delivery.not-found");
        var open = known.State is DeliveryState.Due or DeliveryState.Failed && (s.Actor.OrganisationId == known.SellerOrganisation || s.Actor.Is(Role.ClearingOfficer));
        var contract = ContractOf(known);
        return new DeliveryView(known, open && known.Kind == "units" ? await units.OnHand(s, contract, known.Seller, s.Today(), ct) : [], open && known.Kind == "warrants" ? await warrants.OnHand(s, contract, known, ct) : [], await BuyIns.Of(s, id, ct));
    }

    /// <summary>
    /// The seller gives units. Refuses <c>delivery.not-found</c>, <c>delivery.not-due</c>, <c>delivery.kind</c>, <c>delivery.units</c> (not exactly what is owed, or not his and good) and <c>delivery.buyer-short</c> (the buyer's money is not there).
    /// </summary>
    /// <param name="chosen">None: the oldest vintages that are good delivery.</param>
    public async Task<Answer<Delivery>> Deliver(DbSession s, Guid id, IReadOnlyList<UnitsWanted> chosen, CancellationToken ct)
    {
        if (Allow.AnyRole(s.Actor, Role.MarketTrader, Role.MarketSupervisor) is { } no) return no;
        if (await Delivery.Find(s, id, ct) is not { } known || known.SellerOrganisation != s.Actor.OrganisationId) return Refusal.NotFound("delivery.not-found");
        if (known.State != DeliveryState.Due) return Refusal.Conflict("delivery.not-due", "state", ("state", known.State.ToString()));
        if (known.Kind != "units") return Refusal.Of("delivery.kind", "id");
        var onHand = await units.OnHand(s, ContractOf(known), known.Seller, s.Today(), ct);
        if (chosen.Count == 0) return await GiveWhatIsThere(s, known, known.Seller, onHand, ct);
        var given = new List<UnitsGiven>();
        foreach (var want in chosen)
        {
            if (want.Units < 1 || onHand.FirstOrDefault(h => h.Asset == want.Asset) is not { } held || held.Free < want.Units) return Refusal.Of("delivery.units", "units", ("needed", DecimalText.Write(known.Units)));
            given.Add(new(want.Asset, want.Units, held.Account));
        }
        if (given.Sum(g => g.Units) != known.Units || given.DistinctBy(g => g.Asset).Count() != given.Count) return Refusal.Of("delivery.units", "units", ("needed", DecimalText.Write(known.Units)));
        return await Settle(s, known, known.Seller, given, null, ct);
    }

    /// <summary>The clearing house takes the oldest good units of an account for a delivery.</summary>
    internal async Task<Answer<Delivery>> TakeFrom(DbSession s, Delivery known, long account, BuyInTerms? instead, CancellationToken ct)
    {
        var found = DeliveryUnits.Take(await units.OnHand(s, ContractOf(known), account, s.Today(), ct), (long)known.Units);
        return found.Ok ? await Settle(s, known, account, found.Value, instead, ct) : Answer<Delivery>.From(found.Refusals);
    }

    async Task<Answer<Delivery>> GiveWhatIsThere(DbSession s, Delivery known, long account, IReadOnlyList<UnitsHeld> onHand, CancellationToken ct)
    {
        var found = DeliveryUnits.Take(onHand, (long)known.Units);
        return found.Ok ? await Settle(s, known, account, found.Value, null, ct) : Answer<Delivery>.From(found.Refusals);
    }

    async Task<Answer<Delivery>> Settle(DbSession s, Delivery known, long giver, IReadOnlyList<UnitsGiven> given, BuyInTerms? instead, CancellationToken ct)
    {
        var accounts = (await s.Lent(t => PositionBook.Accounts(s, t), ct)).ToDictionary(a => a.Number);
        var money = Money(known, accounts, giver, instead);
        if (!money.Ok) return Answer<Delivery>.From(money.Refusals);
        var commands = new List<Command>(money.Value.In);
        foreach (var part in given)
        {
            var to = await s.Lent(t => units.Receives(s, known.Buyer, part.Asset, t), ct);
            commands.Add(Commands.Transfer(0, MarketBook.DeliverIn, part.Asset, part.Account, MarketBook.ClearingUnits, part.Units));
            commands.Add(Commands.Transfer(0, MarketBook.DeliverOut, part.Asset, MarketBook.ClearingUnits, to, part.Units));
        }
        commands.AddRange(money.Value.Out);
        var chosen = new JsonArray([.. given.Select(g => (JsonNode)new JsonObject { ["asset"] = g.Asset, ["units"] = g.Units })]);
        return await Send(s, known, commands, chosen, known.Units, known.Amount, instead is null ? DeliveryState.Settled : DeliveryState.BoughtIn, ct);
    }

    /// <summary>Whether the buyer has the money for a delivery, in cash and margin.</summary>
    internal async Task<bool> BuyerPays(DbSession s, Delivery known, CancellationToken ct) =>
        known.Amount <= 0 || (await PositionBook.Accounts(s, ct)).Find(a => a.Number == known.Buyer) is { } buyer && StepPostings.Collect(positions, buyer, known.Currency, known.Amount, MarketBook.PayIn, MarketBook.ClearingCash).Count > 0;

    /// <summary>Money of a delivery: the buyer pays the price agreed; where somebody else delivers, he gets the price of the buy-in and the seller who failed bears the difference.</summary>
    internal Answer<(IReadOnlyList<Command> In, IReadOnlyList<Command> Out)> Money(Delivery known, Dictionary<long, ClearingAccount> accounts, long giver, BuyInTerms? instead)
    {
        var into = new List<Command>();
        if (known.Amount > 0)
        {
            var pays = StepPostings.Collect(positions, accounts[known.Buyer], known.Currency, known.Amount, MarketBook.PayIn, MarketBook.ClearingCash);
            if (pays.Count == 0) return Refusal.Conflict("delivery.buyer-short", "id", ("account", accounts[known.Buyer].Code));
            into.AddRange(pays);
        }
        var price = instead?.Amount ?? known.Amount;
        if (price > known.Amount)
        {
            var bears = StepPostings.Collect(positions, accounts[known.Seller], known.Currency, price - known.Amount, MarketBook.PayIn, MarketBook.ClearingCash);
            if (bears.Count == 0) return Refusal.Conflict("delivery.seller-short", "id", ("account", accounts[known.Seller].Code));
            into.AddRange(bears);
        }
        var outOf = new List<Command>();
        if (price > 0) outOf.Add(StepPostings.Cash(MarketBook.PayOut, known.Currency, MarketBook.ClearingCash, accounts[giver].Cash, price));
        // Bought for less than was agreed: the difference is the seller's who would have got it.
        if (price < known.Amount) outOf.Add(StepPostings.Cash(MarketBook.PayOut, known.Currency, MarketBook.ClearingCash, accounts[known.Seller].Cash, known.Amount - price));
        return (into, outOf);
    }

    /// <summary>Keeps the chain with the delivery and sends it; answers the delivery as the Book left it.</summary>
    internal async Task<Answer<Delivery>> Send(DbSession s, Delivery known, IReadOnlyList<Command> commands, JsonNode chosen, decimal delivered, long paid, DeliveryState end, CancellationToken ct)
    {
        var kept = await s.InTransaction(t => Keep(s, known, commands, chosen, delivered, paid, end, t), ct);
        return kept.Ok ? await Sent(s, known.Id, ct) : kept;
    }

    /// <summary>Keeps the chain, in the caller's transaction. The rights are lent: the seller's own stop at his side.</summary>
    internal async Task<Answer<Delivery>> Keep(DbSession s, Delivery known, IReadOnlyList<Command> commands, JsonNode chosen, decimal delivered, long paid, DeliveryState end, CancellationToken ct)
    {
        var chain = commands.Select((c, i) => c with { Id = c.Operation == Operation.Hold ? c.Id : BookId.Derive(known.Id, (known.Attempt * 65_536) + i), Reference = c.Reference == 0 ? BookId.From(known.Id) : c.Reference, Flags = c.Flags | (i < commands.Count - 1 ? CommandFlags.Linked : CommandFlags.None) }).ToList();
        if (await s.AsSystem(t => s.Run("update market.delivery set state = 2, attempt = attempt + 1, chosen = $3, delivered = $4, paid = $5, code = null, row_version = row_version + 1 where id = $1 and state in (1, 4) and attempt = $2", t, known.Id, known.Attempt, new Json(chosen.ToJsonString()), delivered, paid), ct) == 0)
            return Refusal.Conflict("delivery.not-due", "state", ("state", known.State.ToString()));
        await book.Enqueue(s, DeliverySent.Name, known.Id.ToString(), new DeliverySubject(known.Id, (int)end, (int)known.State), chain, ct, RowOf(known.Id, known.Attempt + 1));
        await s.Audit(new AuditEntry("market-delivery.sent", "market-delivery", known.Id.ToString(), Details: new { delivered, paid = Cents.Of(paid, known.Currency), end }), ct);
        return known;
    }

    /// <summary>Sends what was kept; answers the delivery as the Book left it.</summary>
    internal async Task<Answer<Delivery>> Sent(DbSession s, Guid id, CancellationToken ct)
    {
        var kept = (await Delivery.Find(s, id, ct))!;
        if (kept.State == DeliveryState.Sent) await book.Run(s, RowOf(id, kept.Attempt), ct);
        return (await Delivery.Find(s, id, ct))!;
    }

    static Guid RowOf(Guid id, int attempt) => BookId.ToGuid(BookId.Derive(id, -attempt));

    /// <summary>Sends again what a crash left on its way.</summary>
    internal async Task Resume(DbSession s, CancellationToken ct)
    {
        foreach (var (id, attempt) in await s.All("select id, attempt from market.delivery where state = 2 order by id", r => (r.GetGuid(0), r.GetInt32(1)), ct)) await book.Run(s, RowOf(id, attempt), ct);
    }

    internal Contract ContractOf(Delivery known) => contracts.Find(Series.Read(known.Series).Value.Contract)!;
}

sealed record DeliverySubject(Guid Id, int End, int Before);

/// <summary>What becomes of a delivery once the Book answered.</summary>
sealed class DeliverySent(WarrantDelivery warrants) : IBookCommandKind
{
    public const string Name = "market.delivery";

    public string Kind => Name;

    public async Task Finish(DbSession session, BookCommandRow row, IReadOnlyList<Outcome> outcomes, CancellationToken ct)
    {
        var subject = row.Payload<DeliverySubject>();
        var done = outcomes.All(o => o.Accepted);
        var code = done ? null : outcomes.First(o => !o.Accepted && o.Code != Code.LinkedFailed).Code.ToString();
        await session.Run("update market.delivery set state = $2, code = $3, settled_at = $4, row_version = row_version + 1 where id = $1 and state = 2", ct, subject.Id, (short)(done ? subject.End : subject.Before), code, done ? session.Now : null);
        if (await Delivery.Find(session, subject.Id, ct) is not { } known) return;
        await warrants.Ended(session, known, outcomes, ct);
        if (!done) return;
        foreach (var (organisation, text) in new[] { (known.SellerOrganisation, "market.notice.delivery.given"), (known.BuyerOrganisation, "market.notice.delivery.taken") })
            await session.Notify(new Notice(MarketNotices.Delivery, new NoticeTo(Organisation: organisation, Roles: [Role.MarketTrader, Role.MarketSupervisor]), text, new Dictionary<string, string> { ["series"] = known.Series, ["lots"] = $"{known.Lots}" }, $"/market/delivery/{known.Id}", "market-delivery", known.Id.ToString()), ct);
    }
}
