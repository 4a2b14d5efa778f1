using Verdigris.Book;
using Verdigris.Market.Fix;
using Verdigris.Storage;

namespace Verdigris.Market.Trading;

/// <summary>Figures of an order in lots and ticks, as the floor gets them.</summary>
/// <param name="Price">With what the desk added where the sender named none; null where the limits of the day protect it.</param>
/// <param name="Stop">0 where it is no stop; <paramref name="Display"/> and <paramref name="Minimum"/> are 0 where there are none.</param>
readonly record struct OrderFigures(long Lots, int? Price, int Stop, long Display, long Minimum);

/// <summary>What a desk answers to an order that it was given before under the sender's own id. It reads what is written of orders: whoever asks sees first to it that everything answered is.</summary>
static class RepeatedOrders
{
    /// <summary>Whether an order of this id of the sender's was told of already.</summary>
    public static async Task<bool> Known(DbSession s, UInt128 client, CancellationToken ct) =>
        client != default && await s.Value<bool>("select exists (select from market.floor_order where organisation_id = $1 and client_id = $2)", ct, s.Actor.OrganisationId, BookId.ToGuid(client));

    /// <summary>What became of an order that was taken before with all the sender says of this one; null where there is none. A price that the desk gave is not the sender's, and is not asked for.</summary>
    public static async Task<DeskResult?> Of(DbSession s, Instrument instrument, long trader, DeskOrder order, OrderFigures c)
    {
        if (order.ClientId == default) return null;
        return await s.One("""
            select id, traded from market.floor_order where organisation_id = $1 and client_id = $2 and instrument = $3 and trader = $4 and side = $5 and type = $6 and time_in_force = $7 and effect = $8
              and quantity = $9 and ($10::int is null or price = $10) and coalesce(stop_price, 0) = $11 and display = $12 order by first_event desc limit 1
            """, r => new DeskResult(r.GetInt64(0), r.GetInt64(1), true), default, s.Actor.OrganisationId, BookId.ToGuid(order.ClientId), instrument.Number, trader, (short)order.Side, (short)order.Type, (short)order.TimeInForce, (short)order.Effect,
            c.Lots, order.Price is null ? null : c.Price, c.Stop, c.Display);
    }
}
