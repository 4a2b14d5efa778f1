-- Machine clients: scopes that name an area of the API, a second secret while one takes over from the other, and reminders of their end.
alter table server.client drop constraint client_scopes_check;
alter table server.client add constraint client_scopes_check
  check (cardinality(scopes) > 0 and array_to_string(scopes, ' ') ~ '^(read|write|[a-z-]+:(read|write))( (read|write|[a-z-]+:(read|write)))*$');
alter table server.client
  add column old_secret_sha256 bytea check (octet_length(old_secret_sha256) = 32),
  add column old_secret_until timestamptz,
  add column old_secret_used_at timestamptz,
  add constraint client_old_secret_check check ((old_secret_sha256 is null) = (old_secret_until is null));

-- Reminders sent: each stage of each end once.
create table server.client_told (
  client uuid not null references server.client,
  expires_at timestamptz not null,
  -- Days before the end; 0 once it is past.
  stage int not null check (stage >= 0),
  told_at timestamptz not null,
  primary key (client, expires_at, stage)
);
alter table server.client_told enable row level security;
create policy system_only on server.client_told using (storage.is_system());
