-- A member's own kill switch does not keep the exchange from pulling the same one, nor the other way round: each side has its own, and each is released by its own two people.
drop index market.trading_kill_once;
create unique index trading_kill_once on market.trading_kill (organisation_id, scope, coalesce(account, 0), coalesce(fix_session, '00000000-0000-0000-0000-000000000000'), by_exchange) where released_at is null;

-- The trades that may still be taken back, of all series; statements look for those that are published later or never.
create index trade_by_moment on market.trade (at);
create index print_waiting_by_moment on market.print_waiting (at);
create index print_waiting_trade on market.print_waiting (trade);
-- A member's traders, when all of them are stopped.
create index floor_trader_by_organisation on market.floor_trader (organisation_id);
-- A member reads what concerns it, the newest first, from either side of a trade.
create index supervision_entry_of on market.supervision_entry (organisation_id, number desc);
create index supervision_entry_counter on market.supervision_entry (counter_organisation_id, number desc);
