using NodaTime;
using Verdigris.Primitives;

namespace Verdigris.Market.Clearing.Defaults;

public enum CaseState { Proposed, Declared, TurnedDown, Closed }

/// <summary>An account that does not pay what it owes.</summary>
public sealed record DefaultCase(Guid Id, long Account, Guid OrganisationId, string Reason, CaseState State, Guid? TaskId, Instant ProposedAt, Instant? DeclaredAt, Instant? ClosedAt)
{
    public string AccountCode => Members.TradingAccount.CodeOf(Account);
}

/// <summary>Who bore how much of one thing owed.</summary>
/// <param name="OrganisationId">Whose part of the fund it was; null for the defaulter's cash and margin and for the clearing house.</param>
/// <param name="Layer">Of the waterfall; recovered where it was paid back out of what the defaulter got later.</param>
/// <param name="Amount">In whole units of the currency.</param>
/// <param name="State">planned, posted or refused.</param>
public sealed record DefaultLine(Guid Id, Guid FlowId, int Place, string Layer, Guid? OrganisationId, string Currency, decimal Amount, string State, string? Code, Instant MadeAt);

/// <summary>Positions of a defaulter in one series, units it pledged, or its money of a currency, offered to the members.</summary>
/// <param name="Kind">positions, units or money.</param>
/// <param name="Series">Of positions; of units the unit, of money its currency.</param>
/// <param name="Lots">Of positions, above 0: the winner buys them; below 0: he sells them. Of units their number, of money its smallest unit.</param>
/// <param name="Quantity">Lots, units, or whole units of the currency.</param>
/// <param name="Currency">What units and money are paid in; null of positions, which the contract prices.</param>
/// <param name="State">open, awarded or unsold.</param>
/// <param name="Bids">Own bids; all for the exchange.</param>
public sealed record DefaultAuction(Guid Id, Guid CaseId, string Kind, string Series, long Lots, decimal Quantity, string? Currency, string State, Instant ClosesAt, string? Winner, decimal? Price, string? Code, IReadOnlyList<DefaultBid> Bids);

public sealed record DefaultBid(Guid Id, Guid AuctionId, string Account, decimal Price, Instant EnteredAt);

public sealed record DefaultView(DefaultCase Case, IReadOnlyList<DefaultLine> Lines, IReadOnlyList<DefaultAuction> Auctions);

/// <summary>What a layer of the waterfall can bear.</summary>
/// <param name="Organisation">Whose part it is; null for the defaulter's own money and for the clearing house.</param>
public sealed record LayerMoney(string Layer, Guid? Organisation, long Amount);

/// <summary>Shares a loss out over the layers, each to its end before the next. Pure.</summary>
public static class Waterfall
{
    /// <summary>Who bears how much, in order; the parts of one layer bear in proportion to what they are, to the smallest unit (largest remainder). Null where all layers together are too little.</summary>
    public static IReadOnlyList<LayerMoney>? Share(long loss, IReadOnlyList<LayerMoney> layers)
    {
        ArgumentNullException.ThrowIfNull(layers);
        ArgumentOutOfRangeException.ThrowIfNegative(loss);
        var (borne, left) = (new List<LayerMoney>(), loss);
        foreach (var layer in layers.GroupBy(l => l.Layer, StringComparer.Ordinal))
        {
            var parts = layer.Where(p => p.Amount > 0).ToList();
            var has = parts.Sum(p => p.Amount);
            if (left == 0 || has == 0) continue;
            var taken = Math.Min(left, has);
            var shares = taken == has ? [.. parts.Select(p => (decimal)p.Amount)] : new RoundingRule("default waterfall", MidpointRounding.ToEven, 0).Apportion(taken, [.. parts.Select(p => (decimal)p.Amount)]);
            for (var i = 0; i < parts.Count; i++)
                if (shares[i] > 0) borne.Add(parts[i] with { Amount = (long)shares[i] });
            left -= taken;
        }
        return left == 0 ? borne : null;
    }
}
