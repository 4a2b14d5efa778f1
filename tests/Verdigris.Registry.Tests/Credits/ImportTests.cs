using System.Globalization;
using System.Text;
using Verdigris.Book;
using Verdigris.Primitives;
using Verdigris.Registry.Credits.Duplicates;
using Verdigris.Registry.Credits.Imports;
using Verdigris.Registry.Credits.Serials;
using Verdigris.Registry.Credits.Units;
using Verdigris.Storage;
using Verdigris.Web;

namespace Verdigris.Registry.Tests.Credits;

/// <summary>The real exports of the registries, and what is wrong with exports that are made up.</summary>
public sealed class ImportTests
{
    /// <summary>File, format, records, posted, kept, refused: counted in the files themselves.</summary>
    public static TheoryData<string, string, int, int, int, int> Files => new()
    {
        { "verra_projects.csv", "verra-projects", 50, 0, 50, 0 },
        { "verra_transactions.csv", "verra-transactions", 200, 200, 0, 0 },
        { "gold_standard_projects.csv", "gold-standard-projects", 50, 0, 50, 0 },
        { "gold_standard_issuances.csv", "gold-standard-issuances", 100, 100, 0, 0 },
        { "gold_standard_retirements.csv", "gold-standard-retirements", 100, 100, 0, 0 },
        { "american_carbon_registry_projects.csv", "acr-projects", 50, 0, 50, 0 },
        { "american_carbon_registry_issuances.csv", "acr-issuances", 100, 0, 100, 0 },
        { "american_carbon_registry_retirements.csv", "acr-retirements", 100, 100, 0, 0 },
        { "american_carbon_registry_cancellations.csv", "acr-cancellations", 50, 50, 0, 0 },
        { "climate_action_reserve_projects.csv", "car-projects", 50, 0, 50, 0 },
        { "climate_action_reserve_issuances.csv", "car-issuances", 100, 0, 100, 0 },
        { "climate_action_reserve_retirements.csv", "car-retirements", 100, 100, 0, 0 },
        { "climate_action_reserve_cancellations.csv", "car-cancellations", 50, 50, 0, 0 },
        { "art_trees_projects.csv", "art-projects", 28, 0, 28, 0 },
        { "art_trees_issuances.csv", "art-issuances", 11, 0, 11, 0 },
        { "art_trees_retirements.csv", "art-retirements", 8, 8, 0, 0 },
        { "art_trees_cancellations.csv", "art-cancellations", 3, 3, 0, 0 },
        // Units of an issuance are not numbered in this table, and the other one shows that the oldest begin at 0.
        { "cercarbono_issuances.csv", "cercarbono-issuances", 100, 0, 100, 0 },
        { "cercarbono_retirements.csv", "cercarbono-retirements", 100, 100, 0, 0 },
        // Two rows of the table name no issuance, and say no number of credits.
        { "arb_nc_arboc_issuance_sheet3.csv", "arb-issuances", 100, 0, 98, 2 },
    };

    [Theory, MemberData(nameof(Files))]
    public async Task Every_record_of_a_real_export_is_posted_with_its_block_or_kept_or_reported_with_a_reason(string name, string format, int records, int posted, int kept, int refused)
    {
        await using var desk = await CreditDesk.Open();
        var before = await desk.Bring(name);
        Assert.Equal(format, before.File.Format);
        Assert.True(before.Reading.Refused == refused, string.Join("; ", before.Reading.Findings.Where(f => f.Refuses).Take(8).Select(f => $"{f.Line} {f.Code} {string.Join(",", f.Args)}")));
        Assert.Equal((records, posted, 0, kept, refused), (before.Reading.Records, before.Reading.Posted, before.Reading.There, before.Reading.Kept, before.Reading.Refused));
        Assert.Equal(refused, before.Reading.Findings.Where(f => f.Refuses).Select(f => f.Line).Distinct().Count());
        Assert.Empty(await desk.Query("select 1 from registry.credit_block", r => 1));
        var after = await desk.Do(CreditDesk.Officer, s => desk.Imports.Apply(s, before.File.Id, default));
        Assert.Equal(CreditImportState.Applied, after.File.State);
        Assert.Equal((records, posted, 0, kept, refused), (after.File.Records, after.File.Posted, after.File.There, after.File.Kept, after.File.Refused));
        Assert.Equal(before.Reading.PostedUnits, after.File.PostedUnits);
        Assert.Equal(await FileTotals(desk, name, format), await Totals(desk));
        // The same file again: the same import, which is applied.
        Assert.Equal(before.File.Id, (await desk.Bring(name)).File.Id);
        Assert.Equal(["credits.import-applied"], await desk.Refused(CreditDesk.Officer, s => desk.Imports.Apply(s, before.File.Id, default)));
    }

