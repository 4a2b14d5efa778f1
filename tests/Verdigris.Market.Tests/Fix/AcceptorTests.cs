using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using Verdigris.Market.Fix;

namespace Verdigris.Market.Tests.Fix;

/// <summary>Tests that look at the memory of the process: nothing else runs meanwhile.</summary>
[CollectionDefinition(nameof(Alone), DisableParallelization = true)]
public sealed class Alone;

/// <summary>The acceptor over a real network, with the diagnostic profile.</summary>
[Collection(nameof(Alone))]
public sealed class AcceptorTests
{
    static int Seed { get; } = Environment.GetEnvironmentVariable("VERDIGRIS_SEED") is { Length: > 0 } given ? int.Parse(given, System.Globalization.CultureInfo.InvariantCulture) : 4400;

    static string Stamp => DateTime.UtcNow.ToString("yyyyMMdd-HH:mm:ss", System.Globalization.CultureInfo.InvariantCulture);

    static byte[] Message(string type, int sequence, string body = "") => Wire.Frame($"35={type}|34={sequence}|49=TW44|52={Stamp}|56=ISLD|{body}");

    static byte[] Order(int sequence, string id) => Message("D", sequence, $"11={id}|40=1|54=1|55=EUA|60={Stamp}|");

    sealed class Running : IAsyncDisposable
    {
        public required FixAcceptor Acceptor { get; init; }
        public required IPEndPoint At { get; init; }

        public static async Task<Running> Start(FixOptions? options = null)
        {
            options = (options ?? new(null)) with { At = new(IPAddress.Loopback, 0), Reflect = true };
            var acceptor = new FixAcceptor(options, new FixReflectionDirectory(Wire.Dictionary, TimeProvider.System, NullLogger<FixAcceptor>.Instance), Wire.Dictionary, TimeProvider.System, NullLogger<FixAcceptor>.Instance);
            await acceptor.StartAsync(default);
            return new() { Acceptor = acceptor, At = await acceptor.Listening };
        }

        public async Task<Peer> Connect()
        {
            var socket = new TcpClient();
            await socket.ConnectAsync(At);
            return new(socket, socket.GetStream());
        }

        /// <summary>Logged on; waits while a session before ends.</summary>
        public async Task<Peer> LoggedOn()
        {
            for (var i = 0; ; i++)
            {
                var peer = await Connect();
                await peer.Send(Message("A", 1, "98=0|108=30|"));
                if (await peer.Read() is { } answer)
                {
                    Assert.Contains("|35=A|", answer);
                    return peer;
                }
                peer.Dispose();
                Assert.True(i < 100, "nobody is let in any more");
                await Task.Delay(50);
            }
        }

        public async ValueTask DisposeAsync()
        {
            await Acceptor.StopAsync(default);
            Acceptor.Dispose();
        }
    }

    sealed class Peer(TcpClient socket, Stream stream) : IDisposable
    {
        readonly FixFramer framer = new();

        public async Task Send(params byte[][] messages)
        {
            foreach (var message in messages) await stream.WriteAsync(message);
        }

        /// <summary>The next message; null at the end.</summary>
        public async Task<string?> Read(int milliseconds = 10_000)
        {
            using var patience = new CancellationTokenSource(milliseconds);
            try
            {
                while (true)
                {
                    if (framer.Next(out var message) is var frame && frame != FixFrame.None) return Wire.Text(message.Span);
                    var count = await stream.ReadAsync(framer.Space(), patience.Token);
                    if (count == 0) return null;
                    framer.Added(count);
                }
            }
            catch (IOException)
            {
                return null;
            }
        }

        public void Dispose()
        {
            socket.Dispose();
            framer.Dispose();
        }
    }

    [Fact]
    public async Task An_order_comes_back_with_our_header_and_a_known_one_that_may_be_a_repeat_does_not()
    {
        await using var running = await Running.Start();
        using var peer = await running.LoggedOn();
        await peer.Send(Order(2, "A"), Message("D", 3, $"97=Y|11=A|40=1|54=1|55=EUA|60={Stamp}|"), Message("D", 4, $"97=Y|11=B|40=1|54=1|55=EUA|60={Stamp}|"), Message("R", 5, "131=Q|146=2|55=EUA|54=1|38=5|55=UKA|54=2|"));
        Assert.Matches(@"\|35=D\|34=2\|49=ISLD\|52=[-:.0-9]{21}\|56=TW44\|11=A\|40=1\|54=1\|55=EUA\|60=[-:0-9]{17}\|10=", await peer.Read());
        Assert.Contains("|56=TW44|97=Y|11=B|", await peer.Read());
        Assert.Contains("|35=R|34=4|", await peer.Read() is { } quote && quote.Contains("|131=Q|146=2|55=EUA|54=1|38=5|55=UKA|54=2|10=", StringComparison.Ordinal) ? quote : "");
    }

    [Fact]
    public async Task A_second_connection_of_a_session_is_closed_and_the_first_goes_on()
    {
        await using var running = await Running.Start();
        using var first = await running.LoggedOn();
        using var second = await running.Connect();
        await second.Send(Message("A", 1, "98=0|108=30|"));
        Assert.Null(await second.Read());
        await first.Send(Message("1", 2, "112=HERE|"));
        Assert.Contains("|35=0|34=2|", await first.Read());
    }

