-- One row a version; the signed content is the document, the columns repeat what is searched.
create table passport.certificate (
  id uuid primary key,
  number text not null,
  version int not null check (version >= 1),
  supersedes_id uuid,
  current boolean not null,
  state smallint not null check (state between 0 and 13),
  disputed_from smallint,
  producer_id uuid not null,
  plant_id uuid not null,
  brand_code text not null,
  metal text not null,
  contract_code text not null,
  shape text not null,
  production_date date not null,
  production_year smallint not null check (production_year = extract(year from production_date)),
  issue_date date not null check (issue_date >= production_date),
  pieces int not null check (pieces >= 1),
  bundles int not null check (bundles between 1 and pieces),
  gross_kg numeric(12, 3) not null,
  net_kg numeric(12, 3) not null check (net_kg > 0 and net_kg <= gross_kg),
  spec_ref text not null,
  verdict smallint not null check (verdict between 0 and 2),
  lot_within_tolerance boolean,
  source_ref text,
  document jsonb not null,
  document_sha256 bytea not null check (octet_length(document_sha256) = 32),
  kid text references passport.plant_key,
  signature text,
  signed_by uuid,
  signed_at timestamptz,
  warehouse_id uuid references passport.warehouse,
  warrant_id uuid,
  import_id uuid,
  created_by uuid not null,
  created_at timestamptz not null,
  changed_at timestamptz not null,
  row_version int not null,
  search_text text not null,
  search tsvector generated always as (to_tsvector('simple', search_text)) stored,
  unique (number, version),
  foreign key (brand_code, producer_id, plant_id) references passport.brand (code, producer_id, plant_id),
  check ((version = 1) = (supersedes_id is null)),
  check (state in (0, 10, 12) or signature is not null)
);
create unique index certificate_one_current on passport.certificate (number) where current;
create unique index certificate_source_ref on passport.certificate (producer_id, source_ref) where current and source_ref is not null;
create index certificate_by_producer on passport.certificate (producer_id, id);
create index certificate_by_brand on passport.certificate (brand_code, production_date, id);
create index certificate_by_import on passport.certificate (import_id) where import_id is not null;
create index certificate_by_warrant on passport.certificate (warrant_id) where warrant_id is not null;
create index certificate_search on passport.certificate using gin (search);

-- A heat number stands for one certificate number per plant and day of production.
create table passport.heat (
  plant_id uuid not null,
  production_date date not null,
  heat text not null,
  certificate_number text not null,
  primary key (plant_id, production_date, heat)
);

-- The running number of each brand and year.
create table passport.certificate_counter (
  brand_code text not null references passport.brand,
  year smallint not null,
  last int not null check (last between 0 and 999999),
  primary key (brand_code, year)
);

-- A file taken in once: the same bytes again give the first result.
create table passport.certificate_import (
  id uuid primary key,
  producer_id uuid not null references passport.organisation,
  file_sha256 text not null,
  file_name text not null,
  mode text not null check (mode in ('whole-file', 'accepted-lines')),
  state text not null check (state in ('checked', 'applying', 'done', 'refused')),
  lines int not null,
  accepted int not null,
  refused int not null,
  applied int not null,
  -- The last line whose rows are durable: where a broken import goes on.
  last_line int not null,
  started_by uuid not null,
  started_at timestamptz not null,
  finished_at timestamptz,
  unique (producer_id, file_sha256)
);
create table passport.certificate_import_line (
  import_id uuid not null references passport.certificate_import,
  line int not null,
  seq int not null,
  column_name text,
  code text not null,
  args jsonb,
  primary key (import_id, line, seq)
);
