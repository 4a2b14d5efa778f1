using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;
using FsCheck;
using FsCheck.Fluent;

namespace Verdigris.Server.Tests.Contract;

/// <summary>An operation of the description, as far as a bad request needs it.</summary>
sealed record Operation(string Method, string Path, JsonNode Description, JsonObject Schemas)
{
    public bool Reads => Method is "get" or "head";
    public IReadOnlySet<string> Statuses { get; } = Description["responses"]!.AsObject().Select(r => r.Key).ToHashSet(StringComparer.Ordinal);
    public IReadOnlyList<JsonNode> Parameters { get; } = [.. (Description["parameters"]?.AsArray() ?? []).Select(p => p!)];
    public KeyValuePair<string, JsonNode?>? Body { get; } = Description["requestBody"]?["content"]?.AsObject().FirstOrDefault();

    public override string ToString() => $"{Method} {Path}";

    public static IReadOnlyList<Operation> All(JsonNode document) =>
        [.. from path in document["paths"]!.AsObject() from method in path.Value!.AsObject() select new Operation(method.Key, path.Key, method.Value!, document["components"]!["schemas"]!.AsObject())];
}

/// <summary>A request that must not succeed in changing anything.</summary>
/// <param name="Person">Index of who sends it.</param>
/// <param name="What">What is bad about it.</param>
sealed record BadRequest(Operation Operation, string Address, int Person, string? MediaType, byte[]? Body, string What)
{
    public HttpRequestMessage Message()
    {
        var message = new HttpRequestMessage(new HttpMethod(Operation.Method.ToUpperInvariant()), Address);
        if (Body is null) return message;
        message.Content = new ByteArrayContent(Body);
        message.Content.Headers.ContentType = MediaType is null ? null : MediaTypeHeaderValue.Parse(MediaType);
        return message;
    }

    public override string ToString() => $"{Operation.Method} {Address}: {What}{(Body is null ? "" : $", {Body.Length} bytes: {Encoding.UTF8.GetString(Body, 0, Math.Min(Body.Length, 300))}")}";
}

/// <summary>
/// Bad requests to an operation. Each is bad in a way that no input rule may let through: a body that is no JSON or of another shape, a member of another type or far beyond every limit, an address that
/// names nothing. The rest of it is the operation's own example, so that it gets as far as it can.
/// </summary>
static class BadRequests
{
    static readonly string[] Texts = ["", " ", "\0", "a\0b", "'; drop table passport.certificate; --", "%", "_", "\\", "../../etc/passwd", "<script>alert(1)</script>", "=1+1", "\u202e\u0000", "\ud83d\ude00", "﷽", "NaN", "-1", "1e400", "99999999999999999999", "00000000-0000-0000-0000-000000000000", new('x', 1500)];

    static readonly string[] Garbage = ["", "{", "null", "[]", "7", "\"text\"", "{\"a\":", "<xml/>", "{}}", "\ufeff{", new string('[', 200), "\0", "true"];

    public static Gen<BadRequest> Of(Operation operation, int people) =>
        from person in Gen.Choose(0, people - 1)
        from bad in Gen.OneOf([.. Kinds(operation)])
        select new BadRequest(operation, bad.Address, person, bad.MediaType, bad.Body, bad.What);

    /// <summary>Whether there is anything to be bad: an operation that takes neither id nor body is good or not by who asks.</summary>
    public static bool CanSpoil(Operation operation) => Kinds(operation).Any();

    sealed record Part(string Address, string? MediaType, byte[]? Body, string What);

