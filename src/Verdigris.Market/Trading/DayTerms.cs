using NodaTime;
using Verdigris.Book;
using Verdigris.Market.Clearing.Margins;
using Verdigris.Market.Contracts;
using Verdigris.Market.Modes;
using Verdigris.Primitives;

namespace Verdigris.Market.Trading;

/// <summary>What holds of a series on the floor for a day: price limits, margin and fee a lot, largest order. Pure, from the contract's file and the day's reference prices.</summary>
static class DayTerms
{
    /// <summary>Refuses <c>contract.limit-unknown</c>, <c>clearing.scan-unknown</c>, and <c>listing.underlying-unpriced</c> for an option whose future has no price.</summary>
    /// <param name="reference">Settlement or closing price before the day; at least a tick.</param>
    /// <param name="underlying">The same of an option's future: who sells an option bears its risk.</param>
    /// <param name="listingDay">Some contracts have wider limits on the first day of a series.</param>
    public static Answer<InstrumentTerms> Of(ContractSet contracts, TradingModes modes, Contract contract, Instrument instrument, decimal reference, decimal? underlying, LocalDate day, bool listingDay)
    {
        var option = instrument.Shape == SettlementShape.Option;
        if (option && underlying is null) return Refusal.Conflict("listing.underlying-unpriced", "series", ("series", instrument.Series));
        var limits = option ? OptionLimits(contracts, contract, instrument, reference, underlying!.Value, day, listingDay) : Limits(contract, instrument, reference, day, listingDay);
        if (!limits.Ok) return Answer<InstrumentTerms>.From(limits.Refusals);
        var margin = instrument.IsSpot ? 0L : option ? OptionMargin(contracts, contract, instrument, underlying!.Value, day) : FutureMargin(contract, instrument, reference, day);
        if (!margin.Ok) return Answer<InstrumentTerms>.From(margin.Refusals);
        var (low, high, ticks) = (limits.Value.Low, limits.Value.High, (int)(reference / instrument.Tick));
        var agreed = modes.Agreements(contract, day);
        var bands = agreed.Where(m => m.Percent is not null).Select(m => Band(m.Percent!.Value)).ToList();
        // The floor holds to the widest of them; each kind's own the desk for agreed trades looks at.
        var band = bands.Count == 0 ? 0 : agreed.Any(m => m.Percent is null) ? high == BookTerms.MostPrice ? 0 : Math.Max(bands.Max(), Math.Max(high - ticks, ticks - low)) : bands.Max();
        return new InstrumentTerms
        {
            MarginPerLot = margin.Value,
            // Clearing of positions, and what is a percent of turnover, clearing takes in the evening.
            FeePerLot = Fee(contract, "trading", day) + (instrument.IsSpot ? Fee(contract, "clearing", day) : 0),
            LowestPrice = low,
            HighestPrice = high,
            DynamicBand = TradingModes.InterruptionPercent(contract, day) is { } moved ? Math.Max(1, Band(moved)) : 0,
            ReferencePrice = ticks,
            MaxOrderQuantity = contract.Term("most-order", day)?.Value is { } most ? (long)most : BookTerms.MostLots,
            BlockQuantity = agreed.Count > 0 && agreed.All(m => m.LeastLots is not null) ? (long)agreed.Min(m => m.LeastLots!.Value) : 1,
            BlockBand = band,
            BustMicros = modes.Bust.BclCompatibleTicks / 10,
        };

        int Band(decimal percent) => (int)(reference * percent / 100 / instrument.Tick);
    }

    static Answer<(int Low, int High)> Limits(Contract contract, Instrument instrument, decimal reference, LocalDate day, bool listingDay)
    {
        if (PriceLimits.Row(contract, day, listingDay)?.DecimalOrNull("percent") is null) return (1, BookTerms.MostPrice);
        var limits = PriceLimits.Of(contract, reference, day, listingDay);
        return limits.Ok ? ((int)(limits.Value.Low / instrument.Tick), (int)(limits.Value.High / instrument.Tick)) : Answer<(int, int)>.From(limits.Refusals);
    }

    /// <summary>Where the file counts an option's limits from its future, they are as many units of money away as the future's own; an option never costs less than a tick.</summary>
    static Answer<(int Low, int High)> OptionLimits(ContractSet contracts, Contract contract, Instrument instrument, decimal reference, decimal underlying, LocalDate day, bool listingDay)
    {
        if (PriceLimits.Row(contract, day, listingDay) is not { } row) return (1, BookTerms.MostPrice);
        if (row.TextOrNull("reference") != "underlying") return Limits(contract, instrument, reference, day, listingDay);
        if (contracts.Find(contract.Underlying) is not { } future || PriceLimits.Row(future, day, listingDay)?.DecimalOrNull("percent") is null) return (1, BookTerms.MostPrice);
        var of = PriceLimits.Of(future, underlying, day, listingDay);
        if (!of.Ok) return Answer<(int, int)>.From(of.Refusals);
        var away = underlying * of.Value.Percent / 100;
        return (Math.Max(1, (int)decimal.Ceiling((reference - away) / instrument.Tick)), (int)decimal.Floor((reference + away) / instrument.Tick));
    }

    static Answer<long> FutureMargin(Contract contract, Instrument instrument, decimal reference, LocalDate day)
    {
        var range = MarginParameters.ScanRange(contract, reference, day);
        return range.Ok ? Math.Max(Money(range.Value * instrument.Lot, contract), MarginParameters.Charge(contract, "minimum", reference, day)) : Answer<long>.From(range.Refusals);
    }

    /// <summary>What a short option can lose in a day's move of its future; at least the contract's least charge. The premium comes to the seller with the trade.</summary>
    static Answer<long> OptionMargin(ContractSet contracts, Contract contract, Instrument instrument, decimal underlying, LocalDate day)
    {
        var range = MarginParameters.ScanRange(contracts.Find(contract.Underlying) ?? contract, underlying, day);
        return range.Ok ? Math.Max(Money(range.Value * instrument.Lot, contract), MarginParameters.Charge(contract, "short-option-minimum", underlying, day)) : Answer<long>.From(range.Refusals);
    }

    static long Money(decimal value, Contract contract) => (long)Math.Ceiling(value * LotValue.Unit(contract.CurrencyPlaces));

    static long Fee(Contract contract, string fee, LocalDate day) => contract.Row("fees", day, fee) is { } row && row.TextOrNull("unit") == "money-lot" && row.DecimalOrNull("value") is { } money ? (long)Math.Round(money * LotValue.Unit(contract.CurrencyPlaces), MidpointRounding.AwayFromZero) : 0;
}
