-- What an operator tells importers by the Commission's form: filled in, verified, told on.
create table cbam.communication (
  id uuid primary key,
  operator_id uuid not null,
  title text not null check (length(title) between 1 and 200),
  plant_id uuid,
  period_from date,
  period_to date check (period_to >= period_from),
  -- Draft, with the verifier, opinion waiting for review, verified.
  state smallint not null check (state between 0 and 3),
  report jsonb not null,
  report_sha256 text not null check (report_sha256 ~ '^[0-9a-f]{64}$'),
  -- The file it came in; null where it was typed.
  form_sha256 text check (form_sha256 ~ '^[0-9a-f]{64}$'),
  form_name text check (length(form_name) between 1 and 200),
  findings jsonb not null,
  errors int not null check (errors >= 0),
  verifier_id uuid,
  opinion jsonb,
  returned_because text check (length(returned_because) between 1 and 2000),
  task_id uuid,
  written_by uuid not null,
  written_at timestamptz not null,
  handed_by uuid,
  handed_at timestamptz,
  opinion_by uuid,
  decided_by uuid,
  decided_at timestamptz,
  row_version int not null,
  check ((form_sha256 is null) = (form_name is null)),
  check (state = 0 or (verifier_id is not null and handed_by is not null and handed_at is not null and errors = 0 and period_from is not null and period_to is not null)),
  check (state < 2 or (opinion is not null and opinion_by is not null)),
  check ((state = 3) = (decided_at is not null) and (decided_by is null) = (decided_at is null)),
  check (decided_by is null or decided_by <> opinion_by)
);
create index communication_of_operator on cbam.communication (operator_id, id);
create index communication_of_verifier on cbam.communication (verifier_id, id) where verifier_id is not null;
create function cbam.communication_stays() returns trigger
language plpgsql as $$
begin
  if old.state <> 0 and (new.report is distinct from old.report or new.report_sha256 <> old.report_sha256 or new.form_sha256 is distinct from old.form_sha256 or new.period_from is distinct from old.period_from
    or new.period_to is distinct from old.period_to) then
    raise exception 'a form that was handed on is not changed' using errcode = 'check_violation', constraint = 'communication_stays';
  end if;
  if old.state = 3 then
    raise exception 'a verified form is not changed' using errcode = 'check_violation', constraint = 'communication_verified';
  end if;
  return new;
end
$$;
create trigger communication_stays before update on cbam.communication for each row execute function cbam.communication_stays();
create trigger communication_never_deleted before delete on cbam.communication for each row execute function storage.refuse_change();
alter table cbam.communication enable row level security;
-- The verifier sees it while it has it, and once it is verified: it answers for that. What goes back is the operator's again.
create policy communication_read on cbam.communication for select using (
  (select storage.has_role('system')) or operator_id = (select storage.current_organisation()) or (verifier_id = (select storage.current_organisation()) and state > 0));
create policy communication_add on cbam.communication for insert with check ((select storage.has_role('system')) or operator_id = (select storage.current_organisation()));
create policy communication_change on cbam.communication for update using (
  (select storage.has_role('system')) or operator_id = (select storage.current_organisation()) or (state in (1, 2) and verifier_id = (select storage.current_organisation())))
  with check ((select storage.has_role('system')) or operator_id = (select storage.current_organisation()) or verifier_id = (select storage.current_organisation()));

create table cbam.communication_file (
  id uuid primary key,
  communication_id uuid not null references cbam.communication,
  -- The figure it is evidence of; null for the form as a whole.
  field text check (length(field) between 1 and 120),
  file_name text not null check (length(file_name) between 1 and 200),
  media_type text not null,
  size_bytes bigint not null check (size_bytes > 0),
  sha256 text not null check (sha256 ~ '^[0-9a-f]{64}$'),
  added_by uuid not null,
  added_at timestamptz not null
);
create index communication_file_of on cbam.communication_file (communication_id, id);
create trigger communication_file_stays before update or delete on cbam.communication_file for each row execute function storage.refuse_change();
alter table cbam.communication_file enable row level security;
create policy communication_file_read on cbam.communication_file for select using (
  (select storage.has_role('system')) or exists (select from cbam.communication c where c.id = communication_id));
create policy communication_file_add on cbam.communication_file for insert with check (
  (select storage.has_role('system')) or exists (select from cbam.communication c where c.id = communication_id and c.state = 0 and c.operator_id = (select storage.current_organisation())));

-- A verified product that became the draft of a brand's emissions form.
create table cbam.communication_brand (
  communication_id uuid not null references cbam.communication,
  product int not null check (product between 1 and 100),
  brand_code text not null,
  report_year int not null,
  submission_id uuid not null,
  published_by uuid not null,
  published_at timestamptz not null,
  primary key (communication_id, product, brand_code)
);
create trigger communication_brand_stays before update or delete on cbam.communication_brand for each row execute function storage.refuse_change();
alter table cbam.communication_brand enable row level security;
create policy communication_brand_own on cbam.communication_brand using (
  (select storage.has_role('system')) or exists (select from cbam.communication c where c.id = communication_id and c.operator_id = (select storage.current_organisation())));
