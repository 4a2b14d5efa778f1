-- Finance on holdings: what two holders agreed over units, the money between them, and what was done about it.
create table registry.deal (
  id uuid primary key,
  scheme text not null references registry.scheme,
  asset int not null references registry.asset,
  -- The sheet as both sides approved it; never changed.
  terms jsonb not null,
  kind smallint not null check (kind between 0 and 5),
  giver bigint not null references registry.account,
  taker bigint not null references registry.account,
  -- Custody: who gets the units in the end, where it is not the giver.
  beneficiary bigint references registry.account,
  giver_organisation uuid not null,
  taker_organisation uuid not null,
  beneficiary_organisation uuid,
  -- 0 giver, 1 taker.
  proposer smallint not null check (proposer in (0, 1)),
  -- Drafted, proposed, declined, withdrawn, agreed, abandoned, failed, open, called, defaulted, enforced, lapsed, settled.
  state smallint not null check (state between 0 and 12),
  -- Whether the units of the end are held already.
  held boolean not null default false,
  -- Steps the Book refused; and of each hold, how many there were when it was opened.
  tries int not null default 0 check (tries >= 0),
  holds jsonb not null default '{}',
  call_due date,
  defaulted_on date,
  ends_on date,
  -- From when on units may leave the giver: at once to a trusted account, else after the delay of a transfer.
  free_at timestamptz,
  -- The step that is under way in the Book; nothing else happens meanwhile.
  moving uuid,
  proposed_by uuid not null,
  proposed_at timestamptz not null,
  ended_at timestamptz,
  row_version int not null default 1,
  check (giver <> taker),
  check (giver_organisation <> taker_organisation),
  check ((beneficiary is null) = (beneficiary_organisation is null)),
  check ((state = 8) <= (call_due is not null)),
  check ((state = 9) <= (defaulted_on is not null))
);
create index deal_of_giver on registry.deal (giver_organisation, id);
create index deal_of_taker on registry.deal (taker_organisation, id);
create index deal_running on registry.deal (state) where state in (4, 7, 8, 9);
create table registry.deal_cash (
  id uuid primary key,
  deal_id uuid not null references registry.deal,
  -- Opening, closing, call.
  at_end smallint not null check (at_end between 0 and 2),
  what text not null check (what in ('purchase', 'loan', 'collateral', 'repurchase', 'repayment', 'fee', 'delivery', 'call')),
  payer smallint not null check (payer between 0 and 1),
  amount numeric(20, 2) not null check (amount > 0),
  due date not null,
  -- Due, claimed (the payer says it is paid), confirmed (the receiver says it came), replaced.
  state smallint not null check (state between 0 and 3),
  reference text check (length(reference) <= 200),
  claimed_by uuid,
  claimed_at timestamptz,
  confirmed_by uuid,
  confirmed_at timestamptz,
  check ((state = 2) = (confirmed_at is not null)),
  check (confirmed_by is null or confirmed_by <> claimed_by)
);
create index deal_cash_of on registry.deal_cash (deal_id, id);
-- What somebody did, or asked a second person to do.
create table registry.deal_step (
  id uuid primary key,
  deal_id uuid not null references registry.deal,
  act text not null check (length(act) between 1 and 20),
  -- The side that acted; null for the passing of days and what follows from money that was confirmed.
  side smallint check (side between 0 and 2),
  cash_id uuid references registry.deal_cash,
  units bigint check (units >= 1),
  -- Waits for the second person, done, turned down, under way in the Book, refused by the Book.
  state smallint not null check (state between 0 and 4),
  note text check (length(note) <= 2000),
  book_code text,
  task_id uuid,
  written_by uuid not null,
  written_at timestamptz not null,
  decided_by uuid,
  decided_at timestamptz,
  check (decided_by is null or decided_by <> written_by)
);
create index deal_step_of on registry.deal_step (deal_id, id);
create table registry.deal_addition (
  deal_id uuid not null references registry.deal,
  place int not null check (place >= 1),
  units bigint not null check (units >= 1),
  primary key (deal_id, place)
);
-- What a unit is worth on a day, as the scheme's administrator published it.
create table registry.unit_price (
  asset int not null references registry.asset,
  currency text not null check (currency ~ '^[A-Z]{3}$'),
  day date not null,
  price numeric(18, 6) not null check (price >= 0),
  source text not null check (length(source) between 1 and 400),
  written_by uuid not null,
  written_at timestamptz not null,
  primary key (asset, currency, day)
);

create function registry.deal_seen(deal registry.deal) returns boolean
language sql stable as $$
  select (select storage.has_role('system')) or registry.administers(deal.scheme)
    or (deal.proposer = 0 and deal.giver_organisation = (select storage.current_organisation())) or (deal.proposer = 1 and deal.taker_organisation = (select storage.current_organisation()))
    or (deal.state <> 0 and (select storage.current_organisation()) in (deal.giver_organisation, deal.taker_organisation, deal.beneficiary_organisation))
$$;
alter table registry.deal enable row level security;
create policy deal_own on registry.deal using (registry.deal_seen(deal)) with check (registry.deal_seen(deal));
alter table registry.deal_cash enable row level security;
create policy deal_cash_own on registry.deal_cash using (exists (select from registry.deal d where d.id = deal_id)) with check (exists (select from registry.deal d where d.id = deal_id));
alter table registry.deal_step enable row level security;
create policy deal_step_own on registry.deal_step using (exists (select from registry.deal d where d.id = deal_id)) with check (exists (select from registry.deal d where d.id = deal_id));
alter table registry.deal_addition enable row level security;
create policy deal_addition_own on registry.deal_addition using (exists (select from registry.deal d where d.id = deal_id)) with check (exists (select from registry.deal d where d.id = deal_id));
create trigger deal_never_deleted before delete on registry.deal for each row execute function storage.refuse_change();
create trigger deal_stays before update of scheme, asset, terms, kind, giver, taker, beneficiary, giver_organisation, taker_organisation, beneficiary_organisation, proposer, proposed_by, proposed_at on registry.deal for each row execute function storage.refuse_change();
create trigger deal_cash_never_deleted before delete on registry.deal_cash for each row execute function storage.refuse_change();
create trigger deal_cash_stays before update of deal_id, at_end, what, payer, amount, due on registry.deal_cash for each row execute function storage.refuse_change();
create trigger deal_step_never_deleted before delete on registry.deal_step for each row execute function storage.refuse_change();
create trigger deal_step_stays before update of deal_id, act, side, cash_id, units, written_by, written_at on registry.deal_step for each row execute function storage.refuse_change();
create trigger deal_addition_stays before update or delete on registry.deal_addition for each row execute function storage.refuse_change();
create trigger unit_price_stays before update or delete on registry.unit_price for each row execute function storage.refuse_change();
