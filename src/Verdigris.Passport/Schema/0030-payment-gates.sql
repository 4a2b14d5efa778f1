-- A certificate's customs code that stands for other goods is a finding.
alter table passport.certificate_anomaly drop constraint certificate_anomaly_rule_check;
alter table passport.certificate_anomaly add constraint certificate_anomaly_rule_check
  check (rule in ('chemistry-repeated', 'seal-repeated', 'output-above-capacity', 'dates-far-apart', 'figures-all-round', 'heats-on-paper', 'customs-code'));

-- Lists of sanctioned names, each import a version that stays; the file lies in the evidence store by its hash.
create table passport.sanctions_list (
  id uuid primary key,
  publisher text not null check (length(publisher) between 1 and 80),
  as_of date not null,
  file_name text not null,
  sha256 text not null check (sha256 ~ '^[0-9a-f]{64}$'),
  names int not null check (names >= 1),
  added int not null,
  removed int not null,
  imported_by uuid not null,
  imported_at timestamptz not null,
  unique (publisher, as_of)
);
create table passport.sanctions_name (
  list_id uuid not null references passport.sanctions_list,
  place int not null,
  entry text not null check (length(entry) between 1 and 80),
  name text not null check (length(name) between 1 and 300),
  programme text,
  primary key (list_id, place)
);
create trigger sanctions_list_append_only before update or delete on passport.sanctions_list for each row execute function storage.refuse_change();
create trigger sanctions_name_append_only before update or delete on passport.sanctions_name for each row execute function storage.refuse_change();

-- Two organisations that are not independent of each other: one group, one owner, one director.
create table passport.organisation_link (
  id uuid primary key,
  one_id uuid not null references passport.organisation,
  other_id uuid not null references passport.organisation,
  reason text not null check (length(reason) between 1 and 200),
  said_by uuid not null,
  said_at timestamptz not null,
  ended_at timestamptz,
  ended_by uuid,
  check (one_id < other_id),
  check ((ended_at is null) = (ended_by is null))
);
create unique index organisation_link_once on passport.organisation_link (one_id, other_id) where ended_at is null;

-- A payment held back until its checklist is settled. What was checked and found lies beside it in versions that stay.
create sequence passport.payment_gate_number;
create table passport.payment_gate (
  id uuid primary key,
  number text not null unique,
  organisation_id uuid not null references passport.organisation,
  -- Lenders named in the trade read it.
  readers uuid[] not null,
  reference text not null,
  seller text not null,
  metal text not null,
  amount numeric(18, 2) not null check (amount > 0),
  currency text not null,
  content jsonb not null,
  version int not null check (version >= 1),
  -- Blocked, ready, passed, refused, withdrawn.
  state smallint not null check (state between 0 and 4),
  items jsonb not null,
  warnings jsonb not null,
  checked_at timestamptz not null,
  opened_by uuid not null,
  opened_at timestamptz not null,
  closed_by uuid,
  closed_at timestamptz,
  remark text check (length(remark) between 1 and 2000),
  row_version int not null,
  check ((state >= 2) = (closed_at is not null) and (closed_at is null) = (closed_by is null)),
  check (state < 3 or remark is not null),
  check (state <> 2 or closed_by <> opened_by),
  check (state <> 2 or jsonb_array_length(warnings) = 0 or remark is not null)
);
create index payment_gate_by_organisation on passport.payment_gate (organisation_id, id);
create table passport.payment_gate_version (
  gate_id uuid not null references passport.payment_gate,
  version int not null,
  content jsonb not null,
  written_by uuid not null,
  written_at timestamptz not null,
  primary key (gate_id, version)
);
-- The metal of the newest version, certificate by certificate: who sold it before, and who else sells it.
create table passport.payment_gate_metal (
  gate_id uuid not null references passport.payment_gate,
  certificate_number text not null,
  bundle_no text not null,
  primary key (gate_id, certificate_number, bundle_no)
);
create index payment_gate_metal_by_certificate on passport.payment_gate_metal (certificate_number);
-- One row for every time the checks found something else than before.
create table passport.payment_gate_check (
  gate_id uuid not null references passport.payment_gate,
  place int not null,
  version int not null,
  items jsonb not null,
  warnings jsonb not null,
  checked_at timestamptz not null,
  primary key (gate_id, place)
);
-- A waiver is for what was found, by its hash: where the checks find something else, it does not count.
create table passport.payment_gate_waiver (
  id uuid primary key,
  gate_id uuid not null references passport.payment_gate,
  item text not null,
  found text not null check (found ~ '^[0-9a-f]{64}$'),
  reason text not null check (length(reason) between 1 and 2000),
  proposed_by uuid not null,
  proposed_by_name text not null,
  decided_by uuid not null,
  decided_by_name text not null,
  decided_at timestamptz not null,
  check (proposed_by <> decided_by),
  check (item <> 'sanctions')
);
-- What a person found a likeness with a listed name to be. The latest counts.
create table passport.payment_gate_hit (
  id uuid primary key,
  gate_id uuid not null references passport.payment_gate,
  party text not null,
  publisher text not null,
  entry text not null,
  name text not null,
  same_party boolean not null,
  reason text not null check (length(reason) between 1 and 2000),
  decided_by uuid not null,
  decided_by_name text not null,
  decided_at timestamptz not null
);
create index payment_gate_hit_by_gate on passport.payment_gate_hit (gate_id, id);
create trigger payment_gate_version_append_only before update or delete on passport.payment_gate_version for each row execute function storage.refuse_change();
create trigger payment_gate_check_append_only before update or delete on passport.payment_gate_check for each row execute function storage.refuse_change();
create trigger payment_gate_waiver_append_only before update or delete on passport.payment_gate_waiver for each row execute function storage.refuse_change();
create trigger payment_gate_hit_append_only before update or delete on passport.payment_gate_hit for each row execute function storage.refuse_change();

