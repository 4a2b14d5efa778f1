using System.Net;
using System.Text.Json;
using System.Text.RegularExpressions;
using NodaTime;
using Verdigris.Primitives;

namespace Verdigris.Server.Tests;

/// <summary>Sign-in by an account elsewhere: it opens what its owner linked, and nothing else.</summary>
public sealed partial class OutsideTests
{
    static readonly Instant Now = Instant.FromUtc(2026, 11, 20, 9, 0);

    static Dictionary<string, object> Claims() => new() { ["iss"] = "https://id.example", ["sub"] = "s-1", ["aud"] = "us", ["nonce"] = "n", ["iat"] = Now.ToUnixTimeSeconds(), ["exp"] = Now.ToUnixTimeSeconds() + 300, ["email"] = "a@b.example" };

    static (OutsideIdentity? Identity, TokenFault Fault) Judge(string token, params SigningKey[] keys) => IdToken.Judge(token, JsonElement.Parse("{\"keys\":[" + string.Join(',', keys.Select(k => k.Jwk)) + "]}"), "https://id.example", "us", "n", Now);

    [Fact]
    public void A_token_is_believed_when_everything_fits_and_refused_with_the_one_thing_that_does_not()
    {
        foreach (var key in new[] { SigningKey.Rsa("a"), SigningKey.Curve("a") })
        {
            Assert.Equal(new OutsideIdentity("https://id.example", "s-1", "a@b.example"), Judge(key.Token(Claims()), key).Identity);
            foreach (var (member, value, fault) in new (string, object?, TokenFault)[]
            {
                ("iss", "https://id.example/", TokenFault.Issuer), ("aud", "them", TokenFault.Audience), ("aud", new[] { "us", "them" }, TokenFault.Audience), ("aud", null, TokenFault.Audience), ("azp", "them", TokenFault.Audience),
                ("exp", Now.ToUnixTimeSeconds() - 300, TokenFault.Time), ("exp", null, TokenFault.Time), ("exp", "tomorrow", TokenFault.Time), ("iat", Now.ToUnixTimeSeconds() + 301, TokenFault.Time), ("nbf", Now.ToUnixTimeSeconds() + 301, TokenFault.Time),
                ("nonce", "m", TokenFault.Nonce), ("nonce", null, TokenFault.Nonce), ("sub", "", TokenFault.Subject), ("sub", 7, TokenFault.Subject), ("sub", null, TokenFault.Subject),
            })
            {
                var claims = Claims();
                if (value is null) claims.Remove(member);
                else claims[member] = value;
                Assert.Equal((null, fault), Judge(key.Token(claims), key));
            }
            Assert.Equal(TokenFault.None, Judge(key.Token(Claims().Append(new("azp", "us")).ToDictionary(p => p.Key, p => p.Key == "aud" ? new[] { "us", "them" } : p.Value)), key).Fault);
            foreach (var other in new[] { "none", "HS256", "RS512", "" }) Assert.Equal(TokenFault.Algorithm, Judge(key.Token(Claims(), other), key).Fault);
        }
        var (mine, stranger, weak) = (SigningKey.Rsa("a"), SigningKey.Rsa("a"), SigningKey.Rsa("a", 1024));
        Assert.Equal(TokenFault.Signature, Judge(stranger.Token(Claims()), mine).Fault);
        Assert.Equal(TokenFault.KeyUnknown, Judge(mine.Token(Claims()), SigningKey.Rsa("b")).Fault);
        Assert.Equal(TokenFault.KeyUnknown, Judge(mine.Token(Claims()), SigningKey.Curve("a")).Fault);
        Assert.Equal(TokenFault.Signature, Judge(weak.Token(Claims()), weak).Fault);
        var good = mine.Token(Claims());
        for (var at = 0; at < good.Length; at++)
        {
            // The last digit of a part carries bits that say nothing; those aside, every change is seen.
            var broken = good[..at] + (good[at] == 'A' ? 'B' : 'A') + good[(at + 1)..];
            if (Judge(broken, mine).Identity is { } believed) Assert.True(at == good.Length - 1, $"changed at {at}: {believed}");
        }
    }

    static async Task<(ServerUnderTest Server, LoopbackProvider Provider)> Start(RequestLimits? limits = null)
    {
        var provider = await LoopbackProvider.Start();
        return (await ServerUnderTest.Start(limits, outside: provider.Options), provider);
    }

    /// <summary>Links an account to who is signed in; where the browser ends.</summary>
    static async Task<string> Link(Browser browser, LoopbackProvider provider, string subject)
    {
        using var asked = await browser.Post("/account/outside", "link", ("Input.Password", DemoPeople.Password));
        var ticket = TicketPattern().Match(await asked.Content.ReadAsStringAsync());
        Assert.True(ticket.Success);
        return await There(browser, provider, subject, "/sign-in/outside?link=" + ticket.Groups[1].Value);
    }

