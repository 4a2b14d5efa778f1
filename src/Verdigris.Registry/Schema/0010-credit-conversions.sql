-- Units of one programme that became units of another: both ends are public and lead to each other.
create table registry.credit_conversion (
  -- Of the order that asked for it.
  id uuid primary key references registry.credit_order,
  from_unit text not null,
  from_first bigint not null check (from_first >= 1),
  from_last bigint not null check (from_last >= from_first),
  from_project uuid not null references registry.credit_project,
  to_unit text not null,
  to_first bigint not null check (to_first >= 1),
  to_last bigint not null check (to_last >= to_first),
  to_project uuid not null references registry.credit_project,
  -- Under way, done, refused by the Book, undone.
  state smallint not null check (state between 1 and 4),
  converted_on date not null,
  undone_on date,
  undone_by_order uuid references registry.credit_order,
  check (from_unit <> to_unit),
  check ((state = 4) = (undone_on is not null) and (undone_on is null) = (undone_by_order is null))
);
create index credit_conversion_from on registry.credit_conversion (from_unit, from_first);
create index credit_conversion_to on registry.credit_conversion (to_unit, to_first);
create trigger credit_conversion_never_deleted before delete on registry.credit_conversion for each row execute function storage.refuse_change();
create trigger credit_conversion_stays before update of from_unit, from_first, from_last, from_project, to_unit, to_first, to_last, to_project, converted_on on registry.credit_conversion for each row execute function storage.refuse_change();

-- A block comes of an issuance, of an export or of a conversion.
do $$
declare named text;
begin
  select conname into strict named from pg_constraint where conrelid = 'registry.credit_block'::regclass and contype = 'c' and pg_get_constraintdef(oid) like '%issuance_id IS NULL%';
  execute format('alter table registry.credit_block drop constraint %I', named);
  -- Releasing from the buffer pool and undoing a conversion are orders too; a reversal says why, and what is put back into the buffer pool needs no reason.
  for named in select conname from pg_constraint where conrelid = 'registry.credit_order'::regclass and contype = 'c' and (pg_get_constraintdef(oid) like '%(kind >= 0)%' or pg_get_constraintdef(oid) like '%reason IS NOT NULL%') loop
    execute format('alter table registry.credit_order drop constraint %I', named);
  end loop;
end
$$;
alter table registry.credit_block add conversion_id uuid references registry.credit_conversion, add constraint credit_block_comes_of_one check (num_nonnulls(issuance_id, import_id, conversion_id) = 1);
alter table registry.credit_order
  add target_unit text,
  add target_project uuid references registry.credit_project,
  -- The programme whose staff decide on it, where it is not the holder's own second person alone.
  add decider text references registry.credit_programme,
  -- The conversion that is undone.
  add conversion_id uuid references registry.credit_conversion,
  add constraint credit_order_kind check (kind between 0 and 9),
  add constraint credit_order_reason check (kind not in (1, 2, 6, 8, 9) or reason is not null),
  add constraint credit_order_target check ((target_unit is null) = (target_project is null) and (kind = 3 or target_unit is null)),
  add constraint credit_order_undoes check ((kind = 8) = (conversion_id is not null));
create policy credit_order_programme on registry.credit_order for select using (decider is not null and registry.administers_programme(decider));
create trigger credit_order_target_stays before update of target_unit, target_project, decider, conversion_id on registry.credit_order for each row execute function storage.refuse_change();