    /// <summary>Units by project as the file has them, added up without the program's own reader.</summary>
    static async Task<SortedDictionary<string, long>> FileTotals(CreditDesk desk, string name, string format)
    {
        var totals = new SortedDictionary<string, long>(StringComparer.Ordinal);
        var columns = ExportFormats.Of(desk.Packs).All.First(f => f.Name == format).Columns;
        if (!columns.TryGetValue("units", out var units)) return totals;
        await using var content = File.OpenRead(CreditDesk.Sample(name));
        using var lines = new CsvLines(content);
        var header = lines.Next()!.ToList();
        while (lines.Next() is { } cells)
        {
            var quantity = cells[header.IndexOf(units)].Replace(",", "", StringComparison.Ordinal);
            if (quantity.Length == 0) continue;
            var project = columns.TryGetValue("project", out var column) ? cells[header.IndexOf(column)] : cells[header.IndexOf("serial")].Split('_')[1];
            foreach (var prefix in new[] { "ACR", "CAR", "ART" }) if (project.StartsWith(prefix, StringComparison.Ordinal)) project = project[prefix.Length..];
            totals[project] = totals.GetValueOrDefault(project) + (long)decimal.Parse(quantity, CultureInfo.InvariantCulture);
        }
        return totals;
    }

    /// <summary>Units by project as they stand: blocks that are in the Book, and figures kept.</summary>
    static async Task<SortedDictionary<string, long>> Totals(CreditDesk desk)
    {
        var totals = new SortedDictionary<string, long>(StringComparer.Ordinal);
        var blocks = await desk.Query("select p.number, b.unit, b.first, b.last from registry.credit_block b join registry.credit_project p on p.id = b.project_id", r => (Project: r.GetString(0), Unit: r.GetString(1), First: r.GetInt64(2), Last: r.GetInt64(3)));
        foreach (var b in blocks)
        {
            var asset = desk.Rules.Unit(b.Unit)!.Asset;
            for (var at = b.First; at <= b.Last;)
            {
                var owner = desk.Venue.Read(x => x.Owner(asset, at));
                Assert.NotNull(owner);
                at = owner.Value.Last + 1;
            }
            totals[b.Project] = totals.GetValueOrDefault(b.Project) + b.Last - b.First + 1;
        }
        foreach (var (project, units) in await desk.Query("select p.number, s.units from registry.credit_statement s join registry.credit_project p on p.id = s.project_id", r => (r.GetString(0), r.GetInt64(1)))) totals[project] = totals.GetValueOrDefault(project) + units;
        return totals;
    }

    [Fact]
    public async Task All_twenty_files_come_in_one_after_another_and_the_Book_balances()
    {
        await using var desk = await CreditDesk.Open();
        var held = new List<string>();
        foreach (var row in Files)
        {
            var name = ((ITheoryDataRow)row).GetData()[0]!.ToString()!;
            var brought = await desk.Bring(name);
            if ((await desk.Try(CreditDesk.Officer, s => desk.Imports.Apply(s, brought.File.Id, default))).Ok) continue;
            // Units of a project that another registry has too wait for a person.
            held.Add(name);
            await desk.Rule(MatchDecision.Linked);
            await desk.Do(CreditDesk.Officer, s => desk.Imports.Apply(s, brought.File.Id, default));
        }
        Assert.Equal([], held);
        foreach (var unit in desk.Rules.Units)
        {
            var (issued, owed) = desk.Venue.Read(b => b.Total(unit.Asset));
            Assert.Equal(issued, -owed);
            var blocks = await desk.Query($"select coalesce(sum(last - first + 1), 0)::bigint from registry.credit_block where unit = '{unit.Code}'", r => r.GetInt64(0));
            Assert.Equal(blocks[0], issued);
        }
        // Of an issuance in one file a part is retired by another: it came in once and ended once.
        var life = desk.Venue.Read(b => b.Life(50002, SerialOf(desk, "GSVER", "11603-30256", 110)));
        Assert.Equal(["issued", "retired"], life.Select(m => CreditBook.WordOf(m.TransactionType)));
        Assert.Equal(CreditBook.Outside, desk.Venue.Read(b => b.Owner(50002, SerialOf(desk, "GSVER", "11603-30256", 109)))!.Value.Account);
        var ended = await desk.Query("select kind, sum(last - first + 1)::bigint from registry.credit_ending group by kind order by kind", r => (r.GetInt16(0), r.GetInt64(1)));
        Assert.Equal(desk.Venue.Read(b => desk.Rules.Units.Sum(u => b.Balance(CreditBook.Retired, u.Asset).Total)), ended.Single(e => e.Item1 == (short)EndingKind.Retired).Item2);
        Assert.Equal(desk.Venue.Read(b => desk.Rules.Units.Sum(u => b.Balance(CreditBook.Converted, u.Asset).Total)), ended.Single(e => e.Item1 == (short)EndingKind.Converted).Item2);
    }

