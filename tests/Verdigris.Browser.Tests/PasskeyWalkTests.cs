using Microsoft.Playwright;

namespace Verdigris.Browser.Tests;

/// <summary>A passkey from its making to its loss, with the device that Chromium makes of software.</summary>
[Collection(nameof(Stage))]
public sealed class PasskeyWalkTests(Stage stage)
{
    [Theory]
    [InlineData("en")]
    [InlineData("zh")]
    public async Task A_passkey_is_made_opens_the_account_without_a_password_and_opens_nothing_once_removed(string language)
    {
        await using var buyer = await Visitor.SignedIn(stage, language, "buyer@demo");
        // Keys belong to a name; browsers make none for a bare address.
        var origin = $"http://localhost:{stage.Address.Port}";
        await buyer.Page.GotoAsync(origin + "/sign-in");
        await buyer.Field("server.sign-in.name").FillAsync("buyer@demo");
        await buyer.Field("server.sign-in.password").FillAsync(Verdigris.Server.DemoPeople.Password);
        await buyer.Press("web.sign-in");
        var devices = await buyer.Page.Context.NewCDPSessionAsync(buyer.Page);
        await devices.SendAsync("WebAuthn.enable");
        await devices.SendAsync("WebAuthn.addVirtualAuthenticator", new()
        {
            ["options"] = new Dictionary<string, object> { ["protocol"] = "ctap2", ["transport"] = "internal", ["hasResidentKey"] = true, ["hasUserVerification"] = true, ["isUserVerified"] = true, ["automaticPresenceSimulation"] = true },
        });
        await buyer.Page.GotoAsync(origin + "/account/passkeys");
        await buyer.Field("server.passkeys.name").FillAsync("Desk " + language);
        await buyer.Page.GetByRole(AriaRole.Button, new() { Name = buyer.Text("server.passkeys.add-do"), Exact = true }).ClickAsync();
        await buyer.SeesWords("server.passkeys.done.added");

        await buyer.Page.Context.ClearCookiesAsync();
        await SignIn();
        await Assertions.Expect(buyer.Page).ToHaveURLAsync(origin + "/");
        await Assertions.Expect(buyer.Page.Locator(".who-name")).ToContainTextAsync("Lucas Weber");

        await buyer.Page.GotoAsync($"{origin}/account/passkeys?lang={language}");
        await buyer.Page.GetByRole(AriaRole.Button, new() { Name = buyer.Text("server.passkeys.remove-one", ("name", "Desk " + language)), Exact = true }).ClickAsync();
        await buyer.SeesWords("server.passkeys.done.removed");
        await buyer.Page.Context.ClearCookiesAsync();
        await SignIn();
        await buyer.SeesWords("refusal.sign-in.passkey-wrong");

        async Task SignIn()
        {
            await buyer.Page.GotoAsync($"{origin}/sign-in?lang={language}");
            await buyer.Page.GetByRole(AriaRole.Button, new() { Name = buyer.Text("server.passkeys.sign-in"), Exact = true }).ClickAsync();
        }
    }
}
