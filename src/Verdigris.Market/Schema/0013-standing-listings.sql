-- Contracts of which the market operator keeps every listed series open, until the instruction is taken back.
create table market.standing_listing (
  contract text primary key check (length(contract) between 1 and 80),
  active boolean not null,
  changed_by uuid not null,
  changed_at timestamptz not null,
  row_version int not null default 1
);
create trigger standing_listing_never_deleted before delete on market.standing_listing for each row execute function storage.refuse_change();
