-- Credits at the market: accounts of the Book in which a trading account's credits lie, baskets and the receipts that stand for the credits in them, and projects whose credits a basket does not take.

-- A basket is a use of the eligibility rules. Its receipts are an asset of the Book, its credits lie in an account of the Book; both have the basket's number.
create table registry.credit_basket (
  use text primary key check (use ~ '^[a-z0-9-]{2,40}$'),
  number int not null unique generated always as identity,
  -- First receipt that was never given out.
  next_receipt bigint not null default 1 check (next_receipt >= 1)
);

create sequence registry.credit_market_number start 8000000001 maxvalue 8399999999;
create table registry.credit_market_account (
  account bigint primary key default nextval('registry.credit_market_number'),
  organisation_id uuid not null,
  -- The trading account whose credits these are, as the market writes it.
  line text not null check (length(line) between 1 and 40),
  -- Credits of one project and year, or receipts of one basket.
  unit text,
  project_id uuid references registry.credit_project,
  year int check (year between 1990 and 2100),
  use text references registry.credit_basket,
  opened_at timestamptz not null,
  check (num_nonnulls(unit, project_id, year) in (0, 3) and (unit is null) = (use is not null))
);
create unique index credit_market_account_pool on registry.credit_market_account (line, unit, project_id, year) where use is null;
create unique index credit_market_account_basket on registry.credit_market_account (line, use) where use is not null;
create index credit_market_account_of on registry.credit_market_account (organisation_id);
alter table registry.credit_market_account enable row level security;
create policy credit_market_account_read on registry.credit_market_account for select using ((select storage.has_role('system')) or organisation_id = (select storage.current_organisation()));
create policy credit_market_account_add on registry.credit_market_account for insert with check ((select storage.has_role('system')));
create trigger credit_market_account_stays before update or delete on registry.credit_market_account for each row execute function storage.refuse_change();

-- Each receipt stands for one credit: the numbers of both run side by side. Who holds a receipt stands in the Book.
create table registry.credit_receipt (
  use text not null references registry.credit_basket,
  first bigint not null check (first >= 1),
  last bigint not null check (last >= first),
  unit text not null,
  unit_first bigint not null check (unit_first >= 1),
  unit_last bigint not null check (unit_last - unit_first = last - first),
  order_id uuid not null unique references registry.credit_order,
  brought_on date not null,
  primary key (use, first)
);
create index credit_receipt_of on registry.credit_receipt (use, unit, unit_first);
create trigger credit_receipt_stays before update or delete on registry.credit_receipt for each row execute function storage.refuse_change();

create table registry.credit_market_exclusion (
  id uuid primary key,
  project_id uuid not null references registry.credit_project,
  reason text not null check (length(reason) between 1 and 2000),
  excluded_by uuid not null,
  excluded_at timestamptz not null,
  lifted_by uuid,
  lifted_at timestamptz,
  lifted_reason text check (length(lifted_reason) between 1 and 2000),
  check (num_nonnulls(lifted_by, lifted_at, lifted_reason) in (0, 3)),
  check (lifted_by is null or lifted_by <> excluded_by)
);
create unique index credit_market_exclusion_once on registry.credit_market_exclusion (project_id) where lifted_at is null;
create trigger credit_market_exclusion_never_deleted before delete on registry.credit_market_exclusion for each row execute function storage.refuse_change();
create trigger credit_market_exclusion_stays before update of project_id, reason, excluded_by, excluded_at on registry.credit_market_exclusion for each row execute function storage.refuse_change();

-- Brought in from the registry outside (10) and given back to it (11), to the market (12) and from it (13); a retirement may begin at the market too.
alter table registry.credit_order
  add market_account bigint references registry.credit_market_account,
  add receipt_first bigint check (receipt_first >= 1),
  drop constraint credit_order_kind,
  add constraint credit_order_kind check (kind between 0 and 13),
  add constraint credit_order_market check (case when market_account is null then kind not in (12, 13) and receipt_first is null else kind in (1, 12, 13) end),
  add constraint credit_order_outside check (kind <> 10 or instrument is not null);
create trigger credit_order_market_stays before update of market_account on registry.credit_order for each row execute function storage.refuse_change();
