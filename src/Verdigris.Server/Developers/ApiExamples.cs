using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.OpenApi;

namespace Verdigris.Server;

/// <summary>
/// An example for every body and parameter of the description, put together from the schemas and one table of values by the name of the member. The table is data
/// (<c>examples.json</c>); an entry named like a schema stands for the whole of it; a member without an entry of its own or of its schema's takes what its type allows.
/// </summary>
static class ApiExamples
{
    static readonly Dictionary<string, JsonNode> Known = Read();

    /// <summary>Whether the table has a value for a member of a schema.</summary>
    internal static bool Knows(string owner, string name) => Value(owner, name) is not null || Known.GetValueOrDefault(owner) is JsonObject whole && whole.ContainsKey(name);

    public static Task Add(OpenApiDocument document, OpenApiDocumentTransformerContext context, CancellationToken ct)
    {
        foreach (var operation in (document.Paths ?? []).Values.SelectMany(p => p.Operations?.Values ?? (IEnumerable<OpenApiOperation>)[]))
        {
            foreach (var parameter in operation.Parameters?.OfType<OpenApiParameter>() ?? []) parameter.Example ??= Parameter(operation.OperationId ?? "", parameter);
            foreach (var body in operation.RequestBody?.Content ?? new Dictionary<string, OpenApiMediaType>()) Fill(body.Key, body.Value);
            foreach (var (status, reply) in operation.Responses ?? [])
                foreach (var body in reply.Content ?? new Dictionary<string, OpenApiMediaType>())
                    if (status[0] == '2') Fill(body.Key, body.Value);
        }
        return Task.CompletedTask;

        static void Fill(string mime, OpenApiMediaType media)
        {
            if (media.Example is null && media.Schema is { } schema) media.Example = mime.EndsWith("json", StringComparison.Ordinal) || mime.EndsWith("form-urlencoded", StringComparison.Ordinal) ? Of(schema, "", "", []) : Value("media", mime);
        }
    }

    /// <summary>What the table says for the parameter of this operation, or of all; a word of a list is one that the list has.</summary>
    static JsonNode? Parameter(string operation, OpenApiParameter parameter)
    {
        if (parameter.Schema is not { } schema) return null;
        var known = Known.GetValueOrDefault($"{operation}.{parameter.Name}")?.DeepClone() ?? Value("parameter", parameter.Name!);
        if (schema.Enum is { Count: > 0 } words) return known is not null && words.Any(w => JsonNode.DeepEquals(w, known)) ? known : words[0].DeepClone();
        return known ?? Of(schema, "parameter", parameter.Name!, []);
    }

    static JsonNode? Of(IOpenApiSchema schema, string owner, string name, IReadOnlyList<string> inside)
    {
        if (name.Length > 0 && Value(owner, name) is { } known) return known;
        var id = (schema as OpenApiSchemaReference)?.Reference.Id;
        if (id is not null && inside.Contains(id)) return null;
        if (id is not null && Known.GetValueOrDefault(id) is { } whole) return whole.DeepClone();
        IReadOnlyList<string> deeper = id is null ? inside : [.. inside, id];
        if (schema.OneOf?.FirstOrDefault(s => s.Type != JsonSchemaType.Null) is { } one) return Of(one, owner, name, deeper);
        if (schema.Enum is [{ } first, ..]) return first.DeepClone();
        var type = (schema.Type ?? 0) & ~JsonSchemaType.Null;
        if (type == JsonSchemaType.Array) return schema.Items is { } item && Of(item, owner, name, deeper) is { } element ? new JsonArray(element) : new JsonArray();
        if (type == JsonSchemaType.Object || schema.Properties is { Count: > 0 })
        {
            var made = new JsonObject();
            foreach (var (member, value) in schema.Properties ?? new Dictionary<string, IOpenApiSchema>())
                if (Of(value, id ?? owner, member, deeper) is { } example) made[member] = example;
            return made;
        }
        if (type == JsonSchemaType.Boolean) return false;
        if (schema.Format == "uuid") return Id(name);
        if (schema.Format == "date") return "2026-03-14";
        if (schema.Format == "date-time") return "2026-03-14T09:30:00Z";
        return type is JsonSchemaType.Integer or JsonSchemaType.Number ? 1 : null;
    }

    static JsonNode? Value(string owner, string name) => (Known.GetValueOrDefault($"{owner}.{name}") ?? Known.GetValueOrDefault(name))?.DeepClone();

    /// <summary>An id that is always the same for a member, and of the right version.</summary>
    static string Id(string name)
    {
        var hash = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(name)));
        return $"01990a6e-{hash[..4]}-7{hash[4..7]}-9{hash[7..10]}-{hash[10..22]}";
    }

    static Dictionary<string, JsonNode> Read()
    {
        using var file = typeof(ApiExamples).Assembly.GetManifestResourceStream("Verdigris.Server.Developers.examples.json")!;
        return JsonSerializer.Deserialize<Dictionary<string, JsonNode>>(file)!;
    }
}
