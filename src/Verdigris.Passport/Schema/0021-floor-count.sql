-- What was found on a floor, against what the Book said must lie there.
create table passport.floor_count (
  id uuid primary key,
  warehouse_id uuid not null references passport.warehouse,
  warehouse_organisation uuid not null,
  counted_on date not null,
  floor_lots int not null check (floor_lots >= 0),
  floor_kg numeric(15, 3) not null check (floor_kg >= 0),
  book_lots int not null check (book_lots >= 0),
  book_kg numeric(15, 3) not null check (book_kg >= 0),
  tolerance_pct numeric(6, 3) not null,
  rule_id text not null,
  sha256 text not null check (sha256 ~ '^[0-9a-f]{64}$'),
  counted_by uuid not null,
  counted_by_name text not null,
  created_at timestamptz not null
);
create index floor_count_by_day on passport.floor_count (warehouse_id, counted_on, id);
create table passport.floor_count_line (
  count_id uuid not null references passport.floor_count,
  lot_no text not null,
  net_kg numeric(12, 3) not null check (net_kg > 0),
  primary key (count_id, lot_no)
);
create trigger floor_count_append_only before update or delete on passport.floor_count for each row execute function storage.refuse_change();
create trigger floor_count_line_append_only before update or delete on passport.floor_count_line for each row execute function storage.refuse_change();
create table passport.floor_difference (
  id uuid primary key,
  count_id uuid not null references passport.floor_count,
  warehouse_organisation uuid not null,
  kind smallint not null check (kind between 0 and 2),
  lot_no text not null,
  warrants text[] not null,
  book_kg numeric(15, 3),
  floor_kg numeric(12, 3),
  reason text check (length(reason) between 1 and 200),
  proposed_by uuid,
  resolved_by uuid check (resolved_by <> proposed_by),
  resolved_at timestamptz,
  check ((kind = 1) = (book_kg is null) and (kind = 0) = (floor_kg is null)),
  check ((resolved_at is null) = (reason is null) and (resolved_at is null) = (resolved_by is null) and (resolved_at is null) = (proposed_by is null))
);
create index floor_difference_by_count on passport.floor_difference (count_id);
create index floor_difference_open on passport.floor_difference (warehouse_organisation, id) where resolved_at is null;
