-- What a position became that was open at the end: the seller gives units or warrants, the buyer pays, in one chain of the Book.
create table market.delivery (
  id uuid primary key,
  day date not null references market.clearing_day,
  series text not null references market.series,
  -- units, warrants.
  kind text not null check (kind in ('units', 'warrants')),
  seller bigint not null,
  seller_organisation uuid not null,
  buyer bigint not null,
  buyer_organisation uuid not null,
  lots bigint not null check (lots > 0),
  price numeric not null,
  -- Units (allowances, credits, tonnes) and money of the contract, as if exactly that were delivered.
  units numeric not null check (units > 0),
  currency text not null check (currency ~ '^[A-Z]{3}$'),
  amount bigint not null,
  due_on date not null,
  -- Made, due, sent to the Book, settled, failed by the seller, bought in, settled in cash.
  state smallint not null default 0 check (state between 0 and 6),
  -- What was chosen, what was delivered of it and what was paid for it.
  chosen jsonb,
  delivered numeric,
  paid bigint,
  code text,
  reason text check (length(reason) <= 2000),
  attempt int not null default 0,
  settled_at timestamptz,
  row_version int not null default 1
);
create index delivery_day on market.delivery (day, series);
create index delivery_open on market.delivery (due_on) where state in (0, 1, 2, 4);
create trigger delivery_never_deleted before delete on market.delivery for each row execute function storage.refuse_change();

-- A failed delivery that is bought from somebody else, or paid in money; one person proposes, another decides.
create table market.buy_in (
  id uuid primary key,
  delivery_id uuid not null references market.delivery,
  price numeric not null check (price > 0),
  -- Who gives the units in the seller's place; null: the buyer is paid the difference.
  substitute bigint,
  reason text not null check (length(reason) <= 2000),
  -- Proposed, accepted, rejected.
  state smallint not null check (state between 0 and 2),
  task_id uuid,
  proposed_by uuid not null,
  proposed_at timestamptz not null,
  decided_by uuid,
  check (decided_by is null or decided_by <> proposed_by)
);
create unique index buy_in_once on market.buy_in (delivery_id) where state in (0, 1);

alter table market.delivery enable row level security;
create policy delivery_own on market.delivery using ((select market.of_exchange()) or seller_organisation = (select storage.current_organisation()) or buyer_organisation = (select storage.current_organisation()))
  with check ((select market.of_exchange()) or seller_organisation = (select storage.current_organisation()));
