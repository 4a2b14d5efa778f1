using FsCheck;
using FsCheck.Fluent;
using Verdigris.Footprint.Networks;

namespace Verdigris.Footprint.Tests;

/// <summary>Chains of lots beside the network engine, and what must hold for every chain.</summary>
public sealed class LotChainTests
{
    sealed record Chain(int Seed, ChainRun[] Runs, ChainLot[] Lots, ChainLink[] Links)
    {
        public override string ToString() => $"seed {Seed}: {Runs.Length} runs, {Lots.Length} lots, {Links.Length} links";
    }

    /// <summary>Runs that use parts of lots of earlier runs; a third of them have co-products.</summary>
    static Chain Drawn(int runs, int seed)
    {
        var random = new Random(seed);
        var (own, lots, links, left) = (new List<ChainRun>(), new List<ChainLot>(), new List<ChainLink>(), new List<decimal>());
        for (var run = 0; run < runs; run++)
        {
            own.Add(new(random.Next(0, 10_000_000) / 1000m, random.Next(0, 10_000_000) / 1000m));
            for (var k = random.Next(0, 4); k > 0 && lots.Count > 0; k--)
            {
                var lot = random.Next(lots.Count);
                if (lots[lot].Run == run) continue;
                var mass = Math.Round(left[lot] * random.Next(1, 800) / 1000m, 6);
                left[lot] -= mass;
                links.Add(new(run, lot, mass));
            }
            for (var k = random.Next(3) == 0 ? random.Next(2, 5) : 1; k > 0; k--)
            {
                lots.Add(new(run, random.Next(1, 1_000_000) / 1000m));
                left.Add(lots[^1].MassT);
            }
        }
        return new(seed, [.. own], [.. lots], [.. links]);
    }

    static void ForAll(int most, int times, Action<Chain> check) =>
        Check.One(Config.QuickThrowOnFailure.WithMaxTest(times), Prop.ForAll(Gen.Choose(1, most).Zip(Gen.Choose(0, int.MaxValue - 1), Drawn).ToArbitrary(), check));

    static LotChainResult Worked(Chain c, Func<int, string>? names = null)
    {
        var answer = LotChain.Calculate(c.Runs, c.Lots, c.Links, names);
        Assert.True(answer.Ok, string.Join(", ", answer.Refusals.Select(r => r.Code)));
        return answer.Value;
    }

    static void Close(decimal expected, decimal actual, decimal limit) => Assert.True(Math.Abs(expected - actual) <= limit * Math.Max(1, Math.Abs(expected)), $"{expected} is not {actual}");

    [Fact]
    public void A_chain_gives_what_the_network_of_its_runs_gives() => ForAll(25, 60, c =>
    {
        var r = Worked(c);
        var output = c.Runs.Select((_, run) => c.Lots.Where(l => l.Run == run).Sum(l => l.MassT)).ToArray();
        var exchanges = output.Select((mass, run) => new Exchange(run, run, mass)).Concat(c.Links.Select(l => new Exchange(c.Lots[l.Lot].Run, l.Run, -l.MassT)));
        var network = ProcessNetwork.Of([.. c.Runs.Select((_, run) => new NetworkProcess($"{run}"))], c.Runs.Length, exchanges).Value;
        foreach (var (lot, index) in c.Lots.Select((lot, index) => (lot, index)))
        {
            var demand = new decimal[c.Runs.Length];
            demand[lot.Run] = 1;
            Close(network.Solve(demand, [.. c.Runs.Select(x => x.DirectTco2e!.Value)]).Value.Score, r.DirectTco2ePerT(index)!.Value, 1e-9m);
            Close(network.Solve(demand, [.. c.Runs.Select(x => x.IndirectTco2e!.Value)]).Value.Score, r.IndirectTco2ePerT(index)!.Value, 1e-9m);
        }
    });

    [Fact]
    public void Shares_of_co_products_sum_to_one_and_their_emissions_to_those_of_the_run() => ForAll(40, 60, c =>
    {
        var r = Worked(c);
        for (var run = 0; run < c.Runs.Length; run++)
        {
            var shares = r.Allocation(run);
            Close(1, shares.Sum(s => s.Share), 1e-25m);
            var total = shares.Sum(s => c.Lots[s.Lot].MassT) * r.DirectTco2ePerT(shares[0].Lot)!.Value;
            Assert.Equal(Math.Round(total, 6, MidpointRounding.ToEven), shares.Sum(s => s.DirectTco2e));
            Assert.All(shares, s => Assert.True(Math.Abs(s.DirectTco2e - c.Lots[s.Lot].MassT * r.DirectTco2ePerT(s.Lot)!.Value) <= 0.0000015m));
        }
    });

