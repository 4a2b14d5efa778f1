using Microsoft.AspNetCore.Identity;
using Npgsql;
using Verdigris.Primitives;
using Verdigris.Storage;

namespace Verdigris.Server;

/// <summary>Where ASP.NET Core Identity keeps passkeys: table <c>server.passkey</c>.</summary>
sealed partial class PersonStore : IUserPasskeyStore<Person>
{
    const string PasskeyColumns = "credential_id, public_key, created_at, sign_count, transports, is_user_verified, is_backup_eligible, is_backed_up, attestation_object, client_data_json, name";

    public async Task AddOrUpdatePasskeyAsync(Person user, UserPasskeyInfo passkey, CancellationToken cancellationToken)
    {
        await using var session = sessions.Open(Actor.System);
        // A key belongs to whoever brought it first: somebody else's is never taken over.
        await session.Execute("""
            insert into server.passkey (credential_id, person_id, name, public_key, created_at, sign_count, transports, is_user_verified, is_backup_eligible, is_backed_up, attestation_object, client_data_json)
            values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
            on conflict (credential_id) do update set sign_count = greatest(passkey.sign_count, excluded.sign_count), is_user_verified = excluded.is_user_verified, is_backed_up = excluded.is_backed_up, last_used_at = $13
            where passkey.person_id = excluded.person_id
            """, cancellationToken, passkey.CredentialId, user.Id, passkey.Name ?? "passkey", passkey.PublicKey, passkey.CreatedAt.UtcDateTime, (long)passkey.SignCount, passkey.Transports ?? [], passkey.IsUserVerified,
            passkey.IsBackupEligible, passkey.IsBackedUp, passkey.AttestationObject, passkey.ClientDataJson, session.Now.ToDateTimeUtc());
    }

    public async Task<IList<UserPasskeyInfo>> GetPasskeysAsync(Person user, CancellationToken cancellationToken)
    {
        await using var session = sessions.Open(Actor.System);
        return await session.Many($"select {PasskeyColumns} from server.passkey where person_id = $1 order by created_at, credential_id", ReadPasskey, cancellationToken, user.Id);
    }

    public async Task<Person?> FindByPasskeyIdAsync(byte[] credentialId, CancellationToken cancellationToken)
    {
        await using var session = sessions.Open(Actor.System);
        var id = await session.One("select person_id from server.passkey where credential_id = $1", r => r.GetGuid(0), cancellationToken, credentialId);
        return id == Guid.Empty ? null : await FindByIdAsync(id.ToString(), cancellationToken);
    }

    public async Task<UserPasskeyInfo?> FindPasskeyAsync(Person user, byte[] credentialId, CancellationToken cancellationToken)
    {
        await using var session = sessions.Open(Actor.System);
        return await session.One($"select {PasskeyColumns} from server.passkey where person_id = $1 and credential_id = $2", ReadPasskey, cancellationToken, user.Id, credentialId);
    }

    public async Task RemovePasskeyAsync(Person user, byte[] credentialId, CancellationToken cancellationToken)
    {
        await using var session = sessions.Open(Actor.System);
        await session.Execute("delete from server.passkey where person_id = $1 and credential_id = $2", cancellationToken, user.Id, credentialId);
    }

    static UserPasskeyInfo ReadPasskey(NpgsqlDataReader r) => new(r.GetFieldValue<byte[]>(0), r.GetFieldValue<byte[]>(1), new DateTimeOffset(r.GetDateTime(2), TimeSpan.Zero), checked((uint)r.GetInt64(3)), r.GetFieldValue<string[]>(4),
        r.GetBoolean(5), r.GetBoolean(6), r.GetBoolean(7), r.GetFieldValue<byte[]>(8), r.GetFieldValue<byte[]>(9))
    {
        Name = r.GetString(10),
    };
}
