using System.Net;
using System.Text.RegularExpressions;

namespace Verdigris.Passport.Tests;

/// <summary>Pages as a browser without script uses them.</summary>
static partial class Forms
{
    /// <summary>Fetches the page, then posts the named form with the page's own token.</summary>
    public static async Task<(HttpStatusCode Status, string Html)> Post(HttpClient client, string path, string form, params (string Name, string Value)[] fields)
    {
        using var page = await client.GetAsync(path);
        var html = await page.Content.ReadAsStringAsync();
        var token = Token().Match(html).Groups[1].Value;
        using var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = new FormUrlEncodedContent([new("_handler", form), new("__RequestVerificationToken", token), .. fields.Select(f => new KeyValuePair<string, string>(f.Name, f.Value))]) };
        if (page.Headers.TryGetValues("Set-Cookie", out var cookies)) request.Headers.Add("Cookie", cookies.Select(c => c.Split(';')[0]));
        using var answer = await client.SendAsync(request);
        return (answer.StatusCode, await answer.Content.ReadAsStringAsync());
    }

    [GeneratedRegex("""name="__RequestVerificationToken" value="([^"]+)""")]
    private static partial Regex Token();
}
