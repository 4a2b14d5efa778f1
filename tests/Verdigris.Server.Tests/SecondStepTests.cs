using System.Net;
using System.Text;
using System.Text.RegularExpressions;
using NodaTime;

namespace Verdigris.Server.Tests;

/// <summary>Codes of an authenticator app beside the password.</summary>
public sealed partial class SecondStepTests
{
    /// <summary>RFC 6238, appendix B, SHA-1; the last six of its eight digits.</summary>
    [Theory]
    [InlineData(59, "287082")]
    [InlineData(1111111109, "081804")]
    [InlineData(1111111111, "050471")]
    [InlineData(1234567890, "005924")]
    [InlineData(2000000000, "279037")]
    [InlineData(20000000000, "353130")]
    public void The_codes_are_those_of_the_standards_own_table(long seconds, string code)
    {
        var secret = Encoding.ASCII.GetBytes("12345678901234567890");
        var now = Instant.FromUnixTimeSeconds(seconds);
        Assert.Equal(code, Totp.Code(secret, Totp.StepOf(now)));
        foreach (var off in new[] { -30, 0, 30 }) Assert.Equal(Totp.StepOf(now), Totp.StepFor(secret, $" {code[..3]} {code[3..]}", now + Duration.FromSeconds(off)));
        Assert.Null(Totp.StepFor(secret, code, now + Duration.FromSeconds(61)));
        foreach (var wrong in new[] { "", "28708", "28708a", "２８７０８２", code + "0" }) Assert.Null(Totp.StepFor(secret, wrong, now));
    }

    /// <summary>RFC 4648, section 10, without padding.</summary>
    [Theory]
    [InlineData("", "")]
    [InlineData("f", "MY")]
    [InlineData("fo", "MZXQ")]
    [InlineData("foo", "MZXW6")]
    [InlineData("foob", "MZXW6YQ")]
    [InlineData("fooba", "MZXW6YTB")]
    [InlineData("foobar", "MZXW6YTBOI")]
    public void The_key_is_written_in_base_32(string text, string written) => Assert.Equal(written, Totp.Base32(Encoding.ASCII.GetBytes(text)));

    [Fact]
    public async Task With_the_second_step_on_the_password_alone_opens_nothing_and_each_code_works_once()
    {
        await using var own = await ServerUnderTest.Start();
        var (secret, paper) = await TurnedOn(own, "owner@demo");
        Assert.Equal(10, paper.Count);
        using (var stored = new StringReader(await own.Value<string>("select secret_sealed from server.second_step"))) Assert.DoesNotContain(Convert.ToHexString(secret), await stored.ReadToEndAsync());

        using var browser = own.NewBrowser();
        using var first = await browser.SignIn("owner@demo", DemoPeople.Password);
        var page = await first.Content.ReadAsStringAsync();
        Assert.Equal(HttpStatusCode.OK, first.StatusCode);
        Assert.DoesNotContain(browser.Cookies, c => c.Name == SessionCookie.Name);
        var ticket = Hidden(page, "Step.Ticket");

        own.Clock.Turn(Duration.FromSeconds(60));
        var code = Totp.Code(secret, Totp.StepOf(own.Clock.GetCurrentInstant()));
        using (var wrong = await SendCode(browser, page, ticket, "000000")) Assert.Contains("The code is wrong", await wrong.Content.ReadAsStringAsync());
        using (var forged = await SendCode(browser, page, ticket[..^4] + "AAAA", code)) Assert.Contains("Sign in again", await forged.Content.ReadAsStringAsync());
        using (var right = await SendCode(browser, page, ticket, code)) Assert.Equal(HttpStatusCode.Found, right.StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await browser.Get("/account")).StatusCode);