    static IEnumerable<Gen<Part>> Kinds(Operation operation)
    {
        var good = (operation.Body?.Value?["example"])?.DeepClone();
        var mime = operation.Body?.Key;
        var bytes = good is null ? null : Bytes(mime!, good);
        // An id that nothing has, and words where ids belong. Where there is none to spoil, a read is asked with spoilt parameters, and a change with a spoilt body.
        if (operation.Path.Contains('{', StringComparison.Ordinal)) yield return from text in Gen.OneOf(Gen.Elements(Texts), Gen.Constant("").Select(_ => Guid.NewGuid().ToString())) select new Part(Address(operation, text, null), mime, bytes, "an address of nothing");
        var queries = operation.Parameters.Where(p => p["in"]!.GetValue<string>() == "query").Select(p => p["name"]!.GetValue<string>()).ToArray();
        if (operation.Reads)
            yield return from name in Gen.Elements([.. queries, "lang", "nonsense"])
                         from text in Gen.Elements(Texts)
                         select new Part(Address(operation, Guid.NewGuid().ToString(), (name, text)), null, null, $"{name} spoilt");
        if (mime is null) yield break;
        yield return from text in Gen.Elements(Garbage) from id in Gen.Constant(Guid.NewGuid()) select new Part(Address(operation, id.ToString(), null), mime, Encoding.UTF8.GetBytes(text), "a body of another kind");
        yield return from other in Gen.Elements("text/plain", "application/xml", "multipart/form-data; boundary=x", "application/x-www-form-urlencoded;charset=nonsense") from text in Gen.Elements(Garbage) select new Part(Address(operation, Guid.NewGuid().ToString(), null), other, Encoding.UTF8.GetBytes(text), "another media type");
        yield return from some in Gen.Choose(0, 255).ArrayOf(40) select new Part(Address(operation, Guid.NewGuid().ToString(), null), mime, [0xff, .. some.Select(b => (byte)b)], "bytes that are no text");
        if (good is not JsonObject example || !mime.EndsWith("json", StringComparison.Ordinal)) yield break;
        var places = Places(example).ToArray();
        if (places.Length == 0) yield break;
        yield return from place in Gen.Elements(places) from value in Gen.Elements(Spoilt(At(example, place)).ToArray()) select new Part(Address(operation, Guid.NewGuid().ToString(), null), mime, Bytes(mime, With(example, place, value)), $"{string.Join('.', place)} spoilt");
    }

    static byte[] Bytes(string mime, JsonNode example) => Encoding.UTF8.GetBytes(
        mime.EndsWith("json", StringComparison.Ordinal) ? example.ToJsonString()
        : example is JsonObject form ? string.Join('&', form.Select(f => $"{f.Key}={Uri.EscapeDataString(f.Value!.ToString())}"))
        : "no such file");

    static string Address(Operation operation, string id, (string Name, string Text)? query)
    {
        var address = System.Text.RegularExpressions.Regex.Replace(operation.Path, "\\{[^}]+\\}", Uri.EscapeDataString(id.Length == 0 ? " " : id).Replace(".", "%2E", StringComparison.Ordinal));
        return query is { } q ? $"{address}?{q.Name}={Uri.EscapeDataString(q.Text)}" : address;
    }

    /// <summary>Paths to every member and element of an example.</summary>
    static IEnumerable<string[]> Places(JsonNode? node, params string[] above) => node switch
    {
        JsonObject o => o.SelectMany(m => Places(m.Value, [.. above, m.Key]).Prepend([.. above, m.Key])),
        JsonArray { Count: > 0 } a => Places(a[0], [.. above, "0"]).Prepend([.. above, "0"]),
        _ => [],
    };

    static JsonNode? At(JsonNode node, string[] place) => place.Aggregate((JsonNode?)node, (at, step) => at is JsonArray array ? array[0] : at![step]);

    /// <summary>Values that no member of this type may have.</summary>
    static IEnumerable<JsonNode> Spoilt(JsonNode? good) => good switch
    {
        JsonArray => [JsonValue.Create("not a list"), JsonValue.Create(-7), new JsonObject { ["a"] = 1 }],
        JsonObject => [JsonValue.Create("not an object"), JsonValue.Create(-7), new JsonArray(1)],
        JsonValue v when v.TryGetValue<bool>(out _) => [JsonValue.Create("perhaps"), JsonValue.Create(7)],
        JsonValue v when v.TryGetValue<string>(out _) => [new JsonObject { ["a"] = 1 }, new JsonArray(1), JsonValue.Create(new string('x', 100_000)), JsonValue.Create("a\0b"), JsonValue.Create(1e300)],
        _ => [JsonValue.Create("a number, they said"), JsonValue.Create(-1e28), JsonValue.Create(1e300), new JsonArray(1), JsonValue.Create(-99999999999)],
    };

    static JsonNode With(JsonObject example, string[] place, JsonNode value)
    {
        var made = example.DeepClone();
        var parent = At(made, place[..^1])!;
        if (parent is JsonArray array) array[0] = value.DeepClone();
        else parent[place[^1]] = value.DeepClone();
        return made;
    }
}
