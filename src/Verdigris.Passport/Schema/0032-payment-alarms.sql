-- A payment that has passed is compared with every list imported later. The gate itself never changes; what is alike stands beside it.
create table passport.payment_gate_alarm (
  id uuid primary key,
  gate_id uuid not null references passport.payment_gate,
  list_id uuid not null references passport.sanctions_list,
  party text not null,
  publisher text not null,
  entry text not null,
  name text not null,
  programme text,
  exact boolean not null,
  found_at timestamptz not null,
  -- The same likeness is told once, however many lists repeat it.
  unique (gate_id, party, publisher, entry, name)
);
create trigger payment_gate_alarm_append_only before update or delete on passport.payment_gate_alarm for each row execute function storage.refuse_change();
alter table passport.payment_gate_alarm enable row level security;
create policy payment_gate_alarm_read on passport.payment_gate_alarm for select using (exists (select from passport.payment_gate g where g.id = gate_id));
create policy payment_gate_alarm_add on passport.payment_gate_alarm for insert with check ((select storage.has_role('system')));
create index payment_gate_passed on passport.payment_gate (id) where state = 2;
