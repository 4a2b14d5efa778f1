-- An export brings thousands of blocks a statement. That each is of a project which is there is asked once a statement, not once a row: the same refusal, in a third of the time of the foreign keys it takes the place of.
create function registry.refuse_unknown_project() returns trigger
language plpgsql security definer set search_path = registry, pg_temp as $$
declare
  unknown uuid;
begin
  select a.project_id into unknown from (select distinct project_id from added) a where not exists (select from registry.credit_project p where p.id = a.project_id) limit 1;
  if found then
    raise exception 'there is no credit project %', unknown using errcode = 'foreign_key_violation', table = tg_table_name, constraint = tg_name;
  end if;
  return null;
end
$$;
alter table registry.credit_block drop constraint credit_block_project_id_fkey;
alter table registry.credit_ending drop constraint credit_ending_project_id_fkey;
create trigger credit_block_project after insert on registry.credit_block referencing new table as added for each statement execute function registry.refuse_unknown_project();
create trigger credit_ending_project after insert on registry.credit_ending referencing new table as added for each statement execute function registry.refuse_unknown_project();
-- Blocks and endings never change, projects are never deleted; with their ids fixed, what was true of an insert stays true.
create trigger credit_project_keeps_its_id before update of id on registry.credit_project for each row execute function storage.refuse_change();
create trigger credit_project_never_truncated before truncate on registry.credit_project for each statement execute function storage.refuse_change();

-- What ended a serial is looked for from that serial downwards. Ends never share a serial, so the nearest one is the one; units that were immobilised may come back and end later, and are looked for by themselves.
drop index registry.credit_ending_by_unit;
create index credit_ending_by_serial on registry.credit_ending (unit, first) where kind <> 3;
create index credit_ending_immobilised on registry.credit_ending (unit, first) where kind = 3;
-- An order's certificate, among a million that came with exports.
create index credit_ending_of_order on registry.credit_ending (order_id) where order_id is not null;
