using System.Runtime.InteropServices;
using Verdigris.Auditor.Reading;

namespace Verdigris.Auditor.Replay;

sealed class AssetState(int id, string code, bool serialised, ushort @class)
{
    public readonly int Id = id;
    public readonly string Code = code;
    public readonly ushort Class = @class;
    public readonly SerialMap? Serials = serialised ? new() : null;

    /// <summary>Running sum of all totals: zero after every batch.</summary>
    public Int128 Sum;
    public bool Touched;
}

struct AccountState
{
    public long Id;
    public ushort Type;
    public bool Authority, Closed;

    /// <summary>Head of the list of the account's holdings, and the one used last; -1 for none.</summary>
    public int FirstHolding, RecentHolding;
}

struct HoldingState
{
    public int Account, Asset;
    public long Available, Held;

    /// <summary>What the pending holds on this holding add up to.</summary>
    public long PendingHolds;

    /// <summary>Units that left under a rule that issues, so that serials = available + issued.</summary>
    public Int128 Issued;

    /// <summary>Held units of issuing holds whose serials come into being only when posted.</summary>
    public long HeldWithoutSerials;
    public int NextOfAccount;
}

struct HoldState
{
    public UInt128 Id, Actor;
    public int Asset, Holding;
    public ushort TransactionType;
    public bool Lien, Issues, WithoutSerials;
    public long Debit, Credit, Remaining, OpenedAt;

    /// <summary>Due times, <see cref="long.MinValue"/> for none.</summary>
    public long ExpiresAt, ReleasesAt;
}

readonly record struct RuleState(uint Flags, long Delay)
{
    public bool Has(uint flag) => (Flags & flag) != 0;
}

/// <summary>
/// What a replay knows at one moment: the things of docs/book.md section 1, found by id. Slots of ended holds are used again, so memory
/// follows the state and not the length of the file.
/// </summary>
sealed class Ledger
{
    readonly record struct HoldingKey(int Account, int Asset)
    {
        public override int GetHashCode() => unchecked((Account * (int)0x9E3779B1) ^ (Asset * 0x2545F491));
    }

    readonly record struct RuleKey(ushort TransactionType, ushort Class, ushort Source, ushort Destination);

    readonly Dictionary<int, AssetState> assets = [];
    readonly HashSet<string> assetCodes = [];
    readonly AccountIndex accountIndex = new();
    readonly Dictionary<HoldingKey, int> holdingAt = [];
    readonly Dictionary<UInt128, int> holdAt = [];
    readonly Dictionary<RuleKey, RuleState> rules = [];
    readonly Dictionary<(long Account, long Trusted), long> trusts = [];
    readonly Dictionary<(long Account, int Asset), byte> freezes = [];
    readonly List<AccountState> accounts = [];
    readonly List<HoldingState> holdings = [];
    readonly List<HoldState> holds = [];
    readonly Stack<int> freeHolds = [];
    readonly List<AssetState> touched = [];
    AssetState? recentAsset;

    public int AccountCount => accounts.Count;
    public IEnumerable<AssetState> Assets => assets.Values.OrderBy(a => a.Id);
    public ReadOnlySpan<HoldingState> Holdings => CollectionsMarshal.AsSpan(holdings);
    public IEnumerable<int> PendingHolds => holdAt.Values;
    public int PendingHoldCount => holdAt.Count;

    public AssetState? Asset(int id)
    {
        if (recentAsset is { } recent && recent.Id == id) return recent;
        if (!assets.TryGetValue(id, out var asset)) return null;
        return recentAsset = asset;
    }

    public bool HasAssetCode(string code) => assetCodes.Contains(code);

    public void Add(AssetState asset)
    {
        assets[asset.Id] = asset;
        assetCodes.Add(asset.Code);
        recentAsset = null;
    }

    /// <summary>Slot of an account, -1 if unknown.</summary>
    public int AccountSlot(long id) => accountIndex.Find(id);

    public ref AccountState Account(int slot) => ref CollectionsMarshal.AsSpan(accounts)[slot];

    public void AddAccount(long id, ushort type, bool authority)
    {
        accountIndex.Add(id, accounts.Count);
        accounts.Add(new() { Id = id, Type = type, Authority = authority, FirstHolding = -1, RecentHolding = -1 });
    }

