-- The obligation of installations: what was emitted, what was given for nothing, who is exempt, what is owed beside.
create table registry.emissions (
  id uuid primary key,
  installation_id uuid not null references registry.installation,
  year int not null check (year between 2000 and 2100),
  tco2e bigint not null check (tco2e >= 0),
  -- The published report it is from; null where the authority determined it.
  report_id uuid,
  report_sha256 text check (report_sha256 ~ '^[0-9a-f]{64}$'),
  verifier_id uuid,
  -- Waits for the authority, in force, turned down.
  state smallint not null check (state between 0 and 2),
  reason text check (length(reason) <= 2000),
  task_id uuid,
  written_by uuid not null,
  written_at timestamptz not null,
  decided_by uuid,
  decided_at timestamptz,
  check (decided_by is null or decided_by <> written_by)
);
create index emissions_of on registry.emissions (installation_id, year, id);
create unique index emissions_one_open on registry.emissions (installation_id, year) where state = 0;
create table registry.exclusion (
  id uuid primary key,
  installation_id uuid not null references registry.installation,
  year int not null check (year between 2000 and 2100),
  reason text not null check (length(reason) between 1 and 2000),
  written_by uuid not null,
  written_at timestamptz not null,
  lifted_by uuid,
  lifted_at timestamptz
);
create unique index exclusion_once on registry.exclusion (installation_id, year) where lifted_at is null;
create table registry.allocation (
  id uuid primary key,
  installation_id uuid not null references registry.installation,
  year int not null check (year between 2000 and 2100),
  quantity bigint not null check (quantity >= 0),
  -- Method, input and trace of the calculation, as the method answered it; null where the authority decided without one.
  basis jsonb,
  -- Proposed, approved, delivered (the transaction is done), withdrawn.
  state smallint not null check (state between 0 and 3),
  reason text check (length(reason) <= 2000),
  transaction_id uuid references registry.transaction,
  task_id uuid,
  written_by uuid not null,
  written_at timestamptz not null,
  decided_by uuid,
  decided_at timestamptz,
  check (decided_by is null or decided_by <> written_by)
);
create unique index allocation_once on registry.allocation (installation_id, year) where state <> 3;
create table registry.penalty (
  id uuid primary key,
  installation_id uuid not null references registry.installation,
  year int not null check (year between 2000 and 2100),
  shortfall bigint not null check (shortfall >= 1),
  amount_from numeric(20, 2) not null check (amount_from >= 0),
  amount_to numeric(20, 2) not null check (amount_to >= amount_from),
  currency text not null check (currency ~ '^[A-Z]{3}$'),
  basis jsonb not null,
  -- What the authority set; null until then.
  amount numeric(20, 2) check (amount between amount_from and amount_to),
  -- Open, set, paid, lifted.
  state smallint not null check (state between 0 and 3),
  reason text check (length(reason) <= 2000),
  task_id uuid,
  written_by uuid not null,
  written_at timestamptz not null,
  decided_by uuid,
  decided_at timestamptz,
  check ((state in (1, 2)) <= (amount is not null)),
  check (decided_by is null or decided_by <> written_by)
);
create unique index penalty_once on registry.penalty (installation_id, year) where state <> 3;
alter table registry.emissions enable row level security;
create policy emissions_own on registry.emissions using ((select storage.has_role('system')) or exists (select from registry.installation i where i.id = installation_id))
  with check ((select storage.has_role('system')) or exists (select from registry.installation i where i.id = installation_id));
alter table registry.exclusion enable row level security;
create policy exclusion_own on registry.exclusion using ((select storage.has_role('system')) or exists (select from registry.installation i where i.id = installation_id))
  with check ((select storage.has_role('system')) or exists (select from registry.installation i where i.id = installation_id and registry.administers(i.scheme)));
alter table registry.allocation enable row level security;
create policy allocation_own on registry.allocation using ((select storage.has_role('system')) or exists (select from registry.installation i where i.id = installation_id))
  with check ((select storage.has_role('system')) or exists (select from registry.installation i where i.id = installation_id and registry.administers(i.scheme)));
alter table registry.penalty enable row level security;
create policy penalty_own on registry.penalty using ((select storage.has_role('system')) or exists (select from registry.installation i where i.id = installation_id))
  with check ((select storage.has_role('system')) or exists (select from registry.installation i where i.id = installation_id and registry.administers(i.scheme)));
create trigger emissions_never_deleted before delete on registry.emissions for each row execute function storage.refuse_change();
create trigger emissions_stays before update of installation_id, year, tco2e, report_id, report_sha256, verifier_id, written_by, written_at on registry.emissions for each row execute function storage.refuse_change();
create trigger exclusion_never_deleted before delete on registry.exclusion for each row execute function storage.refuse_change();
create trigger allocation_never_deleted before delete on registry.allocation for each row execute function storage.refuse_change();
create trigger penalty_never_deleted before delete on registry.penalty for each row execute function storage.refuse_change();
