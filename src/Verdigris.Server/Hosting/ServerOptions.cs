using NodaTime;

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

    public RequestLimits Limits { get; init; } = new();

    public IClock Clock { get; init; } = SystemClock.Instance;

    /// <summary>Where progress and the address are said; null = standard output.</summary>
    public Action<string>? Say { get; init; }
}
