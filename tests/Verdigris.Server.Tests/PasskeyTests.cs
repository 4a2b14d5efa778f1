using System.Net;
using System.Text.RegularExpressions;

namespace Verdigris.Server.Tests;

/// <summary>What is no answer of a device opens nothing. The way that works is walked in the browser's tests, with a device made of software.</summary>
public sealed partial class PasskeyTests
{
    [Fact]
    public async Task Made_up_answers_and_tickets_sign_nobody_in_and_keep_no_key()
    {
        await using var own = await ServerUnderTest.Start();
        using var stranger = own.NewBrowser();
        var ticket = Ticket(await stranger.Text("/sign-in"), "Key.Ticket");
        foreach (var (given, credential) in new[] { (ticket, "none: NotAllowedError"), (ticket, "{}"), (ticket[..^4] + "AAAA", "{\"id\":\"AA\"}"), ("", "") })
        {
            using var answer = await stranger.Post("/sign-in?lang=en", "passkey", ("Key.Ticket", given), ("Key.Credential", credential));
            Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
            Assert.Contains("does not open an account here", await answer.Content.ReadAsStringAsync());
        }
        Assert.DoesNotContain(stranger.Cookies, c => c.Name == SessionCookie.Name);

        using var owner = await own.SignedIn("owner@demo");
        var page = await owner.Text("/account/passkeys");
        using (var bad = await owner.Post("/account/passkeys?lang=en", "add", ("Input.Ticket", Ticket(page, "Input.Ticket")), ("Input.Credential", "{\"id\":\"AA\",\"rawId\":\"AA\",\"type\":\"public-key\",\"response\":{}}"), ("Input.Name", "Phone")))
            Assert.Contains("made no passkey", await bad.Content.ReadAsStringAsync());
        // A ticket is good for its purpose, its person, once.
        using (var spent = await owner.Post("/account/passkeys?lang=en", "add", ("Input.Ticket", Ticket(page, "Input.Ticket")), ("Input.Credential", "{}"), ("Input.Name", "Phone"))) Assert.Contains("sent twice", await spent.Content.ReadAsStringAsync());
        using (var purpose = await owner.Post("/account/passkeys?lang=en", "add", ("Input.Ticket", Ticket(await stranger.Text("/sign-in"), "Key.Ticket")), ("Input.Credential", "{}"), ("Input.Name", "Phone"))) Assert.Contains("sent twice", await purpose.Content.ReadAsStringAsync());
        using var buyer = await own.SignedIn("buyer@demo");
        using (var person = await buyer.Post("/account/passkeys?lang=en", "add", ("Input.Ticket", Ticket(await owner.Text("/account/passkeys"), "Input.Ticket")), ("Input.Credential", "{}"), ("Input.Name", "Phone"))) Assert.Contains("sent twice", await person.Content.ReadAsStringAsync());
        Assert.Equal(0L, await own.Value<long>("select count(*) from server.passkey"));
    }

    static string Ticket(string page, string name) => WebUtility.HtmlDecode(Field().Matches(page).First(m => m.Groups["name"].Value == name).Groups["value"].Value);

    [GeneratedRegex("<input type=\"hidden\" name=\"(?<name>[A-Za-z.]+)\" value=\"(?<value>[^\"]*)\"")]
    private static partial Regex Field();
}
