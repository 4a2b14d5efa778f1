using System.Text.Json.Nodes;
using NodaTime;
using Verdigris.Book;
using Verdigris.Market.Clearing.Days.Steps;
using Verdigris.Market.Clearing.Positions;
using Verdigris.Market.Contracts;
using Verdigris.Passport.Warrants;
using Verdigris.Primitives;
using Verdigris.Storage;

namespace Verdigris.Market.Clearing.Deliveries;

/// <summary>A warrant the seller could give.</summary>
/// <param name="InTolerance">Its weight is within the contract's tolerance of a lot.</param>
public sealed record WarrantHeld(Guid Id, string Number, string BrandCode, string LocationCode, decimal NetKg, bool InTolerance);

/// <summary>
/// Delivery of metal: the seller chooses warrants, one a lot. What a warrant weighs more or less than a lot, within the contract's tolerance, is paid for at the price of the delivery. Title moves with the money in one chain.
/// </summary>
public sealed class WarrantDelivery(TitleDelivery? titles = null)
{
    /// <summary>The kind of deliverable that is one warrant a lot.</summary>
    static Deliverable? Metal(Contract contract, LocalDate day) => Basket.Of(contract, day).FirstOrDefault(d => d.Kind == "warrants");

    public async Task<IReadOnlyList<WarrantHeld>> OnHand(DbSession s, Contract contract, Delivery known, CancellationToken ct) =>
        titles is null || Metal(contract, known.Day)?.Metal is not { } metal ? [] : [.. (await s.Lent(t => titles.Held(s, metal, known.SellerOrganisation, t), ct)).Select(w => new WarrantHeld(w.Id, w.Number, w.BrandCode, w.LocationCode, w.NetKg, InTolerance(contract, known.Day, w.NetKg)))];

    /// <summary>
    /// The seller gives warrants. Refuses <c>delivery.not-found</c>, <c>delivery.not-due</c>, <c>delivery.kind</c>, <c>delivery.warrants</c> (not one a lot), <c>delivery.weight</c> (outside the tolerance), <c>delivery.buyer-short</c> and what keeps a warrant from being moved.
    /// </summary>
    public async Task<Answer<Delivery>> Deliver(DbSession s, DeliveryDesk desk, PositionBook positions, Guid id, IReadOnlyList<Guid> chosen, CancellationToken ct)
    {
        if (Allow.AnyRole(s.Actor, Role.MarketTrader, Role.MarketSupervisor) is { } no) return no;
        if (await Delivery.Find(s, id, ct) is not { } known || known.SellerOrganisation != s.Actor.OrganisationId) return Refusal.NotFound("delivery.not-found");
        if (known.State != DeliveryState.Due) return Refusal.Conflict("delivery.not-due", "state", ("state", known.State.ToString()));
        var contract = desk.ContractOf(known);
        if (titles is null || known.Kind != "warrants" || Metal(contract, known.Day)?.Metal is not { } metal) return Refusal.Of("delivery.kind", "id");
        if (chosen.Distinct().Count() != known.Lots || chosen.Count != known.Lots) return Refusal.Of("delivery.warrants", "warrants", ("needed", $"{known.Lots}"));
        return await s.InTransaction<Delivery>(async t =>
        {
            var prepared = new List<PreparedTitle>();
            foreach (var warrant in chosen)
            {
                var one = await s.AsSystem(u => titles.Prepare(s, warrant, metal, known.SellerOrganisation, known.BuyerOrganisation, u), t);
                if (!one.Ok) return Answer<Delivery>.From(one.Refusals);
                if (!InTolerance(contract, known.Day, one.Value.Warrant.NetKg)) return Refusal.Of("delivery.weight", "warrants", ("number", one.Value.Warrant.Number), ("kg", DecimalText.Write(one.Value.Warrant.NetKg)));
                prepared.Add(one.Value);
            }
            var tonnes = prepared.Sum(p => p.Warrant.NetKg) / 1000;
            var amount = LotValue.Of(known.Price, tonnes, contract.CurrencyPlaces);
            var accounts = (await s.AsSystem(u => PositionBook.Accounts(s, u), t)).ToDictionary(a => a.Number);
            var pays = StepPostings.Collect(positions, accounts[known.Buyer], known.Currency, amount, MarketBook.PayIn, MarketBook.ClearingCash);
            if (pays.Count == 0) return Refusal.Conflict("delivery.buyer-short", "id", ("account", accounts[known.Buyer].Code));
            List<Command> commands = [.. pays, .. prepared.SelectMany(p => p.Commands), StepPostings.Cash(MarketBook.PayOut, known.Currency, MarketBook.ClearingCash, accounts[known.Seller].Cash, amount)];
            return await desk.Keep(s, known, commands, Listed(prepared), tonnes, amount, DeliveryState.Settled, t);
        }, ct) is { Ok: false } refused ? refused : await desk.Sent(s, id, ct);
    }

