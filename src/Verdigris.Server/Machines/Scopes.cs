using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Metadata;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Verdigris.Primitives;
using Verdigris.Web;

namespace Verdigris.Server;

/// <summary>
/// What a token may do, beside the roles it has: <c>read</c> and <c>write</c> of everything, or of one area of the API, <c>certificates:read</c>. The areas are the tags of the OpenAPI
/// document in lower case, so that an area that is added is a scope at once. Who may write an area may read it.
/// </summary>
sealed class Scopes(EndpointDataSource endpoints)
{
    public const string Read = "read", Write = "write";

    IReadOnlyList<string>? areas;

    /// <summary>Areas of the API that need a token, in alphabetical order.</summary>
    public IReadOnlyList<string> Areas => areas ??= [.. endpoints.Endpoints.OfType<RouteEndpoint>().Where(e => e.RoutePattern.RawText?.StartsWith("/api/v1/", StringComparison.Ordinal) == true)
        .Select(e => AreaOf(e)).OfType<string>().Where(a => a != "tokens").Distinct().Order(StringComparer.Ordinal)];

    /// <summary>Every scope there is, the wide ones first.</summary>
    public IReadOnlyList<string> All => [Read, Write, .. Areas.SelectMany(a => new[] { $"{a}:{Read}", $"{a}:{Write}" })];

    static string? AreaOf(Endpoint? endpoint) => endpoint?.Metadata.GetMetadata<ITagsMetadata>()?.Tags.FirstOrDefault()?.ToLowerInvariant().Replace(' ', '-');

    /// <summary>The scope that is missing for a request, or null where it is allowed.</summary>
    /// <param name="has">Whether the token has a scope.</param>
    internal static string? Missing(string? area, bool safe, Func<string, bool> has)
    {
        if (has(Write) || (area is not null && has($"{area}:{Write}"))) return null;
        if (safe && (has(Read) || (area is not null && has($"{area}:{Read}")) || area is "account")) return null; // who it is, every token may ask
        return area is null ? safe ? Read : Write : $"{area}:{(safe ? Read : Write)}";
    }

    /// <summary>Refuses what the token's scopes do not cover.</summary>
    public static void Guard(IApplicationBuilder app) => app.Use((context, next) =>
    {
        if (context.User.Identity is not { IsAuthenticated: true, AuthenticationType: Schemes.Bearer }) return next(context);
        var missing = Missing(AreaOf(context.GetEndpoint()), RequestGuards.OnlyReads(context), scope => context.User.HasClaim(ClaimNames.Scope, scope));
        return missing is null ? next(context) : Replies.Refused(StatusCodes.Status403Forbidden, Refusal.Forbidden("token.scope-missing", null, ("scope", missing))).ExecuteAsync(context);
    });
}
