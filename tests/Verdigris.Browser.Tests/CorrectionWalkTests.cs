namespace Verdigris.Browser.Tests;

/// <summary>A certificate that was wrong: corrected by one person, signed and published by another, at last voided.</summary>
[Collection(nameof(Stage))]
public sealed class CorrectionWalkTests(Stage stage)
{
    [Theory]
    [InlineData("en")]
    [InlineData("zh")]
    public async Task A_certificate_without_a_list_of_bundles_is_corrected_signed_anew_and_voided(string language)
    {
        var first = (await stage.Published("CORRECT" + language.ToUpperInvariant(), withBundles: false)).Certificate;
        await using var editor = await Visitor.SignedIn(stage, language, "smelter@demo");
        await editor.Open($"/certificates/{first.Id}");
        await editor.Follow("passport.certificate.correct");
        await editor.Field("passport.reason").FillAsync("Laboratory found more silicon");
        await editor.Page.Locator("[name='Input.Results[0].Value']").FillAsync("much");
        await editor.Press("passport.certificate.correct.save");
        // Refused, and what was typed is still there.
        await Microsoft.Playwright.Assertions.Expect(editor.Field("passport.reason")).ToHaveValueAsync("Laboratory found more silicon");
        await editor.Page.Locator("[name='Input.Results[0].Value']").FillAsync("0.05");
        await editor.Press("passport.certificate.correct.save");
        await editor.SeesWords("passport.done.certificate-corrected");
        var second = new Uri(editor.Page.Url).AbsolutePath;
        Assert.NotEqual($"/certificates/{first.Id}", second);

        await using var approver = await Visitor.SignedIn(stage, language, "smelter.approver@demo");
        await approver.Open(second);
        await approver.Press("passport.certificate.sign");
        await approver.SeesWords("passport.done.certificate-signed");
        await approver.Press("passport.certificate.publish");
        await approver.SeesWords("passport.done.certificate-published");
        await approver.Sees("Laboratory found more silicon");

        // The first version stays, with its figures and its signature.
        await approver.Open($"/certificates/{first.Id}");
        await approver.Sees("0.04");
        await approver.Open(second);
        await approver.Page.Locator("details.action summary").First.ClickAsync();
        await approver.Page.Locator("details.action[open] [name='Reason']").FillAsync("Cast was scrapped");
        await approver.Press("passport.certificate.action.void");
        await approver.SeesWords("passport.done.certificate-void");

        await using var anybody = await Visitor.Come(stage, language);
        await anybody.Open($"/check?number={first.Number}");
        await anybody.SeesWords("passport.certificate.state.Voided");
    }
}
