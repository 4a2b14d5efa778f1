using System.Net;

namespace Verdigris.Server.Tests;

[Collection(nameof(SharedServer))]
public sealed class SignInTests(SharedServer shared)
{
    [Fact]
    public async Task Signing_in_opens_the_account_of_the_person()
    {
        using var browser = await shared.Under.SignedIn("owner@demo");
        var page = await browser.Text("/account?lang=en");
        Assert.Contains("owner@demo", page);
        Assert.Contains("Auriga Trading", page);
        Assert.Contains("Owner: trader", page);
    }

    [Fact]
    public async Task The_session_cookie_is_kept_from_scripts_and_other_sites()
    {
        using var browser = shared.Under.NewBrowser();
        using var answer = await browser.SignIn("owner@demo", DemoPeople.Password);
        var cookie = Assert.Single(answer.Headers.GetValues("Set-Cookie"), c => c.StartsWith(SessionCookie.Name + "=", StringComparison.Ordinal));
        Assert.Contains("httponly", cookie, StringComparison.OrdinalIgnoreCase);
        Assert.Contains("samesite=lax", cookie, StringComparison.OrdinalIgnoreCase);
    }

    [Theory]
    [InlineData("owner@demo", "not the password")]
    [InlineData("nobody@demo", "not the password")]
    public async Task A_wrong_name_and_a_wrong_password_are_refused_in_the_same_words(string name, string password)
    {
        using var browser = shared.Under.NewBrowser();
        using var answer = await browser.SignIn(name, password);
        var page = await answer.Content.ReadAsStringAsync();
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Contains("Name or password is wrong.", page);
        Assert.Contains($"value=\"{name}\"", page); // what was typed stays
        Assert.DoesNotContain(password, page);
        Assert.DoesNotContain(browser.Cookies, c => c.Name == SessionCookie.Name);
    }

    [Theory]
    [InlineData("https://example.org/", "/")]
    [InlineData("//example.org/", "/")]
    [InlineData("/\\example.org", "/")]
    [InlineData("javascript:alert(1)", "/")]
    [InlineData("/tasks?view=all", "/tasks?view=all")]
    [InlineData("/sign-in", "/")]
    [InlineData("", "/")]
    public async Task After_signing_in_only_addresses_of_this_server_are_followed(string asked, string followed)
    {
        using var browser = shared.Under.NewBrowser();
        using var answer = await browser.SignIn("reader@demo", DemoPeople.Password, asked);
        Assert.Equal(HttpStatusCode.Found, answer.StatusCode);
        Assert.Equal(new Uri(shared.Under.Address, followed), new Uri(shared.Under.Address, answer.Headers.Location!));
    }

    [Fact]
    public async Task Five_wrong_passwords_lock_the_account_even_for_the_right_one()
    {
        await using var own = await ServerUnderTest.Start();
        using var browser = own.NewBrowser();
        for (var i = 0; i < 5; i++) (await browser.SignIn("buyer@demo", "not the password")).Dispose();
        using var answer = await browser.SignIn("buyer@demo", DemoPeople.Password);
        Assert.Contains("Too many wrong passwords", await answer.Content.ReadAsStringAsync());
        Assert.Equal(1L, await own.Value<long>("select count(*) from storage.audit_event where action = 'sign-in.locked'"));
    }

    [Fact]
    public async Task Guesses_made_at_once_are_all_counted()
    {
        await using var own = await ServerUnderTest.Start();
        var token = new List<Browser>();
        for (var i = 0; i < 8; i++) token.Add(own.NewBrowser());
        await Task.WhenAll(token.Select(b => b.SignIn("owner@demo", "not the password")));
        using var answer = await token[0].SignIn("owner@demo", DemoPeople.Password);
        Assert.Contains("Too many wrong passwords", await answer.Content.ReadAsStringAsync());
        foreach (var browser in token) browser.Dispose();
    }

    [Fact]
    public async Task A_new_password_ends_every_other_session()
    {
        await using var own = await ServerUnderTest.Start();
        using var first = await own.SignedIn("owner@demo");
        using var second = await own.SignedIn("owner@demo");
        using var changed = await first.Post("/account", "password", ("Input.Current", DemoPeople.Password), ("Input.Wanted", "copper turns green"), ("Input.Repeat", "copper turns green"));
        Assert.Equal(HttpStatusCode.Found, changed.StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await first.Get("/account")).StatusCode);
        Assert.Equal(HttpStatusCode.Found, (await second.Get("/account")).StatusCode);
        using var again = await own.SignedIn("owner@demo", "copper turns green");
    }

    [Fact]
    public async Task A_person_disabled_is_signed_out_within_seconds()
    {
        await using var own = await ServerUnderTest.Start();
        using var browser = await own.SignedIn("owner@demo");
        await own.Sql("update server.person set state = 'disabled' where sign_in_name = 'owner@demo'");
        own.Clock.Turn(NodaTime.Duration.FromSeconds(6));
        Assert.Equal(HttpStatusCode.Found, (await browser.Get("/account")).StatusCode);
    }

    [Fact]
    public async Task Too_many_attempts_from_one_address_are_turned_away_with_the_time_to_wait()
    {
        await using var own = await ServerUnderTest.Start(new RequestLimits { SignInsPerMinute = 3 });
        using var browser = own.NewBrowser();
        for (var i = 0; i < 3; i++) Assert.Equal(HttpStatusCode.OK, (await browser.SignIn($"nobody{i}@demo", "not the password")).StatusCode);
        using var fourth = await browser.SignIn("nobody@demo", "not the password");
        Assert.Equal(HttpStatusCode.TooManyRequests, fourth.StatusCode);
        Assert.True(fourth.Headers.RetryAfter!.Delta > TimeSpan.Zero);
    }

    [Fact]
    public async Task References_of_grievances_cannot_be_tried_out_and_the_form_and_the_api_count_together()
    {
        await using var own = await ServerUnderTest.Start(new RequestLimits { GrievancesPerMinute = 2 });
        using var browser = own.NewBrowser();
        using var body = new StringContent("{\"reference\":\"00000-00000-00000-00000\"}", System.Text.Encoding.UTF8, "application/json");
        Assert.Equal(HttpStatusCode.NotFound, (await browser.Http.PostAsync("/api/v1/sourcing/grievances/find", body)).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await browser.Post("/sourcing/grievances", "find", ("Reference", "00000-00000-00000-00000"))).StatusCode);
        Assert.Equal(HttpStatusCode.TooManyRequests, (await browser.Http.PostAsync("/api/v1/sourcing/grievances/find", body)).StatusCode);
        Assert.Equal(HttpStatusCode.TooManyRequests, (await browser.Post("/sourcing/grievances/new", "grievance", ("Input.Text", "x"))).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await browser.Get("/sourcing/grievances")).StatusCode);
    }

    [Fact]
    public async Task The_api_turns_a_flood_away_with_a_problem()
    {
        await using var own = await ServerUnderTest.Start(new RequestLimits { ApiPerSecond = 1 });
        using var browser = own.NewBrowser();
        HttpResponseMessage? last = null;
        for (var i = 0; i < 30 && last?.StatusCode != HttpStatusCode.TooManyRequests; i++) last = await browser.Get("/api/v1/me");
        Assert.Equal(HttpStatusCode.TooManyRequests, last!.StatusCode);
        Assert.Equal("application/problem+json", last.Content.Headers.ContentType!.MediaType);
        Assert.Contains("request.too-many", await last.Content.ReadAsStringAsync());
    }
}