    [Fact]
    public async Task What_a_registry_prints_of_removals_and_of_its_pool_comes_in_with_the_units()
    {
        await using var desk = await CreditDesk.Open();
        // Counted in the files: 7 of 100 rows say they are verified removals, 45 of 100 that they are removals and 54 that they are reductions, 46 of 100 issuances are the pool's.
        await desk.Import("american_carbon_registry_retirements.csv");
        Assert.Equal(7, await Count(desk, "registry.credit_block where unit = 'ACR-ERT' and 'removal' = any(labels)"));
        await desk.Import("climate_action_reserve_retirements.csv");
        Assert.Equal((45, 54), (await Count(desk, "registry.credit_block where unit in ('CRT', 'CAR-ROC') and 'removal' = any(labels)"), await Count(desk, "registry.credit_block where unit in ('CRT', 'CAR-ROC') and 'reduction' = any(labels)")));
        await desk.Import("cercarbono_issuances.csv");
        Assert.Equal((46, 54), (await Count(desk, "registry.credit_statement where buffer_units = units"), await Count(desk, "registry.credit_statement where buffer_units is null")));
    }

    static long SerialOf(CreditDesk desk, string unit, string series, long printed) =>
        CreditBook.Serials(desk.Query($"select number from registry.credit_series where unit = '{unit}' and series = '{series}'", r => r.GetInt64(0)).Result[0], new(printed, printed)).First;

    const string Header = "project_name,project_id,serial,vintage,certificate_destination,end_user,date,quantity,from,to";

    static string Cdc(params string[] rows) => Header + "\n" + string.Join('\n', rows) + "\n";

    [Fact]
    public async Task Every_fault_of_a_line_is_reported_with_its_line_and_the_good_lines_come_in()
    {
        await using var desk = await CreditDesk.Open();
        var view = await desk.Bring("faults.csv", Cdc(
            "Ours,1,CDC_1_1_9,2019,Voluntary compensation,Somebody,2024-01-05,10,1,10",
            "Ours,1,CDC_1_1_9,2019,Voluntary compensation,Somebody,2024-01-05,10,5,14",
            "Ours,1,CDC_1_1_9,2019,Voluntary compensation,Somebody,2024-01-05,11,21,30",
            "Ours,1,CDC-1-1,2019,Voluntary compensation,Somebody,2024-01-05,10,31,40",
            "Ours,2,CDC_1_1_9,2019,Voluntary compensation,Somebody,2024-01-05,10,31,40",
            "Ours,1,CDC_1_1_9,2019,Voluntary compensation,Somebody,2024-02-30,10,31,40",
            "Ours,1,CDC_1_1_9,1019,Voluntary compensation,Somebody,2024-01-05,10,31,40",
            "Ours,1,CDC_1_1_9,2019,Voluntary compensation,Somebody,2024-01-05,ten,31,40",
            "Ours,1,CDC_1_1_9,2019,Voluntary compensation,Somebody,2024-01-05,,31,40",
            "Ours,1,,2019,Voluntary compensation,Somebody,2024-01-05,10,31,40",
            "Ours,1,CDC_1_1_9,2019,Voluntary compensation,Somebody,2024-01-05,10",
            "Ours,1,CDC_1_1_9,2019,Something else,Somebody,2024-01-05,10,41,50"));
        Assert.Equal((12, 2, 10), (view.Reading.Records, view.Reading.Posted, view.Reading.Refused));
        Assert.Equal(
        [
            (3, "credits.ended-already"), (4, "credits.units-differ"), (5, "credits.serial-malformed"), (6, "credits.project-differs"), (7, "credits.day-malformed"), (8, "credits.vintage-range"), (9, "credits.number-malformed"), (10, "credits.units-missing"),
            (11, "credits.serial-missing"), (12, "credits.row-length"),
        ], view.Reading.Findings.Where(f => f.Refuses).Select(f => (f.Line, f.Code)));
        Assert.Equal("2", view.Reading.Findings.First(f => f.Line == 3).Args["line"]);
        Assert.Contains(view.Reading.Findings, f => f is { Line: 13, Refuses: false, Code: "credits.reason-printed" });
        var applied = await desk.Do(CreditDesk.Officer, s => desk.Imports.Apply(s, view.File.Id, default));
        Assert.Equal(20, applied.File.PostedUnits);
        Assert.Equal(10, await Count(desk, "registry.credit_import_finding where refuses"));
    }

