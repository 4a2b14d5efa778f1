using System.Runtime.InteropServices;
using Verdigris.Auditor.Reading;

namespace Verdigris.Auditor.Replay;

/// <summary>Accepted commands that define things: assets, accounts, rules, trusts, freezes, closing. They have no effects.</summary>
sealed class DefinitionCheck(Ledger ledger, FindingList findings)
{
    public void Apply(in CommandRow c)
    {
        switch (c.Operation)
        {
            case Operations.DefineAsset: DefineAsset(in c); break;
            case Operations.OpenAccount: OpenAccount(in c); break;
            case Operations.SetRule: SetRule(in c); break;
            case Operations.SetTrust:
                if (Known(c.Debit) && Known(c.Credit) && c.Debit == c.Credit) findings.Add("audit.same-account", c.Debit, 0, "credit", "another account", c.Credit);
                if (ledger.Closed(c.Debit)) findings.Add("audit.account-closed", c.Debit, 0, "debit", "open", "closed");
                ledger.SetTrust(c.Debit, c.Credit, c.Time);
                break;
            case Operations.RemoveTrust:
                if (Known(c.Debit)) Known(c.Credit);
                ledger.RemoveTrust(c.Debit, c.Credit);
                break;
            case Operations.Freeze or Operations.Unfreeze: Freeze(in c); break;
            case Operations.CloseAccount: Close(in c); break;
        }
    }

    void DefineAsset(in CommandRow c)
    {
        var kind = (byte)(c.Detail & 0xFF);
        var scale = (byte)((c.Detail >> 8) & 0xFF);
        var code = Code(in c);
        if (c.Asset <= 0 || kind > 1 || scale > 9 || c.Detail >> 32 != 0 || code is null)
            findings.Add("audit.definition", 0, c.Asset, "asset", "id > 0, kind 0-1, scale 0-9, ASCII code", $"id {c.Asset}, kind {kind}, scale {scale}, code {code ?? "-"}");
        if (ledger.Asset(c.Asset) is not null || (code is not null && ledger.HasAssetCode(code)))
        {
            findings.Add("audit.definition", 0, c.Asset, "asset", "new", code ?? "-");
            return;
        }
        ledger.Add(new(c.Asset, code ?? "?" + c.Asset, kind == 1, (ushort)((c.Detail >> 16) & 0xFFFF)));
    }

    /// <summary>1-32 printable ASCII characters, the rest zero; null where it is something else.</summary>
    static string? Code(in CommandRow c)
    {
        Span<byte> bytes = stackalloc byte[32];
        MemoryMarshal.Write(bytes, c.Target);
        MemoryMarshal.Write(bytes[16..], c.Reference);
        var length = bytes.IndexOf((byte)0) is >= 0 and var zero ? zero : 32;
        if (length == 0 || bytes[..length].ContainsAnyExceptInRange((byte)' ', (byte)'~') || bytes[length..].ContainsAnyExcept((byte)0)) return null;
        return System.Text.Encoding.ASCII.GetString(bytes[..length]);
    }

    void OpenAccount(in CommandRow c)
    {
        var type = (ushort)(c.Detail & 0xFFFF);
        var flags = (c.Detail >> 16) & 0xFFFF;
        if (c.Debit <= 0 || type == 0 || flags > 1 || c.Detail >> 32 != 0)
            findings.Add("audit.definition", c.Debit, 0, "account", "id > 0, type > 0, flags 0-1", $"id {c.Debit}, type {type}, flags {flags}");
        if (ledger.AccountSlot(c.Debit) >= 0) { findings.Add("audit.definition", c.Debit, 0, "account", "new", c.Debit); return; }
        ledger.AddAccount(c.Debit, type, (flags & 1) != 0);
    }

    void SetRule(in CommandRow c)
    {
        var flags = (uint)(c.Detail >> 32 & 0xFFFF_FFFF);
        if (c.Asset is < 0 or > ushort.MaxValue) findings.Add("audit.definition", 0, 0, "asset class", "0-65535", c.Asset);
        if ((flags & ~Rules.All) != 0 || c.Time < 0) findings.Add("audit.definition", 0, 0, "rule", "known flags, delay >= 0", $"flags {flags}, delay {c.Time}");
        ledger.SetRule(c.TransactionType, unchecked((ushort)c.Asset), (ushort)(c.Detail & 0xFFFF), (ushort)((c.Detail >> 16) & 0xFFFF), new(flags, c.Time));
    }

    void Freeze(in CommandRow c)
    {
        var scope = unchecked((byte)c.Detail);
        if (c.Detail is < 1 or > 3) findings.Add("audit.definition", c.Debit, c.Asset, "scope", "1-3", c.Detail);
        Known(c.Debit);
        if (c.Asset != 0 && ledger.Asset(c.Asset) is null) findings.Add("audit.asset-unknown", c.Debit, c.Asset, "asset", "defined", c.Asset);
        if (c.Operation == Operations.Freeze) ledger.Freeze(c.Debit, c.Asset, (byte)(scope & 3)); else ledger.Unfreeze(c.Debit, c.Asset, (byte)(scope & 3));
    }

    void Close(in CommandRow c)
    {
        if (!Known(c.Debit)) return;
        var slot = ledger.AccountSlot(c.Debit);
        ref var account = ref ledger.Account(slot);
        if (account.Closed) findings.Add("audit.account-closed", c.Debit, 0, "account", "open", "closed");
        for (var at = account.FirstHolding; at >= 0; at = ledger.Holding(at).NextOfAccount)
        {
            ref var holding = ref ledger.Holding(at);
            var total = (Int128)holding.Available + holding.Held;
            if (total != 0) findings.Add("audit.close-not-empty", c.Debit, holding.Asset, "total", 0, total);
        }
        account.Closed = true;
    }

    bool Known(long account)
    {
        if (ledger.AccountSlot(account) >= 0) return true;
        findings.Add("audit.account-unknown", account, 0, "account", "open", account);
        return false;
    }
}
