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

    /// <summary>The app role where the server makes it itself.</summary>
    internal const string DefaultAppRole = "verdigris_app";

    internal string OwnerConnectionString { get; }
    internal string AppConnectionString { get; }

    /// <summary>
    /// A PostgreSQL of the operator's own (<c>--postgres CONNECTION</c>). The connection's user owns the schemas. The app role <c>verdigris_app</c> is made where
    /// that user may make roles; otherwise its connection must be given. Its password is kept in <c>DATA/postgres-app</c>, readable by its owner only. A role that
    /// another node made keeps its password: the other nodes would be locked out by a new one.
    /// </summary>
    /// <exception cref="StorageProblem"><see cref="StorageCodes.Unreachable"/>, <see cref="StorageCodes.ServerTooOld"/>, <see cref="StorageCodes.AppRoleMissing"/>,
    /// <see cref="StorageCodes.AppRoleSecretElsewhere"/>.</exception>
    public static async Task<Database> Given(string ownerConnection, string? appConnection, string dataFolder, CancellationToken ct)
    {
        var given = Read(ownerConnection, "--postgres");
        var app = appConnection is null ? null : Read(appConnection, "--postgres-app");
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
            return new(given.ConnectionString, app?.ConnectionString ?? await AppRoleIn(connection, given, dataFolder, ct));
        }
        catch (Exception e) when (e is NpgsqlException or SocketException or TimeoutException)
        {
            var reason = (e as PostgresException)?.MessageText ?? e.Message;
            throw new StorageProblem(StorageCodes.Unreachable,
                $"The database {given.Host}:{given.Port}/{given.Database} cannot be reached: {reason}", $"无法连接数据库 {given.Host}:{given.Port}/{given.Database}：{reason}", e);
        }
    }

    internal static NpgsqlConnectionStringBuilder Read(string connection, string option)
    {
        try
        {
            return ConnectionText.Parse(connection);
        }
        catch (Exception e) when (e is ArgumentException or FormatException or UriFormatException)
        {
            throw new StorageProblem(StorageCodes.Unreachable, $"The connection of {option} cannot be read: {e.Message}", $"无法解析 {option} 的连接：{e.Message}", e);
        }
    }

    static async Task<string> AppRoleIn(NpgsqlConnection owner, NpgsqlConnectionStringBuilder given, string dataFolder, CancellationToken ct)
    {
        const string role = DefaultAppRole;
        var file = Path.Combine(Path.GetFullPath(dataFolder), "postgres-app");
        await using var find = new NpgsqlCommand("select exists (select from pg_roles where rolname = $1)", owner) { Parameters = { new() { Value = role } } };
        var there = (bool)(await find.ExecuteScalarAsync(ct))!;
        ClusterSecret? secret;
        try
        {
            secret = ClusterSecret.Read(file);
            if (secret is null && there)
            {
                throw new StorageProblem(StorageCodes.AppRoleSecretElsewhere,
                    $"The role {role} is there already and its password is not in {file}: give its connection with --postgres-app, or copy postgres-app from the data folder of the node that made it.",
                    $"角色 {role} 已存在，但其密码不在 {file} 中：请用 --postgres-app 提供其连接，或从创建它的节点的数据目录复制 postgres-app。");
            }
            if (!there)
            {
                // The role becomes visible when its password is safely kept: a crash between the two leaves the file, and the next start makes the role with it.
                secret ??= ClusterSecret.Random() with { Superuser = "", Owner = "" };
                await using var transaction = await owner.BeginTransactionAsync(ct);
                await using var make = new NpgsqlCommand($"""
                    create role {role} login nosuperuser nobypassrls password '{secret.App}';
                    do $$ begin
                      if not has_database_privilege('{role}', current_database(), 'connect') then execute format('grant connect on database %I to {role}', current_database()); end if;
                    end $$;
                    """, owner);
                await make.ExecuteNonQueryAsync(ct);
                Directory.CreateDirectory(Path.GetDirectoryName(file)!);
                secret.Write(file);
                await transaction.CommitAsync(ct);
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
        return new NpgsqlConnectionStringBuilder(given.ConnectionString) { Username = role, Password = secret!.App, Passfile = null }.ConnectionString;
    }

    public async ValueTask DisposeAsync()
    {
        await App.DisposeAsync();
        await Owner.DisposeAsync();
    }
}
