using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Verdigris.Primitives;

namespace Verdigris.Footprint.Networks;

/// <summary>One run of production: what it emits itself, t CO2e; null where that is not known, which makes everything made of its lots unknown.</summary>
public readonly record struct ChainRun(decimal? DirectTco2e, decimal? IndirectTco2e);

/// <summary>A lot that came out of a run. Several lots of one run are co-products and share its emissions by mass.</summary>
/// <param name="MassT">Saleable or usable mass, above 0; what left as scrap or waste is not counted (2025/2547 Annex III, activity level).</param>
public readonly record struct ChainLot(int Run, decimal MassT);

/// <summary>A run used a mass of a lot, including what of it left as scrap or waste.</summary>
public readonly record struct ChainLink(int Run, int Lot, decimal MassT);

/// <summary>
/// Embedded emissions along chains of lots (2025/2547 Annex III, equation 62): SEE = (own + sum M x SEE of the precursor) / mass out, direct and indirect apart. Decimal fixed point: masses and emissions are
/// whole grams (finer ones are rounded half to even), SEE is kept to 12 places (t CO2e per t), rounded half to even once a run; in between nothing is rounded. Up to 9,000,000 t CO2e per t.
/// </summary>
public static class LotChain
{
    internal const long Grams = 1_000_000, SeeUnits = 1_000_000_000_000;

    /// <summary>Grams one run may use in all.</summary>
    const long MostUsed = 1L << 62;

    /// <summary>Shown of a cycle or a chain of lots.</summary>
    const int Named = 20;

    /// <summary>
    /// Works out every run. Refused: an index that leads nowhere; a mass that is not above 0 (used: below 0); a run nothing came out of; more used of a lot than it weighs (a tonne counted twice); a cycle, named
    /// lot by lot; figures too large.
    /// </summary>
    /// <param name="runs">Read again for traces, as the lots are: neither may change while the result is in use.</param>
    /// <param name="links">In any order; grouped by run, and runs after their precursors, is fastest.</param>
    /// <param name="nameOf">What a refusal calls a lot; its index where null.</param>
    public static Answer<LotChainResult> Calculate(ReadOnlyMemory<ChainRun> runs, ReadOnlyMemory<ChainLot> lots, ReadOnlySpan<ChainLink> links, Func<int, string>? nameOf = null)
    {
        nameOf ??= static lot => lot.ToString(System.Globalization.CultureInfo.InvariantCulture);
        try
        {
            var stock = new Stock[lots.Length];
            var output = new long[runs.Length];
            for (var i = 0; i < stock.Length; i++)
            {
                ref readonly var lot = ref lots.Span[i];
                if ((uint)lot.Run >= (uint)output.Length) return Refusal.Of("chain.outside", $"lots[{i}].run", ("given", $"{lot.Run}"), ("count", $"{output.Length}"));
                stock[i] = new(InGrams(lot.MassT), lot.Run);
                if (stock[i].Left <= 0) return Refusal.Of("chain.mass", $"lots[{i}].massT", ("lot", nameOf(i)), ("given", DecimalText.Write(lot.MassT)));
                output[lot.Run] += stock[i].Left;
            }
            if (Array.IndexOf(output, 0) is >= 0 and var empty) return Refusal.Of("chain.no-output", $"runs[{empty}]", ("run", $"{empty}"));
            var uses = new Uses(output.Length, links.Length);
            if (Fill(uses, stock, lots.Span, links, nameOf) is { } refusal) return refusal;
            var order = Order(uses, nameOf);
            return order.Ok ? new LotChainResult(runs, lots, output, uses, Work(runs.Span, output, uses, order.Value)) : order.Refusals.ToList();
        }
        catch (OverflowException) { return Refusal.Of("calc.out-of-range", "runs"); }
    }

    /// <summary>What is left of a lot while its uses are read, and where it came from: side by side, because both are looked up for every link.</summary>
    record struct Stock(long Left, int Run);

    /// <summary>The links by run: those of run r lie from Start[r] to before Start[r + 1].</summary>
    internal sealed class Uses(int runs, int links)
    {
        public int[] Start { get; } = new int[runs + 1];
        public int[] Lot { get; } = new int[links];
        public int[] Before { get; } = new int[links];
        public long[] Grams { get; } = new long[links];
    }

    static Refusal? Fill(Uses uses, Stock[] stock, ReadOnlySpan<ChainLot> lots, ReadOnlySpan<ChainLink> links, Func<int, string> nameOf)
    {
        var start = uses.Start;
        var grouped = true;
        for (int k = 0, last = 0; k < links.Length; k++)
        {
            var run = links[k].Run;
            if ((uint)run >= (uint)(start.Length - 1)) return Refusal.Of("chain.outside", $"links[{k}].run", ("given", $"{run}"), ("count", $"{start.Length - 1}"));
            start[run + 1]++;
            grouped &= run >= last;
            last = run;
        }
        for (var run = 1; run < start.Length; run++) start[run] += start[run - 1];
        var next = grouped ? [] : (int[])start.Clone();
        for (var k = 0; k < links.Length; k++)
        {
            ref readonly var link = ref links[k];
            if ((uint)link.Lot >= (uint)stock.Length) return Refusal.Of("chain.outside", $"links[{k}].lot", ("given", $"{link.Lot}"), ("count", $"{stock.Length}"));
            ref var lot = ref stock[link.Lot];
            var grams = InGrams(link.MassT);
            if (grams < 0) return Refusal.Of("chain.mass", $"links[{k}].massT", ("lot", nameOf(link.Lot)), ("given", DecimalText.Write(link.MassT)));
            if ((lot.Left -= grams) < 0) return Refusal.Of("chain.overdrawn", $"links[{k}].massT", ("lot", nameOf(link.Lot)), ("mass", DecimalText.Write(lots[link.Lot].MassT)));
            var at = grouped ? k : next[link.Run]++;
            (uses.Lot[at], uses.Before[at], uses.Grams[at]) = (link.Lot, lot.Run, grams);
        }
        return null;
    }

