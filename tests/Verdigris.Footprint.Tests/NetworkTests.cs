using System.Text.Json.Nodes;
using FsCheck;
using FsCheck.Fluent;
using MathNet.Numerics.LinearAlgebra;
using Verdigris.Footprint.Networks;
using Verdigris.Footprint.Statistics;
using Verdigris.Primitives;

namespace Verdigris.Footprint.Tests;

/// <summary>The network engine: what holds for every network, three solvers that must agree, and what is refused.</summary>
public sealed class NetworkTests
{
    /// <summary>A network as it was drawn.</summary>
    sealed record Case(int Size, int Seed, Exchange[] Exchanges, decimal[] Demand, decimal[] Emissions)
    {
        public IReadOnlyList<NetworkProcess> Processes { get; } = [.. Enumerable.Range(0, Size).Select(j => new NetworkProcess($"P{j}", j % 3 == 0 ? null : $"S{j % 7}"))];

        public override string ToString() => $"{Size} processes, {Exchanges.Length} links, seed {Seed}";
    }

    /// <summary>Every process uses less than it makes, whatever the units: such a network can meet any demand. Loops come by themselves.</summary>
    static Case Productive(int size, int links, int seed, bool acyclic = false)
    {
        var random = new Random(seed);
        // Units differ by up to a million: kWh beside tonnes.
        var unit = Enumerable.Range(0, size).Select(_ => (decimal)Math.Pow(10, random.Next(-3, 4))).ToArray();
        var exchanges = new List<Exchange>();
        for (var j = 0; j < size; j++)
        {
            exchanges.Add(new(j, j, unit[j]));
            var inputs = links / size;
            for (var k = 0; k < inputs; k++)
            {
                var i = acyclic ? (j == 0 ? -1 : random.Next(j)) : random.Next(size);
                if (i >= 0) exchanges.Add(new(i, j, -Math.Round(unit[i] * 0.9m / inputs * random.Next(1, 1000) / 1000m, 12)));
            }
        }
        return new(size, seed, [.. exchanges], [.. Enumerable.Range(0, size).Select(i => random.Next(3) == 0 || i == size - 1 ? unit[i] * random.Next(1, 100) : 0)], [.. Enumerable.Range(0, size).Select(_ => random.Next(-10, 1000) / 100m)]);
    }

    static NetworkSolution Solved(Case c)
    {
        var network = ProcessNetwork.Of(c.Processes, c.Size, c.Exchanges);
        Assert.True(network.Ok, string.Join(", ", network.Refusals.Select(r => r.Code)));
        var answer = network.Value.Solve(c.Demand, c.Emissions);
        Assert.True(answer.Ok, string.Join(", ", answer.Refusals.Select(r => $"{r.Code} {string.Join(" ", r.Args?.Values ?? [])}")));
        return answer.Value;
    }

    static Gen<Case> Cases(int least, int most) => Gen.Choose(least, most).Zip(Gen.Choose(0, int.MaxValue - 1), (size, seed) => Productive(size, size * 4, seed));

    static void ForAll(Gen<Case> gen, int times, Action<Case> check) => Check.One(Config.QuickThrowOnFailure.WithMaxTest(times), Prop.ForAll(gen.ToArbitrary(), check));

    static void Close(decimal expected, decimal actual, decimal relative, decimal floor = 0) => Assert.True(Math.Abs(expected - actual) <= relative * Math.Max(floor, Math.Abs(expected)), $"{expected} is not {actual}");

    // 15 digits are kept of a supply; the error stated is that of either solution; what lies below the rounding of the largest supply cannot be told from nothing.
    static void Within(decimal expected, NumericSolution s, int process) => Assert.True(Math.Abs(expected - s.Supply[process]) <= 2 * s.Error[process] + expected * 1e-14m + s.Supply.Max() * 1e-16m + 1e-27m, $"process {process}: {expected} is not {s.Supply[process]} within {s.Error[process]}");

    [Fact]
    public void The_score_is_the_sum_of_the_contributions_by_process_and_by_supplier() => ForAll(Cases(1, 60), 100, c =>
    {
        var s = Solved(c);
        var size = s.Contributions.Sum(Math.Abs);
        Close(s.Score, s.Contributions.Sum(), 1e-24m, size);
        Close(s.Score, s.BySupplier().Sum(g => g.Contribution), 1e-24m, size);
        Assert.Equal(c.Size, s.BySupplier().Sum(g => g.Processes) + s.Supply.Count(v => v == 0));
    });

