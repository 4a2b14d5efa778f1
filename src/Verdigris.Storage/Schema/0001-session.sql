-- Who acts on this connection. The application says it once when a session opens; row-level security of every room asks it.
-- The settings belong to the connection and are reset when it returns to the pool.

create function storage.act_as(person uuid, organisation uuid, roles text[], name text) returns void
language sql volatile as $$
  select set_config('verdigris.person', coalesce(nullif(person, '00000000-0000-0000-0000-000000000000'::uuid)::text, ''), false),
         set_config('verdigris.organisation', coalesce(nullif(organisation, '00000000-0000-0000-0000-000000000000'::uuid)::text, ''), false),
         set_config('verdigris.roles', array_to_string(roles, ','), false),
         set_config('verdigris.name', name, false)
$$;

-- Null where nobody is signed in: a comparison with it is never true.
create function storage.current_person() returns uuid
language sql stable parallel safe as $$ select nullif(current_setting('verdigris.person', true), '')::uuid $$;

create function storage.current_organisation() returns uuid
language sql stable parallel safe as $$ select nullif(current_setting('verdigris.organisation', true), '')::uuid $$;

create function storage.current_name() returns text
language sql stable parallel safe as $$ select coalesce(nullif(current_setting('verdigris.name', true), ''), 'nobody') $$;

create function storage.has_role(role text) returns boolean
language sql stable parallel safe as $$ select role = any (string_to_array(coalesce(current_setting('verdigris.roles', true), ''), ',')) $$;

-- The system's own work: seeding, reconciling, dispatching. No request reaches it.
create function storage.is_system() returns boolean
language sql stable parallel safe as $$ select storage.has_role('system') $$;

-- A trigger for tables whose rows are written once and never touched again, by anybody.
create function storage.refuse_change() returns trigger
language plpgsql as $$
begin
  raise exception '% on %.% is refused: its rows are never changed', tg_op, tg_table_schema, tg_table_name using errcode = 'restrict_violation';
end
$$;

grant select on storage.schema_script to ${app};
