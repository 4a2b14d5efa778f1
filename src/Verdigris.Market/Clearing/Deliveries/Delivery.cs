using System.Text.Json.Nodes;
using NodaTime;
using Npgsql;
using Verdigris.Storage;

namespace Verdigris.Market.Clearing.Deliveries;

public enum DeliveryState
{
    /// <summary>Matched by the clearing day; notices are not given yet.</summary>
    Made,
    /// <summary>The seller has to deliver until the day it is due.</summary>
    Due,
    /// <summary>Kept and on its way to the Book.</summary>
    Sent,
    Settled,
    /// <summary>The day is over and the seller has not delivered.</summary>
    Failed,
    /// <summary>Somebody else delivered in the seller's place, at the seller's cost.</summary>
    BoughtIn,
    /// <summary>The buyer was paid the difference.</summary>
    CashSettled,
}

/// <summary>A seller and a buyer of one series, brought together by lot.</summary>
/// <param name="Kind">units or warrants.</param>
/// <param name="Price">Final settlement price.</param>
/// <param name="Units">Of the contract: allowances, credits or tonnes.</param>
/// <param name="Amount">Price times units, smallest unit of the currency.</param>
/// <param name="Delivered">What really was delivered; of warrants their weight.</param>
/// <param name="Paid">What really was paid, smallest unit of the currency.</param>
/// <param name="Code">Why the last try failed.</param>
/// <param name="Reason">Why it failed on its last day; it stays whatever is tried since.</param>
public sealed record Delivery(Guid Id, LocalDate Day, string Series, string Kind, long Seller, Guid SellerOrganisation, long Buyer, Guid BuyerOrganisation, long Lots, decimal Price, decimal Units, string Currency, long Amount, LocalDate DueOn, DeliveryState State, JsonNode? Chosen, decimal? Delivered, long? Paid, string? Code, string? Reason, int Attempt, Instant? SettledAt)
{
    const string Columns = "id, day, series, kind, seller, seller_organisation, buyer, buyer_organisation, lots, price, units, currency, amount, due_on, state, chosen::text, delivered, paid, code, reason, attempt, settled_at";

    internal const string BuyerDefault = "delivery.buyer-default";

    /// <summary>Whether it failed for the buyer, who was in default and had not got the money. Where the seller had not delivered it is his failure, whatever became of the buyer since.</summary>
    internal bool FailedByBuyer => (Reason ?? Code) == BuyerDefault;

    internal const string Select = $"select {Columns} from market.delivery";

    internal static Task<Delivery?> Find(DbSession s, Guid id, CancellationToken ct, string suffix = "") => s.One($"{Select} where id = $1{suffix}", Map, ct, id);

    internal static Delivery Map(NpgsqlDataReader r) => new(r.GetGuid(0), r.Day(1), r.GetString(2), r.GetString(3), r.GetInt64(4), r.GetGuid(5), r.GetInt64(6), r.GetGuid(7), r.GetInt64(8), r.GetDecimal(9), r.GetDecimal(10), r.GetString(11), r.GetInt64(12),
        r.Day(13), (DeliveryState)r.GetInt16(14), r.Text(15) is { } chosen ? JsonNode.Parse(chosen) : null, r.MaybeDecimal(16), r.IsDBNull(17) ? null : r.GetInt64(17), r.Text(18), r.Text(19), r.GetInt32(20), r.MaybeTime(21));
}
