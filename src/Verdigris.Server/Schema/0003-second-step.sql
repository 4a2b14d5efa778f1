-- The second step of signing in. The secret is sealed by the server's own keys, so that a copy of the database makes no codes.
create table server.second_step (
  person_id uuid primary key references server.person,
  secret_sealed text not null,
  since timestamptz not null,
  -- A code works once: the last step of time that was used.
  last_step bigint not null
);
-- For a lost phone: each works once.
create table server.recovery_code (
  person_id uuid not null references server.person,
  code_sha256 bytea not null check (octet_length(code_sha256) = 32),
  used_at timestamptz,
  primary key (person_id, code_sha256)
);
alter table server.second_step enable row level security;
alter table server.recovery_code enable row level security;
create policy system_only on server.second_step using (storage.is_system());
create policy system_only on server.recovery_code using (storage.is_system());
