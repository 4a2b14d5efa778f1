-- Who has to agree to a buy-in besides the clearing house: whoever delivers in the seller's place, and the buyer where the contract's rule asks him.
create table market.buy_in_consent (
  id uuid primary key,
  buy_in_id uuid not null references market.buy_in,
  -- Buyer, or who delivers instead.
  party smallint not null check (party in (0, 1)),
  organisation_id uuid not null,
  -- Asked, given, refused, no longer asked.
  state smallint not null default 0 check (state between 0 and 3),
  task_id uuid,
  decided_by uuid,
  decided_at timestamptz,
  unique (buy_in_id, party)
);
create index buy_in_consent_open on market.buy_in_consent (buy_in_id) where state = 0;
alter table market.buy_in_consent enable row level security;
create policy buy_in_consent_own on market.buy_in_consent using ((select market.of_exchange()) or organisation_id = (select storage.current_organisation())) with check ((select market.of_exchange()) or organisation_id = (select storage.current_organisation()));
create trigger buy_in_consent_never_deleted before delete on market.buy_in_consent for each row execute function storage.refuse_change();
