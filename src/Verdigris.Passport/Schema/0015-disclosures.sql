-- What a disclosure may be made by. A version is a row of its own: what was disclosed under one stays under it.
create table passport.methodology (
  id uuid primary key,
  code text not null check (code ~ '^[A-Z0-9][A-Z0-9-]{1,31}$'),
  version text not null check (length(version) between 1 and 32),
  name text not null,
  name_zh text,
  owner text not null,
  class text not null check (class ~ '^[A-Z]{3}$'),
  value_kind text not null check (value_kind in ('certificate', 'metric', 'statement')),
  unit text,
  comparable boolean not null,
  better text check (better in ('lower', 'higher')),
  boundaries text[] not null,
  metals text[] not null,
  description text not null,
  link text,
  state smallint not null check (state between 0 and 4),
  reason text,
  applied_by uuid not null,
  applied_organisation uuid not null references passport.organisation,
  applied_at timestamptz not null,
  decided_by uuid,
  decided_at timestamptz,
  row_version int not null,
  unique (code, version),
  check ((value_kind = 'metric') = (unit is not null)),
  -- Only numbers reckoned within a stated boundary, of which one is better, can be ranked.
  check (not comparable or (value_kind = 'metric' and better is not null and cardinality(boundaries) > 0))
);
create index methodology_by_state on passport.methodology (state, code, version);

-- One approved emissions methodology a metal: the key refuses a second one.
create table passport.emissions_methodology (
  metal text primary key,
  code text not null
);

-- An application is between its applicant and the exchange until it is approved.
alter table passport.methodology enable row level security;
create policy methodology_read on passport.methodology for select using (
  state in (2, 4) or (select storage.has_role('system')) or (select storage.has_role('exchange.staff')) or applied_organisation = (select storage.current_organisation()));
create policy methodology_add on passport.methodology for insert with check (
  (select storage.has_role('system')) or (state = 0 and applied_organisation = (select storage.current_organisation())));
create policy methodology_change on passport.methodology for update using (
  (select storage.has_role('system')) or (select storage.has_role('exchange.staff')));

create table passport.disclosure (
  id uuid primary key,
  producer_id uuid not null references passport.organisation,
  subject_type text not null check (subject_type in ('company', 'asset', 'brand', 'product')),
  subject_key text not null,
  plant_id uuid references passport.plant,
  brand_code text references passport.brand,
  metal text,
  country text not null,
  methodology_id uuid not null references passport.methodology,
  class text not null,
  value numeric(24, 6),
  certificate_no text,
  statement text,
  statement_zh text,
  period_from date,
  period_to date check (period_to >= period_from),
  boundary text,
  assurance text not null check (assurance in ('none', 'limited', 'reasonable', 'certified')),
  assurer text,
  valid_from date not null,
  valid_to date check (valid_to >= valid_from),
  visibility text not null check (visibility in ('public', 'owner', 'grant')),
  -- Draft, submitted, returned, accepted, published, withdrawn. Expiring and expired are read off the dates and never stored.
  state smallint not null check (state between 0 and 5),
  reason text,
  written_by uuid not null,
  created_at timestamptz not null,
  submitted_by uuid,
  submitted_at timestamptz,
  decided_by uuid,
  decided_at timestamptz,
  published_at timestamptz,
  row_version int not null,
  check (num_nonnulls(value, certificate_no, statement) = 1),
  check ((period_from is null) = (period_to is null)),
  check ((assurance = 'none') = (assurer is null)),
  check (submitted_by is null or submitted_by <> written_by),
  check (case subject_type when 'company' then num_nonnulls(plant_id, brand_code, metal) = 0 when 'asset' then plant_id is not null and num_nonnulls(brand_code, metal) = 0
    when 'brand' then num_nulls(plant_id, brand_code, metal) = 0 else metal is not null and num_nonnulls(plant_id, brand_code) = 0 end)
);
create index disclosure_by_producer on passport.disclosure (producer_id, id);
create index disclosure_published on passport.disclosure (id) where state = 4;
create index disclosure_by_subject on passport.disclosure (subject_key) where state = 4;
-- One thing is said once: the same subject, methodology, boundary and period from the same day on.
create unique index disclosure_once on passport.disclosure
  (subject_key, methodology_id, coalesce(boundary, ''), coalesce(period_from, '-infinity'), coalesce(period_to, '-infinity'), coalesce(certificate_no, ''), valid_from) where state = 4;

