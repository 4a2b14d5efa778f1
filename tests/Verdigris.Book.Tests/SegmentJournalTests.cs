using System.Buffers.Binary;
using Verdigris.Book.Testing;

namespace Verdigris.Book.Tests;

/// <summary>The segment files: the common promises, and what damage and rivals do to files.</summary>
public sealed class SegmentJournalTests : JournalContract
{
    static readonly SegmentOptions Small = new(SegmentBytes: 20_000, StepBytes: 4_096);

    protected override Task<IJournalStore> NewStore() => Task.FromResult<IJournalStore>(new FolderStore());

    sealed class FolderStore : IJournalStore
    {
        readonly DirectoryInfo folder = Directory.CreateTempSubdirectory("verdigris-journal-");

        public IJournal Open() => SegmentJournal.Open(new RealDisk(), folder.FullName, Venue, Small);
        public IJournal TakeOver() => SegmentJournal.Open(new LocklessDisk(), folder.FullName, Venue, Small);

        public ValueTask DisposeAsync()
        {
            folder.Delete(recursive: true);
            return ValueTask.CompletedTask;
        }
    }

    /// <summary>A disk whose lock service has lost the lock.</summary>
    sealed class LocklessDisk : IDisk
    {
        readonly RealDisk disk = new();
        public IReadOnlyList<string> List(string folder) => disk.List(folder);
        public bool Exists(string path) => disk.Exists(path);
        public IDiskFile Open(string path, bool create) => disk.Open(path, create);
        public void Rename(string from, string to) => disk.Rename(from, to);
        public void Delete(string path) => disk.Delete(path);
        public void FlushFolder(string folder) => disk.FlushFolder(folder);
        public IDisposable Lock(string path) => new MemoryStream();
    }

    static void InFolder(Action<string> test)
    {
        var folder = Directory.CreateTempSubdirectory("verdigris-journal-");
        try { test(folder.FullName); }
        finally { folder.Delete(recursive: true); }
    }

    static SegmentJournal Open(string folder, UInt128? venue = null) => SegmentJournal.Open(new RealDisk(), folder, venue ?? Venue, Small);

    static string LastSegment(string folder) => Directory.GetFiles(folder, "*.vbj").Order().Last();

    /// <summary>Where the records of a segment lie.</summary>
    static List<(int At, int Length)> Records(byte[] segment)
    {
        var list = new List<(int, int)>();
        for (int at = 0; at < segment.Length && RecordCodec.TryReadHeader(segment.AsSpan(at), out var header); at += RecordCodec.RecordLength(header.Commands))
            list.Add((at, RecordCodec.RecordLength(header.Commands)));
        return list;
    }

    [Fact]
    public void A_second_writer_is_kept_out_by_the_lock() => InFolder(folder =>
    {
        using var journal = Open(folder);
        Assert.Throws<JournalFencedException>(() => Open(folder));
        Fill(journal, 1);
    });

    [Fact]
    public void A_torn_tail_is_cut_wherever_it_was_torn() => InFolder(folder =>
    {
        byte[] whole;
        string path;
        using (var journal = Open(folder)) Fill(journal, 3, commands: 4);
        path = LastSegment(folder);
        whole = File.ReadAllBytes(path);
        var last = Records(whole)[^1];
        for (int kept = 1; kept < last.Length; kept += 37)
        {
            var torn = whole.ToArray();
            torn.AsSpan(last.At + kept, last.Length - kept).Clear();
            File.WriteAllBytes(path, torn);
            using var journal = Open(folder);
            Assert.Equal(2, journal.LastBatch);
            Assert.True(journal.CutBytes > 0);
            Assert.Equal(2, journal.ReadFrom(1).Count());
        }
        using (var journal = Open(folder)) Fill(journal, 2, commands: 2);
        using (var journal = Open(folder)) Assert.Equal(4, journal.ReadFrom(1).Count());
    });

    [Fact]
    public void A_file_that_ends_in_the_middle_of_a_record_is_a_torn_tail() => InFolder(folder =>
    {
        using (var journal = Open(folder)) Fill(journal, 3, commands: 4);
        string path = LastSegment(folder);
        var last = Records(File.ReadAllBytes(path))[^1];
        using (var file = File.OpenWrite(path)) file.SetLength(last.At + last.Length / 2);
        using var opened = Open(folder);
        Assert.Equal(2, opened.LastBatch);
    });

