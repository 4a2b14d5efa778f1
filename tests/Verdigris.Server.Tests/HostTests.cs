using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using Verdigris.Storage;

namespace Verdigris.Server.Tests;

[Collection(nameof(SharedServer))]
public sealed class HostTests(SharedServer shared)
{
    [Fact]
    public async Task A_busy_port_is_said_before_anything_is_touched()
    {
        using var taken = new TcpListener(IPAddress.Loopback, 0);
        taken.Start();
        var folder = Path.Combine(Path.GetTempPath(), "verdigris-never-made-" + Guid.NewGuid());
        var port = ((IPEndPoint)taken.LocalEndpoint).Port;
        var problem = await Assert.ThrowsAsync<StorageProblem>(() => ServerHost.Start(new ServerOptions { Port = port, DataFolder = folder, Say = _ => { } }, default));
        Assert.Equal(StorageCodes.PortBusy, problem.Code);
        Assert.False(Directory.Exists(folder));
        Assert.Equal(ServerHost.Unusable, await ServerHost.Run(new ServerOptions { Port = port, DataFolder = folder, Say = _ => { } }, default));
    }

    [Fact]
    public async Task The_demo_does_not_listen_in_public() =>
        Assert.Equal("server.demo-in-public", (await Assert.ThrowsAsync<StorageProblem>(() => ServerHost.Start(new ServerOptions { Listen = "0.0.0.0", Port = 0 }, default))).Code);

    [Fact]
    public async Task An_unreachable_database_is_one_line()
    {
        var folder = Directory.CreateTempSubdirectory("verdigris-server-test");
        try
        {
            var problem = await Assert.ThrowsAsync<StorageProblem>(() => ServerHost.Start(new ServerOptions { Port = 0, DataFolder = folder.FullName, PostgresConnection = "Host=127.0.0.1;Port=1;Username=nobody;Timeout=2", Say = _ => { } }, default));
            Assert.Equal(StorageCodes.Unreachable, problem.Code);
            Assert.DoesNotContain('\n', problem.Line);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [Fact]
    public async Task The_api_describes_itself_as_OpenAPI_3_1()
    {
        using var browser = shared.Under.NewBrowser();
        var document = JsonDocument.Parse(await browser.Text("/openapi/v1.json")).RootElement;
        Assert.StartsWith("3.1.", document.GetProperty("openapi").GetString());
        Assert.Equal("/api/v1/token", document.GetProperty("components").GetProperty("securitySchemes").GetProperty("client").GetProperty("flows").GetProperty("clientCredentials").GetProperty("tokenUrl").GetString());
        foreach (var path in document.GetProperty("paths").EnumerateObject())
        {
            Assert.StartsWith("/api/v1/", path.Name);
            foreach (var operation in path.Value.EnumerateObject()) Assert.True(operation.Value.TryGetProperty("summary", out _), $"{operation.Name} {path.Name} has no summary");
        }
    }
}
