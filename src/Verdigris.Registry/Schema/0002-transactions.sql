-- The printed id of any account: both sides of a transaction see where it went, though not the account behind it.
create function registry.account_id(account bigint) returns text
language sql stable security definer set search_path = registry, pg_temp as $$
  select a.full_id from registry.account a where a.account = account_id.account
$$;

-- What moves between accounts. The Book moves it; here is who asked, who agreed, why, and when it is carried out.
create table registry.transaction (
  id uuid primary key,
  scheme text not null references registry.scheme,
  kind text not null,
  code text not null,
  asset int not null references registry.asset,
  quantity bigint not null check (quantity >= 1),
  from_account bigint not null references registry.account,
  to_account bigint not null references registry.account,
  from_organisation uuid,
  to_organisation uuid,
  -- Proposed (held in the Book, waits for the second person), pending (sent to the Book), delayed, completed, rejected, cancelled, terminated (the Book refused), reversed.
  state smallint not null check (state between 0 and 7),
  trusted boolean not null default false,
  executes_at timestamptz,
  cancel_until timestamptz,
  -- The year of emissions a surrender or an allocation is for; the installation.
  year int check (year between 2000 and 2100),
  installation_id uuid references registry.installation,
  reverses uuid references registry.transaction,
  reason text check (length(reason) <= 2000),
  refusal text check (length(refusal) <= 2000),
  book_code text,
  task_id uuid,
  proposed_by uuid not null,
  proposed_at timestamptz not null,
  decided_by uuid,
  decided_at timestamptz,
  finished_at timestamptz,
  row_version int not null default 1,
  check (decided_by is null or state in (4, 5) or decided_by <> proposed_by),
  check (state <> 2 or executes_at is not null)
);
create unique index transaction_reversed_once on registry.transaction (reverses) where reverses is not null and state in (0, 1, 2, 3);
create index transaction_from on registry.transaction (from_account, id);
create index transaction_to on registry.transaction (to_account, id);
create index transaction_of_scheme on registry.transaction (scheme, id);
create index transaction_waiting on registry.transaction (executes_at) where state = 2;
create index transaction_of_year on registry.transaction (installation_id, year, kind) where installation_id is not null;
create trigger transaction_never_deleted before delete on registry.transaction for each row execute function storage.refuse_change();
create trigger transaction_stays before update of scheme, kind, code, asset, quantity, from_account, to_account, year, installation_id, reverses, proposed_by, proposed_at on registry.transaction for each row execute function storage.refuse_change();
alter table registry.transaction enable row level security;
create policy transaction_read on registry.transaction for select using ((select storage.has_role('system')) or from_organisation = (select storage.current_organisation()) or to_organisation = (select storage.current_organisation()) or registry.administers(scheme));
create policy transaction_add on registry.transaction for insert with check ((select storage.has_role('system')) or (state = 0 and (from_organisation = (select storage.current_organisation()) or registry.administers(scheme))));
create policy transaction_change on registry.transaction for update using ((select storage.has_role('system')) or from_organisation = (select storage.current_organisation()) or registry.administers(scheme));

-- The runs of serials a transaction moves: for those who may see serials, and so that a reversal brings back the same units.
create table registry.transaction_block (
  transaction_id uuid not null references registry.transaction,
  place int not null,
  first bigint not null check (first >= 1),
  last bigint not null check (last >= first),
  primary key (transaction_id, place)
);
alter table registry.transaction_block enable row level security;
create policy transaction_block_authority on registry.transaction_block using ((select storage.has_role('system')) or exists (select from registry.transaction t where t.id = transaction_id and registry.administers(t.scheme)))
  with check ((select storage.has_role('system')) or exists (select from registry.transaction t where t.id = transaction_id and registry.administers(t.scheme)));
create trigger transaction_block_stays before update or delete on registry.transaction_block for each row execute function storage.refuse_change();