        // The same code a second time, in another browser.
        using var other = own.NewBrowser();
        using var again = await other.SignIn("owner@demo", DemoPeople.Password);
        var second = await again.Content.ReadAsStringAsync();
        using (var repeated = await SendCode(other, second, Hidden(second, "Step.Ticket"), code)) Assert.Contains("The code is wrong", await repeated.Content.ReadAsStringAsync());
        using (var onPaper = await SendCode(other, second, Hidden(second, "Step.Ticket"), paper[3].ToUpperInvariant().Replace("-", " ", StringComparison.Ordinal))) Assert.Equal(HttpStatusCode.Found, onPaper.StatusCode);
        using var third = own.NewBrowser();
        using var once = await third.SignIn("owner@demo", DemoPeople.Password);
        var last = await once.Content.ReadAsStringAsync();
        using (var used = await SendCode(third, last, Hidden(last, "Step.Ticket"), paper[3])) Assert.Contains("The code is wrong", await used.Content.ReadAsStringAsync());
    }

    [Fact]
    public async Task Five_wrong_codes_lock_the_account_however_often_the_password_was_right_between_them()
    {
        await using var own = await ServerUnderTest.Start();
        var (secret, _) = await TurnedOn(own, "owner@demo");
        own.Clock.Turn(Duration.FromSeconds(60));
        using var browser = own.NewBrowser();
        string text = "";
        for (var i = 0; i < 5; i++)
        {
            using var first = await browser.SignIn("owner@demo", DemoPeople.Password);
            var page = await first.Content.ReadAsStringAsync();
            using var wrong = await SendCode(browser, page, Hidden(page, "Step.Ticket"), "00000" + i);
            text = await wrong.Content.ReadAsStringAsync();
        }
        Assert.Contains("Too many wrong passwords", text);
        using var locked = await browser.SignIn("owner@demo", DemoPeople.Password);
        Assert.Contains("Too many wrong passwords", await locked.Content.ReadAsStringAsync());
        // The lock goes by the machine's own clock.
        await own.Sql("update server.credential set lockout_end = now() - interval '1 second'");
        using var later = await browser.SignIn("owner@demo", DemoPeople.Password);
        var open = await later.Content.ReadAsStringAsync();
        using var right = await SendCode(browser, open, Hidden(open, "Step.Ticket"), Totp.Code(secret, Totp.StepOf(own.Clock.GetCurrentInstant())));
        Assert.Equal(HttpStatusCode.Found, right.StatusCode);
    }

    [Fact]
    public async Task A_ticket_ends_with_its_time_and_with_a_changed_password()
    {
        await using var own = await ServerUnderTest.Start();
        var (secret, _) = await TurnedOn(own, "owner@demo");
        using var browser = own.NewBrowser();
        using var first = await browser.SignIn("owner@demo", DemoPeople.Password);
        var page = await first.Content.ReadAsStringAsync();
        own.Clock.Turn(Duration.FromMinutes(6));
        string Now() => Totp.Code(secret, Totp.StepOf(own.Clock.GetCurrentInstant()));
        using (var late = await SendCode(browser, page, Hidden(page, "Step.Ticket"), Now())) Assert.Contains("Sign in again", await late.Content.ReadAsStringAsync());
        using var next = await browser.SignIn("owner@demo", DemoPeople.Password);
        var fresh = await next.Content.ReadAsStringAsync();
        await own.Sql("update server.credential c set security_stamp = 'other' from server.person p where p.id = c.person_id and p.sign_in_name = 'owner@demo'");
        using var changed = await SendCode(browser, fresh, Hidden(fresh, "Step.Ticket"), Now());
        Assert.Contains("Sign in again", await changed.Content.ReadAsStringAsync());
    }

    [Fact]
    public async Task It_is_turned_off_by_password_and_code_or_by_an_administrator_of_the_only_organisation()
    {
        await using var own = await ServerUnderTest.Start();
        using var browser = await own.SignedIn("owner@demo");
        var (secret, paper) = await TurnedOn(own, "owner@demo", browser);
        own.Clock.Turn(Duration.FromSeconds(60));
        using (var without = await browser.Post("/account/second-step?lang=en", "off", ("Input.Password", "not the password"), ("Input.Code", paper[0]))) Assert.Contains("password", await without.Content.ReadAsStringAsync(), StringComparison.OrdinalIgnoreCase);
        using (var without = await browser.Post("/account/second-step?lang=en", "off", ("Input.Password", DemoPeople.Password), ("Input.Code", "123456"))) Assert.Contains("The code is wrong", await without.Content.ReadAsStringAsync());
        Assert.Equal(1L, await own.Value<long>("select count(*) from server.second_step"));
        using (var off = await browser.Post("/account/second-step", "off", ("Input.Password", DemoPeople.Password), ("Input.Code", Totp.Code(secret, Totp.StepOf(own.Clock.GetCurrentInstant()))))) Assert.Equal(HttpStatusCode.Found, off.StatusCode);
        Assert.Equal(0L, await own.Value<long>("select (select count(*) from server.second_step) + (select count(*) from server.recovery_code)"));

        await TurnedOn(own, "owner@demo", browser);
        var id = await own.Value<Guid>("select id from server.person where sign_in_name = 'owner@demo'");
        using var administrator = await own.SignedIn("owner.approver@demo");
        await own.Sql($"insert into server.membership (person_id, organisation_id, roles, changed_at, changed_by) values ('{id}', '0190a000-0000-7000-8000-000000000004', array['reader'], now(), '{id}')");
        using (var elsewhere = await administrator.Post($"/people/{id}?lang=en", "second-step", ("Reset.Reason", "Lost phone"))) Assert.Contains("other organisations", await elsewhere.Content.ReadAsStringAsync());
        await own.Sql($"delete from server.membership where person_id = '{id}' and organisation_id = '0190a000-0000-7000-8000-000000000004'");
        using (var reset = await administrator.Post($"/people/{id}", "second-step", ("Reset.Reason", "Lost phone"))) Assert.Equal(HttpStatusCode.Found, reset.StatusCode);
        Assert.Equal(0L, await own.Value<long>("select count(*) from server.second_step"));
        Assert.Equal(1L, await own.Value<long>("select count(*) from storage.audit_event where action = 'person.second-step-reset' and reason = 'Lost phone'"));
        using var plain = await own.SignedIn("owner@demo");
    }

    internal static async Task<(byte[] Secret, IReadOnlyList<string> Paper)> TurnedOn(ServerUnderTest own, string name, Browser? signedIn = null)
    {
        var browser = signedIn ?? await own.SignedIn(name);
        var page = await browser.Text("/account/second-step?lang=en");
        var secret = FromBase32(SecretPattern().Match(page).Groups[1].Value);
        var ticket = Hidden(page, "Input.Ticket");
        using (var wrong = await browser.Post("/account/second-step", "on", ("Input.Ticket", ticket), ("Input.Code", "000000"))) Assert.Contains(Totp.Base32(secret), await wrong.Content.ReadAsStringAsync());
        using var on = await browser.Post("/account/second-step", "on", ("Input.Ticket", ticket), ("Input.Code", Totp.Code(secret, Totp.StepOf(own.Clock.GetCurrentInstant()))));
        var paper = PaperPattern().Matches(await on.Content.ReadAsStringAsync()).Select(m => m.Groups[1].Value).ToList();
        if (signedIn is null) browser.Dispose();
        return (secret, paper);
    }

    static Task<HttpResponseMessage> SendCode(Browser browser, string page, string ticket, string code) => browser.Http.PostAsync("/sign-in", new FormUrlEncodedContent(new Dictionary<string, string>
    {
        ["_handler"] = "code",
        ["__RequestVerificationToken"] = Browser.TokenOf(page),
        ["Step.Ticket"] = ticket,
        ["Step.Code"] = code,
    }));

    static string Hidden(string page, string name) => WebUtility.HtmlDecode(Regex.Match(page, $"name=\"{Regex.Escape(name)}\" value=\"([^\"]*)\"").Groups[1].Value);

    static byte[] FromBase32(string text)
    {
        var bytes = new List<byte>();
        int buffer = 0, bits = 0;
        foreach (var c in text)
        {
            buffer = ((buffer << 5) | "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".IndexOf(c, StringComparison.Ordinal)) & 0xFFF;
            if ((bits += 5) < 8) continue;
            bytes.Add((byte)((buffer >> (bits -= 8)) & 0xFF));
        }
        return [.. bytes];
    }

    [GeneratedRegex("<code>([A-Z2-7]{32})</code>")]
    private static partial Regex SecretPattern();

    [GeneratedRegex("<li><code>([a-z0-9-]{11})</code></li>")]
    private static partial Regex PaperPattern();
}