-- What the database itself holds: a closed gate never changes, and none passes while an item is neither met nor waived for what was found in it.
create function passport.payment_gate_holds() returns trigger language plpgsql security definer set search_path = passport, pg_temp as $$
begin
  if tg_op = 'INSERT' then
    if new.state <> 0 then
      raise exception 'a gate begins blocked' using errcode = 'check_violation', constraint = 'payment_gate_begins';
    end if;
    return new;
  end if;
  if old.state >= 2 then
    raise exception 'a closed gate never changes' using errcode = 'check_violation', constraint = 'payment_gate_closed';
  end if;
  if new.state in (1, 2) and (jsonb_array_length(new.items) = 0 or exists (
    select from jsonb_array_elements(new.items) i where i ->> 'outcome' <> 'Met'
    and not exists (select from passport.payment_gate_waiver w where w.gate_id = new.id and w.item = i ->> 'item' and w.found = i ->> 'found'))) then
    raise exception 'an item is open' using errcode = 'check_violation', constraint = 'payment_gate_item_open';
  end if;
  return new;
end
$$;
create trigger payment_gate_holds before insert or update on passport.payment_gate for each row execute function passport.payment_gate_holds();
create trigger payment_gate_stays before delete on passport.payment_gate for each row execute function storage.refuse_change();

alter table passport.payment_gate enable row level security;
create policy payment_gate_read on passport.payment_gate for select using (
  (select storage.has_role('system')) or (select storage.has_role('exchange.staff')) or organisation_id = (select storage.current_organisation()) or (select storage.current_organisation()) = any(readers));
create policy payment_gate_add on passport.payment_gate for insert with check ((select storage.has_role('system')) or organisation_id = (select storage.current_organisation()));
create policy payment_gate_change on passport.payment_gate for update using ((select storage.has_role('system')) or organisation_id = (select storage.current_organisation()));
alter table passport.payment_gate_version enable row level security;
create policy payment_gate_version_read on passport.payment_gate_version for select using (exists (select from passport.payment_gate g where g.id = gate_id));
create policy payment_gate_version_add on passport.payment_gate_version for insert with check (exists (select from passport.payment_gate g where g.id = gate_id));
alter table passport.payment_gate_metal enable row level security;
create policy payment_gate_metal_read on passport.payment_gate_metal for select using (exists (select from passport.payment_gate g where g.id = gate_id));
create policy payment_gate_metal_add on passport.payment_gate_metal for insert with check (exists (select from passport.payment_gate g where g.id = gate_id));
create policy payment_gate_metal_remove on passport.payment_gate_metal for delete using (exists (select from passport.payment_gate g where g.id = gate_id));
alter table passport.payment_gate_check enable row level security;
create policy payment_gate_check_read on passport.payment_gate_check for select using (exists (select from passport.payment_gate g where g.id = gate_id));
create policy payment_gate_check_add on passport.payment_gate_check for insert with check (exists (select from passport.payment_gate g where g.id = gate_id));
alter table passport.payment_gate_waiver enable row level security;
create policy payment_gate_waiver_read on passport.payment_gate_waiver for select using (exists (select from passport.payment_gate g where g.id = gate_id));
create policy payment_gate_waiver_add on passport.payment_gate_waiver for insert with check (exists (select from passport.payment_gate g where g.id = gate_id));
alter table passport.payment_gate_hit enable row level security;
create policy payment_gate_hit_read on passport.payment_gate_hit for select using (exists (select from passport.payment_gate g where g.id = gate_id));
create policy payment_gate_hit_add on passport.payment_gate_hit for insert with check (exists (select from passport.payment_gate g where g.id = gate_id));
