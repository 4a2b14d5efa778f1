using System.Net.Sockets;
using Npgsql;

namespace Verdigris.Storage;

/// <summary>
/// The two pools of one PostgreSQL database: <see cref="Owner"/> for schema scripts only, <see cref="App"/> for everything a running server does. The app
/// role owns no table and does not bypass row-level security, so what a session may see is decided by the database as well.
/// </summary>
public sealed class Database : IAsyncDisposable
{
    public Database(string ownerConnectionString, string appConnectionString)
    {
        Owner = NpgsqlDataSource.Create(new NpgsqlConnectionStringBuilder(ownerConnectionString) { ApplicationName = "verdigris-schema", MaxPoolSize = 4 });
        App = NpgsqlDataSource.Create(new NpgsqlConnectionStringBuilder(appConnectionString)
        {
            ApplicationName = "verdigris",
            MaxAutoPrepare = 200,
            AutoPrepareMinUsages = 2,
            IncludeErrorDetail = false,
        });
        OwnerConnectionString = ownerConnectionString;
        AppConnectionString = appConnectionString;
        AppRole = new NpgsqlConnectionStringBuilder(appConnectionString).Username ?? throw new ArgumentException("The app connection names no user.", nameof(appConnectionString));
    }

    public NpgsqlDataSource Owner { get; }
    public NpgsqlDataSource App { get; }

    /// <summary>Name of the app role; scripts write it as <c>${app}</c>.</summary>
    public string AppRole { get; }

    internal string OwnerConnectionString { get; }
    internal string AppConnectionString { get; }

    /// <summary>
    /// A PostgreSQL of the operator's own (<c>--postgres CONNECTION</c>). The connection's user owns the schemas. The app role <c>verdigris_app</c> is made where
    /// that user may make roles; otherwise its connection must be given. Its password is kept in <c>DATA/postgres-app</c>, readable by its owner only.
    /// </summary>
    /// <exception cref="StorageProblem"><see cref="StorageCodes.Unreachable"/>, <see cref="StorageCodes.ServerTooOld"/>, <see cref="StorageCodes.AppRoleMissing"/>.</exception>
    public static async Task<Database> Given(string ownerConnection, string? appConnection, string dataFolder, CancellationToken ct)
    {
        NpgsqlConnectionStringBuilder given;
        try
        {
            given = ConnectionText.Parse(ownerConnection);
        }
        catch (Exception e) when (e is ArgumentException or FormatException or UriFormatException)
        {
            throw new StorageProblem(StorageCodes.Unreachable, $"The connection of --postgres cannot be read: {e.Message}", $"无法解析 --postgres 的连接：{e.Message}", e);
        }
        try
        {
            await using var connection = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(given.ConnectionString) { Pooling = false }.ConnectionString);
            await connection.OpenAsync(ct);
            if (connection.PostgreSqlVersion.Major < PostgresBinaries.OldestMajor)
            {
                throw new StorageProblem(StorageCodes.ServerTooOld,
                    $"The PostgreSQL given is version {connection.PostgreSqlVersion.Major}; {PostgresBinaries.OldestMajor} or newer is needed.",
                    $"所给 PostgreSQL 的版本是 {connection.PostgreSqlVersion.Major}；需要 {PostgresBinaries.OldestMajor} 或更新版本。");
            }
            if (appConnection is not null) return new(given.ConnectionString, ConnectionText.Parse(appConnection).ConnectionString);
            var app = await AppRoleIn(connection, given, dataFolder, ct);
            return new(given.ConnectionString, app);
        }
        catch (Exception e) when (e is NpgsqlException or SocketException or TimeoutException)
        {
            var reason = (e as PostgresException)?.MessageText ?? e.Message;
            throw new StorageProblem(StorageCodes.Unreachable,
                $"The database {given.Host}:{given.Port}/{given.Database} cannot be reached: {reason}", $"无法连接数据库 {given.Host}:{given.Port}/{given.Database}：{reason}", e);
        }
    }

    static async Task<string> AppRoleIn(NpgsqlConnection owner, NpgsqlConnectionStringBuilder given, string dataFolder, CancellationToken ct)
    {
        const string role = "verdigris_app";
        var file = Path.Combine(Path.GetFullPath(dataFolder), "postgres-app");
        var secret = ClusterSecret.Read(file);
        try
        {
            if (secret is null)
            {
                Directory.CreateDirectory(Path.GetDirectoryName(file)!);
                secret = ClusterSecret.Random() with { Superuser = "", Owner = "" };
                await using var make = new NpgsqlCommand($"""
                    do $$ begin
                      if not exists (select from pg_roles where rolname = '{role}') then create role {role} login nosuperuser nobypassrls; end if;
                    end $$;
                    alter role {role} password '{secret.App}';
                    """, owner);
                await make.ExecuteNonQueryAsync(ct);
                secret.Write(file);
            }
        }
        catch (Exception e) when (e is PostgresException { SqlState: PostgresErrorCodes.InsufficientPrivilege })
        {
            throw new StorageProblem(StorageCodes.AppRoleMissing,
                $"The user {given.Username} may not make the role {role}: let an administrator make it (login, no superuser, no bypassrls) and give its connection with --postgres-app.",
                $"用户 {given.Username} 无权创建角色 {role}：请由管理员创建（login、非超级用户、无 bypassrls），并用 --postgres-app 提供其连接。", e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new StorageProblem(StorageCodes.FolderUnwritable, $"{file} cannot be written ({e.Message}).", $"{file} 不可写（{e.Message}）。", e);
        }
        return new NpgsqlConnectionStringBuilder(given.ConnectionString) { Username = role, Password = secret.App, Passfile = null }.ConnectionString;
    }

    public async ValueTask DisposeAsync()
    {
        await App.DisposeAsync();
        await Owner.DisposeAsync();
    }
}
