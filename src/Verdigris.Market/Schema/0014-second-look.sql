-- What the clearing house's own people want done with the default fund; one proposes, another decides.
create table market.fund_move (
  id uuid primary key,
  -- Null: fees the clearing house earned become its own part. Else: the part goes back to the member that paid it.
  organisation_id uuid,
  -- Where it is given back to.
  account bigint,
  currency text not null check (currency ~ '^[A-Z]{3}$'),
  -- Smallest unit of the currency.
  amount bigint not null check (amount > 0),
  -- Proposed, accepted, rejected.
  state smallint not null check (state between 0 and 2),
  task_id uuid,
  proposed_by uuid not null,
  proposed_at timestamptz not null,
  decided_by uuid,
  check ((organisation_id is null) = (account is null)),
  check (decided_by is null or decided_by <> proposed_by)
);
create unique index fund_move_once on market.fund_move (coalesce(organisation_id, '00000000-0000-0000-0000-000000000000'), currency) where state = 0;
create trigger fund_move_never_deleted before delete on market.fund_move for each row execute function storage.refuse_change();
alter table market.fund_move enable row level security;
create policy fund_move_own on market.fund_move using ((select market.of_exchange()) or organisation_id = (select storage.current_organisation())) with check ((select market.of_exchange()));

-- A published price typed in by hand; it counts once another person has seen it.
create table market.index_proposal (
  id uuid primary key,
  index text not null check (length(index) between 1 and 80),
  day date not null,
  price numeric not null check (price > 0),
  -- Proposed, accepted, rejected.
  state smallint not null check (state between 0 and 2),
  task_id uuid,
  proposed_by uuid not null,
  proposed_at timestamptz not null,
  decided_by uuid,
  check (decided_by is null or decided_by <> proposed_by)
);
create unique index index_proposal_once on market.index_proposal (index, day) where state in (0, 1);
create trigger index_proposal_never_deleted before delete on market.index_proposal for each row execute function storage.refuse_change();