    [Fact]
    public void What_an_exact_solution_supplies_meets_every_demand_to_the_last_places() => ForAll(Cases(1, 30), 100, c =>
    {
        var s = Solved(c);
        Assert.Equal(SolvedBy.Exact, s.SolvedBy);
        for (var i = 0; i < c.Size; i++)
        {
            var row = c.Exchanges.Where(e => e.Flow == i).ToList();
            Close(c.Demand[i], row.Sum(e => e.Amount * s.Supply[e.Process]), 1e-20m, row.Sum(e => Math.Abs(e.Amount) * s.Supply[e.Process]));
        }
    });

    [Fact]
    public void Exact_dense_and_sparse_solutions_agree_within_the_error_they_state() => ForAll(Cases(2, 30), 100, c =>
    {
        var exact = Solved(c);
        foreach (var dense in new[] { true, false })
        {
            var numeric = NetworkNumbers.Solve(c.Size, c.Exchanges, c.Demand, dense)!;
            Assert.True(numeric.Residual < 1e-14m, $"residual {numeric.Residual}");
            for (var j = 0; j < c.Size; j++)
                Within(exact.Supply[j], numeric, j);
        }
    });

    [Fact]
    public void Dense_and_sparse_agree_with_the_inverse_of_the_numerics_library_on_networks_of_some_hundred_processes() => ForAll(Cases(100, 300), 10, c =>
    {
        var a = Matrix<double>.Build.Dense(c.Size, c.Size);
        foreach (var e in c.Exchanges) a[e.Flow, e.Process] += (double)e.Amount;
        // Its rounding is one for the whole vector, so it is given rows of one size.
        var f = Vector<double>.Build.Dense([.. c.Demand.Select(d => (double)d)]);
        for (var i = 0; i < c.Size; i++)
        {
            var largest = a.Row(i).AbsoluteMaximum();
            a.SetRow(i, a.Row(i) / largest);
            f[i] /= largest;
        }
        var judge = a.QR().Solve(f);
        foreach (var dense in new[] { true, false })
        {
            var s = NetworkNumbers.Solve(c.Size, c.Exchanges, c.Demand, dense)!;
            for (var j = 0; j < c.Size; j++) Close((decimal)judge[j], s.Supply[j], 1e-9m, (decimal)judge.AbsoluteMaximum());
        }
    });

    /// <summary>Networks whose loops an iteration has trouble with; none of them has its matrix near the identity.</summary>
    static Exchange[] Shaped(string shape, int n)
    {
        var random = new Random(3);
        IEnumerable<Exchange> Inputs(int process) => shape switch
        {
            // One loop through everything, which gives back nearly all it takes.
            "ring" => [new((process + 1) % n, process, -0.9999m)],
            // Everybody buys from four neighbours nearly all that they sell.
            "grid" => new[] { 1, n - 1, 17, n - 17 }.Select(step => new Exchange((process + step) % n, process, -0.24999m)),
            // One process that everybody uses and that uses everybody.
            "hub" => process == 0 ? Enumerable.Range(1, n - 1).Select(flow => new Exchange(flow, 0, -0.5m / n)) : [new(0, process, -0.9m)],
            // Co-products without end.
            _ => Enumerable.Range(0, 6).Select(_ => new Exchange(random.Next(n), process, (random.Next(2) == 0 ? 1 : -1) * 0.4m * random.Next(1, 1000) / 1000m)),
        };
        return [.. Enumerable.Range(0, n).SelectMany(process => Inputs(process).Prepend(new(process, process, 1)))];
    }

    [Theory]
    [InlineData("ring")]
    [InlineData("grid")]
    [InlineData("hub")]
    [InlineData("displacing")]
    public void Hard_shapes_are_solved_by_iteration_as_by_factors(string shape)
    {
        const int n = 350;
        var exchanges = Shaped(shape, n);
        var demand = Enumerable.Range(0, n).Select(i => i % 50 == 0 ? 10m : 0).ToArray();
        var (dense, sparse) = (NetworkNumbers.Solve(n, exchanges, demand, dense: true)!, NetworkNumbers.Solve(n, exchanges, demand, dense: false)!);
        Assert.InRange(sparse.Residual, 0, 1e-14m);
        Assert.InRange(sparse.Iterations, 1, 500);
        // The stated error is an estimate where processes displace each other: ten times it is allowed then.
        for (var j = 0; j < n; j++) Assert.True(Math.Abs(dense.Supply[j] - sparse.Supply[j]) <= 10 * (dense.Error[j] + sparse.Error[j]) + 1e-12m, $"process {j}: {dense.Supply[j]} is not {sparse.Supply[j]} within {sparse.Error[j]}");
    }

