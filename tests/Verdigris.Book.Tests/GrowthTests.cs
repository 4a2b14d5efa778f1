namespace Verdigris.Book.Tests;

/// <summary>What grows while the Book runs: the hash index, the tables, the reading ahead of a journal.</summary>
public sealed class GrowthTests
{
    readonly struct HasKey(List<ulong> keys, ulong key) : IMatch
    {
        public bool Matches(uint row) => keys[(int)row] == key;
    }

    [Theory]
    [InlineData(1, ulong.MaxValue)]
    [InlineData(2, 0xFFFF_FFFF_0000_FFFF)] // tags that splitting hardly parts
    [InlineData(3, 0xFFFF_FFFF_FF00_0007)] // few tags, with many keys each
    public void The_index_finds_every_row_and_none_that_is_not_there_while_its_parts_split(int seed, ulong bits)
    {
        var random = new Random(seed);
        var index = new HashIndex(new Slabs(ahead: true));
        var keys = new List<ulong>();
        var seen = new HashSet<ulong>();
        for (int i = 0; i < 40_000; i++)
        {
            ulong key = unchecked((ulong)random.NextInt64(long.MinValue, long.MaxValue)) & bits;
            uint found = index.Find(key, new HasKey(keys, key));
            Assert.Equal(seen.Contains(key), found != uint.MaxValue);
            if (!seen.Add(key)) continue;
            index.Add(key, (uint)keys.Count);
            keys.Add(key);
        }
        for (int i = 0; i < keys.Count; i++) Assert.Equal((uint)i, index.Find(keys[i], new HasKey(keys, keys[i])));
    }

    readonly struct HasId(List<UInt128> ids, UInt128 id) : IMatch
    {
        public bool Matches(uint row) => ids[(int)row] == id;
    }

    [Theory]
    [InlineData(1, 0L)]
    [InlineData(2, 50_000_000L)] // a program that begins late
    [InlineData(3, long.MaxValue - 4_000_000_000L)]
    public void Commands_are_found_by_ids_of_senders_by_numbers_of_derived_ones_and_by_numbers_from_nowhere(int seed, long begin)
    {
        var random = new Random(seed);
        var index = new CommandIndex(new Slabs(ahead: true));
        var ids = new List<UInt128>();
        var rows = new Dictionary<UInt128, uint>();
        var tried = new List<UInt128>();
        long number = begin;
        for (int i = 0; i < 60_000; i++)
        {
            var id = random.Next(20) switch
            {
                < 12 => ProgramWriter.IdOf(number += random.Next(50) == 0 ? random.Next(2_000_000) : 1),
                < 14 => ProgramWriter.IdOf(Math.Max(0, number - random.Next(30_000))),
                14 => ProgramWriter.IdOf(random.NextInt64()),
                15 => tried.Count == 0 ? 1 : tried[random.Next(tried.Count)],
                _ => new UInt128((ulong)random.NextInt64(), (ulong)random.NextInt64()),
            };
            index.Prefetch(id);
            tried.Add(id);
            uint found = index.Find(id, new HasId(ids, id));
            Assert.Equal(rows.TryGetValue(id, out uint row) ? row : uint.MaxValue, found);
            if (found != uint.MaxValue) continue;
            rows[id] = (uint)ids.Count;
            index.Add(id, (uint)ids.Count);
            ids.Add(id);
        }
        foreach (var (id, row) in rows) Assert.Equal(row, index.Find(id, new HasId(ids, id)));
    }

    /// <summary>Snapshots hold what it gave: whichever way a processor multiplies, it stays that.</summary>
    [Fact]
    public void The_mix_of_a_number_is_what_whole_products_make_of_it()
    {
        static ulong Wide(ulong x, ulong y) => (UInt128)x * y is var product ? (ulong)(product >> 64) ^ (ulong)(product & ulong.MaxValue) : 0;
        var random = new Random(20261122);
        for (int i = 0; i < 10_000; i++)
        {
            ulong value = i < 3 ? ulong.MaxValue - (ulong)i : (ulong)random.NextInt64();
            Assert.Equal(Wide(Wide(value ^ 0xA0761D6478BD642F, 0xE7037ED1A0B428DB) ^ 0x8EBC6AF09C88C6E3, 0x589965CC75374CC3), Mix.Hash(value));
        }
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Rows_keep_their_values_while_tables_grow_side_by_side_and_new_ones_are_zero(bool ahead)
    {
        var slabs = new Slabs(ahead);
        var small = new Rows<ulong>(slabs, 64);
        var large = new Rows<UInt128>(slabs, 1 << 16);
        for (uint i = 0; i < 300_000; i++)
        {
            Assert.Equal(0UL, small[small.Add()]);
            small[i] = i + 1UL;
            Assert.Equal(UInt128.Zero, large[large.Add()]);
            large[i] = i + 2UL;
        }
        for (uint i = 0; i < 300_000; i++)
        {
            Assert.Equal(i + 1UL, small[i]);
            Assert.Equal((UInt128)(i + 2UL), large[i]);
        }
        small.Truncate(100);
        Assert.Equal(0UL, small[small.Add()]);
        Assert.Throws<ArgumentOutOfRangeException>(() => small[101]);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(3)]
    [InlineData(20_000)]
    public void Records_read_ahead_come_in_order_and_a_fault_comes_after_those_before_it(int records)
    {
        var shared = new byte[400]; // as a reader does it: valid until the next step
        IEnumerable<ReadOnlyMemory<byte>> Source(bool fails)
        {
            for (int i = 0; i < records; i++)
            {
                BitConverter.TryWriteBytes(shared, i);
                yield return shared.AsMemory(0, 4 + i % 390);
            }
            if (fails) throw new JournalCorruptException(records, "damaged");
        }

        int read = 0;
        void Check(ReadOnlyMemory<byte> record)
        {
            Assert.Equal(read, BitConverter.ToInt32(record.Span));
            Assert.Equal(4 + read % 390, record.Length);
            read++;
        }

        foreach (var record in ReadAhead.Of(Source(fails: false))) Check(record);
        Assert.Equal(records, read);
        read = 0;
        Assert.Throws<JournalCorruptException>(() => { foreach (var record in ReadAhead.Of(Source(fails: true))) Check(record); });
        Assert.Equal(records, read);
        foreach (var record in ReadAhead.Of(Source(fails: false)).Take(1)) Assert.Equal(4, record.Length); // leaving early ends the reader too
    }
}
