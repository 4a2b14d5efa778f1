using System.Text;
using System.Text.Json.Serialization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Verdigris.Web;

namespace Verdigris.Server;

/// <summary>
/// <c>POST /api/v1/token</c>: the client-credentials grant (RFC 6749, 4.4), client authentication by HTTP Basic or in the form. Answers and errors have
/// the shape of that standard, so that any OAuth client library can be used.
/// </summary>
static class TokenApi
{
    public static void Map(IEndpointRouteBuilder app) => app.MapPost("/api/v1/token", Issue)
        .WithName("IssueToken").WithMetadata(ShownOnce.Here).WithTags("Tokens").WithSummary("Get an access token for a machine client")
        .WithDescription("Form fields: grant_type=client_credentials, client_id, client_secret, scope (optional). HTTP Basic may carry the client instead.")
        .Accepts<TokenRequest>("application/x-www-form-urlencoded").Produces<TokenReply>().Produces<TokenError>(400).Produces<TokenError>(401)
        .AllowAnonymous().DisableAntiforgery();

    static async Task<IResult> Issue(HttpContext http, ClientStore clients)
    {
        http.Response.Headers.CacheControl = "no-store";
        if (!http.Request.HasFormContentType) return Error(400, "invalid_request", "The body must be application/x-www-form-urlencoded.");
        var form = await http.Request.ReadFormAsync(http.RequestAborted);
        if (form["grant_type"] != "client_credentials") return Error(400, "unsupported_grant_type", "grant_type must be client_credentials.");
        var (id, secret) = Basic(http.Request) ?? (form["client_id"].ToString(), form["client_secret"].ToString());
        if (id.Length is 0 or > 100 || secret.Length is 0 or > 200) return Unauthorised(http);
        var scope = form["scope"].ToString().Split(' ', StringSplitOptions.RemoveEmptyEntries);
        var answer = await clients.Issue(id, secret, scope, http.RequestAborted);
        if (answer.Ok) return Results.Json(new TokenReply(answer.Value.AccessToken, "Bearer", answer.Value.ExpiresInSeconds, string.Join(' ', answer.Value.Scopes)));
        return answer.Refusals[0].Code == "invalid_scope" ? Error(400, "invalid_scope", "The client does not have this scope.") : Unauthorised(http);
    }

    static IResult Unauthorised(HttpContext http)
    {
        http.Response.Headers.WWWAuthenticate = "Basic realm=\"verdigris\", charset=\"UTF-8\"";
        return Error(401, "invalid_client", "The client is unknown, its secret is wrong, or it was revoked or has run out.");
    }

    static IResult Error(int status, string code, string text) => Results.Json(new TokenError(code, text), statusCode: status);

    static (string, string)? Basic(HttpRequest request)
    {
        var header = request.Headers.Authorization.ToString();
        if (!header.StartsWith("Basic ", StringComparison.OrdinalIgnoreCase)) return null;
        var bytes = new byte[header.Length];
        if (!Convert.TryFromBase64String(header[6..].Trim(), bytes, out var length)) return null;
        var parts = Encoding.UTF8.GetString(bytes, 0, length).Split(':', 2);
        return parts.Length == 2 ? (Uri.UnescapeDataString(parts[0]), Uri.UnescapeDataString(parts[1])) : null;
    }

    sealed record TokenRequest(
        [property: JsonPropertyName("grant_type")] string GrantType,
        [property: JsonPropertyName("client_id")] string? ClientId,
        [property: JsonPropertyName("client_secret")] string? ClientSecret,
        [property: JsonPropertyName("scope")] string? Scope);

    sealed record TokenReply(
        [property: JsonPropertyName("access_token")] string AccessToken,
        [property: JsonPropertyName("token_type")] string TokenType,
        [property: JsonPropertyName("expires_in")] int ExpiresIn,
        [property: JsonPropertyName("scope")] string Scope);

    sealed record TokenError([property: JsonPropertyName("error")] string Error, [property: JsonPropertyName("error_description")] string Description);
}
