-- Facilities, their monitoring plans, and what they report.
create table footprint.facility (
  id uuid primary key,
  operator_id uuid not null,
  plant_id uuid,
  name text not null check (length(name) between 1 and 200),
  name_zh text check (length(name_zh) between 1 and 200),
  country text not null check (country ~ '^[A-Z]{2}$'),
  created_by uuid not null,
  created_at timestamptz not null,
  unique (operator_id, name),
  unique (id, operator_id)
);
create index facility_by_operator on footprint.facility (operator_id, id);

create table footprint.monitoring_plan (
  id uuid primary key,
  facility_id uuid not null,
  operator_id uuid not null,
  version int not null check (version >= 1),
  -- Draft, in force, superseded.
  state smallint not null check (state between 0 and 2),
  valid_from date not null,
  content jsonb not null,
  content_sha256 text check (content_sha256 ~ '^[0-9a-f]{64}$'),
  written_by uuid not null,
  written_at timestamptz not null,
  approved_by uuid,
  approved_at timestamptz,
  row_version int not null,
  unique (facility_id, version),
  unique (id, facility_id),
  foreign key (facility_id, operator_id) references footprint.facility (id, operator_id),
  check (state = 0 or (approved_by is not null and approved_at is not null and content_sha256 is not null)),
  check (approved_by is null or approved_by <> written_by)
);
-- One version is worked on, one holds.
create unique index monitoring_plan_one_draft on footprint.monitoring_plan (facility_id) where state = 0;
create unique index monitoring_plan_one_in_force on footprint.monitoring_plan (facility_id) where state = 1;

-- What was approved stays as it is.
create function footprint.plan_content_stays() returns trigger
language plpgsql as $$
begin
  if old.state <> 0 and (new.content is distinct from old.content or new.valid_from <> old.valid_from or new.content_sha256 is distinct from old.content_sha256) then
    raise exception 'an approved plan is not changed' using errcode = 'check_violation', constraint = 'plan_content_stays';
  end if;
  return new;
end
$$;
create trigger plan_content_stays before update on footprint.monitoring_plan for each row execute function footprint.plan_content_stays();
create trigger plan_never_deleted before delete on footprint.monitoring_plan for each row execute function storage.refuse_change();

create table footprint.report (
  id uuid primary key,
  facility_id uuid not null,
  operator_id uuid not null,
  plan_id uuid not null,
  version int not null check (version >= 1),
  corrects uuid references footprint.report,
  period_from date not null,
  period_to date not null,
  state smallint not null check (state between 0 and 7),
  verifier_id uuid,
  reason text check (length(reason) <= 2000),
  activity jsonb not null,
  manual jsonb not null,
  figures jsonb,
  figures_sha256 text check (figures_sha256 ~ '^[0-9a-f]{64}$'),
  opinion jsonb,
  written_by uuid not null,
  written_at timestamptz not null,
  submitted_by uuid,
  submitted_at timestamptz,
  lead_by uuid,
  reviewed_by uuid,
  decided_at timestamptz,
  row_version int not null,
  foreign key (facility_id, operator_id) references footprint.facility (id, operator_id),
  foreign key (plan_id, facility_id) references footprint.monitoring_plan (id, facility_id),
  check (period_to > period_from),
  check ((version = 1) = (corrects is null)),
  check (verifier_id is null or verifier_id <> operator_id),
  check (submitted_by is null or submitted_by <> written_by),
  check (reviewed_by is null or reviewed_by <> lead_by),
  check (state in (0, 3) or (verifier_id is not null and figures is not null and figures_sha256 is not null)),
  check (state not in (4, 5, 6, 7) or opinion is not null)
);
create index report_by_operator on footprint.report (operator_id, id);
create index report_by_verifier on footprint.report (verifier_id, id) where verifier_id is not null;
-- A period is reported once: one version open, one accepted.
create unique index report_one_open on footprint.report (facility_id, period_from, period_to) where state in (0, 1, 2, 3, 4);
create unique index report_one_accepted on footprint.report (facility_id, period_from, period_to) where state = 5;