    [Fact]
    public void What_every_run_emits_ends_in_the_lots_nobody_used_up() => ForAll(60, 60, c =>
    {
        var r = Worked(c);
        var left = c.Lots.Select(l => l.MassT).ToArray();
        foreach (var link in c.Links) left[link.Lot] -= link.MassT;
        Close(c.Runs.Sum(x => x.DirectTco2e!.Value), left.Select((mass, lot) => mass * r.DirectTco2ePerT(lot)!.Value).Sum(), 1e-8m);
        Close(c.Runs.Sum(x => x.IndirectTco2e!.Value), left.Select((mass, lot) => mass * r.IndirectTco2ePerT(lot)!.Value).Sum(), 1e-8m);
    });

    [Fact]
    public void The_order_runs_and_links_come_in_changes_no_digit() => ForAll(60, 60, c =>
    {
        var r = Worked(c);
        var random = new Random(c.Seed);
        var to = Enumerable.Range(0, c.Runs.Length).ToArray();
        random.Shuffle(to);
        var runs = new ChainRun[c.Runs.Length];
        for (var run = 0; run < runs.Length; run++) runs[to[run]] = c.Runs[run];
        var links = c.Links.Select(l => l with { Run = to[l.Run] }).ToArray();
        random.Shuffle(links);
        var other = Worked(c with { Runs = runs, Lots = [.. c.Lots.Select(l => l with { Run = to[l.Run] })], Links = links });
        Assert.All(Enumerable.Range(0, c.Lots.Length), lot => Assert.Equal((r.DirectTco2ePerT(lot), r.IndirectTco2ePerT(lot)), (other.DirectTco2ePerT(lot), other.IndirectTco2ePerT(lot))));
    });

    [Fact]
    public void What_is_not_known_makes_what_is_made_of_it_unknown_and_nothing_else() => ForAll(40, 60, c =>
    {
        var missing = new Random(c.Seed).Next(c.Runs.Length);
        var runs = (ChainRun[])c.Runs.Clone();
        runs[missing] = runs[missing] with { IndirectTco2e = null };
        var (r, whole) = (Worked(c with { Runs = runs }), Worked(c));
        var after = new HashSet<int> { missing };
        foreach (var link in c.Links) if (after.Contains(c.Lots[link.Lot].Run)) after.Add(link.Run);
        for (var lot = 0; lot < c.Lots.Length; lot++)
        {
            var unknown = after.Contains(c.Lots[lot].Run);
            Assert.Equal(unknown ? null : whole.DirectTco2ePerT(lot), r.DirectTco2ePerT(lot));
            Assert.Equal(unknown ? missing : null, r.UnknownBecauseOf(lot));
        }
        Assert.Empty(r.Allocation(missing));
    });

    [Fact]
    public void The_trace_of_a_lot_adds_up_to_its_figure() => ForAll(40, 30, c =>
    {
        var r = Worked(c);
        var lot = c.Lots.Length - 1;
        var steps = r.Trace(lot);
        var parts = steps.Where(s => s.Id.StartsWith("direct-", StringComparison.Ordinal) && s.Id != "direct-see").Sum(s => s.Value!.GetValue<decimal>());
        var see = steps.Single(s => s.Id == "direct-see");
        Assert.Equal(r.DirectTco2ePerT(lot), see.Value!.GetValue<decimal>());
        Close(parts / see.Inputs["outputT"]!.GetValue<decimal>(), r.DirectTco2ePerT(lot)!.Value, 1e-12m);
        Assert.Equal(steps.Count, steps.DistinctBy(s => s.Id).Count());
    });

    [Fact]
    public void The_example_of_the_regulation_comes_out() =>
        // 0.5 of its own and 1.05 t of a precursor of 2.36 t CO2e a tonne: 2.978.
        Assert.Equal(2.978m, LotChain.Calculate(new ChainRun[] { new(2.478m, 0), new(0.5m, 0) }, new ChainLot[] { new(0, 1.05m), new(1, 1) }, [new(1, 0, 1.05m)]).Value is var r ? Math.Round(r.DirectTco2ePerT(1)!.Value, 11) : 0);

