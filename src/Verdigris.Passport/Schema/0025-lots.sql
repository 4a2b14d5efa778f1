-- Lots of metal that is on no warrant: the bundles of a certificate, divided and put together. Every change is an operation that ends lots and makes lots of the very same bundles; the parents of a
-- lot are the lots its operation ended.
create sequence passport.lot_number;
create table passport.lot_operation (
  id uuid primary key,
  kind text not null check (kind in ('open', 'split', 'merge', 'close')),
  holder_organisation uuid not null references passport.organisation,
  reason text,
  done_by uuid not null,
  done_at timestamptz not null,
  -- Set last, when all is written: what follows is compared then, and nothing can be added afterwards.
  sealed boolean not null default false
);
create table passport.lot (
  id uuid primary key,
  number text not null unique,
  holder_organisation uuid not null references passport.organisation,
  brand_code text not null references passport.brand,
  shape text not null,
  spec_ref text not null,
  net_kg numeric(14, 3) not null check (net_kg > 0),
  pieces int not null check (pieces >= 1),
  bundles int not null check (bundles >= 1),
  made_by uuid not null references passport.lot_operation,
  ended_by uuid references passport.lot_operation check (ended_by <> made_by)
);
create index lot_by_holder on passport.lot (holder_organisation, id);
create index lot_by_made on passport.lot (made_by);
create index lot_by_ended on passport.lot (ended_by) where ended_by is not null;
create table passport.lot_bundle (
  lot_id uuid not null references passport.lot,
  certificate_id uuid not null references passport.certificate,
  bundle_no text not null,
  pieces int not null check (pieces >= 1),
  net_kg numeric(12, 3) not null check (net_kg > 0),
  open boolean not null,
  primary key (lot_id, certificate_id, bundle_no)
);
-- A bundle lies in one lot.
create unique index lot_bundle_in_one_lot on passport.lot_bundle (certificate_id, bundle_no) where open;

-- Lots and bundles are written while their operation is under way and stay as they are; a lot ends once.
create function passport.lot_added() returns trigger language plpgsql security definer set search_path = passport, pg_temp as $$
begin
  if exists (select from added a join passport.lot_operation o on o.id = a.made_by where o.sealed) then
    raise exception 'the operation is complete' using errcode = 'check_violation', constraint = 'lot_operation_sealed';
  end if;
  return null;
end
$$;
create trigger lot_added after insert on passport.lot referencing new table as added for each statement execute function passport.lot_added();
create function passport.lot_bundle_added() returns trigger language plpgsql security definer set search_path = passport, pg_temp as $$
begin
  if exists (select from added a join passport.lot l on l.id = a.lot_id join passport.lot_operation o on o.id = l.made_by where o.sealed) then
    raise exception 'the operation is complete' using errcode = 'check_violation', constraint = 'lot_operation_sealed';
  end if;
  return null;
end
$$;
create trigger lot_bundle_added after insert on passport.lot_bundle referencing new table as added for each statement execute function passport.lot_bundle_added();
create function passport.lot_ends_once() returns trigger language plpgsql security definer set search_path = passport, pg_temp as $$
begin
  if old.ended_by is not null or new.ended_by is null or (select sealed from passport.lot_operation where id = new.ended_by)
    or (to_jsonb(new) - 'ended_by') <> (to_jsonb(old) - 'ended_by') then
    raise exception 'a lot ends once and never changes' using errcode = 'check_violation', constraint = 'lot_ends_once';
  end if;
  return new;
end
$$;
create trigger lot_ends_once before update on passport.lot for each row execute function passport.lot_ends_once();
create trigger lot_stays before delete on passport.lot for each row execute function storage.refuse_change();
create function passport.lot_bundle_closes_once() returns trigger language plpgsql as $$
begin
  if not old.open or new.open or (to_jsonb(new) - 'open') <> (to_jsonb(old) - 'open') then
    raise exception 'a bundle leaves a lot once and never changes' using errcode = 'check_violation', constraint = 'lot_bundle_closes_once';
  end if;
  return new;
end
$$;
create trigger lot_bundle_closes_once before update on passport.lot_bundle for each row execute function passport.lot_bundle_closes_once();
create trigger lot_bundle_stays before delete on passport.lot_bundle for each row execute function storage.refuse_change();

