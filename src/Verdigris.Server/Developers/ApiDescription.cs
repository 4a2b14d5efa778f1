using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.OpenApi;

namespace Verdigris.Server;

/// <summary>The machine-readable description of the API, OpenAPI 3.1 at <c>/openapi/v1.json</c>.</summary>
static class ApiDescription
{
    public static void AddApiDescription(this IServiceCollection services) => services.AddOpenApi("v1", options =>
    {
        options.OpenApiVersion = OpenApiSpecVersion.OpenApi3_1;
        options.ShouldInclude = description => description.RelativePath?.StartsWith("api/", StringComparison.Ordinal) == true;
        options.AddSchemaTransformer(ApiSchemas.Describe);
        options.AddDocumentTransformer((document, _, _) =>
        {
            document.Info = new OpenApiInfo
            {
                Title = "Verdigris",
                Version = "v1",
                Description = "Passports for metal, accounts for its carbon, and the markets where both change hands. Errors are problem details (RFC 9457) with stable codes; lists are paged by cursor; requests that change something take an Idempotency-Key. See /developers.",
            };
            document.Servers = [new OpenApiServer { Url = "/" }];
            document.Components ??= new OpenApiComponents();
            document.Components.SecuritySchemes = new Dictionary<string, IOpenApiSecurityScheme>
            {
                ["client"] = new OpenApiSecurityScheme
                {
                    Type = SecuritySchemeType.OAuth2,
                    Description = "Machine clients",
                    Flows = new OpenApiOAuthFlows { ClientCredentials = new OpenApiOAuthFlow { TokenUrl = new Uri("/api/v1/token", UriKind.Relative), Scopes = new Dictionary<string, string> { ["read"] = "Read what the client's roles allow", ["write"] = "Change what the client's roles allow" } } },
                },
                ["session"] = new OpenApiSecurityScheme { Type = SecuritySchemeType.ApiKey, In = ParameterLocation.Cookie, Name = SessionCookie.Name, Description = "The sign-in of a browser; changes also need the antiforgery header " + RequestGuards.AntiforgeryHeader },
            };
            return Task.CompletedTask;
        });
        options.AddOperationTransformer((operation, context, _) =>
        {
            var metadata = context.Description.ActionDescriptor.EndpointMetadata;
            if (metadata.OfType<IAuthorizeData>().Any() && !metadata.OfType<IAllowAnonymous>().Any())
                operation.Security =
                [
                    new OpenApiSecurityRequirement { [new OpenApiSecuritySchemeReference("client", context.Document)] = [context.Description.HttpMethod is "GET" or "HEAD" ? "read" : "write"] },
                    new OpenApiSecurityRequirement { [new OpenApiSecuritySchemeReference("session", context.Document)] = [] },
                ];
            if (context.Description.HttpMethod is "POST" or "PUT" or "PATCH" or "DELETE" && context.Description.RelativePath != "api/v1/token")
                (operation.Parameters ??= []).Add(new OpenApiParameter
                {
                    Name = Idempotency.Header,
                    In = ParameterLocation.Header,
                    Required = false,
                    Schema = new OpenApiSchema { Type = JsonSchemaType.String, MaxLength = 200 },
                    Description = "Any text of yours, new for each intended change; a repeat gets the first outcome again.",
                });
            return Task.CompletedTask;
        });
        options.AddOperationTransformer(ApiAnswers.Add);
        options.AddDocumentTransformer(ApiExamples.Add);
    });

    public static void MapApiDescription(this IEndpointRouteBuilder app) => app.MapOpenApi("/openapi/{documentName}.json").AllowAnonymous();
}
