using System.Text.Json.Nodes;
using NodaTime;
using Verdigris.Market.Data;

namespace Verdigris.Market.Tests.Data;

/// <summary>Everybody who follows sees the last state, in increments while he keeps up and by snapshots where he does not, and nothing is queued for him.</summary>
public sealed class PriceFeedTests
{
    static readonly LocalDate Day = new(2026, 11, 23);

    static Print Trade(long n, decimal price = 80) => new("A", n, n, Instant.FromUnixTimeSeconds(n), Day, price, 1, price * 1000, PrintKind.Book);

    static TakenBackTrade Back(long n) => new(Trade(n), Instant.FromUnixTimeSeconds(1_000 + n));

    static List<JsonNode> Take(PriceFeed.Follower follower)
    {
        var frames = new List<ReadOnlyMemory<byte>>();
        Assert.Equal(follower.Take(frames), frames.Count);
        return [.. frames.Select(f => JsonNode.Parse(f.Span)!)];
    }

    [Fact]
    public void A_follower_begins_with_a_snapshot_and_goes_on_by_increments_without_a_gap()
    {
        var feed = new PriceFeed();
        feed.Publish(new("A", Phase: "continuous", Bids: [new(80, 5, 2)], Asks: [new(81, 3, 1)]));
        feed.Pulse();
        var follower = feed.Follow();
        var snapshot = Assert.Single(Take(follower));
        Assert.Equal(("snapshot", 1L, "continuous"), ((string)snapshot["type"]!, (long)snapshot["sequence"]!, (string)snapshot["phase"]!));
        Assert.Equal("[[80,5,2]]", snapshot["bids"]!.ToJsonString());
        Assert.Empty(Take(follower));
        feed.Publish(new("A", Trades: [Trade(1)]));
        feed.Pulse();
        var increment = Assert.Single(Take(follower));
        Assert.Equal(("increment", 2L, 1L), ((string)increment["type"]!, (long)increment["sequence"]!, (long)increment["after"]!));
        // The side that came in is said where there is one.
        Assert.Null(Assert.Single(increment["trades"]!.AsArray())!["aggressor"]);
        feed.Publish(new("A", Trades: [Trade(2) with { Aggressor = Aggressor.Buy }, Trade(3) with { Aggressor = Aggressor.Sell }]));
        feed.Pulse();
        Assert.Equal(["buy", "sell"], Assert.Single(Take(follower))["trades"]!.AsArray().Select(t => (string)t!["aggressor"]!));
        // What did not change is not said.
        Assert.Null(increment["bids"]);
        Assert.Null(increment["phase"]);
    }

    [Fact]
    public void A_trade_that_was_taken_back_is_shown_no_more_whichever_is_heard_of_first()
    {
        var feed = new PriceFeed();
        feed.Publish(new("A", Trades: [Trade(1), Trade(2), Trade(3)]));
        feed.Pulse();
        feed.Publish(new("A", TakenBack: [Back(2)]));
        feed.Pulse();
        Assert.Equal([1, 3], feed.State("A")!.Trades.Select(t => t.Trade));
        Assert.Equal(1, feed.State("A")!.Undone);
        feed.Publish(new("A", TakenBack: [Back(9)]));
        feed.Pulse();
        feed.Publish(new("A", Trades: [Trade(9), Trade(10)]));
        feed.Pulse();
        Assert.Equal([1, 3, 10], feed.State("A")!.Trades.Select(t => t.Trade));
        Assert.Equal(2, feed.State("A")!.Undone);
        Assert.Equal([1, 3, 10], Assert.Single(Take(feed.Follow()))["trades"]!.AsArray().Select(t => (long)t!["trade"]!));
    }

