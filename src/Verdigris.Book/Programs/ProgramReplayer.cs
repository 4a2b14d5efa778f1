namespace Verdigris.Book;

/// <summary>Rebuilds a program from journal records, from a checkpoint on or from the beginning.</summary>
static class ProgramReplayer
{
    /// <summary>Brings an empty program to where the journal ends.</summary>
    /// <returns>Where the checkpoint it began with lies; null where everything was replayed.</returns>
    /// <exception cref="JournalCorruptException">The program does not do again what the records say.</exception>
    public static CheckpointHint? Rebuild(IVenueProgram program, IJournal journal, CheckpointHint? hint, Action<string>? warn)
    {
        if (hint is not null && Belongs(hint, journal))
        {
            try
            {
                Replay(program, ReadAhead.Of(journal.ReadFrom(hint.Batch)), hint.Sequence);
                return hint;
            }
            catch (InvalidDataException e)
            {
                warn?.Invoke($"The checkpoint in batch {hint.Batch} cannot be used ({e.Message}); the whole journal takes its place.");
            }
            program.Reset();
        }
        Replay(program, ReadAhead.Of(journal.ReadFrom(1)), checkpoint: 0);
        return null;
    }

    static bool Belongs(CheckpointHint hint, IJournal journal)
    {
        if (hint.Batch < 1 || hint.Batch > journal.LastBatch) return false;
        foreach (var record in journal.ReadFrom(hint.Batch)) return RecordCodec.Hash(record.Span).SequenceEqual(hint.RecordHash);
        return false;
    }

    /// <param name="checkpoint">Sequence number of the Note with which the checkpoint to load begins; 0 for none.</param>
    static void Replay(IVenueProgram program, IEnumerable<ReadOnlyMemory<byte>> records, long checkpoint)
    {
        var writer = new ReplayWriter();
        bool loading = checkpoint != 0;
        foreach (var record in records)
        {
            if (!RecordCodec.TryReadHeader(record.Span, out var header)) throw new InvalidDataException("a record is damaged");
            writer.Open(record, header);
            for (int at = 0; at < header.Commands;)
            {
                var command = RecordCodec.Commands(record.Span)[at];
                bool note = command.Operation == Operation.Note && RecordCodec.Codes(record.Span)[at] == Code.Accepted;
                long sequence = header.FirstSequence + at;
                if (loading)
                {
                    if (note && sequence == checkpoint && !program.BeginsCheckpoint(command)) throw new InvalidDataException("no checkpoint begins there");
                    // What is no part of it stands before its beginning, or is a line by which the writer let it go on.
                    if (note && (sequence == checkpoint || sequence > checkpoint && !IsContinue(command))) loading = !program.Load(command, sequence, header.TimeMicros);
                    at++;
                    continue;
                }
                if (!note)
                {
                    if (ProgramWriter.IsDerived(command.Id)) throw new JournalCorruptException(header.Batch, $"Batch {header.Batch}, command {at}: the program once derived it, and does not now.");
                    at++;
                    continue;
                }
                writer.Begin(at);
                bool goesOn = IsContinue(command);
                if (goesOn != program.Unfinished) throw new JournalCorruptException(header.Batch, $"Batch {header.Batch}, command {at}: the program {(goesOn ? "is finished" : "is not finished")}, the journal says otherwise.");
                if (goesOn) program.Continue(writer);
                else program.Step(command, writer);
                at = writer.At;
            }
            if (loading) continue;
            program.Decided();
            program.Committed(header.Batch, header.TimeMicros);
        }
        if (loading) throw new InvalidDataException("it is not complete");
    }

    /// <summary>A Note by which the writer let a cut step go on: a derived id and nothing else.</summary>
    static bool IsContinue(in Command note)
    {
        var bare = Commands.Note(note.Id);
        return ProgramWriter.IsDerived(note.Id) && Mix.Content(note) == Mix.Content(bare);
    }
}
