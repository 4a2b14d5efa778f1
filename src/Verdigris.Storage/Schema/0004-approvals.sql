-- The four-eyes inbox: one proposes, another person of the right organisation and role decides. Rooms say what a decision does.

create table storage.approval_task (
  id uuid primary key,
  kind text not null check (kind ~ '^[a-z][a-z0-9.-]{0,99}$'),
  subject_id text not null check (length(subject_id) between 1 and 200),
  for_organisation uuid not null,
  for_role text not null check (length(for_role) between 1 and 60),
  payload jsonb not null,
  title_key text not null,
  title_args jsonb not null,
  link_path text not null check (link_path like '/%' and link_path not like '//%'),
  due_at timestamptz,
  allow_same_person boolean not null,
  state text not null check (state in ('Open', 'Approved', 'Rejected', 'Withdrawn', 'Expired')),
  proposed_by uuid,
  proposed_by_name text not null,
  proposed_by_organisation uuid,
  proposed_at timestamptz not null,
  claimed_by uuid,
  claimed_by_name text,
  claimed_at timestamptz,
  decided_by uuid,
  decided_by_name text,
  decided_at timestamptz,
  reason text check (length(reason) <= 2000),
  check ((state = 'Open') = (decided_at is null)),
  check ((claimed_by is null) = (claimed_at is null)),
  constraint another_person_decides check (state not in ('Approved', 'Rejected') or (decided_by is not null and (allow_same_person or decided_by is distinct from proposed_by))),
  constraint rejection_has_a_reason check (state <> 'Rejected' or length(trim(reason)) > 0)
);
create index on storage.approval_task (for_organisation, state, id desc);
create index on storage.approval_task (proposed_by_organisation, id desc);
create index on storage.approval_task (kind, subject_id);
create index on storage.approval_task (due_at) where state = 'Open' and due_at is not null;
-- The same proposal twice (a double click, a retry) is one task.
create unique index one_open_task on storage.approval_task (kind, subject_id, for_organisation, for_role, md5(payload::text)) where state = 'Open';

-- A task is decided once, and what was proposed never changes.
create function storage.approval_keeps_its_proposal() returns trigger
language plpgsql as $$
begin
  if old.state <> 'Open' then
    raise exception 'task % is %: it is decided once', old.id, old.state using errcode = 'restrict_violation';
  end if;
  if (old.id, old.kind, old.subject_id, old.for_organisation, old.for_role, old.payload, old.title_key, old.title_args, old.link_path, old.allow_same_person, old.proposed_by_name, old.proposed_at)
     is distinct from (new.id, new.kind, new.subject_id, new.for_organisation, new.for_role, new.payload, new.title_key, new.title_args, new.link_path, new.allow_same_person, new.proposed_by_name, new.proposed_at)
     or old.proposed_by is distinct from new.proposed_by or old.proposed_by_organisation is distinct from new.proposed_by_organisation or old.due_at is distinct from new.due_at then
    raise exception 'the proposal of task % never changes', old.id using errcode = 'restrict_violation';
  end if;
  if new.state in ('Approved', 'Rejected') and not storage.is_system()
     and (new.for_organisation is distinct from storage.current_organisation() or not storage.has_role(new.for_role) or new.decided_by is distinct from storage.current_person()) then
    raise exception 'task % is decided by somebody of the organisation and role it is for', old.id using errcode = 'insufficient_privilege';
  end if;
  return new;
end
$$;
create trigger keeps_its_proposal before update on storage.approval_task for each row execute function storage.approval_keeps_its_proposal();
create trigger never_deleted before delete on storage.approval_task for each row execute function storage.refuse_change();
create trigger never_truncated before truncate on storage.approval_task for each statement execute function storage.refuse_change();

alter table storage.approval_task enable row level security;
create policy both_sides_see on storage.approval_task for select to ${app}
  using (for_organisation = (select storage.current_organisation()) or proposed_by_organisation = (select storage.current_organisation())
         or (select storage.has_role('exchange.staff')) or (select storage.is_system()));
create policy own_proposals on storage.approval_task for insert to ${app}
  with check ((proposed_by is not distinct from (select storage.current_person()) and proposed_by_organisation is not distinct from (select storage.current_organisation()))
              or (select storage.is_system()));
create policy both_sides_act on storage.approval_task for update to ${app}
  using (for_organisation = (select storage.current_organisation()) or proposed_by_organisation = (select storage.current_organisation()) or (select storage.is_system()));
revoke delete, truncate on storage.approval_task from ${app};
