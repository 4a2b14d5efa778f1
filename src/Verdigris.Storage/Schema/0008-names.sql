-- The trail without names. Its rows never change, and a person's name must be erasable: so a row holds a salted hash of the name as it was, and the name stands beside, in the only table it can be
-- taken out of. With name and salt gone the hash says nothing, and the chain stays as it is.

create table storage.person_name (
  ref text primary key check (ref ~ '^name:[0-9a-f]{64}$'),
  person uuid not null,
  -- Both null once erased.
  name text check (length(name) > 0),
  salt bytea check (octet_length(salt) = 16),
  erased_at timestamptz,
  check ((name is null) = (salt is null) and (name is null) = (erased_at is not null))
);
create unique index person_name_once on storage.person_name (person, name) where name is not null;
revoke all on storage.person_name from ${app};

create function storage.name_ref(salt bytea, person uuid, name text) returns text
language sql immutable parallel safe as $$
  select 'name:' || encode(sha256(salt || uuid_send(person) || convert_to(name, 'UTF8')), 'hex')
$$;

-- What stands for an erased person, everywhere the same; the id stays what it is.
create function storage.pseudonym(person uuid) returns text
language sql immutable parallel safe as $$ select 'person-' || right(person::text, 12) $$;

-- The name behind a reference, for whoever sees the row that holds it; anything else as it is.
create function storage.name_of(ref text) returns text
language sql stable security definer set search_path = pg_catalog as $$
  select coalesce((select coalesce(n.name, storage.pseudonym(n.person)) from storage.person_name n where n.ref = name_of.ref), ref)
$$;

-- People whose name, as it ever was, holds a text. Which of their doings the asker sees is decided by the trail's own policy.
create function storage.people_named(part text) returns setof uuid
language sql stable security definer set search_path = pg_catalog as $$
  select distinct n.person from storage.person_name n where position(lower(part) in lower(n.name)) > 0 limit 1000
$$;

-- The reference of a name, made where there is none. Only while the chain's end is locked.
create function storage.keep_name(who uuid, called text) returns text
language plpgsql set search_path = pg_catalog as $$
declare
  kept text;
  fresh bytea;
begin
  -- Nobody and the system are no persons.
  if who is null or who = '00000000-0000-0000-0000-000000000001' then return called; end if;
  -- Whoever was erased stays so: a request that was under way brings no name back.
  select n.ref into kept from storage.person_name n where n.person = who and (n.name = called or n.erased_at is not null) order by n.erased_at nulls last limit 1;
  if kept is null then
    fresh := uuid_send(gen_random_uuid());
    kept := storage.name_ref(fresh, who, called);
    insert into storage.person_name (ref, person, name, salt) values (kept, who, called, fresh);
  end if;
  return kept;
end
$$;
revoke execute on function storage.keep_name(uuid, text) from public, ${app};

create or replace function storage.audit_append(
  at timestamptz, actions text[], subject_kinds text[], subject_ids text[], reasons text[], details text[], evidence text[]) returns bigint
language plpgsql security definer set search_path = pg_catalog as $$
declare
  last_id bigint;
  last_hash bytea;
  person uuid := storage.current_person();
  organisation uuid := storage.current_organisation();
  person_name text;
  detail jsonb;
begin
  update storage.audit_head set id = id returning id, hash into last_id, last_hash;
  person_name := storage.keep_name(person, storage.current_name());
  for i in 1 .. coalesce(array_length(actions, 1), 0) loop
    detail := details[i]::jsonb;
    last_id := last_id + 1;
    last_hash := storage.audit_hash(last_hash, last_id, at, person, person_name, organisation, actions[i], subject_kinds[i], subject_ids[i], reasons[i], detail, evidence[i]);
    insert into storage.audit_event values (last_id, at, person, person_name, organisation, actions[i], subject_kinds[i], subject_ids[i], reasons[i], detail, evidence[i], last_hash);
  end loop;
  update storage.audit_head set id = last_id, hash = last_hash;
  return last_id;
end
$$;

-- What was written before: the chain is proved first, then written anew over the references, and its old end is the first thing the new one says.
do $$
declare
  previous bytea := decode(repeat('00', 32), 'hex');
  proved record;
  row storage.audit_event;
  shown text;
  detail jsonb;
begin
  select * into proved from storage.audit_verify();
  if proved.first_broken is not null then raise exception 'the audit trail is broken at row %: nothing is written anew', proved.first_broken; end if;
  if proved.checked = 0 then return; end if;
  alter table storage.audit_event disable trigger never_changed;
  for row in select * from storage.audit_event order by id loop
    shown := storage.keep_name(row.person, row.person_name);
    detail := case when row.action = 'person.invited' then row.details - 'signInName' else row.details end;
    previous := storage.audit_hash(previous, row.id, row.at, row.person, shown, row.organisation, row.action, row.subject_kind, row.subject_id, row.reason, detail, row.evidence_sha256);
    update storage.audit_event set person_name = shown, details = detail, hash = previous where id = row.id;
  end loop;
  update storage.audit_head set hash = previous;
  alter table storage.audit_event enable trigger never_changed;
  perform set_config('verdigris.name', 'system', true);
  perform storage.audit_append(now(), array['audit.names-taken-out'], array['audit'], array['trail'], array[null],
    array[jsonb_build_object('rows', proved.checked, 'headBefore', encode(proved.head, 'hex'))::text], array[null]);
