using System.IO.Compression;
using System.Security.Cryptography;
using System.Text;
using NodaTime;
using Verdigris.Cbam.Dossier;
using Verdigris.Passport.Certificates;
using Verdigris.Primitives;

namespace Verdigris.Cbam.Tests.Dossier;

public sealed class DossierTests : IDisposable
{
    static readonly DossierReport Report = new("en", "Declaration 2026 <of> Importer & Co", [("year", "Year", 2026), ("importer", "Importer", "Importer & Co"), ("madeOn", "Made on", new LocalDate(2027, 9, 1)), ("price", "Price", null)],
        [new("lines", "Lines", ["mrn", "massT", "tco2e"], [["26DE586600006143R8", 25.000m, 51.4250m], ["=1+1", null, null]]), new("rules", "Rules", ["pack"], [["cbam/x"]])]);

    static readonly IReadOnlyList<DossierEvidence> Evidence = [new("z-report.pdf", Encoding.UTF8.GetBytes("the verifier's report")), new("证书.txt", [0, 1, 2, 255]), new("empty.csv", [])];

    readonly ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);

    public void Dispose() => key.Dispose();

    static DossierDraft Draft(params IReadOnlyList<DossierEvidence> evidence) => DossierDraft.Of(Report, evidence, Instant.FromUtc(2027, 9, 1, 8, 0), "A. Person, Importer & Co").Value;

    byte[] Sealed()
    {
        var draft = Draft(Evidence);
        return draft.Seal(Jws.Sign(key, "importer-1", draft.Manifest));
    }

    DossierVerdict Look(byte[] archive) => DossierReader.Verify(new MemoryStream(archive), kid => kid == "importer-1" ? key : null).Value;

    static List<(string Path, byte[] Content)> Entries(byte[] archive)
    {
        using var zip = new ZipArchive(new MemoryStream(archive));
        return [.. zip.Entries.Select(e => { using var to = new MemoryStream(); using var from = e.Open(); from.CopyTo(to); return (e.FullName, to.ToArray()); })];
    }

    static byte[] Packed(IEnumerable<(string Path, byte[] Content)> entries)
    {
        using var stream = new MemoryStream();
        using (var zip = new ZipArchive(stream, ZipArchiveMode.Create, leaveOpen: true))
            foreach (var (path, content) in entries)
            {
                using var to = zip.CreateEntry(path).Open();
                to.Write(content);
            }
        return stream.ToArray();
    }

    [Fact]
    public void Lengths_that_add_up_to_more_than_a_number_holds_are_refused()
    {
        using var stream = new MemoryStream();
        using var to = new BinaryWriter(stream);
        // Two entries of a directory, each of which says that it unpacks to the longest there is (ZIP64).
        for (var entry = 0; entry < 2; entry++)
        {
            to.Write(0x02014b50u); to.Write((short)45); to.Write((short)45); to.Write(new byte[12]); to.Write(0u); to.Write(uint.MaxValue); to.Write((short)1); to.Write((short)12); to.Write(new byte[14]);
            to.Write((byte)('a' + entry)); to.Write((short)1); to.Write((short)8); to.Write(long.MaxValue);
        }
        var length = (int)stream.Length;
        to.Write(0x06054b50u); to.Write(0); to.Write((short)2); to.Write((short)2); to.Write(length); to.Write(0); to.Write((short)0);
        stream.Position = 0;
        Assert.Equal("dossier.too-large", Assert.Single(DossierReader.Verify(stream, _ => null).Refusals).Code);
    }

    [Fact]
    public void A_dossier_as_it_was_sealed_is_whole()
    {
        var verdict = Look(Sealed());
        Assert.True(verdict.Whole);
        Assert.Equal(("importer-1", "A. Person, Importer & Co", Instant.FromUtc(2027, 9, 1, 8, 0)), (verdict.KeyId, verdict.CreatedBy, verdict.CreatedAt));
        Assert.Equal(["report.html", "data.json", "data.csv", "evidence/empty.csv", "evidence/z-report.pdf", "evidence/证书.txt", "manifest.json", "manifest.jws"], verdict.Entries);
        // Packed anew by another program it is as whole as before.
        Assert.True(Look(Packed(Entries(Sealed()))).Whole);
    }

    [Fact]
    public void The_same_content_gives_the_same_bytes()
    {
        Assert.Equal(Draft(Evidence).Seal("a..b"), Draft([.. Evidence.Reverse()]).Seal("a..b"));
        Assert.NotEqual(Draft(Evidence).Manifest, Draft([.. Evidence.Skip(1)]).Manifest);
    }

    [Fact]
    public void One_byte_altered_in_any_entry_is_found_and_the_entry_named()
    {
        var entries = Entries(Sealed());
        foreach (var (path, content) in entries.Where(e => e.Content.Length > 0))
            for (var at = 0; at < content.Length; at += Math.Max(1, content.Length / 40))
            {
                var altered = content.ToArray();
                altered[at] ^= 1;
                var verdict = Look(Packed(entries.Select(e => e.Path == path ? (path, altered) : e)));
                Assert.False(verdict.Whole);
                if (path is not ("manifest.json" or "manifest.jws")) Assert.Equal(("dossier.changed", path), Assert.Single(verdict.Faults.Select(f => (f.Code, f.Field))));
                // A key id altered is a key nobody knows; everything else of the seal is found there.
                else Assert.True(verdict.Seal == SealState.KeyUnknown || verdict.Faults.Any(f => f.Field is "manifest.json" or "manifest.jws"), $"{path} at {at}");
            }
    }

    [Fact]
    public void A_byte_altered_in_the_archive_itself_is_found_wherever_an_entry_lies()
    {
        var archive = Sealed();
        foreach (var (path, content) in Entries(archive).Where(e => e.Content.Length > 3))
        {
            var altered = archive.ToArray();
            var at = archive.AsSpan().IndexOf(content);
            Assert.True(at > 0, path);
            altered[at + (content.Length / 2)] ^= 4;
            var verdict = Look(altered);
            Assert.False(verdict.Whole);
            Assert.True(path.StartsWith("manifest", StringComparison.Ordinal) || verdict.Faults.Any(f => f.Code == "dossier.changed" && f.Field == path), path);
        }
    }

    [Fact]
    public void Whatever_byte_of_the_archive_is_altered_it_is_never_taken_for_whole_with_other_content()
    {
        var archive = Sealed();
        var (right, whole) = (Entries(archive), 0);
        for (var at = 0; at < archive.Length; at++)
        {
            var altered = archive.ToArray();
            altered[at] ^= 16;
            var answer = DossierReader.Verify(new MemoryStream(altered), kid => kid == "importer-1" ? key : null);
            if (!answer.Ok || !answer.Value.Whole) continue;
            // Times, attributes and versions of the container are no content.
            whole++;
            foreach (var (before, now) in right.Zip(Entries(altered))) Assert.Equal((before.Path, Convert.ToHexString(before.Content)), (now.Path, Convert.ToHexString(now.Content)));
        }
        Assert.True(whole < archive.Length / 4, $"{whole} of {archive.Length}");
    }

    [Fact]
    public void Every_entry_taken_out_is_missed_by_name()
    {
        var entries = Entries(Sealed());
        foreach (var (path, _) in entries)
        {
            var faults = Look(Packed(entries.Where(e => e.Path != path))).Faults;
            Assert.Contains(faults, f => f.Field == path && f.Code == (path == "manifest.jws" ? "dossier.signature-missing" : "dossier.missing"));
        }
    }

    [Fact]
    public void What_was_put_in_or_stands_twice_is_named()
    {
        var entries = Entries(Sealed());
        Assert.Equal(("dossier.added", "evidence/new.pdf"), Assert.Single(Look(Packed([.. entries, ("evidence/new.pdf", [1])])).Faults.Select(f => (f.Code, f.Field))));
        Assert.Equal(("dossier.twice", "data.csv"), Assert.Single(Look(Packed([.. entries, ("data.csv", [1])])).Faults.Select(f => (f.Code, f.Field))));
    }

    [Fact]
    public void A_manifest_written_anew_for_changed_data_does_not_carry_the_old_signature()
    {
        var jws = Encoding.ASCII.GetString(Entries(Sealed()).Single(e => e.Path == "manifest.jws").Content);
        var forged = Draft(new DossierEvidence("z-report.pdf", [9])).Seal(jws);
        Assert.Equal("dossier.signature-wrong", Assert.Single(Look(forged).Faults).Code);
        using var other = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        Assert.Equal(SealState.Wrong, DossierReader.Verify(new MemoryStream(Sealed()), _ => other).Value.Seal);
        var unknown = DossierReader.Verify(new MemoryStream(Sealed()), _ => null).Value;
        Assert.Equal((SealState.KeyUnknown, false, 0), (unknown.Seal, unknown.Whole, unknown.Faults.Count));
    }

    [Fact]
    public void The_page_the_data_and_the_table_say_the_same_and_nothing_runs_in_them()
    {
        Assert.Equal("""{"importer":"Importer & Co","lines":[{"massT":"25.000","mrn":"26DE586600006143R8","tco2e":"51.4250"},{"massT":null,"mrn":"=1+1","tco2e":null}],"madeOn":"2027-09-01","price":null,"rules":[{"pack":"cbam/x"}],"year":2026}""", Encoding.UTF8.GetString(Report.Json()));
        Assert.Equal("\"mrn\",\"massT\",\"tco2e\"\r\n\"26DE586600006143R8\",25.000,51.4250\r\n\"'=1+1\",,\r\n", Report.Csv());
        var page = Report.Html();
        Assert.Contains("<h1>Declaration 2026 &lt;of&gt; Importer &amp; Co</h1>", page, StringComparison.Ordinal);
        Assert.Contains("<td class=\"n\">51.4250</td>", page, StringComparison.Ordinal);
        Assert.DoesNotContain("<script", page, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("http", page, StringComparison.OrdinalIgnoreCase);
    }

    [Theory]
    [InlineData("../a", "dossier.evidence-name")]
    [InlineData("a/b", "dossier.evidence-name")]
    [InlineData("", "dossier.evidence-name")]
    [InlineData("EMPTY.csv", "dossier.evidence-twice")]
    public void A_name_of_evidence_that_is_no_file_everywhere_is_refused(string name, string code)
    {
        var refusal = Assert.Single(DossierDraft.Of(Report, [.. Evidence, new(name, [1])], default, "A").Refusals);
        Assert.Equal((code, "evidence[3].name"), (refusal.Code, refusal.Field));
        foreach (var language in new[] { "en", "zh" }) Assert.DoesNotContain("{given}", Messages.Of(refusal, language, typeof(CbamRoom).Assembly), StringComparison.Ordinal);
    }

    [Fact]
    public void What_is_no_archive_is_refused() => Assert.Equal("dossier.not-an-archive", Assert.Single(DossierReader.Verify(new MemoryStream([1, 2, 3]), _ => null).Refusals).Code);
}
