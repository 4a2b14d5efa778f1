using static Verdigris.Book.Tests.Ledger;

namespace Verdigris.Book.Tests;

/// <summary>A venue that decides the next batch while the one before is made durable: nobody is answered and nothing is seen before its time, on a journal whose appends wait until the test lets them through.</summary>
public sealed class VenueAheadTests : IDisposable
{
    readonly DirectoryInfo folder = Directory.CreateTempSubdirectory("verdigris-ahead-");
    readonly GatedJournal journal = new();
    int nextId = 1;

    public void Dispose()
    {
        folder.Delete(recursive: true);
        journal.Gate.Dispose();
    }

    UInt128 Id() => (UInt128)Interlocked.Increment(ref nextId);

    Venue Opened() => Venue.Open(new() { VenueId = 7, DataFolder = folder.FullName, NowMicros = () => 1_000_000, SnapshotEveryBytes = 0, MaxBatch = 2, QueueLimit = 64, AheadFromBytes = 0 }, journal);

    /// <summary>Appends one record each time the test says so; a record it is told to fail is not there.</summary>
    sealed class GatedJournal : IJournal
    {
        public readonly SemaphoreSlim Gate = new(0);
        public readonly List<byte[]> Records = [];
        public volatile bool Fails;
        public volatile int Waiting;

        public long LastBatch => Records.Count;
        public ReadOnlySpan<byte> LastHash => Records.Count == 0 ? new byte[32] : RecordCodec.Hash(Records[^1]);

        public void Append(long batch, ReadOnlySpan<byte> record)
        {
            Assert.Equal(LastBatch + 1, batch);
            Waiting++;
            Gate.Wait();
            Waiting--;
            if (Fails) throw new IOException("no space left on device");
            Records.Add(record.ToArray());
        }

        public IEnumerable<ReadOnlyMemory<byte>> ReadFrom(long batch) => Records.Skip((int)batch - 1).Select(r => (ReadOnlyMemory<byte>)r);
        public void Dispose() { }
    }

    /// <summary>Two batches sent at once while the writer is busy with one before: the first of the two is given away, the second is decided beside it.</summary>
    async Task<(Task<Outcome[]> First, Task<Outcome[]> Second)> TwoUnderWay(Venue venue, Command[] first, Command[] second)
    {
        var busy = venue.Send(Commands.DefineAsset(Id(), Cash, "EUR", AssetKind.Fungible, 2));
        await Until(() => journal.Waiting == 1);
        var sent = (venue.Send(first).AsTask(), venue.Send(second).AsTask());
        journal.Gate.Release();
        Assert.True((await busy).Accepted);
        await Until(() => journal.Waiting == 1);
        return sent;
    }

    static async Task Until(Func<bool> holds)
    {
        for (int i = 0; i < 12_000 && !holds(); i++) await Task.Delay(5);
        Assert.True(holds());
    }

    [Fact]
    public async Task A_reader_waits_for_what_is_decided_and_not_yet_durable()
    {
        await using var venue = Opened();
        var (first, second) = await TwoUnderWay(venue, [Commands.OpenAccount(Id(), 5, 1), Commands.OpenAccount(Id(), 6, 1)], [Commands.OpenAccount(Id(), 7, 1), Commands.OpenAccount(Id(), 8, 1)]);
        var seen = Task.Run(() => venue.Read(s => (Accounts: Enumerable.Range(5, 4).Count(a => s.Account(a) is not null), s.LastBatch, Durable: journal.LastBatch)));
        await Task.Delay(50);
        Assert.False(first.IsCompleted || second.IsCompleted || seen.IsCompleted);
        journal.Gate.Release();
        Assert.All(await first, o => Assert.Equal((Code.Accepted, 2L), (o.Code, o.Batch)));
        await Task.Delay(20);
        Assert.False(second.IsCompleted);
        journal.Gate.Release();
        Assert.All(await second, o => Assert.Equal((Code.Accepted, 3L), (o.Code, o.Batch)));
        var (accounts, batch, durable) = await seen;
        Assert.Equal(durable, batch);
        Assert.Equal(2 * (batch - 1), accounts);
    }

    [Fact]
    public async Task Where_an_append_fails_what_was_decided_behind_it_fails_too()
    {
        await using var venue = Opened();
        var (first, second) = await TwoUnderWay(venue, [Commands.OpenAccount(Id(), 5, 1), Commands.OpenAccount(Id(), 6, 1)], [Commands.OpenAccount(Id(), 7, 1), Commands.OpenAccount(Id(), 8, 1)]);
        journal.Fails = true;
        journal.Gate.Release(10);
        await Assert.ThrowsAsync<VenueStoppedException>(() => first);
        await Assert.ThrowsAsync<VenueStoppedException>(() => second);
        Assert.Throws<VenueStoppedException>(() => venue.Read(s => s.Account(5)));
        await Assert.ThrowsAsync<VenueStoppedException>(async () => await venue.Send(Commands.OpenAccount(Id(), 9, 1)));
        Assert.Single(journal.Records);
    }

    [Fact]
    public async Task A_repeat_of_what_is_not_yet_durable_is_answered_only_behind_it()
    {
        await using var venue = Opened();
        Command[] commands = [Commands.OpenAccount(Id(), 5, 1), Commands.OpenAccount(Id(), 6, 1)];
        var (first, again) = await TwoUnderWay(venue, commands, commands);
        await Task.Delay(50);
        Assert.False(first.IsCompleted || again.IsCompleted);
        journal.Gate.Release(2);
        Assert.All(await first, o => Assert.Equal((Code.Accepted, 2L, false), (o.Code, o.Batch, o.Repeated)));
        Assert.All(await again, o => Assert.Equal((Code.Accepted, 2L, true), (o.Code, o.Batch, o.Repeated)));
    }

    [Fact]
    public async Task A_venue_that_closes_finishes_what_is_under_way()
    {
        var venue = Opened();
        var (first, second) = await TwoUnderWay(venue, [Commands.OpenAccount(Id(), 5, 1)], [Commands.OpenAccount(Id(), 7, 1), Commands.OpenAccount(Id(), 8, 1)]);
        var closed = Task.Run(venue.Dispose);
        await Task.Delay(20);
        Assert.False(closed.IsCompleted);
        journal.Gate.Release(2);
        await closed;
        Assert.All((await first).Concat(await second), o => Assert.True(o.Accepted));
        Assert.Equal(3, journal.Records.Count);
    }
}
