using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using Verdigris.Passport.Certificates;
using Verdigris.Passport.Emissions;
using Verdigris.Primitives;

namespace Verdigris.Passport.Tests.Title;

/// <summary>
/// Every path on which one certificate or warrant is read, asked over HTTP as everybody who has or had to do with it, and compared with the model. What is hidden must answer exactly as what does not exist:
/// status, headers, length and body. No answer of any kind may hold a figure its reader may not see.
/// </summary>
sealed partial class ReadPaths(TitleWorld market)
{
    static readonly string[] OfVersion = ["", "/versions", "/content", "/signature", "/emissions", "/matches"];

    readonly TitleModel model = market.Model;
    readonly ConcurrentDictionary<(Guid, string), string> nothing = new();
    readonly ConcurrentDictionary<(Guid, string), string> tags = new();
    Dictionary<decimal, ModelForm> figures = [];
    Dictionary<Guid, HashSet<Guid>> shown = [];
    long asked;

    public long Asked => asked;

    /// <summary>Works out anew which figures may be shown to whom; nothing may change until the questions that follow are answered.</summary>
    public void Refresh(IEnumerable<Actor> actors)
    {
        figures = model.Forms.ToDictionary(f => f.Direct);
        shown = actors.Select(a => a.OrganisationId).Distinct().ToDictionary(o => o, o => model.Shown(o == Guid.Empty ? null : o));
    }

    /// <summary>Everybody who ever had to do with a lot, and those who never had.</summary>
    public IReadOnlyList<Actor> Readers(ModelLot lot)
    {
        var places = lot.Warrants.Select(w => w.Warehouse).Concat(lot.Versions.Select(v => v.Place).OfType<Guid>()).ToHashSet();
        var owners = lot.Former.Concat(lot.Warrants.Select(w => w.Owner).OfType<Guid>()).Concat(lot.Warrants.Where(w => w.Open is not null).Select(w => w.Open!.Value.To)).ToHashSet();
        owners.Add(market.Owners[lot.Index % market.Owners.Length]);
        return [.. market.Actors.Where(a => a.OrganisationId == market.Exchange || a.OrganisationId == market.Auditor || a.OrganisationId == market.Stranger || !a.SignedIn
            || market.Producers.Contains(a.OrganisationId) || places.Contains(a.OrganisationId) || owners.Contains(a.OrganisationId) || a.OrganisationId == market.Units[lot.Index % 4].Organisation)];
    }

    public async Task Check(ModelLot lot, IReadOnlyList<Actor> readers, bool pages = true)
    {
        Refresh(readers);
        await Parallel.ForEachAsync(readers, new ParallelOptions { MaxDegreeOfParallelism = 2 }, async (actor, _) =>
        {
            var who = TitleWorld.OrganisationOf(actor);
            foreach (var version in lot.Versions)
            {
                var reason = model.Reason(who, lot, version);
                foreach (var path in OfVersion)
                    if (await Ask(actor, "/api/v1/certificates/{0}" + path, version.Id.ToString(), reason is not null, lot) is { } text) Agrees(path, text, lot, version, reason!, who);
                if (pages) await Ask(actor, "/certificates/{0}", version.Id.ToString(), reason is not null, lot);
            }
            var now = model.Reason(who, lot, lot.Now);
            if (await Ask(actor, "/api/v1/certificates/by-number/{0}", lot.Number, now is not null, lot) is { } current) Agrees("", current, lot, lot.Now, now!, who);
            await Found(actor, lot, now is not null);
            foreach (var warrant in lot.Warrants)
            {
                await Ask(actor, "/api/v1/warrants/{0}", warrant.Id.ToString(), model.SeesWarrant(who, warrant), lot);
                if (pages) await Ask(actor, "/warrants/{0}", warrant.Id.ToString(), model.SeesWarrant(who, warrant), lot);
            }
        });
    }