    static async Task<long> Count(CreditDesk desk, string from) => (await desk.Query("select count(*) from " + from, r => r.GetInt64(0)))[0];

    [Fact]
    public async Task A_unit_that_another_file_retired_is_never_retired_again()
    {
        await using var desk = await CreditDesk.Open();
        await desk.Import("one.csv", Cdc("Ours,1,CDC_1_1_9,2019,Voluntary compensation,Somebody,2024-01-05,10,1,10"));
        var second = await desk.Import("two.csv", Cdc("Ours,1,CDC_1_1_9,2019,Colombian Carbon Tax,Another,2024-03-05,5,8,12", "Ours,1,CDC_1_1_9,2019,Voluntary compensation,Somebody,2024-01-05,10,1,10"));
        Assert.Equal((0, 1, 1), (second.File.Posted, second.File.There, second.File.Refused));
        Assert.Equal("credits.ended-already", second.Reading.Findings[0].Code);
        Assert.Equal(10, desk.Venue.Read(b => b.Balance(CreditBook.Retired, 50007).Total));
        Assert.Null(desk.Venue.Read(b => b.Owner(50007, SerialOf(desk, "CDC", "1-1_9", 11))));
    }

    [Fact]
    public async Task An_interrupted_import_goes_on_where_it_stopped_and_nothing_comes_in_twice()
    {
        await using var desk = await CreditDesk.Open();
        var rows = Enumerable.Range(0, 300).Select(i => FormattableString.Invariant($"Ours,1,CDC_1_1_9,2019,Voluntary compensation,Somebody,2024-01-05,10,{i * 10 + 1},{i * 10 + 10}")).ToArray();
        var brought = await desk.Bring("long.csv", Cdc(rows));
        // A first part, and then nothing more.
        await desk.Do(CreditDesk.Officer, async s =>
        {
            var format = ExportFormats.Of(desk.Packs).All.First(f => f.Name == "cercarbono-retirements");
            await using var writing = new ImportWriting(desk.Book, desk.Venue, ExportFormats.Of(desk.Packs), format, brought.File.Id);
            await using var content = desk.Evidence.Open(brought.File.Sha256)!;
            return await desk.Imports.TakePart(s, writing, brought.File, await desk.Imports.Parts(content, format, 120, 0, default).FirstAsync(), 0, default);
        });
        var half = await desk.Do(CreditDesk.Officer, s => desk.Imports.Read(s, brought.File.Id, default));
        Assert.Equal((CreditImportState.Applying, 120), (half.File.State, half.File.Records));
        var whole = await desk.Do(CreditDesk.Officer, s => desk.Imports.Apply(s, brought.File.Id, default));
        Assert.Equal((300, 300, 0), (whole.File.Records, whole.File.Posted, whole.File.Refused));
        Assert.Equal(3000, desk.Venue.Read(b => b.Balance(CreditBook.Retired, 50007).Total));
        Assert.Equal(300, await Count(desk, "registry.credit_ending"));
    }

