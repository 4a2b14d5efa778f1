using System.Runtime.InteropServices;
using System.Text;

namespace Verdigris.Book;

// Assets, accounts, rules, trust and freezes. Each operation is its list of checks in the order of the codes.
public sealed partial class BookState
{
    const RuleFlags KnownRuleFlags = RuleFlags.Allowed | RuleFlags.Issues | RuleFlags.MustHold | RuleFlags.OtherActor | RuleFlags.AcceptByCredit
        | RuleFlags.TrustedOrDelay | RuleFlags.ProposeByDebit | RuleFlags.ProposeByAuthority
        | RuleFlags.ProposeByMandate | RuleFlags.Mandate | RuleFlags.PostByProposer;

    readonly ulong[] cachedRuleKeys = new ulong[64];
    readonly Rule[] cachedRules = new Rule[64];

    Code DefineAsset(in Command c)
    {
        string? code = AssetCode(c);
        long kind = c.Detail & 0xFF, scale = (c.Detail >> 8) & 0xFF, assetClass = (c.Detail >> 16) & 0xFFFF;
        if (assetById.ContainsKey(c.Asset) || code is not null && assetByCode.ContainsKey(code)) return Code.AssetExists;
        if (c.Asset <= 0 || code is null || kind > 1 || scale > 9) return Code.AssetInvalid;
        if (!ActingForKnown(c.ActingFor)) return Code.ActingForUnknown;
        AddAsset(new(Assets.Count, c.Asset, code, (AssetKind)kind, (int)scale, (ushort)assetClass));
        return Code.Accepted;
    }

    void AddAsset(AssetState asset)
    {
        Assets.Add(asset);
        assetById.Add(asset.Id, asset);
        assetByCode.Add(asset.Code, asset);
    }

    /// <summary>1-32 visible ASCII characters, the rest zero; null where it is not that.</summary>
    static string? AssetCode(in Command c)
    {
        var bytes = MemoryMarshal.AsBytes(MemoryMarshal.CreateReadOnlySpan(in c, 1)).Slice(64, 32);
        int length = bytes.IndexOf((byte)0);
        if (length < 0) length = 32;
        if (length == 0 || bytes[length..].ContainsAnyExcept((byte)0) || bytes[..length].ContainsAnyExceptInRange((byte)0x21, (byte)0x7E)) return null;
        return Encoding.ASCII.GetString(bytes[..length]);
    }

    Code OpenAccount(in Command c)
    {
        ushort type = (ushort)(c.Detail & 0xFFFF);
        if (FindAccount(c.Debit) != None) return Code.AccountExists;
        if (c.Debit <= 0 || type == 0) return Code.AccountInvalid;
        if (!ActingForKnown(c.ActingFor)) return Code.ActingForUnknown;
        if (Accounts.Count >= MostRows) return Code.LimitReached;
        uint row = Accounts.Add();
        ref var account = ref Accounts[row];
        account.Id = c.Debit;
        account.Holder = c.Target;
        account.Type = type;
        account.Flags = (c.Detail >> 16 & 1) != 0 ? AccountFlags.Authority : AccountFlags.None;
        accountIndex.Add(Mix.Hash(unchecked((ulong)c.Debit)), row);
        return Code.Accepted;
    }

    Code SetRule(in Command c)
    {
        if (!ActingForKnown(c.ActingFor)) return Code.ActingForUnknown;
        ushort source = (ushort)(c.Detail & 0xFFFF), destination = (ushort)(c.Detail >> 16 & 0xFFFF);
        var flags = (RuleFlags)(uint)(c.Detail >>> 32);
        if (source == 0 || destination == 0 || c.Asset is < 0 or > ushort.MaxValue || (flags & ~KnownRuleFlags) != 0 || c.Time < 0) return Code.RuleInvalid;
        rules[RuleKey(c.TransactionType, (ushort)c.Asset, source, destination)] = new(flags, c.Time);
        Array.Clear(cachedRuleKeys);
        return Code.Accepted;
    }

    static ulong RuleKey(ushort type, ushort assetClass, ushort source, ushort destination) =>
        (ulong)type << 48 | (ulong)assetClass << 32 | (ulong)source << 16 | destination;

