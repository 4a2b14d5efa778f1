using System.Globalization;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.OpenApi;
using Verdigris.Web;

namespace Verdigris.Server;

/// <summary>The answers any operation can give beside its own: problem details, each status with what it means.</summary>
static class ApiAnswers
{
    static readonly (int Status, string Meaning)[] Everywhere =
    [
        (400, "The request could not be read"),
        (403, "Not with these roles, or this scope of the token"),
        (404, "There is no such thing, or not for this reader"),
        (422, "A field is wrong; each error names it and what would be right"),
        (429, "Too many requests; Retry-After says when to come again"),
        (503, "The server cannot answer just now"),
    ];

    static readonly (int Status, string Meaning)[] OfChanges =
    [
        (401, "The token is invalid or has run out"),
        (409, "It does not fit the state the thing is in, or the Idempotency-Key belongs to another request"),
        (413, "The body is too large"),
        (415, "The body has a media type that is not read here"),
    ];

    public static async Task Add(OpenApiOperation operation, OpenApiOperationTransformerContext context, CancellationToken ct)
    {
        var metadata = context.Description.ActionDescriptor.EndpointMetadata;
        foreach (var query in metadata.OfType<QueryParameter>())
            (operation.Parameters ??= []).Add(new OpenApiParameter
            {
                Name = query.Name,
                In = ParameterLocation.Query,
                Description = query.Description,
                Schema = new OpenApiSchema { Type = JsonSchemaType.String },
                Example = query.Example is null ? null : System.Text.Json.Nodes.JsonValue.Create(query.Example),
            });
        operation.Responses ??= [];
        var reads = context.Description.HttpMethod is "GET" or "HEAD";
        var own = operation.Responses.Keys.ToHashSet(StringComparer.Ordinal);
        // What comes as JSON carries the tag of what this reader sees.
        if (reads && operation.Responses.TryGetValue("200", out var ok) && ok.Content?.ContainsKey("application/json") == true)
            operation.Responses.TryAdd("304", new OpenApiResponse { Description = "Not changed since the tag in If-None-Match" });
        var signIn = metadata.OfType<IAuthorizeData>().Any() && !metadata.OfType<IAllowAnonymous>().Any();
        var answers = reads ? Everywhere.Append(OfChanges[0]) : Everywhere.Concat(OfChanges);
        if (signIn) operation.Description ??= "Needs a sign-in.";
        var problem = await context.GetOrCreateSchemaAsync(typeof(Problem), null, ct);
        context.Document!.AddComponent(nameof(Problem), problem);
        context.Document!.AddComponent(nameof(ProblemError), await context.GetOrCreateSchemaAsync(typeof(ProblemError), null, ct));
        foreach (var (status, meaning) in answers.OrderBy(a => a.Status))
            if (!own.Contains(status.ToString(CultureInfo.InvariantCulture)))
                operation.Responses.Add(status.ToString(CultureInfo.InvariantCulture), new OpenApiResponse
                {
                    Description = meaning,
                    Content = new Dictionary<string, OpenApiMediaType> { [Replies.ProblemMime] = new() { Schema = new OpenApiSchemaReference(nameof(Problem), context.Document) } },
                });
    }
}
