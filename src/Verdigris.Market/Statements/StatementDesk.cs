using NodaTime;
using Verdigris.Book;
using Verdigris.Market.Cash;
using Verdigris.Market.Clearing.Positions;
using Verdigris.Market.Members;
using Verdigris.Primitives;
using Verdigris.Registry.Credits.Market;
using Verdigris.Registry.Credits.Orders;
using Verdigris.Registry.Schemes;
using Verdigris.Registry.Transfers;
using Verdigris.Storage;
using Verdigris.Web;

namespace Verdigris.Market.Statements;

/// <summary>
/// Statements of trading accounts: everything an account has with the market, as the Book's own history tells it. Money and margin of an account are one: what moves between the two is no movement. Units are those of its linked accounts of
/// registries, its credits and its receipts of baskets. Where the documents behind a movement are not found it stands all the same, with the number of the Book's batch.
/// </summary>
public sealed class StatementDesk(IVenue venue, UnitsLinks links, SchemeNumbers numbers, CreditMarket credits, CashHandlers cash, TransactionHandlers transactions, SeriesRegister series, IDbSessions sessions)
{
    /// <summary>Most documents of a kind that are looked through.</summary>
    const int MostPages = 50;

    /// <summary>Entries of the Book that are read at once: it takes no commands meanwhile.</summary>
    const int Page = 1000;

    /// <summary>A movement of one of the account's accounts in the Book; of several runs of serials one.</summary>
    sealed record Move(Instant At, long Batch, long Cursor, UInt128 Command, ushort Type, long Counterparty, long Change);

    /// <summary>Accounts of the Book that are one part of the statement.</summary>
    sealed record Source(string Asset, int Scale, bool Money, int BookAsset, IReadOnlyList<long> Accounts);

    sealed record Document(string Name, string? Link, CustodyKind? Kind);

    /// <summary>The own account, for the exchange any. <c>trading.not-found</c>, <c>statement.period</c>.</summary>
    public async Task<Answer<Statement>> Of(DbSession s, long number, LocalDate? from, LocalDate? to, IStrings words, CancellationToken ct)
    {
        if (await TradingAccountHandlers.Find(s, number, ct) is not { } account) return Refusal.NotFound("trading.not-found");
        var period = StatementRules.Period(from, to, s.Today());
        if (!period.Ok) return Answer<Statement>.From(period.Refusals);
        var (begin, end) = (Micros(period.Value.From), Micros(period.Value.To.PlusDays(1)));
        var (parts, moves) = (new List<(Source Of, decimal Opening, List<Move> Moves)>(), new List<Move>());
        // One state of the Book for all parts, however long they take to read.
        var last = venue.Read(b => b.LastBatch);
        foreach (var source in await Sources(s, account, words, ct))
        {
            var (opening, list) = Moves(source, last, begin, end);
            if (opening == 0 && list.Count == 0) continue;
            parts.Add((source, Whole(opening, source.Scale), list));
            moves.AddRange(list);
        }
        var documents = await Documents(s, account, words, ct);
        var trades = await Trades(s, account, moves, ct);
        return new Statement(account.Code, account.Name, period.Value.From, period.Value.To, s.Now, [.. parts.Select(p => Part(p.Of, p.Opening, p.Moves, documents, trades))]);
    }

    static StatementPart Part(Source of, decimal opening, List<Move> moves, IReadOnlyDictionary<UInt128, Document> documents, SortedList<long, (string Series, decimal Price, decimal Turnover)> trades)
    {
        var (lines, balance) = (new List<CustodyLine>(), opening);
        void Add(Move m, CustodyKind kind, decimal change, string? document, string? link, string? of, decimal? price) => lines.Add(new(m.At, kind, change, balance += change, m.Batch, document, link, of, price));
        foreach (var m in moves)
        {
            var change = Whole(m.Change, of.Scale);
            if (!ProgramWriter.IsDerived(m.Command))
            {
                var known = documents.GetValueOrDefault(m.Command);
                Add(m, KindOf(m.Type, of.Money, known), change, known?.Name, known?.Link, null, null);
                continue;
            }
            var trade = TradeOf(trades, m.Command);
            var (name, link) = trade is { } t ? ($"{t.Series} #{t.Trade}", $"/market/prices/{t.Series}") : (null, (string?)null);
            var kind = m.Type switch { FloorTypes.Fee => CustodyKind.Fee, FloorTypes.FeeBack => CustodyKind.FeeBack, FloorTypes.Bust => CustodyKind.TradeTakenBack, FloorTypes.Issue or FloorTypes.OrderPosition => CustodyKind.Position, _ => CustodyKind.Trade };
            // Of something paid for at once the fee is in the money of the trade: it is told by itself.
            if (of.Money && kind == CustodyKind.Trade && trade is { } paid && m.Type is FloorTypes.OrderCash or FloorTypes.TradeCash && Math.Abs(change) != paid.Turnover)
            {
                var price = change < 0 ? -paid.Turnover : paid.Turnover;
                Add(m, CustodyKind.Trade, price, name, link, paid.Series, paid.Price);
                Add(m, CustodyKind.Fee, change - price, name, link, paid.Series, null);
            }
            else Add(m, kind, change, name, link, trade?.Series, trade?.Price);
        }
        return new(of.Asset, of.Scale, of.Money, opening, balance, lines);
    }

