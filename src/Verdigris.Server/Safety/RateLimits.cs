using System.Globalization;
using System.Threading.RateLimiting;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.RateLimiting;
using Microsoft.Extensions.DependencyInjection;
using Verdigris.Primitives;
using Verdigris.Web;

namespace Verdigris.Server;

/// <summary>How much one client may ask. A client is a machine's id, else the network address.</summary>
public sealed record RequestLimits
{
    /// <summary>Posts to sign-in, invitation, recovery and application pages, each minute and address. The lockout protects single accounts beside it.</summary>
    public int SignInsPerMinute { get; init; } = 20;

    /// <summary>Grievances filed or looked up by their reference, each minute and address.</summary>
    public int GrievancesPerMinute { get; init; } = 20;

    /// <summary>Token requests each minute and address.</summary>
    public int TokensPerMinute { get; init; } = 60;

    /// <summary>API requests each second and client, with a burst of ten seconds' worth.</summary>
    public int ApiPerSecond { get; init; } = 500;

    /// <summary>Page requests each second and address, with a burst of ten seconds' worth.</summary>
    public int PagesPerSecond { get; init; } = 50;
}

static class RateLimits
{
    public static void AddRequestLimits(this IServiceCollection services, RequestLimits limits) => services.AddRateLimiter(options =>
    {
        options.RejectionStatusCode = StatusCodes.Status429TooManyRequests;
        options.GlobalLimiter = PartitionedRateLimiter.Create<HttpContext, string>(context => PartitionOf(context, limits));
        options.OnRejected = async (rejected, _) =>
        {
            var seconds = rejected.Lease.TryGetMetadata(MetadataName.RetryAfter, out var after) ? Math.Max(1, (int)Math.Ceiling(after.TotalSeconds)) : 1;
            rejected.HttpContext.Response.Headers.RetryAfter = seconds.ToString(CultureInfo.InvariantCulture);
            if (IsApi(rejected.HttpContext))
                await Replies.Refused(StatusCodes.Status429TooManyRequests, Refusal.Of("request.too-many", null, ("seconds", seconds.ToString(CultureInfo.InvariantCulture)))).ExecuteAsync(rejected.HttpContext);
        };
    });

    static bool IsApi(HttpContext context) => context.Request.Path.StartsWithSegments("/api", StringComparison.Ordinal);

    static RateLimitPartition<string> PartitionOf(HttpContext context, RequestLimits limits)
    {
        var path = context.Request.Path;
        var address = context.Connection.RemoteIpAddress?.ToString() ?? "local";
        if (path.StartsWithSegments("/assets", StringComparison.Ordinal) || path.StartsWithSegments("/health", StringComparison.Ordinal)) return RateLimitPartition.GetNoLimiter("");
        // The way to a provider asks somebody else on the caller's word.
        if (path.StartsWithSegments("/sign-in/outside", StringComparison.Ordinal)) return PerMinute("sign-in " + address, limits.SignInsPerMinute);
        if (HttpMethods.IsPost(context.Request.Method) && (path == "/sign-in" || path.StartsWithSegments("/invitation", StringComparison.Ordinal) || path.StartsWithSegments("/recover", StringComparison.Ordinal) || path.StartsWithSegments("/apply", StringComparison.Ordinal) || path.StartsWithSegments("/setup", StringComparison.Ordinal)))
            return PerMinute("sign-in " + address, limits.SignInsPerMinute);
        if (HttpMethods.IsPost(context.Request.Method) && (path.StartsWithSegments("/sourcing/grievances", StringComparison.Ordinal) || path == "/api/v1/sourcing/grievances" || path == "/api/v1/sourcing/grievances/find"))
            return PerMinute("grievance " + address, limits.GrievancesPerMinute);
        if (path == "/api/v1/token") return PerMinute("token " + address, limits.TokensPerMinute);
        return IsApi(context) ? PerSecond("api " + ApiClient(context, address), limits.ApiPerSecond) : PerSecond("page " + address, limits.PagesPerSecond);
    }

    // Before authentication only the hash of the token is known; a made-up token counts against the address when it is refused there.
    static string ApiClient(HttpContext context, string address) =>
        BearerHandler.IsMeant(context.Request) ? address + " " + Convert.ToHexString(BearerHandler.HashOf(context.Request.Headers.Authorization.ToString()).AsSpan(0, 8)) : address;

    static RateLimitPartition<string> PerMinute(string key, int permits) => RateLimitPartition.GetSlidingWindowLimiter(key, _ => new SlidingWindowRateLimiterOptions
    {
        PermitLimit = permits,
        Window = TimeSpan.FromMinutes(1),
        SegmentsPerWindow = 6,
        QueueLimit = 0,
    });

    static RateLimitPartition<string> PerSecond(string key, int permits) => RateLimitPartition.GetTokenBucketLimiter(key, _ => new TokenBucketRateLimiterOptions
    {
        TokenLimit = checked(permits * 10),
        TokensPerPeriod = permits,
        ReplenishmentPeriod = TimeSpan.FromSeconds(1),
        QueueLimit = 0,
        AutoReplenishment = true,
    });
}
