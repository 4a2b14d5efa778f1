namespace Verdigris.Registry.Schemes;

/// <summary>
/// The way to the market, which every operating scheme has without its file saying so: an account of units that orders may promise, and moves between it and the holder's other accounts by the safety of the scheme's own transfers. What is
/// not in such an account no order can touch, and what is frozen in it leaves neither way.
/// </summary>
public static class MarketDoor
{
    public const string Kind = "market", Deposit = "market-deposit", Withdrawal = "market-withdrawal";

    const int TypeCode = 990;

    internal static Scheme Opened(Scheme scheme)
    {
        if (scheme.Standing == "historic" || scheme.Account(Kind) is not null) return scheme;
        var holders = scheme.Accounts.Where(a => a.Role == AccountRole.Holder).Select(a => a.Kind).ToHashSet(StringComparer.Ordinal);
        // Whoever may give units to another holder may bring them to market.
        var leaving = scheme.Transactions.Where(t => t.Proposer == "holder" && t.Reverses is null && t.Transaction == "transfer" && holders.Contains(t.From) && holders.Contains(t.To)).DistinctBy(t => t.From).ToList();
        if (leaving.Count == 0) return scheme;
        return scheme with
        {
            Accounts = [.. scheme.Accounts, new(Kind, "Units at the market", "场内托管账户", AccountRole.Holder, TypeCode, false, scheme.Accounts.First(a => a.Kind == leaving[0].From).NeedsTrustedList)],
            Transactions =
            [
                .. scheme.Transactions,
                .. leaving.Select(t => t with { Transaction = Deposit, Code = "MKT-IN", To = Kind }),
                .. leaving.Select(t => t with { Transaction = Withdrawal, Code = "MKT-OUT", From = Kind, To = t.From, Second = true }),
            ],
        };
    }

    /// <summary>Between two accounts of one holder and of nobody else.</summary>
    internal static bool IsOwn(TransactionKind kind) => kind.Transaction is Deposit or Withdrawal;
}
