using System.Buffers.Binary;
using System.Text;
using Verdigris.Book;

namespace Verdigris.Simulator.Reference;

/// <summary>Assets, accounts, rules, trusts, freezes, closing.</summary>
public sealed partial class ReferenceLedger
{
    const RuleFlags KnownRuleFlags =
        RuleFlags.Allowed | RuleFlags.Issues | RuleFlags.MustHold | RuleFlags.OtherActor | RuleFlags.AcceptByCredit | RuleFlags.TrustedOrDelay |
        RuleFlags.ProposeByDebit | RuleFlags.ProposeByAuthority | RuleFlags.ProposeByMandate | RuleFlags.Mandate | RuleFlags.PostByProposer;

    const long AuthorityBit = 1L << 16;

    Code DefineAsset(in Command c)
    {
        string? code = AssetCode(c);
        int kind = (int)(c.Detail & 0xFF), scale = (int)((c.Detail >> 8) & 0xFF);
        if (State.Assets.ContainsKey(c.Asset) || State.Assets.Values.Any(a => a.Code == code)) return Code.AssetExists;
        if (c.Asset <= 0 || code is null || kind > 1 || scale > 9) return Code.AssetInvalid;
        if (!ActingForKnown(c)) return Code.ActingForUnknown;
        State = State with { Assets = State.Assets.Add(c.Asset, new(c.Asset, code, (AssetKind)kind, scale, (ushort)((c.Detail >> 16) & 0xFFFF))) };
        return Code.Accepted;
    }

    /// <summary>1 to 32 printable ASCII characters, then zeros; null when it is not that.</summary>
    static string? AssetCode(in Command c)
    {
        byte[] bytes = new byte[32];
        BinaryPrimitives.WriteUInt128LittleEndian(bytes, c.Target);
        BinaryPrimitives.WriteUInt128LittleEndian(bytes.AsSpan(16), c.Reference);
        int length = Array.FindLastIndex(bytes, b => b != 0) + 1;
        if (length == 0 || bytes.Take(length).Any(b => b is < 0x21 or > 0x7E)) return null;
        return Encoding.ASCII.GetString(bytes, 0, length);
    }

    Code OpenAccount(in Command c)
    {
        ushort type = (ushort)(c.Detail & 0xFFFF);
        if (State.Accounts.ContainsKey(c.Debit)) return Code.AccountExists;
        if (c.Debit <= 0 || type == 0) return Code.AccountInvalid;
        if (!ActingForKnown(c)) return Code.ActingForUnknown;
        State = State with { Accounts = State.Accounts.Add(c.Debit, new(c.Debit, type, c.Target, (c.Detail & AuthorityBit) != 0, false)) };
        return Code.Accepted;
    }

    Code SetRule(in Command c)
    {
        ushort debitType = (ushort)(c.Detail & 0xFFFF), creditType = (ushort)((c.Detail >> 16) & 0xFFFF);
        RuleFlags flags = (RuleFlags)(uint)(c.Detail >>> 32);
        if (!ActingForKnown(c)) return Code.ActingForUnknown;
        if (debitType == 0 || creditType == 0 || c.Asset is < 0 or > ushort.MaxValue) return Code.RuleInvalid;
        if ((flags & ~KnownRuleFlags) != 0 || c.Time < 0) return Code.RuleInvalid;
        State = State with { Rules = State.Rules.SetItem(new(c.TransactionType, (ushort)c.Asset, debitType, creditType), new(flags, c.Time)) };
        return Code.Accepted;
    }

    Code SetTrust(in Command c)
    {
        if (!State.Accounts.TryGetValue(c.Debit, out Account? debit)) return Code.DebitUnknown;
        if (!State.Accounts.ContainsKey(c.Credit)) return Code.CreditUnknown;
        if (!ActingForKnown(c)) return Code.ActingForUnknown;
        if (c.Debit == c.Credit) return Code.SameAccount;
        if (debit.Closed) return Code.DebitClosed;
        State = State with { Trusts = State.Trusts.SetItem((c.Debit, c.Credit), c.Time) };
        return Code.Accepted;
    }

    Code RemoveTrust(in Command c)
    {
        if (!State.Accounts.ContainsKey(c.Debit)) return Code.DebitUnknown;
        if (!State.Accounts.ContainsKey(c.Credit)) return Code.CreditUnknown;
        if (!ActingForKnown(c)) return Code.ActingForUnknown;
        State = State with { Trusts = State.Trusts.Remove((c.Debit, c.Credit)) };
        return Code.Accepted;
    }

    Code Freeze(in Command c)
    {
        Code code = CheckFreeze(c);
        if (code == Code.Accepted) SetFreeze(c, State.Freezes.GetValueOrDefault((c.Debit, c.Asset)) | (FreezeScope)c.Detail);
        return code;
    }

    Code Unfreeze(in Command c)
    {
        Code code = CheckFreeze(c);
        if (code == Code.Accepted) SetFreeze(c, State.Freezes.GetValueOrDefault((c.Debit, c.Asset)) & ~(FreezeScope)c.Detail);
        return code;
    }

    Code CheckFreeze(in Command c)
    {
        if (c.Asset != 0 && !State.Assets.ContainsKey(c.Asset)) return Code.AssetUnknown;
        if (!State.Accounts.ContainsKey(c.Debit)) return Code.DebitUnknown;
        if (!ActingForKnown(c)) return Code.ActingForUnknown;
        if (c.Detail is < 1 or > 3) return Code.ScopeInvalid;
        return Code.Accepted;
    }

    void SetFreeze(in Command c, FreezeScope scope) => State = State with
    {
        Freezes = scope == FreezeScope.None ? State.Freezes.Remove((c.Debit, c.Asset)) : State.Freezes.SetItem((c.Debit, c.Asset), scope),
    };

    Code CloseAccount(in Command c)
    {
        if (!State.Accounts.TryGetValue(c.Debit, out Account? account)) return Code.DebitUnknown;
        if (!ActingForKnown(c)) return Code.ActingForUnknown;
        long id = c.Debit;
        if (State.Holdings.Any(h => h.Key.Account == id && h.Value.Available + h.Value.Held != 0)) return Code.AccountNotEmpty;
        if (account.Closed) return Code.AccountAlreadyClosed;
        State = State with { Accounts = State.Accounts.SetItem(id, account with { Closed = true }) };
        return Code.Accepted;
    }
}
