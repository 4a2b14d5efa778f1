using NodaTime;
using Verdigris.Market.Clearing.Days;
using Verdigris.Market.Clearing.Prices;
using Verdigris.Primitives;
using Verdigris.Storage;

namespace Verdigris.Market.Tests.Clearing;

/// <summary>A price of an index that was accepted and is wrong is corrected by two people, as long as nothing was settled for good by it.</summary>
public sealed class IndexCorrectionTests
{
    const string Ubc = "LME.UBC:2026-03", Index = "Argus UBC, mill grade, delivered United States";
    static readonly LocalDate Last = new(2026, 3, 31);

    [Fact]
    public async Task The_mean_is_of_the_corrected_price_which_stands_beside_the_first_with_who_and_why_and_nothing_is_corrected_after_the_final_settlement()
    {
        await using var w = await ClearingWorld.Open(2, Last);
        for (var i = 0; i < 2; i++) await w.Pay(i, 50_000_00, "USD");
        await w.Trade(Ubc, 0, 1, 1_780m, 4);
        await w.Clear();
        w.Evening(Last.PlusDays(1));
        // Ten days at 0.80, twelve at 0.81, of which the last was typed in ten times too high and the first a cent too low.
        var days = 0;
        var first = new LocalDate(2026, 3, 2);
        Assert.Equal("clearing.index-not-entered", await w.Refused(ClearingWorld.Clerk, s => w.Get<IndexCorrections>().Propose(s, Index, Last, 0.81m, "Ten times too high", default)));
        await w.Publish("LME.UBC", Index, Last, day => ++days <= 10 ? day == first ? 0.79m : 0.80m : day == Last ? 8.10m : 0.81m);
        Task<string> Refused(LocalDate day, decimal price, string? why = "Misread") => w.Refused(ClearingWorld.Clerk, s => w.Get<IndexCorrections>().Propose(s, Index, day, price, why, default));
        Assert.Equal("clearing.index-price", await Refused(Last, 0));
        Assert.Equal("input.required", await Refused(Last, 0.81m, " "));
        Assert.Equal("clearing.index-same", await Refused(Last, 8.10m));
        Assert.Equal("access.role-needed", await w.Refused(ClearingWorld.Trader(0), s => w.Get<IndexCorrections>().Propose(s, Index, Last, 0.81m, "Misread", default)));

        var right = await w.Do(ClearingWorld.Clerk, s => w.Get<IndexCorrections>().Propose(s, Index, Last, 0.82m, "Ten times too high", default));
        Assert.Equal(("proposed", 8.10m, "Ten times too high"), (right.State, right.Before, right.Reason));
        Assert.Equal("clearing.index-proposed", await Refused(Last, 0.81m));
        // Nobody is his own second, and until another has looked at it the first counts.
        Assert.Equal("approval.same-person", await w.NotDecided(ClearingWorld.Clerk, right.Id));
        Assert.Equal(8.10m, await Counts(w, Last));
        await w.Decide(right.Id);
        // A correction may be wrong as well.
        await w.Decide((await w.Do(ClearingWorld.Clerk, s => w.Get<IndexCorrections>().Propose(s, Index, Last, 0.81m, "Of the line below", default))).Id);
        await w.Decide((await w.Do(ClearingWorld.Clerk, s => w.Get<IndexCorrections>().Propose(s, Index, first, 0.80m, "Misread", default))).Id);
        // One that is turned down changes nothing, and leaves room for another.
        await w.Decide((await w.Do(ClearingWorld.Clerk, s => w.Get<IndexCorrections>().Propose(s, Index, first, 0.70m, "Misread", default))).Id, approve: false);
        await w.Decide((await w.Do(ClearingWorld.Clerk, s => w.Get<IndexCorrections>().Propose(s, Index, first, 0.71m, "Misread", default))).Id, approve: false);
        Assert.Equal((0.81m, 0.80m), (await Counts(w, Last), await Counts(w, first)));

        var of = (await w.Registry.All(ClearingWorld.Clerk, s => PriceHandlers.IndexProposals(s, default))).Where(p => p.Day == Last).ToDictionary(p => p.Price);
        Assert.Equal(("corrected", null, (string?)null), (of[8.10m].State, of[8.10m].Before, of[8.10m].Reason));
        Assert.Equal(("corrected", (decimal?)8.10m, "Ten times too high"), (of[0.82m].State, of[0.82m].Before, of[0.82m].Reason));
        Assert.Equal(("accepted", (decimal?)0.82m, "Of the line below"), (of[0.81m].State, of[0.81m].Before, of[0.81m].Reason));
        Assert.Equal(((Guid?)ClearingWorld.Clerk.PersonId, (Guid?)ClearingWorld.Clerk2.PersonId), (of[0.81m].ProposedBy, of[0.81m].DecidedBy));
        Assert.All(await w.Registry.All(ClearingWorld.Trader(0), s => PriceHandlers.IndexProposals(s, default)), p => Assert.Equal((null, null), ((Guid?)p.ProposedBy, p.DecidedBy)));

        await w.Clear();
        // 0.805454... x 2204.62262: the mean of ten at 0.80 and twelve at 0.81.
        Assert.Equal((0.8054545m, 22L), (Math.Round(await w.Sql<decimal>("select (trace->>'mean')::numeric from market.settlement_price where series = $1 and final", Ubc), 7), await w.Sql<long>("select (trace->>'days')::bigint from market.settlement_price where series = $1 and final", Ubc)));
        Assert.Equal("clearing.index-used", await Refused(Last, 0.83m));
        Assert.Equal(0.80m, await Counts(w, first));
    }

