using System.Diagnostics;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Text;
using NodaTime;
using Verdigris.Primitives;

namespace Verdigris.Server;

/// <summary>What became of one try.</summary>
/// <param name="Status">Null where no answer came; then <paramref name="Fault"/> says why: <c>address</c> (not allowed), <c>name</c>, <c>connection</c>, <c>tls</c>, <c>timeout</c>.</param>
/// <param name="Response">The first 2,000 characters.</param>
sealed record WebhookAnswer(int? Status, string? Response, string? Fault, int TookMs)
{
    public bool Taken => Status is >= 200 and < 300;
}

/// <summary>
/// Posts messages as the Standard Webhooks specification has it: <c>webhook-id</c>, <c>webhook-timestamp</c> and <c>webhook-signature</c>, an HMAC-SHA256 over <c>id.timestamp.body</c>. The
/// name is resolved once, every address of it judged, and the connection made to a judged address itself: a name that answers otherwise the next time gains nothing. No redirects, no proxy.
/// </summary>
sealed class WebhookClient : IDisposable
{
    public const string SecretPrefix = "whsec_";
    const int MostResponse = 2000;
    static readonly TimeSpan Patience = TimeSpan.FromSeconds(15);

    readonly bool loopback;
    readonly HttpClient http;

    public WebhookClient(ServerOptions options)
    {
        loopback = options.LoopbackWebhooks ?? options.Demo;
        http = new(new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            UseProxy = false,
            UseCookies = false,
            ConnectTimeout = TimeSpan.FromSeconds(5),
            PooledConnectionLifetime = TimeSpan.FromMinutes(1),
            MaxResponseHeadersLength = 16,
            ConnectCallback = Connect,
        })
        {
            Timeout = Patience,
        };
    }

    /// <summary>A secret of 192 random bits, written as the specification does.</summary>
    public static string NewSecret() => SecretPrefix + Convert.ToBase64String(RandomNumberGenerator.GetBytes(24));

    /// <summary><c>v1,</c> and the base64 of the signature.</summary>
    /// <param name="secret">As <see cref="NewSecret"/> writes it.</param>
    public static string Sign(string secret, string id, long timestamp, string body) =>
        "v1," + Convert.ToBase64String(HMACSHA256.HashData(Convert.FromBase64String(secret[SecretPrefix.Length..]), Encoding.UTF8.GetBytes(string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{id}.{timestamp}.{body}"))));

    /// <summary>Why an address cannot be registered, or null: https, or http to the loopback where that is allowed; no password in it; no address that is not public.</summary>
    public Refusal? Check(string url)
    {
        if (url.Length > 500 || !Uri.TryCreate(url, UriKind.Absolute, out var at) || at.Scheme is not ("https" or "http") || at.UserInfo.Length > 0 || at.Fragment.Length > 0) return Refusal.Of("webhook.url-invalid", "url");
        if (loopback && at.IsLoopback) return null;
        if (at.Scheme != "https") return Refusal.Of("webhook.not-https", "url");
        return at.IsLoopback || (IPAddress.TryParse(at.IdnHost.Trim('[', ']'), out var address) && !PublicAddress.Is(address)) ? Refusal.Of("webhook.address-private", "url") : null;
    }

    public async Task<WebhookAnswer> Post(string url, string secret, Guid messageId, string body, Instant now, CancellationToken ct)
    {
        var began = Stopwatch.GetTimestamp();
        using var request = new HttpRequestMessage(HttpMethod.Post, url) { Content = new StringContent(body, Encoding.UTF8, MediaTypeHeaderValue.Parse("application/json")) };
        var (id, timestamp) = ("msg_" + messageId, now.ToUnixTimeSeconds());
        request.Headers.Add("webhook-id", id);
        request.Headers.Add("webhook-timestamp", timestamp.ToString(System.Globalization.CultureInfo.InvariantCulture));
        request.Headers.Add("webhook-signature", Sign(secret, id, timestamp, body));
        request.Headers.UserAgent.Add(new("Verdigris", "1"));
        try
        {
            using var answer = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, ct);
            return new((int)answer.StatusCode, await Start(answer, ct), null, Took());
        }
        catch (TaskCanceledException) when (!ct.IsCancellationRequested) { return new(null, null, "timeout", Took()); }
        catch (HttpRequestException e)
        {
            return new(null, null, e switch
            {
                { InnerException: AddressRefusedException } => "address",
                { InnerException: AuthenticationException } => "tls",
                { HttpRequestError: HttpRequestError.NameResolutionError } or { InnerException: SocketException { SocketErrorCode: SocketError.HostNotFound or SocketError.NoData or SocketError.TryAgain } } => "name",
                _ => "connection",
            }, Took());
        }

        int Took() => (int)Stopwatch.GetElapsedTime(began).TotalMilliseconds;
    }

    static async Task<string> Start(HttpResponseMessage answer, CancellationToken ct)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(ct);
        limit.CancelAfter(Patience);
        try
        {
            await using var stream = await answer.Content.ReadAsStreamAsync(limit.Token);
            using var reader = new StreamReader(stream, Encoding.UTF8);
            var buffer = new char[MostResponse];
            var read = await reader.ReadBlockAsync(buffer, limit.Token);
            return new string(buffer, 0, read).Replace("\0", "", StringComparison.Ordinal); // the database keeps no such character
        }
        catch (Exception e) when (e is IOException or OperationCanceledException or HttpRequestException && !ct.IsCancellationRequested)
        {
            return ""; // the status has come; the rest of a broken answer is nobody's
        }
    }

    async ValueTask<Stream> Connect(SocketsHttpConnectionContext context, CancellationToken ct)
    {
        var host = context.DnsEndPoint.Host.Trim('[', ']');
        var addresses = IPAddress.TryParse(host, out var literal) ? [literal] : await Dns.GetHostAddressesAsync(host, ct);
        if (addresses.FirstOrDefault(a => !PublicAddress.Is(a) && !(loopback && IPAddress.IsLoopback(a))) is { } closed) throw new AddressRefusedException(closed);
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(addresses, context.DnsEndPoint.Port, ct);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    public void Dispose() => http.Dispose();

    sealed class AddressRefusedException(IPAddress address) : IOException($"{address} is no public address.");
}
