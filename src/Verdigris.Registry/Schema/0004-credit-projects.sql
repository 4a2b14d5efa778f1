-- Crediting: programmes and who administers them, projects from concept to completion, those who check them, and their monitoring periods.
create table registry.credit_programme (
  code text primary key check (code ~ '^[a-z0-9-]{2,40}$'),
  -- The organisation whose officers and approvers act for the programme; none until the market's staff names it.
  administrator_id uuid,
  appointed_by uuid,
  appointed_at timestamptz,
  -- Number of the next issuance made here.
  next_issuance int not null default 1,
  check ((administrator_id is null) = (appointed_at is null))
);

create function registry.administers_programme(programme text) returns boolean
language sql stable security definer set search_path = registry, pg_temp as $$
  select exists (select from registry.credit_programme p where p.code = programme and p.administrator_id = (select storage.current_organisation()))
$$;

create table registry.credit_project (
  id uuid primary key,
  programme text not null references registry.credit_programme,
  -- The project's number in the programme, without the programme's letters.
  number text not null check (number ~ '^[0-9A-Za-z-]{1,20}$'),
  name text not null check (length(name) between 1 and 400),
  -- The organisation here that develops it; null for a project known from another registry's export, whose proponent is as printed there.
  developer_id uuid,
  proponent text check (length(proponent) <= 400),
  country text check (length(country) <= 100),
  methodology text check (length(methodology) <= 400),
  -- Sectoral scope of the methodology and whether its reductions can be reversed; null where not known.
  scope int,
  sink boolean,
  -- The registry's own state of an imported project.
  printed_state text check (length(printed_state) <= 100),
  -- ProjectState; null for an imported project, whose life is not led here.
  state smallint check (state between 0 and 10),
  start_on date,
  crediting_from date,
  crediting_to date check (crediting_to >= crediting_from),
  renewal int not null default 0 check (renewal between 0 and 50),
  estimate_t numeric(20, 3) check (estimate_t > 0),
  description text check (length(description) <= 4000),
  validator_id uuid,
  -- Declared by the developer: in no other programme.
  not_listed boolean,
  published_on date,
  -- Opinion of the validation body: true positive, null none yet.
  validation_positive boolean,
  risk_percent numeric(6, 3) check (risk_percent between 0 and 100),
  import_id uuid,
  written_by uuid not null,
  written_at timestamptz not null,
  row_version int not null default 1,
  unique (programme, number),
  check ((state is null) = (developer_id is null)),
  check (developer_id is null or validator_id is distinct from developer_id)
);
create index credit_project_by_name on registry.credit_project (lower(name));
create index credit_project_of on registry.credit_project (developer_id) where developer_id is not null;
create sequence registry.credit_project_number start 100001;

-- Bodies of validation and verification: for which scope of which programme, from when until when.
create table registry.credit_accreditation (
  id uuid primary key,
  organisation_id uuid not null,
  programme text not null references registry.credit_programme,
  scope int not null check (scope between 1 and 99),
  valid_from date not null,
  -- First day without it; null: no end is set.
  valid_to date check (valid_to > valid_from),
  entered_by uuid not null,
  entered_at timestamptz not null,
  unique (organisation_id, programme, scope, valid_from)
);

-- What a body declared of its interest in a project: the last word counts, every word stays.
create table registry.credit_declaration (
  id uuid primary key,
  project_id uuid not null references registry.credit_project,
  body_id uuid not null,
  independent boolean not null,
  statement text not null check (length(statement) between 1 and 2000),
  declared_by uuid not null,
  declared_at timestamptz not null
);
create index credit_declaration_of on registry.credit_declaration (project_id, body_id, declared_at desc);

create table registry.credit_period (
  id uuid primary key,
  project_id uuid not null references registry.credit_project,
  first_day date not null,
  last_day date not null check (last_day >= first_day),
  state smallint not null check (state between 0 and 6),
  reported_t numeric(20, 3) check (reported_t >= 0),
  -- Declared by the developer: no data are missing.
  data_complete boolean,
  verifier_id uuid,
  verification_positive boolean,
  verified_units bigint check (verified_units >= 1),
  issuance_id uuid,
  task_id uuid,
  written_by uuid not null,
  written_at timestamptz not null,
  row_version int not null default 1,
  check (verification_positive is not true or verified_units is not null),
  check (state <> 5 or issuance_id is not null)
);
create unique index credit_period_begins_once on registry.credit_period (project_id, first_day) where state <> 6;

-- Two periods of a project never share a day, whoever writes them.
create function registry.credit_periods_apart() returns trigger
language plpgsql security definer set search_path = registry, pg_temp as $$
begin
  if new.state = 6 then return new; end if;
  perform 1 from registry.credit_project p where p.id = new.project_id for update;
  if exists (select from registry.credit_period o where o.project_id = new.project_id and o.id <> new.id and o.state <> 6 and o.first_day <= new.last_day and new.first_day <= o.last_day) then
    raise exception 'two periods of the project share a day' using errcode = 'exclusion_violation', constraint = 'credit_periods_apart';
  end if;
  return new;
end
$$;
create trigger credit_periods_apart before insert or update of first_day, last_day, state on registry.credit_period for each row execute function registry.credit_periods_apart();

create table registry.credit_vintage (
  period_id uuid not null references registry.credit_period,
  year int not null check (year between 1990 and 2100),
  units bigint not null check (units >= 1),
  primary key (period_id, year)
);

