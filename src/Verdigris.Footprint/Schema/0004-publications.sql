-- Accepted reports as they were given to others: whom, when, which figures, under which hash. Rows never change; that a newer version exists is read from the reports.
create table footprint.publication (
  id uuid primary key,
  report_id uuid not null references footprint.report,
  facility_id uuid not null references footprint.facility,
  operator_id uuid not null,
  -- A brand's emissions form, the border measure, a scheme.
  audience smallint not null check (audience between 0 and 2),
  target text not null check (length(target) between 1 and 60),
  content jsonb not null,
  content_sha256 text not null check (content_sha256 ~ '^[0-9a-f]{64}$'),
  -- What it became in the other room, where it became something.
  taken_as uuid,
  published_by uuid not null,
  published_at timestamptz not null,
  check ((audience = 0) = (taken_as is not null)),
  unique (report_id, audience, target)
);
create index publication_by_facility on footprint.publication (facility_id, id);
create trigger publication_stays before update or delete on footprint.publication for each row execute function storage.refuse_change();
alter table footprint.publication enable row level security;
create policy publication_read on footprint.publication for select using (
  (select storage.has_role('system')) or operator_id = (select storage.current_organisation()) or exists (select from footprint.report r where r.id = report_id));
create policy publication_add on footprint.publication for insert with check (
  (select storage.has_role('system')) or (operator_id = (select storage.current_organisation())
  and exists (select from footprint.report r where r.id = report_id and r.operator_id = publication.operator_id and r.facility_id = publication.facility_id and r.state = 5)));