    /// <summary>Slot of the holding, made where the pair was never used.</summary>
    public int HoldingSlot(int account, int asset)
    {
        ref var owner = ref Account(account);
        if (owner.RecentHolding >= 0 && holdings[owner.RecentHolding].Asset == asset) return owner.RecentHolding;
        ref var slot = ref CollectionsMarshal.GetValueRefOrAddDefault(holdingAt, new(account, asset), out var known);
        if (!known)
        {
            slot = holdings.Count;
            holdings.Add(new() { Account = account, Asset = asset, NextOfAccount = owner.FirstHolding });
            owner.FirstHolding = slot;
        }
        owner.RecentHolding = slot;
        return slot;
    }

    /// <summary>Three steps that bring the rows of an account near before a command asks for them, each some commands after the one before.</summary>
    public void WarmIndex(long account) => accountIndex.Warm(account);

    public void WarmAccount(long account) => Memory.Warm(accounts, accountIndex.Find(account));

    public void WarmHolding(long account)
    {
        if (accountIndex.Find(account) is >= 0 and var slot) Memory.Warm(holdings, Account(slot).RecentHolding);
    }

    public ref HoldingState Holding(int slot) => ref CollectionsMarshal.AsSpan(holdings)[slot];

    /// <summary>Slot of a pending hold, -1 if there is none of that id.</summary>
    public int HoldSlot(UInt128 id) => holdAt.TryGetValue(id, out var slot) ? slot : -1;

    public ref HoldState Hold(int slot) => ref CollectionsMarshal.AsSpan(holds)[slot];

    public int AddHold(in HoldState hold)
    {
        if (!freeHolds.TryPop(out var slot))
        {
            slot = holds.Count;
            holds.Add(default);
        }
        holds[slot] = hold;
        holdAt[hold.Id] = slot;
        return slot;
    }

    public void EndHold(int slot)
    {
        holdAt.Remove(holds[slot].Id);
        holds[slot] = default;
        freeHolds.Push(slot);
    }

    public void SetRule(ushort transactionType, ushort assetClass, ushort source, ushort destination, RuleState rule) =>
        rules[new(transactionType, assetClass, source, destination)] = rule;

    /// <summary>The rule for the asset's class, else the rule for any class; no rule at all has no flags.</summary>
    public RuleState Rule(ushort transactionType, ushort assetClass, ushort source, ushort destination) =>
        rules.TryGetValue(new(transactionType, assetClass, source, destination), out var rule)
        || (assetClass != 0 && rules.TryGetValue(new(transactionType, 0, source, destination), out rule)) ? rule : default;

    public void SetTrust(long account, long trusted, long from) => trusts[(account, trusted)] = from;
    public void RemoveTrust(long account, long trusted) => trusts.Remove((account, trusted));
    public bool Trusts(long account, long trusted, long at) => trusts.TryGetValue((account, trusted), out var from) && from <= at;

    public void Freeze(long account, int asset, byte scope) => freezes[(account, asset)] = (byte)(freezes.GetValueOrDefault((account, asset)) | scope);

    public void Unfreeze(long account, int asset, byte scope)
    {
        var left = (byte)(freezes.GetValueOrDefault((account, asset)) & ~scope);
        if (left == 0) freezes.Remove((account, asset)); else freezes[(account, asset)] = left;
    }

    public bool FrozenOut(long account, int asset) => Frozen(account, asset, 1);
    public bool FrozenIn(long account, int asset) => Frozen(account, asset, 2);

    public bool Closed(long account) => AccountSlot(account) is >= 0 and var slot && Account(slot).Closed;
    public bool IsAuthority(long account) => AccountSlot(account) is >= 0 and var slot && Account(slot).Authority;

    public void Touch(AssetState asset)
    {
        if (asset.Touched) return;
        asset.Touched = true;
        touched.Add(asset);
    }

    /// <summary>Assets changed since the last call.</summary>
    public void CheckConservation(FindingList findings)
    {
        foreach (var asset in touched)
        {
            asset.Touched = false;
            if (asset.Sum != 0) findings.Add("audit.conservation", 0, asset.Id, "sum", 0, asset.Sum);
        }
        touched.Clear();
    }

    bool Frozen(long account, int asset, byte scope) => freezes.Count > 0
        && ((freezes.TryGetValue((account, asset), out var one) && (one & scope) != 0) || (freezes.TryGetValue((account, 0), out var all) && (all & scope) != 0));
}