    [Fact]
    public void A_damaged_record_before_later_ones_is_never_dropped() => InFolder(folder =>
    {
        using (var journal = Open(folder)) Fill(journal, 5, commands: 4);
        string path = LastSegment(folder);
        var whole = File.ReadAllBytes(path);
        var second = Records(whole)[1];
        foreach (int at in new[] { 0, 30, 60, 90, 100, 200, second.Length - 40, second.Length - 1 })
        {
            var damaged = whole.ToArray();
            damaged[second.At + at] ^= 0x10;
            File.WriteAllBytes(path, damaged);
            var thrown = Assert.Throws<JournalCorruptException>(() => Open(folder));
            Assert.Equal(2, thrown.Batch);
            Assert.Equal(damaged, File.ReadAllBytes(path));
        }
        File.WriteAllBytes(path, whole);
        using var opened = Open(folder);
        Assert.Equal(5, opened.LastBatch);
    });

    [Fact]
    public void Damage_in_an_earlier_segment_is_found_when_it_is_read() => InFolder(folder =>
    {
        using (var journal = Open(folder)) Fill(journal, 60, commands: 20);
        var segments = Directory.GetFiles(folder, "*.vbj").Order().ToList();
        Assert.True(segments.Count > 4, "several segments");
        var bytes = File.ReadAllBytes(segments[1]);
        bytes[300] ^= 1;
        File.WriteAllBytes(segments[1], bytes);
        using var opened = Open(folder);
        Assert.Throws<JournalCorruptException>(() => opened.ReadFrom(1).Count());
        Assert.NotEmpty(opened.ReadFrom(long.Parse(Path.GetFileNameWithoutExtension(segments[3]), System.Globalization.CultureInfo.InvariantCulture)));
    });

    [Fact]
    public void A_missing_segment_is_damage() => InFolder(folder =>
    {
        using (var journal = Open(folder)) Fill(journal, 60, commands: 20);
        var segments = Directory.GetFiles(folder, "*.vbj").Order().ToList();
        File.Delete(segments[^2]);
        Assert.Throws<JournalCorruptException>(() => Open(folder));
    });

    [Fact]
    public void An_empty_segment_left_by_a_crash_is_taken_away() => InFolder(folder =>
    {
        using (var journal = Open(folder)) Fill(journal, 3);
        File.WriteAllBytes(Path.Combine(folder, SegmentReader.FileName(4)), []);
        using (var journal = Open(folder)) Fill(journal, 200, commands: 3);
        using var again = Open(folder);
        Assert.Equal(203, again.ReadFrom(1).Count());
    });

    [Fact]
    public void Records_of_another_venue_are_refused() => InFolder(folder =>
    {
        using (var journal = Open(folder)) Fill(journal, 1);
        Assert.Throws<JournalCorruptException>(() => Open(folder, venue: 9));
    });

    [Fact]
    public void A_record_has_the_documented_layout()
    {
        var previous = Enumerable.Range(1, 32).Select(i => (byte)i).ToArray();
        var record = new byte[RecordCodec.RecordLength(3)];
        RecordCodec.Commands(record, 3)[2].Amount = 77;
        RecordCodec.Codes(record, 3)[1] = Code.NoRule;
        RecordCodec.Seal(record, new UInt128(2, 1), 5, 9, 1234, 3, previous);
        Assert.Equal(96 + 392 + 32, record.Length);
        Assert.Equal("VBJ1"u8, record.AsSpan(0, 4));
        Assert.Equal(1, record[4]);
        Assert.Equal((1UL, 2UL), (BinaryPrimitives.ReadUInt64LittleEndian(record.AsSpan(8)), BinaryPrimitives.ReadUInt64LittleEndian(record.AsSpan(16))));
        Assert.Equal((5L, 9L, 1234L), (BinaryPrimitives.ReadInt64LittleEndian(record.AsSpan(24)), BinaryPrimitives.ReadInt64LittleEndian(record.AsSpan(32)), BinaryPrimitives.ReadInt64LittleEndian(record.AsSpan(40))));
        Assert.Equal((3, 392), (BinaryPrimitives.ReadInt32LittleEndian(record.AsSpan(48)), BinaryPrimitives.ReadInt32LittleEndian(record.AsSpan(52))));
        Assert.Equal(previous, record.AsSpan(56, 32));
        Assert.Equal(77, BinaryPrimitives.ReadInt64LittleEndian(record.AsSpan(96 + 2 * 128 + 40)));
        Assert.Equal(50, BinaryPrimitives.ReadUInt16LittleEndian(record.AsSpan(96 + 3 * 128 + 2)));
        Assert.Equal(System.Security.Cryptography.SHA256.HashData(record.AsSpan(0, 96 + 392)), record.AsSpan(96 + 392));
        Assert.Equal(0xE3069283u, RecordCodec.Crc32C("123456789"u8)); // the check value of CRC-32C
    }
}