-- What an operation must be when it is sealed: nothing lost, nothing made.
create function passport.lot_operation_conserves() returns trigger language plpgsql security definer set search_path = passport, pg_temp as $$
declare
  made int := (select count(*) from passport.lot where made_by = new.id);
  ended int := (select count(*) from passport.lot where ended_by = new.id);
begin
  if old.sealed or not new.sealed or (to_jsonb(new) - 'sealed') <> (to_jsonb(old) - 'sealed') then
    raise exception 'an operation is sealed once and never changes' using errcode = 'check_violation', constraint = 'lot_operation_sealed';
  end if;
  if not ((new.kind = 'open' and made = 1 and ended = 0) or (new.kind = 'split' and made >= 2 and ended = 1) or (new.kind = 'merge' and made = 1 and ended >= 2) or (new.kind = 'close' and made = 0 and ended = 1)) then
    raise exception 'a % of % lots into %', new.kind, ended, made using errcode = 'check_violation', constraint = 'lot_operation_shape';
  end if;
  if exists (select from passport.lot l where l.made_by = new.id and (l.net_kg, l.pieces, l.bundles) is distinct from (select (sum(b.net_kg), sum(b.pieces)::int, count(*)::int) from passport.lot_bundle b where b.lot_id = l.id)) then
    raise exception 'a lot is not the sum of its bundles' using errcode = 'check_violation', constraint = 'lot_totals';
  end if;
  if exists (select from passport.lot l join passport.lot_bundle b on b.lot_id = l.id where (l.made_by = new.id and not b.open) or (l.ended_by = new.id and b.open)) then
    raise exception 'a bundle lies in a lot that is no more, or in none' using errcode = 'check_violation', constraint = 'lot_bundle_open';
  end if;
  if (select count(distinct (l.holder_organisation, l.brand_code, l.shape, l.spec_ref)) from passport.lot l where l.made_by = new.id or l.ended_by = new.id) <> 1
    or exists (select from passport.lot l where (l.made_by = new.id or l.ended_by = new.id) and l.holder_organisation <> new.holder_organisation) then
    raise exception 'lots of one operation are of one holder, brand, shape and specification' using errcode = 'check_violation', constraint = 'lot_uniform';
  end if;
  if new.kind in ('split', 'merge') and (
    exists (select b.certificate_id, b.bundle_no, b.pieces, b.net_kg from passport.lot l join passport.lot_bundle b on b.lot_id = l.id where l.ended_by = new.id
            except all select b.certificate_id, b.bundle_no, b.pieces, b.net_kg from passport.lot l join passport.lot_bundle b on b.lot_id = l.id where l.made_by = new.id)
    or exists (select b.certificate_id, b.bundle_no, b.pieces, b.net_kg from passport.lot l join passport.lot_bundle b on b.lot_id = l.id where l.made_by = new.id
            except all select b.certificate_id, b.bundle_no, b.pieces, b.net_kg from passport.lot l join passport.lot_bundle b on b.lot_id = l.id where l.ended_by = new.id)) then
    raise exception 'an operation makes lots of the very bundles it ends' using errcode = 'check_violation', constraint = 'lot_conservation';
  end if;
  -- A first lot is its certificate, bundle by bundle, as it was signed.
  if new.kind = 'open' and (
    exists (select b.bundle_no, b.pieces, b.net_kg from passport.lot l join passport.lot_bundle b on b.lot_id = l.id where l.made_by = new.id
            except all select e ->> 'bundleNo', (e ->> 'pieces')::int, (e ->> 'netKg')::numeric from passport.certificate_content c, jsonb_array_elements(c.document::jsonb -> 'bundleList') e
            where c.certificate_id = (select distinct b.certificate_id from passport.lot l join passport.lot_bundle b on b.lot_id = l.id where l.made_by = new.id))
    or (select count(*) from passport.lot l join passport.lot_bundle b on b.lot_id = l.id where l.made_by = new.id)
       <> (select jsonb_array_length(c.document::jsonb -> 'bundleList') from passport.certificate_content c where c.certificate_id = (select distinct b.certificate_id from passport.lot l join passport.lot_bundle b on b.lot_id = l.id where l.made_by = new.id))) then
    raise exception 'a first lot is its certificate' using errcode = 'check_violation', constraint = 'lot_of_certificate';
  end if;
  if new.kind = 'close' and not exists (select from passport.lot l join passport.lot_operation o on o.id = l.made_by where l.ended_by = new.id and o.kind = 'open') then
    raise exception 'only a first lot nobody divided can be closed' using errcode = 'check_violation', constraint = 'lot_close_first_only';
  end if;
  return new;
