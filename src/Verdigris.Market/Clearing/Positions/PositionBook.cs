using Verdigris.Book;
using Verdigris.Market.Members;
using Verdigris.Storage;

namespace Verdigris.Market.Clearing.Positions;

/// <summary>A trading account as clearing sees it.</summary>
public sealed record ClearingAccount(long Number, Guid OrganisationId)
{
    public long Cash => Number;
    public long Positions => Number + 2;
    public long Margin => Number + 3;
    public string Code => TradingAccount.CodeOf(Number);
}

/// <summary>What an account has open in a series, in lots.</summary>
/// <param name="FreeLong">Of the long lots those that no order has promised.</param>
public readonly record struct OpenLots(long Long, long Short, long FreeLong, long FreeShort)
{
    public long Net => Long - Short;

    /// <summary>Lots of both sides that cancel each other and may be taken back.</summary>
    public long Nettable => Math.Min(FreeLong, FreeShort);
}

/// <summary>Positions as the Book has them.</summary>
public sealed class PositionBook(IVenue venue)
{
    /// <summary>Every account that is open or stopped, by number.</summary>
    public static Task<List<ClearingAccount>> Accounts(DbSession s, CancellationToken ct) =>
        s.All("select number, organisation_id from market.trading_account where state in (1, 2) order by number", r => new ClearingAccount(r.GetInt64(0), r.GetGuid(1)), ct);

    /// <summary>Every account that ever was in the Book, closed ones too: what is looked up by the number of a trade or a flow is found whatever became of the account.</summary>
    public static Task<List<ClearingAccount>> Known(DbSession s, CancellationToken ct) =>
        s.All("select number, organisation_id from market.trading_account order by number", r => new ClearingAccount(r.GetInt64(0), r.GetGuid(1)), ct);

    /// <summary>What the accounts have open, by account and number of the series; at one moment of the Book.</summary>
    public IReadOnlyDictionary<(long Account, int Series), OpenLots> Open(IReadOnlyList<ClearingAccount> accounts) => venue.Read(book =>
    {
        var open = new Dictionary<(long, int), OpenLots>();
        foreach (var account in accounts)
            foreach (var (asset, balance) in book.Holdings(account.Positions))
            {
                if (ClearedSeries.Of(asset) is not { } of) continue;
                var known = open.GetValueOrDefault((account.Number, of.Number));
                open[(account.Number, of.Number)] = of.Short ? known with { Short = balance.Total, FreeShort = balance.Available } : known with { Long = balance.Total, FreeLong = balance.Available };
            }
        return open;
    });

    /// <summary>Cash an account may spend and money in its margin, in one currency.</summary>
    public (long Cash, long Margin) Money(ClearingAccount account, string currency)
    {
        var asset = MarketBook.Currencies[currency].Asset;
        return venue.Read(b => (b.Balance(account.Cash, asset).Available, b.Balance(account.Margin, asset).Available));
    }
}