    [Fact]
    public async Task Past_a_part_the_Book_could_not_be_told_of_none_is_sent_and_the_reconciler_tells_it_of_all_in_order()
    {
        await using var desk = await CreditDesk.Open();
        var brought = await desk.Bring("long.csv", Cdc(Ours(desk.Venue.MaxBatch / 4 * 3)));
        desk.Venue.Dispose();
        var taken = await desk.Do(CreditDesk.Officer, s => desk.Imports.Apply(s, brought.File.Id, default));
        Assert.Equal((CreditImportState.Applied, 0), (taken.File.State, taken.File.Refused));
        Assert.Equal([1, 0, 0], await desk.Query("select attempts from storage.book_command where state = 'Pending' order by created_at, id", r => r.GetInt32(0)));
        await using var again = await desk.OtherVenue();
        Assert.Equal(3, await desk.BookOn(again).Reconcile(default));
        Assert.Equal(taken.File.PostedUnits, again.Read(b => b.Balance(CreditBook.Retired, 50007).Total));
    }

    [Fact]
    public async Task What_another_file_ended_and_the_Book_was_not_told_of_yet_counts_as_ended()
    {
        await using var desk = await CreditDesk.Open();
        var brought = await desk.Bring("one.csv", Cdc(Ours(3)));
        desk.Venue.Dispose();
        await desk.Do(CreditDesk.Officer, s => desk.Imports.Apply(s, brought.File.Id, default));
        await using var again = await desk.OtherVenue();
        var imports = new CreditImports(desk.Evidence, desk.BookOn(again), again, desk.Packs);
        var second = await desk.Do(CreditDesk.Officer, async s => await imports.Bring(s, "two.csv", new MemoryStream(Encoding.UTF8.GetBytes(Cdc("Ours,1,CDC_1_1_9,2019,Colombian Carbon Tax,Another,2024-03-05,5,28,32"))), default));
        Assert.Equal("credits.ended-already", Assert.Single(second.Reading.Findings, f => f.Refuses).Code);
    }

