-- An organisation (the principal) lets another (the agent) act for it in named capacities until a time. The agent says which of its people.
create table server.delegation (
  id uuid primary key,
  principal_id uuid not null,
  agent_id uuid not null,
  roles text[] not null check (cardinality(roles) > 0 and not (roles && array['system', 'administrator', 'exchange.staff'])),
  reason text not null check (length(reason) between 1 and 2000),
  granted_by uuid not null,
  granted_at timestamptz not null,
  until timestamptz not null check (until > granted_at),
  ended_at timestamptz,
  ended_by uuid,
  check (principal_id <> agent_id),
  check ((ended_at is null) = (ended_by is null))
);
create index delegation_by_principal on server.delegation (principal_id, granted_at desc);
create index delegation_by_agent on server.delegation (agent_id, granted_at desc);

create table server.delegation_person (
  delegation_id uuid not null references server.delegation,
  person_id uuid not null references server.person,
  added_by uuid not null,
  added_at timestamptz not null,
  primary key (delegation_id, person_id)
);
create index delegation_person_by_person on server.delegation_person (person_id);

-- Nobody gives rights to themselves, by whatever way round.
create function server.delegation_not_to_oneself() returns trigger
language plpgsql as $$
begin
  if exists (select from server.delegation d where d.id = new.delegation_id and d.granted_by = new.person_id) then
    raise exception 'who granted a delegation does not act under it' using errcode = 'restrict_violation';
  end if;
  return new;
end
$$;
create trigger not_to_oneself before insert or update on server.delegation_person for each row execute function server.delegation_not_to_oneself();

alter table server.delegation enable row level security;
alter table server.delegation_person enable row level security;
create policy both_sides_see on server.delegation for select using (storage.is_system() or principal_id = storage.current_organisation() or agent_id = storage.current_organisation());
create policy write_by_system on server.delegation using (storage.is_system());
create policy both_sides_see on server.delegation_person for select
  using (storage.is_system() or exists (select from server.delegation d where d.id = delegation_id and (d.principal_id = storage.current_organisation() or d.agent_id = storage.current_organisation())));
create policy write_by_system on server.delegation_person using (storage.is_system());
