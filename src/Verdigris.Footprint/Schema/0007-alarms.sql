-- Rules that watch what meters add up to, and the alarms they raise.
create table footprint.alarm_rule (
  id uuid primary key,
  facility_id uuid not null,
  operator_id uuid not null,
  name text not null check (length(name) between 1 and 200),
  unit text not null check (length(unit) between 1 and 40),
  tag int not null references footprint.meter_tag,
  -- What it is divided by; null where the tag is watched by itself.
  over_tag int references footprint.meter_tag,
  factor numeric not null check (factor > 0),
  -- Hour, day.
  step smallint not null check (step between 1 and 2),
  -- Limit, cumulative sum, moving average.
  kind smallint not null check (kind between 0 and 2),
  low numeric,
  high numeric,
  target numeric,
  sigma numeric check (sigma > 0),
  slack numeric,
  decision numeric,
  weight numeric,
  width numeric,
  created_by uuid not null,
  created_at timestamptz not null,
  ended_at timestamptz,
  muted_until timestamptz,
  -- Periods before it have been looked at; the chart begins anew where an alarm was closed.
  seen_to timestamptz not null,
  begins_at timestamptz not null,
  unique (id, operator_id),
  foreign key (facility_id, operator_id) references footprint.facility (id, operator_id),
  check (kind <> 0 or low is not null or high is not null),
  check (kind = 0 or (target is not null and sigma is not null)),
  check (kind <> 1 or (slack is not null and decision is not null)),
  check (kind <> 2 or (weight is not null and width is not null))
);
create index alarm_rule_by_facility on footprint.alarm_rule (facility_id, name);

create table footprint.alarm (
  id uuid primary key,
  rule_id uuid not null,
  facility_id uuid not null,
  operator_id uuid not null,
  -- Raised, acknowledged, closed.
  state smallint not null check (state between 0 and 2),
  side smallint not null check (side between 0 and 1),
  period_from timestamptz not null,
  value numeric not null,
  signal numeric not null,
  limit_value numeric not null,
  -- The newest period that signals, and how many have.
  last_from timestamptz not null,
  signals int not null check (signals >= 1),
  raised_at timestamptz not null,
  acknowledged_by uuid,
  acknowledged_at timestamptz,
  closed_by uuid,
  closed_at timestamptz,
  foreign key (rule_id, operator_id) references footprint.alarm_rule (id, operator_id),
  check ((state = 0) = (acknowledged_at is null)),
  check ((state = 2) = (closed_at is not null))
);
-- A rule has one alarm at a time.
create unique index alarm_one_open on footprint.alarm (rule_id) where state <> 2;
create index alarm_by_facility on footprint.alarm (facility_id, id);

create table footprint.alarm_comment (
  id uuid primary key,
  alarm_id uuid not null references footprint.alarm,
  operator_id uuid not null,
  text text not null check (length(text) between 1 and 2000),
  written_by uuid not null,
  written_at timestamptz not null
);
create index alarm_comment_by_alarm on footprint.alarm_comment (alarm_id, id);
create trigger alarm_comment_stays before update or delete on footprint.alarm_comment for each row execute function storage.refuse_change();

alter table footprint.alarm_rule enable row level security;
create policy alarm_rule_own on footprint.alarm_rule for all using ((select storage.has_role('system')) or operator_id = (select storage.current_organisation()));
alter table footprint.alarm enable row level security;
create policy alarm_own on footprint.alarm for select using ((select storage.has_role('system')) or operator_id = (select storage.current_organisation()));
create policy alarm_change on footprint.alarm for update using ((select storage.has_role('system')) or operator_id = (select storage.current_organisation()));
create policy alarm_raise on footprint.alarm for insert with check ((select storage.has_role('system')));
alter table footprint.alarm_comment enable row level security;
create policy alarm_comment_own on footprint.alarm_comment for all using ((select storage.has_role('system')) or operator_id = (select storage.current_organisation()));
