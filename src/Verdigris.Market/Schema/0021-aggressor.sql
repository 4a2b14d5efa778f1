-- The side that came in and met what stood in the book: 1 bought, 2 sold. Null where there is none (auctions, trades agreed outside the book), and unknown of trades kept before.
alter table market.trade add column aggressor smallint check (aggressor in (1, 2));
alter table market.trade add constraint trade_aggressor_of_book check (aggressor is null or kind = 0);
