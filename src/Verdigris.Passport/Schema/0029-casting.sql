-- Certificates signed at casting, away from the network. Signing time is what the plant said; this is when it came here, and that the server knows for itself.
alter table passport.certificate add column arrived_at timestamptz;
alter table passport.certificate add constraint certificate_arrived_signed check (arrived_at is null or (signed_at is not null and kid is not null and import_id is null));

-- Runs of numbers given out before they are used: a plant without a network numbers from them, and the brand's counter, moved in the same transaction, gives none twice.
create table passport.number_block (
  id uuid primary key,
  producer_id uuid not null references passport.organisation,
  brand_code text not null references passport.brand,
  year smallint not null,
  first int not null check (first >= 1),
  last int not null check (last between first and 999999),
  taken_by uuid not null,
  taken_at timestamptz not null,
  unique (brand_code, year, first)
);
alter table passport.number_block enable row level security;
create policy number_block_own on passport.number_block using ((select storage.is_system()) or producer_id = (select storage.current_organisation()));
create trigger number_block_append_only before update or delete on passport.number_block for each row execute function storage.refuse_change();
