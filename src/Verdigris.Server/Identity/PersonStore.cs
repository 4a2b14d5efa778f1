using Microsoft.AspNetCore.Identity;
using NodaTime;
using Npgsql;
using Verdigris.Primitives;
using Verdigris.Storage;

namespace Verdigris.Server;

/// <summary>
/// Where ASP.NET Core Identity keeps people: tables <c>server.person</c> and <c>server.credential</c>, in the system's own sessions (nobody is
/// signed in yet when a password is checked). Membership and invitations are kept by <see cref="PeopleStore"/>.
/// </summary>
sealed partial class PersonStore(IDbSessions sessions) : IUserPasswordStore<Person>, IUserSecurityStampStore<Person>, IUserLockoutStore<Person>
{
    const string Columns = "p.id, p.sign_in_name, p.normalized_name, p.display_name, p.state, p.created_at, p.last_sign_in_at, c.password_hash, c.security_stamp, c.lockout_end, c.failed_count";

    public async Task<IdentityResult> CreateAsync(Person user, CancellationToken cancellationToken)
    {
        await using var session = sessions.Open(Actor.System);
        return await session.InTransaction(async ct =>
        {
            var made = await session.Execute("insert into server.person (id, sign_in_name, normalized_name, display_name, state, created_at) values ($1, $2, $3, $4, $5, $6) on conflict (normalized_name) do nothing", ct,
                user.Id, user.SignInName, user.NormalizedName, user.DisplayName, Text(user.State), user.CreatedAt.ToDateTimeUtc());
            if (made == 0) return IdentityResult.Failed(new IdentityError { Code = "DuplicateUserName", Description = user.SignInName });
            await session.Execute("insert into server.credential (person_id, password_hash, security_stamp) values ($1, $2, $3)", ct, user.Id, user.PasswordHash, user.SecurityStamp);
            return IdentityResult.Success;
        }, cancellationToken);
    }

    public async Task<IdentityResult> UpdateAsync(Person user, CancellationToken cancellationToken)
    {
        await using var session = sessions.Open(Actor.System);
        await session.InTransaction(async ct =>
        {
            await session.Execute("update server.person set sign_in_name = $2, normalized_name = $3, display_name = $4, state = $5, last_sign_in_at = $6 where id = $1", ct,
                user.Id, user.SignInName, user.NormalizedName, user.DisplayName, Text(user.State), user.LastSignInAt?.ToDateTimeUtc());
            // Lockout and count are written where they change: a guess under way elsewhere must not put an old value back.
            await session.Execute("update server.credential set password_hash = $2, security_stamp = $3 where person_id = $1", ct, user.Id, user.PasswordHash, user.SecurityStamp);
        }, cancellationToken);
        return IdentityResult.Success;
    }

    /// <summary>People are never deleted: the audit trail names them. They are disabled.</summary>
    public Task<IdentityResult> DeleteAsync(Person user, CancellationToken cancellationToken) =>
        Task.FromResult(IdentityResult.Failed(new IdentityError { Code = "NotDeletable", Description = "People are disabled, not deleted." }));

    public Task<Person?> FindByIdAsync(string userId, CancellationToken cancellationToken) =>
        Guid.TryParse(userId, out var id) ? Find("p.id = $1", id, cancellationToken) : Task.FromResult<Person?>(null);

    public Task<Person?> FindByNameAsync(string normalizedUserName, CancellationToken cancellationToken) => Find("p.normalized_name = $1", normalizedUserName, cancellationToken);

    async Task<Person?> Find(string condition, object value, CancellationToken ct)
    {
        await using var session = sessions.Open(Actor.System);
        return await session.One($"select {Columns} from server.person p join server.credential c on c.person_id = p.id where {condition}", Read, ct, value);
    }

