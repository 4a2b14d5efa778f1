using Verdigris.Book;

namespace Verdigris.Simulator.Reference;

/// <summary>Which fields and flags each operation takes (docs/book.md section 2), as one table; whatever is not taken must be zero.</summary>
static class FieldUse
{
    [Flags]
    enum Field { None = 0, TransactionType = 1, Asset = 2, Debit = 4, Credit = 8, Amount = 16, SerialFirst = 32, Time = 64, Target = 128, Detail = 256, All = 511 }

    static readonly Dictionary<Operation, (Field Fields, CommandFlags Flags)> Table = new()
    {
        [Operation.DefineAsset] = (Field.Asset | Field.Target | Field.Detail, CommandFlags.None),
        [Operation.OpenAccount] = (Field.Debit | Field.Target | Field.Detail, CommandFlags.None),
        [Operation.SetRule] = (Field.TransactionType | Field.Asset | Field.Time | Field.Detail, CommandFlags.None),
        [Operation.SetTrust] = (Field.Debit | Field.Credit | Field.Time, CommandFlags.None),
        [Operation.RemoveTrust] = (Field.Debit | Field.Credit, CommandFlags.None),
        [Operation.Freeze] = (Field.Asset | Field.Debit | Field.Detail, CommandFlags.None),
        [Operation.Unfreeze] = (Field.Asset | Field.Debit | Field.Detail, CommandFlags.None),
        [Operation.CloseAccount] = (Field.Debit, CommandFlags.None),
        [Operation.Transfer] = (Field.TransactionType | Field.Asset | Field.Debit | Field.Credit | Field.Amount | Field.SerialFirst, CommandFlags.None),
        [Operation.Hold] = (Field.TransactionType | Field.Asset | Field.Debit | Field.Credit | Field.Amount | Field.SerialFirst, CommandFlags.Expires | CommandFlags.Releases | CommandFlags.Lien),
        [Operation.PostHold] = (Field.Amount | Field.Target, CommandFlags.Releases | CommandFlags.KeepRest),
        [Operation.VoidHold] = (Field.Target, CommandFlags.None),
        [Operation.Pulse] = (Field.None, CommandFlags.None),
        [Operation.Note] = (Field.All, CommandFlags.None),
    };

    public static bool Linkable(Operation operation) => operation is Operation.Transfer or Operation.Hold or Operation.PostHold or Operation.VoidHold;

    public static Code Check(in Command c)
    {
        if (!Table.TryGetValue(c.Operation, out var allowed)) return Code.OperationUnknown;
        (Field fields, CommandFlags flags) = allowed;
        // Time belongs to Hold and PostHold only together with the flag that gives it a meaning.
        if ((c.Flags & flags & (CommandFlags.Expires | CommandFlags.Releases)) != 0) fields |= Field.Time;
        Field set =
            (c.TransactionType != 0 ? Field.TransactionType : 0) | (c.Asset != 0 ? Field.Asset : 0) | (c.Debit != 0 ? Field.Debit : 0) |
            (c.Credit != 0 ? Field.Credit : 0) | (c.Amount != 0 ? Field.Amount : 0) | (c.SerialFirst != 0 ? Field.SerialFirst : 0) |
            (c.Time != 0 ? Field.Time : 0) | (c.Target != 0 ? Field.Target : 0) | (c.Detail != 0 ? Field.Detail : 0);
        if ((set & ~fields) != 0) return Code.ReservedFieldSet;
        // Of Detail, too, only the bits that mean something.
        if (c.Operation == Operation.DefineAsset && c.Detail >>> 32 != 0) return Code.ReservedFieldSet;
        if (c.Operation == Operation.OpenAccount && c.Detail >>> 17 != 0) return Code.ReservedFieldSet;
        if ((c.Flags & ~(flags | CommandFlags.Linked)) != 0) return Code.ReservedFieldSet;
        if (c.Flags.HasFlag(CommandFlags.Expires) && c.Flags.HasFlag(CommandFlags.Releases)) return Code.ReservedFieldSet;
        return Code.Accepted;
    }
}
