-- Credits at the market: which trading accounts deal in them, and which instruments are of them. What an account has of them stands in the Book; the registry keeps the accounts it lies in.
create table market.credits_link (
  account bigint primary key references market.trading_account,
  organisation_id uuid not null,
  linked_by uuid not null,
  linked_at timestamptz not null
);
alter table market.credits_link enable row level security;
create policy credits_link_own on market.credits_link using ((select market.of_exchange()) or organisation_id = (select storage.current_organisation())) with check ((select market.of_exchange()) or organisation_id = (select storage.current_organisation()));
create trigger credits_link_stays before update or delete on market.credits_link for each row execute function storage.refuse_change();

-- Spot series of credits: of one project and vintage, or of a basket.
alter table market.instrument
  add project_id uuid,
  add basket text,
  add constraint instrument_credits check (num_nonnulls(project_id, basket) <= 1 and (shape = 1 or num_nonnulls(project_id, basket) = 0));

-- Statements look for the trade a posting of the Book belongs to.
create index trade_by_number on market.trade (trade);
