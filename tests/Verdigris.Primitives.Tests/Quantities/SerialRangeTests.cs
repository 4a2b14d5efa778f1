namespace Verdigris.Primitives.Tests.Quantities;

public sealed class SerialRangeTests
{
    [Fact]
    public void Taking_and_joining_give_the_same_range_again()
    {
        var random = Seeded.Next();
        for (var i = 0; i < 2_000; i++)
        {
            var range = new SerialRange(random.NextInt64(1, 1_000), random.NextInt64(1_000, 2_000));
            var (taken, left) = range.Take(random.NextInt64(1, range.Count + 1));
            if (left is not { } rest) { Assert.Equal(range, taken); continue; }
            Assert.False(taken.Overlaps(rest));
            Assert.Equal(range.Count, taken.Count + rest.Count);
            Assert.Equal(range, taken.Join(rest));
            Assert.Equal(range, rest.Join(taken));
        }
    }

    [Fact]
    public void Overlapping_ranges_never_join() => Assert.Throws<ArgumentException>(() => new SerialRange(1, 5).Join(new SerialRange(5, 9)));

    [Fact]
    public void Ranges_with_a_gap_do_not_join() => Assert.Null(new SerialRange(1, 5).Join(new SerialRange(7, 9)));

    [Theory]
    [InlineData(0, 5)]
    [InlineData(6, 5)]
    public void A_range_begins_at_one_and_is_not_empty(long first, long last) => Assert.Throws<ArgumentOutOfRangeException>(() => new SerialRange(first, last));

    [Fact]
    public void The_last_serial_of_all_touches_nothing_beyond_it() => Assert.False(new SerialRange(5, long.MaxValue).Touches(new SerialRange(1, 3)));
}