    static async Task<string> There(Browser browser, LoopbackProvider provider, string subject, string begin = "/sign-in/outside?return=/certificates")
    {
        using var begun = await browser.Get(begin);
        Assert.StartsWith(provider.Issuer + "/authorize", begun.Headers.Location!.OriginalString, StringComparison.Ordinal);
        using var back = await browser.Get(provider.Consent(begun.Headers.Location!, subject));
        Assert.Equal(HttpStatusCode.Found, back.StatusCode);
        return back.Headers.Location!.OriginalString;
    }

    [Fact]
    public async Task An_account_its_owner_linked_signs_in_and_once_removed_no_more()
    {
        var (under, provider) = await Start();
        await using var one = under;
        await using var other = provider;
        using (var stranger = under.NewBrowser())
        {
            Assert.Contains("Norsk ID", await stranger.Text("/sign-in"), StringComparison.Ordinal);
            Assert.Equal("/sign-in?outside=outside.not-linked", await There(stranger, provider, "ingrid"));
            Assert.Contains("No account here is linked", await stranger.Text("/sign-in?outside=outside.not-linked&lang=en"), StringComparison.Ordinal);
        }
        using (var owner = await under.SignedIn("smelter@demo"))
        {
            using (var wrong = await owner.Post("/account/outside", "link", ("Input.Password", "not it"))) Assert.DoesNotContain("/sign-in/outside?link=", await wrong.Content.ReadAsStringAsync(), StringComparison.Ordinal);
            Assert.Equal("/account/outside?done=linked", await Link(owner, provider, "ingrid"));
            Assert.Contains("ingrid@nord.example", await owner.Text("/account/outside"), StringComparison.Ordinal);
        }
        // Somebody else cannot take it over, and it is one account a person.
        using (var another = await under.SignedIn("owner@demo")) Assert.Equal("/account/outside?outside=outside.taken", await Link(another, provider, "ingrid"));
        using (var outside = under.NewBrowser())
        {
            Assert.Equal("/certificates", await There(outside, provider, "ingrid"));
            Assert.Contains("Ingrid Solheim", await outside.Text("/account"), StringComparison.Ordinal);
            using var removed = await outside.Post("/account/outside", "remove-" + provider.Issuer);
            Assert.Equal(HttpStatusCode.Found, removed.StatusCode);
        }
        using var late = under.NewBrowser();
        Assert.Equal("/sign-in?outside=outside.not-linked", await There(late, provider, "ingrid"));
        Assert.Equal(3, await under.Value<long>("select count(*) from storage.audit_event where action in ('account.outside-linked', 'account.outside-removed') or (action = 'sign-in.done' and subject_id = '0190b000-0000-7000-8000-000000000001' and id > (select id from storage.audit_event where action = 'account.outside-linked'))"));
    }

    [Fact]
    public async Task It_stands_for_the_password_only_and_opens_nothing_that_is_closed()
    {
        var (under, provider) = await Start();
        await using var one = under;
        await using var other = provider;
        using (var owner = await under.SignedIn("smelter@demo")) await Link(owner, provider, "ingrid");
        await under.Sql("insert into server.second_step (person_id, secret_sealed, since, last_step) select id, 'sealed', now(), 0 from server.person where sign_in_name = 'smelter@demo'");
        using (var browser = under.NewBrowser())
        {
            var next = await There(browser, provider, "ingrid");
            Assert.StartsWith("/sign-in?ticket=", next, StringComparison.Ordinal);
            Assert.Contains("Step.Code", await browser.Text(next), StringComparison.Ordinal);
            Assert.Equal(HttpStatusCode.Unauthorized, (await browser.Get("/api/v1/me")).StatusCode);
        }
        await under.Sql("delete from server.second_step; update server.credential set lockout_end = now() + interval '1 hour' where person_id = (select id from server.person where sign_in_name = 'smelter@demo')");
        using (var browser = under.NewBrowser()) Assert.Equal("/sign-in?outside=sign-in.locked-outside", await There(browser, provider, "ingrid"));
        await under.Sql("update server.credential set lockout_end = null; update server.person set state = 'disabled' where sign_in_name = 'smelter@demo'");
        using (var browser = under.NewBrowser()) Assert.Equal("/sign-in?outside=outside.not-linked", await There(browser, provider, "ingrid"));
    }

