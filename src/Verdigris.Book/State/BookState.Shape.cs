namespace Verdigris.Book;

public sealed partial class BookState
{
    /// <summary>
    /// Checks 3, 4 and 7: is it an operation, does it set only fields and flags that the operation takes, may it be linked. Looks at
    /// nothing but the command.
    /// </summary>
    static Code Shape(in Command c)
    {
        var flags = c.Flags & ~CommandFlags.Linked;
        bool clean;
        bool linkable = false;
        switch (c.Operation)
        {
            case Operation.Transfer:
                clean = flags == 0 && (c.Time | c.Detail) == 0 && c.Target == UInt128.Zero;
                linkable = true;
                break;
            case Operation.Hold:
                bool timed = (flags & (CommandFlags.Expires | CommandFlags.Releases)) != 0;
                clean = (flags & ~(CommandFlags.Expires | CommandFlags.Releases | CommandFlags.Lien)) == 0
                    && flags.HasFlag(CommandFlags.Expires | CommandFlags.Releases) is false
                    && (timed || c.Time == 0) && c.Detail == 0 && c.Target == UInt128.Zero;
                linkable = true;
                break;
            case Operation.PostHold:
                clean = (flags & ~(CommandFlags.Releases | CommandFlags.KeepRest)) == 0 && NoPosting(c) && (c.Debit | c.Credit | c.Detail) == 0
                    && ((flags & CommandFlags.Releases) != 0 || c.Time == 0);
                linkable = true;
                break;
            case Operation.VoidHold:
                clean = flags == 0 && NoPosting(c) && (c.Debit | c.Credit | c.Amount | c.Time | c.Detail) == 0;
                linkable = true;
                break;
            case Operation.DefineAsset:
                clean = flags == 0 && c.TransactionType == 0 && (c.Debit | c.Credit | c.Amount | c.SerialFirst | c.Time) == 0 && c.Detail >>> 32 == 0;
                break;
            case Operation.OpenAccount:
                clean = flags == 0 && NoPosting(c) && NoReferenceTo(c.Credit, c.Amount, c.Time) && c.Detail >>> 17 == 0;
                break;
            case Operation.SetRule:
                clean = flags == 0 && (c.Debit | c.Credit | c.Amount | c.SerialFirst) == 0 && c.Target == UInt128.Zero;
                break;
            case Operation.SetTrust:
                clean = flags == 0 && NoPosting(c) && (c.Amount | c.Detail) == 0 && c.Target == UInt128.Zero;
                break;
            case Operation.RemoveTrust:
                clean = flags == 0 && NoPosting(c) && (c.Amount | c.Time | c.Detail) == 0 && c.Target == UInt128.Zero;
                break;
            case Operation.Freeze or Operation.Unfreeze:
                clean = flags == 0 && c.TransactionType == 0 && (c.Credit | c.Amount | c.SerialFirst | c.Time) == 0 && c.Target == UInt128.Zero;
                break;
            case Operation.CloseAccount:
                clean = flags == 0 && NoPosting(c) && (c.Credit | c.Amount | c.Time | c.Detail) == 0 && c.Target == UInt128.Zero;
                break;
            case Operation.Pulse:
                clean = flags == 0 && NoPosting(c) && (c.Debit | c.Credit | c.Amount | c.Time | c.Detail) == 0 && c.Target == UInt128.Zero;
                break;
            case Operation.Note:
                clean = flags == 0; // every other field is the program's
                break;
            default:
                return Code.OperationUnknown;
        }
        if (!clean) return Code.ReservedFieldSet;
        return !linkable && (c.Flags & CommandFlags.Linked) != 0 ? Code.NotLinkable : Code.Accepted;
    }

    static bool NoPosting(in Command c) => c.TransactionType == 0 && c.Asset == 0 && c.SerialFirst == 0;

    static bool NoReferenceTo(long a, long b, long c) => (a | b | c) == 0;
}
