using Npgsql;
using Verdigris.Cbam.Customs;
using Verdigris.Cbam.Declarants;
using Verdigris.Cbam.Imports;
using Verdigris.Primitives;
using Verdigris.Storage;
using Verdigris.Storage.Testing;

namespace Verdigris.Cbam.Tests.Importer;

/// <summary>The declarant's record and the customs lines that come in by files.</summary>
public sealed class CustomsLineTests
{
    [Fact]
    public async Task A_declarants_record_has_its_form_one_eori_number_belongs_to_one_organisation_and_nobody_else_reads_it()
    {
        await using var desk = await ImporterDesk.Open(recorded: false);
        Assert.Equal("declarant.none", await desk.Refused(ImporterDesk.Trader, s => desk.Declarants.Read(s, default)));
        Assert.Equal("access.role-needed", await desk.Refused(ImporterDesk.Approver, s => desk.Declarants.Save(s, ImporterDesk.Record, default)));
        foreach (var (bad, code) in new[] {
            (ImporterDesk.Record with { Eori = "1234" }, "customs.eori"), (ImporterDesk.Record with { Eori = " " }, "input.required"), (ImporterDesk.Record with { MemberState = "" }, "input.required"), (ImporterDesk.Record with { AppliedOn = new(-1, 1, 1) }, "declarant.earlier"), (ImporterDesk.Record with { MemberState = "NO" }, "declarant.member-state"), (ImporterDesk.Record with { AccountNumber = null }, "declarant.account-missing"),
            (ImporterDesk.Record with { AppliedOn = new(2026, 2, 1) }, "declarant.dates"), (ImporterDesk.Record with { AuthorisedSince = new(2026, 11, 21) }, "declarant.later"), (ImporterDesk.Record with { RepresentativeName = "Broker" }, "declarant.representative-half") })
            Assert.Equal(code, await desk.Refused(ImporterDesk.Trader, s => desk.Declarants.Save(s, bad, default)));
        var own = await desk.Do(ImporterDesk.Trader, s => desk.Declarants.Save(s, ImporterDesk.Record, default));
        Assert.Equal((DeclarantStanding.None, DeclarantStanding.Applicant, DeclarantStanding.Authorised), (own.StandingOn(new(2025, 11, 30)), own.StandingOn(new(2026, 1, 14)), own.StandingOn(new(2026, 1, 15))));
        Assert.Equal("declarant.eori-taken", await desk.Refused(ImporterDesk.Other, s => desk.Declarants.Save(s, ImporterDesk.Record, default)));
        Assert.Equal("declarant.none", await desk.Refused(ImporterDesk.Other, s => desk.Declarants.Read(s, default)));
        Assert.Equal("access.role-needed", await desk.Refused(ImporterDesk.Smelter, s => desk.Declarants.Read(s, default)));
    }

    [Fact]
    public async Task A_file_is_looked_at_line_by_line_before_anything_comes_in_and_what_is_out_of_scope_or_exempt_stays_and_says_so()
    {
        await using var desk = await ImporterDesk.Open();
        var text = ImporterDesk.Csv((1, "76011010", "IN", 25000, "2026-02-14"), (2, "76020019", "IN", 900, "2026-02-14"), (3, "76011010", "NO", 12000, "2026-03-01")) + "26DE00000000000099,1,76011010,IN,1,2026-02-14,DE1234567890123,x\n"
            + $"{ImporterDesk.Mrn(5)},1,76011010,IN,1000,2026-02-14,FR99999999999,x\n";
        var view = await desk.Bring(text);
        Assert.Equal((5, 2, 3, 0), (view.Reading!.Lines, view.Reading.Refused, view.Reading.New, view.Reading.There));
        Assert.Equal(["customs.mrn-check", "customs.other-importer"], view.Reading.Findings.Where(f => f.Refuses).OrderBy(f => f.Line).Select(f => f.Code));
        Assert.Equal([GoodScope.InScope, GoodScope.OutOfScope, GoodScope.ExemptOrigin], view.Reading.Shown.Select(l => l.Scope));
        Assert.Empty((await desk.Do(ImporterDesk.Trader, s => desk.Lines.List(s, new(), default))).Items);

        Assert.Equal("import.lines-refused", await desk.Refused(ImporterDesk.Trader, s => desk.Files.Apply(s, view.File.Id, CustomsImports.WholeFile, default)));
        Assert.Equal("access.role-needed", await desk.Refused(ImporterDesk.Approver, s => desk.Files.Apply(s, view.File.Id, CustomsImports.AcceptedLines, default)));
        var applied = await desk.Do(ImporterDesk.Trader, s => desk.Files.Apply(s, view.File.Id, CustomsImports.AcceptedLines, default));
        Assert.Equal((CustomsImportState.Applied, 3), (applied.File.State, applied.File.Taken!.Value));
        Assert.Equal("import.applied", await desk.Refused(ImporterDesk.Trader, s => desk.Files.Apply(s, view.File.Id, CustomsImports.AcceptedLines, default)));
        var lines = (await desk.Do(ImporterDesk.Trader, s => desk.Lines.List(s, new(Sort: "mrn"), default))).Items;
        Assert.Equal(["computed", "out-of-scope", "exempt"], lines.Select(l => l.Outcome.Status));
        Assert.Equal(66.9575m / 4, lines[0].Outcome.Certificates);
        Assert.Equal([true, false, false], lines.Select(l => l.Outcome.Certificates is not null));
    }

