-- Papers of the exchange. Numbers of a year are given out without a gap, in the transaction that publishes.
create table passport.publication_counter (year smallint primary key, last int not null check (last >= 1));

create table passport.publication (
  id uuid primary key,
  kind smallint not null check (kind between 0 and 3),
  title text not null,
  title_zh text not null,
  content jsonb not null,
  opens_on date,
  closes_on date,
  -- Closed (2) is read off the closing day.
  state smallint not null check (state in (0, 1, 3, 4, 5, 9)),
  year smallint,
  place int check (place >= 1),
  number text unique,
  published_on date,
  summary jsonb,
  summarised_on date,
  decision jsonb,
  taken_over boolean not null default false,
  note jsonb,
  withdrawn_reason text,
  created_by uuid not null,
  created_at timestamptz not null,
  row_version int not null,
  unique (year, place),
  check (state in (0, 9) or published_on is not null),
  check (state <> 3 or summary is not null),
  check (state <> 4 or decision is not null),
  check ((state = 9) = (withdrawn_reason is not null)),
  check ((kind in (1, 2)) = (closes_on is not null)),
  check (closes_on >= opens_on)
);
create index on passport.publication (published_on, id);

-- What an organisation answers: one row, written anew until the closing day. Its words are its own and the exchange's; the counts and the named ones are given out by the room.
create table passport.publication_response (
  publication_id uuid not null references passport.publication,
  organisation_id uuid not null references passport.organisation,
  named boolean not null,
  answers jsonb not null,
  changed_by uuid not null,
  changed_at timestamptz not null,
  row_version int not null,
  primary key (publication_id, organisation_id)
);

alter table passport.publication enable row level security;
create policy publication_read on passport.publication for select using (
  published_on is not null or (select storage.has_role('exchange.staff')) or (select storage.has_role('system')));
create policy publication_add on passport.publication for insert with check ((select storage.has_role('exchange.staff')) or (select storage.has_role('system')));
create policy publication_change on passport.publication for update using ((select storage.has_role('exchange.staff')) or (select storage.has_role('system')));

alter table passport.publication_response enable row level security;
create policy publication_response_read on passport.publication_response for select using (
  organisation_id = (select storage.current_organisation()) or (select storage.has_role('exchange.staff')) or (select storage.has_role('system')));
create policy publication_response_add on passport.publication_response for insert with check (
  organisation_id = (select storage.current_organisation()) and exists (select from passport.publication p where p.id = publication_id and p.state = 1));
create policy publication_response_change on passport.publication_response for update using (
  organisation_id = (select storage.current_organisation()) and exists (select from passport.publication p where p.id = publication_id and p.state = 1));
