-- The audit trail: a chain of rows, each holding the SHA-256 of its predecessor's hash and of its own content.

create table storage.audit_event (
  id bigint primary key check (id > 0),
  at timestamptz not null,
  person uuid,
  person_name text not null,
  organisation uuid,
  action text not null check (length(action) between 1 and 100),
  subject_kind text not null check (length(subject_kind) between 1 and 60),
  subject_id text not null check (length(subject_id) between 1 and 200),
  reason text check (length(reason) <= 2000),
  details jsonb,
  evidence_sha256 text check (evidence_sha256 ~ '^[0-9a-f]{64}$'),
  hash bytea not null check (length(hash) = 32)
);
create index on storage.audit_event (subject_kind, subject_id, id);
create index on storage.audit_event (organisation, id);
create index on storage.audit_event (person, id);

create trigger never_changed before update or delete on storage.audit_event for each row execute function storage.refuse_change();
create trigger never_truncated before truncate on storage.audit_event for each statement execute function storage.refuse_change();

-- Where the chain ends. One row; whoever appends locks it until he commits.
create table storage.audit_head (
  only_one boolean primary key default true check (only_one),
  id bigint not null,
  hash bytea not null check (length(hash) = 32)
) with (fillfactor = 10);
insert into storage.audit_head (id, hash) values (0, decode(repeat('00', 32), 'hex'));

-- The text a row's hash covers: a JSON array, so that no two rows share a text.
create function storage.audit_hash(
  previous bytea, id bigint, at timestamptz, person uuid, person_name text, organisation uuid, action text,
  subject_kind text, subject_id text, reason text, details jsonb, evidence_sha256 text) returns bytea
language sql immutable parallel safe as $$
  select sha256(previous || convert_to(jsonb_build_array(
    id, to_char(at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'), person, person_name, organisation, action,
    subject_kind, subject_id, reason, details, evidence_sha256)::text, 'UTF8'))
$$;

-- The only way in. Who acts is taken from the connection, never from the caller.
create function storage.audit_append(
  at timestamptz, actions text[], subject_kinds text[], subject_ids text[], reasons text[], details text[], evidence text[]) returns bigint
language plpgsql security definer set search_path = pg_catalog as $$
declare
  last_id bigint;
  last_hash bytea;
  person uuid := storage.current_person();
  organisation uuid := storage.current_organisation();
  person_name text := storage.current_name();
  detail jsonb;
begin
  update storage.audit_head set id = id returning id, hash into last_id, last_hash;
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

-- Computes the chain again; the first row that does not fit is named.
create function storage.audit_verify(out checked bigint, out first_broken bigint, out head bytea)
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
  if ended.id <> checked or ended.hash <> previous then first_broken := checked + 1; end if;
end
$$;

alter table storage.audit_event enable row level security;
create policy own_events on storage.audit_event for select to ${app}
  using (organisation = (select storage.current_organisation()) or (select storage.has_role('exchange.staff')) or (select storage.is_system()));

revoke insert, update, delete, truncate on storage.audit_event from ${app};
revoke all on storage.audit_head from ${app};
revoke execute on function storage.audit_verify() from public, ${app};
