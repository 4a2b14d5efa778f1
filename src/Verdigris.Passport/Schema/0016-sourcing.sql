-- Responsible sourcing. What a producer files is its own and the exchange's; only what was published under track C is everybody's, as a copy that never changes.
create function passport.own_or_exchange(producer uuid) returns boolean
language sql stable parallel safe as $$
  select storage.has_role('system') or storage.has_role('exchange.staff') or coalesce(producer = storage.current_organisation(), false)
$$;
create function passport.own_or_system(producer uuid) returns boolean
language sql stable parallel safe as $$ select storage.has_role('system') or coalesce(producer = storage.current_organisation(), false) $$;
create function passport.exchange_or_system() returns boolean
language sql stable parallel safe as $$ select storage.has_role('system') or storage.has_role('exchange.staff') $$;

-- Versions of lists of conflict-affected and high-risk areas; never changed, so that an assessment can be read again with the list it was made with.
create table passport.sourcing_cahra_list (
  id uuid primary key,
  name text not null,
  source text not null,
  list_date date not null,
  sha256 text not null check (sha256 ~ '^[0-9a-f]{64}$'),
  imported_by uuid not null,
  imported_at timestamptz not null,
  unique (name, list_date)
);
create table passport.sourcing_cahra_area (
  list_id uuid not null references passport.sourcing_cahra_list,
  seq int not null check (seq >= 1),
  place text not null check (place ~ '^[A-Z]{2}(-[A-Z0-9]{1,3})?$'),
  from_date date not null,
  to_date date check (to_date > from_date),
  source text not null,
  primary key (list_id, seq)
);
create trigger sourcing_cahra_list_append_only before update or delete on passport.sourcing_cahra_list for each row execute function storage.refuse_change();
create trigger sourcing_cahra_area_append_only before update or delete on passport.sourcing_cahra_area for each row execute function storage.refuse_change();

create table passport.sourcing_assessment (
  id uuid primary key,
  brand_code text not null references passport.brand,
  producer_id uuid not null references passport.organisation,
  year smallint not null check (year between 2019 and 2100),
  state smallint not null check (state between 0 and 8 or state in (20, 21)),
  state_before smallint check (state_before between 0 and 8),
  track smallint check (track between 0 and 3),
  day date,
  next_check_due date,
  created_by uuid not null,
  created_at timestamptz not null,
  filed_at timestamptz,
  accepted_at timestamptz,
  row_version int not null,
  unique (brand_code, year),
  check ((state = 20) = (state_before is not null))
);
create index sourcing_assessment_by_producer on passport.sourcing_assessment (producer_id, id);
create index sourcing_assessment_by_year on passport.sourcing_assessment (year, id);

create table passport.sourcing_supply_chain (
  assessment_id uuid primary key references passport.sourcing_assessment,
  producer_id uuid not null,
  chain jsonb not null,
  written_by uuid not null,
  written_at timestamptz not null
);

create table passport.sourcing_flag (
  id uuid primary key,
  assessment_id uuid not null references passport.sourcing_assessment,
  producer_id uuid not null,
  flag text not null,
  supplier_key text,
  place text,
  finding text,
  list_id uuid references passport.sourcing_cahra_list,
  evidence text,
  evidence_day date,
  raised_by uuid,
  raised_at timestamptz not null,
  decision smallint not null check (decision between 0 and 2),
  risks text[] not null,
  reason text,
  reviewer uuid,
  reviewer_name text,
  reviewed_at timestamptz,
  -- Found by the screening, or raised by somebody with evidence.
  check ((finding is null) = (evidence is not null and evidence_day is not null and raised_by is not null)),
  check ((decision = 0) = (reviewer is null))
);
create index sourcing_flag_by_assessment on passport.sourcing_flag (assessment_id, id);

