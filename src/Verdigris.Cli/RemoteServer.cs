using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Verdigris.Storage;

namespace Verdigris.Cli;

/// <summary>The server as a machine client reaches it: client credentials (RFC 6749, section 4.4) against a bearer token.</summary>
static class RemoteServer
{
    /// <summary>Signs in and does the work; an unreachable server or wrong credentials end it in one line.</summary>
    /// <param name="credentials">File with <c>ID:SECRET</c>: on a command line every user of the computer could read the secret.</param>
    public static async Task<int> With(string url, string credentials, Func<HttpClient, Task<int>> work, CancellationToken ct)
    {
        try
        {
            var (http, problem) = await Open(url, credentials, ct);
            using (http) return http is null ? Shell.Fail(problem!) : await work(http);
        }
        catch (HttpRequestException e) { return Shell.Fail(e.Message); }
        catch (TaskCanceledException e) when (!ct.IsCancellationRequested) { return Shell.Fail(e.Message); }
        catch (JsonException) { return Shell.Fail(Strange(url)); }
    }

    /// <summary>A signed-in client, or why there is none.</summary>
    public static async Task<(HttpClient? Http, string? Problem)> Open(string url, string credentials, CancellationToken ct)
    {
        if (!Uri.TryCreate(url, UriKind.Absolute, out var address) || (address.Scheme != Uri.UriSchemeHttps && !(address.Scheme == Uri.UriSchemeHttp && address.IsLoopback))) return (null, $"{url} is no https address. / {url} 不是 https 地址。");
        if ((await File.ReadAllTextAsync(credentials, ct)).Trim().Split(':', 2) is not [var id, var secret]) return (null, $"{credentials} holds no ID:SECRET. / {credentials} 中没有 ID:SECRET。");
        var http = new HttpClient(new HttpClientHandler { AllowAutoRedirect = false }) { BaseAddress = address, Timeout = TimeSpan.FromMinutes(2) };
        try
        {
            using var form = new FormUrlEncodedContent([new("grant_type", "client_credentials"), new("client_id", id), new("client_secret", secret)]);
            using var answer = await http.PostAsync("/api/v1/token", form, ct);
            using var token = JsonDocument.Parse(await answer.Content.ReadAsStringAsync(ct));
            if (answer.IsSuccessStatusCode)
            {
                http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token.RootElement.GetProperty("access_token").GetString());
                return (http, null);
            }
            http.Dispose();
            return (null, $"{(int)answer.StatusCode} {token.RootElement}");
        }
        catch
        {
            http.Dispose();
            throw;
        }
    }

    public static string Strange(string url) => $"{url} answers, but not as this server does. / {url} 有应答，但并非本服务器。";

    /// <summary>What was made, or the problem in the server's words.</summary>
    public static async Task<(T? Kit, string? Problem)> Post<T>(HttpClient http, string path, string json, CancellationToken ct) where T : class
    {
        using var content = new StringContent(json, Encoding.UTF8, "application/json");
        using var answer = await http.PostAsync(path, content, ct);
        var text = await answer.Content.ReadAsStringAsync(ct);
        return answer.IsSuccessStatusCode ? (StorageJson.Read<T>(text), null) : (null, $"{(int)answer.StatusCode} {text}");
    }
}
