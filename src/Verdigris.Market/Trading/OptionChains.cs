using NodaTime;
using Verdigris.Book;
using Verdigris.Market.Contracts;
using Verdigris.Primitives;
using Verdigris.Storage;

namespace Verdigris.Market.Trading;

/// <summary>A call or a put of a chain.</summary>
/// <param name="Bid">Best price asked for by a buyer now; <paramref name="Ask"/> by a seller. Quantities in units of the contract.</param>
/// <param name="Last">Price of the last trade.</param>
/// <param name="Reference">Settlement price before today, or what the series was opened with.</param>
/// <param name="OpenInterest">Lots open on either side.</param>
public sealed record ChainSide(string Series, decimal? Bid, decimal? BidQuantity, decimal? Ask, decimal? AskQuantity, decimal? Last, decimal? Reference, long OpenInterest);

public sealed record ChainRow(decimal Strike, ChainSide? Call, ChainSide? Put);

/// <summary>The options of a month by exercise price, the lowest first.</summary>
/// <param name="Code">Of the month: SHFE.AD.OPTION:2027-01.</param>
/// <param name="Underlying">The future they are exercised into, with its newest settlement or reference price.</param>
public sealed record OptionChain(string Code, string Contract, string Currency, decimal Tick, LocalDate? LastDay, string? Underlying, decimal? UnderlyingPrice, IReadOnlyList<ChainRow> Rows);

/// <summary>A month of options in one line.</summary>
public sealed record ChainSummary(string Code, string Contract, LocalDate? LastDay, int Strikes, decimal Lowest, decimal Highest, bool Ended);

/// <summary>Options as people look at them: calls, exercise prices, puts. Open to everybody.</summary>
public sealed class OptionChains(ContractSet contracts, InstrumentList instruments, Listing listing, IServiceProvider services)
{
    /// <summary>Every month that was opened, by contract and month.</summary>
    public static IReadOnlyList<ChainSummary> Months(IEnumerable<Instrument> all) =>
        [.. all.Where(i => i.Shape == SettlementShape.Option).Select(i => (Instrument: i, Series: Series.Read(i.Series).Value)).GroupBy(x => MonthOf(x.Series).Code).OrderBy(g => g.Key, StringComparer.Ordinal)
            .Select(g => new ChainSummary(g.Key, g.First().Instrument.Contract, g.First().Instrument.LastDay, g.Select(x => x.Series.Strike).Distinct().Count(), g.Min(x => x.Series.Strike!.Value), g.Max(x => x.Series.Strike!.Value), g.All(x => x.Instrument.State == InstrumentState.Ended)))];

    /// <summary>Refuses <c>contract.series-malformed</c> and <c>listing.no-chain</c>: no option of that month was opened.</summary>
    public async Task<Answer<OptionChain>> Read(DbSession s, string code, CancellationToken ct)
    {
        var read = Series.Read(code);
        if (!read.Ok) return Answer<OptionChain>.From(read.Refusals);
        var month = MonthOf(read.Value);
        var found = (await instruments.All(ct)).Where(i => i.Shape == SettlementShape.Option && i.Contract == month.Contract).Select(i => (Instrument: i, Series: Series.Read(i.Series).Value)).Where(x => MonthOf(x.Series) == month).ToList();
        if (found.Count == 0 || contracts.Find(month.Contract) is not { } contract) return Refusal.NotFound("listing.no-chain", "series", ("given", code));
        var sides = Sides([.. found.Select(x => x.Instrument)]);
        ChainSide? Side(decimal strike, OptionRight right) => found.FirstOrDefault(x => x.Series.Strike == strike && x.Series.Right == right) is { Instrument: { } i } ? sides[i.Number] : null;
        var first = found[0].Instrument;
        return new OptionChain(month.Code, month.Contract, first.Currency, first.Tick, first.LastDay, OptionStrikes.Underlying(contract, month, s.Today())?.Code, await listing.UnderlyingPrice(s, contract, month, s.Today(), ct),
            [.. found.Select(x => x.Series.Strike!.Value).Distinct().Order().Select(strike => new ChainRow(strike, Side(strike, OptionRight.Call), Side(strike, OptionRight.Put)))]);
    }

    Dictionary<int, ChainSide> Sides(IReadOnlyList<Instrument> options)
    {
        if (services.GetService(typeof(IFloor)) is not IFloor floor) return options.ToDictionary(i => i.Number, i => new ChainSide(i.Series, null, null, null, null, null, i.Reference, 0));
        var seen = floor.Read(f => options.ToDictionary(i => i.Number, i => (View: f.Instrument(i.Number), Depth: f.Depth(i.Number, 1))));
        var open = ((IVenue)services.GetService(typeof(IVenue))!).Read(b => options.ToDictionary(i => i.Number, i => seen[i.Number].View is { } view ? b.Total(view.Definition.BaseAsset).Issued : 0));
        return options.ToDictionary(i => i.Number, i =>
        {
            var (view, depth) = seen[i.Number];
            DepthLevel? bid = depth.Bids.Count > 0 ? depth.Bids[0] : null, ask = depth.Asks.Count > 0 ? depth.Asks[0] : null;
            return new ChainSide(i.Series, bid is { } b ? i.Price(b.Price) : null, bid is { } bq ? i.Quantity(bq.Quantity) : null, ask is { } a ? i.Price(a.Price) : null, ask is { } aq ? i.Quantity(aq.Quantity) : null, view?.Last is { } last ? i.Price(last) : null, i.Reference, open[i.Number]);
        });
    }

    static Series MonthOf(Series series) => series with { Strike = null, Right = null };
}