    [Fact]
    public void A_frame_says_which_trade_was_taken_back_and_the_minutes_and_days_it_leaves_and_a_snapshot_says_it_again()
    {
        var feed = new PriceFeed();
        feed.Publish(new("A", Trades: [Trade(1), Trade(2, 99) with { Aggressor = Aggressor.Buy }]));
        feed.Pulse();
        var (quick, slow) = (feed.Follow(), feed.Follow());
        Take(quick);
        Take(slow);
        var left = new Candle(Instant.FromUnixTimeSeconds(0), Day, 80, 80, 80, 80, 1, 80_000, 1);
        feed.Publish(new("A", Day: new(Day, 80, 80, 80, 80, 80, 1, 80_000, 1, 0, 0, 7), TakenBack: [new(Trade(2, 99) with { Aggressor = Aggressor.Buy }, Instant.FromUnixTimeSeconds(1_002))], Minutes: [new("A", left.Start, Day, left, 2)],
            EarlierDays: [new(Day.PlusDays(-1), null, null, null, null, null, 0, 0, 0, 0, 0, null)]));
        feed.Pulse();
        var told = Assert.Single(Take(quick));
        Assert.Equal("""[{"trade":2,"at":"1970-01-01T00:00:02Z","price":99,"lots":1,"kind":"book","aggressor":"buy","takenBackAt":"1970-01-01T00:16:42Z"}]""", told["takenBack"]!.ToJsonString());
        Assert.Equal("""[{"start":"1970-01-01T00:00:00Z","day":"2026-11-23","open":80,"high":80,"low":80,"close":80,"lots":1,"turnover":80000,"trades":1}]""", told["candles"]!.ToJsonString());
        Assert.Equal(("2026-11-22", null), ((string)told["earlierDays"]![0]!["day"]!, told["earlierDays"]![0]!["close"]));
        Assert.Equal((80m, 1L), ((decimal)told["day"]!["high"]!, (long)told["day"]!["lots"]!));
        Assert.Null(told["trades"]);
        // The next says nothing of it any more; who passed over it has it in his snapshot.
        feed.Publish(new("A", Phase: "closed"));
        feed.Pulse();
        var next = Assert.Single(Take(quick));
        Assert.Equal((null, null, null), (next["takenBack"], next["candles"], next["earlierDays"]));
        var caught = Assert.Single(Take(slow));
        Assert.Equal(("snapshot", 2L), ((string)caught["type"]!, (long)Assert.Single(caught["takenBack"]!.AsArray())!["trade"]!));
        Assert.Equal([1L], caught["trades"]!.AsArray().Select(t => (long)t!["trade"]!));
        // Told twice it is one; of very many the newest are kept.
        for (var i = 0; i < PriceFeed.TakenBackKept + 5; i++) feed.Publish(new("A", TakenBack: [Back(100 + i), Back(2)]));
        feed.Pulse();
        Assert.Equal((PriceFeed.TakenBackKept, 105L, PriceFeed.TakenBackKept + 6L), (feed.State("A")!.TakenBack.Count, feed.State("A")!.TakenBack[0].Trade.Trade, feed.State("A")!.Undone));
    }

    [Fact]
    public void A_minute_that_lost_a_trade_has_in_its_frame_what_was_traded_since()
    {
        var feed = new PriceFeed();
        feed.Publish(new("A", Trades: [Trade(1), Trade(2, 99)]));
        feed.Pulse();
        var follower = feed.Follow();
        Take(follower);
        var start = Instant.FromUnixTimeSeconds(0);
        feed.Publish(new("A", TakenBack: [Back(1), Back(2)], Minutes: [new("A", start, Day, null, 3)], Trades: []));
        // Trade 3 was in the minute as it was read; a reported one and one of the next minute are no part of it.
        feed.Publish(new("A", Trades: [Trade(3, 500), Trade(4, 90), Trade(5, 85) with { Lots = 3, Turnover = 255_000 }, Trade(6, 200) with { Kind = PrintKind.Reported }, Trade(60, 300)]));
        feed.Pulse();
        var minute = Assert.Single(Assert.Single(Take(follower))["candles"]!.AsArray())!;
        Assert.Equal((90m, 90m, 85m, 85m, 4L, 345_000m, 2), ((decimal)minute["open"]!, (decimal)minute["high"]!, (decimal)minute["low"]!, (decimal)minute["close"]!, (long)minute["lots"]!, (decimal)minute["turnover"]!, (int)minute["trades"]!));
        // And where nothing is left, there is no price.
        feed.Publish(new("A", TakenBack: [Back(4)], Minutes: [new("A", start, Day, null, 60)]));
        feed.Pulse();
        var empty = Assert.Single(Assert.Single(Take(follower))["candles"]!.AsArray())!;
        Assert.Equal("""{"start":"1970-01-01T00:00:00Z","day":"2026-11-23","open":null,"high":null,"low":null,"close":null,"lots":0,"turnover":0,"trades":0}""", empty.ToJsonString());
    }

    [Fact]
    public void Who_passes_over_pulses_gets_the_whole_last_state_once()
    {
        var feed = new PriceFeed();
        feed.Publish(new("A", Bids: [new(80, 1, 1)], Asks: []));
        feed.Pulse();
        var (slow, quick) = (feed.Follow(), feed.Follow());
        Take(slow);
        Take(quick);
        for (var i = 1; i <= 100; i++)
        {
            feed.Publish(new("A", Bids: [new(80 + i, 1, 1)], Trades: [Trade(i)]));
            feed.Pulse();
            Assert.Equal("increment", (string)Assert.Single(Take(quick))["type"]!);
        }
        var caught = Assert.Single(Take(slow));
        Assert.Equal(("snapshot", 101L, 180m), ((string)caught["type"]!, (long)caught["sequence"]!, (decimal)caught["bids"]![0]![0]!));
        Assert.Equal(PriceFeed.TradesKept, caught["trades"]!.AsArray().Count);
        Assert.Equal(100L, (long)caught["trades"]!.AsArray()[^1]!["trade"]!);
        feed.Publish(new("A", Phase: "closed"));
        feed.Pulse();
        Assert.Equal("increment", (string)Assert.Single(Take(slow))["type"]!);
    }

