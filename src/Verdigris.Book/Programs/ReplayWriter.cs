using System.Runtime.InteropServices;

namespace Verdigris.Book;

/// <summary>Holds what a program does again against the record in which it did it first.</summary>
sealed class ReplayWriter : ProgramWriter
{
    ReadOnlyMemory<byte> record;
    Command[] staged = new Command[64];
    int count;
    long firstSequence;

    /// <summary>Index in the record of the command behind the last one used.</summary>
    public int At { get; private set; }

    public void Open(ReadOnlyMemory<byte> whole, in RecordHeader header)
    {
        record = whole;
        firstSequence = header.FirstSequence;
        Batch = header.Batch;
        TimeMicros = header.TimeMicros;
    }

    /// <summary>The step begins with the Note at this index.</summary>
    public void Begin(int note)
    {
        At = note + 1;
        NoteSequence = firstSequence + note;
        NextSequence = NoteSequence + 1;
        count = 0;
    }

    public override Span<Command> Stage(int count)
    {
        this.count = count;
        if (staged.Length < count) staged = new Command[count];
        var chain = staged.AsSpan(0, count);
        chain.Clear();
        return chain;
    }

    public override Code Do(out int fault)
    {
        var chain = staged.AsSpan(0, count);
        Link(chain, NextSequence);
        var commands = RecordCodec.Commands(record.Span);
        if (At + count > commands.Length) throw Differs(At, "the record ends");
        for (int i = 0; i < count; i++)
            if (!MemoryMarshal.AsBytes(chain.Slice(i, 1)).SequenceEqual(MemoryMarshal.AsBytes(commands.Slice(At + i, 1)))) throw Differs(At + i, $"the record has {commands[At + i].Operation}, the program {chain[i].Operation}, with other content");
        var code = Fault(RecordCodec.Codes(record.Span).Slice(At, count), out fault);
        At += count;
        NextSequence += count;
        count = 0;
        return code;
    }

    JournalCorruptException Differs(int at, string how) => new(Batch, $"Batch {Batch}, command {at}: the program does not do again what it did: {how}.");
}
