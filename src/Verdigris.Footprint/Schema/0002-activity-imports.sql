-- How the columns of one source's files are called. The name is the organisation's; the headers say which files it is for.
create table footprint.activity_mapping (
  id uuid primary key,
  organisation_id uuid not null,
  name text not null check (length(name) between 1 and 64),
  columns jsonb not null,
  decimal_comma boolean not null,
  changed_by uuid not null,
  changed_at timestamptz not null,
  row_version int not null,
  unique (organisation_id, name)
);
alter table footprint.activity_mapping enable row level security;
create policy activity_mapping_own on footprint.activity_mapping using ((select storage.has_role('system')) or organisation_id = (select storage.current_organisation()))
  with check ((select storage.has_role('system')) or organisation_id = (select storage.current_organisation()));

-- A file of activity data brought to a report. Its content lies in the evidence store; what was taken out of it is found again by the mapping it was applied with.
create table footprint.activity_import (
  id uuid primary key,
  report_id uuid not null references footprint.report,
  operator_id uuid not null,
  file_name text not null check (length(file_name) between 1 and 200),
  media_type text not null,
  size_bytes bigint not null check (size_bytes > 0),
  sha256 text not null check (sha256 ~ '^[0-9a-f]{64}$'),
  -- Waiting, applied.
  state smallint not null check (state between 0 and 1),
  mode text check (mode in ('whole-file', 'accepted-lines')),
  mapping jsonb,
  lines int check (lines >= 0),
  refused int check (refused between 0 and lines),
  figures int check (figures > 0),
  added_by uuid not null,
  added_at timestamptz not null,
  applied_by uuid,
  applied_at timestamptz,
  check ((state = 1) = (applied_at is not null)),
  check (state = 0 or (applied_by is not null and mode is not null and mapping is not null and lines is not null and refused is not null and figures is not null)),
  check (mode is distinct from 'whole-file' or refused = 0)
);
create index activity_import_by_report on footprint.activity_import (report_id, id);
create function footprint.import_stays() returns trigger
language plpgsql as $$
begin
  if old.state = 1 then
    raise exception 'an applied import is not changed' using errcode = 'check_violation', constraint = 'import_stays';
  end if;
  return new;
end
$$;
create trigger import_stays before update on footprint.activity_import for each row execute function footprint.import_stays();
create trigger import_never_deleted before delete on footprint.activity_import for each row execute function storage.refuse_change();
alter table footprint.activity_import enable row level security;
-- Whoever sees the report sees what its data came from.
create policy activity_import_read on footprint.activity_import for select using (
  (select storage.has_role('system')) or exists (select from footprint.report r where r.id = report_id));
create policy activity_import_add on footprint.activity_import for insert with check (
  (select storage.has_role('system')) or (operator_id = (select storage.current_organisation()) and exists (select from footprint.report r where r.id = report_id and r.operator_id = activity_import.operator_id)));
create policy activity_import_change on footprint.activity_import for update using ((select storage.has_role('system')) or operator_id = (select storage.current_organisation()));