    /// <summary>A form by itself and the brand's open list, as somebody.</summary>
    public async Task Check(ModelForm form, Actor actor)
    {
        Refresh([actor]);
        var text = await Ask(actor, "/api/v1/emissions/{0}", form.Id.ToString(), model.SeesForm(TitleWorld.OrganisationOf(actor), form), null);
        if (text is not null) Assert.Contains(form.Direct.ToString(CultureInfo.InvariantCulture), text, StringComparison.Ordinal);
        var open = await Text(actor, $"/api/v1/brands/{form.Brand}/emissions");
        Assert.Equal(model.Forms.Where(f => f.Brand == form.Brand && TitleModel.IsPublic(f)).Select(f => f.Direct).Order(), Figures(open).Order());
    }

    /// <summary>Search by its number, and the export of what the search finds.</summary>
    async Task Found(Actor actor, ModelLot lot, bool visible)
    {
        foreach (var path in new[] { "/api/v1/certificates?q={0}", "/api/v1/certificates/export?emissions=true&q={0}" })
            if (await Ask(actor, path, lot.Number, visible, lot, always: true) is { } found)
                Assert.True(visible == found.Contains(lot.Number, StringComparison.Ordinal), $"{path} {(visible ? "does not find" : "finds")} {lot.Number} for {Who(actor)}. {Story(lot)}");
    }

    void Agrees(string path, string text, ModelLot lot, ModelVersion version, string reason, Guid? who)
    {
        if (path == "/versions")
        {
            using var versions = JsonDocument.Parse(text);
            SameAll(lot.Versions.Where(v => model.Sees(who, lot, v)).Select(v => v.Id), versions.RootElement.EnumerateArray().Select(v => v.GetProperty("id").GetGuid()), path, lot);
        }
        if (path is not ("" or "/emissions")) return;
        using var document = JsonDocument.Parse(text);
        var root = document.RootElement;
        if (path.Length == 0)
        {
            Same(version.Id, root.GetProperty("id").GetGuid(), path, lot);
            Same(version.State.ToString(), root.GetProperty("state").GetString(), path, lot);
            Same(version.Current, root.GetProperty("current").GetBoolean(), path, lot);
        }
        Same(reason, root.GetProperty("because").GetString(), path, lot);
        var items = (path.Length == 0 ? root.GetProperty("emissions") : root).GetProperty("items").EnumerateArray().Where(i => !i.GetProperty("isDefault").GetBoolean()).Select(i => i.GetProperty("values").GetProperty("directTco2ePerT").GetDecimal());
        SameAll(Enum.GetValues<EmissionsMethod>().Select(m => model.Taken(lot.Brand, lot.Year, m)).OfType<ModelForm>().Select(f => f.Direct).Order(), items.Order(), path + " figures", lot);
    }

    /// <summary>Asks for a thing that is there and compares: visible must be 200; hidden must be the very answer to something that is not there.</summary>
    /// <param name="always">Answered with 200 also where nothing is found.</param>
    async Task<string?> Ask(Actor actor, string path, string name, bool visible, ModelLot? lot, bool always = false)
    {
        using var client = Client(actor);
        var page = !path.StartsWith("/api", StringComparison.Ordinal);
        if (!nothing.TryGetValue((actor.OrganisationId, path), out var none)) nothing[(actor.OrganisationId, path)] = none = await Nowhere(client, path);
        var request = new HttpRequestMessage(HttpMethod.Get, string.Format(CultureInfo.InvariantCulture, path, name));
        var tag = (actor.OrganisationId, path + name);
        // Whoever saw it before asks whether it has changed: what is hidden now has not "not changed".
        if (!visible && tags.TryGetValue(tag, out var seen)) request.Headers.TryAddWithoutValidation("If-None-Match", seen);
        using var reply = await client.SendAsync(request);
        Interlocked.Increment(ref asked);
        var body = await reply.Content.ReadAsStringAsync();
        NoOthersFigures(actor, path, body, lot);
        if (visible)
        {
            Assert.True(reply.StatusCode == HttpStatusCode.OK, $"{path} of {name} is hidden from {Who(actor)} who may see it ({(int)reply.StatusCode}). {Story(lot)}");
            if (reply.Headers.ETag is { } fresh) tags[tag] = fresh.ToString();
            else if (!page) Assert.True(always, $"{path} carries no tag.");
            return body;
        }
        var told = Normal(reply, body, name);
        Assert.True(none == told, $"{path} of {name} tells {Who(actor)}, who may not see it, something.\n{told}\nWhat does not exist:\n{none}\n{Story(lot)}");
        return always && reply.IsSuccessStatusCode ? body : null;
    }

