using System.Globalization;
using System.Text;
using Verdigris.Passport.Certificates;
using Verdigris.Passport.Certificates.Import;
using Verdigris.Primitives;
using Verdigris.Storage;
using Verdigris.Web;

namespace Verdigris.Passport.Tests;

public class ImportTests
{
    const string Header = "brand,countryOfOrigin,shape,heats,productionDate,analysisDate,issueDate,pieces,bundles,grossKg,netKg,spec,sourceRef,Si,Fe,Zn,Ga,V,Al\r\n";

    internal static string Line(int i, string shape = "ingot", string ga = "0.01", string? reference = null) =>
        string.Create(CultureInfo.InvariantCulture, $"VALU,NO,{shape},H{i},2026-03-02,2026-03-03,2026-03-03,1100,25,25060,25000,aa-p1020a,{reference ?? "R" + i},0.04,0.11,<0.005,{ga},0.008,99.82\r\n");

    internal static MemoryStream File(params string[] lines) => new(Encoding.UTF8.GetBytes(Header + string.Concat(lines)));

    static async Task<long> Count(World world)
    {
        await using var s = world.As(Actor.System);
        return await s.Value<long>("select count(*) from passport.certificate", default);
    }

    [Fact]
    public async Task A_dry_run_names_line_column_and_code_and_stores_nothing()
    {
        await using var world = await World.Make();
        var report = await world.Do(world.Editor, s => world.Get<CertificateImport>().Check(s, File(Line(1), Line(2, shape: "sow"), Line(3, ga: ""), Line(4, ga: "much"), Line(1, reference: "R9"), Line(6, reference: "R1"), "VALU,NO\r\n"), "f.csv", default));
        Assert.Equal((7, 1, 6), (report.Lines, report.Accepted, report.Refused));
        Assert.Equal("dry-run", report.Mode);
        Assert.Equal([(3, "shape", "certificate.shape-not-allowed"), (4, "Ga", "certificate.result-missing"), (5, "Ga", "import.number-unreadable"), (6, "heats", "import.heat-in-file-twice"), (7, "sourceRef", "import.reference-in-file-twice"), (8, null, "import.cells-differ")],
            report.Faults.Select(f => (f.Line, f.Column, f.Code)));
        Assert.Equal(0, await Count(world));
    }

    [Fact]
    public async Task Whole_file_takes_all_or_nothing_and_accepted_lines_takes_the_rest()
    {
        await using var world = await World.Make();
        var import = world.Get<CertificateImport>();
        var refused = await world.Do(world.Editor, s => import.Apply(s, File(Line(1), Line(2, shape: "sow")), "f.csv", CertificateImport.WholeFile, default));
        Assert.Equal(("refused", 0), (refused.State, refused.Applied));
        Assert.Equal(0, await Count(world));
        var done = await world.Do(world.Editor, s => import.Apply(s, File(Line(1), Line(2, shape: "sow"), Line(3)), "f.csv", CertificateImport.AcceptedLines, default));
        Assert.Equal(("done", 2, 1), (done.State, done.Applied, done.Refused));
        Assert.Equal(2, await Count(world));
    }

    [Fact]
    public async Task The_same_file_again_does_nothing_and_the_same_rows_in_another_file_are_refused()
    {
        await using var world = await World.Make();
        var import = world.Get<CertificateImport>();
        var first = await world.Do(world.Editor, s => import.Apply(s, File(Line(1), Line(2)), "f.csv", CertificateImport.WholeFile, default));
        var again = await world.Do(world.Editor, s => import.Apply(s, File(Line(1), Line(2)), "g.csv", CertificateImport.WholeFile, default));
        Assert.False(first.Repeated);
        Assert.True(again.Repeated);
        Assert.Equal(first.Id, again.Id);
        var other = await world.Do(world.Editor, s => import.Apply(s, File(Line(2), Line(3)), "h.csv", CertificateImport.AcceptedLines, default));
        Assert.Equal((1, 1), (other.Applied, other.Refused));
        Assert.Equal(["certificate.reference-taken", "certificate.heat-taken"], other.Faults.Select(f => f.Code));
        Assert.Equal(3, await Count(world));
    }