-- Whom the producer shows a disclosure that is not public, and until when.
create table passport.disclosure_grant (
  disclosure_id uuid not null references passport.disclosure,
  organisation_id uuid not null references passport.organisation,
  producer_id uuid not null,
  until_date date not null,
  granted_by uuid not null,
  granted_at timestamptz not null,
  primary key (disclosure_id, organisation_id)
);
create index disclosure_grant_by_organisation on passport.disclosure_grant (organisation_id);

create table passport.disclosure_evidence (
  id uuid primary key,
  disclosure_id uuid not null references passport.disclosure,
  producer_id uuid not null,
  file_name text not null check (length(file_name) between 1 and 200),
  media_type text not null,
  size_bytes bigint not null check (size_bytes > 0),
  sha256 text not null check (sha256 ~ '^[0-9a-f]{64}$'),
  -- Whether whoever sees the disclosure sees the file; the exchange sees it in any case.
  shared boolean not null,
  added_by uuid not null,
  added_at timestamptz not null,
  unique (disclosure_id, sha256)
);

-- With the owner's rights, so that the question does not hang on what the asker may read. Grants, and title as the fence last heard it. The handler asks the Book as well, and its own clock
-- whether a grant has run out: the database knows no day but its own.
create function passport.may_see_disclosure(disclosure uuid) returns boolean
language sql stable security definer set search_path = passport, pg_temp as $$
  select exists (select from passport.disclosure d where d.id = disclosure and d.state = 4 and (
    d.visibility = 'public'
    or exists (select from passport.disclosure_grant g where g.disclosure_id = d.id and g.organisation_id = storage.current_organisation())
    or (d.visibility = 'owner' and exists (
      select from passport.title_fence f join passport.brand b on b.code = f.brand_code
      where f.owner_organisation = storage.current_organisation() and f.producer_id = d.producer_id
        and (d.plant_id is null or b.plant_id = d.plant_id) and (d.brand_code is null or f.brand_code = d.brand_code) and (d.metal is null or b.metal = d.metal)))))
$$;

alter table passport.disclosure enable row level security;
create policy disclosure_read on passport.disclosure for select using (
  (state = 4 and visibility = 'public') or producer_id = (select storage.current_organisation()) or (select storage.has_role('system'))
  or ((select storage.has_role('exchange.staff')) and state <> 0)
  or (state = 4 and (select storage.current_organisation()) is not null and passport.may_see_disclosure(id)));
create policy disclosure_add on passport.disclosure for insert with check (
  (select storage.has_role('system')) or (state = 0 and producer_id = (select storage.current_organisation())));
-- The producer writes his own; the exchange decides on what was handed in and touches nothing else.
create policy disclosure_change on passport.disclosure for update
  using ((select storage.has_role('system')) or producer_id = (select storage.current_organisation()) or ((select storage.has_role('exchange.staff')) and state = 1))
  with check ((select storage.has_role('system')) or producer_id = (select storage.current_organisation()) or ((select storage.has_role('exchange.staff')) and state in (2, 3)));

alter table passport.disclosure_grant enable row level security;
create policy disclosure_grant_read on passport.disclosure_grant for select using (
  (select storage.has_role('system')) or (select storage.has_role('exchange.staff')) or producer_id = (select storage.current_organisation()) or organisation_id = (select storage.current_organisation()));