    static async Task<string> Nowhere(HttpClient client, string path)
    {
        var name = path.Contains("by-number", StringComparison.Ordinal) || path.Contains("q=", StringComparison.Ordinal) ? "Q00-2025-999999" : Guid.CreateVersion7().ToString();
        using var reply = await client.GetAsync(string.Format(CultureInfo.InvariantCulture, path, name));
        return Normal(reply, await reply.Content.ReadAsStringAsync(), name);
    }

    /// <summary>Everything a reader can see of an answer, but for what the asker himself put in and the request's own number.</summary>
    static string Normal(HttpResponseMessage reply, string body, string name)
    {
        var trace = Trace().Match(body);
        var text = new StringBuilder().Append((int)reply.StatusCode).Append('\n');
        foreach (var (key, values) in reply.Headers.Concat(reply.Content.Headers).OrderBy(h => h.Key, StringComparer.Ordinal))
            text.Append(key).Append(": ").Append(key is "Content-Length" ? $"{Encoding.UTF8.GetByteCount(body) - trace.Length}" : key is "Date" || key is "Set-Cookie" ? "" : string.Join(',', values)).Append('\n');
        body = trace.Success ? body.Replace(trace.Value, "", StringComparison.Ordinal) : body;
        body = FormToken().Replace(body, "");
        return text.Append(body.Replace(name, "·", StringComparison.Ordinal)).ToString();
    }

    /// <summary>A figure of a form names the form: it may stand only where its reader may see that form.</summary>
    void NoOthersFigures(Actor actor, string path, string body, ModelLot? lot)
    {
        foreach (var direct in Figures(body))
            if (figures.TryGetValue(direct, out var form))
                Assert.True(shown[actor.OrganisationId].Contains(form.Id), $"{path} shows {Who(actor)} {direct} of {form.Brand} {form.Year}, which is not for him. {Story(lot)}");
    }

    static IEnumerable<decimal> Figures(string text) => Figure().Matches(text).Select(m => decimal.Parse(m.ValueSpan, CultureInfo.InvariantCulture));

    public async Task<string> Text(Actor actor, string path)
    {
        using var client = Client(actor);
        using var reply = await client.GetAsync(path);
        Interlocked.Increment(ref asked);
        var body = await reply.Content.ReadAsStringAsync();
        Assert.True(reply.IsSuccessStatusCode, $"{path} for {Who(actor)}: {(int)reply.StatusCode} {body}");
        NoOthersFigures(actor, path, body, null);
        return body;
    }

    HttpClient Client(Actor actor) => market.World.Client(actor.SignedIn ? actor : null);

    static void Same<T>(T expected, T actual, string path, ModelLot lot) => Assert.True(EqualityComparer<T>.Default.Equals(expected, actual), $"{path}: expected {expected}, is {actual}. {Story(lot)}");

    static void SameAll<T>(IEnumerable<T> expected, IEnumerable<T> actual, string path, ModelLot lot)
    {
        var (wanted, found) = (string.Join(", ", expected), string.Join(", ", actual));
        Assert.True(wanted == found, $"{path}: expected [{wanted}], is [{found}]. {Story(lot)}");
    }

    static string Who(Actor actor) => actor.SignedIn ? $"{actor.Name} {actor.OrganisationId}" : "the public";

    static string Story(ModelLot? lot) => lot is null ? "" : $"Lot {lot.Index} {lot.Number}: {string.Join("; ", lot.Story)}. Owner {lot.Now.Owner}, place {lot.Now.Place}, {lot.Now.State}.";

    [GeneratedRegex("\"traceId\":\"[^\"]*\"")]
    private static partial Regex Trace();

    [GeneratedRegex("value=\"CfDJ8[^\"]*\"")]
    private static partial Regex FormToken();

    // Not the seconds of a time of day.
    [GeneratedRegex(@"(?<![\d.])(?<!\d:)\d{2}\.\d{4}(?![\dZ])")]
    private static partial Regex Figure();
}