    [Fact]
    public async Task A_corrected_rate_values_what_is_deposited_from_then_on()
    {
        const string rate = "FX:USD/EUR";
        var monday = new LocalDate(2026, 3, 9);
        await using var w = await ClearingWorld.Open(1, monday);
        await w.Pay(0, 20_000_00, "USD");
        await w.Do(ClearingWorld.Trader(0), s => w.Get<Verdigris.Market.Clearing.Collaterals.CollateralDesk>().Deposit(s, w.Accounts[0].Code, "USD", 20_000, default));
        await w.Decide((await w.Do(ClearingWorld.Clerk, s => w.Get<PriceHandlers>().ProposeIndex(s, rate, monday, 9m, default))).Id);
        async Task<long> Value()
        {
            await using var s = w.Registry.Sessions.Open(Actor.System);
            return (await w.Get<Verdigris.Market.Clearing.Collaterals.CollateralDesk>().Allocate(s, w.Accounts[0], new Dictionary<string, long> { ["EUR"] = 100_000_00 }, monday, default)).Single(x => x.Currency == "EUR").Counted.Counted;
        }
        Assert.Equal(100_000_00L, await Value());
        await w.Decide((await w.Do(ClearingWorld.Clerk, s => w.Get<IndexCorrections>().Propose(s, rate, monday, 0.9m, "The point was missing", default))).Id);
        Assert.Equal(17_100_00L, await Value());
    }

