using System.Text.Json.Nodes;
using NodaTime;
using Verdigris.Book;
using Verdigris.Market.Clearing.Exercises;
using Verdigris.Market.Clearing.Margins;
using Verdigris.Market.Clearing.Positions;
using Verdigris.Market.Clearing.Prices;
using Verdigris.Market.Contracts;
using Verdigris.Primitives;
using Verdigris.Storage;

namespace Verdigris.Market.Clearing.Days.Steps;

/// <summary>
/// Step 6: what is open in a series at its end is taken back. The variation margin of step 4 has settled it to the final price; where the contract is settled by delivery, sellers and buyers are brought together by lot and deliver at that price.
/// Options that were not exercised lapse. A series whose final price is held (<see cref="HeldFinals"/>) does not end on the day.
/// </summary>
sealed class ExpiryStep(ContractSet contracts, SeriesRegister register, PositionBook positions, ClearingFlows flows) : IClearingStep
{
    const string EndLong = "end-long", EndShort = "end-short";

    public ClearingStep Step => ClearingStep.Expiry;

    /// <summary>Refuses <c>clearing.flow-refused</c>, and what keeps the day of delivery from being known.</summary>
    public async Task<Answer<JsonObject>> Do(DayWork work, CancellationToken ct)
    {
        var (s, day) = (work.Session, work.Day);
        var held = await HeldFinals.Codes(s, day, ct);
        var ending = (await register.Live(s, ct)).Where(x => !held.Contains(x.Code) && SeriesDates.EndDay(contracts, contracts.Find(x.Series.Contract)!, x.Series) is { } end && end <= day).ToList();
        foreach (var series in ending)
        {
            var planned = await s.InTransaction<Done>(t => Plan(work, series, t), ct);
            if (!planned.Ok) return Answer<JsonObject>.From(planned.Refusals);
        }
        var codes = (await register.ByNumber(s, ct)).Values.ToDictionary(x => x.Code);
        var open = await flows.Post(s, day, Step, EndLong, f => [StepPostings.Close(codes[f.Series!].Long, f.Account + 2, f.Amount)], ct);
        if (open.Count == 0) open = await flows.Post(s, day, Step, EndShort, f => [StepPostings.Close(codes[f.Series!].Short, f.Account + 2, f.Amount)], ct);
        if (open.Count > 0) return StepPostings.Refused(open);
        foreach (var series in ending) await s.Run("update market.series set ended_on = $2 where code = $1", ct, series.Code, day);
        return new JsonObject
        {
            ["series"] = new JsonArray([.. (await s.All("select code from market.series where ended_on = $1 order by code", r => r.GetString(0), ct, day)).Select(c => (JsonNode)c)]),
            ["deliveries"] = await s.Value<long>("select count(*) from market.delivery where day = $1", ct, day),
        };
    }

    async Task<Answer<Done>> Plan(DayWork work, ClearedSeries series, CancellationToken ct)
    {
        var (s, day) = (work.Session, work.Day);
        if (await s.Value<bool>("select exists (select from market.clearing_flow where day = $1 and step = $2 and series = $3)", ct, day, (short)Step, series.Code)) return default(Done);
        var contract = contracts.Find(series.Series.Contract)!;
        var accounts = await PositionBook.Accounts(s, ct);
        var open = positions.Open(accounts).Where(o => o.Key.Series == series.Number).OrderBy(o => o.Key.Account).ToList();
        var byNumber = accounts.ToDictionary(a => a.Number);
        if (contract.Settlement(day) == SettlementMethod.Delivery && open.Any(o => o.Value.Net != 0))
        {
            var made = await Match(work, series, contract, [.. open.Where(o => o.Value.Net != 0).Select(o => (byNumber[o.Key.Account], o.Value.Net))], ct);
            if (!made.Ok) return made;
        }
        await ClearingFlows.Plan(s,
        [
            .. open.Where(o => o.Value.Long > 0).Select(o => ClearingFlows.New(work, Step, EndLong, byNumber[o.Key.Account], series.Code, null, o.Value.Long, new JsonObject())),
            .. open.Where(o => o.Value.Short > 0).Select(o => ClearingFlows.New(work, Step, EndShort, byNumber[o.Key.Account], series.Code, null, o.Value.Short, new JsonObject())),
        ], ct);
        return default(Done);
    }

    /// <summary>Long positions in an order drawn by lot against short ones in the order of their accounts.</summary>
    async Task<Answer<Done>> Match(DayWork work, ClearedSeries series, Contract contract, List<(ClearingAccount Account, long Net)> open, CancellationToken ct)
    {
        var (s, day) = (work.Session, work.Day);
        var price = (await PriceHandlers.Of(s, day, ct)).First(p => p.Series == series.Code).Price;
        var kind = Basket.Of(contract, day).FirstOrDefault()?.Kind == "warrants" ? "warrants" : "units";
        var due = Due(contract, day);
        if (!due.Ok) return Answer<Done>.From(due.Refusals);
        var longs = open.Where(o => o.Net > 0).ToList();
        var drawn = new Queue<Ticket>(await Draws.Once(s, day, "delivery", series.Code, [.. longs.Select(o => new Ticket(o.Account.Number, o.Net))], longs.Sum(o => o.Net), ct));
        var accounts = open.ToDictionary(o => o.Account.Number, o => o.Account);
        var (place, lot) = (0, contract.Lot(day)!.Value);
        var value = Terms.LotValue(contract, price, day)!.Value;
        foreach (var (seller, net) in open.Where(o => o.Net < 0))
            for (var left = -net; left > 0;)
            {
                var first = drawn.Dequeue();
                var lots = Math.Min(left, first.Lots);
                if (first.Lots > lots) drawn = new([first with { Lots = first.Lots - lots }, .. drawn]);
                left -= lots;
                var buyer = accounts[first.Account];
                await s.Run("""
                    insert into market.delivery (id, day, series, kind, seller, seller_organisation, buyer, buyer_organisation, lots, price, units, currency, amount, due_on) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14) on conflict (id) do nothing
                    """, ct, ClearingFlows.IdOf(day, Step, "delivery", seller.Number, $"{series.Code}/{place++}"), day, series.Code, kind, seller.Number, seller.OrganisationId, buyer.Number, buyer.OrganisationId, lots, price, lot * lots, contract.Currency, checked(value * lots), due.Value);
            }
        return default(Done);
    }

    /// <summary>The last day for the seller by the contract's timetable; where it names none, so many working days as the clearing house says.</summary>
    Answer<LocalDate> Due(Contract contract, LocalDate day)
    {
        var days = DeliveryTimetable.Of(contracts, contract, day);
        if (!days.Ok) return Answer<LocalDate>.From(days.Refusals);
        if (days.Value.FirstOrDefault(d => d.Step == "seller-delivers") is { } seller) return seller.Day;
        if (days.Value.LastOrDefault(d => d.Step is "delivery-ends" or "buyer-receives" or "payment") is { } end) return end.Day;
        var calendar = contracts.Calendar(contract, day, delivery: true);
        if (!calendar.Ok) return Answer<LocalDate>.From(calendar.Refusals);
        return calendar.Value.Covered.Contains(day.PlusDays(30)) ? calendar.Value.Add(day, (int)MarginRules.Of(contracts.Packs).Time("delivery-days")) : day.PlusDays(3);
    }
}
