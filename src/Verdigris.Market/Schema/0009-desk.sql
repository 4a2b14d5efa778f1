-- The floor's events say all there is to say of an order: nothing is written before it is sent.
drop table market.order_wish;

-- The reports of a trade, when it is taken back.
create index order_report_trade on market.order_report (trade) where trade <> 0;