    [Fact]
    public async Task The_same_item_comes_in_once_however_often_its_file_is_brought_and_one_that_says_otherwise_is_refused_until_it_is_withdrawn()
    {
        await using var desk = await ImporterDesk.Open();
        var lines = await desk.Import((1, "76011010", "IN", 25000, "2026-02-14"), (2, "76011010", "CN", 1000, "2026-02-15"));
        var again = await desk.Bring(ImporterDesk.Csv((2, "76011010", "CN", 1000, "2026-02-15"), (1, "76011010", "IN", 25000, "2026-02-14"), (3, "76011010", "IN", 5, "2026-02-16")), "again.csv");
        Assert.Equal((0, 1, 2), (again.Reading!.Refused, again.Reading.New, again.Reading.There));
        await desk.Do(ImporterDesk.Trader, s => desk.Files.Apply(s, again.File.Id, CustomsImports.WholeFile, default));
        Assert.Equal(3, (await desk.Do(ImporterDesk.Trader, s => desk.Lines.List(s, new(), default))).Items.Count);

        var other = await desk.Bring(ImporterDesk.Csv((1, "76011010", "IN", 24000, "2026-02-14")), "corrected.csv");
        Assert.Equal("customs.differs", Assert.Single(other.Reading!.Findings).Code);
        Assert.Equal("import.nothing", await desk.Refused(ImporterDesk.Trader, s => desk.Files.Apply(s, other.File.Id, CustomsImports.AcceptedLines, default)));
        Assert.Equal("input.required", await desk.Refused(ImporterDesk.Trader, s => desk.Lines.Withdraw(s, lines[0].Id, " ", default)));
        await desk.Do(ImporterDesk.Trader, s => desk.Lines.Withdraw(s, lines[0].Id, "Customs corrected the mass.", default));
        Assert.Equal("line.withdrawn", await desk.Refused(ImporterDesk.Trader, s => desk.Lines.Withdraw(s, lines[0].Id, "Again.", default)));
        Assert.Equal(1, (await desk.Do(ImporterDesk.Trader, s => desk.Files.Apply(s, other.File.Id, CustomsImports.WholeFile, default))).File.Taken);
        Assert.Equal("Customs corrected the mass.", Assert.Single((await desk.Do(ImporterDesk.Trader, s => desk.Lines.List(s, new(Withdrawn: true), default))).Items).Line.WithdrawnReason);
    }

    [Fact]
    public async Task What_the_columns_of_a_source_are_is_said_once_and_its_next_file_is_read_by_it()
    {
        await using var desk = await ImporterDesk.Open();
        string File(int n) => FormattableString.Invariant($"Nr;Pos;Ware;Land;Masse;Tag\n{ImporterDesk.Mrn(n)};1;76011010;IN;1.250,5;2026-02-14\n");
        var first = await desk.Bring(File(1), "broker.csv");
        Assert.Null(first.Reading);
        Assert.Contains(first.Unfit, r => r.Code == "import.column-missing");
        Assert.Equal("import.not-mapped", await desk.Refused(ImporterDesk.Trader, s => desk.Files.Apply(s, first.File.Id, CustomsImports.WholeFile, default)));
        var mapping = new CustomsMappingContent("Broker", [new("Nr", "mrn"), new("Pos", "item"), new("Ware", "cn"), new("Land", "origin"), new("Masse", "netMassKg"), new("Tag", "releasedOn")], new Dictionary<string, string> { ["importerEori"] = "DE1234567890123" }, true);
        var mapped = await desk.Do(ImporterDesk.Trader, s => desk.Files.SetMapping(s, first.File.Id, mapping, default));
        Assert.Equal(1250.5m, Assert.Single(mapped.Reading!.Shown).Value.NetMassKg);
        await desk.Do(ImporterDesk.Trader, s => desk.Files.Apply(s, first.File.Id, CustomsImports.WholeFile, default));
        var second = await desk.Bring(File(2), "broker-2.csv");
        Assert.Equal(("Broker", 1), (second.Mapping!.Name, second.Reading!.New));
        Assert.Equal("import.not-found", await desk.Refused(ImporterDesk.Other, s => desk.Files.Read(s, second.File.Id, default)));
        var kept = Assert.Single(await desk.Do(ImporterDesk.Approver, s => desk.Files.Mappings(s, default)));
        await desk.Do(ImporterDesk.Trader, s => desk.Files.RemoveMapping(s, kept.Id, default));
        Assert.Equal("mapping.not-found", await desk.Refused(ImporterDesk.Trader, s => desk.Files.RemoveMapping(s, kept.Id, default)));
    }