end
$$;

-- Computes the chain again, and every name that is not erased against its reference; the first row that does not fit is named.
create or replace function storage.audit_verify(out checked bigint, out first_broken bigint, out head bytea)
language plpgsql stable set search_path = pg_catalog as $$
declare
  previous bytea := decode(repeat('00', 32), 'hex');
  ended record;
  row storage.audit_event;
begin
  checked := 0;
  for row in select * from storage.audit_event order by id loop
    checked := checked + 1;
    if row.id <> checked or row.hash <> storage.audit_hash(previous, row.id, row.at, row.person, row.person_name, row.organisation, row.action,
        row.subject_kind, row.subject_id, row.reason, row.details, row.evidence_sha256) then
      first_broken := row.id;
      head := previous;
      return;
    end if;
    previous := row.hash;
  end loop;
  head := previous;
  select h.id, h.hash into ended from storage.audit_head h;
  if ended.id <> checked or ended.hash <> previous then first_broken := checked + 1; return; end if;
  select min(e.id) into first_broken from storage.audit_event e left join storage.person_name n on n.ref = e.person_name
    where e.person_name ~ '^name:[0-9a-f]{64}$' and (n.ref is null or n.person is distinct from e.person or (n.name is not null and n.ref <> storage.name_ref(n.salt, n.person, n.name)));
end
$$;

-- Rows that are written once and name somebody: the name may become the pseudonym of that very person, and nothing else may change. Arguments: column of the id, column of the name, and so on.
create function storage.only_names_erased(before jsonb, after jsonb, columns text[]) returns boolean
language plpgsql immutable set search_path = pg_catalog as $$
begin
  -- A trigger's arguments count from 0, an array's elements from 1.
  for i in array_lower(columns, 1) .. array_upper(columns, 1) by 2 loop
    if after -> columns[i + 1] is distinct from before -> columns[i + 1] and after ->> columns[i + 1] is distinct from storage.pseudonym((before ->> columns[i])::uuid) then return false; end if;
    before := before - columns[i + 1];
    after := after - columns[i + 1];
  end loop;
  return before = after;
end
$$;
create function storage.refuse_change_but_erasure() returns trigger
language plpgsql as $$
begin
  if tg_op = 'UPDATE' then
    if storage.only_names_erased(to_jsonb(old), to_jsonb(new), tg_argv) then return new; end if;
  end if;
  raise exception '% on %.% is refused: its rows are never changed', tg_op, tg_table_schema, tg_table_name using errcode = 'restrict_violation';
end
$$;

-- Tasks: names of both sides, and the words of the title where they name the person the task is about.
create function storage.approval_names_erased(before storage.approval_task, after storage.approval_task) returns boolean
language plpgsql immutable set search_path = pg_catalog as $$
begin
  return storage.only_names_erased(to_jsonb(before) - 'title_args', to_jsonb(after) - 'title_args',
      array['proposed_by', 'proposed_by_name', 'claimed_by', 'claimed_by_name', 'decided_by', 'decided_by_name'])
    and (before.title_args = after.title_args or (before.title_args ? 'person' and after.title_args - 'person' = before.title_args - 'person'
      and before.subject_id ~ '^[0-9a-f-]{36}$' and after.title_args ->> 'person' = storage.pseudonym(before.subject_id::uuid)));
end
$$;
create or replace function storage.approval_keeps_its_proposal() returns trigger
language plpgsql as $$
begin
  if storage.approval_names_erased(old, new) then return new; end if;
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

-- Takes a person's names out of what this schema keeps. Facts on their way to other rooms, and done ones not yet forgotten, say the pseudonym instead.
create function storage.erase_names(who uuid, names text[], at timestamptz) returns void
language plpgsql security definer set search_path = pg_catalog as $$
declare
  called text;
begin
  if not storage.is_system() or who is null then raise exception 'only the system erases' using errcode = 'insufficient_privilege'; end if;
  update storage.approval_task set proposed_by_name = storage.pseudonym(who) where proposed_by = who;
  update storage.approval_task set claimed_by_name = storage.pseudonym(who) where claimed_by = who;
  update storage.approval_task set decided_by_name = storage.pseudonym(who) where decided_by = who;
  update storage.approval_task set title_args = jsonb_set(title_args, '{person}', to_jsonb(storage.pseudonym(who))) where subject_id = who::text and title_args ? 'person';
  foreach called in array names loop
    update storage.outbox_event set payload = replace(payload::text, to_jsonb(called)::text, to_jsonb(storage.pseudonym(who))::text)::jsonb where position(to_jsonb(called)::text in payload::text) > 0;
  end loop;
  update storage.person_name set name = null, salt = null, erased_at = at where person = who and name is not null;
end
$$;

-- Every name a person ever acted under, for the export and the erasure.
create function storage.names_of(who uuid) returns setof text
language sql stable security definer set search_path = pg_catalog as $$
  select n.name from storage.person_name n where n.person = who and n.name is not null and storage.is_system()
$$;
