-- Lenders take part; their people may hold a role of their own.
alter table passport.organisation drop constraint organisation_kind_check;
alter table passport.organisation add constraint organisation_kind_check check (kind in ('producer', 'warehouse', 'owner', 'exchange', 'verifier', 'lender', 'other'));

-- Pledges by fingerprint: keyed hashes whose secret is not in this database. A lender sees its own rows, nobody sees another's; what must look across them are the functions below, which hand out days only.
create table passport.pledge (
  id uuid primary key,
  lender_id uuid not null references passport.organisation,
  reference text not null check (length(reference) between 1 and 200),
  warrant_id uuid references passport.warrant,
  lot bytea not null check (length(lot) = 32),
  pledged_on date not null,
  registered_by uuid not null,
  registered_at timestamptz not null,
  released_at timestamptz
);
create unique index pledge_once on passport.pledge (lender_id, lot) where released_at is null;
create index pledge_by_lot on passport.pledge (lot) where released_at is null;
create index pledge_by_lender on passport.pledge (lender_id, id);
create table passport.pledge_bundle (
  pledge_id uuid not null references passport.pledge,
  fingerprint bytea not null check (length(fingerprint) = 32),
  primary key (pledge_id, fingerprint)
);
create index pledge_bundle_by_fingerprint on passport.pledge_bundle (fingerprint);
create table passport.pledge_alert (
  id uuid primary key,
  lender_id uuid not null,
  pledge_id uuid not null references passport.pledge,
  other_since date not null,
  whole_lot boolean not null,
  at timestamptz not null
);
create index pledge_alert_by_lender on passport.pledge_alert (lender_id, id);
create table passport.pledge_question (
  id uuid primary key,
  lender_id uuid not null,
  asked_by uuid not null,
  asked_at timestamptz not null
);
create index pledge_question_by_lender on passport.pledge_question (lender_id, asked_at);

alter table passport.pledge enable row level security;
create policy pledge_read on passport.pledge for select using ((select storage.has_role('system')) or lender_id = (select storage.current_organisation()));
-- A lock needs the right to change; changes themselves go through pledge_end.
create policy pledge_change on passport.pledge for update using ((select storage.has_role('system')) or lender_id = (select storage.current_organisation()));
alter table passport.pledge_bundle enable row level security;
create policy pledge_bundle_read on passport.pledge_bundle for select using ((select storage.has_role('system')));
alter table passport.pledge_alert enable row level security;
create policy pledge_alert_read on passport.pledge_alert for select using ((select storage.has_role('system')) or lender_id = (select storage.current_organisation()));
alter table passport.pledge_question enable row level security;
create policy pledge_question_read on passport.pledge_question for select using ((select storage.has_role('system')) or lender_id = (select storage.current_organisation()));
create policy pledge_question_add on passport.pledge_question for insert with check ((select storage.has_role('system')) or lender_id = (select storage.current_organisation()));

-- Since when a lot stands pledged to somebody else than who asks.
create function passport.pledge_since(of_lot bytea, asker uuid) returns date
language sql stable security definer set search_path = passport, pg_temp as $$
  select min(pledged_on) from passport.pledge where lot = of_lot and lender_id <> asker and released_at is null
$$;
-- Enters a pledge and warns both sides of every other lender's that shares the lot or a bundle; answers whether it was new and the earliest other day.
create function passport.pledge_add(new_id uuid, of_lender uuid, its_reference text, of_warrant uuid, of_lot bytea, parts bytea[], on_day date, by_person uuid, at_time timestamptz) returns table (added boolean, since date)
language plpgsql security definer set search_path = passport, pg_temp as $$
declare twin record;
begin
  -- Two registrations at once would not see each other.
  perform pg_advisory_xact_lock(hashtextextended('passport.pledge', 0));
  insert into passport.pledge (id, lender_id, reference, warrant_id, lot, pledged_on, registered_by, registered_at) values (new_id, of_lender, its_reference, of_warrant, of_lot, on_day, by_person, at_time) on conflict do nothing;
  added := found;
  if added then
    insert into passport.pledge_bundle (pledge_id, fingerprint) select new_id, part from unnest(parts) as part;
    for twin in
      select p.id, p.lender_id, p.pledged_on, p.lot = of_lot as whole from passport.pledge p
      where p.lender_id <> of_lender and p.released_at is null and (p.lot = of_lot or exists (select from passport.pledge_bundle b where b.pledge_id = p.id and b.fingerprint = any(parts)))
    loop
      insert into passport.pledge_alert (id, lender_id, pledge_id, other_since, whole_lot, at) values
        (gen_random_uuid(), of_lender, new_id, twin.pledged_on, twin.whole, at_time), (gen_random_uuid(), twin.lender_id, twin.id, on_day, twin.whole, at_time);
      since := least(since, twin.pledged_on);
    end loop;
  end if;
  return next;
end
$$;
create function passport.pledge_end(of_pledge uuid, at_time timestamptz) returns void
language sql security definer set search_path = passport, pg_temp as $$
  update passport.pledge set released_at = at_time where id = of_pledge and released_at is null
$$;
