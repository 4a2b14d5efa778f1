using System.Net;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Verdigris.Bench.Load;

/// <summary>The framework's own limit on this machine with this load generator: one route that writes a small JSON object.</summary>
static class KestrelLimit
{
    public static async Task<LoadResult> Json(int connections, TimeSpan duration)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(k => k.Listen(IPAddress.Loopback, 0));
        await using var app = builder.Build();
        app.MapGet("/json", () => TypedResults.Bytes(JsonSerializer.SerializeToUtf8Bytes(new Hello("Every tonne counted once.")), "application/json"));
        await app.StartAsync();
        var address = app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First();
        var load = new HttpLoad(new Uri(address).Port, [HttpLoad.Get("/json")]);
        await load.Run(connections, TimeSpan.FromSeconds(1));
        var result = await load.Run(connections, duration);
        await app.StopAsync();
        return result;
    }

    sealed record Hello(string Message);
}
