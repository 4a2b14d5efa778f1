using FsCheck;
using FsCheck.Fluent;
using Verdigris.Footprint.Meters;
using Verdigris.Primitives.Rules;

namespace Verdigris.Footprint.Tests;

/// <summary>The algebra of meter readings: their set decides, and parts make the whole.</summary>
public sealed class RollupTests
{
    const long Minute = 60_000, Hour = 60 * Minute;

    static readonly Gen<MeterTraits> Meters =
        from kind in Gen.Elements(Enum.GetValues<MeterKind>())
        from hold in Gen.Elements(1, 5, 60, 900)
        from range in Gen.Elements((decimal?)null, 1000m)
        select new MeterTraits(kind, hold, range);

    /// <summary>From ten minutes before an hour to ten after it, close together and far apart, some of them twice with other values.</summary>
    static readonly Gen<List<Reading>> Sets =
        from step in Gen.Elements(700, 3_000, 90_000, 1_500_000)
        from count in Gen.Choose(0, 60)
        from first in Gen.Choose(-600_000, 3_000_000)
        from gaps in Gen.Choose(0, step).ArrayOf(count)
        from values in Gen.Choose(0, 999_999).ArrayOf(count)
        from qualities in Gen.Frequency((8, Gen.Constant(ReadingQuality.Good)), (1, Gen.Constant(ReadingQuality.Uncertain)), (1, Gen.Constant(ReadingQuality.Bad))).ArrayOf(count)
        select Enumerable.Range(0, count).Select(i => new Reading(first + gaps.Take(i).Sum(g => (long)g), values[i] / 1000m, qualities[i])).ToList();

    static void ForAll<T>(Gen<T> gen, Action<T> check) => Prop.ForAll(gen.ToArbitrary(), check).QuickCheckThrowOnFailure();

    [Fact]
    public void Any_order_any_repetition_and_any_split_into_batches_gives_the_same_figures() => ForAll(Meters.Zip(Sets, (m, s) => (Meter: m, Set: s)).Zip(Gen.Choose(0, int.MaxValue), (x, seed) => (x.Meter, x.Set, seed)), x =>
    {
        var once = Rollup.Of(x.Meter, Reading.InOrder(x.Set), 0, Minute, 60);
        var random = new Random(x.seed);
        var sent = x.Set.Concat(x.Set.Where(_ => random.Next(3) == 0)).ToArray();
        random.Shuffle(sent);
        List<Reading> kept = [];
        for (var i = 0; i < sent.Length;)
        {
            var batch = sent.Skip(i).Take(1 + random.Next(10)).ToList();
            kept = Reading.Union(kept, Reading.InOrder(batch));
            // A batch that was taken is sent again where its answer was lost.
            if (random.Next(4) == 0) kept = Reading.Union(Reading.InOrder(batch), kept);
            i += batch.Count;
        }
        Assert.Equal(once, Rollup.Of(x.Meter, kept, 0, Minute, 60));
    });

    [Fact]
    public void An_hour_is_the_sum_of_its_minutes_and_a_minute_of_its_seconds() => ForAll(Meters.Zip(Sets, (m, s) => (m, Reading.InOrder(s))), x =>
    {
        var hour = Rollup.Of(x.m, x.Item2, 0, Hour, 1)[0];
        Assert.Equal(hour, Rollup.Of(x.m, x.Item2, 0, Minute, 60).Aggregate((a, b) => a + b));
        Assert.Equal(hour, Rollup.Of(x.m, x.Item2, 0, 1000, 3600).Aggregate((a, b) => a + b));
    });

    [Fact]
    public void A_period_needs_no_more_than_the_reading_before_it_and_the_one_after_it() => ForAll(Meters.Zip(Sets, (m, s) => (m, Reading.InOrder(s).FindAll(r => r.Quality != ReadingQuality.Bad))), x =>
    {
        var from = Math.Max(0, x.Item2.FindLastIndex(r => r.AtMs < 20 * Minute));
        var to = x.Item2.FindIndex(r => r.AtMs >= 21 * Minute);
        var near = x.Item2[from..(to < 0 ? x.Item2.Count : to + 1)];
        Assert.Equal(Rollup.Of(x.m, x.Item2, 20 * Minute, Minute, 1), Rollup.Of(x.m, near, 20 * Minute, Minute, 1));
    });

    [Fact]
    public void No_time_is_known_twice_and_none_beyond_the_period() => ForAll(Meters.Zip(Sets, (m, s) => (m, Reading.InOrder(s))), x =>
        Assert.All(Rollup.Of(x.m, x.Item2, 0, Minute, 60), p => Assert.InRange(p.KnownMs, 0, Minute)));

