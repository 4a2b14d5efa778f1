create table passport.brand (
  code text primary key check (code ~ '^[A-Z0-9]{3,5}$'),
  exchange_code text not null unique,
  name text not null,
  name_zh text,
  producer_id uuid not null references passport.organisation,
  plant_id uuid not null references passport.plant,
  metal text not null,
  contract_code text not null,
  shapes text[] not null check (cardinality(shapes) > 0),
  dimensions text,
  piece_kg numeric(12, 3) check (piece_kg > 0),
  bundle_kg numeric(12, 3) check (bundle_kg > 0),
  capacity_t_per_year numeric(12, 1) not null check (capacity_t_per_year > 0),
  applied_at timestamptz not null,
  -- Lets a certificate name brand, producer and plant in one key, so that they cannot disagree.
  unique (code, producer_id, plant_id)
);
create index brand_by_producer on passport.brand (producer_id);

-- The state that holds from a day on. Append-only: history is what an "as of" question reads.
create table passport.brand_listing (
  brand_code text not null references passport.brand,
  seq int not null check (seq >= 1),
  from_date date not null,
  state smallint not null check (state between 0 and 5),
  notice_no text,
  reason text,
  decided_by uuid not null,
  decided_at timestamptz not null,
  primary key (brand_code, seq)
);

create trigger brand_listing_append_only before update or delete on passport.brand_listing for each row execute function storage.refuse_change();

-- Keys that sign for a plant. The private half is never here.
create table passport.plant_key (
  kid text primary key,
  plant_id uuid not null references passport.plant,
  public_jwk jsonb not null,
  held_by text not null check (held_by in ('platform', 'producer')),
  valid_from timestamptz not null,
  valid_to timestamptz check (valid_to > valid_from),
  revoked_at timestamptz,
  revoke_reason text,
  created_by uuid not null,
  created_at timestamptz not null,
  check ((revoked_at is null) = (revoke_reason is null))
);
create index plant_key_by_plant on passport.plant_key (plant_id);
