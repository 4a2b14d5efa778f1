-- Energy certificates: a certificate is a megawatt-hour somebody else has registered, held in the Book and cancelled once.
-- A series is a registry with the marks its numbers stand behind; numbers are unique in it.
create table footprint.energy_series (
  id int generated always as identity primary key,
  registry text not null check (length(registry) between 1 and 20),
  prefix text not null check (length(prefix) <= 30),
  unique (registry, prefix)
);

-- Where a facility's certificates lie in the Book.
create sequence footprint.energy_account_number start 3000000000;
create table footprint.energy_account (
  account bigint primary key,
  facility_id uuid not null unique references footprint.facility,
  operator_id uuid not null,
  state text not null check (state in ('pending', 'open'))
);
alter table footprint.energy_account enable row level security;
create policy energy_account_own on footprint.energy_account using ((select storage.has_role('system')) or operator_id = (select storage.current_organisation()))
  with check ((select storage.has_role('system')) or operator_id = (select storage.current_organisation()));

-- The next serial of the Book to give out.
create table footprint.energy_serial (only_one boolean primary key default true check (only_one), next bigint not null check (next >= 1));

create table footprint.energy_block (
  id uuid primary key,
  facility_id uuid not null references footprint.facility,
  operator_id uuid not null,
  series_id int not null references footprint.energy_series,
  first_no bigint not null check (first_no >= 1),
  last_no bigint not null check (last_no >= first_no),
  kind smallint not null check (kind between 0 and 6),
  factor_t_per_mwh numeric(12, 6) not null check (factor_t_per_mwh between 0 and 10),
  produced_from date not null,
  produced_to date not null check (produced_to >= produced_from),
  issuer text not null check (length(issuer) between 1 and 200),
  country text not null check (country ~ '^[A-Z]{2}$'),
  serial_first bigint not null unique check (serial_first >= 1),
  -- Pending, registered, refused by the Book.
  state smallint not null check (state between 0 and 2),
  book_code text,
  registered_by uuid not null,
  registered_at timestamptz not null,
  check ((state = 2) = (book_code is not null)),
  -- Every number is registered once, by whomever.
  constraint energy_registered_once exclude using gist (int4range(series_id, series_id, '[]') with &&, int8range(first_no, last_no, '[]') with &&) where (state <> 2)
);
create index energy_block_by_facility on footprint.energy_block (facility_id, id);
create trigger energy_block_never_deleted before delete on footprint.energy_block for each row execute function storage.refuse_change();
create trigger energy_block_stays before update of facility_id, operator_id, series_id, first_no, last_no, kind, factor_t_per_mwh, produced_from, produced_to, issuer, country, serial_first on footprint.energy_block for each row execute function storage.refuse_change();
alter table footprint.energy_block enable row level security;
create policy energy_block_read on footprint.energy_block for select using (
  (select storage.has_role('system')) or operator_id = (select storage.current_organisation()) or exists (select from footprint.facility f where f.id = facility_id));
create policy energy_block_add on footprint.energy_block for insert with check (
  (select storage.has_role('system')) or (state = 0 and operator_id = (select storage.current_organisation()) and exists (select from footprint.facility f where f.id = facility_id and f.operator_id = energy_block.operator_id)));
create policy energy_block_change on footprint.energy_block for update using ((select storage.has_role('system')));

create table footprint.energy_use (
  id uuid primary key,
  block_id uuid not null references footprint.energy_block,
  report_id uuid not null references footprint.report,
  facility_id uuid not null,
  operator_id uuid not null,
  period_from date not null,
  period_to date not null,
  first_no bigint not null,
  last_no bigint not null check (last_no >= first_no),
  serial_first bigint not null,
  serial_last bigint not null check (serial_last - serial_first = last_no - first_no),
  -- Pending, cancelled, refused by the Book.
  state smallint not null check (state between 0 and 2),
  book_code text,
  used_by uuid not null,
  used_at timestamptz not null,
  check ((state = 2) = (book_code is not null)),
  -- Every megawatt-hour is used once.
  constraint energy_used_once exclude using gist (int8range(serial_first, serial_last, '[]') with &&) where (state <> 2)
);
create index energy_use_by_period on footprint.energy_use (facility_id, period_from, period_to);
create trigger energy_use_never_deleted before delete on footprint.energy_use for each row execute function storage.refuse_change();
create trigger energy_use_stays before update of block_id, report_id, facility_id, operator_id, period_from, period_to, first_no, last_no, serial_first, serial_last on footprint.energy_use for each row execute function storage.refuse_change();
alter table footprint.energy_use enable row level security;
create policy energy_use_read on footprint.energy_use for select using (
  (select storage.has_role('system')) or operator_id = (select storage.current_organisation()) or exists (select from footprint.facility f where f.id = facility_id));
create policy energy_use_add on footprint.energy_use for insert with check (
  (select storage.has_role('system')) or (state = 0 and operator_id = (select storage.current_organisation())));
create policy energy_use_change on footprint.energy_use for update using ((select storage.has_role('system')));