    [Fact]
    public async Task An_import_broken_off_goes_on_where_it_stopped_and_takes_every_line_once()
    {
        await using var world = await World.Make();
        var import = world.Get<CertificateImport>();
        var lines = Enumerable.Range(1, 9_000).Select(i => Line(i)).ToArray();
        using (var stop = new CancellationTokenSource())
        {
            var watching = Task.Run(async () =>
            {
                await using var s = world.As(Actor.System);
                while (await s.Value<long>("select coalesce(max(applied), 0)::bigint from passport.certificate_import", default) == 0) await Task.Delay(2);
                await stop.CancelAsync();
            });
            await using var session = world.As(world.Editor);
            try { await import.Apply(session, File(lines), "f.csv", CertificateImport.AcceptedLines, stop.Token); }
            catch (Exception e) when (e is OperationCanceledException or Npgsql.NpgsqlException) { }
            await watching;
        }
        var half = await Count(world);
        Assert.True(half >= 4_000, $"{half} rows after the break");
        var report = await world.Do(world.Editor, s => import.Apply(s, File(lines), "f.csv", CertificateImport.AcceptedLines, default));
        Assert.Equal(("done", 9_000), (report.State, report.Applied));
        Assert.Equal(9_000, await Count(world));
    }

    [Fact]
    public async Task An_import_behind_the_page_tells_how_far_it_is_and_ends_in_its_report()
    {
        await using var world = await World.Make();
        var runs = world.Get<ImportRuns>();
        var sha = await world.Get<EvidenceStore>().Put(File([.. Enumerable.Range(1, 12_000).Select(i => Line(i, shape: i == 7 ? "sow" : "ingot"))]), "text/csv", default);
        var begun = await world.Do(world.Editor, s => runs.Begin(s, sha, "f.csv", CertificateImport.AcceptedLines, TimeSpan.Zero, default));
        Assert.True(begun.Running);
        var id = begun.Report.Id!.Value;
        Assert.Equal("access.not-visible", (await world.Try(world.Owner(0), s => runs.Standing(s, id, default))).Refusals[0].Code);
        var seen = new List<ImportProgress>();
        ImportStanding now;
        // The world's clock stands still while nobody asks it: each look moves it on, so that the import may tell again.
        while ((now = await world.Do(world.Editor, s => runs.Standing(s, id, default))).Running)
        {
            world.Clock.Advance(NodaTime.Duration.FromSeconds(1));
            if (now.Progress is { } p && (seen.Count == 0 || seen[^1] != p)) seen.Add(p);
            await Task.Delay(5);
        }
        Assert.Equal(("done", 11_999, 1), (now.Report.State, now.Report.Applied, now.Report.Refused));
        Assert.NotEmpty(seen);
        Assert.All(seen, p => Assert.True(p.Lines == 12_000 && p.Read >= p.Checked && p.Checked >= p.Refused + p.Written && p.Done <= p.Work, p.ToString()));
        Assert.Equal(seen.OrderBy(p => p.Done), seen);
        Assert.Null(now.Progress);
    }

    [Fact]
    public async Task An_import_broken_off_is_shown_as_such_and_goes_on_when_asked()
    {
        await using var world = await World.Make();
        var (imports, runs) = (world.Get<CertificateImport>(), world.Get<ImportRuns>());
        var sha = await world.Get<EvidenceStore>().Put(File([.. Enumerable.Range(1, 50).Select(i => Line(i))]), "text/csv", default);
        var begun = await world.Do(world.Editor, s => imports.Begin(s, sha, "f.csv", CertificateImport.WholeFile, default));
        var standing = await world.Do(world.Editor, s => runs.Standing(s, begun.Id!.Value, default));
        Assert.Equal(("applying", false), (standing.Report.State, standing.Running));
        Assert.Equal("access.role-needed", (await world.Try(world.Approver, s => runs.Resume(s, begun.Id!.Value, TimeSpan.Zero, default))).Refusals[0].Code);
        var done = await world.Do(world.Editor, s => runs.Resume(s, begun.Id!.Value, TimeSpan.FromMinutes(1), default));
        Assert.Equal(("done", 50, false), (done.Report.State, done.Report.Applied, done.Running));
        Assert.True((await world.Do(world.Editor, s => runs.Begin(s, sha, "f.csv", CertificateImport.WholeFile, TimeSpan.Zero, default))).Report.Repeated);
    }

    [Fact]
    public async Task A_refused_file_may_be_tried_again_in_another_mode()
    {
        await using var world = await World.Make();
        var import = world.Get<CertificateImport>();
        string[] lines = [Line(1), Line(2, shape: "sow")];
        Assert.Equal("refused", (await world.Do(world.Editor, s => import.Apply(s, File(lines), "f.csv", CertificateImport.WholeFile, default))).State);
        var second = await world.Do(world.Editor, s => import.Apply(s, File(lines), "f.csv", CertificateImport.AcceptedLines, default));
        Assert.Equal(("done", CertificateImport.AcceptedLines, 1, 1), (second.State, second.Mode, second.Applied, second.Refused));
    }

