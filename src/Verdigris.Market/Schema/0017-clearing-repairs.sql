-- A buy-in that was accepted and can never be carried out gives way to another: one waits for its second person, one is carried out.
alter table market.buy_in drop constraint buy_in_state_check;
-- Proposed, accepted, rejected, replaced by a later one.
alter table market.buy_in add constraint buy_in_state_check check (state between 0 and 3);
drop index market.buy_in_once;
create unique index buy_in_once on market.buy_in (delivery_id) where state = 0;
create unique index buy_in_accepted_once on market.buy_in (delivery_id) where state = 1;

-- The newest price of a series, the newest requirement of an account, and what is still to be posted: asked for all day long.
create index settlement_price_series on market.settlement_price (series, day desc);
create index margin_requirement_account on market.margin_requirement (account, day);
create index clearing_flow_open on market.clearing_flow (account) where state <> 2;