    [Fact]
    public async Task An_answer_is_good_once_in_the_browser_that_asked_and_a_token_that_lies_signs_nobody_in()
    {
        var (under, provider) = await Start();
        await using var one = under;
        await using var other = provider;
        using (var owner = await under.SignedIn("smelter@demo")) await Link(owner, provider, "ingrid");
        using var browser = under.NewBrowser();
        using (var begun = await browser.Get("/sign-in/outside"))
        {
            var back = provider.Consent(begun.Headers.Location!, "ingrid");
            using (var thief = under.NewBrowser()) Assert.Equal("/sign-in?outside=outside.begin-again", await Where(thief, back));
            Assert.Equal("/sign-in?outside=outside.begin-again", await Where(browser, back.Replace("state=", "state=x", StringComparison.Ordinal)));
            // The cookie is spent by the wrong answer: the right one comes too late.
            Assert.Equal("/sign-in?outside=outside.begin-again", await Where(browser, back));
        }
        using (var begun = await browser.Get("/sign-in/outside")) Assert.Equal("/sign-in?outside=outside.refused-there", await Where(browser, OutsideAccounts.AnswerPath + "?error=access_denied&state=" + StatePattern().Match(begun.Headers.Location!.Query).Groups[1].Value));
        using (var begun = await browser.Get("/sign-in/outside"))
        {
            var back = provider.Consent(begun.Headers.Location!, "ingrid");
            under.Clock.Turn(Duration.FromMinutes(11));
            Assert.Equal("/sign-in?outside=outside.begin-again", await Where(browser, back));
            under.Clock.Turn(-Duration.FromMinutes(11));
        }
        foreach (var twist in new Action<Dictionary<string, object>>[] { c => c["nonce"] = "another", c => c["aud"] = "another", c => c["iss"] = "https://another.example", c => c["exp"] = 1 })
        {
            provider.Twist = twist;
            Assert.Equal("/sign-in?outside=outside.token-wrong", await There(browser, provider, "ingrid"));
        }
        provider.Twist = _ => { };
        // A key that was changed is asked for, at most once a minute.
        provider.Key = SigningKey.Curve("k2");
        under.Clock.Turn(Duration.FromMinutes(2));
        provider.Twist = c => c["exp"] = DateTimeOffset.UtcNow.AddMinutes(10).ToUnixTimeSeconds();
        var asked = provider.KeysAsked;
        Assert.Equal("/", await There(browser, provider, "ingrid", "/sign-in/outside?return=//evil.example"));
        provider.Key = SigningKey.Curve("k3");
        Assert.Equal("/account/outside?outside=outside.token-wrong", await There(browser, provider, "ingrid"));
        Assert.Equal(1, provider.KeysAsked - asked);

        async Task<string> Where(Browser who, string path)
        {
            using var answer = await who.Get(path);
            return answer.Headers.Location!.OriginalString;
        }
    }

    [Fact]
    public async Task A_provider_that_is_away_or_calls_itself_another_is_said_to_be_unreachable_and_without_one_there_is_nothing_to_press()
    {
        var (under, provider) = await Start();
        await using var one = under;
        provider.CallsItself = "https://another.example";
        using (var browser = under.NewBrowser())
        {
            using var answer = await browser.Get("/sign-in/outside");
            Assert.Equal("/sign-in?outside=outside.unreachable", answer.Headers.Location!.OriginalString);
            await provider.DisposeAsync();
            using var away = await browser.Get("/sign-in/outside");
            Assert.Equal("/sign-in?outside=outside.unreachable", away.Headers.Location!.OriginalString);
        }
        await using var plain = await ServerUnderTest.Start();
        using var nobody = plain.NewBrowser();
        Assert.DoesNotContain("/sign-in/outside", await nobody.Text("/sign-in"), StringComparison.Ordinal);
        Assert.DoesNotContain("class=\"notice", await nobody.Text("/sign-in?outside=made-up"), StringComparison.Ordinal);
        Assert.Contains("class=\"notice", await nobody.Text("/sign-in?outside=outside.not-linked"), StringComparison.Ordinal);
    }

    [Fact]
    public void What_the_environment_says_is_read_whole_or_refused_by_name()
    {
        var file = Path.GetTempFileName();
        try
        {
            File.WriteAllText(file, "secret\n");
            var given = new Dictionary<string, string> { ["VERDIGRIS_OIDC_ISSUER"] = "https://id.example", ["VERDIGRIS_OIDC_CLIENT"] = "us", ["VERDIGRIS_OIDC_SECRET_FILE"] = file };
            Assert.Equal(new OutsideOptions("https://id.example", "us", "secret", "id.example"), OutsideOptions.FromEnvironment(given.GetValueOrDefault));
            Assert.Null(OutsideOptions.FromEnvironment(_ => null));
            foreach (var (name, value) in new[] { ("VERDIGRIS_OIDC_ISSUER", "http://id.example"), ("VERDIGRIS_OIDC_ISSUER", "id.example"), ("VERDIGRIS_OIDC_CLIENT", ""), ("VERDIGRIS_OIDC_SECRET_FILE", "/no/such/file") })
                Assert.Contains(name, Assert.Throws<Storage.StorageProblem>(() => OutsideOptions.FromEnvironment(n => n == name ? value : given.GetValueOrDefault(n))).Message, StringComparison.Ordinal);
        }
        finally { File.Delete(file); }
    }

    [GeneratedRegex("/sign-in/outside\\?link=([^\"]+)\"")]
    private static partial Regex TicketPattern();

    [GeneratedRegex("[?&]state=([^&]+)")]
    private static partial Regex StatePattern();
}
