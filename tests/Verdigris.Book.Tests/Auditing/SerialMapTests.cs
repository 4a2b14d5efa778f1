using Verdigris.Auditor.Replay;

namespace Verdigris.Book.Tests.Auditing;

public sealed class SerialMapTests
{
    const int Serials = 6000;

    /// <summary>Small runs, so that thousands of them fill and split many chunks; every answer is compared with an array of owners.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void The_map_agrees_with_one_owner_a_serial(int seed)
    {
        TestContext.Current.TestOutputHelper?.WriteLine("seed " + seed);
        var random = new Random(seed);
        var map = new SerialMap();
        var owners = new (int Holding, int Hold)?[Serials + 1];
        for (var step = 0; step < 30_000; step++)
        {
            var first = random.Next(1, Serials);
            var last = Math.Min(Serials, first + random.Next(step % 50 == 0 ? 400 : 4));
            var to = (random.Next(3), random.Next(4) == 0 ? random.Next(2) : SerialMap.Available);
            if (owners[first] is { } from && random.Next(4) > 0)
            {
                var astray = Enumerable.Range(first, last - first + 1).FirstOrDefault(s => owners[s] != from);
                Assert.Equal(astray, map.Move(first, last, from.Holding, from.Hold, to.Item1, to.Item2, out var where));
                if (astray != 0)
                {
                    Assert.Equal(owners[astray], where is { } run ? (run.Holding, run.Hold) : null);
                    continue;
                }
            }
            else
            {
                var issued = Enumerable.Range(first, last - first + 1).FirstOrDefault(s => owners[s] is not null);
                var touching = map.Touching(first, last);
                Assert.Equal(issued != 0, touching is not null);
                if (touching is { } t) Assert.InRange(issued, t.First, t.Last);
                map.Put(first, last, to.Item1, to.Item2);
            }
            for (var s = first; s <= last; s++) owners[s] = to;
            if (step % 500 == 0) Compare(map, owners);
        }
        Compare(map, owners);
        Assert.True(map.All().Count() > 1000, "too few runs to split chunks");
    }

    static void Compare(SerialMap map, (int, int)?[] owners)
    {
        var seen = new (int, int)?[owners.Length];
        var before = default(Run);
        foreach (var run in map.All())
        {
            Assert.True(run.First > before.Last && run.Last >= run.First);
            Assert.False(run.First == before.Last + 1 && before.First > 0 && run.SameOwner(before.Holding, before.Hold), "neighbours of one owner are one run");
            for (var s = run.First; s <= run.Last; s++) seen[s] = (run.Holding, run.Hold);
            before = run;
        }
        Assert.Equal(owners, seen);
    }
}