    /// <summary>
    /// Warrants of somebody who delivers in the place of a seller who failed: the first by number within the tolerance. The buyer pays the price agreed for what they weigh; he who delivers gets the price of the buy-in, and the seller bears the difference.
    /// Refuses <c>contract.too-few-deliverable</c>, <c>trading.not-found</c> and as <see cref="Deliver"/>.
    /// </summary>
    internal async Task<Answer<Delivery>> TakeFrom(DbSession s, DeliveryDesk desk, Delivery known, long account, decimal price, CancellationToken ct)
    {
        var contract = desk.ContractOf(known);
        if (titles is null || Metal(contract, known.Day)?.Metal is not { } metal) return Refusal.Of("delivery.kind", "id");
        return await s.InTransaction<Delivery>(async t =>
        {
            var accounts = (await s.AsSystem(u => PositionBook.Accounts(s, u), t)).ToDictionary(a => a.Number);
            if (!accounts.TryGetValue(account, out var giver)) return Refusal.NotFound("trading.not-found", "substitute", ("given", Members.TradingAccount.CodeOf(account)));
            var good = (await s.AsSystem(u => titles.Held(s, metal, giver.OrganisationId, u), t)).Where(w => InTolerance(contract, known.Day, w.NetKg)).ToList();
            if (good.Count < known.Lots) return Refusal.Conflict("contract.too-few-deliverable", "units", ("needed", $"{known.Lots}"), ("eligible", $"{good.Count}"));
            var prepared = new List<PreparedTitle>();
            foreach (var warrant in good.Take((int)known.Lots))
            {
                var one = await s.AsSystem(u => titles.Prepare(s, warrant.Id, metal, giver.OrganisationId, known.BuyerOrganisation, u), t);
                if (!one.Ok) return Answer<Delivery>.From(one.Refusals);
                prepared.Add(one.Value);
            }
            var tonnes = prepared.Sum(p => p.Warrant.NetKg) / 1000;
            var agreed = LotValue.Of(known.Price, tonnes, contract.CurrencyPlaces);
            var money = desk.Money(known with { Amount = agreed }, accounts, account, new(LotValue.Of(price, tonnes, contract.CurrencyPlaces)));
            if (!money.Ok) return Answer<Delivery>.From(money.Refusals);
            return await desk.Keep(s, known, [.. money.Value.In, .. prepared.SelectMany(p => p.Commands), .. money.Value.Out], Listed(prepared), tonnes, agreed, DeliveryState.BoughtIn, t);
        }, ct) is { Ok: false } refused ? refused : await desk.Sent(s, known.Id, ct);
    }

    static JsonArray Listed(List<PreparedTitle> prepared) => new([.. prepared.Select(p => (JsonNode)new JsonObject { ["warrant"] = p.Warrant.Number, ["kg"] = p.Warrant.NetKg, ["transfer"] = p.TransferId.ToString() })]);

    /// <summary>Title follows, or stays, by what the Book answered.</summary>
    internal async Task Ended(DbSession s, Delivery known, IReadOnlyList<Outcome> outcomes, CancellationToken ct)
    {
        if (titles is null || known.Kind != "warrants" || known.Chosen is not JsonArray chosen) return;
        long? batch = outcomes.All(o => o.Accepted) ? outcomes[^1].Batch : null;
        foreach (var transfer in chosen.Select(c => c?["transfer"]?.GetValue<string>()).OfType<string>()) await titles.Finish(s, Guid.Parse(transfer), batch, ct);
    }

    /// <summary>Within the contract's percent of a lot; exactly a lot where the contract names none.</summary>
    static bool InTolerance(Contract contract, LocalDate day, decimal kg) => contract.Lot(day) is { } lot && Math.Abs((kg / 1000) - lot) <= lot * (contract.Term("lot-tolerance", day)?.Value ?? 0) / 100;
}
