-- Members of the market, their trading accounts and bank accounts. What an account holds stands in the Book.
create table market.member (
  id uuid primary key,
  organisation_id uuid not null unique,
  -- Applied, active, refused, suspended, ended.
  state smallint not null check (state between 0 and 4),
  -- Whether it clears for itself and pays into the default fund.
  clearing boolean not null,
  reason text check (length(reason) <= 2000),
  task_id uuid,
  applied_by uuid not null,
  applied_at timestamptz not null,
  decided_by uuid,
  decided_at timestamptz,
  row_version int not null default 1,
  check (state not in (1, 3) or decided_at is not null),
  check (decided_by is null or decided_by <> applied_by)
);
create table market.member_document (
  id uuid primary key,
  member_id uuid not null references market.member,
  document text not null,
  file_name text not null check (length(file_name) between 1 and 200),
  media_type text not null,
  sha256 text not null check (sha256 ~ '^[0-9a-f]{64}$'),
  size_bytes bigint not null,
  added_by uuid not null,
  added_at timestamptz not null
);
create index member_document_of on market.member_document (member_id);
create trigger member_document_stays before update or delete on market.member_document for each row execute function storage.refuse_change();

-- A trading account is four accounts of the Book in a row: cash, units, positions, margin.
create sequence market.trading_account_number start 20000000000 increment 4;
create table market.trading_account (
  number bigint primary key default nextval('market.trading_account_number') check (number % 4 = 0),
  member_id uuid not null references market.member,
  organisation_id uuid not null,
  name text not null check (length(name) between 1 and 120),
  -- House, client.
  kind smallint not null check (kind between 0 and 1),
  -- Pending (sent to the Book), open, stopped, closed.
  state smallint not null check (state between 0 and 3),
  -- What happens where two orders of the account meet: cancel the newest, the oldest, both, or take off both what is common.
  self_trade smallint not null check (self_trade between 0 and 3),
  -- Limits the supervisor sets: lots an order, orders a second; null without one.
  largest_order_lots bigint check (largest_order_lots > 0),
  orders_a_second int check (orders_a_second between 1 and 100000),
  -- What the exchange has stopped only the exchange lets go on.
  stopped_by_exchange boolean not null default false,
  reason text check (length(reason) <= 2000),
  opened_by uuid not null,
  opened_at timestamptz not null,
  closed_at timestamptz,
  row_version int not null default 1
);
create index trading_account_of on market.trading_account (organisation_id, number);

-- Where money may be paid out to: written by one person of the member, confirmed by another of the exchange.
create table market.bank_account (
  id uuid primary key,
  organisation_id uuid not null,
  currency text not null check (currency ~ '^[A-Z]{3}$'),
  holder_name text not null check (length(holder_name) between 1 and 140),
  iban text check (iban ~ '^[A-Z]{2}[0-9]{2}[A-Z0-9]{11,30}$'),
  -- Where the country has no IBAN.
  account_no text check (length(account_no) between 1 and 40),
  bic text not null check (bic ~ '^[A-Z0-9]{4}[A-Z]{2}[A-Z0-9]{2}([A-Z0-9]{3})?$'),
  -- Proposed, confirmed, refused, removed.
  state smallint not null check (state between 0 and 3),
  reason text check (length(reason) <= 2000),
  task_id uuid,
  written_by uuid not null,
  written_at timestamptz not null,
  decided_by uuid,
  decided_at timestamptz,
  row_version int not null default 1,
  check ((iban is null) <> (account_no is null)),
  check (decided_by is null or decided_by <> written_by)
);
create unique index bank_account_once on market.bank_account (organisation_id, currency, coalesce(iban, bic || account_no)) where state in (0, 1);

create table market.cash_move (
  id uuid primary key,
  -- In, out.
  direction smallint not null check (direction between 0 and 1),
  account bigint not null references market.trading_account,
  organisation_id uuid not null,
  currency text not null check (currency ~ '^[A-Z]{3}$'),
  -- In the smallest unit of the currency.
  amount bigint not null check (amount > 0),
  bank_account_id uuid references market.bank_account,
  -- The line of the bank's statement: for what came in, and for what was paid out once it was.
  bank_reference text check (length(bank_reference) between 1 and 140),
  value_day date,
  -- Proposed, pending (approved, sent to the Book), done, rejected, refused by the Book, withdrawn.
  state smallint not null check (state between 0 and 5),
  reason text check (length(reason) <= 2000),
  book_code text,
  task_id uuid,
  proposed_by uuid not null,
  proposed_at timestamptz not null,
  decided_by uuid,
  decided_at timestamptz,
  paid_by uuid,
  paid_at timestamptz,
  row_version int not null default 1,
  check ((direction = 1) = (bank_account_id is not null)),
  check (direction = 1 or bank_reference is not null),
  check (decided_by is null or decided_by <> proposed_by)
);
-- A line of the bank's statement counts once.
create unique index cash_move_bank_line on market.cash_move (currency, bank_reference) where direction = 0 and state in (0, 1, 2);
create index cash_move_of on market.cash_move (organisation_id, proposed_at desc);
create index cash_move_account on market.cash_move (account, proposed_at desc);

create function market.of_exchange() returns boolean language sql stable as $$
  select storage.has_role('system') or storage.has_role('market.operator') or storage.has_role('clearing.officer') or storage.has_role('exchange.staff')
$$;

alter table market.member enable row level security;
create policy member_own on market.member using ((select market.of_exchange()) or organisation_id = (select storage.current_organisation())) with check ((select market.of_exchange()) or organisation_id = (select storage.current_organisation()));
alter table market.member_document enable row level security;
create policy member_document_own on market.member_document using ((select market.of_exchange()) or exists (select from market.member m where m.id = member_id)) with check ((select market.of_exchange()) or exists (select from market.member m where m.id = member_id));
alter table market.trading_account enable row level security;
create policy trading_account_own on market.trading_account using ((select market.of_exchange()) or organisation_id = (select storage.current_organisation())) with check ((select market.of_exchange()) or organisation_id = (select storage.current_organisation()));
alter table market.bank_account enable row level security;
create policy bank_account_own on market.bank_account using ((select market.of_exchange()) or organisation_id = (select storage.current_organisation())) with check ((select market.of_exchange()) or organisation_id = (select storage.current_organisation()));
alter table market.cash_move enable row level security;
create policy cash_move_own on market.cash_move using ((select market.of_exchange()) or organisation_id = (select storage.current_organisation())) with check ((select market.of_exchange()) or organisation_id = (select storage.current_organisation()));
create trigger member_never_deleted before delete on market.member for each row execute function storage.refuse_change();
create trigger trading_account_never_deleted before delete on market.trading_account for each row execute function storage.refuse_change();
create trigger bank_account_never_deleted before delete on market.bank_account for each row execute function storage.refuse_change();
create trigger cash_move_never_deleted before delete on market.cash_move for each row execute function storage.refuse_change();

-- Which account of a registry the units of a trading account lie in, one a scheme.
create table market.units_link (
  account bigint not null references market.trading_account,
  scheme text not null check (scheme ~ '^[a-z0-9-]{2,40}$'),
  units_account bigint not null unique,
  full_id text not null,
  organisation_id uuid not null,
  linked_by uuid not null,
  linked_at timestamptz not null,
  primary key (account, scheme)
);
alter table market.units_link enable row level security;
create policy units_link_own on market.units_link using ((select market.of_exchange()) or organisation_id = (select storage.current_organisation())) with check ((select market.of_exchange()) or organisation_id = (select storage.current_organisation()));
