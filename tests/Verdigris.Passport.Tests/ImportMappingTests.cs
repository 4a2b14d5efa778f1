using System.Net;
using System.Net.Http.Json;
using System.Text;
using FsCheck;
using FsCheck.Fluent;
using Verdigris.Passport.Certificates.Import;
using Verdigris.Primitives;
using Verdigris.Storage;
using Verdigris.Web;

namespace Verdigris.Passport.Tests;

public class ImportMappingTests
{
    static readonly string[] Header = ["brand", "countryOfOrigin", "shape", "heats", "productionDate", "analysisDate", "issueDate", "pieces", "bundles", "grossKg", "netKg", "spec", "sourceRef", "Si", "Fe", "Zn", "Ga", "V", "Al"];

    static string[] Cells(int i) => ["VALU", "NO", "ingot", $"H{i}", "2026-03-02", "2026-03-03", "2026-03-03", "1100", "25", "25060", "25000", "aa-p1020a", $"R{i}", "0.04", "0.11", "<0.005", "0.01", "0.008", "99.82"];

    /// <summary>The same file as a casthouse system writes it: other names, an extra column, no column for what never changes.</summary>
    static MappingContent Casthouse(string name = "Casthouse") => new(name,
        [.. Header.Where(h => h is not ("brand" or "countryOfOrigin" or "spec")).Select(h => new MappedColumn("X " + h, h)), new("Shift", null)],
        new Dictionary<string, string> { ["brand"] = "VALU", ["countryOfOrigin"] = "NO", ["spec"] = "aa-p1020a" });

    static MemoryStream File(params int[] lines)
    {
        var taken = Header.Select((h, i) => (h, i)).Where(x => x.h is not ("brand" or "countryOfOrigin" or "spec")).ToList();
        var text = string.Join(',', taken.Select(t => "X " + t.h)) + ",Shift\r\n" + string.Concat(lines.Select(n => string.Join(',', taken.Select(t => Cells(n)[t.i])) + ",night\r\n"));
        return new(Encoding.UTF8.GetBytes(text));
    }

    [Fact]
    public void A_mapped_line_is_read_as_the_same_line_in_our_own_words_whatever_the_order_and_the_names()
    {
        var native = ImportColumns.Read(Header).Value;
        var cases = from order in Gen.Shuffle(Enumerable.Range(0, Header.Length).ToArray()) from extra in Gen.Choose(0, 3) from constants in Gen.SubListOf(new[] { "brand", "countryOfOrigin", "shape", "spec" }) select (order, extra, constants);
        Prop.ForAll(cases.ToArbitrary(), c =>
        {
            var taken = c.order.Where(i => !c.constants.Contains(Header[i])).ToList();
            var columns = taken.Select(i => new MappedColumn("col " + i, Header[i])).Concat(Enumerable.Range(0, c.extra).Select(i => new MappedColumn("extra " + i, null))).ToList();
            var content = new MappingContent("m", columns, c.constants.ToDictionary(n => n, n => Cells(1)[Array.IndexOf(Header, n)]));
            if (ImportMappingRules.Check(content).Count > 0) return false;
            var mapping = ImportMappingRules.Of(Guid.Empty, content, default);
            var mapped = ImportColumns.Read([.. columns.Select(x => x.Header)], mapping).Value;
            List<Refusal> wrong = [];
            var one = mapped.Read([.. taken.Select(i => Cells(1)[i]), .. Enumerable.Repeat("?", c.extra)], wrong);
            var other = native.Read(Cells(1), wrong);
            return wrong.Count == 0 && StorageJson.Write(one with { Results = [.. one.Results.OrderBy(r => r.Element)] }) == StorageJson.Write(other with { Results = [.. other.Results.OrderBy(r => r.Element)] })
                && mapping.Fits([.. columns.Select(x => x.Header + " ").Reverse()]) && !mapping.Fits([.. columns.Select(x => x.Header).Skip(1)]);
        }).QuickCheckThrowOnFailure();
    }

    public static TheoryData<string, string> Wrong => new()
    {
        { "name", "mapping.name-missing" }, { "columns", "mapping.columns-missing" }, { "twice", "mapping.header-invalid" }, { "space", "mapping.header-invalid" }, { "unknown", "mapping.column-unknown" },
        { "constant", "mapping.constant-not-allowed" }, { "empty", "mapping.constant-empty" }, { "control", "mapping.header-invalid" }, { "nothing", "mapping.header-invalid" }, { "both", "mapping.constant-and-column" }, { "missing", "import.column-missing" }, { "same", "import.column-twice" }, { "elements", "import.elements-missing" },
    };

    [Theory]
    [MemberData(nameof(Wrong))]
    public void What_is_wrong_with_a_mapping_is_said_by_code(string what, string code)
    {
        var good = Casthouse();
        Assert.Empty(ImportMappingRules.Check(good));
        MappingContent Constant(string name, string value) => good with { Constants = new Dictionary<string, string>(good.Constants!) { [name] = value } };
        MappingContent With(int i, MappedColumn column) => good with { Columns = [.. good.Columns.Select((c, at) => at == i ? column : c)] };
        var bad = what switch
        {
            "name" => good with { Name = " " },
            "columns" => good with { Columns = [] },
            "twice" => With(1, good.Columns[0]),
            "space" => With(0, new(" X", good.Columns[0].Column)),
            "unknown" => With(0, new("X", "colour")),
            "constant" => Constant("netKg", "25000"),
            "empty" => Constant("brand", " "),
            "control" => With(0, new("X\0", good.Columns[0].Column)),
            "nothing" => With(0, null!),
            "both" => Constant("shape", "ingot"),
            "missing" => With(0, new("X", null)),
            "same" => With(0, new("X", "netKg")),
            _ => good with { Columns = [.. good.Columns.Select(c => c.Column is { Length: <= 2 } ? c with { Column = null } : c)] },
        };
        Assert.Contains(code, ImportMappingRules.Check(bad).Select(r => r.Code));
    }

