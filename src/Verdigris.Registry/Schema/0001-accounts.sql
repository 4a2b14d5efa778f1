-- Schemes, as far as the database must know them: who administers one, and the numbers its words have in the Book. What a scheme is stands in its file.
create sequence registry.book_number start 1000 maxvalue 60000;
create sequence registry.asset_number start 100000;
create sequence registry.account_number start 5000001;

create table registry.scheme (
  code text primary key check (code ~ '^[a-z0-9-]{2,40}$'),
  book_class int not null unique default nextval('registry.book_number'),
  -- The organisation whose officers and approvers act for the scheme; none until the market's staff names it.
  administrator_id uuid,
  appointed_by uuid,
  appointed_at timestamptz,
  check ((administrator_id is null) = (appointed_at is null))
);

create function registry.administers(scheme text) returns boolean
language sql stable security definer set search_path = registry, pg_temp as $$
  select exists (select from registry.scheme s where s.code = scheme and s.administrator_id = (select storage.current_organisation()))
$$;

-- Numbers of account and transaction kinds in the Book: given once, never changed.
create table registry.book_word (
  scheme text not null references registry.scheme,
  what text not null check (what in ('account', 'transaction')),
  word text not null,
  number int not null unique default nextval('registry.book_number'),
  primary key (scheme, what, word)
);

create table registry.asset (
  asset int primary key default nextval('registry.asset_number'),
  scheme text not null references registry.scheme,
  unit text not null,
  -- Year or phase; empty where units are alike.
  vintage text not null default '' check (vintage ~ '^[0-9A-Z-]{0,12}$'),
  unique (scheme, unit, vintage)
);

-- An organisation's admission to a scheme: nobody has an account before it.
create table registry.holder (
  id uuid primary key,
  scheme text not null references registry.scheme,
  organisation_id uuid not null,
  -- Applied, admitted, refused, suspended, ended.
  state smallint not null check (state between 0 and 4),
  -- Day by which the papers must be looked at again.
  review_on date,
  reason text check (length(reason) <= 2000),
  task_id uuid,
  applied_by uuid not null,
  applied_at timestamptz not null,
  decided_by uuid,
  decided_at timestamptz,
  row_version int not null default 1,
  unique (scheme, organisation_id),
  check (state <> 1 or (decided_at is not null and review_on is not null)),
  check (decided_by is null or decided_by <> applied_by)
);
create table registry.holder_document (
  id uuid primary key,
  holder_id uuid not null references registry.holder,
  document text not null,
  -- Of a representative; null for the organisation.
  person_id uuid,
  file_name text not null check (length(file_name) between 1 and 200),
  media_type text not null,
  sha256 text not null check (sha256 ~ '^[0-9a-f]{64}$'),
  size_bytes bigint not null,
  valid_until date,
  added_by uuid not null,
  added_at timestamptz not null
);
create index holder_document_of on registry.holder_document (holder_id);
create trigger holder_document_stays before update or delete on registry.holder_document for each row execute function storage.refuse_change();

create table registry.installation (
  id uuid primary key,
  scheme text not null references registry.scheme,
  organisation_id uuid not null,
  name text not null check (length(name) between 1 and 200),
  country text not null check (country ~ '^[A-Z]{2}$'),
  activity text not null check (length(activity) between 1 and 200),
  permit text check (length(permit) between 1 and 60),
  -- The facility whose verified reports count for it.
  facility_id uuid,
  -- Applied, permitted, refused, ended.
  state smallint not null check (state between 0 and 3),
  first_year int not null check (first_year between 2000 and 2100),
  last_year int check (last_year >= first_year),
  task_id uuid,
  reason text check (length(reason) <= 2000),
  written_by uuid not null,
  written_at timestamptz not null,
  decided_by uuid,
  decided_at timestamptz,
  row_version int not null default 1,
  -- Proposed with the application, in force once permitted.
  check (state not in (1, 3) or permit is not null),
  check (decided_by is null or decided_by <> written_by)
);
create unique index installation_permit_once on registry.installation (scheme, permit) where permit is not null and state <> 2;
create index installation_of on registry.installation (organisation_id, scheme);

create table registry.account (
  account bigint primary key,
  number bigint not null unique,
  full_id text not null unique,
  scheme text not null references registry.scheme,
  kind text not null,
  -- The holder; null for the scheme's own accounts.
  organisation_id uuid,
  installation_id uuid references registry.installation,
  name text not null check (length(name) between 1 and 120),
  -- Proposed, pending (sent to the Book), open, closing, closed, refused.
  state smallint not null check (state between 0 and 5),
  -- Whether only trusted accounts may be reached at all.
  trusted_only boolean not null default false,
  task_id uuid,
  reason text check (length(reason) <= 2000),
  opened_by uuid,
  opened_at timestamptz,
  closed_at timestamptz,
  row_version int not null default 1
);
create unique index account_of_installation on registry.account (installation_id, kind) where installation_id is not null and state in (0, 1, 2, 3);
create index account_of_organisation on registry.account (organisation_id, scheme);

