-- Auctions of a buyer, what a notice says beyond the format, and limits of bidders that belong together.
alter table market.auction
  -- 1: the account in "seller" buys; its money is held, and offers come from who sells.
  add column side smallint not null default 0 check (side in (0, 1)),
  -- Fewest and most units a bidder may bid for in all, by the notice.
  add column least bigint check (least > 0),
  add column most bigint check (most > 0),
  -- Only accounts of market.auction_qualified take part.
  add column qualified_only boolean not null default false,
  add check (side = 0 or reserve is not null),
  add check (least is null or most is null or least <= most);

create table market.auction_qualified (
  auction_id uuid not null references market.auction,
  account bigint not null references market.trading_account,
  organisation_id uuid not null,
  qualified_by uuid not null,
  qualified_at timestamptz not null,
  primary key (auction_id, account)
);
alter table market.auction_qualified enable row level security;
create policy auction_qualified_seen on market.auction_qualified using ((select market.of_exchange()) or organisation_id = (select storage.current_organisation())) with check ((select market.of_exchange()));
create trigger auction_qualified_stays before update or delete on market.auction_qualified for each row execute function storage.refuse_change();

-- What a bidder lost to a limit before the clearing, and which limit.
alter table market.auction_fill add column cut_units bigint not null default 0 check (cut_units >= 0), add column cut_by smallint check (cut_by between 0 and 3);

-- Members that belong together: purchase and holding limits count them as one. Disclosed by the members, kept by the market's operators, two people.
create table market.association (
  id uuid primary key,
  name text not null check (length(name) between 1 and 120),
  -- Proposed, in force, turned down, end proposed, ended.
  state smallint not null check (state between 0 and 4),
  reason text check (length(reason) <= 2000),
  task_id uuid,
  proposed_by uuid not null,
  proposed_at timestamptz not null,
  decided_by uuid,
  decided_at timestamptz,
  ended_at timestamptz,
  row_version int not null default 1
);
create table market.association_member (
  association_id uuid not null references market.association,
  organisation_id uuid not null,
  -- Null while it is only proposed, or ended.
  in_force boolean not null default false,
  primary key (association_id, organisation_id)
);
-- An organisation belongs to one at a time.
create unique index association_member_once on market.association_member (organisation_id) where in_force;
alter table market.association enable row level security;
create policy association_seen on market.association using ((select market.of_exchange()) or exists (select from market.association_member m where m.association_id = id and m.organisation_id = (select storage.current_organisation()))) with check ((select market.of_exchange()));
alter table market.association_member enable row level security;
create policy association_member_seen on market.association_member using ((select market.of_exchange()) or organisation_id = (select storage.current_organisation())) with check ((select market.of_exchange()));
create trigger association_never_deleted before delete on market.association for each row execute function storage.refuse_change();
