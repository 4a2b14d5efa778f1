using System.Security.Cryptography;
using System.Text.Json;
using Verdigris.Auditor;

namespace Verdigris.Book.Tests.Auditing;

public sealed class FileDamageTests
{
    static readonly byte[] Sound = SoundStory.Create().ToBytes();

    static AuditReport Audit(byte[] file) => ExportAuditor.Audit(new MemoryStream(file));

    [Fact]
    public void A_sound_file_passes()
    {
        var report = Audit(Sound);
        Assert.True(report.Sound, string.Join("\n", report.Findings));
        Assert.Equal(9, report.Batches);
        Assert.Equal(Sound.Length, report.Bytes);
        Assert.Equal(1, report.PendingHolds);
        Assert.Equal([1500m, 100m], report.Assets.Select(a => a.Issued));
        Assert.All(report.Assets, a => Assert.Equal(0, a.Issued + a.Owed));
    }

    [Fact]
    public void An_export_without_a_batch_is_sound() => Assert.True(Audit(new ExportWriter().ToBytes()).Sound);

    [Fact]
    public void A_stream_that_gives_one_byte_at_a_time_gives_the_same_report()
    {
        var report = ExportAuditor.Audit(new Trickle(Sound));
        Assert.True(report.Sound);
        Assert.Equal(Audit(Sound).Days, report.Days);
    }

    [Fact]
    public void A_flipped_bit_at_any_byte_is_found()
    {
        for (var at = 0; at < Sound.Length; at++)
        {
            var file = (byte[])Sound.Clone();
            file[at] ^= (byte)(1 << (at % 8));
            var report = Audit(file);
            Assert.False(report.Sound, "not found at byte " + at);
            Assert.NotEmpty(report.Findings);
        }
    }

    [Fact]
    public void A_byte_changed_under_a_right_file_hash_is_found_wherever_it_carries_meaning()
    {
        // Somebody who changes a byte can also write a fitting last hash: every byte but the venue's own name must still be proved by something else.
        var unproved = new List<int>();
        for (var at = 0; at < Sound.Length - 32; at++)
        {
            var file = (byte[])Sound.Clone();
            file[at] ^= 0x41;
            SHA256.HashData(file.AsSpan(0, file.Length - 32)).CopyTo(file, file.Length - 32);
            if (Audit(file).Sound) unproved.Add(at);
        }
        Assert.Empty(unproved);
    }

    [Fact]
    public void A_file_cut_at_any_length_is_refused_with_a_clear_line()
    {
        var path = Path.GetTempFileName();
        try
        {
            for (var length = 0; length < Sound.Length; length++)
            {
                var report = Audit(Sound[..length]);
                Assert.False(report.Sound, "cut at " + length);
                Assert.False(report.Complete);
                Assert.Equal(length < 24 ? "audit.not-an-export" : "audit.truncated", report.Findings[^1].Code);
                if (length % 97 != 0) continue;
                File.WriteAllBytes(path, Sound[..length]);
                var output = new StringWriter();
                var exit = AuditCommand.Run(path, false, "en", output, TextWriter.Null);
                Assert.Equal(length < 24 ? 2 : 1, exit);
                Assert.Contains(length < 24 ? "Not an export" : "audit.truncated", output.ToString(), StringComparison.Ordinal);
            }
        }
        finally
        {
            File.Delete(path);
        }
    }

    [Fact]
    public void Bytes_after_the_end_are_found() =>
        Assert.Equal("audit.trailing-bytes", Assert.Single(Audit([.. Sound, 0]).Findings).Code);

    [Fact]
    public void Random_bytes_never_crash_the_auditor()
    {
        const int seed = 20261121;
        TestContext.Current.TestOutputHelper?.WriteLine("seed " + seed);
        var random = new Random(seed);
        for (var i = 0; i < 3000; i++)
        {
            var file = (byte[])Sound.Clone();
            // Several hits, some of them on the length fields, some bytes removed or doubled.
            for (var hits = random.Next(1, 12); hits > 0; hits--) file[random.Next(file.Length)] = (byte)random.Next(256);
            var at = random.Next(file.Length);
            file = random.Next(3) switch { 0 => [.. file[..at], .. file[Math.Min(file.Length, at + random.Next(200))..]], 1 => [.. file[..at], .. file[(at / 2)..]], _ => file };
            var report = ExportAuditor.Audit(new MemoryStream(file), new(200));
            Assert.False(report.Sound);
        }
    }

