-- In a default the units that were pledged and the money of other currencies are sold as the positions are, and what that brings goes back to whoever bore the loss.
alter table market.default_auction alter column series drop not null;
-- Positions in a series, pledged units, money of another currency.
alter table market.default_auction add column kind smallint not null default 0 check (kind between 0 and 2);
alter table market.default_auction add column collateral_id uuid references market.collateral;
-- The unit or the currency that is offered (lots: units, or its smallest unit), and the currency it is paid in.
alter table market.default_auction add column what text;
alter table market.default_auction add column currency text check (currency ~ '^[A-Z]{3}$');
alter table market.default_auction add constraint default_auction_offers check ((kind = 0) = (series is not null) and (kind = 1) = (collateral_id is not null) and (kind = 0 or (what is not null and currency is not null and lots > 0)));
drop index market.default_auction_open;
create unique index default_auction_open on market.default_auction (case_id, coalesce(series, collateral_id::text, what)) where state = 0;
create index fund_part_case on market.fund_part (case_id) where case_id is not null;