    [Theory]
    [InlineData("", "import.empty")]
    [InlineData("brand,colour\r\n", "import.column-unknown")]
    [InlineData("brand\r\n", "import.column-missing")]
    public async Task A_file_that_is_none_is_refused_as_a_whole(string text, string code)
    {
        await using var world = await World.Make();
        var answer = await world.Try(world.Editor, s => world.Get<CertificateImport>().Apply(s, new MemoryStream(Encoding.UTF8.GetBytes(text)), "f.csv", CertificateImport.WholeFile, default));
        Assert.Equal(code, answer.Refusals[0].Code);
    }

    [Fact]
    public void The_template_is_read_by_the_reader_it_is_for()
    {
        using var lines = new CsvLines(new MemoryStream(Encoding.UTF8.GetBytes(ImportColumns.Template())));
        var columns = ImportColumns.Read(lines.Next()!);
        Assert.True(columns.Ok, string.Join(",", columns.Refusals.Select(r => r.Code + r.Field)));
        var wrong = new List<Refusal>();
        var content = columns.Value.Read(lines.Next()!, wrong);
        Assert.Empty(wrong);
        Assert.Equal(2, content.BundleList.Count);
        Assert.Null(lines.Next());
    }

    [Fact]
    public void Quotes_line_breaks_and_semicolons_are_read_as_RFC_4180_says()
    {
        using var lines = new CsvLines(new MemoryStream(Encoding.UTF8.GetBytes("\uFEFFa;b\r\n\r\n\"x;\"\"y\"\"\r\nz\";2\nlast;\"\"")));
        Assert.Equal(["a", "b"], lines.Next()!);
        Assert.Equal(["x;\"y\"\r\nz", "2"], lines.Next()!);
        Assert.Equal(3, lines.Line);
        Assert.Equal(["last", ""], lines.Next()!);
        Assert.Equal(5, lines.Line);
        Assert.Null(lines.Next());
        Assert.Null(lines.Fault);
        using var open = new CsvLines(new MemoryStream("a,\"b"u8.ToArray()));
        Assert.Null(open.Next());
        Assert.Equal("import.quote-open", open.Fault);
    }

    [Fact]
    public void Whatever_is_written_as_CSV_is_read_back_cell_for_cell()
    {
        const string letters = "ab1<.,;\"\r\n |é宝 ";
        for (var seed = 0; seed < 300; seed++)
        {
            var random = new Random(seed);
            var separator = seed % 2 == 0 ? ',' : ';';
            var columns = random.Next(2, 7);
            var records = Enumerable.Range(0, random.Next(1, 40)).Select(_ => Enumerable.Range(0, columns).Select(_ => random.Next(3) == 0 ? "same" : new string([.. Enumerable.Range(0, random.Next(12)).Select(_ => letters[random.Next(letters.Length)])])).ToArray()).ToList();
            var header = string.Join(separator, Enumerable.Range(0, columns).Select(i => "c" + i));
            // Now and then a record longer than the reader's buffer.
            if (seed % 50 == 0) records.Add([.. Enumerable.Range(0, columns).Select(i => new string('x', 20_000 + i))]);
            var text = header + "\r\n" + string.Concat(records.Select(r => string.Join(separator, r.Select(Quoted)) + (random.Next(2) == 0 ? "\n" : "\r\n")));
            using var lines = new CsvLines(new MemoryStream(Encoding.UTF8.GetBytes(text)));
            Assert.Equal(columns, lines.Next()!.Count);
            var line = 2;
            foreach (var record in records)
            {
                Assert.True(lines.Next() is { } read && read.SequenceEqual(record), $"seed {seed}, line {line}");
                Assert.Equal(line, lines.Line);
                line += 1 + record.Sum(c => c.Count(x => x == '\n'));
            }
            Assert.Null(lines.Next());
            Assert.Null(lines.Fault);
        }

        static string Quoted(string cell) => cell.AsSpan().IndexOfAny(",;\"\r\n") < 0 ? cell : '"' + cell.Replace("\"", "\"\"", StringComparison.Ordinal) + '"';
    }

