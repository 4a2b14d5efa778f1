-- What was traded, as everybody may see it: no names. Kept by the series; built from the events of the trading floor.
create table market.trade (
  series text not null,
  trade bigint not null,
  -- Of the floor's event.
  sequence bigint not null unique,
  at timestamptz not null,
  -- The trading day it counts for: a night session counts for the next.
  day date not null,
  price numeric not null,
  lots bigint not null check (lots > 0),
  turnover numeric not null,
  -- Continuous trading, auction, agreed outside the book and reported.
  kind smallint not null check (kind between 0 and 2),
  busted boolean not null default false,
  primary key (series, trade)
);
create index trade_by_time on market.trade (series, at, sequence);

-- Minutes of trading in the book and its auctions; longer candles are made of them. Reported trades move no candle.
create table market.candle (
  series text not null,
  minute timestamptz not null,
  day date not null,
  open numeric not null,
  high numeric not null,
  low numeric not null,
  close numeric not null,
  lots bigint not null,
  turnover numeric not null,
  trades int not null,
  primary key (series, minute),
  check (low <= open and low <= close and high >= open and high >= close)
);
create index candle_by_day on market.candle (series, day);

-- A trading day. Prices are those of the book; null where only reported trades were made.
create table market.day_prices (
  series text not null,
  day date not null,
  open numeric,
  high numeric,
  low numeric,
  close numeric,
  lots bigint not null,
  turnover numeric not null,
  trades int not null,
  reported_lots bigint not null,
  reported_turnover numeric not null,
  open_interest bigint,
  primary key (series, day)
);

-- How far the events of the floor were read. gaps: how often events were no longer kept when they were asked for.
create table market.data_position (
  one boolean primary key default true check (one),
  sequence bigint not null,
  gaps int not null default 0
);
insert into market.data_position (sequence) values (0);
