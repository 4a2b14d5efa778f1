-- The second fence: who holds the metal of a certificate, as the database last heard it from the Book. The Book decides; where this is behind,
-- the reader sees nothing (both fences must open).
create table passport.title_fence (
  certificate_id uuid primary key references passport.certificate,
  brand_code text not null,
  production_year smallint not null,
  producer_id uuid not null,
  warehouse_organisation uuid,
  owner_organisation uuid,
  asset int,
  serial bigint,
  batch bigint not null,
  changed_at timestamptz not null,
  check ((asset is null) = (serial is null))
);
create index title_fence_by_owner on passport.title_fence (owner_organisation, certificate_id);
create index title_fence_by_owner_year on passport.title_fence (owner_organisation, brand_code, production_year);
create index title_fence_by_warehouse on passport.title_fence (warehouse_organisation, certificate_id);
create index title_fence_by_warehouse_year on passport.title_fence (warehouse_organisation, brand_code, production_year);
create index title_fence_by_serial on passport.title_fence (asset, serial);

-- What a former owner keeps: that a value existed, and its hash. Never the value.
create table passport.title_receipt (
  id uuid primary key,
  organisation_id uuid not null,
  certificate_id uuid not null references passport.certificate,
  certificate_number text not null,
  warrant_number text not null,
  given_up_at timestamptz not null,
  batch bigint not null,
  had_values boolean not null,
  values_sha256 text,
  unique (organisation_id, certificate_id, batch),
  check (had_values = (values_sha256 is not null))
);
create index title_receipt_by_organisation on passport.title_receipt (organisation_id, id);
create trigger title_receipt_append_only before update or delete on passport.title_receipt for each row execute function storage.refuse_change();

-- Runs with the owner's rights so that the question itself does not hang on what the asker may read.
create function passport.may_see_emissions(submission uuid) returns boolean
language sql stable security definer set search_path = passport, pg_temp as $$
  select exists (
    select 1 from passport.emissions_submission s
    where s.id = submission and s.public_opt_in and s.state = 3)
  or (storage.current_organisation() is not null and exists (
    select 1
    from passport.emissions_join j
    join passport.title_fence f on f.brand_code = j.brand_code and f.production_year = j.production_year
    where j.submission_id = submission
      and (f.owner_organisation = storage.current_organisation() or f.warehouse_organisation = storage.current_organisation())))
$$;

alter table passport.emissions_value enable row level security;
create policy emissions_value_read on passport.emissions_value for select using (
  (select storage.has_role('system')) or (select storage.has_role('exchange.staff'))
  or producer_id = (select storage.current_organisation())
  or passport.may_see_emissions(submission_id));
create policy emissions_value_write on passport.emissions_value for insert with check (
  (select storage.has_role('system')) or producer_id = (select storage.current_organisation()));
create policy emissions_value_change on passport.emissions_value for update using (
  (select storage.has_role('system')) or producer_id = (select storage.current_organisation()));

alter table passport.title_fence enable row level security;
create policy title_fence_read on passport.title_fence for select using (
  (select storage.has_role('system')) or (select storage.has_role('exchange.staff'))
  or owner_organisation = (select storage.current_organisation())
  or warehouse_organisation = (select storage.current_organisation())
  or producer_id = (select storage.current_organisation()));
-- Title is written by the system alone, when the Book has answered; a warehouse may say that metal without an owner lies with it.
create policy title_fence_insert on passport.title_fence for insert with check (
  (select storage.has_role('system'))
  or ((select storage.has_role('warehouse.operator')) and owner_organisation is null and warehouse_organisation = (select storage.current_organisation())));
create policy title_fence_update on passport.title_fence for update
  using ((select storage.has_role('system')) or ((select storage.has_role('warehouse.operator')) and owner_organisation is null))
  with check ((select storage.has_role('system'))
    or ((select storage.has_role('warehouse.operator')) and owner_organisation is null and warehouse_organisation = (select storage.current_organisation())));
create policy title_fence_delete on passport.title_fence for delete using (
  (select storage.has_role('system')) or ((select storage.has_role('exchange.staff')) and owner_organisation is null));

alter table passport.title_receipt enable row level security;
create policy title_receipt_read on passport.title_receipt for select using (
  (select storage.has_role('system')) or (select storage.has_role('exchange.staff'))
  or organisation_id = (select storage.current_organisation()));
create policy title_receipt_insert on passport.title_receipt for insert with check ((select storage.has_role('system')));
