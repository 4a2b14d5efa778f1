using System.Net;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace Verdigris.Server.Tests;

[Collection(nameof(SharedServer))]
public sealed partial class SafetyTests(SharedServer shared)
{
    [Theory]
    [InlineData("/")]
    [InlineData("/sign-in")]
    [InlineData("/no-such-page")]
    [InlineData("/api/v1/me")]
    [InlineData("/openapi/v1.json")]
    [InlineData("/health/live")]
    public async Task Every_answer_carries_the_safety_headers(string path)
    {
        using var browser = shared.Under.NewBrowser();
        using var answer = await browser.Get(path);
        var policy = answer.Headers.GetValues("Content-Security-Policy").Single();
        Assert.Contains("frame-ancestors 'none'", policy);
        Assert.DoesNotContain("unsafe", policy);
        Assert.Equal("nosniff", answer.Headers.GetValues("X-Content-Type-Options").Single());
        Assert.Equal("same-origin", answer.Headers.GetValues("Referrer-Policy").Single());
        Assert.Equal("same-origin", answer.Headers.GetValues("Cross-Origin-Opener-Policy").Single());
        Assert.Equal("same-origin", answer.Headers.GetValues("Cross-Origin-Resource-Policy").Single());
        Assert.False(answer.Headers.Contains("Server"));
    }

    [Fact]
    public async Task A_form_without_the_token_is_refused()
    {
        using var browser = shared.Under.NewBrowser();
        using var answer = await browser.Http.PostAsync("/sign-in", new FormUrlEncodedContent([new("_handler", "sign-in"), new("Input.Name", "owner@demo"), new("Input.Password", DemoPeople.Password)]));
        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        Assert.DoesNotContain(browser.Cookies, c => c.Name == SessionCookie.Name);
    }

    [Fact]
    public async Task A_change_with_the_cookie_alone_is_refused_and_with_the_token_done()
    {
        using var browser = await shared.Under.SignedIn("reader@demo");
        using var forged = await browser.Http.PostAsync("/sign-out", new FormUrlEncodedContent([]));
        Assert.Equal(HttpStatusCode.BadRequest, forged.StatusCode);
        Assert.Contains("request.forgery-token", await forged.Content.ReadAsStringAsync());
        Assert.Equal(HttpStatusCode.OK, (await browser.Get("/account")).StatusCode);

        var token = Browser.TokenOf(await browser.Text("/account"));
        using var meant = await browser.Http.PostAsync("/sign-out", new FormUrlEncodedContent([new("__RequestVerificationToken", token)]));
        Assert.Equal(HttpStatusCode.Found, meant.StatusCode);
        Assert.Equal(HttpStatusCode.Found, (await browser.Get("/account")).StatusCode);
    }

    [Theory]
    [InlineData("reader@demo", "/people", HttpStatusCode.Forbidden)]
    [InlineData("reader@demo", "/clients", HttpStatusCode.Forbidden)]
    [InlineData("reader@demo", "/tasks", HttpStatusCode.OK)]
    [InlineData("owner.approver@demo", "/people", HttpStatusCode.OK)]
    [InlineData("owner.approver@demo", "/clients", HttpStatusCode.OK)]
    [InlineData(null, "/people", HttpStatusCode.Found)]
    [InlineData(null, "/audit", HttpStatusCode.Found)]
    [InlineData(null, "/about", HttpStatusCode.OK)]
    public async Task Pages_open_by_role(string? person, string path, HttpStatusCode expected)
    {
        using var browser = person is null ? shared.Under.NewBrowser() : await shared.Under.SignedIn(person);
        using var answer = await browser.Get(path);
        Assert.Equal(expected, answer.StatusCode);
        if (expected == HttpStatusCode.Found) Assert.Equal("/sign-in?return=" + Uri.EscapeDataString(path), answer.Headers.Location!.PathAndQuery);
    }

    [Fact]
    public async Task An_unknown_address_of_the_api_is_a_problem_in_both_languages()
    {
        using var browser = shared.Under.NewBrowser();
        using var answer = await browser.Get("/api/v1/nothing");
        Assert.Equal(HttpStatusCode.NotFound, answer.StatusCode);
        Assert.Equal("application/problem+json", answer.Content.Headers.ContentType!.MediaType);
        var body = await answer.Content.ReadAsStringAsync();
        Assert.Contains("\"code\":\"request.no-such-address\"", body);
        Assert.Contains("此地址不存在", body);
    }

