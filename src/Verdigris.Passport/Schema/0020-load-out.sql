-- Which bundles of a queued warrant leave, and what was scanned of them. A scan is kept whether it passed or not.
create table passport.load_out_order (
  warrant_id uuid primary key references passport.warrant,
  warehouse_id uuid not null references passport.warehouse,
  warehouse_organisation uuid not null,
  made_by uuid not null,
  made_by_name text not null,
  made_at timestamptz not null
);
create table passport.load_out_bundle (
  warrant_id uuid not null references passport.load_out_order,
  seq int not null check (seq >= 1),
  code text not null,
  bundle_no text not null,
  seal text,
  primary key (warrant_id, seq),
  unique (warrant_id, code)
);
create table passport.load_out_scan (
  id uuid primary key,
  warrant_id uuid not null references passport.load_out_order,
  place smallint not null check (place in (0, 1)),
  code text not null,
  seal text,
  refusal jsonb,
  scanned_by uuid not null,
  scanned_by_name text not null,
  scanned_at timestamptz not null
);
create index load_out_scan_by_warrant on passport.load_out_scan (warrant_id, id);
-- The database refuses too: a bundle passes a place once.
create unique index load_out_scan_once on passport.load_out_scan (warrant_id, place, code) where refusal is null;
create trigger load_out_bundle_append_only before update or delete on passport.load_out_bundle for each row execute function storage.refuse_change();
create trigger load_out_scan_append_only before update or delete on passport.load_out_scan for each row execute function storage.refuse_change();
create index warrant_by_queue on passport.warrant (warehouse_id, queue_no) where state = 5;
