using Verdigris.Primitives;

namespace Verdigris.Registry.Credits.Serials;

/// <summary>A printed serial number of a block of units, taken apart.</summary>
/// <param name="Parts">The named parts as printed, in the order of the grammar; start and end are not among them.</param>
/// <param name="Range">First and last unit; null where the registry prints them beside the serial number.</param>
public sealed record SerialBlock(SerialGrammar Grammar, IReadOnlyList<string> Parts, SerialRange? Range)
{
    public string Programme => Grammar.Programme;

    public string Unit => Grammar.Unit;

    /// <summary>Units in the block; null where the serial number does not say.</summary>
    public long? Quantity => Range?.Count;

    /// <summary>
    /// What numbers of one run of counting have in common: two blocks overlap where their units and series are the same and their ranges do. Empty where the programme counts through all its units.
    /// </summary>
    public string Series => Grammar.SeriesOf(Parts);

    /// <summary>A part as printed; null where the grammar has none of this name.</summary>
    public string? Part(string name) => Grammar.IndexOf(name) is var i and >= 0 ? Parts[i] : null;

    /// <summary>The block as its registry prints it.</summary>
    public string Text => Grammar.Write(Parts, Range);

    /// <summary>The same block with another range: how a part of it is printed.</summary>
    public SerialBlock With(SerialRange range) => this with { Range = range };

    /// <summary>The first <paramref name="count"/> units, which go to the receiver, and what is left; null where nothing is.</summary>
    /// <exception cref="InvalidOperationException">The block has no range.</exception>
    /// <exception cref="ArgumentOutOfRangeException">Fewer than one, or more than there are.</exception>
    public (SerialBlock Taken, SerialBlock? Left) Take(long count)
    {
        var (taken, left) = (Range ?? throw new InvalidOperationException("The block has no range.")).Take(count);
        return (With(taken), left is { } rest ? With(rest) : null);
    }

    public override string ToString() => Text;
}
