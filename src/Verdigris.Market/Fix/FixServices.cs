using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Verdigris.Primitives.Rules;
using Verdigris.Storage;

namespace Verdigris.Market.Fix;

/// <summary>Registers the FIX acceptor. The host brings <see cref="IFixClients"/> and <see cref="TimeProvider"/>; the market's desk is <see cref="IOrderEntry"/> and <see cref="IMarketData"/>.</summary>
public static class FixServices
{
    /// <summary>Where the acceptor listens, once the host has started; null where it does not.</summary>
    /// <exception cref="System.Net.Sockets.SocketException">It cannot listen there.</exception>
    public static async Task<IPEndPoint?> FixAddress(this IServiceProvider services) => services.GetRequiredService<FixOptions>().At is null ? null : await services.GetRequiredService<FixAcceptor>().Listening;

    public static IServiceCollection AddFix(this IServiceCollection services, FixOptions options)
    {
        services.AddSingleton(options);
        services.AddSingleton(p => new FixSessions(p.GetRequiredService<IFixClients>(), p.GetService<FixDirectory>()));
        if (options.At is null) return services;
        services.AddSingleton(p => FixDictionary.Read(p.GetRequiredService<RulePacks>().DataFolder));
        if (options.Reflect)
        {
            services.AddSingleton<IFixDirectory, FixReflectionDirectory>();
        }
        else
        {
            services.AddSingleton<IFixRequests, FixDatabaseRequests>();
            services.AddSingleton<FixDirectory>();
            services.AddSingleton<IFixDirectory>(p => p.GetRequiredService<FixDirectory>());
        }
        services.AddSingleton<FixAcceptor>();
        services.AddHostedService(p => p.GetRequiredService<FixAcceptor>());
        return services;
    }
}
