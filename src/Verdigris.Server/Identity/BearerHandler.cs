using System.Security.Cryptography;
using System.Text;
using System.Text.Encodings.Web;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Verdigris.Primitives;
using Verdigris.Web;

namespace Verdigris.Server;

/// <summary>
/// <c>Authorization: Bearer TOKEN</c> (RFC 6750). Tokens are 256 random bits and are kept as their SHA-256 only, so that the database does not hold
/// what opens the door. What it may do, <see cref="Scopes"/> say.
/// </summary>
sealed class BearerHandler(IOptionsMonitor<AuthenticationSchemeOptions> options, ILoggerFactory logger, UrlEncoder encoder, AccessCache cache)
    : AuthenticationHandler<AuthenticationSchemeOptions>(options, logger, encoder)
{
    const string Prefix = "Bearer ";

    public static bool IsMeant(HttpRequest request) => request.Headers.Authorization.ToString().StartsWith(Prefix, StringComparison.OrdinalIgnoreCase);

    /// <summary>What is kept of a token or secret.</summary>
    public static byte[] HashOf(string secret) => SHA256.HashData(Encoding.UTF8.GetBytes(secret));

    /// <summary>Of the token a request brings.</summary>
    public static byte[] HashIn(HttpRequest request) => HashOf(request.Headers.Authorization.ToString()[Prefix.Length..].Trim());

    protected override async Task<AuthenticateResult> HandleAuthenticateAsync()
    {
        if (!IsMeant(Request)) return AuthenticateResult.NoResult();
        var access = await cache.Token(HashIn(Request), Context.RequestAborted);
        if (access is null) return AuthenticateResult.Fail("token.invalid");
        SignedInActor.Set(Context, access.Actor);
        return AuthenticateResult.Success(new(access.Principal, Scheme.Name));
    }

    protected override Task HandleChallengeAsync(AuthenticationProperties properties)
    {
        Response.Headers.WWWAuthenticate = "Bearer error=\"invalid_token\"";
        return Replies.Refused(StatusCodes.Status401Unauthorized, Refusal.Of("token.invalid")).ExecuteAsync(Context);
    }

    protected override Task HandleForbiddenAsync(AuthenticationProperties properties) =>
        Replies.Refused(StatusCodes.Status403Forbidden, Refusal.Of("access.denied")).ExecuteAsync(Context);
}
