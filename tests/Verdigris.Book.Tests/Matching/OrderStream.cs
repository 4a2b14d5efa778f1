using Verdigris.Simulator;

namespace Verdigris.Book.Tests.Matching;

/// <summary>Random commands of all kinds, most of them sensible, around a price that wanders; ids of live orders come from the events of what was done.</summary>
/// <param name="spread">How far prices lie from the middle, in ticks.</param>
sealed class OrderStream(SeededRandom random, int books, int owners, int spread, bool onlyContinuous = false)
{
    readonly List<long> live = [];
    readonly int[] middle = new int[books + 1];
    long now = 1_000;

    public IEnumerable<BookTerms> Beginning()
    {
        for (int book = 1; book <= books; book++)
        {
            // One book lives below zero, where ticks of spreads do.
            middle[book] = book == 2 ? -40 : 1_000;
            yield return Terms(book);
        }
    }

    BookTerms Terms(int book) => onlyContinuous ? new(book, MostQuantity: 1_000_000) : new(book, middle[book] - Width(), middle[book] + Width(), random.Chance(60) ? spread / 2 : 0,
        random.Chance(70) ? BandAction.Interrupt : BandAction.CancelRest, random.Chance(50) ? middle[book] : null, 500, random.Chance(50) ? 1_000 : 8);

    int Width() => (int)random.Between(spread, 4 * spread);

    /// <summary>Rarely: new terms for a book.</summary>
    public BookTerms? NextTerms() => !onlyContinuous && random.Chance(5, 1_000) ? Terms(1 + random.Below(books)) : null;

    public void Learn(MatchEvents events)
    {
        for (int i = 0; i < events.Count; i++)
        {
            var e = events[i];
            if (e.Kind == MatchEventKind.Accepted) live.Add(e.Order);
            // Some that have ended stay in the list: they are asked for too.
            if (e.Order != 0 && e.Remaining == 0 && !random.Chance(1)) live.Remove(e.Order);
            if (e.Other != 0 && e.OtherRemaining == 0 && !random.Chance(1)) live.Remove(e.Other);
        }
        if (live.Count > 80) live.RemoveRange(0, 20);
    }

    int Book() => 1 + random.Below(books);

    int Owner() => 1 + random.Below(owners);

    /// <summary>Near the middle mostly, sometimes far.</summary>
    int Price(int book, int width) => middle[book] + (int)random.Between(-width, width);

    public OrderCommand Next(Func<int, BookPhase> phase)
    {
        var c = Sensible(phase);
        if (!random.Chance(15, 1_000)) return c;
        // Something in it is wrong, or at least unusual.
        switch (random.Below(13))
        {
            case 0: c.Operation = (OrderOperation)random.Below(11); break;
            case 1: c.Side = (Side)random.Below(4); break;
            case 2: c.Type = (OrderType)random.Below(7); break;
            case 3: c.TimeInForce = (TimeInForce)random.Below(7); break;
            case 4: c.Flags = (OrderFlags)random.Below(5); break;
            case 5: c.SelfTrade = (SelfTrade)random.Below(7); break;
            case 6: c.Book = random.Below(books + 3); break;
            case 7: c.Owner = random.Chance(50) ? -1 : owners + random.Below(3); break;
            case 8: c.Quantity = random.Between(-300, 900); break;
            case 9: c.Display = random.Between(-1, 30); break;
            case 10: (c.TimeInForce, c.Minimum) = (TimeInForce.ImmediateOrCancel, random.Chance(50) ? -1 : c.Quantity + random.Below(2)); break;
            case 11: c.StopPrice = (int)random.Between(-1, 2_000); break;
            default: c.Time = random.Between(-1, now + 20); break;
        }
        return c;
    }

