-- A member that does not pay: what it owes, who bears it in which order, and to whom its positions go.
create table market.fund_part (
  id uuid primary key,
  -- Null: the clearing house's own part.
  organisation_id uuid,
  account bigint,
  currency text not null check (currency ~ '^[A-Z]{3}$'),
  -- What came in (above 0) or was used or given back (below 0), smallest unit of the currency.
  amount bigint not null check (amount <> 0),
  case_id uuid,
  -- Pending, done, refused by the Book.
  state smallint not null check (state between 0 and 2),
  code text,
  moved_at timestamptz not null
);
create index fund_part_of on market.fund_part (currency, organisation_id);

create table market.default_case (
  id uuid primary key,
  account bigint not null,
  organisation_id uuid not null,
  reason text not null check (length(reason) <= 2000),
  -- Proposed, declared, turned down, closed.
  state smallint not null check (state between 0 and 3),
  task_id uuid,
  proposed_by uuid not null,
  proposed_at timestamptz not null,
  decided_by uuid,
  declared_at timestamptz,
  closed_at timestamptz,
  row_version int not null default 1,
  check (decided_by is null or decided_by <> proposed_by)
);
create unique index default_case_open on market.default_case (account) where state in (0, 1);
create trigger default_case_never_deleted before delete on market.default_case for each row execute function storage.refuse_change();

-- Who bore how much of what the defaulter owed, in the order of the waterfall.
create table market.default_line (
  id uuid primary key,
  case_id uuid not null references market.default_case,
  flow_id uuid not null,
  place int not null,
  layer text not null,
  organisation_id uuid,
  currency text not null check (currency ~ '^[A-Z]{3}$'),
  amount bigint not null check (amount > 0),
  -- Planned, posted, refused by the Book.
  state smallint not null check (state between 0 and 2),
  code text,
  made_at timestamptz not null
);
create index default_line_case on market.default_line (case_id, place);

-- The defaulter's positions in one series, offered to the members; the best offer for the clearing house wins.
create table market.default_auction (
  id uuid primary key,
  case_id uuid not null references market.default_case,
  series text not null references market.series,
  -- The defaulter's net lots: the winner takes them.
  lots bigint not null check (lots <> 0),
  -- Open, awarded, without a bid.
  state smallint not null check (state between 0 and 2),
  closes_at timestamptz not null,
  winner bigint,
  price numeric,
  code text,
  opened_at timestamptz not null,
  closed_at timestamptz
);
create unique index default_auction_open on market.default_auction (case_id, series) where state = 0;
create table market.default_bid (
  id uuid primary key,
  auction_id uuid not null references market.default_auction,
  account bigint not null,
  organisation_id uuid not null,
  price numeric not null,
  entered_by uuid not null,
  entered_at timestamptz not null,
  unique (auction_id, account)
);

alter table market.fund_part enable row level security;
create policy fund_part_own on market.fund_part using ((select market.of_exchange()) or organisation_id = (select storage.current_organisation())) with check ((select market.of_exchange()) or organisation_id = (select storage.current_organisation()));
alter table market.default_bid enable row level security;
create policy default_bid_own on market.default_bid using ((select market.of_exchange()) or organisation_id = (select storage.current_organisation())) with check (organisation_id = (select storage.current_organisation()));
alter table market.default_line enable row level security;
create policy default_line_own on market.default_line using ((select market.of_exchange()) or organisation_id = (select storage.current_organisation())) with check ((select market.of_exchange()));
alter table market.default_case enable row level security;
create policy default_case_own on market.default_case using ((select market.of_exchange()) or organisation_id = (select storage.current_organisation()) or state = 1) with check ((select market.of_exchange()));