    static CustodyKind KindOf(ushort type, bool money, Document? known) => known?.Kind ?? type switch
    {
        MarketBook.CashIn => CustodyKind.MoneyIn,
        MarketBook.CashOut => CustodyKind.MoneyOut,
        MarketBook.Fee => CustodyKind.Fee,
        MarketBook.FeeBack => CustodyKind.FeeBack,
        MarketBook.DeliverIn or MarketBook.DeliverOut => CustodyKind.Delivery,
        MarketBook.PositionOpen or MarketBook.PositionClose => CustodyKind.Position,
        MarketBook.MarginUsed => CustodyKind.MarginUsed,
        MarketBook.FundIn or MarketBook.FundOut => CustodyKind.DefaultFund,
        _ when CreditMarket.WordOf(type) is { } word => word switch { MarketWord.In => CustodyKind.Deposit, MarketWord.Called => CustodyKind.CalledIn, _ => CustodyKind.Withdrawal },
        _ => money ? CustodyKind.Clearing : CustodyKind.Registry,
    };

    /// <summary>Balance before the period and the movements in it up to a batch, oldest first. Movements between accounts of one source are none. The Book works on between the pages: what is later than the batch is left out.</summary>
    (long Opening, List<Move> Moves) Moves(Source source, long last, long begin, long end)
    {
        var (opening, moves) = (0L, new List<Move>());
        foreach (var account in source.Accounts)
        {
            var (before, more, inside) = (0L, true, new List<Move>());
            while (more)
            {
                var entries = venue.Read(b => b.Statement(account, source.BookAsset, before, Page));
                more = entries.Count == Page;
                foreach (var e in entries)
                {
                    before = e.Cursor;
                    if (e.Batch > last || e.TimeMicros >= end) continue;
                    if (e.TimeMicros < begin)
                    {
                        opening += e.BalanceAfter;
                        more = false;
                        break;
                    }
                    if (!source.Accounts.Contains(e.Counterparty)) inside.Add(new(NodaConstants.UnixEpoch + Duration.FromNanoseconds(e.TimeMicros * 1000L), e.Batch, e.Cursor, e.CommandId, e.TransactionType, e.Counterparty, e.Change));
                }
            }
            moves.AddRange(inside);
        }
        return (opening, [.. moves.OrderBy(m => m.Cursor).GroupBy(m => (m.Batch, m.Command, m.Type, m.Counterparty)).Select(g => g.First() with { Change = g.Sum(m => m.Change) })]);
    }

    async Task<List<Source>> Sources(DbSession s, TradingAccount account, IStrings words, CancellationToken ct)
    {
        var sources = MarketBook.Currencies.OrderBy(c => c.Key, StringComparer.Ordinal).Select(c => new Source(c.Key, c.Value.Scale, true, c.Value.Asset, [account.Cash, account.Margin])).ToList();
        // What is bought on a day and sold from the next on waits in an account of its own; of one that was never opened the Book answers nothing.
        foreach (var link in await links.Of(s, account.Number, ct))
            sources.AddRange(numbers.Assets(link.Scheme).Select(a => new Source($"{a.Unit}{(a.Vintage.Length > 0 ? " " : "")}{a.Vintage}", 0, false, a.Asset, [link.UnitsAccount, MarketBook.LockedOf(link.UnitsAccount), account.Units])));
        foreach (var place in await s.Lent(t => credits.Places(s, account.Code, t), ct)) sources.Add(new(await credits.Named(s, place.Pool, words.Language, ct), 0, false, place.Pool.Asset, [place.Account]));
        foreach (var one in (await series.ByNumber(s, ct)).Values.OrderBy(x => x.Code, StringComparer.Ordinal))
            foreach (var (asset, side) in new[] { (one.Long, "long"), (one.Short, "short") }) sources.Add(new($"{one.Code} {words["market.statement." + side]}", 0, false, asset, [account.Positions]));
        return sources;
    }

