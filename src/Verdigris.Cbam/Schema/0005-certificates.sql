-- Certificates of the border measure. Who holds how many stands in the Book; here is what was ordered, why, and at which price.
create sequence cbam.certificate_account_number start 4000000000;
create table cbam.certificate_account (
  account bigint primary key,
  organisation_id uuid not null unique references cbam.declarant,
  state text not null check (state in ('pending', 'open'))
);
alter table cbam.certificate_account enable row level security;
create policy certificate_account_read on cbam.certificate_account for select using ((select storage.has_role('system')) or organisation_id = (select storage.current_organisation()));
create policy certificate_account_add on cbam.certificate_account for insert with check ((select storage.has_role('system')) or (state = 'pending' and organisation_id = (select storage.current_organisation())));
create policy certificate_account_change on cbam.certificate_account for update using ((select storage.has_role('system')));

-- The next serial of each year's certificates to give out.
create table cbam.certificate_serial (year int primary key, next bigint not null check (next >= 1));

create table cbam.certificate_order (
  id uuid primary key,
  organisation_id uuid not null references cbam.declarant,
  -- Purchase, surrender, repurchase, cancellation.
  kind smallint not null check (kind between 0 and 3),
  -- Year of the imports the certificates are for.
  year int not null check (year between 2026 and 2100),
  count bigint not null check (count >= 1),
  -- Quarter or week whose average is the price: 2026-Q1, 2027-W06.
  period text check (period ~ '^[0-9]{4}-(Q[1-4]|W[0-9]{2})$'),
  price_eur numeric(12, 2) check (price_eur > 0),
  amount_eur numeric(20, 2) check (amount_eur > 0),
  declaration_id uuid references cbam.declaration,
  -- Repurchase: the purchase they are from.
  purchase_id uuid references cbam.certificate_order,
  serial_first bigint check (serial_first >= 1),
  -- Proposed, pending, done, refused by the Book, turned down.
  state smallint not null check (state between 0 and 4),
  book_code text,
  reason text check (length(reason) <= 2000),
  task_id uuid,
  ordered_by uuid not null,
  ordered_at timestamptz not null,
  decided_by uuid,
  decided_at timestamptz,
  check ((kind in (0, 2)) = (price_eur is not null)),
  check ((price_eur is null) = (amount_eur is null)),
  check ((kind = 1) = (declaration_id is not null)),
  check ((kind = 2) = (purchase_id is not null)),
  check ((state = 3) = (book_code is not null)),
  check (decided_by is null or kind = 3 or decided_by <> ordered_by)
);
create index certificate_order_by_organisation on cbam.certificate_order (organisation_id, id);
create index certificate_order_by_year on cbam.certificate_order (year, kind);
create trigger certificate_order_never_deleted before delete on cbam.certificate_order for each row execute function storage.refuse_change();
create trigger certificate_order_stays before update of organisation_id, kind, year, count, period, price_eur, amount_eur, declaration_id, purchase_id, ordered_by, ordered_at on cbam.certificate_order for each row execute function storage.refuse_change();

-- For a declaration no more is surrendered than it says, whoever asks and however often.
create function cbam.surrender_within_due() returns trigger
language plpgsql security definer set search_path = cbam, pg_temp as $$
declare
  due bigint;
  given bigint;
begin
  if new.kind <> 1 or new.state not in (1, 2) or (tg_op = 'UPDATE' and old.state in (1, 2)) then return new; end if;
  select d.certificates_due into due from cbam.declaration d where d.id = new.declaration_id and d.state = 2 for update;
  select coalesce(sum(o.count), 0) into given from cbam.certificate_order o where o.organisation_id = new.organisation_id and o.year = new.year and o.kind = 1 and o.state in (1, 2) and o.id <> new.id;
  if due is null or given + new.count > due then
    raise exception 'more is surrendered than the declaration says' using errcode = 'check_violation', constraint = 'surrender_within_due';
  end if;
  return new;
end
$$;
create trigger surrender_within_due before insert or update on cbam.certificate_order for each row execute function cbam.surrender_within_due();

alter table cbam.certificate_order enable row level security;
create policy certificate_order_read on cbam.certificate_order for select using ((select storage.has_role('system')) or organisation_id = (select storage.current_organisation()));
create policy certificate_order_add on cbam.certificate_order for insert with check ((select storage.has_role('system')) or (state = 0 and kind <> 3 and organisation_id = (select storage.current_organisation())));
create policy certificate_order_change on cbam.certificate_order for update using ((select storage.has_role('system')) or organisation_id = (select storage.current_organisation()));
