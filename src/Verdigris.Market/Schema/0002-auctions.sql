-- Sealed auctions. What is bid stands in envelopes nobody can open before the close; what is set aside and what moves stands in the Book.
create sequence market.auction_number;
create table market.auction (
  id uuid primary key,
  number bigint not null unique default nextval('market.auction_number'),
  scheme text not null,
  -- Name of a format of the scheme's file.
  format text not null,
  unit text not null,
  vintage text not null default '',
  asset int not null,
  -- The seller's trading account, which the money reaches, and the account of the registry its units lie in.
  seller bigint not null references market.trading_account,
  seller_units bigint not null,
  organisation_id uuid not null,
  volume bigint not null check (volume > 0),
  -- Of the volume: units that earlier auctions did not sell.
  added bigint not null default 0 check (added >= 0),
  reserve numeric(20, 6) check (reserve > 0),
  currency text not null check (currency ~ '^[A-Z]{3}$'),
  -- Units that come or leave by the price: [{price, units, withholds}].
  steps jsonb not null default '[]',
  opens_at timestamptz not null,
  closes_at timestamptz not null check (closes_at > opens_at),
  -- Planned, announced, closed, pending (cleared, sent to the Book), settled, nothing sold, cancelled.
  state smallint not null check (state between 0 and 6),
  -- Public keys of the two officers, and what each committed to for the lot among equal prices.
  first_key bytea not null check (length(first_key) = 65),
  first_lot bytea not null check (length(first_lot) = 32),
  second_key bytea check (length(second_key) = 65),
  second_lot bytea check (length(second_lot) = 32),
  -- Fixed beforehand and read by nobody before the opening: sealed to both keys.
  confidential bytea,
  planned_by uuid not null,
  planned_at timestamptz not null,
  announced_by uuid,
  announced_at timestamptz,
  head bytea check (length(head) = 32),
  opened_at timestamptz,
  -- The outcome as it was found, with the seeds of the lot.
  outcome jsonb,
  unsold_spread boolean not null default false,
  reason text check (length(reason) <= 2000),
  row_version int not null default 1,
  check (announced_by is null or announced_by <> planned_by),
  check ((announced_by is null) = (second_key is null)),
  check (state in (0, 6) or second_key is not null)
);
create index auction_by_time on market.auction (closes_at desc, id);

-- The chain of submissions as it was written; nobody changes a link.
create table market.auction_link (
  auction_id uuid not null references market.auction,
  number bigint not null,
  kind smallint not null check (kind between 1 and 3),
  submission uuid not null,
  bidder text not null,
  at_micros bigint not null,
  envelope bytea not null,
  previous bytea not null check (length(previous) = 32),
  hash bytea not null check (length(hash) = 32),
  organisation_id uuid not null,
  submitted_by uuid not null,
  primary key (auction_id, number)
);
create trigger auction_link_stays before update or delete on market.auction_link for each row execute function storage.refuse_change();

-- Money set aside before the close; bids of an account count within it.
create table market.auction_guarantee (
  id uuid primary key,
  auction_id uuid not null references market.auction,
  account bigint not null references market.trading_account,
  units_account bigint not null,
  organisation_id uuid not null,
  amount bigint not null check (amount > 0),
  -- Most of the offer the bidder may ask for, where the scheme says so of its kind.
  share numeric(9, 8) check (share > 0 and share <= 1),
  -- Pending, held, refused by the Book, used, given back.
  state smallint not null check (state between 0 and 4),
  book_code text,
  given_by uuid not null,
  given_at timestamptz not null,
  row_version int not null default 1
);
create index auction_guarantee_of on market.auction_guarantee (auction_id, account);

-- What each bidder got; everybody sees his own, the exchange all.
create table market.auction_fill (
  auction_id uuid not null references market.auction,
  account bigint not null references market.trading_account,
  organisation_id uuid not null,
  asked bigint not null,
  units bigint not null check (units >= 0),
  price numeric(20, 6),
  paid bigint not null,
  -- What the Book said where it refused the delivery.
  book_code text,
  primary key (auction_id, account)
);

alter table market.auction enable row level security;
-- What is announced everybody may read; what is planned only the exchange and the seller.
create policy auction_seen on market.auction using (state <> 0 or (select market.of_exchange()) or organisation_id = (select storage.current_organisation())) with check ((select market.of_exchange()));
alter table market.auction_link enable row level security;
create policy auction_link_own on market.auction_link using ((select market.of_exchange()) or organisation_id = (select storage.current_organisation())) with check ((select market.of_exchange()) or organisation_id = (select storage.current_organisation()));
alter table market.auction_guarantee enable row level security;
create policy auction_guarantee_own on market.auction_guarantee using ((select market.of_exchange()) or organisation_id = (select storage.current_organisation())) with check ((select market.of_exchange()) or organisation_id = (select storage.current_organisation()));
alter table market.auction_fill enable row level security;
create policy auction_fill_own on market.auction_fill using ((select market.of_exchange()) or organisation_id = (select storage.current_organisation())) with check ((select market.of_exchange()));
create trigger auction_never_deleted before delete on market.auction for each row execute function storage.refuse_change();
create trigger auction_guarantee_never_deleted before delete on market.auction_guarantee for each row execute function storage.refuse_change();
create trigger auction_fill_stays before update or delete on market.auction_fill for each row execute function storage.refuse_change();