end
$$;
create trigger lot_operation_conserves before update on passport.lot_operation for each row execute function passport.lot_operation_conserves();
create trigger lot_operation_stays before delete on passport.lot_operation for each row execute function storage.refuse_change();
create function passport.lot_operation_is_sealed() returns trigger language plpgsql security definer set search_path = passport, pg_temp as $$
begin
  if not (select sealed from passport.lot_operation where id = new.id) then
    raise exception 'an operation was left half done' using errcode = 'check_violation', constraint = 'lot_operation_unsealed';
  end if;
  return null;
end
$$;
create constraint trigger lot_operation_is_sealed after insert on passport.lot_operation deferrable initially deferred for each row execute function passport.lot_operation_is_sealed();

-- One tonne, one document of title: no warrant over a certificate whose metal lies in lots, and no lot of a certificate that a warrant stands over.
create function passport.in_lots(certificate uuid) returns boolean language sql stable security definer set search_path = passport, pg_temp as $$
  select exists (select from passport.lot_bundle b where b.certificate_id = certificate and b.open)
$$;
create function passport.warrant_or_lot() returns trigger language plpgsql as $$
begin
  perform from passport.certificate c where c.id = new.certificate_id for no key update;
  if passport.in_lots(new.certificate_id) then
    raise exception 'the metal lies in lots' using errcode = 'check_violation', constraint = 'warrant_or_lot';
  end if;
  return new;
end
$$;
create trigger warrant_or_lot before insert on passport.warrant_certificate for each row execute function passport.warrant_or_lot();
create function passport.lot_or_warrant() returns trigger language plpgsql security definer set search_path = passport, pg_temp as $$
begin
  if exists (select from added a join passport.warrant_certificate wc on wc.certificate_id = a.certificate_id join passport.warrant w on w.id = wc.warrant_id where w.state in (0, 1, 2, 3, 4, 5)) then
    raise exception 'a warrant stands over the metal' using errcode = 'check_violation', constraint = 'warrant_or_lot';
  end if;
  return null;
end
$$;
create trigger lot_or_warrant after insert on passport.lot_bundle referencing new table as added for each statement execute function passport.lot_or_warrant();

alter table passport.lot_operation enable row level security;
create policy lot_operation_read on passport.lot_operation for select using ((select storage.has_role('system')) or (select storage.has_role('exchange.staff')) or holder_organisation = (select storage.current_organisation()));
create policy lot_operation_add on passport.lot_operation for insert with check ((select storage.has_role('system')) or holder_organisation = (select storage.current_organisation()));
create policy lot_operation_seal on passport.lot_operation for update using ((select storage.has_role('system')) or holder_organisation = (select storage.current_organisation()));
alter table passport.lot enable row level security;
create policy lot_read on passport.lot for select using ((select storage.has_role('system')) or (select storage.has_role('exchange.staff')) or holder_organisation = (select storage.current_organisation()));
create policy lot_add on passport.lot for insert with check ((select storage.has_role('system')) or holder_organisation = (select storage.current_organisation()));
create policy lot_end on passport.lot for update using ((select storage.has_role('system')) or holder_organisation = (select storage.current_organisation()));
alter table passport.lot_bundle enable row level security;
create policy lot_bundle_read on passport.lot_bundle for select using (exists (select from passport.lot l where l.id = lot_id));
create policy lot_bundle_add on passport.lot_bundle for insert with check (exists (select from passport.lot l where l.id = lot_id));
create policy lot_bundle_close on passport.lot_bundle for update using (exists (select from passport.lot l where l.id = lot_id));