create function footprint.report_stays() returns trigger
language plpgsql as $$
begin
  if old.state in (5, 6, 7) and (new.activity is distinct from old.activity or new.manual is distinct from old.manual or new.figures is distinct from old.figures or new.figures_sha256 is distinct from old.figures_sha256 or new.opinion is distinct from old.opinion) then
    raise exception 'a decided report is not changed' using errcode = 'check_violation', constraint = 'report_stays';
  end if;
  return new;
end
$$;
create trigger report_stays before update on footprint.report for each row execute function footprint.report_stays();
create trigger report_never_deleted before delete on footprint.report for each row execute function storage.refuse_change();

create table footprint.finding (
  id uuid primary key,
  report_id uuid not null references footprint.report,
  operator_id uuid not null,
  verifier_id uuid not null,
  kind smallint not null check (kind between 0 and 3),
  stream text,
  text text not null check (length(text) between 1 and 2000),
  tco2e numeric(24, 6),
  due_on date not null,
  state smallint not null check (state between 0 and 2),
  raised_by uuid not null,
  raised_at timestamptz not null,
  answer text check (length(answer) between 1 and 2000),
  answered_by uuid,
  answered_at timestamptz,
  conclusion text check (length(conclusion) between 1 and 2000),
  closed_at timestamptz,
  check (state = 0 or answer is not null or closed_at is not null),
  check ((state = 2) = (closed_at is not null))
);
create index finding_by_report on footprint.finding (report_id, id);

alter table footprint.facility enable row level security;
create policy facility_read on footprint.facility for select using (
  operator_id = (select storage.current_organisation()) or (select storage.has_role('system'))
  or exists (select from footprint.report r where r.facility_id = facility.id and r.verifier_id = (select storage.current_organisation()) and r.state <> 0));
create policy facility_add on footprint.facility for insert with check ((select storage.has_role('system')) or operator_id = (select storage.current_organisation()));

alter table footprint.monitoring_plan enable row level security;
create policy monitoring_plan_read on footprint.monitoring_plan for select using (
  operator_id = (select storage.current_organisation()) or (select storage.has_role('system'))
  or exists (select from footprint.report r where r.plan_id = monitoring_plan.id and r.verifier_id = (select storage.current_organisation()) and r.state <> 0));
create policy monitoring_plan_add on footprint.monitoring_plan for insert with check ((select storage.has_role('system')) or (state = 0 and operator_id = (select storage.current_organisation())));
create policy monitoring_plan_change on footprint.monitoring_plan for update using ((select storage.has_role('system')) or operator_id = (select storage.current_organisation()));

-- The verifier sees a report once it is handed in, and changes it only while it lies with him.
alter table footprint.report enable row level security;
create policy report_read on footprint.report for select using (
  operator_id = (select storage.current_organisation()) or (select storage.has_role('system')) or (verifier_id = (select storage.current_organisation()) and state <> 0));
create policy report_add on footprint.report for insert with check ((select storage.has_role('system')) or (state = 0 and operator_id = (select storage.current_organisation())));
create policy report_change on footprint.report for update using (
  (select storage.has_role('system')) or operator_id = (select storage.current_organisation()) or (verifier_id = (select storage.current_organisation()) and state in (1, 2, 4)))
  with check ((select storage.has_role('system')) or operator_id = (select storage.current_organisation()) or (verifier_id = (select storage.current_organisation()) and state in (2, 3, 4, 5, 6)));

alter table footprint.finding enable row level security;
create policy finding_read on footprint.finding for select using (
  operator_id = (select storage.current_organisation()) or verifier_id = (select storage.current_organisation()) or (select storage.has_role('system')));
create policy finding_add on footprint.finding for insert with check (
  (select storage.has_role('system')) or (verifier_id = (select storage.current_organisation())
  and exists (select from footprint.report r where r.id = report_id and r.verifier_id = finding.verifier_id and r.operator_id = finding.operator_id and r.state = 2)));
create policy finding_change on footprint.finding for update using (
  operator_id = (select storage.current_organisation()) or verifier_id = (select storage.current_organisation()) or (select storage.has_role('system')));
