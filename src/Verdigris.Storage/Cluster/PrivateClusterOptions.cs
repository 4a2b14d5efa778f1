namespace Verdigris.Storage;

/// <summary>How much of the machine a private cluster takes. The defaults leave room for whatever else runs there; a given PostgreSQL is tuned by its own operator.</summary>
public sealed record PrivateClusterOptions
{
    /// <summary>PostgreSQL's page cache, with unit (<c>256MB</c>). Unless given: <see cref="SharedBuffersFor"/> the memory this process may use.</summary>
    public string SharedBuffers { get; init; } = SharedBuffersFor(GC.GetGCMemoryInfo().TotalAvailableMemoryBytes);

    public int MaxConnections { get; init; } = 100;

    /// <summary>
    /// A throw-away cluster for tests: nothing is flushed to disk, and the whole data folder is deleted when it stops or when the process that started it
    /// is gone. Never for data anybody wants to keep.
    /// </summary>
    public bool Temporary { get; init; }

    /// <summary>Further PostgreSQL settings, by name.</summary>
    public IReadOnlyDictionary<string, string> Settings { get; init; } = new Dictionary<string, string>();

    /// <summary>
    /// A sixteenth of the memory, at least 256 MB and at most 2 GB, in whole megabytes. Once the pages an import touches no longer fit, it writes each of them back before it may read the next: a million
    /// certificates took 12,000 rows/s with 256 MB and 20,000 with 1 GB.
    /// </summary>
    public static string SharedBuffersFor(long memoryBytes) => string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{Math.Clamp(memoryBytes / 16 >> 20, 256, 2048)}MB");

    internal IEnumerable<string> Arguments(ClusterPlaces places)
    {
        var settings = new Dictionary<string, string>
        {
            ["listen_addresses"] = "",
            ["unix_socket_directories"] = places.SocketFolder,
            ["unix_socket_permissions"] = "0700",
            ["port"] = "5432",
            ["max_connections"] = MaxConnections.ToString(System.Globalization.CultureInfo.InvariantCulture),
            ["shared_buffers"] = SharedBuffers,
            ["password_encryption"] = "scram-sha-256",
            ["timezone"] = "UTC",
            ["log_timezone"] = "UTC",
            ["jit"] = "off",
            ["random_page_cost"] = "1.1",
            ["work_mem"] = "16MB",
            ["maintenance_work_mem"] = "128MB",
            ["max_wal_size"] = "2GB",
            ["checkpoint_timeout"] = "15min",
            ["wal_buffers"] = "16MB",
            ["logging_collector"] = "off",
            ["log_min_messages"] = "warning",
            ["idle_in_transaction_session_timeout"] = "5min",
            ["cluster_name"] = "verdigris",
        };
        if (Temporary)
        {
            settings["fsync"] = "off";
            settings["full_page_writes"] = "off";
            settings["synchronous_commit"] = "off";
            settings["shared_buffers"] = "64MB";
            settings["max_wal_size"] = "512MB";
            settings["wal_level"] = "minimal";
            settings["max_wal_senders"] = "0";
        }
        foreach (var (name, value) in Settings) settings[name] = value;
        return settings.SelectMany(s => new[] { "-c", $"{s.Key}={s.Value}" });
    }
}