    [Fact]
    public async Task A_correction_proposed_while_another_is_accepted_is_one_of_that_other()
    {
        const string rate = "FX:USD/EUR";
        var monday = new LocalDate(2026, 3, 9);
        await using var w = await ClearingWorld.Open(1, monday);
        await w.Decide((await w.Do(ClearingWorld.Clerk, s => w.Get<PriceHandlers>().ProposeIndex(s, rate, monday, 9m, default))).Id);
        var first = await w.Registry.TaskOf((await w.Do(ClearingWorld.Clerk, s => w.Get<IndexCorrections>().Propose(s, rate, monday, 0.9m, "The point was missing", default))).Id);
        Task<IndexProposal>? second = null;
        await using (var s = w.Registry.Sessions.Open(ClearingWorld.Clerk2))
            await s.InTransaction(async t =>
            {
                Assert.True((await w.Get<Approvals>().Decide(s, first, true, null, t)).Ok);
                // It is accepted and not written yet when the next one comes.
                second = Task.Run(() => w.Do(ClearingWorld.Clerk, x => w.Get<IndexCorrections>().Propose(x, rate, monday, 0.91m, "Misread", default)), t);
                while (!second.IsCompleted && !await w.Sql<bool>("select exists (select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock')")) await Task.Delay(20, t);
            });
        var made = await second!;
        Assert.Equal((0.9m, "proposed"), (made.Before, made.State));
        await w.Decide(made.Id);
        Assert.Equal(0.91m, await w.Sql<decimal>("select price from market.index_price where index = $1 order by correction desc limit 1", rate));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_final_settlement_waits_for_the_decision_on_a_correction_of_its_index_and_no_other_series_does(bool approve)
    {
        const string eua = "ICE.EUA:2026-12", april = "LME.UBC:2026-04";
        await using var w = await ClearingWorld.Open(2, Last);
        for (var i = 0; i < 2; i++)
        {
            await w.Pay(i, 50_000_00, "USD");
            await w.Pay(i, 50_000_00);
        }
        await w.Trade(Ubc, 0, 1, 1_780m, 4);
        await w.Trade(april, 0, 1, 1_790m, 1);
        await w.Trade(eua, 0, 1, 70m, 1);
        await w.Clear();
        w.Evening(Last.PlusDays(1));
        await w.Publish("LME.UBC", Index, Last, _ => 0.80m);
        var right = await w.Do(ClearingWorld.Clerk, s => w.Get<IndexCorrections>().Propose(s, Index, Last, 1.02m, "Misread", default));
        await w.Trade(eua, 0, 1, 71m, 1);
        // The day stops in the middle of the step and after it, and is taken up again.
        var stops = 0;
        w.Get<ClearingPipeline>().Passing = (_, step, after) => { if (step == ClearingStep.SettlementPrices && after && stops++ == 0) throw new InvalidOperationException("stopped by the test"); };
        await Assert.ThrowsAsync<InvalidOperationException>(() => w.Try());
        var day = (await w.Clear()).Day;

        // All of the day is done but the end of the one series.
        var told = Assert.Single(day.Report!["steps"]![nameof(ClearingStep.SettlementPrices)]!["held"]!.AsArray())!;
        Assert.Equal((Ubc, Index, "2026-03-31", Role.ClearingOfficer), ((string)told["series"]!, (string)told["index"]!, (string)told["day"]!, (string)told["waitsFor"]!));
        Assert.Equal((false, 1L, 4L), (await w.Sql<bool>("select final from market.settlement_price where series = $1 and day = $2", Ubc, w.Today), await w.Sql<long>("select count(*) from market.series where code = $1 and ended_on is null", Ubc), await w.Sql<long>("select lots from market.clearing_position where series = $1 and day = $2 and lots > 0", Ubc, w.Today)));
        Assert.Equal((71m, 2L), (await w.Sql<decimal>("select price from market.settlement_price where series = $1 and day = $2", eua, w.Today), await w.Sql<long>("select lots from market.clearing_position where series = $1 and day = $2 and lots > 0", eua, w.Today)));
        Assert.Equal([(Ubc, false)], (await w.Registry.All(ClearingWorld.Trader(0), s => HeldFinals.Open(s, default))).Select(h => (h.Series, h.Decided)));

        // Another day, and nobody has decided.
        w.Evening(w.Today.PlusDays(1));
        Assert.NotNull((await w.Clear()).Day.Report!["steps"]![nameof(ClearingStep.SettlementPrices)]!["held"]);
        await w.Decide(right.Id, approve);
        Assert.Equal([(Ubc, true)], (await w.Registry.All(ClearingWorld.Trader(0), s => HeldFinals.Open(s, default))).Select(h => (h.Series, h.Decided)));
        w.Evening(w.Today.PlusDays(1));
        Assert.Null((await w.Clear()).Day.Report!["steps"]![nameof(ClearingStep.SettlementPrices)]!["held"]);
        // Twenty-two days at 0.80, or one of them at 1.02.
        Assert.Equal((approve ? 0.81m : 0.80m, "index"), (Math.Round(await w.Sql<decimal>("select (trace->>'mean')::numeric from market.settlement_price where series = $1 and final", Ubc), 7), await w.Sql<string>("select rule from market.settlement_price where series = $1 and final", Ubc)));
        Assert.Equal((0L, 0L), (await w.Sql<long>("select count(*) from market.series where code = $1 and ended_on is null", Ubc), await w.Sql<long>("select count(*) from market.clearing_position where series = $1 and day = $2", Ubc, w.Today)));
        Assert.Empty(await w.Registry.All(ClearingWorld.Trader(0), s => HeldFinals.Open(s, default)));
        // Every cent was paid by one to the other.
        Assert.Equal(100_000_00L, w.Cash(0, "USD") + w.Margin(0, "USD") + w.Cash(1, "USD") + w.Margin(1, "USD"));
    }

    static Task<decimal> Counts(ClearingWorld w, LocalDate day) => w.Sql<decimal>("select price from market.index_price where index = $1 and day = $2 order by correction desc limit 1", Index, day);
}
