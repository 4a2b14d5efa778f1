-- What may be traded on the floor, and what became of orders. The floor itself decides by its journal; these are what people look at, written from its events.
create table market.instrument (
  number int primary key references market.series (number),
  series text not null unique references market.series,
  contract text not null,
  -- Spot, future, option, as the floor numbers them.
  shape smallint not null check (shape between 1 and 3),
  -- Spot: whose registry the units lie in.
  scheme text,
  unit text,
  vintage text,
  currency text not null check (currency ~ '^[A-Z]{3}$'),
  lot numeric not null check (lot > 0),
  tick numeric not null check (tick > 0),
  last_day date,
  -- Traded, suspended, ended.
  state smallint not null check (state between 0 and 2),
  reason text check (length(reason) <= 2000),
  -- The price its limits and margins of today are counted from.
  reference numeric,
  opened_by uuid not null,
  opened_at timestamptz not null,
  row_version int not null default 1,
  check ((shape = 1) = (scheme is not null))
);
create trigger instrument_never_deleted before delete on market.instrument for each row execute function storage.refuse_change();

-- Who an order's trading account on the floor is: an account of members for positions, or one of its accounts of units.
create table market.floor_trader (
  trader bigint primary key,
  account bigint not null references market.trading_account,
  organisation_id uuid not null,
  units_account bigint not null
);
create index floor_trader_of on market.floor_trader (account);
alter table market.floor_trader enable row level security;
create policy floor_trader_own on market.floor_trader using ((select market.of_exchange()) or organisation_id = (select storage.current_organisation())) with check ((select market.of_exchange()) or organisation_id = (select storage.current_organisation()));

-- An order as it stands after the last event told of it.
create table market.floor_order (
  id bigint not null,
  -- The event that took it: ids of the floor come again.
  first_event bigint not null,
  instrument int not null references market.instrument,
  trader bigint not null,
  account bigint not null,
  organisation_id uuid not null,
  client_id uuid not null,
  session bigint not null default 0,
  side smallint not null,
  type smallint not null,
  time_in_force smallint not null,
  effect smallint not null,
  quantity bigint not null,
  price int,
  stop_price int,
  display bigint not null default 0,
  remaining bigint not null,
  traded bigint not null default 0,
  -- Price times lots of what traded, in ticks.
  traded_value numeric not null default 0,
  -- Live, filled, ended.
  state smallint not null check (state between 0 and 2),
  code int not null default 0,
  entered_by uuid,
  entered_at timestamptz not null,
  changed_at timestamptz not null,
  primary key (first_event)
);
create index floor_order_live on market.floor_order (id) where state = 0;
create index floor_order_of on market.floor_order (organisation_id, first_event desc);
create index floor_order_client on market.floor_order (organisation_id, client_id, first_event desc);
alter table market.floor_order enable row level security;
create policy floor_order_own on market.floor_order using ((select market.of_exchange()) or organisation_id = (select storage.current_organisation())) with check ((select storage.has_role('system')));

-- What happened to orders, each event once: place is the floor's own number of the event.
create table market.order_report (
  number bigint primary key,
  organisation_id uuid not null,
  at timestamptz not null,
  kind smallint not null,
  code int not null default 0,
  order_event bigint not null,
  order_id bigint not null,
  client_id uuid not null,
  trade bigint not null default 0,
  last_lots bigint not null default 0,
  last_price int not null default 0,
  price int,
  quantity bigint not null,
  remaining bigint not null,
  traded bigint not null,
  traded_value numeric not null
);
create index order_report_of on market.order_report (organisation_id, number);
create index order_report_order on market.order_report (order_event, number);
alter table market.order_report enable row level security;
create policy order_report_own on market.order_report using ((select market.of_exchange()) or organisation_id = (select storage.current_organisation())) with check ((select storage.has_role('system')));
create trigger order_report_stays before update or delete on market.order_report for each row execute function storage.refuse_change();

-- How far the floor's events were read for orders. gaps: how often events were no longer kept when they were asked for.
create table market.order_position (
  one boolean primary key default true check (one),
  sequence bigint not null,
  gaps int not null default 0
);
insert into market.order_position (sequence) values (0);

-- What was sent to the floor and its events do not repeat: written before the line is sent, by the name the sender gave it.
create table market.order_wish (
  organisation_id uuid not null,
  client_id uuid not null,
  session bigint not null default 0,
  type smallint not null,
  time_in_force smallint not null,
  effect smallint not null,
  quantity bigint not null,
  price int,
  stop_price int,
  display bigint not null default 0,
  entered_by uuid not null,
  entered_at timestamptz not null,
  primary key (organisation_id, client_id)
);
alter table market.order_wish enable row level security;
create policy order_wish_own on market.order_wish using ((select market.of_exchange()) or organisation_id = (select storage.current_organisation())) with check ((select market.of_exchange()) or organisation_id = (select storage.current_organisation()));
