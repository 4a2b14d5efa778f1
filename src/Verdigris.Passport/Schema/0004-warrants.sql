create table passport.inbound_match (
  id uuid primary key,
  certificate_id uuid not null references passport.certificate,
  warehouse_id uuid not null references passport.warehouse,
  brand_mark text not null,
  shape text not null,
  bundles int not null,
  net_kg numeric(12, 3) not null check (net_kg > 0),
  seals text[] not null,
  heats text[] not null,
  scale_id text not null,
  weighed_at timestamptz not null,
  passed boolean not null,
  differences jsonb not null,
  tolerance_pct numeric(6, 3) not null,
  rule_id text not null,
  operator_id uuid not null,
  operator_name text not null,
  created_at timestamptz not null
);
create index inbound_match_by_certificate on passport.inbound_match (certificate_id, created_at);
create trigger inbound_match_append_only before update or delete on passport.inbound_match for each row execute function storage.refuse_change();

-- One row a warrant; who holds it stands in the Book (asset, serial) and nowhere else. holder_hint is what the fence last heard, for lists.
create table passport.warrant (
  id uuid primary key,
  number text not null unique,
  asset int not null,
  serial bigint not null check (serial >= 1),
  contract_code text not null,
  brand_code text not null references passport.brand,
  shape text not null,
  net_kg numeric(12, 3) not null check (net_kg > 0),
  gross_kg numeric(12, 3) not null check (gross_kg >= net_kg),
  pieces int not null,
  bundles int not null,
  lot_no text not null,
  warehouse_id uuid not null references passport.warehouse,
  warehouse_organisation uuid not null,
  location_code text not null,
  origin text not null,
  duty_status text not null check (duty_status in ('paid', 'unpaid', 'bonded')),
  rent_usd_per_tonne_day numeric(10, 4) check (rent_usd_per_tonne_day >= 0),
  fot_usd_per_tonne numeric(10, 4) check (fot_usd_per_tonne >= 0),
  rent_paid_to date,
  first_owner uuid not null references passport.organisation,
  state smallint not null check (state between 0 and 9),
  refusal_code int,
  hold_id uuid,
  queue_no bigint,
  requested_by uuid not null,
  requested_at timestamptz not null,
  issued_by uuid,
  issued_at timestamptz,
  closed_at timestamptz,
  row_version int not null,
  search tsvector generated always as (to_tsvector('simple', number || ' ' || brand_code || ' ' || lot_no || ' ' || location_code || ' ' || shape)) stored,
  unique (asset, serial)
);
create index warrant_by_warehouse on passport.warrant (warehouse_organisation, id);
create index warrant_search on passport.warrant using gin (search);
create table passport.warrant_counter (contract_code text primary key, last bigint not null check (last >= 0));
create sequence passport.queue_number;

create table passport.warrant_certificate (
  warrant_id uuid not null references passport.warrant,
  certificate_id uuid not null references passport.certificate,
  primary key (warrant_id, certificate_id)
);
create index warrant_certificate_by_certificate on passport.warrant_certificate (certificate_id);

-- A proposal to move title or to pledge; its id is the hold in the Book.
create table passport.title_transfer (
  id uuid primary key,
  kind text not null check (kind in ('transfer', 'pledge')),
  warrant_id uuid not null references passport.warrant,
  from_organisation uuid not null references passport.organisation,
  to_organisation uuid not null references passport.organisation,
  state text not null check (state in ('pending', 'proposed', 'accepted', 'rejected', 'withdrawn', 'expired', 'refused', 'released')),
  refusal_code int,
  message text,
  reason text,
  expires_at timestamptz,
  task_id uuid,
  proposed_by uuid not null,
  proposed_at timestamptz not null,
  decided_by uuid,
  decided_at timestamptz,
  check (from_organisation <> to_organisation)
);
create index title_transfer_by_warrant on passport.title_transfer (warrant_id, proposed_at);
create index title_transfer_from on passport.title_transfer (from_organisation, id);
create index title_transfer_to on passport.title_transfer (to_organisation, id);
create unique index title_transfer_one_open on passport.title_transfer (warrant_id) where state in ('pending', 'proposed');
