-- Importers who declare under the border measure: one record an organisation.
create table cbam.declarant (
  organisation_id uuid primary key,
  eori text not null unique check (eori ~ '^[A-Z]{2}[A-Z0-9]{1,15}$'),
  member_state text not null check (member_state ~ '^[A-Z]{2}$'),
  account_number text check (length(account_number) between 1 and 40),
  applied_on date,
  authorised_since date,
  representative_eori text check (representative_eori ~ '^[A-Z]{2}[A-Z0-9]{1,15}$'),
  representative_name text check (length(representative_name) between 1 and 200),
  written_by uuid not null,
  written_at timestamptz not null,
  row_version int not null,
  check (authorised_since is null or account_number is not null),
  check (applied_on is null or authorised_since is null or authorised_since >= applied_on),
  check ((representative_eori is null) = (representative_name is null))
);
create trigger declarant_never_deleted before delete on cbam.declarant for each row execute function storage.refuse_change();
alter table cbam.declarant enable row level security;
create policy declarant_own on cbam.declarant using ((select storage.has_role('system')) or organisation_id = (select storage.current_organisation()))
  with check ((select storage.has_role('system')) or organisation_id = (select storage.current_organisation()));