    static Person Read(NpgsqlDataReader row) => new()
    {
        Id = row.GetGuid(0),
        SignInName = row.GetString(1),
        NormalizedName = row.GetString(2),
        DisplayName = row.GetString(3),
        State = Enum.Parse<PersonState>(row.GetString(4), ignoreCase: true),
        CreatedAt = row.Moment(5),
        LastSignInAt = row.MomentOrNull(6),
        PasswordHash = row.IsDBNull(7) ? null : row.GetString(7),
        SecurityStamp = row.GetString(8),
        LockoutEnd = row.IsDBNull(9) ? null : new DateTimeOffset(row.GetDateTime(9), TimeSpan.Zero),
        FailedCount = row.GetInt32(10),
    };

    static string Text(PersonState state) => state.ToString().ToLowerInvariant();

    public Task<string> GetUserIdAsync(Person user, CancellationToken cancellationToken) => Task.FromResult(user.Id.ToString());
    public Task<string?> GetUserNameAsync(Person user, CancellationToken cancellationToken) => Task.FromResult<string?>(user.SignInName);
    public Task<string?> GetNormalizedUserNameAsync(Person user, CancellationToken cancellationToken) => Task.FromResult<string?>(user.NormalizedName);
    public Task<string?> GetPasswordHashAsync(Person user, CancellationToken cancellationToken) => Task.FromResult(user.PasswordHash);
    public Task<bool> HasPasswordAsync(Person user, CancellationToken cancellationToken) => Task.FromResult(user.PasswordHash is not null);
    public Task<string?> GetSecurityStampAsync(Person user, CancellationToken cancellationToken) => Task.FromResult<string?>(user.SecurityStamp);
    public Task<DateTimeOffset?> GetLockoutEndDateAsync(Person user, CancellationToken cancellationToken) => Task.FromResult(user.LockoutEnd);
    public Task<int> GetAccessFailedCountAsync(Person user, CancellationToken cancellationToken) => Task.FromResult(user.FailedCount);
    public Task<bool> GetLockoutEnabledAsync(Person user, CancellationToken cancellationToken) => Task.FromResult(true);

    public Task SetLockoutEnabledAsync(Person user, bool enabled, CancellationToken cancellationToken) => Task.CompletedTask; // always on
    public Task SetUserNameAsync(Person user, string? userName, CancellationToken cancellationToken) => Set(() => user.SignInName = userName ?? "");
    public Task SetNormalizedUserNameAsync(Person user, string? normalizedName, CancellationToken cancellationToken) => Set(() => user.NormalizedName = normalizedName ?? "");
    public Task SetPasswordHashAsync(Person user, string? passwordHash, CancellationToken cancellationToken) => Set(() => user.PasswordHash = passwordHash);
    public Task SetSecurityStampAsync(Person user, string stamp, CancellationToken cancellationToken) => Set(() => user.SecurityStamp = stamp);

    public async Task SetLockoutEndDateAsync(Person user, DateTimeOffset? lockoutEnd, CancellationToken cancellationToken)
    {
        user.LockoutEnd = lockoutEnd;
        await using var session = sessions.Open(Actor.System);
        await session.Execute("update server.credential set lockout_end = $2 where person_id = $1", cancellationToken, user.Id, lockoutEnd?.UtcDateTime);
    }

    public async Task ResetAccessFailedCountAsync(Person user, CancellationToken cancellationToken)
    {
        user.FailedCount = 0;
        await using var session = sessions.Open(Actor.System);
        await session.Execute("update server.credential set failed_count = 0 where person_id = $1 and failed_count <> 0", cancellationToken, user.Id);
    }

    /// <summary>Counts in the database, so that guesses made at once are all counted.</summary>
    public async Task<int> IncrementAccessFailedCountAsync(Person user, CancellationToken cancellationToken)
    {
        await using var session = sessions.Open(Actor.System);
        user.FailedCount = await session.One("update server.credential set failed_count = failed_count + 1 where person_id = $1 returning failed_count", r => r.GetInt32(0), cancellationToken, user.Id);
        return user.FailedCount;
    }

    static Task Set(Action change)
    {
        change();
        return Task.CompletedTask;
    }

    public void Dispose() { }
}
