using System.Net;
using System.Text.RegularExpressions;
using Microsoft.Extensions.DependencyInjection;
using NodaTime;

namespace Verdigris.Server.Tests;

/// <summary>Sessions that are seen and ended, and the way back in for who forgot the password.</summary>
public sealed partial class SessionTests
{
    const string NewPassword = "red metal, green skin";

    [Fact]
    public async Task A_session_ended_elsewhere_opens_nothing_any_more_and_the_others_go_on()
    {
        await using var own = await ServerUnderTest.Start();
        using var desk = await own.SignedIn("owner@demo");
        using var phone = await own.SignedIn("owner@demo");
        using var third = await own.SignedIn("owner@demo");
        var ids = EndForm().Matches(await desk.Text("/account/sessions?lang=en")).Select(m => m.Value).ToList();
        Assert.Equal(2, ids.Count); // not the own one
        using var ended = await desk.Post("/account/sessions", ids[0]);
        Assert.Equal(HttpStatusCode.Found, ended.StatusCode);
        var open = new[] { phone, third }.Select(b => b.Get("/account").GetAwaiter().GetResult().StatusCode).ToList();
        Assert.Single(open, HttpStatusCode.OK);
        Assert.Single(open, HttpStatusCode.Found);
        (await desk.Post("/account/sessions", "end-others")).Dispose();
        Assert.All(new[] { phone, third }, b => Assert.Equal(HttpStatusCode.Found, b.Get("/account").GetAwaiter().GetResult().StatusCode));
        Assert.Equal(HttpStatusCode.OK, (await desk.Get("/account")).StatusCode);
    }

    [Fact]
    public async Task Nobody_ends_the_session_of_somebody_else()
    {
        await using var own = await ServerUnderTest.Start();
        using var owner = await own.SignedIn("owner@demo");
        using var reader = await own.SignedIn("reader@demo");
        var foreign = await own.Value<Guid>("select s.id from server.session s join server.person p on p.id = s.person_id where p.sign_in_name = 'owner@demo'");
        await using var scope = own.Server.Services.CreateAsyncScope();
        var actor = new Primitives.Actor(await own.Value<Guid>("select id from server.person where sign_in_name = 'reader@demo'"), "Sam", new Guid("0190a000-0000-7000-8000-000000000003"), new HashSet<string> { Primitives.Role.Reader });
        Assert.False((await scope.ServiceProvider.GetRequiredService<SignInSessions>().End(actor, foreign, default)).Ok);
        Assert.Equal(HttpStatusCode.OK, (await owner.Get("/account")).StatusCode);
        Assert.Single(await scope.ServiceProvider.GetRequiredService<SignInSessions>().List(actor, default));
    }

    [Fact]
    public async Task Signing_out_ends_the_session_so_that_a_copied_cookie_is_worth_nothing()
    {
        await using var own = await ServerUnderTest.Start();
        using var browser = await own.SignedIn("owner@demo");
        var cookie = browser.Cookies[SessionCookie.Name]!.Value;
        var token = Browser.TokenOf(await browser.Text("/account"));
        (await browser.Http.PostAsync("/sign-out", new FormUrlEncodedContent([new("__RequestVerificationToken", token)]))).Dispose();
        using var thief = own.NewBrowser();
        thief.Http.DefaultRequestHeaders.Add("Cookie", $"{SessionCookie.Name}={cookie}");
        Assert.Equal(HttpStatusCode.Found, (await thief.Get("/account")).StatusCode);
    }

    [Fact]
    public async Task A_device_never_seen_is_told_and_a_known_one_is_not()
    {
        await using var own = await ServerUnderTest.Start();
        foreach (var (agent, news) in new[] { ("Mozilla/5.0 (Windows NT 10.0) Firefox/130.0", 0L), ("Mozilla/5.0 (Windows NT 10.0) Firefox/130.0", 0L), ("Mozilla/5.0 (iPhone) Safari/604.1", 1L) })
        {
            using var browser = own.NewBrowser();
            browser.Http.DefaultRequestHeaders.Add("User-Agent", agent);
            (await browser.SignIn("owner@demo", DemoPeople.Password)).Dispose();
            await NoticeTests.Delivered(own);
            Assert.Equal(news, await own.Value<long>("select count(*) from server.notice where kind = 'account.new-sign-in'"));
        }
        Assert.Contains("Safari · iPhone", await own.Value<string>("select text_args::text from server.notice where kind = 'account.new-sign-in'"));
    }

    [Theory]
    [InlineData("Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0 Safari/537.36", "Chrome · Linux")]
    [InlineData("Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/120.0 Safari/537.36 Edg/120.0", "Edge · Windows")]
    [InlineData("curl/8.5", "curl/8.5")]
    [InlineData("", "?")]
    public void A_device_is_called_what_people_call_it(string agent, string name) => Assert.Equal(name, DeviceName.Of(agent));

