using Microsoft.Playwright;

namespace Verdigris.Browser.Tests;

/// <summary>Methods and footprints at a browser without script.</summary>
[Collection(nameof(Stage))]
public sealed class FootprintWalkTests(Stage stage)
{
    async Task<(IBrowserContext Context, IPage Page)> Come()
    {
        var context = await stage.Chromium.NewContextAsync(new() { BaseURL = stage.Address.ToString(), JavaScriptEnabled = false, Locale = "en-GB" });
        return (context, await context.NewPageAsync());
    }

    static ILocator Button(IPage page, string name) => page.GetByRole(AriaRole.Button, new() { Name = name, Exact = true });

    [Fact]
    public async Task A_chain_of_two_legs_is_entered_row_by_row_corrected_and_calculated()
    {
        var (context, page) = await Come();
        await using var closing = context;
        await page.GotoAsync("/methods?q=transport chain");
        await page.GetByRole(AriaRole.Link, new() { Name = "Transport chain" }).ClickAsync();
        async Task Leg(int row, string name, string km, string share, string vehicle)
        {
            foreach (var (field, text) in new[] { ("name", name), ("distanceKm", km), ("share", share), ("vehicle", vehicle) }) await page.Locator($"[name='Input.legs[{row}].{field}']").FillAsync(text);
        }
        await page.Locator("[name='Input.massT']").FillAsync("1,000");
        await Leg(0, "to the port", "200", "1", "uk-freight-train");
        await Button(page, "Add: Legs").ClickAsync();
        await Leg(1, "by sea", "far", "1", "uk-freight-train");
        await Button(page, "Calculate").ClickAsync();
        await Assertions.Expect(page.GetByRole(AriaRole.Alert).First).ToContainTextAsync("'legs[1].distanceKm' must be a number");
        await Assertions.Expect(page.Locator("[name='Input.legs[1].distanceKm']")).ToHaveAttributeAsync("aria-invalid", "true");
        await Assertions.Expect(page.Locator("[name='Input.legs[1].distanceKm']")).ToHaveValueAsync("far");
        await Assertions.Expect(page.Locator("[name='Input.massT']")).ToHaveValueAsync("1,000");
        await Button(page, "Remove entry 1").ClickAsync();
        await Assertions.Expect(page.Locator("[name='Input.legs[0].name']")).ToHaveValueAsync("by sea");
        await page.GotoAsync(FootprintPages.Pfc);
        await Assertions.Expect(page.GetByRole(AriaRole.Main)).ToContainTextAsync("151.06416");
        await page.GetByText("How this was worked out").ClickAsync();
        await Assertions.Expect(page.Locator(".trace-steps").First).ToContainTextAsync("slope");
        await page.Locator("[name='Input.aeMinutesPerCellDay']").FillAsync("0");
        // Return calculates: no row comes or goes by it.
        await page.Locator("[name='Input.aeMinutesPerCellDay']").PressAsync("Enter");
        await Assertions.Expect(page.Locator("#card-result")).ToBeVisibleAsync();
        await Assertions.Expect(page.GetByRole(AriaRole.Main)).Not.ToContainTextAsync("151.06416");
    }

    [Theory]
    [InlineData("en")]
    [InlineData("zh")]
    public async Task The_bar_that_everybody_sees_stays_one_line_on_a_small_desk(string language)
    {
        await using var visitor = await Visitor.Come(stage, language);
        await visitor.Open("/footprint");
        Assert.Equal(1, await visitor.Page.EvaluateAsync<int>("() => new Set([...document.querySelectorAll('.site-nav li')].map(li => li.offsetTop)).size"));
    }

    [Fact]
    public async Task Two_smelters_are_compared_at_one_click_and_a_facility_of_ones_own_is_calculated_and_saved()
    {
        var (context, page) = await Come();
        await using var closing = context;
        await page.GotoAsync("/footprint");
        await page.GetByRole(AriaRole.Link, new() { Name = "Yunnan hydro against Shandong coal" }).ClickAsync();
        foreach (var figure in new[] { "5.487126", "12.370691", "6.883565" }) await Assertions.Expect(page.GetByRole(AriaRole.Main)).ToContainTextAsync(figure);
        var file = await File.ReadAllTextAsync(Checkout.Path("data/footprint/examples/national-grid.json"), TestContext.Current.CancellationToken);
        await page.GotoAsync("/footprint");
        await page.Locator("[name='Input.first']").FillAsync(file.Replace("\"CN\"", "\"Atlantis\"", StringComparison.Ordinal));
        await Button(page, "Calculate").ClickAsync();
        await Assertions.Expect(page.GetByRole(AriaRole.Alert).First).ToContainTextAsync("Atlantis");
        await page.Locator("[name='Input.firstFile']").SetInputFilesAsync(new FilePayload { Name = "mine.json", MimeType = "application/json", Buffer = System.Text.Encoding.UTF8.GetBytes(file) });
        await Button(page, "Calculate").ClickAsync();
        await Assertions.Expect(page.GetByRole(AriaRole.Main)).ToContainTextAsync("11.116686");
        foreach (var (format, start) in new[] { ("CSV", "\"stream\""), ("XLSX", "PK"), ("JSON", "{\"method\":\"facility.footprint\"") })
        {
            var download = await page.RunAndWaitForDownloadAsync(() => page.GetByRole(AriaRole.Button, new() { Name = format }).First.ClickAsync());
            Assert.Equal("footprint." + format.ToLowerInvariant(), download.SuggestedFilename);
            await using var content = await download.CreateReadStreamAsync();
            var read = new byte[start.Length];
            await content.ReadExactlyAsync(read, TestContext.Current.CancellationToken);
            Assert.Equal(start, System.Text.Encoding.UTF8.GetString(read));
        }
        await page.GetByRole(AriaRole.Link, new() { Name = "aluminium.pfc-slope" }).ClickAsync();
        await Assertions.Expect(page.GetByRole(AriaRole.Main)).ToContainTextAsync("151.06416");
    }
}
