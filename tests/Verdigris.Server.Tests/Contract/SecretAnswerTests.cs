using Microsoft.AspNetCore.Http.Metadata;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Verdigris.Web;

namespace Verdigris.Server.Tests.Contract;

/// <summary>Secrets that are answered once lie nowhere afterwards.</summary>
[Collection(nameof(SharedServer))]
public sealed class SecretAnswerTests(SharedServer shared)
{
    static readonly string[] Secrets = ["Secret", "AccessToken", "Key"];

    [Fact]
    public void Every_operation_that_answers_a_secret_says_so_that_no_key_of_a_request_keeps_it()
    {
        var answering = shared.Under.Server.Services.GetRequiredService<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>()
            .Where(e => e.Metadata.GetMetadata<IHttpMethodMetadata>() is { HttpMethods: var methods } && !methods.Contains("GET"))
            .Where(e => e.Metadata.OfType<IProducesResponseTypeMetadata>().Any(p => p.StatusCode < 300 && p.Type is { } type && Secrets.Any(s => type.GetProperty(s)?.PropertyType == typeof(string))))
            .ToList();
        Assert.Contains(answering, e => e.RoutePattern.RawText!.TrimEnd('/') == "/api/v1/market/auctions");
        Assert.True(answering.Count >= 5, $"{answering.Count}");
        Assert.Equal([], answering.Where(e => e.Metadata.GetMetadata<ShownOnce>() is null).Select(e => e.RoutePattern.RawText));
    }
}
