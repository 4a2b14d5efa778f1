-- Meters: their tags, their readings, and what these add up to by hour and day.
create table footprint.meter_tag (
  id int generated always as identity primary key,
  facility_id uuid not null,
  operator_id uuid not null,
  name text not null check (name ~ '^[A-Za-z0-9][A-Za-z0-9._-]{0,79}$'),
  stream text not null,
  -- Field of the stream that the meter measures; null where it is watched and not reported.
  field text,
  unit text not null check (length(unit) between 1 and 20),
  -- Counter, rate, gauge, event.
  kind smallint not null check (kind between 0 and 3),
  hold_seconds int not null check (hold_seconds between 1 and 86400),
  per_seconds int not null check (per_seconds between 1 and 86400),
  roll_over numeric check (roll_over is null or roll_over > 0 and kind = 0),
  -- What one of its unit is in the unit of the field.
  factor numeric not null check (factor > 0),
  -- Hours its day begins before midnight UTC.
  day_offset_hours smallint not null check (day_offset_hours between -12 and 14),
  created_by uuid not null,
  created_at timestamptz not null,
  retired_at timestamptz,
  unique (facility_id, name),
  foreign key (facility_id, operator_id) references footprint.facility (id, operator_id),
  check (field is null or kind <> 2)
);

-- How far a tag has come. Written every minute, so apart from what people decide, and with room on each page for the next version of its rows.
create table footprint.meter_state (
  tag int primary key references footprint.meter_tag,
  last_at timestamptz not null,
  last_value numeric not null,
  last_quality smallint not null check (last_quality between 0 and 2),
  -- Hours before it are closed, days before that are closed.
  closed_to timestamptz not null,
  days_to date not null
) with (fillfactor = 50);
create index meter_state_by_closed on footprint.meter_state (closed_to, tag);

-- Batches as they came, durable before they are answered; emptied into the minutes within a minute or two.
create table footprint.meter_inbox (
  id bigint generated always as identity primary key,
  facility_id uuid not null,
  operator_id uuid not null,
  received_at timestamptz not null,
  last_at timestamptz not null,
  readings int not null check (readings > 0),
  packed bytea not null,
  foreign key (facility_id, operator_id) references footprint.facility (id, operator_id)
);
alter table footprint.meter_inbox alter column packed set storage external;

-- Single readings: one row a tag and minute, a few bytes a reading.
create table footprint.meter_minute (
  tag int not null,
  minute timestamptz not null,
  -- Readings in it that count.
  counted int not null,
  packed bytea not null,
  primary key (tag, minute)
);
alter table footprint.meter_minute alter column packed set storage external;
create index meter_minute_by_time on footprint.meter_minute using brin (minute);

create table footprint.meter_hour (
  tag int not null references footprint.meter_tag,
  hour timestamptz not null,
  version int not null check (version >= 1),
  -- Late readings have come, or what its substitute rests on has changed.
  dirty boolean not null,
  -- Measured, scaled, substituted, unknown.
  state smallint not null check (state between 0 and 3),
  amount numeric,
  measured numeric,
  mean numeric,
  low numeric,
  high numeric,
  readings int not null,
  uncertain int not null,
  disputed int not null,
  resets int not null,
  known_ms int not null check (known_ms between 0 and 3600000),
  spread_ms int not null,
  -- Sixty times sum, lowest, highest, readings and known milliseconds.
  minutes jsonb not null,
  closed_at timestamptz not null,
  primary key (tag, hour),
  check (state <> 3 or amount is null)
);
create index meter_hour_dirty on footprint.meter_hour (hour, tag) where dirty;

create table footprint.meter_day (
  tag int not null references footprint.meter_tag,
  day date not null,
  version int not null check (version >= 1),
  dirty boolean not null,
  amount numeric,
  measured numeric,
  mean numeric,
  low numeric,
  high numeric,
  readings int not null,
  known_ms bigint not null,
  hours smallint not null check (hours between 0 and 24),
  scaled smallint not null,
  substituted smallint not null,
  unknown smallint not null,
  closed_at timestamptz not null,
  primary key (tag, day)
);
create index meter_day_dirty on footprint.meter_day (day, tag) where dirty;

alter table footprint.meter_tag enable row level security;
create policy meter_tag_read on footprint.meter_tag for select using (
  operator_id = (select storage.current_organisation()) or (select storage.has_role('system'))
  or exists (select from footprint.report r where r.facility_id = meter_tag.facility_id and r.verifier_id = (select storage.current_organisation()) and r.state <> 0));
create policy meter_tag_add on footprint.meter_tag for insert with check ((select storage.has_role('system')) or operator_id = (select storage.current_organisation()));
create policy meter_tag_change on footprint.meter_tag for update using ((select storage.has_role('system')) or operator_id = (select storage.current_organisation()));

-- Whoever may see a tag may see what it showed; only the system adds it up.
alter table footprint.meter_state enable row level security;
create policy meter_state_read on footprint.meter_state for select using ((select storage.has_role('system')) or exists (select from footprint.meter_tag t where t.id = tag));
create policy meter_state_write on footprint.meter_state for all using ((select storage.has_role('system')));
alter table footprint.meter_minute enable row level security;
create policy meter_minute_read on footprint.meter_minute for select using ((select storage.has_role('system')) or exists (select from footprint.meter_tag t where t.id = tag));
create policy meter_minute_write on footprint.meter_minute for all using ((select storage.has_role('system')));
alter table footprint.meter_hour enable row level security;
create policy meter_hour_read on footprint.meter_hour for select using ((select storage.has_role('system')) or exists (select from footprint.meter_tag t where t.id = tag));
create policy meter_hour_write on footprint.meter_hour for all using ((select storage.has_role('system')));
alter table footprint.meter_day enable row level security;
create policy meter_day_read on footprint.meter_day for select using ((select storage.has_role('system')) or exists (select from footprint.meter_tag t where t.id = tag));
create policy meter_day_write on footprint.meter_day for all using ((select storage.has_role('system')));

alter table footprint.meter_inbox enable row level security;
create policy meter_inbox_add on footprint.meter_inbox for insert with check ((select storage.has_role('system')) or operator_id = (select storage.current_organisation()));
create policy meter_inbox_empty on footprint.meter_inbox for all using ((select storage.has_role('system')));

-- What a report took from meters, so that readings that come later are noticed.
create table footprint.metered_figure (
  report_id uuid not null references footprint.report,
  operator_id uuid not null,
  stream text not null,
  month date not null,
  field text not null,
  value numeric not null,
  taken_at timestamptz not null,
  -- The meters say something else since.
  changed_at timestamptz,
  changed_to numeric,
  primary key (report_id, stream, month, field)
);
alter table footprint.metered_figure enable row level security;
create policy metered_figure_read on footprint.metered_figure for select using (exists (select from footprint.report r where r.id = report_id));
create policy metered_figure_add on footprint.metered_figure for insert with check ((select storage.has_role('system')) or operator_id = (select storage.current_organisation()));
create policy metered_figure_change on footprint.metered_figure for update using ((select storage.has_role('system')) or operator_id = (select storage.current_organisation()));
