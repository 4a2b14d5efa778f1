-- Statements look for trades that are published later or never.
create index print_waiting_trade on market.print_waiting (trade);
