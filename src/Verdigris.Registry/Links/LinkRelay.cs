using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Verdigris.Storage;

namespace Verdigris.Registry.Links;

/// <summary>One registry as the relay reaches it: signed in for its authority, and the link there.</summary>
public sealed record RelayEnd(HttpClient Http, Guid Link);

/// <param name="There">Messages of the first registry that the other took up; <paramref name="Back"/>: the other way.</param>
/// <param name="Refused">A registry said no to what the other said, with its code: somebody must look. Null where none did.</param>
/// <param name="Broken">Why it stopped before the end, in words of the network or a server: the next run goes on. Null where it came to the end.</param>
public sealed record RelayReport(long There, long Back, string? Refused, string? Broken)
{
    public bool Ended => Refused is null && Broken is null;
}

/// <summary>
/// Carries what two registries said over a link from each to the other. It remembers nothing: how far one has got is asked of that one, so it may be killed at any moment, run again, or run twice at once; a message that comes again has no effect.
/// It judges nothing either: numbers, hashes and meaning are the receiver's to check.
/// </summary>
public sealed class LinkRelay(RelayEnd one, RelayEnd other)
{
    /// <summary>Messages of one delivery.</summary>
    public const int DeliverySize = 100;

    /// <summary>What one answers the other hears in the next pass; registries that always find something to say are left after so many.</summary>
    public const int MostPasses = 20;

    /// <summary>Both ways, until neither has more to say.</summary>
    public async Task<RelayReport> Carry(CancellationToken ct)
    {
        var (there, back) = (0L, 0L);
        try
        {
            for (var pass = 0; pass < MostPasses; pass++)
            {
                var (out1, out2) = (await OneWay(one, other, n => there += n, ct), await OneWay(other, one, n => back += n, ct));
                if (out1 + out2 == 0) break;
            }
            return new(there, back, null, null);
        }
        catch (NotTakenException no) { return no.Final ? new(there, back, no.Message, null) : new(there, back, null, no.Message); }
        catch (Exception e) when (e is HttpRequestException or IOException or JsonException || (e is TaskCanceledException && !ct.IsCancellationRequested)) { return new(there, back, null, e.Message); }
    }

    /// <summary>Tries again where a run broke, each time after twice the pause, up to a minute.</summary>
    /// <param name="run">One run, with ends opened for it: a sign-in may have ended.</param>
    /// <param name="tries">Runs at most, from 1.</param>
    /// <param name="pause">Waits.</param>
    public static async Task<RelayReport> Insist(Func<Task<RelayReport>> run, int tries, Func<TimeSpan, Task> pause)
    {
        var (there, back) = (0L, 0L);
        for (var attempt = 1; ; attempt++)
        {
            var report = await run();
            (there, back) = (there + report.There, back + report.Back);
            if (report.Broken is null || attempt >= tries) return report with { There = there, Back = back };
            await pause(TimeSpan.FromSeconds(Math.Min(60, 1 << Math.Min(attempt - 1, 6))));
        }
    }

    /// <returns>Messages taken up.</returns>
    static async Task<long> OneWay(RelayEnd from, RelayEnd to, Action<long> taken, CancellationToken ct)
    {
        var begin = (await Deliver(to, [], ct)).Received;
        for (var at = begin; ;)
        {
            var said = await Said(from, at, ct);
            if (said.Count == 0) return at - begin;
            foreach (var part in said.Chunk(DeliverySize))
            {
                var received = (await Deliver(to, part, ct)).Received;
                // Somebody else carries too where it is further than what was just brought.
                if (received < part[^1].Sequence) throw new NotTakenException(false, string.Create(CultureInfo.InvariantCulture, $"{to.Http.BaseAddress} took messages up to {part[^1].Sequence} and says {received}"));
                taken(received - at);
                at = received;
            }
        }
    }

    static async Task<IReadOnlyList<LinkMessage>> Said(RelayEnd from, long after, CancellationToken ct)
    {
        using var answer = await from.Http.GetAsync(string.Create(CultureInfo.InvariantCulture, $"{PathOf(from)}?after={after}"), ct);
        return await Read<LinkMessage[]>(from, answer, ct);
    }

    static async Task<LinkReceipt> Deliver(RelayEnd to, IReadOnlyList<LinkMessage> messages, CancellationToken ct)
    {
        using var content = new ByteArrayContent(Encoding.UTF8.GetBytes(StorageJson.Write(new LinkDelivery(messages)))) { Headers = { ContentType = new MediaTypeHeaderValue("application/json", Encoding.UTF8.WebName) } };
        using var answer = await to.Http.PostAsync(PathOf(to), content, ct);
        return await Read<LinkReceipt>(to, answer, ct);
    }

    static string PathOf(RelayEnd end) => $"/api/v1/registry/links/{end.Link}/messages";

    /// <exception cref="NotTakenException">A refusal that coming again would not change, or a server that cannot answer now.</exception>
    static async Task<T> Read<T>(RelayEnd end, HttpResponseMessage answer, CancellationToken ct) where T : class
    {
        var text = await answer.Content.ReadAsStringAsync(ct);
        if (answer.IsSuccessStatusCode) return StorageJson.Read<T>(text);
        var final = answer.StatusCode is HttpStatusCode.BadRequest or HttpStatusCode.Forbidden or HttpStatusCode.NotFound or HttpStatusCode.Conflict or HttpStatusCode.UnprocessableEntity;
        throw new NotTakenException(final, string.Create(CultureInfo.InvariantCulture, $"{end.Http.BaseAddress} {(int)answer.StatusCode} {CodeOf(text) ?? answer.ReasonPhrase}"));
    }

    /// <summary>The code of a refusal; null where it is none of ours.</summary>
    static string? CodeOf(string json)
    {
        try
        {
            using var document = JsonDocument.Parse(json);
            return document.RootElement.ValueKind == JsonValueKind.Object && document.RootElement.TryGetProperty("code", out var code) && code.ValueKind == JsonValueKind.String ? code.GetString() : null;
        }
        catch (JsonException) { return null; }
    }

    sealed class NotTakenException(bool final, string message) : Exception(message)
    {
        public bool Final => final;
    }
}
