using Verdigris.Book;
using Verdigris.Simulator.Reference;

namespace Verdigris.Simulator.Registry;

/// <summary>A registry's day as a setting of the simulation.</summary>
/// <param name="Without">A guard that every rule lacks. With any, a run must fail: this option shows that it does.</param>
/// <param name="FlagsPass">The desk lets requests set a hold's own flags, pledge and release time. The run must fail: the Book asks no second person for those.</param>
public sealed record RegistryOptions(RuleFlags Without = RuleFlags.None, bool FlagsPass = false);

/// <summary>Honest people, thieves and the watch over them, on two schemes of the registry.</summary>
sealed class RegistryWorkload : IWorkload
{
    const int Remembered = 80;

    readonly RegistryWorld world = new();
    readonly DeskPapers papers = new();
    readonly SeededRandom random;
    readonly RegistryOptions options;
    readonly RegistryDesk desk;
    readonly HonestPeople honest;
    readonly Thieves thieves;
    readonly TheftWatch watch;

    long outOfHours;

    public RegistryWorkload(SeededRandom random, RegistryOptions options)
    {
        this.random = random;
        this.options = options;
        Gang gang = new(world, random.Fork());
        desk = new(world, papers, random.Fork(), options.Without);
        honest = new(world, desk, random.Fork(), gang);
        thieves = new(world, desk, papers, honest, gang, random.Fork(), options.FlagsPass);
        watch = new(world, papers);
    }

    public Command[] Beginning() => [.. world.Beginning(random, options.Without)];

    public Command[] NextBatch(LedgerState before, int most)
    {
        desk.State = before;
        int size = Math.Min(most, 1 + random.Below(14));
        List<Command> batch = [];
        while (batch.Count < size)
        {
            bool theft = random.Chance(40);
            int already = batch.Count;
            batch.AddRange(theft ? thieves.Act() : honest.Act());
            if (theft && batch.Count > already && DeskCalendar.After(before.TimeMicros, 0) != before.TimeMicros) outOfHours++;
        }
        foreach (Command command in batch)
            if (command.Operation == Operation.Hold) Remember(command.Id);
        return [.. batch];
    }

    /// <summary>Minutes mostly; now and then a morning, a night, a weekend.</summary>
    public long Waits() => random.Below(20) switch
    {
        < 13 => random.Below(DeskCalendar.Hour / 6),
        < 17 => random.Below(2 * DeskCalendar.Hour),
        < 19 => random.Below(10 * DeskCalendar.Hour),
        _ => random.Below(3 * DeskCalendar.Day),
    };

    public string? Happened(ReadOnlySpan<Command> commands, Decided decided) => watch.Batch(commands, decided);

    public string? Whole(IBookState book) => watch.Whole(book);

    public IReadOnlyDictionary<string, long> Counts
    {
        get
        {
            SortedDictionary<string, long> all = new(watch.Seen, StringComparer.Ordinal) { ["refused at the desk"] = thieves.RefusedAtDesk, ["thefts tried out of hours"] = outOfHours };
            foreach ((Attempt attempt, long count) in thieves.Tried) all["tried " + attempt] = count;
            return all;
        }
    }

    // Ended ones go with time: most of what is looked at should still be open.
    void Remember(UInt128 hold)
    {
        if (honest.Proposals.Count >= Remembered) honest.Proposals.RemoveAt(0);
        honest.Proposals.Add(hold);
    }
}