create policy disclosure_grant_add on passport.disclosure_grant for insert with check (
  (select storage.has_role('system')) or (producer_id = (select storage.current_organisation()) and exists (select from passport.disclosure d where d.id = disclosure_id and d.producer_id = disclosure_grant.producer_id)));
create policy disclosure_grant_change on passport.disclosure_grant for update using ((select storage.has_role('system')) or producer_id = (select storage.current_organisation()));
create policy disclosure_grant_remove on passport.disclosure_grant for delete using ((select storage.has_role('system')) or producer_id = (select storage.current_organisation()));

alter table passport.disclosure_evidence enable row level security;
create policy disclosure_evidence_read on passport.disclosure_evidence for select using (
  producer_id = (select storage.current_organisation()) or (select storage.has_role('system'))
  or ((select storage.has_role('exchange.staff')) and exists (select from passport.disclosure d where d.id = disclosure_id and d.state <> 0))
  or (shared and passport.may_see_disclosure(disclosure_id)));
create policy disclosure_evidence_add on passport.disclosure_evidence for insert with check (
  (select storage.has_role('system')) or (producer_id = (select storage.current_organisation())
  and exists (select from passport.disclosure d where d.id = disclosure_id and d.producer_id = disclosure_evidence.producer_id and d.state in (0, 2))));
create policy disclosure_evidence_remove on passport.disclosure_evidence for delete using (
  (select storage.has_role('system')) or (producer_id = (select storage.current_organisation())
  and exists (select from passport.disclosure d where d.id = disclosure_id and d.state in (0, 2))));

-- What a producer means to reach, against where it started.
create table passport.sustainability_target (
  id uuid primary key,
  producer_id uuid not null references passport.organisation,
  subject_key text not null,
  class text not null,
  name text not null,
  name_zh text,
  unit text not null,
  baseline_year smallint not null check (baseline_year between 1990 and 2100),
  baseline_value numeric(24, 6) not null,
  target_year smallint not null check (target_year between 1990 and 2100),
  target_value numeric(24, 6) not null,
  scope_note text,
  -- Draft, published, withdrawn.
  state smallint not null check (state between 0 and 2),
  reason text,
  written_by uuid not null,
  created_at timestamptz not null,
  published_by uuid,
  published_at timestamptz,
  row_version int not null,
  check (target_year > baseline_year),
  check (target_value <> baseline_value),
  check (published_by is null or published_by <> written_by)
);
create index sustainability_target_by_producer on passport.sustainability_target (producer_id, id);

-- A year's figure; the entry with the highest number holds, the others stay as they were.
create table passport.target_progress (
  target_id uuid not null references passport.sustainability_target,
  year smallint not null,
  seq int not null check (seq >= 1),
  producer_id uuid not null,
  value numeric(24, 6) not null,
  note text,
  entered_by uuid not null,
  entered_at timestamptz not null,
  primary key (target_id, year, seq)
);
create trigger target_progress_append_only before update or delete on passport.target_progress for each row execute function storage.refuse_change();

alter table passport.sustainability_target enable row level security;
create policy sustainability_target_read on passport.sustainability_target for select using (
  state = 1 or producer_id = (select storage.current_organisation()) or (select storage.has_role('system')));
create policy sustainability_target_add on passport.sustainability_target for insert with check (
  (select storage.has_role('system')) or (state = 0 and producer_id = (select storage.current_organisation())));
create policy sustainability_target_change on passport.sustainability_target for update using (
  (select storage.has_role('system')) or producer_id = (select storage.current_organisation()));
alter table passport.target_progress enable row level security;
create policy target_progress_read on passport.target_progress for select using (
  producer_id = (select storage.current_organisation()) or (select storage.has_role('system')) or exists (select from passport.sustainability_target t where t.id = target_id and t.state = 1));
create policy target_progress_add on passport.target_progress for insert with check (
  (select storage.has_role('system')) or (producer_id = (select storage.current_organisation())
  and exists (select from passport.sustainability_target t where t.id = target_id and t.producer_id = target_progress.producer_id and t.state <> 2)));