    /// <summary>Runs after those whose lots they use; empty where they stand so already.</summary>
    static Answer<int[]> Order(Uses uses, Func<int, string> nameOf)
    {
        var start = uses.Start;
        var sorted = true;
        for (var run = 0; sorted && run < start.Length - 1; run++)
            for (var k = start[run]; k < start[run + 1]; k++) sorted &= uses.Before[k] < run;
        if (sorted) return Array.Empty<int>();
        var order = new List<int>(start.Length - 1);
        // 0 not seen, 1 on the path, 2 done. A path can be a million runs long, so no recursion.
        var state = new byte[start.Length - 1];
        var path = new Stack<(int Run, int Next)>();
        for (var root = 0; root < state.Length; root++)
        {
            if (state[root] != 0) continue;
            state[root] = 1;
            path.Push((root, start[root]));
            while (path.TryPop(out var at))
            {
                if (at.Next == start[at.Run + 1])
                {
                    state[at.Run] = 2;
                    order.Add(at.Run);
                    continue;
                }
                path.Push((at.Run, at.Next + 1));
                var before = uses.Before[at.Next];
                if (state[before] == 1) return Cycle(path, before, uses.Lot, nameOf);
                if (state[before] != 0) continue;
                state[before] = 1;
                path.Push((before, start[before]));
            }
        }
        return order.ToArray();
    }

    static Refusal Cycle(Stack<(int Run, int Next)> path, int closing, int[] lotOf, Func<int, string> nameOf)
    {
        // From the run that closes the cycle back to itself: each uses the lot named after it.
        var used = new List<string>();
        foreach (var (run, next) in path)
        {
            used.Add(nameOf(lotOf[next - 1]));
            if (run == closing) break;
        }
        used.Reverse();
        var shown = used.Count > Named ? string.Join(" <- ", used.Take(Named)) + " <- …" : string.Join(" <- ", used) + " <- " + used[0];
        return Refusal.Of("chain.cycle", "links", ("lots", shown), ("count", $"{used.Count}"));
    }

    static See[] Work(ReadOnlySpan<ChainRun> runs, long[] output, Uses uses, int[] order)
    {
        var see = new See[runs.Length];
        for (var i = 0; i < runs.Length; i++)
        {
            var run = order.Length > 0 ? order[i] : i;
            Sum direct = default, indirect = default;
            var known = true;
            long used = 0;
            for (var k = uses.Start[run]; k < uses.Start[run + 1]; k++)
            {
                ref readonly var precursor = ref see[uses.Before[k]];
                known &= precursor.Known;
                used += uses.Grams[k];
                direct.Add(uses.Grams[k], precursor.Direct);
                indirect.Add(uses.Grams[k], precursor.Indirect);
            }
            if (used > MostUsed) throw new OverflowException();
            ref readonly var own = ref runs[run];
            if (!known || own.DirectTco2e is not { } ownDirect || own.IndirectTco2e is not { } ownIndirect) { see[run] = See.Unknown; continue; }
            direct.Add(InGrams(ownDirect), SeeUnits);
            indirect.Add(InGrams(ownIndirect), SeeUnits);
            see[run] = new(direct.Over(output[run]), indirect.Over(output[run]));
        }
        return see;
    }

    /// <summary>Half to even where there is more than a gram can say.</summary>
    /// <exception cref="OverflowException">Above 9 x 10^12 t.</exception>
    internal static long InGrams(decimal tonnes)
    {
        ref var parts = ref Unsafe.As<decimal, Parts>(ref tonnes);
        var places = (parts.Flags >> 16) & 0xFF;
        return parts.High == 0 && places <= 6 && parts.Low < long.MaxValue / Grams
            ? (parts.Flags < 0 ? -(long)parts.Low : (long)parts.Low) * Powers[6 - places]
            : decimal.ToInt64(Math.Round(tonnes * Grams, MidpointRounding.ToEven));
    }

    /// <summary>A decimal as it lies in memory (the layout of the DECIMAL it is passed to native code as). Six million are read for a million lots, and decimal.GetBits takes eight times as long.</summary>
    [StructLayout(LayoutKind.Sequential)]
    readonly struct Parts
    {
        public readonly int Flags;
        public readonly uint High;
        public readonly ulong Low;
    }

    static ReadOnlySpan<long> Powers => [1, 10, 100, 1_000, 10_000, 100_000, 1_000_000];

    /// <summary>t CO2e per t in units of 10^-12.</summary>
    internal readonly record struct See(long Direct, long Indirect)
    {
        public static See Unknown { get; } = new(long.MinValue, 0);
        public bool Known => Direct != long.MinValue;
    }

    /// <summary>A sum of products of grams and SEE: units of 10^-18 t.</summary>
    struct Sum
    {
        Int128 value;

        // Cannot overflow: a run uses at most MostUsed grams, an SEE is below 2^63. A checked multiplication would cost ten times as much.
        public void Add(long grams, long see) => value = unchecked(value + (Int128)grams * see);

        /// <summary>Half to even.</summary>
        public readonly long Over(long grams)
        {
            var size = unchecked((UInt128)(value < 0 ? -value : value));
            var quotient = size / (ulong)grams;
            var rest = unchecked((ulong)(size - quotient * (ulong)grams));
            var half = rest.CompareTo((ulong)grams - rest);
            if (half > 0 || (half == 0 && !UInt128.IsEvenInteger(quotient))) quotient++;
            var whole = checked((long)quotient);
            return value < 0 ? -whole : whole;
        }
    }
}
