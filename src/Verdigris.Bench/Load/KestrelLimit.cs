using System.Net;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Verdigris.Storage;

namespace Verdigris.Bench.Load;

/// <summary>The framework's own limit on this machine with this load generator: one route that writes a small JSON object.</summary>
static class KestrelLimit
{
    public static Task<LoadResult> Json(int connections, TimeSpan duration) => Measure(connections, duration, HttpLoad.Get("/json"));

    /// <summary>One route that reads a JSON object into a type and answers 201 with a small one.</summary>
    /// <param name="json">The body sent.</param>
    public static Task<LoadResult> Post<T>(int connections, TimeSpan duration, string json) => Measure(connections, duration, HttpLoad.Post("/json", json),
        app => app.MapPost("/json", async (HttpContext http) => await JsonSerializer.DeserializeAsync<T>(http.Request.Body, StorageJson.Options) is null ? Results.BadRequest() : new Made(JsonSerializer.SerializeToUtf8Bytes(new Hello("Every tonne counted once."), StorageJson.Options))));

    static async Task<LoadResult> Measure(int connections, TimeSpan duration, byte[] request, Action<WebApplication>? routes = null)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(k => k.Listen(IPAddress.Loopback, 0));
        await using var app = builder.Build();
        app.MapGet("/json", () => TypedResults.Bytes(JsonSerializer.SerializeToUtf8Bytes(new Hello("Every tonne counted once.")), "application/json"));
        routes?.Invoke(app);
        await app.StartAsync();
        var address = app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First();
        var load = new HttpLoad(new Uri(address).Port, [request]);
        await load.Run(connections, duration); // as long as what is held against it: its code, too, is compiled anew while it runs
        var result = await load.Run(connections, duration);
        await app.StopAsync();
        return result;
    }

    sealed class Made(byte[] json) : IResult
    {
        public Task ExecuteAsync(HttpContext http)
        {
            http.Response.StatusCode = StatusCodes.Status201Created;
            http.Response.ContentType = "application/json";
            http.Response.ContentLength = json.Length;
            return http.Response.Body.WriteAsync(json).AsTask();
        }
    }

    sealed record Hello(string Message);
}
