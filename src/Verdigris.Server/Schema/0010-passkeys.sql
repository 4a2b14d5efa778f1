-- Passkeys (Web Authentication): the public half of a key that never leaves its device.
create table server.passkey (
  credential_id bytea primary key check (octet_length(credential_id) between 1 and 1023),
  person_id uuid not null references server.person,
  name text not null check (length(name) between 1 and 100),
  public_key bytea not null,
  created_at timestamptz not null,
  last_used_at timestamptz,
  sign_count bigint not null check (sign_count >= 0),
  transports text[] not null,
  is_user_verified boolean not null,
  is_backup_eligible boolean not null,
  is_backed_up boolean not null,
  attestation_object bytea not null,
  client_data_json bytea not null
);
create index passkey_by_person on server.passkey (person_id);

-- Challenges that were answered: each counts once.
create table server.passkey_answered (
  ticket_sha256 bytea primary key check (octet_length(ticket_sha256) = 32),
  at timestamptz not null
);

alter table server.passkey enable row level security;
alter table server.passkey_answered enable row level security;
create policy system_only on server.passkey using (storage.is_system());
create policy system_only on server.passkey_answered using (storage.is_system());
