using System.Security.Cryptography;
using System.Text;

namespace Verdigris.Storage.Tests;

public sealed class EvidenceTests : IDisposable
{
    readonly string folder = Directory.CreateTempSubdirectory("verdigris-evidence-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    static MemoryStream Content(string text) => new(Encoding.UTF8.GetBytes(text));

    [Fact]
    public async Task Content_is_kept_once_by_its_hash_and_handed_out_again()
    {
        var store = new EvidenceStore(folder);
        var hash = await store.Put(Content("certificate"), "text/plain", default);
        Assert.Equal(Convert.ToHexStringLower(SHA256.HashData("certificate"u8)), hash);
        Assert.Equal(hash, await store.Put(Content("certificate"), "application/pdf", default));
        using var stream = store.Open(hash)!;
        Assert.Equal("certificate", new StreamReader(stream).ReadToEnd());
        Assert.Equal("text/plain", store.MimeOf(hash));
        Assert.Equal(2, Directory.GetFiles(folder, "*", SearchOption.AllDirectories).Length);
    }

    [Fact]
    public void What_is_not_kept_is_null_and_what_is_no_hash_is_a_bug()
    {
        var store = new EvidenceStore(folder);
        Assert.Null(store.Open(new string('0', 64)));
        Assert.Null(store.MimeOf(new string('0', 64)));
        foreach (var bad in new[] { "", "../../etc/passwd", new string('A', 64), new string('0', 63) }) Assert.Throws<ArgumentException>(() => store.Open(bad));
    }

    [Fact]
    public async Task A_file_changed_on_disk_is_not_handed_out_and_is_mended_by_the_same_content()
    {
        var store = new EvidenceStore(folder);
        var hash = await store.Put(Content("certificate"), "text/plain", default);
        var path = Directory.GetFiles(folder, hash, SearchOption.AllDirectories).Single();
        File.WriteAllText(path, "certificatf");
        Assert.Equal(StorageCodes.EvidenceCorrupt, Assert.Throws<StorageProblem>(() => store.Open(hash)).Code);
        await store.Put(Content("certificate"), "text/plain", default);
        using var stream = store.Open(hash);
        Assert.NotNull(stream);
    }

    [Fact]
    public async Task An_upload_that_breaks_off_leaves_nothing()
    {
        var store = new EvidenceStore(folder);
        await Assert.ThrowsAsync<IOException>(() => store.Put(new BreakingStream(), "text/plain", default));
        Assert.Empty(Directory.GetFiles(folder, "*", SearchOption.AllDirectories));
    }

    [Fact]
    public async Task Many_uploads_of_the_same_content_at_once_leave_one_file()
    {
        var store = new EvidenceStore(folder);
        var hashes = await Task.WhenAll(Enumerable.Range(0, 16).Select(_ => Task.Run(() => store.Put(Content(new string('x', 300_000)), "text/plain", default))));
        Assert.Single(hashes.Distinct());
        Assert.Equal(2, Directory.GetFiles(folder, "*", SearchOption.AllDirectories).Length);
    }

    [Fact]
    public void A_folder_that_cannot_be_made_is_a_coded_problem()
    {
        File.WriteAllText(Path.Combine(folder, "evidence"), "in the way");
        Assert.Equal(StorageCodes.FolderUnwritable, Assert.Throws<StorageProblem>(() => new EvidenceStore(folder)).Code);
    }

    sealed class BreakingStream : MemoryStream
    {
        int reads;
        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) => reads++ < 3 ? ValueTask.FromResult(100) : throw new IOException("gone");
    }
}
