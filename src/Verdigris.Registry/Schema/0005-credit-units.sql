-- Units of crediting programmes. Who holds which unit stands in the Book; here is what a unit is of, and why it moved.

-- A run of counting has a number; a unit's serial in the Book is that number times 10^10, and the number printed for it. So runs never meet.
create table registry.credit_series (
  number bigint primary key generated always as identity check (number between 1 and 900000000),
  unit text not null,
  series text not null check (length(series) <= 200),
  unique (unit, series)
);

-- What the units of a block have in common. First and last are serials of the Book.
create table registry.credit_block (
  unit text not null,
  first bigint not null check (first >= 1),
  last bigint not null check (last >= first),
  grammar text not null,
  parts text[] not null,
  project_id uuid not null references registry.credit_project,
  vintage_from date,
  vintage_to date check (vintage_to >= vintage_from),
  issued_on date,
  -- Null: the registry's export does not say.
  labels text[],
  authorised_for text[],
  adjusted boolean,
  issuance_id uuid,
  import_id uuid,
  primary key (unit, first),
  check ((issuance_id is null) <> (import_id is null))
);
create index credit_block_of_project on registry.credit_block (project_id, unit, first);

create table registry.credit_issuance (
  id uuid primary key,
  project_id uuid not null references registry.credit_project,
  period_id uuid not null unique references registry.credit_period,
  programme text not null references registry.credit_programme,
  unit text not null,
  number int not null,
  to_project bigint not null check (to_project >= 1),
  to_buffer bigint not null check (to_buffer >= 0),
  to_adaptation bigint not null check (to_adaptation >= 0),
  to_mitigation bigint not null check (to_mitigation >= 0),
  -- Pending, done, refused by the Book.
  state smallint not null check (state between 1 and 3),
  book_code text,
  issued_on date not null,
  issued_by uuid not null,
  issued_at timestamptz not null,
  unique (programme, number)
);

create sequence registry.credit_account_number start 6000000001;
create table registry.credit_account (
  account bigint primary key,
  organisation_id uuid not null unique,
  state text not null check (state in ('pending', 'open'))
);
alter table registry.credit_account enable row level security;
create policy credit_account_read on registry.credit_account for select using ((select storage.has_role('system')) or organisation_id = (select storage.current_organisation()));
create policy credit_account_add on registry.credit_account for insert with check ((select storage.has_role('system')) or (state = 'pending' and organisation_id = (select storage.current_organisation())));
create policy credit_account_change on registry.credit_account for update using ((select storage.has_role('system')));

create table registry.credit_order (
  id uuid primary key,
  organisation_id uuid not null,
  -- Transfer, retire, cancel, convert, immobilise, release, reverse (of the buffer, by the programme), replenish.
  kind smallint not null check (kind between 0 and 7),
  unit text not null,
  first bigint not null check (first >= 1),
  last bigint not null check (last >= first),
  to_organisation uuid,
  beneficiary text check (length(beneficiary) <= 200),
  reason text check (length(reason) <= 60),
  purpose text check (length(purpose) <= 1000),
  -- What immobilised units stand behind, what converted units became.
  instrument text check (length(instrument) <= 200),
  -- Proposed, waiting for the receiver (held in the Book), pending, done, refused by the Book, turned down.
  state smallint not null check (state between 0 and 5),
  book_code text,
  answer text check (length(answer) <= 2000),
  task_id uuid,
  ordered_by uuid not null,
  ordered_at timestamptz not null,
  decided_by uuid,
  decided_at timestamptz,
  row_version int not null default 1,
  check ((kind = 0) = (to_organisation is not null)),
  check (to_organisation is distinct from organisation_id),
  check (kind not in (1, 2, 7) or reason is not null),
  check (kind <> 1 or beneficiary is not null),
  check (decided_by is null or decided_by <> ordered_by)
);
create index credit_order_of on registry.credit_order (organisation_id, id);
create index credit_order_to on registry.credit_order (to_organisation, id) where to_organisation is not null;
alter table registry.credit_order enable row level security;
create policy credit_order_read on registry.credit_order for select using ((select storage.has_role('system')) or organisation_id = (select storage.current_organisation()) or (to_organisation = (select storage.current_organisation()) and state in (1, 2, 3)));
create policy credit_order_add on registry.credit_order for insert with check ((select storage.has_role('system')) or (state = 0 and organisation_id = (select storage.current_organisation())));
create policy credit_order_change on registry.credit_order for update using ((select storage.has_role('system')) or (select storage.current_organisation()) in (organisation_id, to_organisation));
create trigger credit_order_never_deleted before delete on registry.credit_order for each row execute function storage.refuse_change();
create trigger credit_order_stays before update of organisation_id, kind, unit, first, last, to_organisation, beneficiary, reason, purpose, instrument, ordered_by, ordered_at on registry.credit_order for each row execute function storage.refuse_change();

