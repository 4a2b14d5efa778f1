using System.Globalization;

namespace Verdigris.Book.Tests.Programs;

/// <summary>
/// A small program: a Note asks for a number of payments of one unit, each a hold and its posting in a chain, or for a checkpoint. It stops after <see cref="MostDerived"/> commands and goes on when it may.
/// </summary>
sealed class Tally(long price = 1) : IVenueProgram
{
    public const long Pay = 1, Save = 2, Saved = 3;
    const ushort Type = Ledger.Pay;

    long left, mode, paid, refused;
    (long Paid, long Refused)? loading;

    public readonly List<string> Told = [];

    public long Paid => paid;
    public long Refused => refused;

    public string State => string.Create(CultureInfo.InvariantCulture, $"{paid} paid, {refused} refused, {left} left");

    public int MostDerived => 10;
    public bool Unfinished => left > 0;
    public ProgramAnswer Answer { get; private set; }
    public long CheckpointsCompleted { get; private set; }

    public static Command Note(UInt128 id, long kind, long amount = 0) => Commands.Note(id) with { Detail = kind, Amount = amount };

    public void Step(in Command note, ProgramWriter writer)
    {
        left = note.Amount;
        mode = note.Detail;
        Continue(writer);
    }

    public void Continue(ProgramWriter writer)
    {
        if (mode == Save)
        {
            writer.Do(Commands.Note(0) with { Detail = Saved, Debit = paid, Credit = refused, Amount = left });
            if (--left == 0) CheckpointsCompleted++;
            Answer = default;
            return;
        }
        for (int i = 0; i < MostDerived / 2 && left > 0; i++, left--)
        {
            long hold = writer.NextSequence;
            var chain = writer.Stage(2);
            chain[0] = Commands.Hold(0, Type, Ledger.Cash, 100, 101, price);
            chain[1] = Commands.PostHold(0, ProgramWriter.IdOf(hold));
            if (writer.Do(out int fault) == Code.Accepted) paid++;
            else
            {
                Assert.Equal(0, fault);
                refused++;
            }
        }
        Answer = new((ushort)(refused > 0 ? 1 : 0), paid, refused);
    }

    public ProgramAnswer Recall(in Command note) => new(0, -1);

    public void Committed(long batch, long timeMicros) => Told.Add(State);

    public bool BeginsCheckpoint(in Command note) => note.Detail == Save;

    public bool Load(in Command note, long sequence, long timeMicros)
    {
        if (note.Detail == Save)
        {
            loading = null;
            return false;
        }
        if (note.Detail != Saved) throw new InvalidDataException("not a part of a checkpoint");
        loading ??= (note.Debit, note.Credit);
        if (note.Amount > 1) return false;
        (paid, refused) = loading.Value;
        CheckpointsCompleted++;
        return true;
    }

    public void Reset() => (left, mode, paid, refused, loading) = (0, 0, 0, 0, null);
}
