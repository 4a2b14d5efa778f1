-- A trade that was taken back makes no price, no volume and no fee: the floor's number of the trade says which one it was.
alter table market.clearing_trade add column trade bigint;
alter table market.clearing_trade drop constraint clearing_trade_kind_check;
-- Book, reported, exercise, default, taken back (the other way round): how it came about.
alter table market.clearing_trade add constraint clearing_trade_kind_check check (kind between 0 and 4);
create index clearing_trade_floor on market.clearing_trade (trade, kind) where trade is not null;
