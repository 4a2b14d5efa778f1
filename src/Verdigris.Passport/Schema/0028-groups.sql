-- A producer and the producers it holds, as both say it. Names are public; invitations are the two sides' own until they are answered.
create table passport.producer_group (
  id uuid primary key,
  head_id uuid not null unique references passport.organisation,
  name text not null unique check (length(name) between 1 and 200),
  name_zh text check (length(name_zh) between 1 and 200),
  created_by uuid not null,
  created_at timestamptz not null
);

-- Who belongs to a group and when: the first day counts, the last one too. An organisation is in one group at a time:
-- whoever answers holds its row while the others are looked at.
create table passport.group_membership (
  id uuid primary key,
  group_id uuid not null references passport.producer_group,
  organisation_id uuid not null references passport.organisation,
  from_day date not null,
  last_day date,
  state smallint not null check (state between 0 and 3),
  reason text,
  invited_by uuid not null,
  invited_at timestamptz not null,
  answered_at timestamptz,
  row_version int not null,
  check (last_day >= from_day),
  check ((state = 3) = (last_day is not null))
);
create unique index group_membership_open on passport.group_membership (group_id, organisation_id) where state = 0;
create unique index group_membership_standing on passport.group_membership (organisation_id) where state = 1;
create index on passport.group_membership (group_id, id);
alter table passport.group_membership enable row level security;
-- What was agreed is public; what was asked and not agreed is seen by the two and the exchange.
create policy group_membership_seen on passport.group_membership for select using (state in (1, 3) or (select storage.has_role('system')) or (select storage.has_role('exchange.staff'))
  or organisation_id = (select storage.current_organisation()) or group_id in (select id from passport.producer_group where head_id = (select storage.current_organisation())));
create policy group_membership_written on passport.group_membership for all using ((select storage.has_role('system'))
  or organisation_id = (select storage.current_organisation()) or group_id in (select id from passport.producer_group where head_id = (select storage.current_organisation())));