    [Fact]
    public async Task A_forgotten_password_is_set_anew_by_a_link_that_works_once_and_ends_every_session()
    {
        await using var own = await ServerUnderTest.Start();
        using var old = await own.SignedIn("owner@demo");
        var link = await Asked(own, "OWNER@demo");
        using var browser = own.NewBrowser();
        using var differs = await browser.Post(link + "?lang=en", "set", ("Input.Password", NewPassword), ("Input.Repeat", "something else"));
        Assert.Equal(HttpStatusCode.OK, differs.StatusCode);
        using var set = await browser.Post(link, "set", ("Input.Password", NewPassword), ("Input.Repeat", NewPassword));
        Assert.Equal(HttpStatusCode.Found, set.StatusCode);
        Assert.Contains("closed", await browser.Text(link + "?lang=en"));
        Assert.Equal(HttpStatusCode.Found, (await old.Get("/account")).StatusCode);
        using var signedIn = await own.SignedIn("owner@demo", NewPassword);
        // The key is in no table once the letter has gone.
        Assert.Equal("", await own.Value<string>("select body from server.mail where holds_key"));
    }

    [Fact]
    public async Task The_link_runs_out_after_half_an_hour()
    {
        await using var own = await ServerUnderTest.Start();
        var link = await Asked(own, "owner@demo");
        own.Clock.Turn(Duration.FromMinutes(31));
        using var browser = own.NewBrowser();
        Assert.DoesNotContain("Input.Password", await browser.Text(link));
    }

    [Fact]
    public async Task Asking_for_an_unknown_name_is_answered_the_same_and_sends_nothing_and_an_account_gets_three_links_an_hour()
    {
        await using var own = await ServerUnderTest.Start();
        var answers = new List<(HttpStatusCode, string?)>();
        foreach (var name in new[] { "owner@demo", "nobody@demo", "owner@demo", "owner@demo", "owner@demo" })
        {
            using var browser = own.NewBrowser();
            using var answer = await browser.Post("/recover", "recover", ("Input.Name", name));
            answers.Add((answer.StatusCode, answer.Headers.Location?.ToString()));
            await NoticeTests.Delivered(own);
        }
        Assert.Single(answers.Distinct());
        Assert.Equal(3L, await own.Value<long>("select count(*) from server.mail"));
        Assert.Equal(3L, await own.Value<long>("select count(*) from server.recovery"));
    }

    [Fact]
    public async Task Who_has_a_second_step_needs_a_code_with_the_link_and_wrong_codes_lock_the_account()
    {
        await using var own = await ServerUnderTest.Start();
        var (secret, _) = await SecondStepTests.TurnedOn(own, "owner@demo");
        own.Clock.Turn(Duration.FromSeconds(60));
        var link = await Asked(own, "owner@demo");
        using var browser = own.NewBrowser();
        using (var without = await browser.Post(link, "set", ("Input.Password", NewPassword), ("Input.Repeat", NewPassword), ("Input.Code", "000000"))) Assert.Equal(HttpStatusCode.OK, without.StatusCode);
        using (var right = await browser.Post(link, "set", ("Input.Password", NewPassword), ("Input.Repeat", NewPassword), ("Input.Code", Totp.Code(secret, Totp.StepOf(own.Clock.GetCurrentInstant()))))) Assert.Equal(HttpStatusCode.Found, right.StatusCode);

        var second = await Asked(own, "owner@demo");
        for (var i = 0; i < 5; i++) (await browser.Post(second, "set", ("Input.Password", NewPassword), ("Input.Repeat", NewPassword), ("Input.Code", "000000"))).Dispose();
        using var locked = await browser.Post(second + "?lang=en", "set", ("Input.Password", NewPassword), ("Input.Repeat", NewPassword), ("Input.Code", "000000"));
        Assert.Contains("Too many wrong", await locked.Content.ReadAsStringAsync());
    }

    /// <summary>Asks for a link and takes it out of the letter.</summary>
    static async Task<string> Asked(ServerUnderTest own, string name)
    {
        foreach (var old in Directory.Exists(own.MailFolder) ? Directory.EnumerateFiles(own.MailFolder, "*.eml") : []) File.Delete(old);
        using var browser = own.NewBrowser();
        (await browser.Post("/recover", "recover", ("Input.Name", name))).Dispose();
        await NoticeTests.Delivered(own);
        var letter = Letters.Text(await NoticeTests.MailOf(own, "where holds_key"));
        return Link().Match(letter) is { Success: true } match ? match.Value : throw new InvalidOperationException(letter);
    }

    [GeneratedRegex("(?<=value=\")end-[0-9a-f-]{36}(?=\")")]
    private static partial Regex EndForm();

    [GeneratedRegex("/recover/[0-9a-f]{64}")]
    private static partial Regex Link();
}

/// <summary>Reads what the mail client encoded.</summary>
static class Letters
{
    /// <summary>The first text body, base64 or quoted-printable undone.</summary>
    public static string Text(string eml)
    {
        var parts = eml.ReplaceLineEndings("\n").Split("\n\n", 2);
        var body = parts.Length > 1 ? parts[1] : "";
        if (parts[0].Contains("base64", StringComparison.OrdinalIgnoreCase)) return System.Text.Encoding.UTF8.GetString(Convert.FromBase64String(body.Replace("\n", "", StringComparison.Ordinal).Trim()));
        return Regex.Replace(body.Replace("=\n", "", StringComparison.Ordinal), "=([0-9A-F]{2})", m => ((char)Convert.ToByte(m.Groups[1].Value, 16)).ToString());
    }
}