    OrderCommand Sensible(Func<int, BookPhase> phase)
    {
        int book = Book(), dice = random.Below(1_000);
        if (random.Chance(10)) middle[book] += (int)random.Between(-2, 2);
        bool open = phase(book) == BookPhase.Continuous;
        if (!open && random.Chance(8)) return new() { Operation = OrderOperation.SetPhase, Book = book, Phase = random.Chance(80) || onlyContinuous ? BookPhase.Continuous : (BookPhase)random.Below(7) };
        if (dice < 620 || dice < 960 && live.Count == 0 || onlyContinuous && dice >= 960) return New(book);
        if (dice < 760) return new() { Operation = OrderOperation.Cancel, Order = random.Pick(live), Owner = random.Chance(5) ? Owner() : 0, Book = random.Chance(5) ? book : 0 };
        if (dice < 960)
            return new()
            {
                Operation = OrderOperation.Replace,
                Order = random.Pick(live),
                Price = Price(book, spread),
                Quantity = random.Between(1, random.Chance(80) ? 60 : 400),
                StopPrice = random.Chance(15) ? Price(book, spread) : 0,
                Owner = random.Chance(5) ? Owner() : 0,
            };
        if (dice < 968) return new() { Operation = OrderOperation.MassCancel, Owner = random.Chance(80) ? Owner() : 0, Book = random.Chance(60) ? book : 0, Side = (Side)random.Below(3), Session = random.Chance(40) ? 1 + random.Below(3) : 0 };
        if (dice < 969) return new() { Operation = OrderOperation.Kill, Owner = Owner() };
        if (dice < 979) return new() { Operation = OrderOperation.Unkill, Owner = Owner() };
        if (dice < 990) return new() { Operation = OrderOperation.Expire, Time = now += random.Below(6) };
        return new() { Operation = OrderOperation.SetPhase, Book = book, Phase = (BookPhase)(random.Chance(70) ? 1 + random.Below(5) : random.Below(7)) };
    }

    OrderCommand New(int book)
    {
        var c = new OrderCommand
        {
            Operation = OrderOperation.New,
            Book = book,
            Owner = Owner(),
            Session = random.Below(4),
            Side = random.Chance(50) ? Side.Buy : Side.Sell,
            Type = OrderType.Limit,
            TimeInForce = TimeInForce.Day + (byte)random.Below(2),
            SelfTrade = (SelfTrade)random.Below(5),
            Price = Price(book, random.Chance(92) ? spread : 4 * spread),
            Quantity = random.Between(1, random.Chance(80) ? 20 : 300),
        };
        // Far prices where they rest only: an auction over a million ticks is not for the reference.
        if (onlyContinuous && random.Chance(25)) c.Price = middle[book] + (c.Side == Side.Buy ? -1 : 1) * (int)random.Between(1, random.Chance(50) ? 40_000 : 400_000_000);
        switch (random.Below(16))
        {
            case 0: c.TimeInForce = TimeInForce.ImmediateOrCancel; c.Minimum = random.Chance(40) ? random.Between(0, c.Quantity) : 0; break;
            case 1: c.TimeInForce = TimeInForce.FillOrKill; break;
            case 2: (c.TimeInForce, c.Time) = (TimeInForce.GoodTillDate, now + random.Below(40)); break;
            case 3: c.Flags = OrderFlags.PostOnly | (random.Chance(50) ? OrderFlags.Slide : 0); break;
            case 4 or 5: c.Display = random.Between(1, Math.Max(1, c.Quantity / 3)); break;
            case 6: (c.Type, c.TimeInForce) = (OrderType.Market, random.Chance(70) ? TimeInForce.ImmediateOrCancel : TimeInForce.FillOrKill); break;
            case 7: c.Type = OrderType.MarketToLimit; c.Display = random.Chance(20) ? 1 + c.Quantity / 4 : 0; break;
            case 8 or 9: (c.Type, c.StopPrice) = (OrderType.Stop, Price(book, spread)); break;
            case 10 or 11: (c.Type, c.StopPrice) = (OrderType.StopLimit, Price(book, spread)); c.Display = random.Chance(20) ? 1 + c.Quantity / 4 : 0; break;
        }
        if (c.Type is OrderType.Limit or OrderType.Market or OrderType.MarketToLimit && c.Flags == 0 && random.Chance(12)) c.Levels = (byte)(1 + random.Below(5));
        return c;
    }
}