-- Units whose life ended, or stopped: public, and never taken back.
create sequence registry.credit_ending_number start 1000001;
create table registry.credit_ending (
  number bigint primary key,
  -- Retired, cancelled, converted, immobilised, reversed.
  kind smallint not null check (kind between 0 and 4),
  unit text not null,
  first bigint not null check (first >= 1),
  last bigint not null check (last >= first),
  project_id uuid not null references registry.credit_project,
  ended_on date,
  beneficiary text check (length(beneficiary) <= 400),
  -- Word of the vocabulary, and the registry's own text where the row comes from an export.
  reason text not null,
  printed text check (length(printed) <= 400),
  purpose text check (length(purpose) <= 2000),
  order_id uuid,
  issuance_id uuid,
  import_id uuid,
  check (num_nonnulls(order_id, issuance_id, import_id) = 1)
);
create index credit_ending_by_unit on registry.credit_ending (unit, first);
create index credit_ending_of_project on registry.credit_ending (project_id);

create trigger credit_block_stays before update or delete on registry.credit_block for each row execute function storage.refuse_change();
create trigger credit_series_stays before update or delete on registry.credit_series for each row execute function storage.refuse_change();
create trigger credit_ending_stays before update or delete on registry.credit_ending for each row execute function storage.refuse_change();
create trigger credit_issuance_never_deleted before delete on registry.credit_issuance for each row execute function storage.refuse_change();

-- Exports of other registries, read line by line.
create table registry.credit_import (
  id uuid primary key,
  organisation_id uuid not null,
  programme text not null references registry.credit_programme,
  format text not null,
  file_name text not null check (length(file_name) between 1 and 200),
  media_type text not null,
  size_bytes bigint not null,
  sha256 text not null check (sha256 ~ '^[0-9a-f]{64}$'),
  -- Brought, being applied, applied.
  state smallint not null check (state between 0 and 2),
  -- Records already taken: where to go on.
  records int not null default 0,
  posted int not null default 0,
  there int not null default 0,
  kept int not null default 0,
  refused int not null default 0,
  posted_units bigint not null default 0,
  refused_units bigint not null default 0,
  added_by uuid not null,
  added_at timestamptz not null,
  applied_by uuid,
  applied_at timestamptz,
  unique (programme, sha256)
);
create table registry.credit_import_finding (
  import_id uuid not null references registry.credit_import,
  line int not null,
  place int not null,
  -- Whether the line was refused for it; else it was taken, and this is to be known.
  refuses boolean not null,
  code text not null,
  args jsonb not null,
  primary key (import_id, line, place)
);
-- Issuances that an export states without serial numbers: figures to compare with, not units.
create table registry.credit_statement (
  import_id uuid not null references registry.credit_import,
  line int not null,
  project_id uuid not null references registry.credit_project,
  vintage_from date,
  vintage_to date,
  units bigint not null check (units >= 0),
  buffer_units bigint check (buffer_units >= 0),
  issued_on date,
  primary key (import_id, line)
);
alter table registry.credit_import enable row level security;
create policy credit_import_own on registry.credit_import using ((select storage.has_role('system')) or registry.administers_programme(programme)) with check ((select storage.has_role('system')) or registry.administers_programme(programme));
alter table registry.credit_import_finding enable row level security;
create policy credit_import_finding_own on registry.credit_import_finding using ((select storage.has_role('system')) or exists (select from registry.credit_import i where i.id = import_id))
  with check ((select storage.has_role('system')) or exists (select from registry.credit_import i where i.id = import_id));
