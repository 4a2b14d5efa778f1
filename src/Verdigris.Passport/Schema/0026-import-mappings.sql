-- How the columns of one source's files are called. The name is the organisation's; the headers say which files it is for.
create table passport.import_mapping (
  id uuid primary key,
  organisation_id uuid not null references passport.organisation,
  name text not null check (length(name) between 1 and 64),
  columns jsonb not null,
  constants jsonb not null,
  changed_by uuid not null,
  changed_at timestamptz not null,
  row_version int not null,
  unique (organisation_id, name)
);
alter table passport.import_mapping enable row level security;
create policy import_mapping_own on passport.import_mapping using ((select storage.has_role('system')) or organisation_id = (select storage.current_organisation()))
  with check ((select storage.has_role('system')) or organisation_id = (select storage.current_organisation()));
-- The mapping an import began with, as it was then: what is edited meanwhile does not change the meaning of half a file.
alter table passport.certificate_import add column mapping jsonb;
