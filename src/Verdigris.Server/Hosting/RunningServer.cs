using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Verdigris.Market.Fix;

namespace Verdigris.Server;

/// <summary>A server that answers. Disposing stops, in this order: web, Book, database.</summary>
public sealed class RunningServer : IAsyncDisposable
{
    readonly WebApplication app;
    readonly ServerParts parts;

    RunningServer(WebApplication app, ServerParts parts, IReadOnlyList<string> welcome)
    {
        this.app = app;
        this.parts = parts;
        Address = new Uri(app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First());
        Welcome = [.. welcome.Prepend($"Verdigris: {Address}")];
    }

    public Uri Address { get; }

    public IServiceProvider Services => app.Services;

    /// <summary>What a person who has just started it should read: the address, and the sign-ins of the demo.</summary>
    public IReadOnlyList<string> Welcome { get; }

    internal static async Task<RunningServer> Start(ServerOptions options, IPAddress address, ServerParts parts, CancellationToken ct)
    {
        var app = Composition.Build(options, address, parts);
        try
        {
            await Rooms.Start(app.Services, ct);
            var welcome = await FirstStart.Prepare(app.Services, options, ct);
            await app.StartAsync(ct);
            if (await app.Services.FixAddress() is { } fix) welcome = [.. welcome, $"FIX 4.4: {fix}"];
            return new(app, parts, welcome);
        }
        catch
        {
            await app.DisposeAsync();
            throw;
        }
    }

    public Task WaitForStop(CancellationToken ct) => app.WaitForShutdownAsync(ct);

    public async ValueTask DisposeAsync()
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(10));
        await app.StopAsync(patience.Token);
        await app.DisposeAsync();
        await parts.DisposeAsync();
    }
}
