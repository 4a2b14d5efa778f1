using Verdigris.Primitives;
using Verdigris.Storage;

namespace Verdigris.Server;

/// <summary>The account: everything goes but the row with the id. What other people were told about the person says the pseudonym from then on.</summary>
sealed class AccountPersonalData : IPersonalData
{
    static readonly (string Name, string Sql)[] Tables =
    [
        ("account", "select id, sign_in_name, display_name, state, created_at, last_sign_in_at, erased_at from server.person where id = $1"),
        ("memberships", "select organisation_id, roles, changed_at from server.membership where person_id = $1 order by 1"),
        ("delegations", "select d.principal_id, d.agent_id, d.roles, p.added_at, d.until, d.ended_at from server.delegation_person p join server.delegation d on d.id = p.delegation_id where p.person_id = $1 order by p.added_at"),
        ("sessions", "select created_at, last_seen_at, address, device, ended_at from server.session where person_id = $1 order by created_at"),
        ("invitations", "select organisation_id, created_at, expires_at, used_at from server.invitation where person_id = $1 order by created_at"),
        ("recoveries", "select created_at, expires_at, used_at from server.recovery where person_id = $1 order by created_at"),
        ("second-step", "select since from server.second_step where person_id = $1"),
        ("passkeys", "select name, created_at, last_used_at, transports from server.passkey where person_id = $1 order by created_at"),
        ("accounts-elsewhere", "select issuer, subject, label, linked_at, last_used_at from server.outside_account where person_id = $1 order by linked_at"),
        ("notices", "select kind, text_key, text_args, link_path, at, read_at from server.notice where person_id = $1 order by id"),
        ("notice-preferences", "select kind, in_app, mailed from server.notice_preference where person_id = $1 order by kind"),
        ("notice-language", "select language from server.notice_language where person_id = $1"),
        ("letters", "select address, subject, case when holds_key then null else body end as body, state, created_at, sent_at from server.mail where person_id = $1 order by created_at"),
        ("machine-clients", "select client_id, organisation_id, name, created_at, expires_at, revoked_at from server.client where created_by = $1 order by created_at"),
        ("applications", "select a.id, a.name, a.contact_name, a.contact_address, a.state, a.created_at from server.application a join server.person p on lower(p.sign_in_name) = lower(a.contact_address) where p.id = $1 order by a.id"),
    ];

    /// <summary>What only the person needs. Clearing text that was written to others comes after, name by name.</summary>
    static readonly string[] Removals =
    [
        "delete from server.second_step where person_id = $1",
        "delete from server.recovery_code where person_id = $1",
        "delete from server.passkey where person_id = $1",
        "delete from server.outside_account where person_id = $1",
        "delete from server.session where person_id = $1",
        "delete from server.invitation where person_id = $1",
        "delete from server.recovery where person_id = $1",
        "delete from server.notice where person_id = $1",
        "delete from server.notice_preference where person_id = $1",
        "delete from server.notice_language where person_id = $1",
        "delete from server.mail where person_id = $1",
        "delete from server.delegation_person where person_id = $1",
        "delete from server.membership where person_id = $1",
        "delete from server.idempotent_request where actor = $1",
        "update server.credential set password_hash = null, security_stamp = gen_random_uuid()::text, lockout_end = null, failed_count = 0 where person_id = $1",
        """
        update server.person set sign_in_name = 'erased-' || id, normalized_name = upper('erased-' || id), display_name = storage.pseudonym(id), state = 'disabled', last_sign_in_at = null, erased_at = coalesce(erased_at, now())
        where id = $1
        """,
    ];

    static readonly string[] Rewritings =
    [
        "update server.application set contact_name = storage.pseudonym($1), contact_address = 'erased-' || $1 where lower(contact_address) = lower($2)",
        "delete from server.mail where lower(address) = lower($2)",
        "update server.mail set subject = replace(subject, $2, storage.pseudonym($1)), body = replace(body, $2, storage.pseudonym($1)) where position($2 in subject || ' ' || body) > 0",
        "update server.notice set text_args = replace(text_args::text, to_jsonb($2::text)::text, to_jsonb(storage.pseudonym($1))::text)::jsonb where position(to_jsonb($2::text)::text in text_args::text) > 0",
        "update server.webhook_delivery set payload = replace(payload, $2, storage.pseudonym($1)) where position($2 in payload) > 0",
        "delete from server.idempotent_request where position(convert_to($2, 'UTF8') in body) > 0",
    ];

    public Task<IReadOnlyList<PersonalTable>> Export(DbSession s, DataSubject subject, CancellationToken ct) => PersonalTables.OfRoom(s, "server", Tables, subject.Id, ct);

    public async Task Erase(DbSession s, DataSubject subject, CancellationToken ct)
    {
        foreach (var sql in Removals) await s.Execute(sql, ct, subject.Id);
        foreach (var name in subject.Names)
            foreach (var sql in Rewritings) await s.Execute(sql, ct, subject.Id, name);
    }

    /// <summary>The person with every name known; null where there is none.</summary>
    public static async Task<DataSubject?> Find(DbSession s, Guid person, CancellationToken ct)
    {
        var names = await s.Many("select display_name from server.person where id = $1 union select sign_in_name from server.person where id = $1 union select * from storage.names_of($1) order by 1", r => r.GetString(0), ct, person);
        return await s.One("select id from server.person where id = $1", r => r.GetGuid(0), ct, person) == Guid.Empty ? null : new(person, names);
    }
}
