using System.Diagnostics;
using System.Globalization;
using Verdigris.Passport.Certificates;
using Verdigris.Passport.Emissions;
using Verdigris.Primitives;

namespace Verdigris.Passport.Tests.Title;

/// <summary>
/// Access by title over 10,000 ownership histories in one database and one Book. Between rounds of steps every bulk path is compared with an independent model over all histories, for everybody; and a sample of
/// histories is read on every single path before and after each of its steps, so that what a reader was shown a moment ago is no reason to show it again.
/// </summary>
public sealed class TitleHistoryTests(ITestOutputHelper output)
{
    const int Rounds = 3;

    static readonly int Watched = Night.Cases(6, 16), Sampled = Night.Cases(24, 60);

    /// <summary>How many histories; fewer while somebody looks for a fault.</summary>
    static int Histories => Environment.GetEnvironmentVariable("VERDIGRIS_HISTORIES") is { Length: > 0 } given ? int.Parse(given, CultureInfo.InvariantCulture) : Night.Cases(1_500, 10_000);

    [Fact]
    public async Task Over_thousands_of_histories_every_read_path_shows_each_certificate_to_those_it_is_for_and_to_nobody_else()
    {
        var seed = Environment.GetEnvironmentVariable("VERDIGRIS_SEED") is { Length: > 0 } given ? int.Parse(given, CultureInfo.InvariantCulture) : 20_261;
        var watch = Stopwatch.StartNew();
        output.WriteLine($"seed {seed}, {Histories} histories");
        await using var market = await TitleWorld.Make(Histories, seed);
        var (steps, paths) = (new TitleSteps(market), new ReadPaths(market));
        var bulk = new BulkPaths(market, paths);
        Say("made");
        await Everybody("at the start");
        for (var round = 0; round < Rounds; round++)
        {
            var drawn = new Random(seed + round);
            var watched = Enumerable.Range(0, Watched).Select(_ => market.Model.Lots[drawn.Next(market.Model.Lots.Count)]).Where(l => l.Warrant is not null || drawn.Next(2) == 0).Distinct().ToHashSet();
            // All but the watched, side by side. In the last round every history that had no step yet takes one.
            var moving = market.Model.Lots.Where(l => !watched.Contains(l) && (drawn.Next(100) < 35 || (round == Rounds - 1 && l.Steps == 0))).ToList();
            await Parallel.ForEachAsync(moving, new ParallelOptions { MaxDegreeOfParallelism = 4 }, async (lot, _) => await steps.Next(lot, new Random(HashCode(seed, round, lot.Index))));
            Say($"round {round}: {moving.Count} histories moved");
            await Forms(market, paths, drawn);
            foreach (var lot in watched) await Watch(market, steps, paths, lot, new Random(HashCode(seed, round, lot.Index)));
            await steps.PassTime();
            Say($"round {round}: {watched.Count} histories watched");
            await Everybody($"after round {round}");
        }
        var stories = market.Model.Lots.SelectMany(l => l.Story).SelectMany(s => s.Split(", ")).GroupBy(s => s).OrderByDescending(g => g.Count()).Select(g => $"{g.Key} {g.Count()}");
        output.WriteLine(string.Join(", ", stories));
        Assert.True(market.Model.Lots.Count >= Histories && market.Model.Lots.All(l => l.Steps > 0 || l.Now.State is CertificateState.Voided), "Every history has a step.");
        Assert.True(market.Model.Lots.Count(l => l.Former.Count > 0) > Histories / 5, "Too few histories have a former owner.");

        async Task Everybody(string when)
        {
            paths.Refresh(market.Actors);
            await Parallel.ForEachAsync(market.Actors, new ParallelOptions { MaxDegreeOfParallelism = 2 }, async (actor, _) => await bulk.Check(actor, new Random(seed)));
            Say($"{when}: {market.Actors.Count} readers on every bulk path");
            var drawn = new Random(seed + market.Model.Forms.Count);
            // One in three of what was corrected, one in three of what changed hands, the rest as it comes.
            var (corrected, passedOn) = (market.Model.Lots.Where(l => l.Versions.Count > 1).ToList(), market.Model.Lots.Where(l => l.Former.Count > 0).ToList());
            ModelLot Draw(int i) => (i % 3) switch { 0 when corrected.Count > 0 => corrected[drawn.Next(corrected.Count)], 1 when passedOn.Count > 0 => passedOn[drawn.Next(passedOn.Count)], _ => market.Model.Lots[drawn.Next(market.Model.Lots.Count)] };
            for (var i = 0; i < Sampled; i++)
            {
                var lot = Draw(i);
                await paths.Check(lot, [.. paths.Readers(lot).OrderBy(_ => drawn.Next()).Take(5)], pages: false);
            }
            Say($"{when}: {Sampled} histories on every single path");
        }

        void Say(string what) => output.WriteLine($"{watch.Elapsed.TotalSeconds:0.0} s, {paths.Asked} requests: {what}");
    }

    /// <summary>A history read by everybody concerned before, between and after its steps.</summary>
    static async Task Watch(TitleWorld market, TitleSteps steps, ReadPaths paths, ModelLot lot, Random random)
    {
        var readers = paths.Readers(lot);
        await paths.Check(lot, readers);
        for (var step = 0; step < 3; step++)
        {
            await steps.Next(lot, random);
            await paths.Check(lot, paths.Readers(lot), pages: step == 2);
        }
    }

    /// <summary>Forms are handed in, accepted, replaced, opened to everybody and closed again; certificates that take them are read before and after each.</summary>
    static async Task Forms(TitleWorld market, ReadPaths paths, Random random)
    {
        for (var i = 0; i < 6; i++)
        {
            var lot = market.Model.Lots[random.Next(market.Model.Lots.Count)];
            var readers = paths.Readers(lot).Where((_, r) => r % 2 == i % 2).Append(Actor.Public).Distinct().ToList();
            await paths.Check(lot, readers, pages: false);
            var taken = market.Model.Taken(lot.Brand, lot.Year, EmissionsMethod.Cbam);
            if (taken is not null && i % 3 > 0)
            {
                foreach (var optIn in new[] { !taken.Public, taken.Public })
                {
                    await market.SetPublic(taken, optIn);
                    await Read(taken);
                }
                if (i % 3 == 1) await market.SetPublic(taken, !taken.Public);
            }
            else
            {
                // A new form of the same year replaces the accepted one; where there was none, the certificate takes it now.
                var form = await market.Form(lot.Producer, lot.Brand, Math.Min(2025, taken?.Year ?? lot.Year), EmissionsMethod.Cbam, random.Next(3) == 0, market.World.Do);
                await Read(form);
                await market.Submit(form);
                await Read(form);
                await market.Accept(form);
                await Read(form);
            }

            async Task Read(ModelForm form)
            {
                await paths.Check(lot, readers, pages: false);
                foreach (var reader in readers) await paths.Check(form, reader);
            }
        }
    }

    static int HashCode(int seed, int round, int lot) => unchecked((((seed * 397) + round) * 10_007) + lot);
}
