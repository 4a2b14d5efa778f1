using Verdigris.Book;
using Xunit;

namespace Verdigris.Book.Testing;

/// <summary>A place where a journal lives, which can be opened again and again.</summary>
public interface IJournalStore : IAsyncDisposable
{
    IJournal Open();

    /// <summary>Opens as another node would whose rival is believed dead but is not: the journal opened before still thinks it owns the place.</summary>
    IJournal TakeOver();
}

/// <summary>What every journal promises, whatever it is made of. A test class of each implementation derives from it.</summary>
public abstract class JournalContract
{
    protected static readonly UInt128 Venue = new(0xC0FFEE, 42);

    protected abstract Task<IJournalStore> NewStore();

    protected static byte[] Record(long batch, ReadOnlySpan<byte> previous, int commands = 1, UInt128? venue = null)
    {
        var record = new byte[RecordCodec.RecordLength(commands)];
        for (int i = 0; i < commands; i++) RecordCodec.Commands(record, commands)[i] = new() { Id = (UInt128)(batch * 10_000 + i + 1), Operation = Operation.Pulse };
        RecordCodec.Seal(record, venue ?? Venue, batch, batch, batch * 1_000_000, commands, previous);
        return record;
    }

    protected static List<byte[]> Fill(IJournal journal, int batches, int commands = 1)
    {
        var records = new List<byte[]>();
        for (int i = 0; i < batches; i++)
        {
            var record = Record(journal.LastBatch + 1, journal.LastHash, commands);
            journal.Append(journal.LastBatch + 1, record);
            records.Add(record);
        }
        return records;
    }

    static List<byte[]> All(IJournal journal, long from) => [.. journal.ReadFrom(from).Select(r => r.ToArray())];

    [Fact]
    public async Task A_new_journal_is_empty_and_its_hash_is_zeros()
    {
        await using var store = await NewStore();
        using var journal = store.Open();
        Assert.Equal(0, journal.LastBatch);
        Assert.Equal(new byte[32], journal.LastHash.ToArray());
        Assert.Empty(All(journal, 1));
    }

    [Fact]
    public async Task What_was_appended_is_read_back_byte_for_byte_before_and_after_opening_again()
    {
        await using var store = await NewStore();
        List<byte[]> written;
        using (var journal = store.Open())
        {
            written = [.. Fill(journal, 30), .. Fill(journal, 3, commands: 8190), .. Fill(journal, 5, commands: 100)];
            Assert.Equal(written, All(journal, 1));
        }
        using var again = store.Open();
        Assert.Equal(38, again.LastBatch);
        Assert.Equal(RecordCodec.Hash(written[^1]).ToArray(), again.LastHash.ToArray());
        Assert.Equal(written, All(again, 1));
        Assert.Equal(written[31..], All(again, 32));
        Assert.Empty(All(again, 39));
    }

    [Fact]
    public async Task An_opened_journal_goes_on_where_it_ended()
    {
        await using var store = await NewStore();
        List<byte[]> written = [];
        for (int opened = 0; opened < 4; opened++)
            using (var journal = store.Open()) written.AddRange(Fill(journal, 3, commands: 1 + opened * 50));
        using var last = store.Open();
        Assert.Equal(written, All(last, 1));
    }

    [Fact]
    public async Task Records_are_appended_in_order_without_a_gap()
    {
        await using var store = await NewStore();
        using var journal = store.Open();
        Fill(journal, 2);
        var skipping = Record(4, journal.LastHash);
        Assert.ThrowsAny<ArgumentException>(() => journal.Append(4, skipping));
        Assert.Equal(2, journal.LastBatch);
        Fill(journal, 1);
        Assert.Equal(3, All(journal, 1).Count);
    }

    [Fact]
    public async Task A_stale_writer_is_fenced_and_what_the_new_one_wrote_stands()
    {
        await using var store = await NewStore();
        using var stale = store.Open();
        var before = Fill(stale, 3);
        List<byte[]> after;
        using (var owner = store.TakeOver())
        {
            Assert.Equal(3, owner.LastBatch);
            after = Fill(owner, 1);
            Assert.Throws<JournalFencedException>(() => { Fill(stale, 1); });
            after.AddRange(Fill(owner, 1));
            Assert.Equal([.. before, .. after], All(owner, 1));
        }
        Assert.ThrowsAny<IOException>(() => { Fill(stale, 1); });
    }
}
