-- Units of a programme in a holder's account that its staff has stopped: the Book refuses what would leave or reach them.
create table registry.credit_freezing (
  id uuid primary key,
  programme text not null references registry.credit_programme,
  organisation_id uuid not null references registry.credit_account (organisation_id),
  -- The scope of the Book: out, in, both.
  scope smallint not null check (scope between 1 and 3),
  reason text not null check (length(reason) between 1 and 2000),
  frozen_by uuid not null,
  frozen_at timestamptz not null,
  task_id uuid,
  lifted_by uuid,
  lifted_at timestamptz,
  check ((lifted_by is null) = (lifted_at is null)),
  check (lifted_by is null or lifted_by <> frozen_by)
);
create unique index credit_freeze_once on registry.credit_freezing (programme, organisation_id, scope) where lifted_at is null;
alter table registry.credit_freezing enable row level security;
create policy credit_freezing_read on registry.credit_freezing for select using ((select storage.has_role('system')) or organisation_id = (select storage.current_organisation()) or registry.administers_programme(programme));
create policy credit_freezing_add on registry.credit_freezing for insert with check ((select storage.has_role('system')) or registry.administers_programme(programme));
create policy credit_freezing_change on registry.credit_freezing for update using ((select storage.has_role('system')) or registry.administers_programme(programme));
create trigger credit_freezing_never_deleted before delete on registry.credit_freezing for each row execute function storage.refuse_change();
create trigger credit_freezing_stays before update of programme, organisation_id, scope, reason, frozen_by, frozen_at on registry.credit_freezing for each row execute function storage.refuse_change();
