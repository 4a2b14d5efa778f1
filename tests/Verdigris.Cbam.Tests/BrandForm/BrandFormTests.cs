using NodaTime;
using Verdigris.Cbam.BrandForm;
using Verdigris.Primitives;
using Verdigris.Web;

namespace Verdigris.Cbam.Tests.BrandForm;

public sealed class BrandFormTests
{
    static readonly BrandEmissionsForm Form = new("EXAL", "Example Aluminium", "Example Smelter Ltd", "Pot line 1", "IN-0001", "Primary Aluminium", 2025, 250_000.125m, 1.61234567890123m, 9.94m, 14m, 4.36m, 0.02m, 33.3m, 1.387425m, null, 11.9m, true,
        "Example Verification", "V-0001", new LocalDate(2026, 3, 14), "Two lines:\nsecond");

    static BrandEmissionsForm Read(byte[] file) => BrandFormFile.Read(new MemoryStream(file)).Value;

    static IEnumerable<string> Refused(params (string Field, object? Value)[] lines) => BrandFormFile.Read(new MemoryStream(Book(lines))).Refusals.Select(r => $"{r.Code} {r.Field}");

    static byte[] Book(IEnumerable<(string Field, object? Value)> lines) => XlsxWriter.Write(new XlsxSheet("emissions", [["field", "value"], .. lines.Select(l => (IReadOnlyList<object?>)[l.Field, l.Value])]));

    static readonly (string, object?)[] Least = [("brandCode", "EXAL"), ("producer", "Example Smelter Ltd"), ("contract", "Primary Aluminium"), ("year", 2025), ("directTco2ePerT", 1.6m), ("indirectTco2ePerT", 9.9m)];

    [Fact]
    public void What_is_written_is_read_back_the_same() => Assert.Equal(Form, Read(BrandFormFile.Write(Form).Value));

    [Fact]
    public void What_is_unknown_stays_unknown()
    {
        var least = new BrandEmissionsForm("EXAL", null, "Example Smelter Ltd", null, null, "Primary Aluminium", 2025, null, 1.6m, 9.9m, null, null, null, null, null, null, null, null, null, null, null, null);
        Assert.Equal(least, Read(BrandFormFile.Write(least).Value));
        Assert.Equal(least, Read(Book(Least)));
        Assert.Equal(least with { DefaultPercent = 0m }, Read(Book([.. Least, ("defaultPercent", 0m)])));
    }

    [Fact]
    public void Every_line_of_the_form_comes_out_and_goes_in()
    {
        // A field added to the record and forgotten in the list would be lost.
        Assert.Equal(typeof(BrandEmissionsForm).GetProperties().Where(p => p.Name != "EqualityContract").Select(p => p.Name), BrandFields.All.Select(f => char.ToUpperInvariant(f.Name[0]) + f.Name[1..]));
        Assert.All(BrandFields.All, f => Assert.True(f.Label.En.Length > 0 && f.Label.Zh.Length > 0));
    }

    [Fact]
    public void The_workbook_says_that_its_layout_is_not_the_exchange_s()
    {
        using var zip = new System.IO.Compression.ZipArchive(new MemoryStream(BrandFormFile.Write(Form).Value));
        var texts = string.Concat(zip.Entries.Where(e => e.FullName.Contains("sheet", StringComparison.Ordinal)).Select(e => { using var reader = new StreamReader(e.Open()); return reader.ReadToEnd(); }));
        Assert.Contains("Layout of Verdigris", texts, StringComparison.Ordinal);
        Assert.Contains("版式由 Verdigris 设计", texts, StringComparison.Ordinal);
    }

    [Fact]
    public void A_missing_unknown_or_doubled_field_is_refused_by_name()
    {
        Assert.Equal(["brandform.missing indirectTco2ePerT"], Refused([.. Least[..5]]));
        Assert.Equal(["brandform.field-unknown file"], Refused([.. Least, ("price", 1m)]));
        Assert.Equal(["brandform.field-twice year"], Refused([.. Least, ("year", 2024)]));
        Assert.Equal(["brandform.form scrapTPerT"], Refused([.. Least, ("scrapTPerT", "0,02")]));
        Assert.Equal(["brandform.form verifiedOn"], Refused([.. Least, ("verifiedOn", "14/03/2026")]));
        Assert.Equal(["brandform.form isVerified"], Refused([.. Least, ("isVerified", "perhaps")]));
    }

    [Fact]
    public void A_value_out_of_range_is_refused_both_ways()
    {
        Assert.Equal(["brandform.range defaultPercent"], Refused([.. Least, ("defaultPercent", 101m)]));
        Assert.Equal(["brandform.verifier-missing verifier"], Refused([.. Least, ("isVerified", "yes")]));
        Assert.Equal(["brandform.range directTco2ePerT"], BrandFormFile.Write(Form with { DirectTco2ePerT = -1 }).Refusals.Select(r => $"{r.Code} {r.Field}"));
        Assert.Equal(["brandform.range year"], BrandFormFile.Write(Form with { Year = 25 }).Refusals.Select(r => $"{r.Code} {r.Field}"));
        Assert.Equal(["brandform.digits sefaTco2ePerT"], BrandFormFile.Write(Form with { SefaTco2ePerT = 1.2345678901234567m }).Refusals.Select(r => $"{r.Code} {r.Field}"));
        var refusal = Assert.Single(BrandFormFile.Write(Form with { Producer = " " }).Refusals);
        Assert.Equal("brandform.text producer", $"{refusal.Code} {refusal.Field}");
        foreach (var language in new[] { "en", "zh" }) Assert.Contains("200", Messages.Of(refusal, language, typeof(CbamRoom).Assembly), StringComparison.Ordinal);
    }

    [Fact]
    public void Another_workbook_is_refused() => Assert.Equal("brandform.head", Assert.Single(BrandFormFile.Read(new MemoryStream(XlsxWriter.Write(new XlsxSheet("a", [["b"]])))).Refusals).Code);
}
