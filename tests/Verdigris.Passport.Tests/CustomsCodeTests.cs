using Verdigris.Passport.Certificates;
using Verdigris.Passport.Certificates.Anomalies;
using Verdigris.Passport.Specifications;
using Verdigris.Primitives.Rules;

namespace Verdigris.Passport.Tests;

/// <summary>Customs codes against metals; single codes with their source stand in tests/vectors/metals.jsonl.</summary>
public sealed class CustomsCodeTests
{
    static readonly RulePacks Packs = RulePacks.Locate();
    static readonly CustomsCodes Codes = CustomsCodes.Of(Packs);
    static readonly IReadOnlyList<string> Metals = ["AL", "AA", "CU", "NI", "PB", "SN", "ZN", "CO"];

    static IEnumerable<string> Listed => Packs.Pack("metals/customs").Table("codes").Rows.Select(r => r.Text("code")).Where(c => c.Length == 6);

    [Fact]
    public void Every_metal_has_a_code_and_no_code_fits_two_metals()
    {
        Assert.All(Metals, m => Assert.Contains(Listed, c => Codes.Fits(m, c) == CustomsFit.Fits));
        Assert.All(Listed, c => Assert.True(Metals.Count(m => Codes.Fits(m, c) == CustomsFit.Fits) <= 1, c));
    }

    [Fact]
    public void Digits_after_the_sixth_and_dots_and_spaces_change_nothing()
    {
        var random = new Random(11);
        foreach (var code in Listed)
            foreach (var metal in Metals)
                for (var i = 0; i < 5; i++)
                {
                    var longer = code + random.Next(10_000).ToString("0000", System.Globalization.CultureInfo.InvariantCulture)[..(random.Next(3) * 2)];
                    for (var cut = random.Next(4); cut > 0; cut--) longer = longer.Insert(random.Next(longer.Length + 1), random.Next(2) == 0 ? "." : " ");
                    Assert.Equal(Codes.Fits(metal, code), Codes.Fits(metal, longer));
                }
    }

    [Fact]
    public void Any_six_digits_fit_only_where_the_table_lists_them_for_the_metal()
    {
        var random = new Random(12);
        var listed = Listed.ToHashSet();
        for (var i = 0; i < 20_000; i++)
        {
            var code = random.Next(1_000_000).ToString("000000", System.Globalization.CultureInfo.InvariantCulture);
            foreach (var metal in Metals)
            {
                var judged = Codes.Judge(metal, code);
                if (!listed.Contains(code)) Assert.NotEqual(CustomsFit.Fits, judged.Fit);
                // What decides is named, and nothing is decided by what is not there.
                Assert.Equal(judged.Fit == CustomsFit.CannotTell, judged.Rule is null);
                Assert.Equal(judged.Rule is null, judged.Name is null);
            }
        }
    }

    [Theory]
    [InlineData("")]
    [InlineData("7502")]
    [InlineData("7502101")]
    [InlineData("750210000")]
    [InlineData("75021000000")]
    [InlineData("7502-10")]
    [InlineData("٧٥٠٢١٠")]
    [InlineData("HS 750210")]
    [InlineData(null)]
    public void What_is_no_code_says_nothing(string? code)
    {
        Assert.Null(CustomsCodes.Digits(code));
        Assert.Equal(CustomsFit.CannotTell, Codes.Fits("NI", code));
    }

    [Fact]
    public async Task A_certificate_with_a_code_of_other_goods_reaches_the_exchange_and_one_with_the_right_code_does_not()
    {
        await using var world = await World.Make();
        await Published(world, "A", "7601.10");
        await Published(world, "B", "7601 90");
        await Published(world, "C", null);
        Assert.Empty(await Findings(world));
        var wrong = await Published(world, "D", "7204.49");
        var found = Assert.Single(await Findings(world));
        Assert.Equal((wrong.Certificate.Number, "7204.49", "AL"), (found.Number, found.Args["code"], found.Args["metal"]));
        Assert.StartsWith("metals/customs@", found.RuleId);
        // The code is part of what was signed.
        Assert.Contains("\"customsCode\":\"7204.49\"", System.Text.Encoding.UTF8.GetString(CertificateJson.Bytes(wrong.Certificate)));
        var refused = await world.Try(world.Editor, s => world.Get<CertificateHandlers>().Create(s, World.Good("E") with { CustomsCode = "76011" }, default));
        Assert.Equal(("customs.code-invalid", "customsCode"), (refused.Refusals.Single().Code, refused.Refusals.Single().Field));
    }

    static async Task<CertificateRow> Published(World world, string mark, string? code)
    {
        var handlers = world.Get<CertificateHandlers>();
        var row = await world.Do(world.Editor, s => handlers.Create(s, World.Good(mark) with { CustomsCode = code }, default));
        await world.Do(world.Approver, s => handlers.Sign(s, row.Certificate.Id, default));
        return await world.Do(world.Approver, s => handlers.Publish(s, row.Certificate.Id, default));
    }

    static async Task<IReadOnlyList<Anomaly>> Findings(World world) => (await world.Do(world.Staff, s => world.Get<AnomalyHandlers>().List(s, new(Rule: AnomalyRules.CustomsCode), default))).Items;
}
