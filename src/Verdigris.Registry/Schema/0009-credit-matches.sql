-- Projects that may be the same activity in two registries, and what a person decided about them; and what a programme decides of a comment period whose length is not known.

alter table registry.credit_project
  add comments_over_on date,
  add comments_reason text check (length(comments_reason) between 1 and 2000),
  add comments_by uuid,
  -- Degrees; of the place the project states, where it states one.
  add latitude numeric(8, 5) check (latitude between -90 and 90),
  add longitude numeric(8, 5) check (longitude between -180 and 180),
  add check ((comments_over_on is null) = (comments_reason is null) and (comments_over_on is null) = (comments_by is null)),
  add check ((latitude is null) = (longitude is null));

-- What a project is called in another registry, as an export states it.
create table registry.credit_alias (
  programme text not null references registry.credit_programme,
  number text not null check (length(number) between 1 and 20),
  other_programme text not null references registry.credit_programme,
  other_number text not null check (length(other_number) between 1 and 20),
  import_id uuid not null references registry.credit_import,
  primary key (programme, number, other_programme, other_number),
  check (programme <> other_programme)
);

-- The projects a file names, as it was read: what is compared with the projects of other registries before anything of it comes in.
create table registry.credit_import_project (
  import_id uuid not null references registry.credit_import,
  number text not null,
  name text,
  country text,
  methodology text,
  -- Whether the file brings units of it that count, and the days of their reductions; a pair of nulls where they are not stated.
  deposits boolean not null,
  vintages jsonb not null,
  aliases text[] not null,
  primary key (import_id, number)
);

create table registry.credit_match (
  id uuid primary key,
  -- The two projects by programme and number: one of them may be known from a file that has not come in yet.
  one_programme text not null references registry.credit_programme,
  one_number text not null,
  other_programme text not null references registry.credit_programme,
  other_number text not null,
  rule text not null check (length(rule) <= 60),
  -- What was compared: feature by feature, what each side says and whether they agree.
  evidence jsonb not null,
  -- Whether the years of both meet; null where they are not known.
  years_meet boolean,
  found_at timestamptz not null,
  -- What was under way when it was found, and whose doing that was: somebody else decides.
  found_in text not null check (length(found_in) <= 260),
  found_by uuid not null,
  -- Open, distinct, moved, linked, duplicate.
  decision smallint not null default 0 check (decision between 0 and 4),
  -- The programme in which the units count: after the move, or of the two.
  stands text references registry.credit_programme,
  moved_on date,
  row_version int not null default 1,
  unique (one_programme, one_number, other_programme, other_number),
  check (one_programme < other_programme),
  check ((decision in (2, 4)) = (stands is not null)),
  check ((decision = 2) = (moved_on is not null)),
  check (stands is null or stands in (one_programme, other_programme))
);
create index credit_match_of_other on registry.credit_match (other_programme, other_number);

-- Every decision stays; the last one counts.
create table registry.credit_match_decision (
  id uuid primary key,
  match_id uuid not null references registry.credit_match,
  decision smallint not null check (decision between 1 and 4),
  stands text,
  moved_on date,
  reason text not null check (length(reason) between 1 and 2000),
  -- What was compared when it was decided.
  evidence jsonb not null,
  years_meet boolean,
  organisation_id uuid not null,
  decided_by uuid not null,
  decided_at timestamptz not null
);
create index credit_match_decision_of on registry.credit_match_decision (match_id, decided_at);

create trigger credit_alias_stays before update or delete on registry.credit_alias for each row execute function storage.refuse_change();
create trigger credit_match_never_deleted before delete on registry.credit_match for each row execute function storage.refuse_change();
create trigger credit_match_stays before update of one_programme, one_number, other_programme, other_number, found_at, found_by on registry.credit_match for each row execute function storage.refuse_change();
create trigger credit_match_decision_stays before update or delete on registry.credit_match_decision for each row execute function storage.refuse_change();

-- A match names files and concepts of one programme to the other: both administrators read it, nobody else does.
alter table registry.credit_import_project enable row level security;
create policy credit_import_project_own on registry.credit_import_project using ((select storage.has_role('system')) or exists (select from registry.credit_import i where i.id = import_id))
  with check ((select storage.has_role('system')) or exists (select from registry.credit_import i where i.id = import_id));
alter table registry.credit_match enable row level security;
create policy credit_match_read on registry.credit_match for select using ((select storage.has_role('system')) or registry.administers_programme(one_programme) or registry.administers_programme(other_programme));
create policy credit_match_add on registry.credit_match for insert with check ((select storage.has_role('system')));
create policy credit_match_change on registry.credit_match for update using ((select storage.has_role('system')));
alter table registry.credit_match_decision enable row level security;
create policy credit_match_decision_read on registry.credit_match_decision for select using ((select storage.has_role('system')) or exists (select from registry.credit_match m where m.id = match_id));
create policy credit_match_decision_add on registry.credit_match_decision for insert with check ((select storage.has_role('system')));
