-- People, what they may do where, and the machines that act for an organisation. Organisations themselves live in another room: here is only their id.

create table server.person (
  id uuid primary key,
  sign_in_name text not null check (length(sign_in_name) between 3 and 200),
  normalized_name text not null unique,
  display_name text not null check (length(display_name) between 1 and 200),
  state text not null check (state in ('invited', 'active', 'disabled')),
  created_at timestamptz not null,
  last_sign_in_at timestamptz
);

-- What proves a person. Only the system's own sessions read it.
create table server.credential (
  person_id uuid primary key references server.person,
  password_hash text,
  security_stamp text not null,
  lockout_end timestamptz,
  failed_count int not null default 0 check (failed_count >= 0)
);

create table server.membership (
  person_id uuid not null references server.person,
  organisation_id uuid not null,
  roles text[] not null,
  changed_at timestamptz not null,
  changed_by uuid not null,
  primary key (person_id, organisation_id),
  check (not (roles && array['system']))
);
create index membership_by_organisation on server.membership (organisation_id, person_id);

-- A link that lets a person set a password, once.
create table server.invitation (
  token_sha256 bytea primary key check (octet_length(token_sha256) = 32),
  person_id uuid not null references server.person,
  organisation_id uuid not null,
  created_by uuid not null,
  created_at timestamptz not null,
  expires_at timestamptz not null check (expires_at > created_at),
  used_at timestamptz
);
create index invitation_by_person on server.invitation (person_id);

create table server.client (
  id uuid primary key,
  client_id text not null unique check (client_id ~ '^vd_[a-z0-9]{16}$'),
  organisation_id uuid not null,
  name text not null check (length(name) between 1 and 100),
  secret_sha256 bytea not null check (octet_length(secret_sha256) = 32),
  roles text[] not null check (not (roles && array['system', 'administrator'])),
  scopes text[] not null check (scopes <@ array['read', 'write'] and cardinality(scopes) > 0),
  created_by uuid not null,
  created_at timestamptz not null,
  expires_at timestamptz not null,
  revoked_at timestamptz,
  revoked_by uuid,
  last_used_at timestamptz,
  check ((revoked_at is null) = (revoked_by is null))
);
create index client_by_organisation on server.client (organisation_id, created_at desc);

create table server.token (
  token_sha256 bytea primary key check (octet_length(token_sha256) = 32),
  client uuid not null references server.client,
  scopes text[] not null,
  issued_at timestamptz not null,
  expires_at timestamptz not null check (expires_at > issued_at),
  revoked_at timestamptz
);
create index token_by_client on server.token (client);
create index token_by_expiry on server.token (expires_at);

alter table server.person enable row level security;
alter table server.credential enable row level security;
alter table server.membership enable row level security;
alter table server.invitation enable row level security;
alter table server.client enable row level security;
alter table server.token enable row level security;

create policy system_only on server.credential using (storage.is_system());
create policy system_only on server.invitation using (storage.is_system());
create policy system_only on server.token using (storage.is_system());

create policy own_or_system on server.membership for select
  using (storage.is_system() or person_id = storage.current_person() or organisation_id = storage.current_organisation());
create policy write_by_system on server.membership using (storage.is_system());

create policy colleague_or_system on server.person for select
  using (storage.is_system() or id = storage.current_person()
    or exists (select from server.membership m where m.person_id = id and m.organisation_id = storage.current_organisation()));
create policy write_by_system on server.person using (storage.is_system());

create policy own_or_system on server.client
  using (storage.is_system() or (organisation_id = storage.current_organisation() and storage.has_role('administrator')));

-- Called when a second administrator has approved. Runs as the owner, so it checks for itself who decides.
create function server.give_administrator(person uuid, organisation uuid, at timestamptz) returns boolean
language plpgsql security definer set search_path = pg_catalog as $$
begin
  if not storage.has_role('administrator') or storage.current_person() is null or storage.current_person() = person then
    raise exception 'administrator rights are given by another administrator' using errcode = 'insufficient_privilege';
  end if;
  update server.membership m
    set roles = (select array_agg(distinct r order by r) from unnest(m.roles || array['administrator']) r), changed_at = at, changed_by = storage.current_person()
    where m.person_id = person and m.organisation_id = organisation;
  return found;
end
$$;
