namespace Verdigris.Book;

// The chain of commands in the making.
public sealed partial class Floor
{
    /// <summary>On whose account a command of a trade's chain lies: where the Book refuses it, that side is at fault.</summary>
    enum Party : byte { Market, Buyer, Seller }

    readonly Command[] chain = new Command[MostATurn];
    readonly Party[] parties = new Party[MostATurn];
    int length;

    void Begin() => length = 0;

    /// <summary>Sequence number the next command added will have; the id of the hold it opens.</summary>
    long NextInChain => writer.NextSequence + length;

    void Add(in Command command, Party party)
    {
        parties[length] = party;
        chain[length++] = command;
    }

    void Transfer(ushort type, int asset, long debit, long credit, Int128 amount, Party party, long reference)
    {
        if (amount > 0) Add(Commands.Transfer(0, type, asset, debit, credit, (long)amount, reference: (UInt128)reference), party);
    }

    /// <summary>Posts a part of a hold, or with its last part ends it and gives the rest back.</summary>
    void Post(long hold, Int128 amount, bool last, Party party, long reference)
    {
        if (amount > 0) Add(Commands.PostHold(0, ProgramWriter.IdOf(hold), (long)amount, keepRest: !last, reference: (UInt128)reference), party);
        else if (last && hold != 0) Add(Commands.VoidHold(0, ProgramWriter.IdOf(hold), reference: (UInt128)reference), party);
    }

    /// <summary>Gives what was added to the Book, whole or not at all.</summary>
    Code Do(out Party fault)
    {
        fault = Party.Market;
        if (length == 0) return Code.Accepted;
        chain.AsSpan(0, length).CopyTo(writer.Stage(length));
        used += length;
        var code = writer.Do(out int at);
        if (code != Code.Accepted) fault = parties[at];
        length = 0;
        return code;
    }

    FloorCode Do() => FloorCodes.Of(Do(out _));
}