    [Fact]
    public async Task An_import_is_signed_and_then_published_and_never_by_who_brought_it()
    {
        await using var world = await World.Make();
        var both = World.Person("both", world.Smelter, Role.ProducerEditor, Role.ProducerApprover);
        var report = await world.Do(both, s => world.Get<CertificateImport>().Apply(s, File([.. Enumerable.Range(1, 20).Select(i => Line(i))]), "f.csv", CertificateImport.WholeFile, default));
        var (signing, id) = (world.Get<ImportSigning>(), report.Id!.Value);
        Assert.Equal("certificate.signer-wrote-it", (await world.Try(both, s => signing.Sign(s, id, false, default))).Refusals[0].Code);
        Assert.Equal("certificate.signer-wrote-it", (await world.Try(both, s => signing.Publish(s, id, default))).Refusals[0].Code);
        Assert.Equal("access.role-needed", (await world.Try(world.Editor, s => signing.Sign(s, id, false, default))).Refusals[0].Code);
        Assert.Equal("access.not-visible", (await world.Try(World.Person("foreign", world.Stranger, Role.ProducerApprover), s => signing.Sign(s, id, false, default))).Refusals[0].Code);
        Assert.Equal(20, await world.Do(world.Approver, s => signing.Sign(s, id, false, default)));
        Assert.Equal(new ImportCounts(both.PersonId, 0, 20, 0), await world.Do(world.Approver, s => signing.Count(s, id, default)));
        Assert.Equal(20, await world.Do(world.Approver, s => signing.Publish(s, id, default)));
        Assert.Equal(0, await world.Do(world.Approver, s => signing.Publish(s, id, default)));
        Assert.Equal(new ImportCounts(both.PersonId, 0, 0, 20), await world.Do(world.Approver, s => signing.Count(s, id, default)));
    }

    [Fact]
    public async Task Signing_goes_on_beside_requests_once_whoever_presses_and_a_refusal_is_told_once()
    {
        await using var world = await World.Make();
        var report = await world.Do(world.Editor, s => world.Get<CertificateImport>().Apply(s, File([.. Enumerable.Range(1, 60).Select(i => Line(i))]), "f.csv", CertificateImport.WholeFile, default));
        var (runs, id) = (world.Get<ImportSigningRuns>(), report.Id!.Value);
        var patience = TimeSpan.FromMinutes(1);
        Assert.Equal("access.role-needed", (await world.Try(world.Editor, s => runs.Begin(s, id, false, patience, default))).Refusals[0].Code);
        Assert.Equal("access.not-visible", (await world.Try(World.Person("foreign", world.Stranger, Role.ProducerApprover), s => runs.Begin(s, id, false, patience, default))).Refusals[0].Code);
        Assert.Null(runs.Standing(id));

        // Nobody waits for it: the refusal is kept for the next look, and only for that.
        var begun = await world.Try(world.Editor, s => runs.Begin(s, id, false, TimeSpan.Zero, default));
        var refusals = begun.Refusals;
        while (refusals.Count == 0 && runs.Take(id) is { } standing) refusals = standing.Refusals;
        Assert.Equal("access.role-needed", Assert.Single(refusals).Code);
        Assert.Null(runs.Take(id));

        await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => world.Do(world.Approver, s => runs.Begin(s, id, false, patience, default))));
        Assert.Equal(60, (await world.Do(world.Approver, s => world.Get<ImportSigning>().Count(s, id, default))).Signed);
        Assert.True((await world.Do(world.Approver, s => runs.Begin(s, id, true, patience, default))) is { Running: false, Publishes: true, Done: 60, Of: 60 });
        await using var system = world.As(Actor.System);
        Assert.Equal(60, await system.Value<long>("select count(*) from passport.certificate where state = 2 and row_version = 3", default));
    }

    [Fact]
    public async Task Content_that_is_not_what_was_checked_in_is_not_signed()
    {
        await using var world = await World.Make();
        var report = await world.Do(world.Editor, s => world.Get<CertificateImport>().Apply(s, File(Line(1), Line(2)), "f.csv", CertificateImport.WholeFile, default));
        await world.AsOwner("""
            alter table passport.certificate_content disable trigger certificate_content_append_only;
            update passport.certificate_content set document = replace(document::text, '"netKg":"25000"', '"netKg":"24000"')::json where certificate_id = (select max(id::text)::uuid from passport.certificate);
            """);
        Assert.Equal("certificate.content-differs", (await world.Try(world.Approver, s => world.Get<ImportSigning>().Sign(s, report.Id!.Value, true, default))).Refusals[0].Code);
    }

    [Fact]
    public async Task Imported_drafts_are_signed_by_another_person_and_every_signature_holds()
    {
        await using var world = await World.Make();
        var report = await world.Do(world.Editor, s => world.Get<CertificateImport>().Apply(s, File([.. Enumerable.Range(1, 50).Select(i => Line(i))]), "f.csv", CertificateImport.WholeFile, default));
        var handlers = world.Get<CertificateHandlers>();
        Assert.Equal(50, await world.Do(world.Approver, s => world.Get<ImportSigning>().Sign(s, report.Id!.Value, publish: true, default)));
        Assert.Equal(0, await world.Do(world.Approver, s => world.Get<ImportSigning>().Sign(s, report.Id!.Value, publish: true, default)));
        await using var system = world.As(Actor.System);
        foreach (var id in await system.All("select id from passport.certificate", r => r.GetGuid(0), default))
            Assert.Equal("valid", (await handlers.Signature(system, id, default)).Value.State);
    }
}
