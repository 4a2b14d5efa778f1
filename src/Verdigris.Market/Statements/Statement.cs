using NodaTime;
using Verdigris.Primitives;

namespace Verdigris.Market.Statements;

/// <summary>What a movement was.</summary>
public enum CustodyKind
{
    MoneyIn, MoneyOut, Trade, Fee, TradeTakenBack, FeeBack,
    /// <summary>Units to the market and back, from and to the holder's own account of a registry.</summary>
    Deposit, Withdrawal,
    /// <summary>Units that left the market and ended in one chain.</summary>
    Retirement,
    /// <summary>Receipts of a basket called in: their credits went to the holder's own account.</summary>
    CalledIn,
    /// <summary>Clearing: money of variation, premiums and auctions; delivered units; positions; margin that was used; the default fund.</summary>
    Clearing, Delivery, Position, MarginUsed, DefaultFund,
    /// <summary>Any other transaction of a registry.</summary>
    Registry,
}

/// <summary>One movement.</summary>
/// <param name="Change">Signed, in whole units of the asset.</param>
/// <param name="Balance">After it.</param>
/// <param name="Batch">Number of the Book's batch that has it: the journal's own reference.</param>
/// <param name="Document">The document it belongs to: a payment, an order of credits, a transaction of a registry, the trade of the floor. Null where none is known yet.</param>
/// <param name="Link">Page of the document.</param>
/// <param name="Series">Of a trade, with <paramref name="Price"/>.</param>
public sealed record CustodyLine(Instant At, CustodyKind Kind, decimal Change, decimal Balance, long Batch, string? Document, string? Link, string? Series, decimal? Price);

/// <summary>One asset or currency of the account over the period: opening balance, movements, closing balance. Opening and movements sum to closing exactly.</summary>
/// <param name="Asset">In words: EUR, EUA, VCU VCS1996 2024, a basket, a side of a series.</param>
/// <param name="Places">Decimal places.</param>
/// <param name="Money">Money, margin with the clearing house included; else units or positions.</param>
public sealed record StatementPart(string Asset, int Places, bool Money, decimal Opening, decimal Closing, IReadOnlyList<CustodyLine> Lines);

/// <param name="From">First day, <paramref name="To"/> the last one; days of UTC.</param>
/// <param name="MadeAt">What came later on the last day is not in it.</param>
public sealed record Statement(string Account, string Name, LocalDate From, LocalDate To, Instant MadeAt, IReadOnlyList<StatementPart> Parts);

/// <summary>A row of a statement as a table: opening, movements and closing of each part in turn.</summary>
/// <param name="What">opening, a <see cref="CustodyKind"/>, or closing.</param>
public sealed record StatementRow(string Account, string Asset, string What, Instant? At, decimal? Change, decimal Balance, long? Batch, string? Document, string? Series, decimal? Price);

/// <summary>Pure parts of statements.</summary>
public static class StatementRules
{
    /// <summary>Longest period, in days.</summary>
    public const int MostDays = 366;

    /// <summary>The period asked for; this month where none is. <c>statement.period</c> where it ends before it begins, begins in the future or is longer than <see cref="MostDays"/>.</summary>
    public static Answer<(LocalDate From, LocalDate To)> Period(LocalDate? from, LocalDate? to, LocalDate today)
    {
        var end = to ?? today;
        var begin = from ?? new LocalDate(end.Year, end.Month, 1);
        return begin > end || begin > today || NodaTime.Period.DaysBetween(begin, end) >= MostDays ? Refusal.Of("statement.period", "from", ("from", $"{begin:uuuu-MM-dd}"), ("to", $"{end:uuuu-MM-dd}"), ("most", $"{MostDays}")) : (begin, end);
    }

    public static IEnumerable<StatementRow> Rows(Statement statement)
    {
        ArgumentNullException.ThrowIfNull(statement);
        foreach (var part in statement.Parts)
        {
            yield return new(statement.Account, part.Asset, "opening", statement.From.AtMidnight().InUtc().ToInstant(), null, part.Opening, null, null, null, null);
            foreach (var line in part.Lines) yield return new(statement.Account, part.Asset, line.Kind.ToString(), line.At, line.Change, line.Balance, line.Batch, line.Document, line.Series, line.Price);
            yield return new(statement.Account, part.Asset, "closing", null, null, part.Closing, null, null, null, null);
        }
    }
}
