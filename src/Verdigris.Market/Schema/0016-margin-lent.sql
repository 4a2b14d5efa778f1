-- Money of this currency that stands in for what is asked in another one: it stays in the margin beside the requirement. Smallest unit of the currency.
alter table market.margin_requirement add column lent bigint not null default 0 check (lent >= 0);
