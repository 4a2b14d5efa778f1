using NodaTime;
using Verdigris.Cbam.Declarants;
using Verdigris.Primitives;

namespace Verdigris.Cbam.Certificates;

public enum OrderKind
{
    Purchase,
    /// <summary>For a declaration handed in.</summary>
    Surrender,
    /// <summary>Bought back by the authority at the price paid.</summary>
    Repurchase,
    /// <summary>What is left after the last day, without compensation.</summary>
    Cancellation,
}

public enum OrderState
{
    /// <summary>Waits for a second person.</summary>
    Proposed,
    /// <summary>Sent to the Book and not answered yet.</summary>
    Pending,
    Done,
    /// <summary>The Book said no; nothing moved.</summary>
    Refused,
    /// <summary>The second person said no, or the first took it back.</summary>
    TurnedDown,
}

/// <param name="Year">Of the imports the certificates are for.</param>
/// <param name="Count">Certificates, each of one tonne of CO2e.</param>
/// <param name="Quarter">Purchase for imports of 2026: the quarter whose price is paid, 1 to 4; null from 2027 on, when the price is the week's.</param>
/// <param name="DeclarationId">Surrender: the declaration handed in.</param>
/// <param name="PurchaseId">Repurchase: the purchase the certificates are from.</param>
public sealed record NewOrder(OrderKind Kind, int Year, long Count, int? Quarter = null, Guid? DeclarationId = null, Guid? PurchaseId = null);

/// <summary>An order of certificates and what became of it.</summary>
/// <param name="Period">Whose average the price is: 2026-Q1, 2027-W06.</param>
/// <param name="BookCode">Why the Book said no.</param>
/// <param name="Reason">Why the second person said no.</param>
public sealed record CertificateOrder(Guid Id, OrderKind Kind, int Year, long Count, string? Period, decimal? PriceEur, decimal? AmountEur, Guid? DeclarationId, Guid? PurchaseId, long? SerialFirst, OrderState State, string? BookCode, string? Reason,
    Guid? TaskId, Guid OrderedBy, Instant OrderedAt, Guid? DecidedBy, Instant? DecidedAt);

/// <param name="Sort">ordered, year, kind or state, with a leading minus for descending; null is -ordered.</param>
public sealed record OrderFilter(int? Year = null, OrderKind? Kind = null, OrderState? State = null, string? Sort = null, string? Cursor = null, int Limit = 50);

/// <summary>What a declarant has of one year's certificates, by the Book.</summary>
/// <param name="Due">By the declaration handed in; null where none is.</param>
/// <param name="RepurchaseLeft">How many may still be sold back; null where the limit is not known.</param>
public sealed record CertificateHolding(int Year, long Held, long Bought, long Surrendered, long Repurchased, long Cancelled, long? Due, long? RepurchaseLeft, LocalDate? SaleFrom, LocalDate? DeclareBy, LocalDate? RepurchaseUntil, LocalDate? CancelOn);

/// <summary>One posting of the Book in an account of certificates.</summary>
/// <param name="Kind">sold, surrendered, repurchased or cancelled.</param>
/// <param name="Change">Negative for what left.</param>
public sealed record StatementLine(Instant At, int Year, string Kind, long Change, long After, long SerialFirst, long Batch);

/// <summary>Which of an order's dates and counts are right; what the Book holds is asked beside. Pure.</summary>
static class OrderRules
{
    public const long Most = 100_000_000;

    /// <summary>Certificates are sold to authorised declarants alone: <c>declaration.not-authorised</c>.</summary>
    public static Refusal? Standing(Declarant declarant, OrderKind kind, LocalDate today) =>
        kind == OrderKind.Purchase && declarant.StandingOn(today) != DeclarantStanding.Authorised ? Refusal.Conflict("declaration.not-authorised", "kind") with { Rule = "Regulation (EU) 2023/956, Article 20" } : null;

    /// <summary><c>order.count</c>, <c>order.kind</c>, <c>order.year</c>; then of the kind: <c>order.sale-not-begun</c>, <c>order.sale-over</c>, <c>order.quarter</c>, <c>order.declaration</c>, <c>order.purchase</c>, <c>order.repurchase-over</c>.</summary>
    public static IReadOnlyList<Refusal> Check(NewOrder o, YearDates? dates, LocalDate today)
    {
        var wrong = new List<Refusal>();
        if (o.Count is < 1 or > Most) wrong.Add(Refusal.Of("order.count", "count", ("most", $"{Most}")));
        if (o.Kind is not (OrderKind.Purchase or OrderKind.Surrender or OrderKind.Repurchase)) wrong.Add(Refusal.Of("request.word-unknown", "kind", ("given", $"{o.Kind}")));
        if (dates is null || o.Year is < CertificateBook.FirstYear or > CertificateBook.LastYear) return [.. wrong, Refusal.Of("order.year", "year", ("given", $"{o.Year}"))];
        switch (o.Kind)
        {
            case OrderKind.Purchase:
                if (today < dates.SaleFrom) wrong.Add(Refusal.Conflict("order.sale-not-begun", "year", ("from", Iso(dates.SaleFrom))) with { Rule = dates.Rule });
                if (today >= dates.CancelOn) wrong.Add(Refusal.Conflict("order.sale-over", "year", ("day", Iso(dates.CancelOn))) with { Rule = dates.Rule });
                if (dates.ByQuarter ? o.Quarter is not (>= 1 and <= 4) : o.Quarter is not null) wrong.Add(Refusal.Of(dates.ByQuarter ? "order.quarter" : "order.no-quarter", "quarter", ("year", $"{o.Year}")));
                break;
            case OrderKind.Surrender:
                if (o.DeclarationId is null) wrong.Add(Refusal.Of("order.declaration", "declarationId"));
                break;
            case OrderKind.Repurchase:
                if (o.PurchaseId is null) wrong.Add(Refusal.Of("order.purchase", "purchaseId"));
                if (today > dates.RepurchaseUntil) wrong.Add(Refusal.Conflict("order.repurchase-over", "year", ("day", Iso(dates.RepurchaseUntil))) with { Rule = dates.Rule });
                break;
        }
        return wrong;
    }

    static string Iso(LocalDate day) => day.ToString("uuuu-MM-dd", null);
}