    [Theory]
    [InlineData("8=FIX.4.4|9=5|35=0|10=000|")]
    [InlineData("GET / HTTP/1.1\r\n\r\n")]
    [InlineData("")]
    public async Task Who_does_not_log_on_in_time_and_rightly_is_not_answered(string first)
    {
        await using var running = await Running.Start(new(null) { LogonPatience = TimeSpan.FromMilliseconds(300) });
        using var peer = await running.Connect();
        await peer.Send(Wire.Raw(first));
        Assert.Null(await peer.Read());
        for (var i = 0; running.Acceptor.Connections > 0 && i < 6_000; i++) await Task.Delay(10);
        Assert.Equal(0, running.Acceptor.Connections);
    }

    [Fact]
    public async Task Connections_are_bounded_and_become_free_again()
    {
        await using var running = await Running.Start(new(null) { MostConnections = 3, LogonPatience = TimeSpan.FromSeconds(2) });
        var idle = new List<Peer>();
        for (var i = 0; i < 3; i++) idle.Add(await running.Connect());
        for (var i = 0; running.Acceptor.Connections < 3 && i < 6_000; i++) await Task.Delay(10);
        using (var fourth = await running.Connect()) Assert.Null(await fourth.Read());
        foreach (var peer in idle) Assert.Null(await peer.Read());
        using var later = await running.LoggedOn();
        foreach (var peer in idle) peer.Dispose();
    }

    [Fact]
    public async Task The_connection_is_encrypted_where_there_is_a_certificate()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var made = new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256).CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
        using var certificate = X509CertificateLoader.LoadPkcs12(made.Export(X509ContentType.Pkcs12), null);
        await using var running = await Running.Start(new(null, Certificate: certificate) { LogonPatience = TimeSpan.FromSeconds(30) });
        using (var plain = await running.Connect())
        {
            await plain.Send(Message("A", 1, "98=0|108=30|"));
            Assert.DoesNotContain("35=A", await plain.Read() ?? "", StringComparison.Ordinal);
        }
        using var socket = new TcpClient();
        await socket.ConnectAsync(running.At);
        var secure = new SslStream(socket.GetStream(), false, (_, remote, _, _) => remote!.GetCertHashString() == certificate.GetCertHashString());
        await secure.AuthenticateAsClientAsync("localhost");
        using var peer = new Peer(socket, secure);
        await peer.Send(Message("A", 1, "98=0|108=30|"), Message("1", 2, "112=SECRET|"));
        Assert.Contains("|35=A|", await peer.Read());
        Assert.Contains("|112=SECRET|", await peer.Read());
    }

    [Fact]
    public async Task What_is_sent_in_one_piece_is_answered_message_by_message()
    {
        await using var running = await Running.Start();
        using var peer = await running.LoggedOn();
        const int orders = 3000;
        var sending = peer.Send([.. Enumerable.Range(2, orders).Select(i => Order(i, "O" + i))]);
        for (var i = 2; i < orders + 2; i++) Assert.Contains($"|34={i}|49=ISLD|", await peer.Read());
        await sending;
    }

    [Fact]
    public async Task Whatever_is_sent_the_acceptor_goes_on_and_keeps_no_memory_of_it()
    {
        await using var running = await Running.Start();
        var before = 0L;
        var rounds = Night.Cases(120, 20_000);
        for (var round = 0; round < rounds; round++)
        {
            TestContext.Current.TestOutputHelper?.WriteLine($"round {round} (replay with VERDIGRIS_SEED={Seed})");
            var random = new Random(Seed + round);
            using var peer = random.Next(3) == 0 ? await running.Connect() : await running.LoggedOn();
            try
            {
                for (var i = random.Next(1, 12); i > 0; i--) await peer.Send(Spoilt(random, 13 - i));
            }
            catch (IOException)
            {
                // It was closed on the way: that is an answer.
            }
            if (round == rounds / 4) before = GC.GetTotalMemory(forceFullCollection: true);
        }
        using var last = await running.LoggedOn();
        await last.Send(Message("1", 2, "112=STILL|"));
        Assert.Contains("|112=STILL|", await last.Read());
        Assert.InRange(GC.GetTotalMemory(forceFullCollection: true) - before, long.MinValue, 8 << 20);
    }

    static byte[] Spoilt(Random random, int sequence)
    {
        var good = random.Next(4) switch { 0 => Order(sequence, "F" + sequence), 1 => Message("1", sequence, "112=A|"), 2 => Message("2", sequence, "7=1|16=0|"), _ => Message("4", sequence, "36=5|123=Y|") };
        switch (random.Next(7))
        {
            case 0: return good;
            case 1: return good[..random.Next(1, good.Length)];
            case 2:
                var noise = new byte[random.Next(1, 3000)];
                random.NextBytes(noise);
                return noise;
            case 3: return Wire.Raw($"8=FIX.4.4|9={random.Next(100_000)}|35=D|");
            case 4:
                // A field changed, length and sum right: it reaches the session.
                var fields = Encoding.Latin1.GetString(good).Split('\u0001')[2..^2];
                fields[random.Next(fields.Length)] = $"{random.Next(-5, 1100)}={new string((char)random.Next(32, 127), random.Next(0, 40))}";
                return Wire.Frame(string.Join('|', fields));
            case 5:
                var group = string.Concat(Enumerable.Range(0, random.Next(1, 2000)).Select(i => $"448={i}|452=1|"));
                return Message("D", sequence, $"11=G{sequence}|453={random.Next(0, 2000)}|{group}40=1|54=1|55=EUA|60={Stamp}|");
            default:
                var copy = (byte[])good.Clone();
                for (var i = random.Next(1, 8); i > 0; i--) copy[random.Next(copy.Length)] = (byte)random.Next(256);
                return copy;
        }
    }
}
