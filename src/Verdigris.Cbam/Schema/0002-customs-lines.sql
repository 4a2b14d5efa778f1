-- What the columns of one source's customs files are.
create table cbam.customs_mapping (
  id uuid primary key,
  organisation_id uuid not null,
  name text not null check (length(name) between 1 and 64),
  content jsonb not null,
  changed_by uuid not null,
  changed_at timestamptz not null,
  row_version int not null,
  unique (organisation_id, name)
);
alter table cbam.customs_mapping enable row level security;
create policy customs_mapping_own on cbam.customs_mapping using ((select storage.has_role('system')) or organisation_id = (select storage.current_organisation()))
  with check ((select storage.has_role('system')) or organisation_id = (select storage.current_organisation()));

-- A file of customs lines. Its content lies in the evidence store; what was taken out of it is found again by the mapping it was applied with.
create table cbam.customs_import (
  id uuid primary key,
  organisation_id uuid not null references cbam.declarant,
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
  taken int check (taken between 0 and lines),
  added_by uuid not null,
  added_at timestamptz not null,
  applied_by uuid,
  applied_at timestamptz,
  check ((state = 1) = (applied_at is not null)),
  check (state = 0 or (applied_by is not null and mode is not null and lines is not null and refused is not null and taken is not null)),
  check (mode is distinct from 'whole-file' or refused = 0)
);
create index customs_import_by_organisation on cbam.customs_import (organisation_id, id);
create function cbam.import_stays() returns trigger
language plpgsql as $$
begin
  if old.state = 1 then
    raise exception 'an applied import is not changed' using errcode = 'check_violation', constraint = 'import_stays';
  end if;
  return new;
end
$$;
create trigger import_stays before update on cbam.customs_import for each row execute function cbam.import_stays();
create trigger import_never_deleted before delete on cbam.customs_import for each row execute function storage.refuse_change();
alter table cbam.customs_import enable row level security;
create policy customs_import_own on cbam.customs_import using ((select storage.has_role('system')) or organisation_id = (select storage.current_organisation()))
  with check ((select storage.has_role('system')) or organisation_id = (select storage.current_organisation()));

-- One item of a customs declaration. What customs released stays as it was; the declarant says beside it what its emissions rest on.
create table cbam.customs_line (
  id uuid primary key,
  organisation_id uuid not null references cbam.declarant,
  mrn text not null check (mrn ~ '^[0-9]{2}[A-Z]{2}[A-Z0-9]{13}[0-9]$'),
  item int not null check (item between 1 and 99999),
  cn text not null check (cn ~ '^[0-9]{8}$'),
  origin text not null check (origin ~ '^[A-Z]{2}$'),
  net_mass_kg numeric not null check (net_mass_kg > 0),
  supplementary_quantity numeric,
  supplementary_unit text,
  released_on date not null,
  procedure text,
  importer_eori text not null,
  representative_eori text,
  supplier text,
  value numeric,
  currency text,
  -- In scope, exempt origin, out of scope; by the rules of the day it came in.
  scope smallint not null check (scope between 0 and 2),
  -- Cement, steel, aluminium…; null out of scope.
  sector text,
  counts_mass boolean not null,
  import_id uuid not null references cbam.customs_import,
  file_line int not null check (file_line >= 1),
  -- Default values, actual figures.
  basis smallint not null check (basis between 0 and 1),
  -- Nothing, certificate, warrant, supplier.
  link_kind smallint not null check (link_kind between 0 and 3),
  link_id uuid,
  link_name text,
  figures jsonb,
  linked_by uuid,
  linked_at timestamptz,
  taken_by uuid not null,
  taken_at timestamptz not null,
  withdrawn_by uuid,
  withdrawn_at timestamptz,
  withdrawn_reason text check (length(withdrawn_reason) between 1 and 2000),
  row_version int not null,
  check ((link_kind = 0) = (link_id is null)),
  check (basis = 0 or figures is not null),
  check ((scope = 2) = (sector is null)),
  check ((withdrawn_at is null) = (withdrawn_reason is null))
);
-- An item of a declaration counts once for a declarant.
create unique index customs_line_once on cbam.customs_line (organisation_id, mrn, item) where withdrawn_at is null;
create index customs_line_by_day on cbam.customs_line (organisation_id, released_on, id);
create index customs_line_by_import on cbam.customs_line (import_id);
create trigger customs_line_stays before update of organisation_id, mrn, item, cn, origin, net_mass_kg, released_on, importer_eori, import_id, file_line, taken_by, taken_at on cbam.customs_line for each row execute function storage.refuse_change();
create trigger customs_line_never_deleted before delete on cbam.customs_line for each row execute function storage.refuse_change();
alter table cbam.customs_line enable row level security;
create policy customs_line_own on cbam.customs_line using ((select storage.has_role('system')) or organisation_id = (select storage.current_organisation()))
  with check ((select storage.has_role('system')) or organisation_id = (select storage.current_organisation()));

-- Word sent of the mass threshold, once a year and stage.
create table cbam.mass_told (
  organisation_id uuid not null references cbam.declarant,
  year int not null,
  -- The alert share reached; the threshold exceeded.
  stage smallint not null check (stage between 0 and 1),
  mass_kg numeric not null,
  told_at timestamptz not null,
  primary key (organisation_id, year, stage)
);
alter table cbam.mass_told enable row level security;
create policy mass_told_own on cbam.mass_told using ((select storage.has_role('system')) or organisation_id = (select storage.current_organisation()))
  with check ((select storage.has_role('system')) or organisation_id = (select storage.current_organisation()));
