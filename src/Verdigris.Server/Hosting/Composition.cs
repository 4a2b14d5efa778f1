using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Json;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Verdigris.Primitives;
using Verdigris.Storage;
using Verdigris.Web;
using Verdigris.Web.Layout;

namespace Verdigris.Server;

/// <summary>Puts the rooms together: services first, then the order in which a request passes.</summary>
static class Composition
{
    const long LargestRequestBytes = 4 << 20; // a route that takes files raises it for itself

    public static WebApplication Build(ServerOptions options, IPAddress address, ServerParts parts)
    {
        var builder = WebApplication.CreateSlimBuilder(new WebApplicationOptions { EnvironmentName = Environments.Production, ContentRootPath = AppContext.BaseDirectory, ApplicationName = "Verdigris.Server" });
        builder.Logging.ClearProviders().SetMinimumLevel(LogLevel.Warning).AddFilter("Microsoft.AspNetCore.DataProtection", LogLevel.Error).AddSimpleConsole(console => { console.SingleLine = true; console.TimestampFormat = "HH:mm:ss "; console.UseUtcTimestamp = true; });
        builder.Services.Configure<Microsoft.Extensions.Logging.Console.ConsoleLoggerOptions>(console => console.LogToStandardErrorThreshold = LogLevel.Trace);
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxRequestBodySize = LargestRequestBytes;
            kestrel.Limits.RequestHeadersTimeout = TimeSpan.FromSeconds(15);
            kestrel.Listen(address, options.Port);
        });
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = TimeSpan.FromSeconds(8));
        AddServices(builder.Services, options, parts);
        var app = builder.Build();
        UsePipeline(app);
        MapRoutes(app);
        return app;
    }

    static void AddServices(IServiceCollection services, ServerOptions options, ServerParts parts)
    {
        services.AddSingleton(options.Clock);
        services.AddSingleton(options);
        services.AddSingleton(parts.Venue);
        services.AddSingleton(parts.Floor);
        services.AddStorage(parts.Database, options.DataFolder);
        services.AddRoom(typeof(Composition).Assembly, Navigation.Items);
        Rooms.Add(services, options);
        services.AddVerdigrisIdentity(options.DataFolder);
        services.AddNotices();
        services.AddWebhooks();
        services.AddApplications();
        services.AddScoped<Invitations>();
        services.AddScoped<IFrame, SignedInFrame>();
        services.AddSingleton<IApprovalKind, AdministratorGrant>();
        services.AddSingleton<Idempotency>();
        services.AddSingleton<TrailViewer>();
        services.AddSingleton<PrivacyDesk>();
        services.AddSingleton<Erasing>();
        services.AddSingleton<IPersonalData, AccountPersonalData>();
        services.AddSingleton<IApprovalKind, ErasureKind>();
        services.AddSingleton<Setup>();
        services.AddSingleton<DemoCast>();
        services.AddSingleton<BuildFacts>();
        services.AddScoped<IRoomFigures, BookFigures>();
        services.AddRequestLimits(options.Limits);
        services.AddRazorComponents(razor => razor.DetailedErrors = false);
        services.AddAntiforgery(antiforgery =>
        {
            antiforgery.Cookie.Name = "verdigris.csrf";
            antiforgery.Cookie.SameSite = SameSiteMode.Strict;
            antiforgery.Cookie.SecurePolicy = CookieSecurePolicy.SameAsRequest;
            antiforgery.HeaderName = RequestGuards.AntiforgeryHeader;
            antiforgery.SuppressXFrameOptionsHeader = true; // frame-ancestors says it
        });
        services.Configure<RouteHandlerOptions>(routes => routes.ThrowOnBadRequest = true); // so that the answer can name the parameter
        services.Configure<JsonOptions>(json => Rooms.ConfigureJson(json.SerializerOptions));
        services.AddApiDescription();
    }

    static void UsePipeline(WebApplication app)
    {
        app.UseSecurityHeaders();
        app.UseRequestLanguage();
        app.UseFaultPages(app.Services.GetRequiredService<ILoggerFactory>().CreateLogger("Verdigris.Requests"));
        app.UseWebSockets();
        app.UseRouting();
        app.UseRateLimiter();
        app.UseAuthentication();
        Scopes.Guard(app);
        app.UseAuthorization();
        app.UseAntiforgery();
        app.UseForgeryGuard();
        Idempotency.Use(app);
    }

    static void MapRoutes(WebApplication app)
    {
        app.Services.GetRequiredService<AssetFiles>().Map(app);
        Health.Map(app);
        TokenApi.Map(app);
        AccountRoutes.Map(app);
        OutsideRoutes.Map(app);
        // The forgery guard judges these routes: the framework's own check would also ask it of bearer tokens.
        var api = app.MapGroup("").DisableAntiforgery();
        api.AddListCsv();
        TaskApi.Map(api);
        TrailApi.Map(api);
        PrivacyApi.Map(api);
        ApplicationApi.Map(api);
        WebhookApi.Map(api);
        PeopleApi.Map(api);
        app.MapApiDescription();
        Rooms.Map(app.MapGroup("").DisableAntiforgery());
        var pages = app.Services.GetServices<PageSource>().Select(p => p.Assembly).Distinct().Where(a => a != typeof(Shell).Assembly).ToArray();
        app.MapRazorComponents<Shell>().AddAdditionalAssemblies(pages);
        app.Map("/api/{**rest}", () => Replies.Refused(StatusCodes.Status404NotFound, Refusal.NotFound("request.no-such-address"))).ExcludeFromDescription().WithOrder(int.MaxValue);
    }
}