    [Fact]
    public async Task Lines_are_found_by_what_they_say_in_pages_and_every_order_and_nobody_sees_those_of_another()
    {
        await using var desk = await ImporterDesk.Open();
        await desk.Import([.. Enumerable.Range(1, 25).Select(n => (n, n % 2 == 0 ? "76011010" : "76061191", n % 3 == 0 ? "CN" : "IN", 100m * n, $"2026-{1 + (n % 9):00}-{1 + n:00}"))]);
        foreach (var sort in new[] { "released", "-released", "taken", "mrn", "-cn", "origin", "-mass" })
        {
            var (seen, cursor) = (new List<Guid>(), (string?)null);
            do
            {
                var page = await desk.Do(ImporterDesk.Trader, s => desk.Lines.List(s, new(Sort: sort, Cursor: cursor, Limit: 7), default));
                seen.AddRange(page.Items.Select(v => v.Line.Id));
                cursor = page.NextCursor;
            }
            while (cursor is not null);
            Assert.Equal((25, 25), (seen.Count, seen.Distinct().Count()));
        }
        async Task<int> Count(LineFilter filter) => (await desk.Do(ImporterDesk.Trader, s => desk.Lines.List(s, filter with { Limit = 200 }, default))).Items.Count;
        Assert.Equal((8, 12, 25, 0, 25), (await Count(new(Origin: "cn")), await Count(new(Cn: "7601")), await Count(new(Year: 2026)), await Count(new(Year: 2025)), await Count(new(Text: "example"))));
        Assert.Equal(25, await Count(new(Year: 2026, Quarter: 1)) + await Count(new(Year: 2026, Quarter: 2)) + await Count(new(Year: 2026, Quarter: 3)) + await Count(new(Year: 2026, Quarter: 4)));
        Assert.Equal("line.quarter", await desk.Refused(ImporterDesk.Trader, s => desk.Lines.List(s, new(Quarter: 1), default)));
        await desk.Do(ImporterDesk.Other, s => desk.Declarants.Save(s, ImporterDesk.Record with { Eori = "FR1" }, default));
        Assert.Empty((await desk.Do(ImporterDesk.Other, s => desk.Lines.List(s, new(), default))).Items);
    }

    [Fact]
    public async Task The_database_keeps_what_customs_released_as_it_was_and_an_item_counts_once()
    {
        await using var desk = await ImporterDesk.Open();
        await desk.Import((1, "76011010", "IN", 25000, "2026-02-14"));
        await using var owner = new NpgsqlConnection(desk.Owner);
        await owner.OpenAsync(TestContext.Current.CancellationToken);
        foreach (var attempt in new[] {
            "update cbam.customs_line set net_mass_kg = 1", "update cbam.customs_line set cn = '76020000'", "delete from cbam.customs_line", "update cbam.customs_import set taken = 7", "delete from cbam.customs_import", "delete from cbam.declarant",
            "insert into cbam.customs_line select gen_random_uuid(), organisation_id, mrn, item, cn, origin, net_mass_kg, null, null, released_on, null, importer_eori, null, null, null, null, scope, sector, counts_mass, import_id, file_line, 0, 0, null, null, null, null, null, taken_by, taken_at, null, null, null, 1 from cbam.customs_line" })
            await Assert.ThrowsAsync<PostgresException>(() => new NpgsqlCommand(attempt, owner).ExecuteNonQueryAsync(TestContext.Current.CancellationToken));
        // Row-level security: another importer's session sees nothing, whatever it asks.
        await using var other = desk.Sessions.Open(ImporterDesk.Other);
        Assert.Equal(0, await other.Value<long>("select count(*) from cbam.customs_line", default) + await other.Value<long>("select count(*) from cbam.customs_import", default) + await other.Value<long>("select count(*) from cbam.declarant", default));
    }

    [Fact]
    public async Task Every_table_of_the_room_has_the_columns_its_code_writes_and_asks_for_no_other()
    {
        await using var desk = await ImporterDesk.Open();
        var tables = await SqlDrift.Tables(desk.Owner, "cbam");
        Assert.True(tables.Count >= 13, $"{tables.Count} tables");
        var room = Checkout.Path("src/Verdigris.Cbam");
        Assert.Equal([], SqlDrift.Compare("cbam", tables, Directory.EnumerateFiles(room, "*.cs", SearchOption.AllDirectories).Where(f => !f.StartsWith(Path.Combine(room, "obj"), StringComparison.Ordinal)).Select(File.ReadAllText)));
    }
}