create table passport.sourcing_plan (
  flag_id uuid primary key references passport.sourcing_flag,
  assessment_id uuid not null references passport.sourcing_assessment,
  producer_id uuid not null,
  response smallint not null check (response between 0 and 2),
  consultation text not null,
  opened_on date not null,
  closed_on date check (closed_on >= opened_on)
);
create index sourcing_plan_by_assessment on passport.sourcing_plan (assessment_id);
create table passport.sourcing_action (
  id uuid primary key,
  flag_id uuid not null references passport.sourcing_plan,
  producer_id uuid not null,
  what text not null,
  owner text not null,
  indicator text not null,
  due date not null,
  state smallint not null check (state between 0 and 2),
  result text,
  settled_on date,
  check ((state = 0) = (result is null)),
  check ((state = 0) = (settled_on is null))
);
create index sourcing_action_by_flag on passport.sourcing_action (flag_id, id);
create table passport.sourcing_progress (
  id uuid primary key,
  flag_id uuid not null references passport.sourcing_plan,
  producer_id uuid not null,
  day date not null,
  finding text not null,
  checked_by uuid not null
);
create index sourcing_progress_by_flag on passport.sourcing_progress (flag_id, id);
create trigger sourcing_progress_append_only before update or delete on passport.sourcing_progress for each row execute function storage.refuse_change();

create table passport.sourcing_file (
  id uuid primary key,
  assessment_id uuid not null references passport.sourcing_assessment,
  producer_id uuid not null,
  purpose text not null check (purpose in ('certificate', 'audit', 'attestation', 'evidence')),
  file_name text not null check (length(file_name) between 1 and 200),
  media_type text not null,
  size_bytes bigint not null check (size_bytes > 0),
  sha256 text not null check (sha256 ~ '^[0-9a-f]{64}$'),
  added_by uuid not null,
  added_at timestamptz not null,
  unique (assessment_id, purpose, sha256)
);

create table passport.sourcing_filing (
  assessment_id uuid primary key references passport.sourcing_assessment,
  producer_id uuid not null,
  filing jsonb not null,
  filed_by uuid not null,
  filed_at timestamptz not null
);
create trigger sourcing_filing_append_only before update or delete on passport.sourcing_filing for each row execute function storage.refuse_change();

-- Track C: the assessment as it was published, without names of suppliers and evidence.
create table passport.sourcing_publication (
  assessment_id uuid primary key references passport.sourcing_assessment,
  brand_code text not null,
  year smallint not null,
  content jsonb not null,
  sha256 text not null,
  published_at timestamptz not null
);
create trigger sourcing_publication_append_only before update or delete on passport.sourcing_publication for each row execute function storage.refuse_change();

create table passport.sourcing_query (
  id uuid primary key,
  assessment_id uuid not null references passport.sourcing_assessment,
  producer_id uuid not null,
  question text not null,
  asked_by uuid not null,
  asked_at timestamptz not null,
  answer text,
  answered_by uuid,
  answered_at timestamptz,
  check ((answer is null) = (answered_by is null)),
  check ((answer is null) = (answered_at is null))
);
create index sourcing_query_by_assessment on passport.sourcing_query (assessment_id, id);

create table passport.plant_certificate (
  id uuid primary key,
  plant_id uuid not null references passport.plant,
  organisation_id uuid not null references passport.organisation,
  standard smallint not null check (standard between 0 and 1),
  equal_to text,
  number text not null,
  certifier text not null,
  scope text not null,
  valid_from date not null,
  valid_to date not null check (valid_to >= valid_from),
  added_by uuid not null,
  added_at timestamptz not null,
  withdrawn_at timestamptz,
  unique (plant_id, standard, number, valid_from)
);
create index plant_certificate_by_end on passport.plant_certificate (valid_to) where withdrawn_at is null;

