using Microsoft.Playwright;
using Verdigris.Server;

namespace Verdigris.Browser.Tests;

/// <summary>Forms without script.</summary>
[Collection(nameof(Stage))]
public sealed class FormTests(Stage stage)
{
    [Fact]
    public async Task A_form_keeps_what_was_typed_and_says_what_is_wrong_without_script()
    {
        await using var context = await stage.Chromium.NewContextAsync(new() { BaseURL = stage.Address.ToString(), JavaScriptEnabled = false, Locale = "en-GB" });
        var page = await context.NewPageAsync();
        await page.GotoAsync("/sign-in?return=/certificates/new?brand=" + Stage.Brand);
        await page.GetByLabel("Sign-in name").FillAsync("smelter@demo");
        await page.GetByLabel("Password").FillAsync(DemoPeople.Password);
        await page.GetByRole(AriaRole.Button, new() { Name = "Sign in", Exact = true }).ClickAsync();
        await page.GotoAsync("/certificates/new?brand=" + Stage.Brand);
        await page.GetByLabel("Heats").FillAsync("H9, H9");
        await page.GetByLabel("Net weight", new() { Exact = true }).First.FillAsync("25,000");
        await page.GetByLabel("Gross weight").FillAsync("a lot");
        await page.GetByRole(AriaRole.Button, new() { Name = "Check without saving" }).ClickAsync();
        await Assertions.Expect(page.GetByRole(AriaRole.Alert).First).ToContainTextAsync("“a lot” is not a number");
        await Assertions.Expect(page.GetByLabel("Heats")).ToHaveValueAsync("H9, H9");
        await Assertions.Expect(page.GetByLabel("Gross weight")).ToHaveValueAsync("a lot");
    }
}