    [Fact]
    public void A_circle_is_refused_with_its_lots_by_name()
    {
        ChainRun[] runs = [new(1, 1), new(1, 1), new(1, 1), new(1, 1)];
        ChainLot[] lots = [new(0, 1), new(1, 1), new(2, 1), new(3, 1)];
        // Lot 3 stands outside; A is made of C, C of B, B of A.
        ChainLink[] links = [new(0, 2, 0.1m), new(2, 1, 0.1m), new(1, 0, 0.1m), new(3, 0, 0.1m)];
        var refused = LotChain.Calculate(runs, lots, links, lot => "ABCD"[lot].ToString()).Refusals[0];
        Assert.Equal("chain.cycle", refused.Code);
        Assert.Equal(("3", "C <- B <- A <- C"), (refused.Args!["count"], refused.Args["lots"]));
        Assert.Equal("A <- A", LotChain.Calculate(runs.AsMemory(0, 1), lots.AsMemory(0, 1), [new(0, 0, 0.1m)], _ => "A").Refusals[0].Args!["lots"]);
    }

    [Fact]
    public void A_chain_a_hundred_thousand_runs_long_and_turned_round_is_no_trouble()
    {
        const int n = 100_000;
        var runs = Enumerable.Repeat(new ChainRun(1, 0), n).ToArray();
        var lots = Enumerable.Range(0, n).Select(i => new ChainLot(i, 1)).ToArray();
        var links = Enumerable.Range(0, n - 1).Select(i => new ChainLink(i, i + 1, 1)).ToArray();
        Assert.Equal(n, LotChain.Calculate(runs, lots, links).Value.DirectTco2ePerT(0));
        var closed = LotChain.Calculate(runs, lots, [.. links, new ChainLink(n - 1, 0, 1)]).Refusals[0];
        Assert.Equal(("chain.cycle", "100000"), (closed.Code, closed.Args!["count"]));
        Assert.EndsWith("…", closed.Args["lots"], StringComparison.Ordinal);
    }

    [Fact]
    public void What_cannot_be_worked_out_is_refused_by_name()
    {
        void Refused(string code, string field, ChainRun[] runs, ChainLot[] lots, params ChainLink[] links)
        {
            var refusal = LotChain.Calculate(runs, lots, links).Refusals[0];
            Assert.Equal((code, field), (refusal.Code, refusal.Field));
        }
        ChainRun run = new(1, 1);
        Refused("chain.outside", "lots[0].run", [run], [new(1, 1)]);
        Refused("chain.outside", "links[0].run", [run], [new(0, 1)], new ChainLink(2, 0, 1));
        Refused("chain.outside", "links[0].lot", [run], [new(0, 1)], new ChainLink(0, 1, 1));
        Refused("chain.mass", "lots[0].massT", [run], [new(0, 0)]);
        Refused("chain.mass", "lots[0].massT", [run], [new(0, 0.0000004m)]);
        Refused("chain.mass", "links[0].massT", [run, run], [new(0, 1), new(1, 1)], new ChainLink(1, 0, -1));
        Refused("chain.no-output", "runs[1]", [run, run], [new(0, 1)]);
        Refused("chain.overdrawn", "links[1].massT", [run, run], [new(0, 1), new(1, 1)], new ChainLink(1, 0, 0.6m), new ChainLink(1, 0, 0.400001m));
        Refused("calc.out-of-range", "runs", [new(10_000_000, 0)], [new(0, 0.5m)]);
        Refused("calc.out-of-range", "runs", [run], [new(0, 10_000_000_000_000m)]);
    }

    [Fact]
    public void Grams_are_exact_and_finer_ones_go_half_to_even()
    {
        foreach (var (tonnes, grams) in new[] { (0m, 0L), (1.5m, 1_500_000L), (-2.25m, -2_250_000L), (0.0000005m, 0L), (0.0000015m, 2L), (1.00000049999m, 1_000_000L), (9_000_000_000_000.000001m, 9_000_000_000_000_000_001L), (12.3400000000000000000000000m, 12_340_000L) })
            Assert.Equal(grams, LotChain.InGrams(tonnes));
    }
}
