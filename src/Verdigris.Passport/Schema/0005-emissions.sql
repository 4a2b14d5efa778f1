-- A brand's emissions of a year: what it is and where it stands. The values lie apart, behind row-level security.
create table passport.emissions_submission (
  id uuid primary key,
  brand_code text not null references passport.brand,
  plant_id uuid not null references passport.plant,
  producer_id uuid not null references passport.organisation,
  report_year smallint not null check (report_year between 2000 and 2100),
  method text not null check (method in ('CBAM', 'IAI', 'EPD')),
  state smallint not null check (state between 0 and 4),
  verification text not null check (verification in ('none', 'limited', 'reasonable')),
  verifier_id uuid references passport.organisation,
  public_opt_in boolean not null,
  form_sha256 text,
  reason text,
  task_id uuid,
  created_by uuid not null,
  created_at timestamptz not null,
  submitted_by uuid,
  submitted_at timestamptz,
  decided_by uuid,
  decided_at timestamptz,
  row_version int not null,
  check (verification = 'none' or verifier_id is not null)
);
create unique index emissions_one_accepted on passport.emissions_submission (brand_code, report_year, method) where state = 3;
create index emissions_by_producer on passport.emissions_submission (producer_id, id);

create table passport.emissions_value (
  submission_id uuid primary key references passport.emissions_submission,
  producer_id uuid not null,
  direct_tco2e_per_t numeric(10, 4) not null check (direct_tco2e_per_t >= 0),
  indirect_tco2e_per_t numeric(10, 4) not null check (indirect_tco2e_per_t >= 0),
  scope3_tco2e_per_t numeric(10, 4) check (scope3_tco2e_per_t >= 0),
  electricity_tco2e_per_mwh numeric(10, 4) check (electricity_tco2e_per_mwh >= 0),
  electricity_source text,
  scrap_share_pct numeric(6, 3) check (scrap_share_pct between 0 and 100),
  precursors jsonb not null,
  boundary_note text,
  -- Without it a hash of four-decimal numbers could be guessed; those who may see the values may see it.
  salt bytea not null check (octet_length(salt) = 32),
  values_sha256 text not null
);

-- Which accepted submission a certificate of a brand and year takes now: the outcome of the join rule, kept by the handler that accepts.
create table passport.emissions_join (
  brand_code text not null references passport.brand,
  production_year smallint not null,
  method text not null,
  submission_id uuid not null references passport.emissions_submission,
  primary key (brand_code, production_year, method)
);
create index emissions_join_by_submission on passport.emissions_join (submission_id);
