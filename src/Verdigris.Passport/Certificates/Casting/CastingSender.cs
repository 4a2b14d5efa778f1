using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;

namespace Verdigris.Passport.Certificates.Casting;

/// <param name="Sent">Accepted now, or found to be there already.</param>
/// <param name="Broken">Why it stopped before the end, in words of the network or the server; null where it came to the end. What was not reached is still waiting.</param>
public sealed record SendReport(IReadOnlyList<QueueEntry> Sent, IReadOnlyList<QueueEntry> Refused, string? Broken);

/// <summary>
/// Hands a queue in. An entry leaves the queue only on the server's word about this very certificate: its hash in the answer, or a coded refusal of its content. Anything else (no network, a page of somebody in between,
/// a server that is overloaded, does not let us in or does not know the address) leaves it waiting and ends the run. An answer that was lost does no harm: the same certificate again gets the first outcome.
/// </summary>
/// <param name="server">With address and credentials.</param>
public sealed class CastingSender(HttpClient server)
{
    public const string Path = "/api/v1/certificates/cast";
    const int Patience = 5;
    static readonly TimeSpan LongestPause = TimeSpan.FromMinutes(1);

    public async Task<SendReport> Send(CastingQueue queue, IEnumerable<QueueEntry> entries, CancellationToken ct)
    {
        var (sent, refused) = (new List<QueueEntry>(), new List<QueueEntry>());
        foreach (var entry in entries)
        {
            try
            {
                using var answer = await Post(queue.Read(entry), ct);
                var text = await answer.Content.ReadAsStringAsync(ct);
                if (answer.IsSuccessStatusCode && Text(text, "contentSha256") == entry.Sha256)
                {
                    queue.MarkSent(entry);
                    sent.Add(entry);
                }
                else if (answer.StatusCode is HttpStatusCode.BadRequest or HttpStatusCode.Conflict or HttpStatusCode.RequestEntityTooLarge or HttpStatusCode.UnprocessableEntity && Text(text, "code") is not null)
                {
                    queue.MarkRefused(entry, text);
                    refused.Add(entry);
                }
                else return new(sent, refused, string.Create(CultureInfo.InvariantCulture, $"{(int)answer.StatusCode} {Text(text, "code") ?? answer.ReasonPhrase}"));
            }
            catch (Exception e) when (e is HttpRequestException or IOException || (e is TaskCanceledException && !ct.IsCancellationRequested))
            {
                return new(sent, refused, e.Message);
            }
        }
        return new(sent, refused, null);
    }

    /// <summary>Waits as often as the server asks for patience, within reason.</summary>
    async Task<HttpResponseMessage> Post(byte[] body, CancellationToken ct)
    {
        for (var attempt = 1; ; attempt++)
        {
            using var content = new ByteArrayContent(body) { Headers = { ContentType = new MediaTypeHeaderValue("application/json", Encoding.UTF8.WebName) } };
            var answer = await server.PostAsync(Path, content, ct);
            if (answer.StatusCode != HttpStatusCode.TooManyRequests || attempt == Patience) return answer;
            var pause = answer.Headers.RetryAfter?.Delta ?? TimeSpan.FromSeconds(attempt);
            answer.Dispose();
            await Task.Delay(pause < LongestPause ? pause : LongestPause, ct);
        }
    }

    static string? Text(string json, string name)
    {
        try
        {
            using var document = JsonDocument.Parse(json);
            return document.RootElement.ValueKind == JsonValueKind.Object && document.RootElement.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
        }
        catch (JsonException) { return null; }
    }
}
