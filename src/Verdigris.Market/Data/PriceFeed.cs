using NodaTime;

namespace Verdigris.Market.Data;

/// <summary>
/// The last state of every series, and who follows it. Changes are gathered and given out in pulses: a pulse writes one frame for each series that changed, once, and everybody sends these same bytes. Nothing is queued for anybody: a subscriber who
/// is still busy at a pulse passes over it and gets the whole last state of what changed. Thread-safe.
/// </summary>
/// <remarks>Each series has a sequence number, one more with every pulse it changed in. A subscriber who has number n gets the increment n + 1, or a snapshot of a later number.</remarks>
public sealed class PriceFeed
{
    /// <summary>Trades a snapshot shows, and the most an increment brings.</summary>
    public const int TradesKept = 50;

    /// <summary>Trades taken back that a snapshot tells of: whoever was away has still heard of them.</summary>
    public const int TakenBackKept = 200;

    /// <summary>After a start those made so long ago are told again.</summary>
    public static readonly Duration ToldAgain = Duration.FromDays(7);

    /// <summary>Connections that may follow at once.</summary>
    public const int MostFollowers = 5_000;

    readonly Lock gate = new();
    readonly Dictionary<string, Cell> cells = new(StringComparer.Ordinal);
    List<Cell> dirty = [];
    TaskCompletionSource changed = New();
    volatile Pulsed current = new(0, [], 0);
    int followers;

    /// <summary>A series: gathered changes under the feed's lock, the frame of its last pulse for everybody.</summary>
    sealed class Cell(string series)
    {
        public BoardState State = BoardState.Empty(series);
        public bool Dirty, Phase, Depth, Day;
        public List<Print> New = [];
        // Kept for good: two tell of trades, and which of them comes first is open. They are few.
        public HashSet<long> Gone = [];
        public List<TakenBackTrade> Back = [];
        public Dictionary<Instant, MinuteNow> Minutes = [];
        public SortedDictionary<LocalDate, DayPrices> EarlierDays = [];
        public int Skipped;
        public long Sequence;
        public volatile Frame? Frame;
    }

    sealed class Frame(BoardState state, long sequence, byte[] increment)
    {
        byte[]? snapshot;

        public long Sequence { get; } = sequence;
        public byte[] Increment { get; } = increment;
        public BoardState State { get; } = state;

        /// <summary>Written when the first asks; two who ask at once write the same.</summary>
        public byte[] Snapshot => snapshot ??= BoardJson.Snapshot(State, Sequence);
    }

    sealed class Pulsed(long number, Cell[] cells, int known)
    {
        public long Number { get; } = number;
        public Cell[] Cells { get; } = cells;
        /// <summary>Series there were at this pulse.</summary>
        public int Known { get; } = known;
        public TaskCompletionSource Next { get; } = New();
    }

    /// <summary>Completes when something changed that no pulse gave out yet.</summary>
    public Task Changed { get { lock (gate) return changed.Task; } }

    /// <summary>Gathers a change for the next pulse.</summary>
    public void Publish(BoardChange change)
    {
        ArgumentNullException.ThrowIfNull(change);
        lock (gate)
        {
            if (!cells.TryGetValue(change.Series, out var cell)) cells[change.Series] = cell = new(change.Series);
            var state = cell.State;
            cell.State = state with { Phase = change.Phase ?? state.Phase, Bids = change.Bids ?? state.Bids, Asks = change.Asks ?? state.Asks, Day = change.Day ?? state.Day };
            cell.Phase |= change.Phase is not null;
            cell.Depth |= change.Bids is not null || change.Asks is not null;
            cell.Day |= change.Day is not null;
            foreach (var back in change.TakenBack ?? [])
                if (cell.Gone.Add(back.Trade.Trade)) cell.Back.Add(back);
            foreach (var minute in change.Minutes ?? []) cell.Minutes[minute.Start] = minute;
            foreach (var day in change.EarlierDays ?? []) cell.EarlierDays[day.Day] = day;
            foreach (var trade in change.Trades ?? [])
            {
                // A frame's minutes are as of the frame: what is traded between the taking back and the pulse is in them.
                if (!cell.Gone.Contains(trade.Trade) && cell.Minutes.TryGetValue(Candles.StartOf(trade.At, Candles.Minute), out var minute)) cell.Minutes[minute.Start] = minute.With(trade);
                cell.New.Add(trade);
                if (cell.New.Count <= TradesKept) continue;
                cell.New.RemoveAt(0);
                cell.Skipped++;
            }
            if (cell.Dirty) return;
            cell.Dirty = true;
            dirty.Add(cell);
            changed.TrySetResult();
        }
    }

