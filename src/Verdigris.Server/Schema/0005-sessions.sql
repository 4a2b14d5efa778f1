-- Sign-ins that hold: each browser's session, so that its owner can see and end it.
create table server.session (
  id uuid primary key,
  person_id uuid not null references server.person,
  created_at timestamptz not null,
  last_seen_at timestamptz not null,
  address text not null check (length(address) <= 60),
  -- What the browser says of itself.
  device text not null check (length(device) <= 300),
  ended_at timestamptz,
  check (last_seen_at >= created_at)
);
create index session_by_person on server.session (person_id, last_seen_at desc);

-- A link by which who forgot the password sets a new one, once.
create table server.recovery (
  token_sha256 bytea primary key check (octet_length(token_sha256) = 32),
  person_id uuid not null references server.person,
  created_at timestamptz not null,
  expires_at timestamptz not null check (expires_at > created_at),
  used_at timestamptz
);
create index recovery_by_person on server.recovery (person_id, created_at desc);

-- A letter with a key in it is emptied as soon as it has gone.
alter table server.mail add column holds_key boolean not null default false;

alter table server.session enable row level security;
alter table server.recovery enable row level security;
create policy own_or_system on server.session for select using (storage.is_system() or person_id = storage.current_person());
create policy write_by_system on server.session using (storage.is_system());
create policy system_only on server.recovery using (storage.is_system());
