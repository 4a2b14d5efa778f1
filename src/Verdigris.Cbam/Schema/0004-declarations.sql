-- The declaration of a year: drafted from its lines, approved by a second person, handed in, frozen; a correction is the next version.
create table cbam.declaration (
  id uuid primary key,
  organisation_id uuid not null references cbam.declarant,
  year int not null check (year between 2026 and 2100),
  version int not null check (version >= 1),
  corrects uuid references cbam.declaration,
  reason text check (length(reason) between 1 and 2000),
  -- Draft, waiting for approval, handed in, superseded.
  state smallint not null check (state between 0 and 3),
  content jsonb,
  content_sha256 text check (content_sha256 ~ '^[0-9a-f]{64}$'),
  -- Whole certificates to surrender.
  certificates_due bigint check (certificates_due >= 0),
  task_id uuid,
  written_by uuid not null,
  written_at timestamptz not null,
  approved_by uuid,
  submitted_at timestamptz,
  row_version int not null,
  unique (organisation_id, year, version),
  check ((version = 1) = (corrects is null)),
  check ((version = 1) = (reason is null)),
  check (state = 0 or (content is not null and content_sha256 is not null and certificates_due is not null)),
  check (state in (0, 1) or (approved_by is not null and submitted_at is not null)),
  check (approved_by is null or approved_by <> written_by)
);
create unique index declaration_one_open on cbam.declaration (organisation_id, year) where state in (0, 1);
create unique index declaration_one_submitted on cbam.declaration (organisation_id, year) where state = 2;
create function cbam.declaration_stays() returns trigger
language plpgsql as $$
begin
  if old.state in (2, 3) and (new.content is distinct from old.content or new.content_sha256 is distinct from old.content_sha256 or new.certificates_due is distinct from old.certificates_due or new.year <> old.year
    or new.organisation_id <> old.organisation_id or new.version <> old.version or new.approved_by is distinct from old.approved_by or new.submitted_at is distinct from old.submitted_at or new.state < old.state) then
    raise exception 'a declaration handed in is not changed' using errcode = 'check_violation', constraint = 'declaration_stays';
  end if;
  return new;
end
$$;
create trigger declaration_stays before update on cbam.declaration for each row execute function cbam.declaration_stays();
create trigger declaration_never_deleted before delete on cbam.declaration for each row execute function storage.refuse_change();
alter table cbam.declaration enable row level security;
create policy declaration_own on cbam.declaration using ((select storage.has_role('system')) or organisation_id = (select storage.current_organisation()))
  with check ((select storage.has_role('system')) or organisation_id = (select storage.current_organisation()));

create table cbam.declaration_file (
  id uuid primary key,
  declaration_id uuid not null references cbam.declaration,
  organisation_id uuid not null,
  file_name text not null check (length(file_name) between 1 and 200),
  media_type text not null,
  size_bytes bigint not null check (size_bytes > 0),
  sha256 text not null check (sha256 ~ '^[0-9a-f]{64}$'),
  added_by uuid not null,
  added_at timestamptz not null,
  unique (declaration_id, sha256)
);
create trigger declaration_file_stays before update or delete on cbam.declaration_file for each row execute function storage.refuse_change();
alter table cbam.declaration_file enable row level security;
create policy declaration_file_read on cbam.declaration_file for select using ((select storage.has_role('system')) or organisation_id = (select storage.current_organisation()));
create policy declaration_file_add on cbam.declaration_file for insert with check (
  (select storage.has_role('system')) or (organisation_id = (select storage.current_organisation()) and exists (select from cbam.declaration d where d.id = declaration_id and d.organisation_id = declaration_file.organisation_id and d.state = 0)));