    /// <summary>The rule for the class, else the rule for any class, else one that allows nothing.</summary>
    Rule FindRule(ushort type, ushort assetClass, ushort source, ushort destination)
    {
        ulong key = RuleKey(type, assetClass, source, destination); // never 0: account types are not
        uint at = (uint)(unchecked(key * 0x9E3779B97F4A7C15) >> 58);
        if (cachedRuleKeys[at] == key) return cachedRules[at];
        if (!rules.TryGetValue(key, out var rule) && !rules.TryGetValue(RuleKey(type, 0, source, destination), out rule)) return default;
        cachedRuleKeys[at] = key;
        cachedRules[at] = rule;
        return rule;
    }

    /// <summary>Whether an account may propose under a rule: the debit account, an authority, or one whose kind has a mandate for the same transactions out of the debit account's kind.</summary>
    bool MayPropose(in Rule rule, ushort type, ushort assetClass, uint actingFor, uint debit) =>
        (rule.Flags & (RuleFlags.ProposeByDebit | RuleFlags.ProposeByAuthority | RuleFlags.ProposeByMandate)) == 0
        || (rule.Flags & RuleFlags.ProposeByDebit) != 0 && actingFor == debit
        || (rule.Flags & RuleFlags.ProposeByAuthority) != 0 && (Accounts[actingFor].Flags & AccountFlags.Authority) != 0
        || (rule.Flags & RuleFlags.ProposeByMandate) != 0 && (FindRule(type, assetClass, Accounts[actingFor].Type, Accounts[debit].Type).Flags & RuleFlags.Mandate) != 0;

    Code SetTrust(in Command c)
    {
        uint debit = FindAccount(c.Debit);
        if (debit == None) return Code.DebitUnknown;
        if (FindAccount(c.Credit) == None) return Code.CreditUnknown;
        if (!ActingForKnown(c.ActingFor)) return Code.ActingForUnknown;
        if (c.Debit == c.Credit) return Code.SameAccount;
        ref var account = ref Accounts[debit];
        if ((account.Flags & AccountFlags.Closed) != 0) return Code.DebitClosed;
        trusts[(c.Debit, c.Credit)] = c.Time;
        account.Flags |= AccountFlags.HasTrust;
        return Code.Accepted;
    }

    Code RemoveTrust(in Command c)
    {
        if (FindAccount(c.Debit) == None) return Code.DebitUnknown;
        if (FindAccount(c.Credit) == None) return Code.CreditUnknown;
        if (!ActingForKnown(c.ActingFor)) return Code.ActingForUnknown;
        trusts.Remove((c.Debit, c.Credit));
        return Code.Accepted;
    }

    bool IsTrusted(uint debit, uint credit) =>
        (Accounts[debit].Flags & AccountFlags.HasTrust) != 0 && Trusts(Accounts[debit].Id, Accounts[credit].Id, TimeMicros);

    Code Freeze(in Command c, bool freeze)
    {
        if (c.Asset != 0 && FindAsset(c.Asset) is null) return Code.AssetUnknown;
        uint row = FindAccount(c.Debit);
        if (row == None) return Code.DebitUnknown;
        if (!ActingForKnown(c.ActingFor)) return Code.ActingForUnknown;
        if (c.Detail is < 1 or > 3) return Code.ScopeInvalid;
        var scope = (FreezeScope)c.Detail;
        var key = (c.Debit, c.Asset);
        var before = freezes.GetValueOrDefault(key);
        var after = freeze ? before | scope : before & ~scope;
        if (after == FreezeScope.None) freezes.Remove(key);
        else freezes[key] = after;
        if (freeze) Accounts[row].Flags |= AccountFlags.HasFreeze;
        return Code.Accepted;
    }

    bool IsFrozen(uint account, int asset, FreezeScope scope) =>
        (Accounts[account].Flags & AccountFlags.HasFreeze) != 0 && (Frozen(Accounts[account].Id, asset) & scope) != 0;

    Code CloseAccount(in Command c)
    {
        uint row = FindAccount(c.Debit);
        if (row == None) return Code.DebitUnknown;
        if (!ActingForKnown(c.ActingFor)) return Code.ActingForUnknown;
        ref var account = ref Accounts[row];
        for (uint h = account.Holdings; h != 0; h = HoldingTable[h - 1].NextOfAccount)
            if (HoldingTable[h - 1].Total != 0) return Code.AccountNotEmpty;
        if ((account.Flags & AccountFlags.Closed) != 0) return Code.AccountAlreadyClosed;
        account.Flags |= AccountFlags.Closed;
        return Code.Accepted;
    }
}
