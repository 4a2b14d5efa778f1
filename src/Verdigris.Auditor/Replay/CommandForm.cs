using Verdigris.Auditor.Reading;

namespace Verdigris.Auditor.Replay;

/// <summary>Which fields and flags an operation uses (docs/book.md section 2); everything else must be zero in an accepted command.</summary>
static class CommandForm
{
    /// <summary>Name of the first field that should not be set so, null for a well-formed command.</summary>
    public static string? Fault(in CommandRow c)
    {
        byte flags;
        switch (c.Operation)
        {
            case Operations.Transfer: flags = Flags.Linked; break;
            case Operations.Hold: flags = Flags.Linked | Flags.Expires | Flags.Releases | Flags.Lien; break;
            case Operations.PostHold: flags = Flags.Linked | Flags.Releases | Flags.KeepRest; break;
            case Operations.VoidHold: flags = Flags.Linked; break;
            case >= Operations.DefineAsset and <= Operations.CloseAccount or Operations.Pulse: flags = 0; break;
            case Operations.Note: return c.Flags != 0 ? "flags" : null; // its other fields are not the ledger's
            default: return "operation";
        }
        if ((c.Flags & ~flags) != 0) return "flags";
        if (c.Has(Flags.Expires) && c.Has(Flags.Releases)) return "flags";
        var o = c.Operation;
        var moves = o is Operations.Transfer or Operations.Hold;
        if (c.TransactionType != 0 && !(moves || o is Operations.SetRule)) return "transaction type";
        if (c.Asset != 0 && !(moves || o is Operations.DefineAsset or Operations.SetRule or Operations.Freeze or Operations.Unfreeze)) return "asset";
        if (c.Debit != 0 && !(moves || o is >= Operations.OpenAccount and <= Operations.CloseAccount and not Operations.SetRule)) return "debit";
        if (c.Credit != 0 && !(moves || o is Operations.SetTrust or Operations.RemoveTrust)) return "credit";
        if (c.Amount != 0 && !(moves || o is Operations.PostHold)) return "amount";
        if (c.SerialFirst != 0 && !moves) return "serial";
        if (c.Time != 0 && !(o is Operations.SetRule or Operations.SetTrust || c.Has(Flags.Expires) || c.Has(Flags.Releases))) return "time";
        if (c.Target != 0 && o is not (Operations.DefineAsset or Operations.OpenAccount or Operations.PostHold or Operations.VoidHold)) return "target";
        if (c.Detail != 0 && o is not (Operations.DefineAsset or Operations.OpenAccount or Operations.SetRule or Operations.Freeze or Operations.Unfreeze)) return "detail";
        return null;
    }
}