    [Fact]
    public void A_large_network_with_loops_is_solved_by_iteration_with_a_residual_at_the_rounding()
    {
        var s = Solved(Productive(3_000, 30_000, 7));
        Assert.Equal(SolvedBy.SparseIteration, s.SolvedBy);
        Assert.InRange(s.Residual, 0m, 1e-14m);
        Assert.InRange(s.ScoreError / s.Score, 0m, 1e-12m);
        Assert.InRange(s.Iterations, 1, 100);
        Assert.Equal(s.Contributions[s.Ranked()[0]], s.Contributions.MaxBy(Math.Abs));
    }

    [Fact]
    public void Twice_the_demand_doubles_supply_and_score_and_demands_add_up() => ForAll(Cases(2, 30), 50, c =>
    {
        var one = Solved(c);
        var other = Solved(c with { Demand = [.. c.Demand.Select((d, i) => d + i)] });
        var difference = Solved(c with { Demand = [.. c.Demand.Select((_, i) => (decimal)i)] });
        Close(2 * one.Score, Solved(c with { Demand = [.. c.Demand.Select(d => 2 * d)] }).Score, 1e-20m, one.Contributions.Sum(Math.Abs));
        Close(other.Score, one.Score + difference.Score, 1e-20m, other.Contributions.Sum(Math.Abs));
    });

    [Fact]
    public void Flows_in_another_order_than_the_processes_that_make_them_change_nothing() => ForAll(Cases(2, 60), 50, c =>
    {
        // Rows turned by one: no process has its own flow on the diagonal, unless by chance.
        int Turned(int flow) => (flow + 1) % c.Size;
        var demand = new decimal[c.Size];
        for (var i = 0; i < c.Size; i++) demand[Turned(i)] = c.Demand[i];
        var turned = c with { Exchanges = [.. c.Exchanges.Select(e => e with { Flow = Turned(e.Flow) })], Demand = demand };
        Close(Solved(c).Score, Solved(turned).Score, 1e-12m, Solved(c).Contributions.Sum(Math.Abs));
        var sparse = NetworkNumbers.Solve(c.Size, turned.Exchanges, turned.Demand, dense: false)!;
        for (var j = 0; j < c.Size; j++) Within(Solved(c).Supply[j], sparse, j);
    });

    static Answer<NetworkSolution> Small(decimal[][] technosphere, decimal[] demand, bool displacing = false)
    {
        var exchanges = technosphere.SelectMany((row, i) => row.Select((a, j) => new Exchange(i, j, a)));
        var network = ProcessNetwork.Of([.. demand.Select((_, j) => new NetworkProcess($"P{j}"))], technosphere.Length, exchanges);
        return network.Ok ? network.Value.Solve(demand, [.. demand.Select(_ => 1m)], displacing) : network.Refusals.ToList();
    }

    [Fact]
    public void A_loop_that_uses_up_all_it_makes_is_singular_and_one_that_uses_more_runs_backwards()
    {
        Assert.Equal("lca.singular", Small([[1, -0.5m], [-2, 1]], [1, 0]).Refusals[0].Code);
        var more = Small([[1, -0.5m], [-2.5m, 1]], [1, 0]).Refusals[0];
        Assert.Equal(("lca.negative-supply", "P0"), (more.Code, more.Args!["process"]));
        // The last network short of it is solved exactly: 1 / (1 - 0.999999...).
        Assert.Equal(1_000_000_000_000m, Small([[1, -0.5m], [-1.999999999998m, 1]], [1, 0]).Value.Supply[0]);
    }

    [Fact]
    public void Displaced_production_is_allowed_only_where_it_is_said()
    {
        decimal[][] heatAndPower = [[1, 0], [0.5m, 1]];
        Assert.Equal("lca.negative-supply", Small(heatAndPower, [1, 0]).Refusals[0].Code);
        Assert.Equal(0.5m, Small(heatAndPower, [1, 0], displacing: true).Value.Score);
    }

