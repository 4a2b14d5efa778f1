using NodaTime;
using Verdigris.Market.Modes;
using Verdigris.Primitives;

namespace Verdigris.Market.Members;

public enum AccountKind { House, Client }

public enum TradingState
{
    /// <summary>Sent to the Book and not answered yet.</summary>
    Pending,
    Open,
    /// <summary>Nothing new is taken: its supervisor or the exchange has stopped it.</summary>
    Stopped,
    Closed,
}

/// <summary>What happens where two orders of the account would trade with each other.</summary>
public enum SelfTrade { CancelNewest, CancelOldest, CancelBoth, Decrement }

/// <summary>Where a member's orders, positions, money and units stand: four accounts of the Book in a row.</summary>
/// <param name="Number">Number of the first of them, the account of cash.</param>
/// <param name="LargestOrderLots">Most lots an order may have; null without a limit of the member's own.</param>
/// <param name="OrdersASecond">Most orders a second; null without a limit of the member's own.</param>
public sealed record TradingAccount(long Number, Guid MemberId, Guid OrganisationId, string Name, AccountKind Kind, TradingState State, SelfTrade SelfTrade, long? LargestOrderLots, int? OrdersASecond, string? Reason, Instant OpenedAt, Instant? ClosedAt)
{
    /// <summary>The account as people write it: M and the place in the row of numbers.</summary>
    public string Code => CodeOf(Number);

    public long Cash => Number;

    /// <summary>Units of no registry of this server.</summary>
    public long Units => Number + 1;

    public long Positions => Number + 2;

    public long Margin => Number + 3;

    public static string CodeOf(long number) => string.Create(System.Globalization.CultureInfo.InvariantCulture, $"M{((number - MarketBook.FirstMemberAccount) / 4) + 1:00000}");

    /// <summary>The number behind a written code; null where it is none.</summary>
    public static long? NumberOf(string? code) => code?.Trim() is ['M' or 'm', .. { Length: >= 1 and <= 9 } digits] && long.TryParse(digits, System.Globalization.NumberStyles.None, System.Globalization.CultureInfo.InvariantCulture, out var place) && place > 0
        ? MarketBook.FirstMemberAccount + ((place - 1) * 4) : null;
}

public sealed record NewTradingAccount(string Name, AccountKind Kind = AccountKind.House, SelfTrade SelfTrade = SelfTrade.CancelNewest, long? LargestOrderLots = null, int? OrdersASecond = null);

public sealed record TradingLimits(SelfTrade SelfTrade, long? LargestOrderLots, int? OrdersASecond);

/// <summary>Money of an account in one currency, in whole units of the currency.</summary>
/// <param name="Held">Set aside by orders and withdrawals.</param>
/// <param name="Margin">With the clearing house.</param>
public sealed record CashBalance(string Currency, decimal Available, decimal Held, decimal Margin);

/// <summary>Rules of trading accounts. Pure.</summary>
public static class TradingRules
{
    public static List<Refusal> Check(string? name, TradingLimits limits)
    {
        var wrong = new List<Refusal>();
        Given.Text(name, "name", 120, wrong);
        if (!Enum.IsDefined(limits.SelfTrade)) wrong.Add(Choices.Unknown(limits.SelfTrade, "selfTrade"));
        if (limits.LargestOrderLots < 1) wrong.Add(Refusal.Of("trading.limit", "largestOrderLots", ("least", "1")));
        if (limits.OrdersASecond is < 1 or > 100_000) wrong.Add(Refusal.Of("trading.limit", "ordersASecond", ("least", "1")));
        return wrong;
    }
}