create table registry.credit_document (
  id uuid primary key,
  project_id uuid not null references registry.credit_project,
  period_id uuid references registry.credit_period,
  kind text not null check (kind in ('design-document', 'validation-report', 'host-approval', 'monitoring-report', 'verification-report', 'authorisation', 'adjustment', 'other')),
  file_name text not null check (length(file_name) between 1 and 200),
  media_type text not null,
  sha256 text not null check (sha256 ~ '^[0-9a-f]{64}$'),
  size_bytes bigint not null,
  added_by uuid not null,
  organisation_id uuid not null,
  added_at timestamptz not null
);
create index credit_document_of on registry.credit_document (project_id);

-- Steps of a project or a period: asked for by one person of the side whose step it is, taken when a second one agrees.
create table registry.credit_step (
  id uuid primary key,
  project_id uuid not null references registry.credit_project,
  period_id uuid references registry.credit_period,
  step text not null check (length(step) between 1 and 40),
  organisation_id uuid not null,
  from_state text not null,
  to_state text,
  reason text check (length(reason) <= 2000),
  -- Asked for, taken, turned down.
  state smallint not null check (state between 0 and 2),
  answer text check (length(answer) <= 2000),
  task_id uuid,
  asked_by uuid not null,
  asked_at timestamptz not null,
  decided_by uuid,
  decided_at timestamptz,
  check ((state = 1) <= (to_state is not null)),
  check (decided_by is null or decided_by <> asked_by)
);
create index credit_step_of on registry.credit_step (project_id, id);
create unique index credit_step_asked_once on registry.credit_step (project_id, coalesce(period_id, project_id)) where state = 0;

-- Letters of authorisation (Article 6) and the corresponding adjustments that follow them, by year of the reductions.
create table registry.credit_authorisation (
  id uuid primary key,
  project_id uuid not null references registry.credit_project,
  party text not null check (party ~ '^[A-Z]{2}$'),
  -- ndc, international, other.
  uses text[] not null check (cardinality(uses) >= 1),
  year_from int not null,
  year_to int not null check (year_to >= year_from),
  -- When the first transfer happens: at authorisation, at issuance, or at use or cancellation.
  first_transfer text not null check (first_transfer in ('authorisation', 'issuance', 'use')),
  approach text not null check (length(approach) between 1 and 200),
  document_id uuid not null references registry.credit_document,
  entered_by uuid not null,
  entered_at timestamptz not null
);
create table registry.credit_adjustment (
  id uuid primary key,
  authorisation_id uuid not null references registry.credit_authorisation,
  year int not null,
  reported_in text not null check (length(reported_in) between 1 and 200),
  document_id uuid not null references registry.credit_document,
  entered_by uuid not null,
  entered_at timestamptz not null,
  unique (authorisation_id, year)
);

create trigger credit_project_never_deleted before delete on registry.credit_project for each row execute function storage.refuse_change();
create trigger credit_accreditation_stays before update of organisation_id, programme, scope, valid_from or delete on registry.credit_accreditation for each row execute function storage.refuse_change();
create trigger credit_declaration_stays before update or delete on registry.credit_declaration for each row execute function storage.refuse_change();
create trigger credit_period_never_deleted before delete on registry.credit_period for each row execute function storage.refuse_change();
create trigger credit_document_stays before update or delete on registry.credit_document for each row execute function storage.refuse_change();
create trigger credit_step_never_deleted before delete on registry.credit_step for each row execute function storage.refuse_change();
create trigger credit_authorisation_stays before update or delete on registry.credit_authorisation for each row execute function storage.refuse_change();
create trigger credit_adjustment_stays before update or delete on registry.credit_adjustment for each row execute function storage.refuse_change();

-- A concept is its developer's and its programme's; from the design document on everybody reads the project. Its files are read by those who take part.
create function registry.takes_part(project uuid) returns boolean
language sql stable security definer set search_path = registry, pg_temp as $$
  select exists (select from registry.credit_project p where p.id = project and ((select storage.current_organisation()) in (p.developer_id, p.validator_id) or registry.administers_programme(p.programme)
    or exists (select from registry.credit_period x where x.project_id = p.id and x.verifier_id = (select storage.current_organisation()))))
$$;
alter table registry.credit_project enable row level security;
create policy credit_project_read on registry.credit_project for select using ((select storage.has_role('system')) or state is null or state >= 1 or developer_id = (select storage.current_organisation()) or registry.administers_programme(programme));
create policy credit_project_add on registry.credit_project for insert with check ((select storage.has_role('system')) or (developer_id = (select storage.current_organisation()) and state = 0));
create policy credit_project_change on registry.credit_project for update using ((select storage.has_role('system')) or registry.takes_part(id));
alter table registry.credit_document enable row level security;
create policy credit_document_read on registry.credit_document for select using ((select storage.has_role('system')) or organisation_id = (select storage.current_organisation()) or registry.takes_part(project_id));
create policy credit_document_add on registry.credit_document for insert with check ((select storage.has_role('system')) or (organisation_id = (select storage.current_organisation()) and registry.takes_part(project_id)));
alter table registry.credit_period enable row level security;
create policy credit_period_read on registry.credit_period for select using (true);
create policy credit_period_add on registry.credit_period for insert with check ((select storage.has_role('system')) or registry.takes_part(project_id));
create policy credit_period_change on registry.credit_period for update using ((select storage.has_role('system')) or registry.takes_part(project_id));
