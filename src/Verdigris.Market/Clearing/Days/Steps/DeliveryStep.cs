using System.Text.Json.Nodes;
using Verdigris.Market.Clearing.Defaults;
using Verdigris.Market.Clearing.Deliveries;
using Verdigris.Primitives;
using Verdigris.Storage;

namespace Verdigris.Market.Clearing.Days.Steps;

/// <summary>
/// Step 7: both sides of a new delivery are told of each other's day. On the last day the clearing house takes units that are there from a seller who has not chosen; a delivery that is not done after it has failed. No seller fails while the buyer has not got the money: the delivery stays due, unless the buyer is in default. What was decided of failed ones is tried again.
/// </summary>
sealed class DeliveryStep(DeliveryDesk desk, BuyIns buyIns) : IClearingStep
{
    const string BuyerShort = "delivery.buyer-short";

    public ClearingStep Step => ClearingStep.DeliveryNotices;

    public async Task<Answer<JsonObject>> Do(DayWork work, CancellationToken ct)
    {
        var (s, day) = (work.Session, work.Day);
        await desk.Resume(s, ct);
        await buyIns.Retry(s, ct);
        await s.InTransaction(async t =>
        {
            foreach (var made in await s.All($"{Delivery.Select} where state = 0 order by id for update", Delivery.Map, t))
            {
                await s.Run("update market.delivery set state = 1, row_version = row_version + 1 where id = $1", t, made.Id);
                foreach (var (organisation, text) in new[] { (made.SellerOrganisation, "market.notice.delivery.seller"), (made.BuyerOrganisation, "market.notice.delivery.buyer") })
                    await s.Notify(new Notice(MarketNotices.Delivery, new NoticeTo(Organisation: organisation, Roles: [Role.MarketTrader, Role.MarketSupervisor]), text,
                        new Dictionary<string, string> { ["series"] = made.Series, ["lots"] = $"{made.Lots}", ["due"] = $"{made.DueOn:uuuu-MM-dd}" }, $"/market/delivery/{made.Id}", "market-delivery", made.Id.ToString()), t);
            }
        }, ct);
        foreach (var due in await s.All($"{Delivery.Select} where state = 1 and due_on <= $1 order by id", Delivery.Map, ct, day))
        {
            string? why = null;
            if (due.Kind == "units")
            {
                var taken = await desk.TakeFrom(s, due, due.Seller, null, ct);
                if (taken is { Ok: true, Value.State: DeliveryState.Settled }) continue;
                why = taken.Ok ? taken.Value.Code : taken.Refusals[0].Code;
            }
            if (!await desk.BuyerPays(s, due, ct))
            {
                // Of a buyer in default no money comes: the delivery is made good in money.
                if (await DefaultDesk.Declared(s, due.Buyer, ct) is not null)
                {
                    await s.InTransaction(t => Fails(s, due, Delivery.BuyerDefault, due.BuyerOrganisation, t), ct);
                    continue;
                }
                await s.InTransaction(t => Unpaid(s, due, t), ct);
                continue;
            }
            // The seller could not choose while there was no money: with the money he has a day more.
            if (due is { Kind: not "units", Code: BuyerShort })
            {
                await s.InTransaction(t => Anew(s, due, day.PlusDays(1), t), ct);
                continue;
            }
            await s.InTransaction(t => Fails(s, due, why, due.SellerOrganisation, t), ct);
        }
        return new JsonObject
        {
            ["due"] = await s.Value<long>("select count(*) from market.delivery where state = 1", ct),
            ["failed"] = await s.Value<long>("select count(*) from market.delivery where state = 4", ct),
            ["settled"] = await s.Value<long>("select count(*) from market.delivery where state in (3, 5, 6)", ct),
        };
    }

    /// <param name="whose">Who has failed, and is told.</param>
    static async Task Fails(DbSession s, Delivery due, string? why, Guid whose, CancellationToken ct)
    {
        if (await s.Run("update market.delivery set state = 4, code = $2, reason = $2, row_version = row_version + 1 where id = $1 and state = 1", ct, due.Id, why) == 0) return;
        await s.Audit(new AuditEntry("market-delivery.failed", "market-delivery", due.Id.ToString(), why), ct);
        await s.Notify(new Notice(MarketNotices.Delivery, new NoticeTo(Organisation: whose, Roles: [Role.MarketTrader, Role.MarketSupervisor]), "market.notice.delivery.failed",
            new Dictionary<string, string> { ["series"] = due.Series, ["lots"] = $"{due.Lots}" }, $"/market/delivery/{due.Id}", "market-delivery", due.Id.ToString()), ct);
    }

    /// <summary>The delivery stays due and says why; the buyer and the clearing house are told once.</summary>
    static async Task Unpaid(DbSession s, Delivery due, CancellationToken ct)
    {
        if (await s.Run("update market.delivery set code = $2, row_version = row_version + 1 where id = $1 and state = 1 and code is distinct from $2", ct, due.Id, BuyerShort) == 0) return;
        await s.Audit(new AuditEntry("market-delivery.unpaid", "market-delivery", due.Id.ToString(), BuyerShort), ct);
        foreach (var to in new[] { new NoticeTo(Organisation: due.BuyerOrganisation, Roles: [Role.MarketTrader, Role.MarketSupervisor]), new NoticeTo(Roles: [Role.ClearingOfficer]) })
            await s.Notify(new Notice(MarketNotices.Delivery, to, "market.notice.delivery.unpaid",
                new Dictionary<string, string> { ["account"] = Members.TradingAccount.CodeOf(due.Buyer), ["series"] = due.Series, ["lots"] = $"{due.Lots}" }, $"/market/delivery/{due.Id}", "market-delivery", due.Id.ToString()), ct);
    }

    static async Task Anew(DbSession s, Delivery due, NodaTime.LocalDate until, CancellationToken ct)
    {
        if (await s.Run("update market.delivery set code = null, due_on = $2, row_version = row_version + 1 where id = $1 and state = 1 and due_on < $2", ct, due.Id, until) == 0) return;
        await s.Notify(new Notice(MarketNotices.Delivery, new NoticeTo(Organisation: due.SellerOrganisation, Roles: [Role.MarketTrader, Role.MarketSupervisor]), "market.notice.delivery.seller",
            new Dictionary<string, string> { ["series"] = due.Series, ["lots"] = $"{due.Lots}", ["due"] = $"{until:uuuu-MM-dd}" }, $"/market/delivery/{due.Id}", "market-delivery", due.Id.ToString()), ct);
    }
}
