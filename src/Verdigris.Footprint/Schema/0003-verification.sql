-- Files behind a finding: what the verifier asks about, what the operator answers with. Never taken off again.
create table footprint.finding_file (
  id uuid primary key,
  finding_id uuid not null references footprint.finding,
  organisation_id uuid not null,
  file_name text not null check (length(file_name) between 1 and 200),
  media_type text not null,
  size_bytes bigint not null check (size_bytes > 0),
  sha256 text not null check (sha256 ~ '^[0-9a-f]{64}$'),
  added_by uuid not null,
  added_at timestamptz not null,
  unique (finding_id, sha256)
);
create trigger finding_file_stays before update or delete on footprint.finding_file for each row execute function storage.refuse_change();
alter table footprint.finding_file enable row level security;
create policy finding_file_read on footprint.finding_file for select using (
  (select storage.has_role('system')) or exists (select from footprint.finding f where f.id = finding_id));
create policy finding_file_add on footprint.finding_file for insert with check (
  (select storage.has_role('system')) or (organisation_id = (select storage.current_organisation()) and exists (select from footprint.finding f where f.id = finding_id and f.state <> 2)));

-- Which reminders of an answer's day have been sent.
create table footprint.finding_told (
  finding_id uuid not null references footprint.finding,
  due_on date not null,
  stage int not null,
  told_at timestamptz not null,
  primary key (finding_id, due_on, stage)
);
alter table footprint.finding_told enable row level security;
create policy finding_told_system on footprint.finding_told using ((select storage.has_role('system'))) with check ((select storage.has_role('system')));

-- What each side put its organisation's key under: handed in, opinion, decision. The content is kept as it was signed.
create table footprint.report_signature (
  id uuid primary key,
  report_id uuid not null references footprint.report,
  step smallint not null check (step between 0 and 2),
  organisation_id uuid not null,
  content text not null,
  kid text not null,
  jws text not null,
  signed_by uuid not null,
  signed_at timestamptz not null
);
create index report_signature_by_report on footprint.report_signature (report_id, id);
create trigger report_signature_stays before update or delete on footprint.report_signature for each row execute function storage.refuse_change();
alter table footprint.report_signature enable row level security;
create policy report_signature_read on footprint.report_signature for select using (
  (select storage.has_role('system')) or exists (select from footprint.report r where r.id = report_id));
create policy report_signature_add on footprint.report_signature for insert with check (
  (select storage.has_role('system')) or (organisation_id = (select storage.current_organisation())
  and exists (select from footprint.report r where r.id = report_id and (case when step = 0 then r.operator_id else r.verifier_id end) = report_signature.organisation_id)));