    [Fact]
    public void What_a_counter_rose_by_is_all_counted_however_long_nobody_looked() => ForAll(Sets, s =>
    {
        var total = 0m;
        var counter = Reading.InOrder(s.FindAll(r => r.Quality != ReadingQuality.Bad)).ConvertAll(r => r with { Value = total += r.Value });
        if (counter.Count < 2) return;
        var from = counter[0].AtMs - 7;
        var all = Rollup.Of(new(MeterKind.Counter, 5), counter, from, Minute, (int)((counter[^1].AtMs - from) / Minute) + 1);
        Assert.Equal(counter[^1].Value - counter[0].Value, all.Sum(p => p.Sum));
    });

    [Fact]
    public void A_joined_reading_is_the_same_in_any_order_and_however_often() => ForAll(Gen.Choose(0, 3).Zip(Gen.Choose(0, 2), (v, q) => new Reading(1, v, (ReadingQuality)q)).Three(), x =>
    {
        var (a, b, c) = x;
        Assert.Equal(Reading.Join(Reading.Join(a, b), c), Reading.Join(a, Reading.Join(b, c)));
        Assert.Equal(Reading.Join(a, b), Reading.Join(b, a));
        Assert.Equal(Reading.Join(a, b), Reading.Join(Reading.Join(a, b), b));
        Assert.Equal(a, Reading.Join(a, a));
        Assert.Equal(a != b || b != c, Reading.Join(Reading.Join(a, b), c).Disputed);
    });

    [Theory]
    [InlineData(999_990, 5, 15, false)]
    [InlineData(900_000, 0, 100_000, false)]
    [InlineData(899_999, 0, 0, true)]
    [InlineData(500_000, 20, 20, true)]
    [InlineData(10, 20, 10, false)]
    public void A_register_that_falls_begins_again_or_was_set_back(int before, int after, int rise, bool reset) =>
        Assert.Equal((rise, reset), new MeterTraits(MeterKind.Counter, 60, 1_000_000).Step(before, after));

    [Theory]
    [InlineData("1.000000000", true)]
    [InlineData("0.0000000001", false)]
    [InlineData("1000000000000", true)]
    [InlineData("1000000000000.1", false)]
    [InlineData("999999999.999999999", true)]
    [InlineData("-9999999999.999999999", false)]
    [InlineData("0.0000000010000", true)]
    public void A_value_is_kept_whole_or_refused(string value, bool fits) => Assert.Equal(fits, Reading.Fits(decimal.Parse(value, System.Globalization.CultureInfo.InvariantCulture)));

    static readonly GapLimits Limits = GapLimits.Of(RulePacks.Open(Checkout.Path("data")));

    [Fact]
    public void What_stands_in_for_a_gap_is_never_less_than_what_was_measured() => ForAll(Gen.Choose(0, 100_000).ListOf().Zip(Gen.Choose(0, 3_600_000), (r, known) => (r, known)).Zip(Gen.Choose(0, 500_000), (x, sum) => (x.r, x.known, sum)), x =>
    {
        var meter = new MeterTraits(MeterKind.Counter, 60);
        var hour = new PeriodFigures(x.sum, null, null, 1, 0, 0, 0, x.known, 0);
        var filled = GapFilling.Fill(meter, hour, Hour, [.. x.r.Select(v => (decimal)v)], Limits);
        Assert.Equal(x.known == Hour ? FillState.Measured : x.known * 100L >= Hour * 80 ? FillState.Scaled : x.r.Count >= 24 ? FillState.Substituted : FillState.Unknown, filled.State);
        Assert.True(filled.State == FillState.Unknown ? filled.Amount is null : filled.Amount >= x.sum);
        if (filled.State == FillState.Substituted) Assert.True(filled.Amount >= x.r.Sum(v => (decimal)v) / x.r.Count);
    });

    [Fact]
    public void A_register_that_jumps_to_and_fro_leaves_no_range()
    {
        var (mean, deviation) = GapFilling.Spread([.. Enumerable.Range(0, 720).Select(i => i % 2 == 0 ? 0 : 3_600_000_000_000_000m)]);
        Assert.Equal(1_800_000_000_000_000m, mean);
        Assert.InRange(deviation, 1_801_000_000_000_000m, 1_801_300_000_000_000m);
    }

    [Fact]
    public void The_limits_of_gaps_are_those_of_the_regulation() => Assert.Equal((80m, 2m), (Limits.ValidSharePercent, Limits.Deviations));
}
