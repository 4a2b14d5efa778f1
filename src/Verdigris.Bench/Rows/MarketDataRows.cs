using System.Diagnostics;
using System.Text.Json;
using NodaTime;
using Verdigris.Market.Data;

namespace Verdigris.Bench.Rows;

/// <summary>Row M6: a thousand followers of market data while five thousand updates come in every second; each must end with the last state of every series.</summary>
sealed class MarketDataRows(BenchOptions options)
{
    const int Followers = 1_000, UpdatesPerSecond = 5_000, Series = 50, Levels = 10;
    /// <summary>Every so many followers one takes so long over what it got that pulses pass it by.</summary>
    const int SlowEvery = 10;

    static readonly TimeSpan Beat = TimeSpan.FromMilliseconds(50), Slow = TimeSpan.FromMilliseconds(400);

    public async Task<IEnumerable<BenchLine>> Run(CancellationToken ct)
    {
        var seconds = Math.Max(3, (int)options.Seconds(20).TotalSeconds);
        var feed = new PriceFeed();
        using var over = CancellationTokenSource.CreateLinkedTokenSource(ct);
        var readers = Enumerable.Range(0, Followers).Select(i => new Reader(feed, i % SlowEvery == 0)).ToList();
        var reading = readers.Select(r => r.Read(over.Token)).ToList();
        var pulses = 0;
        using var process = Process.GetCurrentProcess();
        var (cpu, collected) = (process.TotalProcessorTime, GC.CollectionCount(2));
        var clock = Stopwatch.StartNew();
        var sent = 0L;
        var day = new LocalDate(2026, 11, 23);
        var last = new decimal[Series];
        while (clock.Elapsed.TotalSeconds < seconds)
        {
            var due = (long)(clock.Elapsed.TotalSeconds * UpdatesPerSecond);
            for (; sent < due; sent++)
            {
                var which = (int)(sent % Series);
                last[which] = 70 + (sent % 1_000 / 100m);
                feed.Publish(new(Name(which), Bids: Side(last[which], -1), Asks: Side(last[which] + 0.01m, 1), Trades: sent % 5 == 0 ? [new Print(Name(which), sent, sent, Instant.FromUnixTimeTicks(sent), day, last[which], 1, last[which] * 1_000, PrintKind.Book)] : null));
            }
            pulses += feed.Pulse() > 0 ? 1 : 0;
            await Task.Delay(Beat, ct);
        }
        feed.Pulse();
        // The slowest is back within its pause; then everybody has had the time to take the last pulse.
        await Task.Delay(Slow + Slow, ct);
        await over.CancelAsync();
        await Task.WhenAll(reading);
        process.Refresh();
        var cores = (process.TotalProcessorTime - cpu).TotalSeconds / clock.Elapsed.TotalSeconds;
        var complete = readers.Count(r => Enumerable.Range(0, Series).All(i => r.Bid(Name(i)) == last[i]));
        var bytes = readers.Sum(r => r.Bytes);
        return
        [
            new("M6", $"market data: {Followers:N0} followers of {Series} series, {sent / clock.Elapsed.TotalSeconds:N0} updates/s for {seconds} s, every {SlowEvery}th follower slow; {pulses} pulses",
                $"{cores:0.00} cores; {complete:N0} of {Followers:N0} ended with the last state of all series; {bytes / clock.Elapsed.TotalSeconds / 1e6:0} MB/s given out; {readers.Sum(r => r.Snapshots):N0} snapshots to those who fell behind", "< 1 core, all of them, no queue", cores < 1 && complete == Followers,
                $"{GC.CollectionCount(2) - collected} full collections; each frame is written once", "copying frames and waking followers"),
        ];
    }

    static string Name(int i) => $"ICE.EUA:{2027 + (i / 12)}-{(i % 12) + 1:00}";

    static IReadOnlyList<BoardLevel> Side(decimal best, int way)
    {
        var levels = new BoardLevel[Levels];
        for (var i = 0; i < Levels; i++) levels[i] = new(best + (way * i * 0.01m), 10 + i, 2);
        return levels;
    }

    /// <summary>One who follows: copies what it gets, as a connection would, and keeps the last frame of each series.</summary>
    sealed class Reader(PriceFeed feed, bool slow)
    {
        readonly PriceFeed.Follower follower = feed.Follow();
        readonly Dictionary<string, ReadOnlyMemory<byte>> last = new(StringComparer.Ordinal);
        byte[] buffer = new byte[64 * 1024];

        public long Bytes { get; private set; }
        public long Snapshots { get; private set; }

        public async Task Read(CancellationToken ct)
        {
            var frames = new List<ReadOnlyMemory<byte>>();
            try
            {
                while (true)
                {
                    frames.Clear();
                    follower.Take(frames);
                    foreach (var frame in frames)
                    {
                        if (frame.Length > buffer.Length) buffer = new byte[frame.Length * 2];
                        frame.Span.CopyTo(buffer);
                        Bytes += frame.Length;
                        if (frame.Span[9] == (byte)'s') Snapshots++;
                        last[SeriesOf(frame.Span)] = frame;
                    }
                    if (slow) await Task.Delay(Slow, ct);
                    await follower.Wait(TimeSpan.FromSeconds(15), ct);
                }
            }
            catch (OperationCanceledException) { }
        }

        /// <summary>The name between its quotes; names are short, so a table of strings is not needed.</summary>
        static string SeriesOf(ReadOnlySpan<byte> frame)
        {
            var from = frame.IndexOf("\"series\":\""u8) + 10;
            return System.Text.Encoding.ASCII.GetString(frame[from..(from + frame[from..].IndexOf((byte)'"'))]);
        }

        public decimal? Bid(string series) => last.TryGetValue(series, out var frame) ? JsonDocument.Parse(frame).RootElement.GetProperty("bids")[0][0].GetDecimal() : null;
    }
}