    [Fact]
    public async Task A_file_of_a_known_source_is_read_by_its_mapping_by_itself_and_the_same_file_again_writes_nothing()
    {
        await using var world = await World.Make();
        var (import, mappings) = (world.Get<CertificateImport>(), world.Get<ImportMappings>());
        Assert.Equal("import.column-unknown", (await world.Try(world.Editor, s => import.Check(s, File(1), "f.csv", default))).Refusals[0].Code);
        var kept = await world.Do(world.Editor, s => mappings.Save(s, null, Casthouse(), default));
        Assert.Equal("mapping.name-taken", (await world.Try(world.Editor, s => mappings.Save(s, null, Casthouse(), default))).Refusals[0].Code);
        var check = await world.Do(world.Editor, s => import.Check(s, File(1, 2), "f.csv", default));
        Assert.Equal((2, 2, "Casthouse"), (check.Lines, check.Accepted, check.Mapping));
        var done = await world.Do(world.Editor, s => import.Apply(s, File(1, 2), "f.csv", CertificateImport.WholeFile, default));
        Assert.Equal(("done", 2, "Casthouse"), (done.State, done.Applied, done.Mapping));
        // Edited or taken away, what was read with it keeps its name, and the same bytes write nothing.
        await world.Do(world.Editor, s => mappings.Save(s, kept.Id, Casthouse("Cast house 2"), default));
        var again = await world.Do(world.Editor, s => import.Apply(s, File(1, 2), "f.csv", CertificateImport.WholeFile, default));
        Assert.Equal((true, "Casthouse"), (again.Repeated, again.Mapping));
        Assert.Equal("Cast house 2", (await world.Do(world.Editor, s => import.Check(s, File(3), "g.csv", default))).Mapping);
        Assert.Equal("access.role-needed", (await world.Try(world.Approver, s => mappings.Remove(s, kept.Id, default))).Refusals[0].Code);
        await world.Do(world.Editor, s => mappings.Remove(s, kept.Id, default));
        Assert.Equal("import.column-unknown", (await world.Try(world.Editor, s => import.Check(s, File(3), "g.csv", default))).Refusals[0].Code);
        await using var system = world.As(Actor.System);
        Assert.Equal(2, await system.Value<long>("select count(*) from passport.certificate", default));
    }

    [Fact]
    public async Task Gone_on_with_after_a_stop_a_file_means_what_it_meant_when_it_was_begun()
    {
        await using var world = await World.Make();
        var (import, mappings) = (world.Get<CertificateImport>(), world.Get<ImportMappings>());
        var first = await world.Do(world.Editor, s => mappings.Save(s, null, Casthouse(), default));
        var sha = await world.Get<EvidenceStore>().Put(File(1, 2, 3), "text/csv", default);
        var begun = await world.Do(world.Editor, s => import.Begin(s, sha, "f.csv", CertificateImport.AcceptedLines, default));
        await using (var s = world.As(world.Editor)) await ImportStore.SetMapping(s, begun.Id!.Value, first, default);
        // Stopped here. Meanwhile somebody swaps two elements of the mapping.
        var swapped = Casthouse() with { Columns = [.. Casthouse().Columns.Select(c => c with { Column = c.Column switch { "Si" => "V", "V" => "Si", var same => same } })] };
        await world.Do(world.Editor, s => mappings.Save(s, first.Id, swapped, default));
        var done = await world.Do(world.Editor, s => import.Run(s, begun.Id!.Value, CertificateImport.AcceptedLines, default));
        Assert.Equal(("done", 3), (done.State, done.Applied));
        await using var system = world.As(Actor.System);
        var silicon = await system.All("select distinct e ->> 'value' from passport.certificate_content, jsonb_array_elements(document::jsonb -> 'results') e where e ->> 'element' = 'Si'", r => r.GetString(0), default);
        Assert.Equal(["0.04"], silicon);
    }

    [Fact]
    public async Task Mappings_are_kept_by_api_and_belong_to_their_organisation()
    {
        await using var world = await World.Make();
        using var client = world.Client(world.Editor);
        using var made = await client.PostAsJsonAsync("/api/v1/certificate-imports/mappings", Casthouse());
        Assert.Equal(HttpStatusCode.Created, made.StatusCode);
        var path = made.Headers.Location!.ToString();
        Assert.Contains("X netKg", await client.GetStringAsync(path), StringComparison.Ordinal);
        using var changed = await client.PutAsJsonAsync(path, Casthouse("Other"));
        Assert.Contains("Other", await client.GetStringAsync("/api/v1/certificate-imports/mappings"), StringComparison.Ordinal);
        using var rival = world.Client(World.Person("rival", world.Stranger, Role.ProducerEditor));
        Assert.Equal(HttpStatusCode.NotFound, (await rival.GetAsync(path)).StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, (await rival.DeleteAsync(path)).StatusCode);
        Assert.Equal("[]", await rival.GetStringAsync("/api/v1/certificate-imports/mappings"));
        using var removed = await client.DeleteAsync(path);
        Assert.Equal(HttpStatusCode.NoContent, removed.StatusCode);
        Assert.Equal((null, "netKg", "Si_ppm"), (ImportMappingRules.Guess("Weight"), ImportMappingRules.Guess("Net kg"), ImportMappingRules.Guess("Si_ppm")));
    }
}
