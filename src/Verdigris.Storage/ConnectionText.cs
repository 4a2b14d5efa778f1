using Npgsql;

namespace Verdigris.Storage;

/// <summary>Reads a connection as people write it: <c>Host=…;Database=…</c> or <c>postgresql://user:password@host:port/database?sslmode=require</c>.</summary>
public static class ConnectionText
{
    /// <exception cref="ArgumentException">Neither form, an unknown option, or no database named.</exception>
    public static NpgsqlConnectionStringBuilder Parse(string text)
    {
        var builder = text.StartsWith("postgres://", StringComparison.Ordinal) || text.StartsWith("postgresql://", StringComparison.Ordinal) ? FromUri(text) : new(text);
        if (string.IsNullOrEmpty(builder.Host)) throw new ArgumentException("no host is named");
        if (string.IsNullOrEmpty(builder.Username)) throw new ArgumentException("no user is named");
        if (string.IsNullOrEmpty(builder.Database)) throw new ArgumentException("no database is named");
        return builder;
    }

    static NpgsqlConnectionStringBuilder FromUri(string text)
    {
        if (!Uri.TryCreate(text, UriKind.Absolute, out var uri)) throw new ArgumentException("this is not an address");
        var user = uri.UserInfo.Split(':', 2);
        var builder = new NpgsqlConnectionStringBuilder { Host = uri.Host, Database = Uri.UnescapeDataString(uri.AbsolutePath.TrimStart('/')) };
        if (user[0].Length > 0) builder.Username = Uri.UnescapeDataString(user[0]);
        if (user.Length == 2) builder.Password = Uri.UnescapeDataString(user[1]);
        if (uri.Port > 0) builder.Port = uri.Port;
        foreach (var option in uri.Query.TrimStart('?').Split('&', StringSplitOptions.RemoveEmptyEntries))
        {
            var parts = option.Split('=', 2);
            var value = parts.Length == 2 ? Uri.UnescapeDataString(parts[1]) : "";
            switch (parts[0])
            {
                case "sslmode": builder.SslMode = Enum.TryParse<SslMode>(value.Replace("-", "", StringComparison.Ordinal), ignoreCase: true, out var mode) ? mode : throw new ArgumentException($"sslmode {value} is unknown"); break;
                case "host": builder.Host = value; break; // a Unix socket folder
                case "sslrootcert": builder.RootCertificate = value; break;
                default: throw new ArgumentException($"the option {parts[0]} is unknown");
            }
        }
        return builder;
    }
}