    [Theory]
    [InlineData(2, 200)]
    [InlineData(2, 600)]
    public void Two_processes_that_make_the_same_are_singular_at_every_size(int seed, int size)
    {
        var c = Productive(size, size * 4, seed);
        // Process 1 becomes a copy of process 0, but for a flow it makes instead of its own.
        var copy = c.Exchanges.Where(e => e.Process != 1).Concat(c.Exchanges.Where(e => e.Process == 0).Select(e => e with { Process = 1 }));
        var network = ProcessNetwork.Of(c.Processes, size, copy);
        Assert.Equal("lca.no-producer", network.Refusals[0].Code);
        var both = ProcessNetwork.Of(c.Processes, size, copy.Concat([new(1, 0, 1), new(1, 1, 1)])).Value.Solve(c.Demand, c.Emissions);
        Assert.False(both.Ok);
        Assert.Contains(both.Refusals[0].Code, new[] { "lca.singular", "lca.ill-conditioned", "lca.residual", "lca.negative-supply" });
    }

    [Theory]
    [InlineData(100)]
    [InlineData(500)]
    public void A_loop_with_almost_no_net_output_is_refused_and_not_answered_with_noise(int size)
    {
        var c = Productive(size, size * 4, 5);
        // The pair uses all but a part in 10^15 of what it makes: binary floating point cannot tell that from nothing.
        var pair = c.Exchanges.Where(e => e.Process > 1).Concat([new(0, 0, 1m), new(1, 0, -1m), new(1, 1, 1m), new(0, 1, -0.999999999999999m)]);
        var answer = ProcessNetwork.Of(c.Processes, size, pair).Value.Solve(c.Demand, c.Emissions);
        Assert.False(answer.Ok, "a score without meaning was answered");
        Assert.Contains(answer.Refusals[0].Code, new[] { "lca.singular", "lca.ill-conditioned", "lca.residual", "lca.negative-supply" });
    }

    [Theory]
    [InlineData("""{"technosphere":[[1,-1]],"demand":[1,0],"emissions":[1,1]}""", "lca.not-square", "technosphere")]
    [InlineData("""{"technosphere":[[1,-1],[0,-1]],"demand":[1,0],"emissions":[1,1]}""", "lca.no-producer", "technosphere[1]")]
    [InlineData("""{"technosphere":[[1]],"demand":[1,2],"emissions":[1]}""", "lca.length", "demand")]
    [InlineData("""{"technosphere":[[1]],"demand":[1],"emissions":[1,1]}""", "lca.length", "emissions")]
    [InlineData("""{"technosphere":[[1]],"demand":[0],"emissions":[1]}""", "lca.no-demand", "demand")]
    [InlineData("""{"technosphere":[[1]],"demand":[1],"emissions":[1],"processes":[{"name":"a"},{"name":"b"}]}""", "lca.length", "processes")]
    [InlineData("""{"technosphere":[[1,1],[1,1]],"demand":[1,1],"emissions":[1,1]}""", "lca.singular", "technosphere")]
    [InlineData("""{"exchanges":[{"flow":0,"process":3,"amount":1}],"demand":[1],"emissions":[1]}""", "lca.outside", "exchanges")]
    [InlineData("""{"technosphere":[[1]],"exchanges":[{"flow":0,"process":0,"amount":1}],"demand":[1],"emissions":[1]}""", "calc.either", "technosphere")]
    [InlineData("""{"technosphere":[[0.000000000001]],"demand":[1000000000000],"emissions":[1000000000000]}""", "calc.out-of-range", "technosphere")]
    public void What_cannot_be_solved_is_refused_by_name(string input, string code, string field)
    {
        var refused = Ask.Refusal("lca.solve", input);
        Assert.Equal((code, field), (refused.Code, refused.Field));
    }

    [Fact]
    public void The_trace_says_how_it_was_solved_how_large_it_is_and_what_residual_was_left()
    {
        var c = Productive(40, 160, 3);
        var result = Ask.For("lca.solve", new JsonObject
        {
            ["exchanges"] = new JsonArray([.. c.Exchanges.Select(e => (JsonNode)new JsonObject { ["flow"] = e.Flow, ["process"] = e.Process, ["amount"] = e.Amount })]),
            ["demand"] = new JsonArray([.. c.Demand.Select(d => (JsonNode)d)]),
            ["emissions"] = new JsonArray([.. c.Emissions.Select(d => (JsonNode)d)]),
        });
        Assert.Equal("dense-lu", result.Result["solvedBy"]!.GetValue<string>());
        var method = result.Trace.Single(t => t.Id == "method");
        Assert.Equal((40, c.Exchanges.Length), (method.Inputs["processes"]!.GetValue<int>(), method.Inputs["links"]!.GetValue<int>()));
        Assert.Contains(result.Trace, t => t.Id == "residual");
        Assert.Contains(result.Warnings, w => w.Code == "lca.rounded");
        Assert.Equal(result.Trace.Count, result.Trace.DistinctBy(t => t.Id).Count());
    }
}