create table passport.grievance (
  id uuid primary key,
  reference_sha256 text not null unique check (reference_sha256 ~ '^[0-9a-f]{64}$'),
  brand_code text references passport.brand,
  producer_id uuid not null references passport.organisation,
  text text not null,
  state smallint not null check (state between 0 and 4),
  passed_on boolean not null default false,
  filed_at timestamptz not null,
  row_version int not null,
  check (state <> 2 or passed_on)
);
create index grievance_by_producer on passport.grievance (producer_id, id);
create table passport.grievance_contact (
  grievance_id uuid primary key references passport.grievance,
  name text,
  contact text,
  producer_may_know boolean not null
);
create table passport.grievance_step (
  grievance_id uuid not null references passport.grievance,
  seq int not null check (seq >= 1),
  state smallint not null check (state between 0 and 4),
  event text,
  note text,
  for_complainant boolean not null,
  person uuid,
  at timestamptz not null,
  primary key (grievance_id, seq)
);
create trigger grievance_step_append_only before update or delete on passport.grievance_step for each row execute function storage.refuse_change();

-- Who filed a grievance is nobody to the database: what the reference opens is read with the owner's rights, and only that.
create function passport.grievance_of_reference(hash text) returns setof passport.grievance
language sql stable security definer set search_path = passport, pg_temp as $$ select * from passport.grievance where reference_sha256 = hash $$;
create function passport.grievance_steps_of_reference(hash text) returns setof passport.grievance_step
language sql stable security definer set search_path = passport, pg_temp as $$
  select s.* from passport.grievance_step s join passport.grievance g on g.id = s.grievance_id where g.reference_sha256 = hash
$$;
create function passport.grievance_passed_on(of_grievance uuid) returns uuid
language sql stable security definer set search_path = passport, pg_temp as $$ select producer_id from passport.grievance where id = of_grievance and passed_on $$;

-- What everybody may know of a brand and year once something was filed: track and state. Queries are between producer and exchange; so is a state before filing.
create function passport.sourcing_shown(of_year int) returns table (assessment_id uuid, brand_code text, producer_id uuid, year smallint, track smallint, state smallint, next_check_due date, published boolean)
language sql stable security definer set search_path = passport, pg_temp as $$
  select a.id, a.brand_code, a.producer_id, a.year, a.track, case when a.state = 7 then 6 else a.state end::smallint, a.next_check_due, p.assessment_id is not null
  from passport.sourcing_assessment a left join passport.sourcing_publication p on p.assessment_id = a.id
  where a.year = of_year and a.filed_at is not null
$$;

alter table passport.sourcing_cahra_list enable row level security;
create policy sourcing_cahra_list_read on passport.sourcing_cahra_list for select using (true);
create policy sourcing_cahra_list_add on passport.sourcing_cahra_list for insert with check (passport.exchange_or_system());
alter table passport.sourcing_cahra_area enable row level security;
create policy sourcing_cahra_area_read on passport.sourcing_cahra_area for select using (true);
create policy sourcing_cahra_area_add on passport.sourcing_cahra_area for insert with check (passport.exchange_or_system());

alter table passport.sourcing_assessment enable row level security;
create policy sourcing_assessment_read on passport.sourcing_assessment for select using (passport.own_or_exchange(producer_id));
create policy sourcing_assessment_add on passport.sourcing_assessment for insert with check (passport.own_or_system(producer_id));
create policy sourcing_assessment_change on passport.sourcing_assessment for update using (passport.own_or_exchange(producer_id));

alter table passport.sourcing_supply_chain enable row level security;
create policy sourcing_supply_chain_read on passport.sourcing_supply_chain for select using (passport.own_or_exchange(producer_id));
create policy sourcing_supply_chain_add on passport.sourcing_supply_chain for insert with check (passport.own_or_system(producer_id));
create policy sourcing_supply_chain_change on passport.sourcing_supply_chain for update using (passport.own_or_system(producer_id));

alter table passport.sourcing_flag enable row level security;
create policy sourcing_flag_read on passport.sourcing_flag for select using (passport.own_or_exchange(producer_id));
create policy sourcing_flag_add on passport.sourcing_flag for insert with check (passport.own_or_system(producer_id));
create policy sourcing_flag_change on passport.sourcing_flag for update using (passport.own_or_system(producer_id));
create policy sourcing_flag_remove on passport.sourcing_flag for delete using (passport.own_or_system(producer_id) and finding is not null);