    [Fact]
    public void No_more_findings_than_asked_for()
    {
        var story = SoundStory.Create();
        foreach (var batch in story.Batches) batch.Venue = 3;
        var report = ExportAuditor.Audit(new MemoryStream(story.ToBytes()), new(3));
        Assert.Equal([1L, 2, 3], report.Findings.Select(f => f.Batch));
        Assert.False(report.Complete);
    }

    [Fact]
    public void Merkle_roots_are_those_of_the_plain_definition()
    {
        // Days of 1 to 9 batches, roots worked out level by level as section 7 says.
        var story = new ExportWriter();
        for (var day = 1; day <= 9; day++)
            for (var i = 0; i < day; i++) SoundStory.Batch(story, day * 24 * SoundStory.Hour + i * SoundStory.Second);
        var bytes = story.ToBytes();
        var report = Audit(bytes);
        Assert.True(report.Sound);
        Assert.Equal(9, report.Days.Count);
        var at = 24;
        for (var day = 1; day <= 9; day++)
        {
            var level = new List<byte[]>();
            for (var i = 0; i < day; i++, at += 1 + 96 + 32 + 4) level.Add(bytes[(at + 97)..(at + 129)]);
            while (level.Count > 1)
                level = [.. level.Chunk(2).Select(pair => pair.Length == 2 ? SHA256.HashData([.. pair[0], .. pair[1]]) : pair[0])];
            Assert.Equal(Convert.ToHexStringLower(level[0]), report.Days[day - 1].Root);
            Assert.Equal(day, report.Days[day - 1].LastBatch - report.Days[day - 1].FirstBatch + 1);
        }
    }

    [Fact]
    public void The_checksum_is_the_published_one()
    {
        // RFC 3720 appendix B.4: 32 bytes of zeros, of ones, and the usual check string.
        Assert.Equal(0x8A9136AAu, ExportWriter.SlowCrc32C(new byte[32]));
        Assert.Equal(0xE3069283u, ExportWriter.SlowCrc32C("123456789"u8));
    }

    [Fact]
    public void The_command_answers_in_both_languages_and_as_json()
    {
        var path = Path.GetTempFileName();
        try
        {
            File.WriteAllBytes(path, Sound);
            Assert.Equal((0, true), Run(path, false, "en", "Sound. All "));
            Assert.Equal((0, true), Run(path, false, "zh", "无误"));
            var story = SoundStory.Create();
            story.Batches[SoundStory.Expiry].Effects.RemoveAt(0);
            story.Seal();
            File.WriteAllBytes(path, story.ToBytes());
            Assert.Equal((1, true), Run(path, false, "en", "audit.timer-missing  batch 8, by time, account 2, asset 1"));
            Assert.Equal((1, true), Run(path, false, "zh", "批次 8，时间引发，账户 2，资产 1"));
            var output = new StringWriter();
            Assert.Equal(1, AuditCommand.Run(path, true, "en", output, TextWriter.Null));
            var finding = JsonDocument.Parse(output.ToString()).RootElement.GetProperty("findings")[0];
            Assert.Equal("audit.timer-missing", finding.GetProperty("code").GetString());
            Assert.Equal(8, finding.GetProperty("batch").GetInt32());
            Assert.Equal(-1, finding.GetProperty("command").GetInt32());
            Assert.Equal(2, AuditCommand.Run(path + ".none", false, "en", TextWriter.Null, TextWriter.Null));
            Assert.Equal(2, AuditCommand.Run(path, false, "fr", TextWriter.Null, TextWriter.Null));
            Assert.Equal(2, AuditCommand.Run("", false, "en", TextWriter.Null, TextWriter.Null));
        }
        finally
        {
            File.Delete(path);
        }
    }

    static (int, bool) Run(string path, bool json, string lang, string text)
    {
        var output = new StringWriter();
        var exit = AuditCommand.Run(path, json, lang, output, TextWriter.Null);
        return (exit, output.ToString().Contains(text, StringComparison.Ordinal));
    }

    sealed class Trickle(byte[] bytes) : MemoryStream(bytes)
    {
        public override bool CanSeek => false;
        public override int Read(byte[] buffer, int offset, int count) => base.Read(buffer, offset, Math.Min(1, count));
    }
}
