using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using NodaTime;
using Verdigris.Market.Fix;
using Verdigris.Storage;

namespace Verdigris.Server;

/// <summary>How a server is started. What is not given has the default of <c>verdigris up</c>.</summary>
public sealed record ServerOptions
{
    /// <summary>TCP port, 1-65535; 0 takes a free one (tests).</summary>
    public int Port { get; init; } = 8080;

    /// <summary>Address to listen on. Anything but the loopback needs TLS in front and forbids the demo.</summary>
    public string Listen { get; init; } = "127.0.0.1";

    /// <summary>Holds the private database, the Book's journal, evidence files and keys; made where missing.</summary>
    public string DataFolder { get; init; } = ".verdigris";

    /// <summary>A PostgreSQL of the operator's own; null = the private cluster in the data folder.</summary>
    public string? PostgresConnection { get; init; }

    /// <summary>Connection of the application's role, where the operator made it; null = the server makes it.</summary>
    public string? PostgresAppConnection { get; init; }

    /// <summary>Seed the demo on the first start, and say its sign-ins.</summary>
    public bool Demo { get; init; } = true;

    /// <summary>How e-mail leaves; null: with the demo as files in the folder <c>mail</c> of the data, else not at all.</summary>
    public MailOptions? Mail { get; init; }

    /// <summary>Where people reach this server, for links in e-mails; null: the address it listens on.</summary>
    public Uri? PublicAddress { get; init; }

    /// <summary>Where people may sign in by an account elsewhere; null: nowhere.</summary>
    public OutsideOptions? Outside { get; init; }

    /// <summary>RabbitMQ with its MQTT plugin that meter readings come from, <c>amqp://USER:PASSWORD@HOST</c>; null: they come by HTTP only.</summary>
    public Uri? MeterBroker { get; init; }

    /// <summary>Where members reach the market by FIX; null: nowhere.</summary>
    public FixOptions? Fix { get; init; }

    /// <summary>Webhooks may go to the loopback, over plain http too; null: with the demo only.</summary>
    public bool? LoopbackWebhooks { get; init; }

    public RequestLimits Limits { get; init; } = new();

    public IClock Clock { get; init; } = SystemClock.Instance;

    /// <summary>Where progress and the address are said; null = standard output.</summary>
    public Action<string>? Say { get; init; }

    /// <summary>With what the environment says of e-mail (<see cref="MailOptions.FromEnvironment"/>), of sign-in elsewhere (<see cref="OutsideOptions.FromEnvironment"/>), of the public address, <c>VERDIGRIS_ADDRESS</c>, and of the broker of meter readings, <c>VERDIGRIS_MQTT</c>.</summary>
    /// <exception cref="StorageProblem">A value cannot be read.</exception>
    public ServerOptions WithEnvironment(Func<string, string?> variable)
    {
        var address = variable("VERDIGRIS_ADDRESS");
        if (address is { Length: > 0 } && !(Uri.TryCreate(address, UriKind.Absolute, out var at) && at.Scheme is "http" or "https"))
            throw new StorageProblem("server.address-invalid", $"VERDIGRIS_ADDRESS: {address} is not like https://metal.example.", $"VERDIGRIS_ADDRESS：{address} 不符合 https://metal.example 的格式。");
        var broker = variable("VERDIGRIS_MQTT");
        return this with { Mail = MailOptions.FromEnvironment(variable) ?? Mail, PublicAddress = address is { Length: > 0 } ? new Uri(address) : PublicAddress, Outside = OutsideOptions.FromEnvironment(variable) ?? Outside, MeterBroker = broker is { Length: > 0 } ? Broker(broker) : MeterBroker };
    }

    /// <summary>Reads the address of a broker.</summary>
    /// <exception cref="StorageProblem">It is none.</exception>
    public static Uri Broker(string address) => Uri.TryCreate(address, UriKind.Absolute, out var at) && at.Scheme is "amqp" or "amqps" ? at
        : throw new StorageProblem("server.broker-invalid", "The broker of meter readings is not like amqp://user:password@host:5672.", "计量读数消息服务器的地址不符合 amqp://user:password@host:5672 的格式。");

    /// <summary>Reads where to listen for FIX: on the loopback, or elsewhere with a certificate.</summary>
    /// <param name="at"><c>HOST:PORT</c>, an IP address; port 0 takes a free one.</param>
    /// <param name="certificate">PEM file with the certificate and its key, or a PKCS #12 file (.p12, .pfx); null: no TLS.</param>
    /// <exception cref="StorageProblem">One of them is not like that.</exception>
    public static FixOptions FixAt(string at, bool reflect, string? certificate, string? password)
    {
        if (!at.Contains(':', StringComparison.Ordinal) || !IPEndPoint.TryParse(at, out var point))
            throw new StorageProblem("server.fix-address-invalid", $"--fix: {at} is not like 127.0.0.1:9878.", $"--fix：{at} 不符合 127.0.0.1:9878 的格式。");
        if (certificate is null && !IPAddress.IsLoopback(point.Address))
            throw new StorageProblem("server.fix-in-public", "FIX carries secrets: anywhere but on the loopback it needs a certificate, --fix-certificate FILE.", "FIX 会传输密钥：在本机回环地址以外监听时须提供证书（--fix-certificate FILE）。");
        if (reflect && !IPAddress.IsLoopback(point.Address))
            throw new StorageProblem("server.fix-reflect-in-public", "The diagnostic profile of FIX lets anybody in and listens on the loopback only.", "FIX 诊断模式不验证身份，只能在本机回环地址上监听。");
        try
        {
            var key = certificate is null ? null : Path.GetExtension(certificate) is ".p12" or ".pfx" ? X509CertificateLoader.LoadPkcs12FromFile(certificate, password) : X509Certificate2.CreateFromPemFile(certificate);
            return new(point, reflect, key);
        }
        catch (Exception e) when (e is IOException or CryptographicException or UnauthorizedAccessException)
        {
            throw new StorageProblem("server.fix-certificate", $"The certificate {certificate} cannot be used: {e.Message}", $"无法使用证书 {certificate}：{e.Message}", e);
        }
    }
}
