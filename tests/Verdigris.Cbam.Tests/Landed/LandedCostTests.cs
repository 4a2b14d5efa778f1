using NodaTime;
using Verdigris.Cbam.Landed;
using Verdigris.Cbam.Obligation;
using Verdigris.Cbam.Rules;
using Verdigris.Cbam.Tests.Importer;
using Verdigris.Passport.Brands;
using Verdigris.Primitives;

namespace Verdigris.Cbam.Tests.Landed;

public sealed class LandedCostTests
{
    static LandedCosts Costs(ImporterDesk desk) => new(desk.Packs, desk.Owned, new BrandHandlers(null!, desk.Approvals));

    static Task<LandedCost> Ask(ImporterDesk desk, LandedQuestion q) => desk.Do(ImporterDesk.Trader, s => Costs(desk).Of(s, q, default));

    [Fact]
    public async Task A_good_of_an_origin_costs_what_the_published_tables_say()
    {
        await using var desk = await ImporterDesk.Open();
        var cost = await Ask(desk, new(Cn: "76011010", Origin: "IN", MassT: 100, On: new LocalDate(2026, 2, 15), Route: "K", EmbeddedTco2ePerT: 1.6m));
        Assert.Equal((2.057m, 66.9575m, 5045.92m), (cost.ByDefault.SpecificEmbeddedTco2ePerT, cost.ByDefault.Certificates, cost.ByDefault.CostEur));
        Assert.Equal(21.2575m, cost.ByActual!.Certificates);
        Assert.Equal(5045.92m - cost.ByActual.CostEur, cost.SavedEur);
        Assert.Equal([0.669575m, 0.89215m, 1.1503m, 1.328175m, 1.698155m], cost.Years.Take(5).Select(y => y.ByDefault.Certificates / 100));
        Assert.NotEmpty(cost.DefaultTrace);
    }

    [Fact]
    public async Task An_own_document_brings_origin_mass_and_its_verified_figures()
    {
        await using var desk = await ImporterDesk.Open();
        var cost = await Ask(desk, new(Number: "FJNI-1", On: new LocalDate(2026, 5, 4)));
        Assert.Equal(("FJNI-1", "76011090", "IN", 25m, "reasonable"), (cost.Name, cost.Cn, cost.Origin, cost.MassT, cost.Verification));
        Assert.Equal(0.212575m * 25, cost.ByActual!.Certificates);
        // Limited assurance makes no actual data: the default stands alone, and nothing is said to be saved.
        var limited = await Ask(desk, new(Number: "FJNI-2", On: new LocalDate(2026, 5, 4)));
        Assert.Null(limited.ByActual);
        Assert.Null(limited.SavedEur);
    }

    [Fact]
    public async Task A_price_that_is_not_published_leaves_the_cost_open_and_a_given_one_is_called_a_scenario()
    {
        await using var desk = await ImporterDesk.Open();
        var q = new LandedQuestion(Cn: "76011010", Origin: "IN", MassT: 100, On: new LocalDate(2026, 11, 3), Route: "K");
        var open = await Ask(desk, q);
        Assert.Equal((LineStatus.PriceUnpublished, null, false), (open.ByDefault.Status, open.ByDefault.CostEur, open.ByDefault.Assumed));
        Assert.Equal(CbamRules.Of(desk.Packs).Prices.OfQuarter(2026, 3)!.PriceEur, open.YearPriceEur);
        var assumed = await Ask(desk, q with { PriceEur = 80, FactorPath = DueRules.Proposal616 });
        Assert.Equal((5356.60m, true), (assumed.ByDefault.CostEur, assumed.ByDefault.Assumed));
        Assert.True(assumed.Years[4].ByDefault.Certificates < open.Years[4].ByDefault.Certificates);
    }

    [Theory]
    [InlineData("7601", null, null, "landed.cn", "cn")]
    [InlineData("76011010", "0", null, "landed.mass", "massT")]
    [InlineData("76011010", "1", "2025-12-31", "landed.day", "on")]
    public async Task What_cannot_be_reckoned_is_refused_with_its_field(string cn, string? mass, string? on, string code, string field)
    {
        await using var desk = await ImporterDesk.Open();
        var answer = await desk.Try(ImporterDesk.Trader, s => Costs(desk).Of(s, new(Cn: cn, Origin: "IN", MassT: mass is null ? null : decimal.Parse(mass, System.Globalization.CultureInfo.InvariantCulture), On: on is null ? null : NodaTime.Text.LocalDatePattern.Iso.Parse(on).Value), default));
        Assert.False(answer.Ok);
        Assert.Equal((code, field), (answer.Refusals[0].Code, answer.Refusals[0].Field));
    }
}
