-- Trades agreed outside the book: one side reports, the other confirms, the floor settles.
create sequence market.agreed_number;
create table market.agreed_trade (
  id uuid primary key,
  number bigint not null unique default nextval('market.agreed_number'),
  -- Block, exchange for physical, exchange for swap, over the counter.
  kind smallint not null check (kind between 0 and 3),
  series text not null references market.instrument (series),
  -- Who reports buys (1) or sells (2).
  side smallint not null check (side between 1 and 2),
  account bigint not null references market.trading_account,
  organisation_id uuid not null,
  counter_account bigint not null references market.trading_account,
  counter_organisation_id uuid not null,
  price numeric not null,
  lots bigint not null check (lots > 0),
  effect smallint not null check (effect between 0 and 1),
  counter_effect smallint check (counter_effect between 0 and 1),
  -- The other leg of an exchange: what kind of thing it is, and where it is written.
  leg smallint check (leg between 0 and 3),
  leg_reference text check (length(leg_reference) between 1 and 200),
  -- Reported, confirmed (sent to the floor), settled, declined, withdrawn, expired, refused, taken back.
  state smallint not null check (state between 0 and 7),
  -- Why it was declined, or what the floor said.
  reason text check (length(reason) <= 2000),
  code text,
  trade bigint,
  reported_by uuid not null,
  reported_at timestamptz not null,
  expires_at timestamptz not null,
  confirmed_by uuid,
  confirmed_at timestamptz,
  settled_at timestamptz,
  row_version int not null default 1,
  check (account <> counter_account),
  check (state not in (1, 2, 7) or (confirmed_by is not null and counter_effect is not null)),
  check (state not in (2, 7) or (trade is not null and settled_at is not null)),
  check (confirmed_by is null or confirmed_by <> reported_by),
  check ((kind in (1, 2)) = (leg is not null)),
  check ((leg is null) = (leg_reference is null))
);
create index agreed_trade_of on market.agreed_trade (organisation_id, number desc);
create index agreed_trade_counter on market.agreed_trade (counter_organisation_id, number desc);
create index agreed_trade_open on market.agreed_trade (expires_at) where state in (0, 1);
create unique index agreed_trade_floor on market.agreed_trade (trade) where trade is not null;
alter table market.agreed_trade enable row level security;
create policy agreed_trade_own on market.agreed_trade using ((select market.of_exchange()) or (select storage.current_organisation()) in (organisation_id, counter_organisation_id))
  with check ((select market.of_exchange()) or (select storage.current_organisation()) in (organisation_id, counter_organisation_id));
create trigger agreed_trade_never_deleted before delete on market.agreed_trade for each row execute function storage.refuse_change();

-- What kind of agreement a reported trade was, and trades whose publication waits.
alter table market.trade add column agreed smallint check (agreed between 0 and 3);
create table market.print_waiting (
  sequence bigint primary key,
  trade bigint not null,
  series text not null,
  agreed smallint not null,
  at timestamptz not null,
  day date not null,
  price numeric not null,
  lots bigint not null,
  turnover numeric not null,
  -- Null: never published.
  due_at timestamptz,
  busted boolean not null default false,
  published_at timestamptz
);
create index print_waiting_due on market.print_waiting (due_at) where published_at is null and due_at is not null;
alter table market.print_waiting enable row level security;
create policy print_waiting_exchange on market.print_waiting using ((select market.of_exchange())) with check ((select storage.has_role('system')));

-- Kill switches: at once by one, released by two.
create table market.trading_kill (
  id uuid primary key,
  -- A member with all its accounts, one account, one FIX session.
  scope smallint not null check (scope between 0 and 2),
  organisation_id uuid not null,
  account bigint references market.trading_account,
  fix_session uuid references market.fix_session,
  -- Whether the exchange did it: then only the exchange releases it.
  by_exchange boolean not null,
  reason text not null check (length(reason) between 1 and 2000),
  -- How many live orders it ended.
  ended bigint not null default 0,
  task_id uuid,
  killed_by uuid not null,
  killed_by_name text not null,
  killed_at timestamptz not null,
  release_asked_by uuid,
  released_by uuid,
  released_at timestamptz,
  check ((scope = 1) = (account is not null)),
  check ((scope = 2) = (fix_session is not null)),
  check ((released_by is null) = (released_at is null)),
  check (released_by is null or released_by <> release_asked_by)
);
create index trading_kill_active on market.trading_kill (organisation_id) where released_at is null;
create unique index trading_kill_once on market.trading_kill (organisation_id, scope, coalesce(account, 0), coalesce(fix_session, '00000000-0000-0000-0000-000000000000')) where released_at is null;
alter table market.trading_kill enable row level security;
create policy trading_kill_own on market.trading_kill using ((select market.of_exchange()) or organisation_id = (select storage.current_organisation())) with check ((select market.of_exchange()) or organisation_id = (select storage.current_organisation()));
create trigger trading_kill_never_deleted before delete on market.trading_kill for each row execute function storage.refuse_change();

-- Trades to be taken back: one person proposes, another decides while the floor still allows it.
create table market.trade_bust (
  id uuid primary key,
  trade bigint not null,
  series text not null,
  price numeric not null,
  lots bigint not null,
  buyer bigint not null,
  seller bigint not null,
  buyer_organisation_id uuid not null,
  seller_organisation_id uuid not null,
  traded_at timestamptz not null,
  reason text not null check (length(reason) between 1 and 2000),
  -- Proposed, done, turned down.
  state smallint not null check (state between 0 and 2),
  task_id uuid,
  proposed_by uuid not null,
  proposed_at timestamptz not null,
  decided_by uuid,
  decided_at timestamptz,
  check (decided_by is null or decided_by <> proposed_by),
  check (state = 0 or decided_at is not null)
);
create unique index trade_bust_once on market.trade_bust (trade) where state in (0, 1);
alter table market.trade_bust enable row level security;
create policy trade_bust_seen on market.trade_bust using ((select market.of_exchange()) or (select storage.current_organisation()) in (buyer_organisation_id, seller_organisation_id)) with check ((select market.of_exchange()));
create trigger trade_bust_never_deleted before delete on market.trade_bust for each row execute function storage.refuse_change();

-- What the supervision of trading did, to whom and why. A member reads what concerns it.
create table market.supervision_entry (
  number bigint generated always as identity primary key,
  at timestamptz not null,
  person_id uuid not null,
  person text not null,
  act text not null check (act ~ '^[a-z-]{2,40}$'),
  series text,
  account bigint,
  organisation_id uuid,
  counter_organisation_id uuid,
  subject text,
  reason text check (length(reason) <= 2000)
);
alter table market.supervision_entry enable row level security;
create policy supervision_entry_seen on market.supervision_entry for select using ((select market.of_exchange()) or (select storage.current_organisation()) in (organisation_id, counter_organisation_id));
create policy supervision_entry_written on market.supervision_entry for insert with check ((select market.of_exchange()) or organisation_id = (select storage.current_organisation()));
create trigger supervision_entry_stays before update or delete on market.supervision_entry for each row execute function storage.refuse_change();
