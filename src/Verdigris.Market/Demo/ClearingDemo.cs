using Microsoft.Extensions.DependencyInjection;
using NodaTime;
using Verdigris.Book;
using Verdigris.Market.Clearing.Days;
using Verdigris.Market.Clearing.Days.Steps;
using Verdigris.Market.Clearing.Defaults;
using Verdigris.Market.Clearing.Positions;
using Verdigris.Market.Clearing.Prices;
using Verdigris.Market.Contracts;
using Verdigris.Market.Members;
using Verdigris.Primitives;
using Verdigris.Storage;

namespace Verdigris.Market.Demo;

public static partial class MarketDemo
{
    sealed partial class Play
    {
        /// <summary>Lots the smelter has bought from the trader, at prices of the last trading day that is over.</summary>
        static readonly (string Word, long Lots, decimal Price)[] Bought = [("first", 12, 76.10m), ("second", 8, 76.35m)];

        const decimal Settled = 76.82m;

        /// <summary>
        /// Positions in a future, and the clearing day they were made on: its price fixed by two officers, variation paid, margin deposited; and each member's part of the default fund. Where somebody has cleared a day already, nothing is added.
        /// </summary>
        public async Task Cleared(string series, TradingAccount buyer, TradingAccount seller)
        {
            var contracts = services.GetRequiredService<ContractSet>();
            await using var s = Session(Actor.System);
            if (await ClearingPipeline.Newest(s, ct) is { Done: true }) return;
            var begun = await s.All("select day from market.clearing_trade order by day limit 1", r => r.Day(0), ct);
            if (begun.Count == 0 && Over(contracts, contracts.Find(Series.Read(series).Value.Contract)!, s.Now) is { } over) begun.Add(over);
            if (begun.Count == 0) return;
            var day = begun[0];
            var known = Take(await services.GetRequiredService<SeriesRegister>().Add(s, series, day, ct));
            var venue = services.GetRequiredService<IVenue>();
            foreach (var (word, lots, price) in Bought)
            {
                var id = BookDefinitions.IdOf($"market/demo/traded/{word}");
                // Sent again it is answered as the first time.
                await venue.Send(new[] { StepPostings.Open(known.Long, buyer.Number + 2, lots).Linked() with { Id = BookId.Derive(BookId.ToGuid(id), 0) }, StepPostings.Open(known.Short, seller.Number + 2, lots) with { Id = BookId.Derive(BookId.ToGuid(id), 1) } });
                await ClearingTrades.Take(s, [new(BookId.ToGuid(id), day, series, buyer.Number, seller.Number, price, lots, TradeKind.Reported, day.At(new LocalTime(15, 0)).InUtc().ToInstant())], ct);
            }
            await using var clerk = Session(cast.Exchange);
            // Refused where the clock was quicker and has found a price: then that is it.
            if (!(await PriceHandlers.Proposals(clerk, day, ct)).Any(p => p.Series == series) && !(await PriceHandlers.Of(clerk, day, ct)).Any(p => p.Series == series))
                await services.GetRequiredService<PriceHandlers>().Propose(clerk, day, series, Settled, "Middle of what brokers quoted at the close", ct);
            foreach (var waits in (await PriceHandlers.Proposals(clerk, day, ct)).Where(p => p is { Series: var of, State: "proposed" } && of == series)) await Decided(cast.ExchangeSecond, waits.Id);
            // Where it waits for something, or the clock runs it just now, the clock goes on with it.
            await services.GetRequiredService<ClearingPipeline>().Run(clerk, day, ct);
            foreach (var (who, account, part) in new[] { (cast.Trader, seller, 40_000m), (cast.Smelter, buyer, 25_000m) })
            {
                await using var member = Session(who);
                if ((await DefaultFund.Parts(member, "EUR", ct)).All(f => f.OrganisationId != who.OrganisationId)) Take(await services.GetRequiredService<DefaultFund>().PayIn(member, account.Code, "EUR", part, ct));
            }
        }

        /// <summary>The last day whose sessions are over; null where none of the last days is known.</summary>
        static LocalDate? Over(ContractSet contracts, Contract contract, Instant now)
        {
            var today = now.InUtc().Date;
            return Enumerable.Range(0, 15).Select(i => (LocalDate?)today.PlusDays(-i)).FirstOrDefault(d => Sessions.OfDay(contracts, contract, d!.Value) is { Ok: true, Value: { Count: > 0 } phases } && phases.All(p => p.Closes <= now - Duration.FromMinutes(15)));
        }
    }
}