    [Fact]
    public void What_changes_between_two_pulses_is_one_increment_with_the_last_of_it()
    {
        var feed = new PriceFeed();
        feed.Publish(new("A", Phase: "closed"));
        feed.Pulse();
        var follower = feed.Follow();
        Take(follower);
        for (var i = 1; i <= 70; i++) feed.Publish(new("A", Bids: [new(i, 1, 1)], Trades: [Trade(i)]));
        Assert.Equal(1, feed.Pulse());
        var one = Assert.Single(Take(follower));
        Assert.Equal((2L, 70m, 20), ((long)one["sequence"]!, (decimal)one["bids"]![0]![0]!, (int)one["skipped"]!));
        Assert.Equal(PriceFeed.TradesKept, one["trades"]!.AsArray().Count);
        Assert.Equal(0, feed.Pulse());
    }

    [Fact]
    public void A_follower_of_some_series_hears_of_no_other_and_of_one_that_comes_later()
    {
        var feed = new PriceFeed();
        var follower = feed.Follow(["B"]);
        Assert.Empty(Take(follower));
        feed.Publish(new("A", Phase: "continuous"));
        feed.Pulse();
        Assert.Empty(Take(follower));
        feed.Publish(new("B", Phase: "continuous"));
        feed.Pulse();
        Assert.Equal("B", (string)Assert.Single(Take(follower))["series"]!);
    }

    [Fact]
    public async Task Waiting_ends_with_the_next_pulse_or_with_the_time()
    {
        var feed = new PriceFeed();
        var follower = feed.Follow();
        Take(follower);
        Assert.False(await follower.Wait(TimeSpan.FromMilliseconds(1), default));
        var waiting = follower.Wait(TimeSpan.FromMinutes(1), default);
        feed.Publish(new("A", Phase: "closed"));
        Assert.False(waiting.IsCompleted);
        feed.Pulse();
        Assert.True(await waiting);
        Assert.Single(Take(follower));
    }

    /// <summary>Random readers against a model that only knows the last state: whatever the pace, every reader ends where the feed is, and his numbers never go back.</summary>
    [Fact]
    public void Any_pace_of_reading_ends_in_the_last_state()
    {
        const int seed = 20261122;
        var random = new Random(seed);
        var feed = new PriceFeed();
        string[] names = ["A", "B", "C", "D", "E"];
        var model = new Dictionary<string, decimal>();
        var readers = Enumerable.Range(0, 8).Select(_ => (Follower: feed.Follow(), Seen: new Dictionary<string, (long Sequence, decimal Bid)>())).ToList();
        for (var step = 0; step < 3_000; step++)
        {
            var name = names[random.Next(names.Length)];
            var price = random.Next(1, 1_000);
            feed.Publish(new(name, Bids: [new(price, 1, 1)], Asks: []));
            model[name] = price;
            if (random.Next(3) == 0) feed.Pulse();
            foreach (var (follower, seen) in readers.Where((_, i) => random.Next(i + 1) == 0)) Read(follower, seen);
        }
        feed.Pulse();
        foreach (var (follower, seen) in readers)
        {
            Read(follower, seen);
            Assert.Equal(model.OrderBy(m => m.Key), seen.ToDictionary(k => k.Key, k => k.Value.Bid).OrderBy(m => m.Key));
        }

        static void Read(PriceFeed.Follower follower, Dictionary<string, (long Sequence, decimal Bid)> seen)
        {
            foreach (var frame in Take(follower))
            {
                var (name, sequence) = ((string)frame["series"]!, (long)frame["sequence"]!);
                var before = seen.GetValueOrDefault(name).Sequence;
                Assert.True(sequence > before);
                if ((string)frame["type"]! == "increment") Assert.Equal(before, (long)frame["after"]!);
                seen[name] = (sequence, (decimal)frame["bids"]![0]![0]!);
            }
        }
    }

    [Fact]
    public void Places_of_followers_are_bounded_and_come_back()
    {
        var feed = new PriceFeed();
        for (var i = 0; i < PriceFeed.MostFollowers; i++) Assert.True(feed.TryEnter());
        Assert.False(feed.TryEnter());
        feed.Leave();
        Assert.True(feed.TryEnter());
    }
}
