using NodaTime;
using Verdigris.Primitives;
using Verdigris.Primitives.Rules;

namespace Verdigris.Market.Contracts;

public enum ContractKind { Spot, DailyFuture, Future, Option, Forward, Swap }

/// <summary>What an open position becomes at the end.</summary>
public enum SettlementMethod
{
    /// <summary>Units or warrants against payment.</summary>
    Delivery,
    /// <summary>Money, from a formula over an index.</summary>
    Cash,
    /// <summary>A position in the contract the option is on.</summary>
    Underlying,
}

/// <summary>A value of a contract's file with where it comes from. Null: looked for and not found, or not looked for.</summary>
/// <param name="Unit">What the value counts: t, EUR, lots.</param>
public sealed record ContractTerm(decimal? Value, string Unit, RuleRef Rule, string? Note);

/// <summary>
/// One contract: a file in <c>data/contracts</c>. What the file does not say is unknown and stays so; <see cref="OpenProblems"/> names what keeps a contract from being traded.
/// Rows with validity are those in force on the day asked for. Immutable, thread-safe.
/// </summary>
/// <param name="Code">Unique: ICE.EUA.</param>
/// <param name="Family">allowance, credit, metal, scrap or battery.</param>
/// <param name="Venue">Whose rules the file follows: ICE Endex.</param>
/// <param name="Currency">ISO 4217, of the price and of every payment.</param>
/// <param name="PriceUnit">What the price is for one of: EUA, t, kg. The lot counts these.</param>
/// <param name="Underlying">Code of the contract an option or a swap is on; null for others.</param>
/// <param name="Standing">listed, historic or house.</param>
public sealed record Contract(RulePack Pack, string Code, string NameEn, string NameZh, ContractKind Kind, string Family, string Venue, string Currency, string PriceUnit, string? Underlying, string Standing)
{
    /// <summary>Rows of a table in force on a day; none where the file leaves the table out.</summary>
    public IEnumerable<RuleRow> Rows(string table, LocalDate on) => AllRows(table).Where(r => r.InForce(on));

    /// <summary>All rows of a table, whenever they are in force.</summary>
    public IReadOnlyList<RuleRow> AllRows(string table) => Pack.Tables.TryGetValue(table, out var found) ? found.Rows : [];

    /// <summary>The row in force of a table whose first key column has this value, or of a table with one row where none is given.</summary>
    public RuleRow? Row(string table, LocalDate on, string? key = null) => Rows(table, on).FirstOrDefault(r => key is null || r.TextOrNull(Pack.Table(table).Key[0]) == key);

    public RuleRef Ref(RuleRow row)
    {
        ArgumentNullException.ThrowIfNull(row);
        return row.Ref(Pack);
    }

    /// <summary>A term: lot, tick, tick-phone, delivery-lot, lot-tolerance, least-order, most-order, least-block, least-exchange. Null where the file has no such row.</summary>
    public ContractTerm? Term(string term, LocalDate on) => Row("terms", on, term) is { } row ? new(row.DecimalOrNull("value"), row.Text("unit"), Ref(row), row.Note) : null;

    /// <summary>Units of the price a lot: 1,000 EUA. Null: unknown.</summary>
    public decimal? Lot(LocalDate on) => Term("lot", on)?.Value;

    /// <summary>Least step of a price on the screen, in <see cref="Currency"/>. Null: unknown.</summary>
    public decimal? Tick(LocalDate on) => QuotedTick ?? Term("tick", on)?.Value;

    /// <summary>Pack <c>calendars/…</c> of the days of trading. Null: unknown.</summary>
    public string? TradingCalendar(LocalDate on) => Row("calendars", on, "trading")?.TextOrNull("calendar");

    /// <summary>Pack of the days dates of delivery count by; the trading calendar where the file names none.</summary>
    public string? DeliveryCalendar(LocalDate on) => Row("calendars", on, "delivery")?.TextOrNull("calendar") ?? TradingCalendar(on);

    public SettlementMethod? Settlement(LocalDate on) => Row("settlement", on)?.Text("method") switch { "delivery" => SettlementMethod.Delivery, "cash" => SettlementMethod.Cash, "underlying" => SettlementMethod.Underlying, _ => null };

    /// <summary>Currencies its series are quoted in on a day, its own first.</summary>
    public IReadOnlyList<string> Currencies(LocalDate on) => [Currency, .. Rows("currencies", on).Select(r => r.Text("currency")).Where(c => c != Currency)];

