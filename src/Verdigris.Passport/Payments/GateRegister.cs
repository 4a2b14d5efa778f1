using Verdigris.Primitives;
using Verdigris.Storage;

namespace Verdigris.Passport.Payments;

/// <param name="Text">Part of the number, the reference or the seller's name.</param>
/// <param name="Alarmed">Only those that passed and are like a name on a later list, as far as nobody has said it is somebody else.</param>
/// <param name="Sort">opened, number, seller, amount or state, with a leading minus for descending; null is -opened.</param>
public sealed record GateFilter(string? Text = null, GateState? State = null, string? Metal = null, string? Sort = null, string? Cursor = null, int Limit = 50, bool Alarmed = false);

/// <summary>The gates somebody may see: the payer's own, those of trades that name it as lender or buyer, and for the exchange all.</summary>
public sealed class GateRegister
{
    static readonly ListOrders<GateSummary> Orders = new("payment-gates", "-opened", ListKey<GateSummary>.Id("opened", "g.id", g => g.Id), ListKey<GateSummary>.Text("number", "g.number", g => g.Number),
        ListKey<GateSummary>.Text("seller", "g.seller", g => g.Seller), ListKey<GateSummary>.Number("amount", "g.amount", g => g.Amount), ListKey<GateSummary>.Number("state", "g.state", g => (short)g.State));

    public async Task<Answer<Page<GateSummary>>> List(DbSession s, GateFilter filter, CancellationToken ct)
    {
        if (!s.Actor.SignedIn) return Refusal.Forbidden("access.sign-in-needed");
        var query = new Where();
        if (filter.State is { } state) query.And("g.state = ", (short)state);
        if (filter.Metal is { Length: > 0 } metal) query.And("g.metal = ", metal);
        if (filter.Alarmed) query.And($"{GateAlarms.Standing} > 0");
        if (filter.Text is { Length: > 0 } text) query.And($"position(lower({query.Next(text)}) in lower(concat_ws(' ', g.number, g.reference, g.seller))) > 0");
        return await Orders.Page(s, $"select g.id, g.number, g.organisation_id, g.reference, g.seller, g.metal, g.amount, g.currency, g.state, jsonb_array_length(g.warnings), g.opened_at, {GateAlarms.Standing} from passport.payment_gate g", query, filter.Sort, filter.Cursor, filter.Limit, r => new GateSummary(r.GetGuid(0), r.GetString(1), r.GetGuid(2), r.GetString(3), r.GetString(4), r.GetString(5), r.GetDecimal(6), r.GetString(7), (GateState)r.GetInt16(8), r.GetInt32(9), r.Time(10), (int)r.GetInt64(11)), ct);
    }
}