create table registry.representative (
  id uuid primary key,
  account bigint not null references registry.account,
  person_id uuid not null,
  -- Initiate, approve, both, surrender only (both), read.
  rights smallint not null check (rights between 0 and 4),
  -- Proposed, active, suspended, removed.
  state smallint not null check (state between 0 and 3),
  task_id uuid,
  reason text check (length(reason) <= 2000),
  written_by uuid not null,
  written_at timestamptz not null,
  decided_by uuid,
  decided_at timestamptz,
  check (decided_by is null or decided_by <> person_id)
);
create unique index representative_once on registry.representative (account, person_id) where state in (0, 1, 2);
create index representative_of on registry.representative (person_id) where state in (0, 1, 2);

create table registry.trusted_account (
  id uuid primary key,
  account bigint not null references registry.account,
  trusted bigint not null references registry.account,
  note text check (length(note) <= 200),
  -- Proposed, waiting (approved, not yet in force), removed, refused. In force: waiting and effective_at has passed.
  state smallint not null check (state between 0 and 3),
  effective_at timestamptz,
  task_id uuid,
  reason text check (length(reason) <= 2000),
  written_by uuid not null,
  written_at timestamptz not null,
  decided_by uuid,
  decided_at timestamptz,
  removed_by uuid,
  removed_at timestamptz,
  check (account <> trusted),
  check ((state = 1) <= (effective_at is not null)),
  check (decided_by is null or decided_by <> written_by)
);
create unique index trusted_once on registry.trusted_account (account, trusted) where state in (0, 1);

create table registry.freezing (
  id uuid primary key,
  scheme text not null references registry.scheme,
  -- An account and the scope of the Book (out, in, both), or a kind of transaction that is stopped in the whole scheme.
  account bigint references registry.account,
  scope smallint check (scope between 1 and 3),
  kind text,
  reason text not null check (length(reason) between 1 and 2000),
  frozen_by uuid not null,
  frozen_at timestamptz not null,
  task_id uuid,
  lifted_by uuid,
  lifted_at timestamptz,
  check ((account is null) = (scope is null)),
  check ((account is null) = (kind is not null)),
  check (lifted_by is null or lifted_by <> frozen_by)
);
create unique index freeze_of_account on registry.freezing (account, scope) where account is not null and lifted_at is null;
create unique index freeze_of_kind on registry.freezing (scheme, kind) where kind is not null and lifted_at is null;

-- Who sees what: an organisation its own, the administrator of a scheme all of the scheme.
alter table registry.holder enable row level security;
create policy holder_own on registry.holder using ((select storage.has_role('system')) or organisation_id = (select storage.current_organisation()) or registry.administers(scheme))
  with check ((select storage.has_role('system')) or organisation_id = (select storage.current_organisation()) or registry.administers(scheme));
alter table registry.holder_document enable row level security;
create policy holder_document_own on registry.holder_document using ((select storage.has_role('system')) or exists (select from registry.holder h where h.id = holder_id))
  with check ((select storage.has_role('system')) or exists (select from registry.holder h where h.id = holder_id));
alter table registry.installation enable row level security;
create policy installation_own on registry.installation using ((select storage.has_role('system')) or organisation_id = (select storage.current_organisation()) or registry.administers(scheme))
  with check ((select storage.has_role('system')) or organisation_id = (select storage.current_organisation()) or registry.administers(scheme));
alter table registry.account enable row level security;
create policy account_own on registry.account using ((select storage.has_role('system')) or organisation_id = (select storage.current_organisation()) or registry.administers(scheme))
  with check ((select storage.has_role('system')) or organisation_id = (select storage.current_organisation()) or registry.administers(scheme));
alter table registry.representative enable row level security;
create policy representative_own on registry.representative using ((select storage.has_role('system')) or exists (select from registry.account a where a.account = representative.account))
  with check ((select storage.has_role('system')) or exists (select from registry.account a where a.account = representative.account));
alter table registry.trusted_account enable row level security;
create policy trusted_account_own on registry.trusted_account using ((select storage.has_role('system')) or exists (select from registry.account a where a.account = trusted_account.account))
  with check ((select storage.has_role('system')) or exists (select from registry.account a where a.account = trusted_account.account));
alter table registry.freezing enable row level security;
create policy freeze_own on registry.freezing using ((select storage.has_role('system')) or registry.administers(scheme) or exists (select from registry.account a where a.account = freezing.account and a.organisation_id = (select storage.current_organisation())))
  with check ((select storage.has_role('system')) or registry.administers(scheme));
create trigger holder_never_deleted before delete on registry.holder for each row execute function storage.refuse_change();
create trigger installation_never_deleted before delete on registry.installation for each row execute function storage.refuse_change();
create trigger account_never_deleted before delete on registry.account for each row execute function storage.refuse_change();
create trigger representative_never_deleted before delete on registry.representative for each row execute function storage.refuse_change();
create trigger trusted_account_never_deleted before delete on registry.trusted_account for each row execute function storage.refuse_change();
create trigger freeze_never_deleted before delete on registry.freezing for each row execute function storage.refuse_change();
