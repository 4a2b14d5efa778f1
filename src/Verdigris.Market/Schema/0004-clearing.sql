-- The clearing day. What is held stands in the Book; here stand what was agreed, at which price it is settled, and which postings follow from it.

-- A series that was traded: its number gives the assets of its long and short positions, and is the instrument's number on the trading floor.
create sequence market.series_number as int start 1;
create table market.series (
  code text primary key check (length(code) between 1 and 80),
  contract text not null,
  number int not null unique default nextval('market.series_number'),
  added_at timestamptz not null,
  -- The day its positions were ended.
  ended_on date
);

create table market.clearing_day (
  day date primary key,
  -- The step to be taken next; 13 when all are done.
  step smallint not null default 1 check (step between 1 and 13),
  -- Why that step cannot be taken yet: a list of refusals.
  waiting jsonb,
  started_at timestamptz not null,
  started_by uuid not null,
  finished_at timestamptz,
  report jsonb,
  report_sha256 text check (report_sha256 ~ '^[0-9a-f]{64}$'),
  check ((step = 13) = (finished_at is not null)),
  check ((report is null) = (report_sha256 is null))
);
create table market.clearing_step (
  day date not null references market.clearing_day,
  step smallint not null check (step between 1 and 12),
  finished_at timestamptz not null,
  summary jsonb not null,
  primary key (day, step)
);
create trigger clearing_step_stays before update or delete on market.clearing_step for each row execute function storage.refuse_change();

-- A contract between the clearing house and each side.
create table market.clearing_trade (
  id uuid primary key,
  -- The clearing day it counts for.
  day date not null,
  series text not null references market.series,
  buyer bigint not null,
  seller bigint not null,
  price numeric not null,
  lots bigint not null check (lots > 0),
  -- Book, reported, exercise, default: how it came about.
  kind smallint not null check (kind between 0 and 3),
  made_at timestamptz not null
);
create index clearing_trade_day on market.clearing_trade (day, series);
create trigger clearing_trade_stays before update or delete on market.clearing_trade for each row execute function storage.refuse_change();

create table market.settlement_price (
  day date not null,
  series text not null references market.series,
  price numeric not null,
  -- Which rule of the contract gave it.
  rule text not null,
  -- The last price of the series: of the index, or on the last trading day.
  final boolean not null,
  trace jsonb not null,
  fixed_at timestamptz not null,
  primary key (day, series)
);
create trigger settlement_price_stays before update or delete on market.settlement_price for each row execute function storage.refuse_change();

-- A price an officer proposes where no rule gives one; another person decides.
create table market.price_proposal (
  id uuid primary key,
  day date not null,
  series text not null references market.series,
  price numeric not null,
  reason text not null check (length(reason) <= 2000),
  -- Proposed, accepted, rejected.
  state smallint not null check (state between 0 and 2),
  task_id uuid,
  proposed_by uuid not null,
  proposed_at timestamptz not null,
  decided_by uuid,
  check (decided_by is null or decided_by <> proposed_by)
);
create unique index price_proposal_once on market.price_proposal (day, series) where state in (0, 1);

-- Best bid and offer at the close, where a floor tells them.
create table market.closing_quote (
  day date not null,
  series text not null references market.series,
  bid numeric,
  ask numeric,
  primary key (day, series)
);

create table market.index_price (
  index text not null check (length(index) between 1 and 80),
  day date not null,
  price numeric not null check (price > 0),
  entered_by uuid not null,
  entered_at timestamptz not null,
  primary key (index, day)
);
create trigger index_price_stays before update or delete on market.index_price for each row execute function storage.refuse_change();

-- Net positions carried over the night, with what a lot of them was worth.
create table market.clearing_position (
  day date not null references market.clearing_day,
  account bigint not null,
  organisation_id uuid not null,
  series text not null references market.series,
  lots bigint not null check (lots <> 0),
  lot_value bigint not null,
  primary key (day, account, series)
);
create trigger clearing_position_stays before update or delete on market.clearing_position for each row execute function storage.refuse_change();

-- What a step posts in the Book for one account. The id follows from day, step, kind, account and series or currency; the Book's command ids follow from it.
create table market.clearing_flow (
  id uuid primary key,
  day date not null references market.clearing_day,
  step smallint not null check (step between 1 and 12),
  kind text not null check (length(kind) between 1 and 20),
  account bigint not null,
  organisation_id uuid not null,
  series text references market.series,
  currency text check (currency ~ '^[A-Z]{3}$'),
  -- Smallest unit of the currency, or lots.
  amount bigint not null check (amount > 0),
  -- Planned, sent, posted, refused by the Book.
  state smallint not null default 0 check (state between 0 and 3),
  attempt int not null default 0,
  row_id uuid,
  code text,
  trace jsonb not null
);
create index clearing_flow_day on market.clearing_flow (day, step, state);
create index clearing_flow_account on market.clearing_flow (account, day);

