-- Commands for the Book that belong to a change of documents: kept with that change, sent after it, finished after that.

create table storage.book_command (
  id uuid primary key,
  venue uuid not null,
  kind text not null check (kind ~ '^[a-z][a-z0-9.-]{0,99}$'),
  subject_id text not null check (length(subject_id) between 1 and 200),
  payload jsonb not null,
  commands bytea not null check (length(commands) > 0 and length(commands) % 128 = 0),
  actor jsonb not null,
  person uuid,
  organisation uuid,
  created_at timestamptz not null,
  state text not null check (state in ('Pending', 'Finished')),
  outcomes jsonb,
  attempts int not null default 0 check (attempts >= 0),
  last_error text,
  next_attempt_at timestamptz not null,
  finished_at timestamptz,
  check ((state = 'Finished') = (finished_at is not null and outcomes is not null))
);
create index on storage.book_command (venue, created_at, id) where state = 'Pending';
create index on storage.book_command (kind, subject_id);

create function storage.book_command_keeps_its_commands() returns trigger
language plpgsql as $$
begin
  if old.state = 'Finished' then
    raise exception 'book command % is finished', old.id using errcode = 'restrict_violation';
  end if;
  if (old.id, old.venue, old.kind, old.subject_id, old.payload, old.commands, old.actor, old.created_at)
     is distinct from (new.id, new.venue, new.kind, new.subject_id, new.payload, new.commands, new.actor, new.created_at) then
    raise exception 'what book command % sends never changes', old.id using errcode = 'restrict_violation';
  end if;
  return new;
end
$$;
create trigger keeps_its_commands before update on storage.book_command for each row execute function storage.book_command_keeps_its_commands();
create trigger never_deleted before delete on storage.book_command for each row execute function storage.refuse_change();
create trigger never_truncated before truncate on storage.book_command for each statement execute function storage.refuse_change();

alter table storage.book_command enable row level security;
create policy own_commands on storage.book_command for select to ${app}
  using (organisation = (select storage.current_organisation()) or (select storage.has_role('exchange.staff')) or (select storage.is_system()));
create policy own_enqueue on storage.book_command for insert to ${app}
  with check ((person is not distinct from (select storage.current_person()) and organisation is not distinct from (select storage.current_organisation())) or (select storage.is_system()));
create policy system_finishes on storage.book_command for update to ${app} using ((select storage.is_system()));
revoke delete, truncate on storage.book_command from ${app};
