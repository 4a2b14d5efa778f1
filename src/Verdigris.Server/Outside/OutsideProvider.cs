using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.Logging;
using NodaTime;

namespace Verdigris.Server;

/// <summary>What the provider says of itself.</summary>
sealed record ProviderAddresses(Uri Authorize, Uri Token, Uri Keys);

/// <summary>
/// Speaks with the provider: what it says of itself (OpenID Connect Discovery 1.0), its keys, and a token for a code. No redirects, ten seconds, a megabyte. What it says of itself is kept for an hour; its
/// keys too, and asked for anew where a token names one that is not known, at most once a minute.
/// </summary>
sealed class OutsideProvider : IDisposable
{
    static readonly Duration Kept = Duration.FromHours(1), AskAgain = Duration.FromMinutes(1);
    readonly OutsideOptions? options;
    readonly IClock clock;
    readonly ILogger<OutsideProvider> log;
    readonly HttpClient http = new(new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false, ConnectTimeout = TimeSpan.FromSeconds(5), MaxResponseHeadersLength = 16, PooledConnectionLifetime = TimeSpan.FromMinutes(5) })
    {
        Timeout = TimeSpan.FromSeconds(10),
        MaxResponseContentBufferSize = 1 << 20,
    };
    (ProviderAddresses Value, Instant At)? addresses;
    (JsonElement Value, Instant At)? keys;

    public OutsideProvider(ServerOptions server, IClock clock, ILogger<OutsideProvider> log)
    {
        (options, this.clock, this.log) = (server.Outside, clock, log);
    }

    /// <summary>Null where no provider is set up.</summary>
    public OutsideOptions? Options => options;

    /// <summary>Null where it cannot be reached, or says of itself that it is another.</summary>
    public async Task<ProviderAddresses?> Addresses(CancellationToken ct)
    {
        var now = clock.GetCurrentInstant();
        if (addresses is { } known && now - known.At < Kept) return known.Value;
        if (await Get(new Uri(options!.Issuer.TrimEnd('/') + "/.well-known/openid-configuration"), ct) is not { } said) return null;
        if (Text(said, "issuer") != options.Issuer)
        {
            log.LogWarning("The provider at {Issuer} calls itself {Other}: nobody is signed in by it.", options.Issuer, Text(said, "issuer"));
            return null;
        }
        if (At(said, "authorization_endpoint") is not { } authorize || At(said, "token_endpoint") is not { } token || At(said, "jwks_uri") is not { } jwks) return null;
        addresses = (new(authorize, token, jwks), now);
        return addresses.Value.Value;
    }

    /// <summary>The ID token for a code; null where the provider gives none.</summary>
    public async Task<string?> Token(ProviderAddresses at, string code, string verifier, string redirect, CancellationToken ct)
    {
        using var ask = new HttpRequestMessage(HttpMethod.Post, at.Token)
        {
            Content = new FormUrlEncodedContent(new Dictionary<string, string> { ["grant_type"] = "authorization_code", ["code"] = code, ["redirect_uri"] = redirect, ["code_verifier"] = verifier, ["client_id"] = options!.ClientId }),
        };
        // Both are form-encoded before they are joined (RFC 6749, 2.3.1).
        ask.Headers.Authorization = new AuthenticationHeaderValue("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes(Uri.EscapeDataString(options.ClientId) + ":" + Uri.EscapeDataString(options.ClientSecret))));
        return await Send(ask, ct) is { } said ? Text(said, "id_token") : null;
    }

    /// <summary>Judges a token by the provider's keys; once more with fresh ones where its key is not known.</summary>
    public async Task<(OutsideIdentity? Identity, TokenFault Fault)> Judge(ProviderAddresses at, string token, string nonce, CancellationToken ct)
    {
        for (var fresh = false; ; fresh = true)
        {
            if (await Keys(at, fresh, ct) is not { } set) return (null, TokenFault.KeyUnknown);
            var judged = IdToken.Judge(token, set, options!.Issuer, options.ClientId, nonce, clock.GetCurrentInstant());
            if (judged.Fault != TokenFault.KeyUnknown || fresh) return judged;
        }
    }

    async Task<JsonElement?> Keys(ProviderAddresses at, bool fresh, CancellationToken ct)
    {
        var now = clock.GetCurrentInstant();
        if (keys is { } known && now - known.At < (fresh ? AskAgain : Kept)) return known.Value;
        if (await Get(at.Keys, ct) is not { } said) return null;
        keys = (said, now);
        return said;
    }

    async Task<JsonElement?> Get(Uri address, CancellationToken ct)
    {
        using var ask = new HttpRequestMessage(HttpMethod.Get, address);
        return await Send(ask, ct);
    }

    async Task<JsonElement?> Send(HttpRequestMessage ask, CancellationToken ct)
    {
        try
        {
            ask.Headers.Accept.Add(new("application/json"));
            using var answer = await http.SendAsync(ask, ct);
            if (!answer.IsSuccessStatusCode)
            {
                log.LogWarning("{Address} answered {Status}.", ask.RequestUri, (int)answer.StatusCode);
                return null;
            }
            var read = JsonElement.Parse(await answer.Content.ReadAsByteArrayAsync(ct));
            return read.ValueKind == JsonValueKind.Object ? read : null;
        }
        catch (Exception e) when (e is HttpRequestException or JsonException or TaskCanceledException && !ct.IsCancellationRequested)
        {
            log.LogWarning(e, "{Address} could not be asked.", ask.RequestUri);
            return null;
        }
    }

    static string? Text(JsonElement said, string name) => said.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    /// <summary>An address of the provider: https, or http where the issuer itself is on the loopback.</summary>
    Uri? At(JsonElement said, string name) => Uri.TryCreate(Text(said, name), UriKind.Absolute, out var at) && (at.Scheme == "https" || (at.IsLoopback && new Uri(options!.Issuer).IsLoopback)) ? at : null;

    public void Dispose() => http.Dispose();
}