    /// <summary>The contract as it is quoted in one of its currencies: prices, ticks and money of it are in that currency, and nothing is converted. Null is its own; naming that one is refused too, since a series has one code. <c>contract.currency-not-quoted</c>.</summary>
    public Answer<Contract> In(string? currency, LocalDate on) =>
        currency is null ? this
        : currency != Currency && Row("currencies", on, currency) is { } row ? this with { Currency = currency, QuotedTick = row.DecimalOrNull("tick") }
        : Refusal.Of("contract.currency-not-quoted", "series", ("given", currency), ("known", string.Join(", ", Currencies(on).Skip(1))));

    /// <summary>The contract as a series was opened: in its currency, by its step.</summary>
    public Contract Opened(string currency, decimal tick) => currency == Currency ? this : this with { Currency = currency, QuotedTick = tick };

    /// <summary>The contract as a series of it is quoted whose currency is known.</summary>
    internal Contract QuotedIn(string? currency) => currency is null ? this : this with { Currency = currency, QuotedTick = AllRows("currencies").LastOrDefault(r => r.Text("currency") == currency)?.DecimalOrNull("tick") };

    /// <summary>Least step in a further currency; null where it is that of the terms.</summary>
    decimal? QuotedTick { get; init; }

    /// <summary>Decimal places of the currency.</summary>
    public int CurrencyPlaces => MarketBook.Currencies.TryGetValue(Currency, out var known) ? known.Scale : 2;

    /// <summary>Why no series of the contract can be opened for trading on a day, in this order: historic, currency, lot, tick, a tick that is no whole number of the currency's smallest unit a lot, calendar. Empty: it can.</summary>
    public IReadOnlyList<Refusal> OpenProblems(LocalDate on)
    {
        var problems = new List<Refusal>();
        if (Standing == "historic") problems.Add(Refusal.Conflict("contract.historic", "contract", ("contract", Code)));
        if (!MarketBook.Currencies.ContainsKey(Currency)) problems.Add(Refusal.Conflict("contract.currency-unknown", "contract", ("contract", Code), ("currency", Currency)));
        if (Lot(on) is null) problems.Add(Refusal.Conflict("contract.lot-unknown", "contract", ("contract", Code)));
        if (Tick(on) is null) problems.Add(Refusal.Conflict("contract.tick-unknown", "contract", ("contract", Code)));
        else if (Lot(on) is not null && TickMoney(on) is null) problems.Add(Refusal.Conflict("contract.tick-fraction", "contract", ("contract", Code), ("currency", Currency)));
        if (TradingCalendar(on) is null) problems.Add(Refusal.Conflict("contract.calendar-none", "contract", ("contract", Code)));
        return problems;
    }

    public bool CanOpen(LocalDate on) => OpenProblems(on).Count == 0;

    /// <summary>Money one tick of one lot is worth, in the smallest unit of the currency: EUR 0.01 x 1,000 = 1,000 cents. Null where lot or tick is unknown or it is no whole number.</summary>
    public long? TickMoney(LocalDate on) => Lot(on) is { } lot && Tick(on) is { } tick && Minor(lot * tick) is var money && money == decimal.Truncate(money) && money is > 0 and <= long.MaxValue ? (long)money : null;

    /// <summary>A price in ticks, as books keep it. Refuses <c>contract.tick-unknown</c> and <c>contract.price-off-tick</c>.</summary>
    public Answer<long> Ticks(decimal price, LocalDate on)
    {
        if (Tick(on) is not { } tick) return Refusal.Conflict("contract.tick-unknown", "price", ("contract", Code));
        // Asked before it is divided: what is far too much is too much for a decimal as well.
        return Math.Abs(price) <= int.MaxValue * tick && price / tick is var ticks && ticks == decimal.Truncate(ticks) ? (long)ticks : Refusal.Of("contract.price-off-tick", "price", ("given", DecimalText.Write(price)), ("tick", DecimalText.Write(tick)));
    }

    /// <summary>The price of so many ticks.</summary>
    /// <exception cref="InvalidOperationException">The tick is unknown: such a contract is never opened.</exception>
    public decimal Price(long ticks, LocalDate on) => ticks * (Tick(on) ?? throw new InvalidOperationException($"{Code} has no tick."));

    /// <summary>Money of a price (or of a difference of prices) over lots, rounded half away from zero to the currency's smallest unit. Null where the lot is unknown.</summary>
    /// <param name="price">In <see cref="Currency"/> a <see cref="PriceUnit"/>.</param>
    /// <param name="lots">Negative for a short position.</param>
    public decimal? Amount(decimal price, decimal lots, LocalDate on) => Lot(on) is { } lot ? Math.Round(price * lot * lots, CurrencyPlaces, MidpointRounding.AwayFromZero) : null;

    decimal Minor(decimal money)
    {
        for (var i = 0; i < CurrencyPlaces; i++) money *= 10;
        return money;
    }
}
