using Verdigris.Primitives;
using Verdigris.Registry.Credits.Imports;
using Verdigris.Registry.Credits.Units;

namespace Verdigris.Registry.Tests.Credits;

public sealed class SerialRunsTests
{
    [Fact]
    public void Runs_are_what_a_plain_array_of_units_would_be()
    {
        var random = new Random(20261122);
        for (var round = 0; round < 200; round++)
        {
            var (runs, plain) = (new SerialRuns(), new UnitStanding?[121]);
            for (var i = 0; i < 40; i++)
            {
                var first = random.Next(1, 121);
                var range = new SerialRange(first, random.Next(first, 121));
                var within = runs.Within(range);
                for (var n = range.First; n <= range.Last; n++)
                    Assert.Equal(plain[n], within.Where(r => r.First <= n && n <= r.Last).Select(r => (UnitStanding?)r.Standing).SingleOrDefault());
                Assert.Equal(Enumerable.Range((int)range.First, (int)range.Count).Where(n => plain[n] is null).Select(n => (long)n), SerialRuns.Gaps(range, within).SelectMany(g => Enumerable.Range((int)g.First, (int)g.Count).Select(n => (long)n)));
                var standing = (UnitStanding)random.Next(0, 8);
                runs.Set(range, standing, i);
                for (var n = range.First; n <= range.Last; n++) plain[n] = standing;
                for (var k = 1; k < runs.All.Count; k++) Assert.True(runs.All[k - 1].Last < runs.All[k].First);
            }
        }
    }

    [Fact]
    public void A_serial_of_the_Book_is_its_run_and_its_printed_number_and_comes_back_as_both()
    {
        var serials = CreditBook.Serials(7, new(1, 9_999_999_999));
        Assert.Equal(70_000_000_001, serials.First);
        Assert.Equal((7L, new PrintedRange(1, 9_999_999_999)), CreditBook.Printed(serials.First, serials.Last));
        Assert.True(serials.Last < CreditBook.Serials(8, new(0, 0)).First);
    }
}