    [Fact]
    public async Task A_broken_file_ends_the_reading_ahead_and_says_so()
    {
        await using var desk = await CreditDesk.Open();
        var view = await desk.Bring("open.csv", Cdc([.. Ours(5), "Ours,1,\"CDC_1_1_9"]));
        Assert.Equal((6, 5, "import.quote-open"), (view.Reading.Records, view.Reading.Posted, Assert.Single(view.Reading.Findings, f => f.Refuses).Code));
        using var stop = new CancellationTokenSource();
        await using var s = desk.Sessions.Open(CreditDesk.Officer);
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => desk.Imports.Apply(s, view.File.Id, stop.Token));
    }

    [Fact]
    public async Task The_database_itself_refuses_a_block_or_an_ending_of_a_project_that_is_not_there_and_keeps_the_ids_of_projects()
    {
        await using var desk = await CreditDesk.Open();
        await desk.Import("one.csv", Cdc(Ours(3)));
        await using var owner = new Npgsql.NpgsqlConnection(desk.Owner);
        await owner.OpenAsync(TestContext.Current.CancellationToken);
        async Task<string> State(string sql) => (await Assert.ThrowsAsync<Npgsql.PostgresException>(() => new Npgsql.NpgsqlCommand(sql, owner).ExecuteNonQueryAsync())).SqlState;
        const string copied = "insert into registry.credit_block (unit, first, last, grammar, parts, project_id, import_id) select unit, first + 1000, last + 1000, grammar, parts, {0}, import_id from registry.credit_block";
        Assert.Equal(Npgsql.PostgresErrorCodes.ForeignKeyViolation, await State(string.Format(CultureInfo.InvariantCulture, copied, "case when first % 10 = 1 then gen_random_uuid() else project_id end")));
        Assert.Equal(Npgsql.PostgresErrorCodes.ForeignKeyViolation, await State("insert into registry.credit_ending (number, kind, unit, first, last, project_id, reason, import_id) select number + 100, kind, unit, first, last, gen_random_uuid(), reason, import_id from registry.credit_ending"));
        foreach (var change in new[] { "update registry.credit_project set id = gen_random_uuid()", "delete from registry.credit_project", "truncate registry.credit_project cascade", "update registry.credit_block set project_id = gen_random_uuid()" })
            Assert.Equal("23001", await State(change));
        Assert.Equal(3, await new Npgsql.NpgsqlCommand(string.Format(CultureInfo.InvariantCulture, copied, "project_id"), owner).ExecuteNonQueryAsync(TestContext.Current.CancellationToken));
    }

    static string[] Ours(int count) => [.. Enumerable.Range(0, count).Select(i => FormattableString.Invariant($"Ours,1,CDC_1_1_9,2019,Voluntary compensation,Somebody,2024-01-05,10,{i * 10 + 1},{i * 10 + 10}"))];

    [Fact]
    public async Task The_certificates_of_a_serial_are_those_that_share_a_number_with_it()
    {
        await using var desk = await CreditDesk.Open();
        foreach (var row in Files.Take(9)) await desk.Import(((ITheoryDataRow)row).GetData()[0]!.ToString()!);
        var endings = await desk.Query("select number, unit, first, last from registry.credit_ending", r => (Number: r.GetInt64(0), Unit: r.GetString(1), First: r.GetInt64(2), Last: r.GetInt64(3)));
        var blocks = await desk.Query("select unit, first, last, grammar, parts from registry.credit_block order by unit, first", r => (Unit: r.GetString(0), First: r.GetInt64(1), Last: r.GetInt64(2), Grammar: r.GetString(3), Parts: r.GetFieldValue<string[]>(4)));
        var (some, none) = (0, 0);
        foreach (var b in blocks.Where((_, i) => i % 7 == 0))
            foreach (var (first, last) in new[] { (b.First, b.First), (b.Last, b.Last), (b.First, b.Last), (b.First, b.Last + 5000) })
            {
                var text = UnitQueries.Print(SerialGrammars.Of(desk.Packs).Named(b.Grammar), b.Parts, CreditBook.Printed(first, last).Printed);
                var status = await desk.Do(Actor.Public, s => desk.Units.Status(s, text, default));
                var expected = endings.Where(e => e.Unit == b.Unit && e.First <= last && e.Last >= first).Select(e => e.Number).OrderDescending().Take(200).ToList();
                Assert.Equal(expected, status.Endings.Select(e => e.Number));
                if (expected.Count > 0) some++; else none++;
            }
        Assert.True(some > 100 && none > 20, $"{some} with, {none} without");
    }

    [Fact]
    public async Task Two_who_apply_the_same_file_at_once_take_it_in_once()
    {
        await using var desk = await CreditDesk.Open();
        var brought = await desk.Bring("verra_transactions.csv");
        var both = await Task.WhenAll(Enumerable.Range(0, 2).Select(_ => Task.Run(() => desk.Try(CreditDesk.Officer, s => desk.Imports.Apply(s, brought.File.Id, default)))));
        Assert.Contains(both, b => b.Ok);
        Assert.All(both.Where(b => !b.Ok), b => Assert.Contains(b.Refusals[0].Code, new[] { "credits.import-overtaken", "credits.import-applied" }));
        Assert.Equal(200, await Count(desk, "registry.credit_block"));
    }

    [Fact]
    public async Task Only_the_staff_of_a_programme_take_its_exports_in()
    {
        await using var desk = await CreditDesk.Open();
        await using var system = desk.Sessions.Open(Actor.System);
        await system.Run("update registry.credit_programme set administrator_id = $1 where code = 'verra'", default, Guid.NewGuid());
        Task<List<string>> Bring(Actor who) => desk.Refused(who, async s => { await using var content = File.OpenRead(CreditDesk.Sample("verra_projects.csv")); return await desk.Imports.Bring(s, "verra_projects.csv", content, default); });
        Assert.Equal(["credits.not-administered"], await Bring(CreditDesk.Officer));
        Assert.Equal(["access.role-needed"], await Bring(CreditDesk.Editor));
    }

    [Fact]
    public async Task A_file_that_is_no_export_we_know_is_refused_with_those_we_know()
    {
        await using var desk = await CreditDesk.Open();
        Assert.Equal(["credits.export-unknown"], await desk.Refused(CreditDesk.Officer, s => desk.Imports.Bring(s, "other.csv", new MemoryStream("a,b,c\n1,2,3\n"u8.ToArray()), default)));
    }
}
