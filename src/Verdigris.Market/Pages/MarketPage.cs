using NodaTime;
using NodaTime.Text;
using Verdigris.Market.Auctions;
using Verdigris.Market.Cash;
using Verdigris.Market.Contracts;
using Verdigris.Market.Members;
using Verdigris.Primitives;
using Verdigris.Registry.Accounts.Pages;
using Verdigris.Registry.Auctions;
using Verdigris.Registry.Schemes;
using Verdigris.Web;
using Verdigris.Web.Components;

namespace Verdigris.Market.Pages;

/// <summary>What the pages of the market stand on.</summary>
public abstract class MarketPage : DirectoryPage
{
    protected override string DonePrefix => "market.done.";

    /// <summary>Works for the exchange.</summary>
    protected bool Exchange => Is(Role.MarketOperator) || Is(Role.ExchangeStaff) || Is(Role.ClearingOfficer);

    protected bool Clearing => Is(Role.ClearingOfficer);

    protected bool Writes => (Is(Role.Administrator) || Is(Role.MarketSupervisor)) && !Exchange;

    protected bool Trades => Is(Role.MarketTrader) || Is(Role.MarketSupervisor);

    /// <summary>The views of the room, the one at hand marked.</summary>
    protected IReadOnlyList<TabItem> Views(string at) =>
        MarketViews.Of(Actor, S, at);

    protected IReadOnlyList<Option> Words<T>(string prefix) where T : struct, Enum => [.. Enum.GetNames<T>().Select(n => new Option(n, S[prefix + n]))];

    protected static IReadOnlyList<Option> Currencies { get; } = [.. MarketBook.Currencies.Keys.Order(StringComparer.Ordinal).Select(c => new Option(c, c))];

    protected static Tone ToneOf(MemberState state) => state switch { MemberState.Active => Tone.Good, MemberState.Refused or MemberState.Suspended => Tone.Bad, MemberState.Ended => Tone.Neutral, _ => Tone.Info };

    protected static Tone ToneOf(TradingState state) => state switch { TradingState.Open => Tone.Good, TradingState.Stopped => Tone.Bad, TradingState.Closed => Tone.Neutral, _ => Tone.Info };

    protected static Tone ToneOf(CashState state) => state switch { CashState.Done => Tone.Good, CashState.Rejected or CashState.RefusedByBook => Tone.Bad, CashState.Withdrawn => Tone.Neutral, _ => Tone.Info };

    protected static Tone ToneOf(AuctionState state) => state switch { AuctionState.Settled => Tone.Good, AuctionState.NothingSold => Tone.Warn, AuctionState.Cancelled => Tone.Bad, AuctionState.Planned => Tone.Neutral, _ => Tone.Info };

    /// <summary>How an auction stands at this moment: between its announcement and its opening the clock says more than its state.</summary>
    protected (Tone Tone, string Text) StandingOf(Auction auction) => auction.State != AuctionState.Announced || Session.Now < auction.OpensAt ? (ToneOf(auction.State), S["market.auction.state." + auction.State])
        : Session.Now < auction.ClosesAt ? (Tone.Good, S["market.auction.standing.open"]) : (Tone.Warn, S["market.auction.standing.over"]);

    protected static Tone ToneOf(BankAccountState state) => state switch { BankAccountState.Confirmed => Tone.Good, BankAccountState.Refused => Tone.Bad, BankAccountState.Removed => Tone.Neutral, _ => Tone.Info };

    /// <summary>A scheme by its name, or by what was given where there is none.</summary>
    protected string NameOf(SchemeSet schemes, string scheme) => schemes.NameOf(scheme, S.Language);

    /// <summary>A price of a series, with the places of its tick at least: prices below each other stand by their points.</summary>
    protected string PriceOf(ContractSet contracts, string series, decimal price) => Show.Number(price, Math.Max(contracts.OfSeries(series)?.Tick(Today)?.Scale ?? 2, DecimalText.Trim(price).Scale));

    /// <summary>A format of auctions in words: whose it is and how it sells.</summary>
    protected string FormatName(SchemeSet schemes, string format)
    {
        if (AuctionFormats.Find(schemes, format) is not { Scheme: var scheme }) return format;
        // As the scheme's file names it: one scheme may have several, told apart by the end of the name.
        var kind = FormatKinds.FirstOrDefault(k => format.EndsWith("-" + k, StringComparison.Ordinal));
        return kind is null ? format : $"{NameOf(schemes, scheme.Code)}: {S["market.auction.format." + kind]}";
    }

    static readonly string[] FormatKinds = ["one-way-buy", "one-way", "reserve-sale", "advance", "current", "uniform"];

    /// <summary>A number of a form; adds a refusal where something is typed that is none, or nothing is where it must be.</summary>
    protected static decimal? Figure(string? text, string field, List<Refusal> wrong, bool required)
    {
        if (required && Given(text) is null) wrong.Add(Refusal.Of("input.required", field));
        return Figure(text, field, wrong);
    }

    /// <summary>A time in UTC as people type it, 2026-12-01 10:00; adds <c>input.not-a-time</c> where it is none.</summary>
    protected static Instant? MomentGiven(string? text, string field, List<Refusal> wrong, bool required = false)
    {
        if (Given(text) is not { } typed)
        {
            if (required) wrong.Add(Refusal.Of("input.required", field));
            return null;
        }
        if (Moments.Parse(typed.Replace('T', ' ')) is { Success: true, Value: var at }) return at.InUtc().ToInstant();
        wrong.Add(Refusal.Of("input.not-a-time", field, ("given", typed)));
        return null;
    }

    protected static string Moment(Instant at) => Moments.Format(at.InUtc().LocalDateTime);

    static readonly LocalDateTimePattern Moments = LocalDateTimePattern.CreateWithInvariantCulture("uuuu-MM-dd HH:mm");

    /// <summary>A whole number of a form; null where nothing is typed.</summary>
    protected static new long? Whole(string? text, string field, List<Refusal> wrong) => WholeGiven(text, field, wrong);
}

/// <summary>The views of the room in the order of its tabs.</summary>
static class MarketViews
{
    public static IReadOnlyList<(string Key, string Path, Func<Actor, bool> Shown)> All { get; } =
    [
        ("prices", "/market", _ => true),
        ("trade", "/market/trade", a => a.Is(Role.MarketTrader) || a.Is(Role.MarketSupervisor) || a.Is(Role.MarketOperator)),
        ("agreed", "/market/agreed", a => a.Is(Role.MarketTrader) || a.Is(Role.MarketSupervisor) || a.Is(Role.MarketOperator)),
        ("auctions", "/market/auctions", _ => true),
        ("contracts", "/market/contracts", _ => true),
        ("accounts", "/market/accounts", a => a.SignedIn),
        ("cash", "/market/cash", a => a.SignedIn),
        ("clearing", "/market/clearing", a => a.SignedIn),
        ("delivery", "/market/delivery", a => a.SignedIn),
        ("members", "/market/members", a => a.SignedIn),
        ("supervision", "/market/supervision", a => a.Is(Role.MarketOperator) || a.Is(Role.MarketSupervisor)),
    ];

    /// <summary>Those somebody has, the one at hand marked.</summary>
    public static IReadOnlyList<TabItem> Of(Actor actor, IStrings s, string at) => [.. All.Where(v => v.Shown(actor)).Select(v => new TabItem(s["market.view." + v.Key], v.Path, v.Key == at))];
}