    /// <summary>Documents by the commands that were sent for them. Looked up with the system's rights: the account is one the actor may see, and some of its documents another side has sent.</summary>
    async Task<IReadOnlyDictionary<UInt128, Document>> Documents(DbSession s, TradingAccount account, IStrings words, CancellationToken ct)
    {
        var known = new Dictionary<string, Document>(StringComparer.Ordinal);
        var cursor = default(string);
        for (var page = 0; page < MostPages; page++)
        {
            if (await cash.List(s, new(account.Code, Cursor: cursor, Limit: 200), ct) is not { Ok: true, Value: var found }) break;
            foreach (var move in found.Items) known[move.Id.ToString()] = new(move.BankReference ?? words["market.statement.payment"], $"/market/cash/{move.Id}", move.Direction == CashDirection.In ? CustodyKind.MoneyIn : CustodyKind.MoneyOut);
            if ((cursor = found.NextCursor) is null) break;
        }
        // The registry shows a transaction to its two sides and its authority; who may see the account's statement sees what the account did, the exchange as well as its member.
        await using var system = sessions.Open(Actor.System);
        foreach (var link in await links.Of(s, account.Number, ct))
        {
            cursor = null;
            for (var page = 0; page < MostPages; page++)
            {
                if (await transactions.List(system, new(link.Scheme, link.UnitsAccount, Cursor: cursor, Limit: 200), ct) is not { Ok: true, Value: var found }) break;
                foreach (var t in found.Items)
                    known[t.Id.ToString()] = new(t.Code, $"/registry/transactions/{t.Id}", t.Kind switch { MarketDoor.Deposit => CustodyKind.Deposit, MarketDoor.Withdrawal => CustodyKind.Withdrawal, _ => CustodyKind.Registry });
                if ((cursor = found.NextCursor) is null) break;
            }
        }
        foreach (var move in await s.Lent(t => credits.Moves(s, account.Code, t), ct))
            known[move.Order.ToString()] = move.Kind switch
            {
                CreditOrderKind.Retire => new(move.Ending is { } n ? $"{words["market.statement.certificate"]} {n}" : words["market.statement.retirement"], move.Ending is { } number ? $"/credits/retirements/{number}" : $"/credits/orders/{move.Order}", CustodyKind.Retirement),
                CreditOrderKind.Deposit => new(words["market.statement.order"], $"/credits/orders/{move.Order}", CustodyKind.Deposit),
                _ => new(words["market.statement.order"], $"/credits/orders/{move.Order}", CustodyKind.Withdrawal),
            };
        var commands = await s.Lent(t => BookCommands.SubjectsOf(s, known.Keys, t), ct);
        return commands.ToDictionary(c => c.Key, c => known[c.Value]);
    }

    /// <summary>Trades around the movements the floor made, by their number: what everybody may see, and of what is published later or never the account's own.</summary>
    static async Task<SortedList<long, (string Series, decimal Price, decimal Turnover)>> Trades(DbSession s, TradingAccount account, List<Move> moves, CancellationToken ct)
    {
        var places = moves.Where(m => ProgramWriter.IsDerived(m.Command)).Select(m => Place(m.Command)).Distinct().ToArray();
        var found = new SortedList<long, (string, decimal, decimal)>();
        if (places.Length == 0) return found;
        foreach (var (trade, series, price, turnover) in await s.Lent(u => s.All("""
            select distinct t.trade, t.series, t.price, t.turnover from unnest($1::bigint[]) p(place) join market.trade t on t.trade between p.place - $2 and p.place
            union
            select w.trade, w.series, w.price, w.turnover from unnest($1::bigint[]) p(place) join market.agreed_trade a on a.trade between p.place - $2 and p.place and $3 in (a.account, a.counter_account) join market.print_waiting w on w.trade = a.trade and w.series = a.series
            """, r => (r.GetInt64(0), r.GetString(1), r.GetDecimal(2), r.GetDecimal(3)), u, places, (long)Chain, account.Number), ct)) found[trade] = (series, price, turnover);
        return found;
    }

    /// <summary>A trade is the sequence number of its chain's first command, and a chain has no more commands than this.</summary>
    const int Chain = 16;

    static (long Trade, string Series, decimal Price, decimal Turnover)? TradeOf(SortedList<long, (string Series, decimal Price, decimal Turnover)> trades, UInt128 command)
    {
        var place = Place(command);
        for (var at = place; at > place - Chain; at--)
            if (trades.TryGetValue(at, out var t)) return (at, t.Series, t.Price, t.Turnover);
        return null;
    }

    /// <summary>Sequence number in the journal of a command the floor derived.</summary>
    static long Place(UInt128 command) => (long)(command & long.MaxValue);

    static long Micros(LocalDate day) => day.AtMidnight().InUtc().ToInstant().ToUnixTimeTicks() / 10;

    static decimal Whole(long amount, int scale)
    {
        decimal whole = amount;
        for (var i = 0; i < scale; i++) whole /= 10;
        return whole;
    }
}