alter table passport.sourcing_plan enable row level security;
create policy sourcing_plan_read on passport.sourcing_plan for select using (passport.own_or_exchange(producer_id));
create policy sourcing_plan_add on passport.sourcing_plan for insert with check (passport.own_or_system(producer_id));
create policy sourcing_plan_change on passport.sourcing_plan for update using (passport.own_or_system(producer_id));
alter table passport.sourcing_action enable row level security;
create policy sourcing_action_read on passport.sourcing_action for select using (passport.own_or_exchange(producer_id));
create policy sourcing_action_add on passport.sourcing_action for insert with check (passport.own_or_system(producer_id));
create policy sourcing_action_change on passport.sourcing_action for update using (passport.own_or_system(producer_id));
alter table passport.sourcing_progress enable row level security;
create policy sourcing_progress_read on passport.sourcing_progress for select using (passport.own_or_exchange(producer_id));
create policy sourcing_progress_add on passport.sourcing_progress for insert with check (passport.own_or_system(producer_id));

alter table passport.sourcing_file enable row level security;
create policy sourcing_file_read on passport.sourcing_file for select using (passport.own_or_exchange(producer_id));
create policy sourcing_file_add on passport.sourcing_file for insert with check (passport.own_or_system(producer_id));
create policy sourcing_file_remove on passport.sourcing_file for delete using (passport.own_or_system(producer_id)
  and exists (select from passport.sourcing_assessment a where a.id = assessment_id and a.state < 6));

alter table passport.sourcing_filing enable row level security;
create policy sourcing_filing_read on passport.sourcing_filing for select using (passport.own_or_exchange(producer_id));
create policy sourcing_filing_add on passport.sourcing_filing for insert with check (passport.own_or_system(producer_id));

alter table passport.sourcing_publication enable row level security;
create policy sourcing_publication_read on passport.sourcing_publication for select using (true);
create policy sourcing_publication_add on passport.sourcing_publication for insert with check (
  exists (select from passport.sourcing_assessment a where a.id = assessment_id and passport.own_or_system(a.producer_id) and a.track = 2));

alter table passport.sourcing_query enable row level security;
create policy sourcing_query_read on passport.sourcing_query for select using (passport.own_or_exchange(producer_id));
create policy sourcing_query_add on passport.sourcing_query for insert with check (passport.exchange_or_system());
create policy sourcing_query_change on passport.sourcing_query for update using (passport.own_or_system(producer_id));

alter table passport.plant_certificate enable row level security;
create policy plant_certificate_read on passport.plant_certificate for select using (passport.own_or_exchange(organisation_id));
create policy plant_certificate_add on passport.plant_certificate for insert with check (passport.own_or_system(organisation_id));
create policy plant_certificate_change on passport.plant_certificate for update using (passport.own_or_system(organisation_id));

-- Anybody files; the producer reads what was passed on to it, and who filed it only where that was allowed.
alter table passport.grievance enable row level security;
create policy grievance_read on passport.grievance for select using (passport.exchange_or_system() or (passed_on and producer_id = storage.current_organisation()));
create policy grievance_file on passport.grievance for insert with check (state = 0 and not passed_on);
create policy grievance_change on passport.grievance for update using (passport.exchange_or_system() or (passed_on and producer_id = storage.current_organisation()));
alter table passport.grievance_contact enable row level security;
create policy grievance_contact_read on passport.grievance_contact for select using (
  passport.exchange_or_system() or (producer_may_know and passport.grievance_passed_on(grievance_id) = storage.current_organisation()));
create policy grievance_contact_add on passport.grievance_contact for insert with check (true);
alter table passport.grievance_step enable row level security;
create policy grievance_step_read on passport.grievance_step for select using (
  passport.exchange_or_system() or passport.grievance_passed_on(grievance_id) = storage.current_organisation());
create policy grievance_step_add on passport.grievance_step for insert with check (
  passport.exchange_or_system() or (seq = 1 and state = 0) or passport.grievance_passed_on(grievance_id) = storage.current_organisation());
