-- Who takes part, where metal is made and kept, and which accounts of the Book are whose.
create table passport.organisation (
  id uuid primary key,
  kind text not null check (kind in ('producer', 'warehouse', 'owner', 'exchange', 'verifier', 'other')),
  name text not null check (length(name) between 1 and 200),
  name_zh text,
  lei text unique check (lei ~ '^[0-9A-Z]{18}[0-9]{2}$'),
  country text not null check (country ~ '^[A-Z]{2}$'),
  state text not null check (state in ('active', 'suspended', 'closed')),
  created_at timestamptz not null
);

create table passport.plant (
  id uuid primary key,
  organisation_id uuid not null references passport.organisation,
  code text not null,
  name text not null,
  name_zh text,
  country text not null check (country ~ '^[A-Z]{2}$'),
  latitude_deg numeric(8, 5) check (latitude_deg between -90 and 90),
  longitude_deg numeric(8, 5) check (longitude_deg between -180 and 180),
  capacity_t_per_year numeric(12, 1) not null check (capacity_t_per_year > 0),
  processes text[] not null,
  created_at timestamptz not null,
  unique (organisation_id, code)
);

create table passport.warehouse (
  id uuid primary key,
  organisation_id uuid not null references passport.organisation,
  unit text not null unique,
  name text not null,
  name_zh text,
  location_code text not null,
  country text not null check (country ~ '^[A-Z]{2}$'),
  metals text[] not null,
  area_m2 numeric(12, 1) check (area_m2 > 0),
  state text not null check (state in ('active', 'suspended', 'closed')),
  created_at timestamptz not null
);
create index warehouse_by_organisation on passport.warehouse (organisation_id);

-- Accounts in the Book; the number is the Book's account id. Pending until the Book has opened it.
create sequence passport.book_account_number start 1000;
create table passport.book_account (
  account bigint primary key,
  organisation_id uuid not null references passport.organisation,
  kind text not null check (kind in ('owner', 'off-warrant', 'authority')),
  state text not null check (state in ('pending', 'open', 'closed')),
  opened_at timestamptz,
  unique (organisation_id, kind)
);