create table market.margin_requirement (
  day date not null,
  account bigint not null,
  organisation_id uuid not null,
  currency text not null check (currency ~ '^[A-Z]{3}$'),
  requirement bigint not null check (requirement >= 0),
  -- Of what is deposited beside money of the currency.
  collateral bigint not null check (collateral >= 0),
  trace jsonb not null,
  primary key (day, account, currency)
);
create trigger margin_requirement_stays before update or delete on market.margin_requirement for each row execute function storage.refuse_change();

create table market.margin_call (
  id uuid primary key,
  day date not null,
  account bigint not null,
  organisation_id uuid not null,
  currency text not null check (currency ~ '^[A-Z]{3}$'),
  amount bigint not null check (amount > 0),
  intraday boolean not null,
  -- Open, met, withdrawn because a later one takes its place, in default.
  state smallint not null check (state between 0 and 3),
  made_at timestamptz not null,
  due_at timestamptz not null,
  met_at timestamptz
);
create unique index margin_call_open on market.margin_call (account, currency) where state = 0;

create table market.collateral (
  id uuid primary key,
  account bigint not null,
  organisation_id uuid not null,
  what text not null,
  scheme text not null,
  units_account bigint not null,
  asset int not null,
  units bigint not null check (units > 0),
  -- Pending, held, release asked for, released, refused by the Book, used in a default.
  state smallint not null check (state between 0 and 5),
  code text,
  pledged_by uuid not null,
  pledged_at timestamptz not null,
  ended_at timestamptz
);
create index collateral_account on market.collateral (account, state);

create table market.exercise (
  id uuid primary key,
  day date not null,
  account bigint not null,
  organisation_id uuid not null,
  series text not null references market.series,
  lots bigint not null check (lots > 0),
  -- Exercise, or let it lapse though it is worth something.
  abandon boolean not null,
  entered_by uuid not null,
  entered_at timestamptz not null,
  unique (day, account, series)
);

-- What was drawn by lot: the tickets, the seed, and the order they came out in.
create table market.draw (
  id uuid primary key,
  day date not null,
  purpose text not null check (purpose in ('assignment', 'delivery')),
  series text not null references market.series,
  seed bigint not null,
  tickets jsonb not null,
  drawn jsonb not null,
  made_at timestamptz not null,
  unique (day, purpose, series)
);
create trigger draw_stays before update or delete on market.draw for each row execute function storage.refuse_change();

alter table market.clearing_position enable row level security;
create policy clearing_position_own on market.clearing_position using ((select market.of_exchange()) or organisation_id = (select storage.current_organisation())) with check ((select market.of_exchange()));
alter table market.clearing_flow enable row level security;
create policy clearing_flow_own on market.clearing_flow using ((select market.of_exchange()) or organisation_id = (select storage.current_organisation())) with check ((select market.of_exchange()));
alter table market.margin_requirement enable row level security;
create policy margin_requirement_own on market.margin_requirement using ((select market.of_exchange()) or organisation_id = (select storage.current_organisation())) with check ((select market.of_exchange()));
alter table market.margin_call enable row level security;
create policy margin_call_own on market.margin_call using ((select market.of_exchange()) or organisation_id = (select storage.current_organisation())) with check ((select market.of_exchange()));
alter table market.collateral enable row level security;
create policy collateral_own on market.collateral using ((select market.of_exchange()) or organisation_id = (select storage.current_organisation())) with check ((select market.of_exchange()) or organisation_id = (select storage.current_organisation()));
alter table market.exercise enable row level security;
create policy exercise_own on market.exercise using ((select market.of_exchange()) or organisation_id = (select storage.current_organisation())) with check ((select market.of_exchange()) or organisation_id = (select storage.current_organisation()));
alter table market.clearing_trade enable row level security;
create policy clearing_trade_own on market.clearing_trade using ((select market.of_exchange()) or buyer in (select number from market.trading_account) or seller in (select number from market.trading_account)) with check ((select market.of_exchange()));

-- How far the trading floor's events were read for clearing.
create table market.clearing_reader (
  one boolean primary key default true check (one),
  sequence bigint not null
);
insert into market.clearing_reader (sequence) values (0);
