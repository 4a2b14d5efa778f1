-- What went over a scale, in or out. A ticket is never changed; which match used it stands beside it, once.
create table passport.weigh_ticket (
  id uuid primary key,
  direction smallint not null check (direction in (0, 1)),
  warehouse_id uuid not null references passport.warehouse,
  warehouse_organisation uuid not null,
  certificate_id uuid references passport.certificate,
  warrant_id uuid references passport.warrant,
  bundle_no text,
  number text not null,
  scale_id text not null,
  gross_kg numeric(12, 3) not null check (gross_kg > 0),
  tare_kg numeric(12, 3) not null check (tare_kg >= 0),
  net_kg numeric(12, 3) not null check (net_kg > 0 and net_kg = gross_kg - tare_kg),
  weighed_at timestamptz not null,
  operator_id uuid not null,
  operator_name text not null,
  created_at timestamptz not null,
  unique (warehouse_id, scale_id, number),
  check ((direction = 0) = (certificate_id is not null) and (direction = 1) = (warrant_id is not null))
);
create index weigh_ticket_by_certificate on passport.weigh_ticket (certificate_id, id) where certificate_id is not null;
create index weigh_ticket_by_warrant on passport.weigh_ticket (warrant_id, id) where warrant_id is not null;
create trigger weigh_ticket_append_only before update or delete on passport.weigh_ticket for each row execute function storage.refuse_change();

-- A weighing that was a mistake no longer counts; it stays to be seen.
create table passport.weigh_ticket_void (
  ticket_id uuid primary key references passport.weigh_ticket,
  reason text not null check (length(reason) between 1 and 200),
  voided_by uuid not null,
  voided_at timestamptz not null
);
create trigger weigh_ticket_void_append_only before update or delete on passport.weigh_ticket_void for each row execute function storage.refuse_change();

create table passport.match_ticket (
  ticket_id uuid primary key references passport.weigh_ticket,
  match_id uuid not null references passport.inbound_match
);
create index match_ticket_by_match on passport.match_ticket (match_id);
create trigger match_ticket_append_only before update or delete on passport.match_ticket for each row execute function storage.refuse_change();

-- Density, magnet, detector, touch: what was done and how it came out.
alter table passport.inbound_match add column checks jsonb not null default '[]';

-- Photos taken at the scale. The content lies on disk by its hash.
create table passport.match_photo (
  id uuid primary key,
  match_id uuid not null references passport.inbound_match,
  file_name text not null check (length(file_name) between 1 and 200),
  media_type text not null check (media_type in ('image/jpeg', 'image/png')),
  size_bytes bigint not null check (size_bytes > 0),
  sha256 text not null check (sha256 ~ '^[0-9a-f]{64}$'),
  added_by uuid not null,
  added_at timestamptz not null,
  unique (match_id, sha256)
);
create trigger match_photo_append_only before update or delete on passport.match_photo for each row execute function storage.refuse_change();
