-- Files that show where the figures of a submission come from. The content lies on disk by its hash; who may fetch it is decided here and by the handler.
create table passport.emissions_evidence (
  id uuid primary key,
  submission_id uuid not null references passport.emissions_submission,
  producer_id uuid not null,
  file_name text not null check (length(file_name) between 1 and 200),
  media_type text not null,
  size_bytes bigint not null check (size_bytes > 0),
  sha256 text not null check (sha256 ~ '^[0-9a-f]{64}$'),
  added_by uuid not null,
  added_at timestamptz not null,
  unique (submission_id, sha256)
);

alter table passport.emissions_evidence enable row level security;
create policy emissions_evidence_read on passport.emissions_evidence for select using (
  (select storage.has_role('system')) or producer_id = (select storage.current_organisation())
  or ((select storage.has_role('exchange.staff')) and exists (select from passport.emissions_submission s where s.id = submission_id and s.state <> 0)));
-- Only the producer writes, and only while the submission is his to change: a draft, or returned.
create policy emissions_evidence_add on passport.emissions_evidence for insert with check (
  (select storage.has_role('system')) or (producer_id = (select storage.current_organisation())
  and exists (select from passport.emissions_submission s where s.id = submission_id and s.producer_id = emissions_evidence.producer_id and s.state in (0, 2))));
create policy emissions_evidence_remove on passport.emissions_evidence for delete using (
  (select storage.has_role('system')) or (producer_id = (select storage.current_organisation())
  and exists (select from passport.emissions_submission s where s.id = submission_id and s.state in (0, 2))));

-- A draft is its producer's own affair: the exchange sees figures from the moment they are handed in.
drop policy emissions_value_read on passport.emissions_value;
create policy emissions_value_read on passport.emissions_value for select using (
  (select storage.has_role('system')) or producer_id = (select storage.current_organisation())
  or ((select storage.has_role('exchange.staff')) and exists (select from passport.emissions_submission s where s.id = submission_id and s.state <> 0))
  or passport.may_see_emissions(submission_id));
