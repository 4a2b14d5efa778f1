-- Organisations that ask to take part. Who applies has no sign-in: a secret link shows how it stands.

create table server.application (
  id uuid primary key,
  token_sha256 bytea not null unique check (octet_length(token_sha256) = 32),
  -- The same link sealed by the server's own keys, for later letters.
  token_sealed text not null,
  kind text not null check (kind in ('producer', 'warehouse', 'owner', 'verifier', 'other')),
  name text not null check (length(name) between 1 and 200),
  name_zh text check (length(name_zh) between 1 and 200),
  country text not null check (country ~ '^[A-Z]{2}$'),
  lei text check (lei ~ '^[0-9A-Z]{18}[0-9]{2}$'),
  registration_no text not null check (length(registration_no) between 1 and 60),
  contact_name text not null check (length(contact_name) between 1 and 200),
  contact_address text not null check (length(contact_address) between 3 and 200),
  language text not null check (language in ('en', 'zh')),
  state smallint not null check (state between 0 and 4),
  created_at timestamptz not null,
  changed_at timestamptz not null,
  organisation_id uuid,
  check ((state = 2) = (organisation_id is not null))
);
create index application_by_state on server.application (state, id desc);

create table server.application_file (
  id uuid primary key,
  application_id uuid not null references server.application,
  file_name text not null check (length(file_name) between 1 and 200),
  media_type text not null,
  size_bytes bigint not null check (size_bytes > 0),
  sha256 text not null check (sha256 ~ '^[0-9a-f]{64}$'),
  added_at timestamptz not null,
  unique (application_id, sha256)
);

create table server.application_step (
  application_id uuid not null references server.application,
  seq int not null check (seq > 0),
  event text not null,
  state smallint not null check (state between 0 and 4),
  -- What the other side reads.
  note text check (length(note) <= 2000),
  -- Null: the applicant, or the system.
  person uuid,
  at timestamptz not null,
  primary key (application_id, seq)
);
create trigger never_changed before update or delete on server.application_step for each row execute function storage.refuse_change();

alter table server.application enable row level security;
alter table server.application_file enable row level security;
alter table server.application_step enable row level security;
create policy staff_or_system on server.application using (storage.is_system() or storage.has_role('exchange.staff'));
create policy staff_or_system on server.application_file using (storage.is_system() or storage.has_role('exchange.staff'));
create policy staff_or_system on server.application_step using (storage.is_system() or storage.has_role('exchange.staff'));

-- Letters also go to people who have no sign-in here.
alter table server.mail alter column person_id drop not null;
