-- Metal of certificates that customs lines speak for, by the certificate's number, whatever document names it: while the line is linked (no declaration), and for good in a declaration that rests on it.
create table cbam.spoken_metal (
  line_id uuid not null references cbam.customs_line,
  organisation_id uuid not null,
  certificate_number text not null check (length(certificate_number) between 1 and 60),
  kg numeric(16, 6) not null check (kg > 0),
  declaration_id uuid references cbam.declaration
);
create unique index spoken_metal_once on cbam.spoken_metal (line_id, certificate_number, coalesce(declaration_id, '00000000-0000-0000-0000-000000000000'));
create index spoken_metal_of on cbam.spoken_metal (certificate_number);
create index spoken_metal_declared on cbam.spoken_metal (declaration_id) where declaration_id is not null;
insert into cbam.spoken_metal (line_id, organisation_id, certificate_number, kg) select id, organisation_id, link_name, net_mass_kg from cbam.customs_line where link_kind in (1, 2) and withdrawn_at is null;
alter table cbam.spoken_metal enable row level security;
create policy spoken_metal_own on cbam.spoken_metal using ((select storage.has_role('system')) or organisation_id = (select storage.current_organisation()))
  with check ((select storage.has_role('system')) or organisation_id = (select storage.current_organisation()));