    /// <summary>Gives out what was gathered. Answers how many series changed.</summary>
    public int Pulse()
    {
        Pulsed before;
        int count;
        lock (gate)
        {
            if (dirty.Count == 0) return 0;
            foreach (var cell in dirty)
            {
                if (cell.Gone.Count > 0) cell.New.RemoveAll(t => cell.Gone.Contains(t.Trade));
                if (cell.Back.Count > 0)
                    cell.State = cell.State with { Trades = [.. cell.State.Trades.Where(t => !cell.Gone.Contains(t.Trade))], TakenBack = [.. cell.State.TakenBack.Concat(cell.Back).TakeLast(TakenBackKept)], Undone = cell.State.Undone + cell.Back.Count };
                if (cell.New.Count > 0) cell.State = cell.State with { Trades = [.. cell.State.Trades.Concat(cell.New).TakeLast(TradesKept)] };
                cell.Sequence++;
                cell.Frame = new(cell.State, cell.Sequence, BoardJson.Increment(cell.State, cell.Sequence, new(cell.Phase, cell.Depth, cell.Day, cell.New, cell.Skipped, cell.Back, cell.Minutes.Values, cell.EarlierDays.Values)));
                (cell.Dirty, cell.Phase, cell.Depth, cell.Day, cell.Skipped) = (false, false, false, false, 0);
                (cell.New, cell.Back, cell.Minutes, cell.EarlierDays) = ([], [], [], []);
            }
            before = current;
            count = dirty.Count;
            current = new(before.Number + 1, [.. dirty], cells.Count);
            dirty = [];
            changed = New();
        }
        before.Next.SetResult();
        return count;
    }

    /// <summary>The state of a series as of the last pulse; null before its first.</summary>
    public BoardState? State(string series)
    {
        lock (gate) return cells.TryGetValue(series, out var cell) ? cell.Frame?.State : null;
    }

    /// <summary>Follows some series, or all of them where none is named. Begins with a snapshot of each that has a state.</summary>
    public Follower Follow(IReadOnlyCollection<string>? series = null) => new(this, series is { Count: > 0 } ? series.ToHashSet(StringComparer.Ordinal) : null);

    /// <summary>Takes a place for a connection; false where all are taken. Who got one gives it back with <see cref="Leave"/>.</summary>
    public bool TryEnter()
    {
        if (Interlocked.Increment(ref followers) <= MostFollowers) return true;
        Leave();
        return false;
    }

    /// <summary>Connections that follow now.</summary>
    public int Followers => Volatile.Read(ref followers);

    public void Leave() => Interlocked.Decrement(ref followers);

    static TaskCompletionSource New() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>One who follows. For one caller at a time: <see cref="Take"/> what there is, send it, <see cref="Wait"/> for more.</summary>
    public sealed class Follower
    {
        readonly PriceFeed feed;
        readonly HashSet<string>? wanted;
        readonly Dictionary<Cell, long> seen = [];
        Pulsed at;
        int known = -1;

        internal Follower(PriceFeed feed, HashSet<string>? wanted)
        {
            this.feed = feed;
            this.wanted = wanted;
            at = new(-2, [], 0);
        }

        /// <summary>Frames that bring the caller to the last pulse: an increment where he has the one before, else a snapshot. Answers how many.</summary>
        public int Take(List<ReadOnlyMemory<byte>> into)
        {
            ArgumentNullException.ThrowIfNull(into);
            var now = feed.current;
            var count = 0;
            if (now.Known != known) Learn(now);
            // Who saw the pulse before looks at what changed in this one; who passed over some looks at all he follows.
            if (now.Number == at.Number + 1)
            {
                foreach (var cell in now.Cells)
                    if (seen.ContainsKey(cell)) count += Give(cell, into);
            }
            else if (now.Number != at.Number) foreach (var cell in seen.Keys.ToList()) count += Give(cell, into);
            at = now;
            return count;
        }

        /// <summary>Waits for a pulse after the one last taken; false when the time is over before.</summary>
        public async Task<bool> Wait(TimeSpan most, CancellationToken ct)
        {
            try { await at.Next.Task.WaitAsync(most, ct); }
            catch (TimeoutException) { return false; }
            return true;
        }

        void Learn(Pulsed now)
        {
            lock (feed.gate)
                foreach (var (series, cell) in feed.cells)
                    if (wanted is null || wanted.Contains(series)) seen.TryAdd(cell, 0);
            known = now.Known;
        }

        int Give(Cell cell, List<ReadOnlyMemory<byte>> into)
        {
            if (cell.Frame is not { } frame || frame.Sequence == seen[cell]) return 0;
            into.Add(frame.Sequence == seen[cell] + 1 && seen[cell] > 0 ? frame.Increment : frame.Snapshot);
            seen[cell] = frame.Sequence;
            return 1;
        }
    }
}