    [Theory]
    [InlineData("/api/v1/transfers?limit=many", 400, "request.parameter", "limit")]
    [InlineData("/api/v1/anomalies?limit=5&state=someday&certificate=x", 400, "request.parameter", "state")]
    [InlineData("/api/v1/anomalies?certificate=x&state=Open", 400, "request.parameter", "certificate")]
    [InlineData("/api/v1/transfers?state=a%00b", 422, "request.character-zero", null)]
    public async Task A_parameter_that_cannot_be_read_is_refused_by_its_name(string address, int status, string code, string? field)
    {
        using var browser = await shared.Under.SignedIn("owner@demo");
        using var reply = await browser.Get(address);
        Assert.Equal(status, (int)reply.StatusCode);
        var error = JsonDocument.Parse(await reply.Content.ReadAsStringAsync()).RootElement.GetProperty("errors")[0];
        Assert.Equal((code, field), (error.GetProperty("code").GetString(), error.TryGetProperty("field", out var named) ? named.GetString() : null));
        Assert.DoesNotContain("⟦", error.GetProperty("messageZh").GetString());
    }

    [Fact]
    public async Task A_request_larger_than_the_limit_is_refused_with_413()
    {
        using var browser = shared.Under.NewBrowser();
        using var request = new HttpRequestMessage(HttpMethod.Post, "/api/v1/token") { Content = new FormUrlEncodedContent([new("grant_type", "client_credentials"), new("client_secret", new string('x', 5 << 20))]) };
        request.Headers.ExpectContinue = true; // the refusal comes before the body is sent
        using var answer = await browser.Http.SendAsync(request);
        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, answer.StatusCode);
        Assert.Contains("request.too-large", await answer.Content.ReadAsStringAsync());
    }

    [Theory]
    [InlineData(null, "/")]
    [InlineData(null, "/sign-in")]
    [InlineData(null, "/about")]
    [InlineData(null, "/developers")]
    [InlineData(null, "/status/500")]
    [InlineData("owner.approver@demo", "/")]
    [InlineData("owner.approver@demo", "/account")]
    [InlineData("owner.approver@demo", "/notifications")]
    [InlineData("owner.approver@demo", "/notifications?after=nonsense&show=unread")]
    [InlineData("owner.approver@demo", "/notifications/settings")]
    [InlineData("owner.approver@demo", "/account/sessions")]
    [InlineData("owner.approver@demo", "/account/passkeys")]
    [InlineData(null, "/recover")]
    [InlineData(null, "/apply")]
    [InlineData("exchange@demo", "/applications")]
    [InlineData("exchange@demo", "/applications?state=Refused&after=nonsense")]
    [InlineData(null, "/recover/0123")]
    [InlineData("owner.approver@demo", "/tasks")]
    [InlineData("owner.approver@demo", "/tasks?view=proposed")]
    [InlineData("owner.approver@demo", "/audit")]
    [InlineData("owner.approver@demo", "/audit?from=yesterday")]
    [InlineData("owner.approver@demo", "/audit?after=nonsense")]
    [InlineData("owner.approver@demo", "/people")]
    [InlineData("owner.approver@demo", "/people/invite")]
    [InlineData("owner.approver@demo", "/clients")]
    [InlineData("owner.approver@demo", "/clients/new")]
    [InlineData("owner.approver@demo", "/webhooks")]
    [InlineData("owner.approver@demo", "/webhooks/new")]
    public async Task Every_page_is_whole_in_both_languages_and_obeys_the_content_policy(string? person, string path)
    {
        using var browser = person is null ? shared.Under.NewBrowser() : await shared.Under.SignedIn(person);
        foreach (var (language, tag) in new[] { ("en", "en"), ("zh", "zh-Hans") })
        {
            var page = await browser.Text(path + (path.Contains('?') ? "&" : "?") + "lang=" + language);
            Assert.Contains($"<html lang=\"{tag}\">", page);
            Assert.DoesNotContain("⟦", page);
            Assert.DoesNotMatch(Inline(), page);
            Assert.Matches("<h1", page);
        }
    }

    [Fact]
    public async Task The_language_chosen_is_remembered()
    {
        using var browser = shared.Under.NewBrowser();
        await browser.Text("/?lang=zh");
        Assert.Contains("<html lang=\"zh-Hans\">", await browser.Text("/about"));
    }

    [Fact]
    public async Task Style_sheets_and_modules_are_there_and_may_be_kept_for_ever()
    {
        using var browser = shared.Under.NewBrowser();
        var page = await browser.Text("/");
        var files = Asset().Matches(page).Select(m => m.Value).Distinct().ToList();
        Assert.True(files.Count >= 5, string.Join(' ', files));
        foreach (var file in files)
        {
            using var answer = await browser.Get(file);
            Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
            Assert.Contains("immutable", answer.Headers.CacheControl!.ToString());
        }
    }

    [Fact]
    public async Task Health_says_live_and_ready()
    {
        using var browser = shared.Under.NewBrowser();
        Assert.Contains("live", await browser.Text("/health/live"));
        Assert.Contains("\"ready\"", await browser.Text("/health/ready"));
    }

    [GeneratedRegex("\\sstyle=\"|\\son[a-z]+=\"|<style|<script(?![^>]*\\ssrc=)", RegexOptions.IgnoreCase)]
    private static partial Regex Inline();

    [GeneratedRegex("/assets/[0-9a-f]{12}/[a-z.-]+")]
    private static partial Regex Asset();
}
