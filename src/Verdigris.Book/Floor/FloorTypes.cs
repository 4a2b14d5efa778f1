namespace Verdigris.Book;

/// <summary>Transaction types of what the floor does in the Book. A venue with a floor has a rule for each between the types of accounts it uses (<see cref="FloorRules"/>).</summary>
public static class FloorTypes
{
    /// <summary>Hold of a buyer's cash towards the clearing account, posted by its trades.</summary>
    public const ushort OrderCash = 61_001;
    /// <summary>Hold of a seller's units towards the clearing account.</summary>
    public const ushort OrderUnits = 61_002;
    /// <summary>Hold of margin (and a future's fee) towards the trader's margin account.</summary>
    public const ushort OrderMargin = 61_003;
    /// <summary>Hold of a position to be closed towards its issuer.</summary>
    public const ushort OrderPosition = 61_004;
    /// <summary>Cash out of the clearing account: to the seller; taken back: to the buyer.</summary>
    public const ushort TradeCash = 61_005;
    /// <summary>Units out of the clearing account: to the buyer; taken back: to the seller.</summary>
    public const ushort TradeUnits = 61_006;
    /// <summary>A position comes into being.</summary>
    public const ushort Issue = 61_007;
    /// <summary>Margin of a closed position goes back.</summary>
    public const ushort MarginBack = 61_008;
    public const ushort Fee = 61_009;
    /// <summary>A fee goes back with its trade.</summary>
    public const ushort FeeBack = 61_010;
    /// <summary>Units bought on a day before become free.</summary>
    public const ushort Unlock = 61_011;
    /// <summary>What a trade had brought is taken back towards the clearing account, or the issuer.</summary>
    public const ushort Bust = 61_012;
}

/// <summary>Types of the accounts a floor works with. Types may be the same where a venue does not tell them apart.</summary>
/// <param name="Clearing">The clearing account that cash and units pass.</param>
/// <param name="Issuer">Issues positions; 0 where there are only spot instruments.</param>
/// <param name="Fee">0 where there are no fees.</param>
public readonly record struct FloorAccountTypes(ushort Cash, ushort Units, ushort Clearing, ushort Margin = 0, ushort Locked = 0, ushort Issuer = 0, ushort Fee = 0);

public static class FloorRules
{
    /// <summary>The rules a floor needs, for any class of asset. Only the system proposes: no request can set such a transfer in motion by itself.</summary>
    /// <param name="nextId">Gives each command its id.</param>
    public static IReadOnlyList<Command> For(in FloorAccountTypes t, Func<UInt128> nextId)
    {
        var rules = new Dictionary<(ushort Type, ushort From, ushort To), RuleFlags>();
        void Allow(ushort type, ushort from, ushort to, RuleFlags flags = RuleFlags.None)
        {
            if (from != 0 && to != 0) rules[(type, from, to)] = RuleFlags.Allowed | RuleFlags.ProposeByAuthority | flags;
        }
        Allow(FloorTypes.OrderCash, t.Cash, t.Clearing);
        Allow(FloorTypes.OrderUnits, t.Units, t.Clearing);
        Allow(FloorTypes.OrderMargin, t.Cash, t.Margin);
        Allow(FloorTypes.OrderPosition, t.Units, t.Issuer);
        Allow(FloorTypes.TradeCash, t.Clearing, t.Cash);
        Allow(FloorTypes.TradeUnits, t.Clearing, t.Units);
        Allow(FloorTypes.TradeUnits, t.Clearing, t.Locked);
        Allow(FloorTypes.Issue, t.Issuer, t.Units, RuleFlags.Issues);
        Allow(FloorTypes.MarginBack, t.Margin, t.Cash);
        Allow(FloorTypes.Fee, t.Clearing, t.Fee);
        Allow(FloorTypes.Fee, t.Margin, t.Fee);
        Allow(FloorTypes.FeeBack, t.Fee, t.Cash);
        Allow(FloorTypes.Unlock, t.Locked, t.Units);
        Allow(FloorTypes.Bust, t.Cash, t.Clearing);
        Allow(FloorTypes.Bust, t.Units, t.Clearing);
        Allow(FloorTypes.Bust, t.Locked, t.Clearing);
        Allow(FloorTypes.Bust, t.Units, t.Issuer);
        return [.. rules.Select(r => Commands.SetRule(nextId(), r.Key.Type, 0, r.Key.From, r.Key.To, r.Value))];
    }
}
