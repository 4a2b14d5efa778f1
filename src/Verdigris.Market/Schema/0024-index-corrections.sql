-- A price of an index that was accepted and is wrong: the right one stands beside it, with who and why, and counts in its place.
-- 0 the first, 1 its correction, 2 the correction of that.
alter table market.index_price add column correction int not null default 0 check (correction >= 0);
alter table market.index_price drop constraint index_price_pkey;
alter table market.index_price add primary key (index, day, correction);

alter table market.index_proposal add column correction int not null default 0 check (correction >= 0);
alter table market.index_proposal add column reason text check (length(reason) <= 2000);
alter table market.index_proposal add check ((correction = 0) = (reason is null));
drop index market.index_proposal_once;
create unique index index_proposal_once on market.index_proposal (index, day) where state = 0;
create unique index index_proposal_accepted on market.index_proposal (index, day, correction) where state = 1;
