namespace Verdigris.Book;

// Memory asked for ahead of its use.
public sealed partial class BookState
{
    // In a large venue every look-up is a miss of its own, a hundred nanoseconds and more. A batch is known beforehand, so its commands are
    // prepared in three steps, each a few commands ahead of the next: the slots of the indexes, the rows of accounts and blocks, the rows those lead to.
    // A step decides nothing: what it finds is looked up again, or compared, when the command's turn comes.
    const int Ahead = 16;

    readonly (uint Debit, uint Credit)[] parties = new (uint, uint)[Ahead];

    /// <summary>The account rows of a posting, as found ahead of its turn; accounts opened meanwhile are looked up again.</summary>
    (uint Debit, uint Credit) Parties(in Command command)
    {
        var (debit, credit) = current < 0 ? (None, None) : parties[current & (Ahead - 1)];
        if (debit == None || Accounts[debit].Id != command.Debit) debit = FindAccount(command.Debit);
        if (credit == None || Accounts[credit].Id != command.Credit) credit = FindAccount(command.Credit);
        return (debit, credit);
    }

    /// <summary>The place in the index of commands where an id stands or will stand.</summary>
    internal void PrefetchId(UInt128 id) => commandIndex.Prefetch(id);

    /// <summary>The row of a command, most likely; its index slot was asked for before.</summary>
    internal void PrefetchCommand(UInt128 id)
    {
        if (commandIndex.Guess(id) is not None and var row) Memory.Prefetch(ref Commands[row]);
    }

    /// <summary>The hold that a command opened, most likely; its row was asked for before.</summary>
    internal void PrefetchHold(UInt128 id)
    {
        uint row = commandIndex.Guess(id);
        if (row == None || Commands[row].Hold is not (not 0 and var hold)) return;
        Memory.Prefetch(ref Holds[hold - 1]);
        Memory.Prefetch(ref Holds[hold - 1].Asset);
    }

    void PrefetchIndexes(in Command command)
    {
        commandIndex.Prefetch(command.Id);
        if (command.Operation is Operation.PostHold or Operation.VoidHold) commandIndex.Prefetch(command.Target);
        if (command.Operation is not (Operation.Transfer or Operation.Hold)) return;
        accountIndex.Prefetch(Mix.Hash(unchecked((ulong)command.Debit)));
        accountIndex.Prefetch(Mix.Hash(unchecked((ulong)command.Credit)));
        if (command.SerialFirst == 0 || FindAsset(command.Asset) is not { } asset) return;
        asset.Blocks.Prefetch(command.SerialFirst);
        asset.Segments.Prefetch(command.SerialFirst);
    }

    void PrefetchRows(in Command command, int index)
    {
        ref var found = ref parties[index & (Ahead - 1)];
        found = (None, None);
        if (command.Operation is not (Operation.Transfer or Operation.Hold)) return;
        // The slot alone tells the row, most likely; the account's id is compared when its turn comes.
        found = (accountIndex.Guess(Mix.Hash(unchecked((ulong)command.Debit))), accountIndex.Guess(Mix.Hash(unchecked((ulong)command.Credit))));
        if (found.Debit != None) Memory.Prefetch(ref Accounts[found.Debit]);
        if (found.Credit != None) Memory.Prefetch(ref Accounts[found.Credit]);
        if (BlockAhead(command) is not 0 and var block) Memory.Prefetch(ref BlockTable[block]);
    }

    /// <summary>The block that the serials named by a posting lie in, as things stand; 0 for none.</summary>
    uint BlockAhead(in Command command) =>
        command.SerialFirst != 0 && FindAsset(command.Asset) is { } asset && asset.Blocks.Floor(command.SerialFirst, out _, out uint block) ? block : 0;

    void PrefetchHoldings(in Command command, int index)
    {
        var (debit, credit) = parties[index & (Ahead - 1)];
        if (debit != None && Accounts[debit].FirstHolding is not 0 and var d) Memory.Prefetch(ref HoldingTable[d - 1]);
        if (credit != None && Accounts[credit].FirstHolding is not 0 and var c) Memory.Prefetch(ref HoldingTable[c - 1]);
        if (command.Operation is Operation.Transfer or Operation.Hold && BlockAhead(command) is not 0 and var block) Memory.Prefetch(ref BlockTable[BlockTable[block].Next]);
    }
}
