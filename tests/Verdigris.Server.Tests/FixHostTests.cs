using System.Net;
using System.Net.Sockets;
using System.Text;
using NodaTime;
using NodaTime.Text;
using Verdigris.Storage;
using Verdigris.Storage.Testing;

namespace Verdigris.Server.Tests;

/// <summary>The server's port for FIX.</summary>
public sealed class FixHostTests
{
    [Theory]
    [InlineData("9878", false, null, "server.fix-address-invalid")]
    [InlineData("localhost:9878", false, null, "server.fix-address-invalid")]
    [InlineData("127.0.0.1:99999", false, null, "server.fix-address-invalid")]
    [InlineData("0.0.0.0:9878", false, null, "server.fix-in-public")]
    [InlineData("0.0.0.0:9878", true, "/nowhere.pem", "server.fix-reflect-in-public")]
    [InlineData("127.0.0.1:9878", false, "/nowhere.pem", "server.fix-certificate")]
    [InlineData("127.0.0.1:9878", false, "/nowhere.p12", "server.fix-certificate")]
    public void What_cannot_be_listened_at_is_one_line(string at, bool reflect, string? certificate, string code) =>
        Assert.Equal(code, Assert.Throws<StorageProblem>(() => ServerOptions.FixAt(at, reflect, certificate, null)).Code);

    [Fact]
    public async Task A_busy_port_for_FIX_is_said_before_anything_is_touched()
    {
        using var busy = new TcpListener(IPAddress.Loopback, 0);
        busy.Start();
        var port = ((IPEndPoint)busy.LocalEndpoint).Port;
        var problem = await Assert.ThrowsAsync<StorageProblem>(() => ServerHost.Start(new() { Port = 0, DataFolder = "/nowhere", Demo = false, Fix = ServerOptions.FixAt($"127.0.0.1:{port}", true, null, null) }, default));
        Assert.Contains("--fix", problem.Line, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_server_answers_a_logon_of_the_diagnostic_profile_and_says_where_it_listens()
    {
        await using var database = await TestCluster.NewEmptyDatabase();
        var folder = Directory.CreateTempSubdirectory("verdigris-fix-test");
        try
        {
            await using var server = await ServerHost.Start(new()
            {
                Port = 0,
                DataFolder = folder.FullName,
                PostgresConnection = database.OwnerConnectionString,
                PostgresAppConnection = database.AppConnectionString,
                Demo = false,
                Say = _ => { },
                Fix = ServerOptions.FixAt("127.0.0.1:0", true, null, null),
            }, default);
            var said = Assert.Single(server.Welcome, w => w.StartsWith("FIX 4.4: ", StringComparison.Ordinal));
            using var client = new TcpClient();
            await client.ConnectAsync(IPEndPoint.Parse(said["FIX 4.4: ".Length..]));
            var now = InstantPattern.CreateWithInvariantCulture("uuuuMMdd-HH:mm:ss").Format(SystemClock.Instance.GetCurrentInstant());
            var body = $"35=A|34=1|49=TW44|52={now}|56=ISLD|98=0|108=30|".Replace('|', '\u0001');
            var head = $"8=FIX.4.4\u00019={body.Length}\u0001";
            var sum = Encoding.Latin1.GetBytes(head + body).Sum(b => b) % 256;
            await client.GetStream().WriteAsync(Encoding.Latin1.GetBytes($"{head}{body}10={sum:000}\u0001"));
            var answer = new byte[500];
            using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(60));
            var count = await client.GetStream().ReadAsync(answer, patience.Token);
            Assert.Contains("\u000135=A\u000134=1\u000149=ISLD\u0001", Encoding.Latin1.GetString(answer, 0, count), StringComparison.Ordinal);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }
}
