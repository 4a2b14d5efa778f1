-- A certificate that came on paper is attested by an organisation's own key, never by a plant's: another table, another column, and the certificate can hold only one of the two.
create table passport.organisation_key (
  kid text primary key,
  organisation_id uuid not null references passport.organisation,
  public_jwk jsonb not null,
  valid_from timestamptz not null,
  revoked_at timestamptz check (revoked_at >= valid_from),
  revoke_reason text,
  created_by uuid not null,
  created_at timestamptz not null,
  unique (kid, organisation_id),
  check ((revoked_at is null) = (revoke_reason is null))
);
create unique index organisation_key_in_use on passport.organisation_key (organisation_id) where revoked_at is null;

alter table passport.certificate add column attested_by uuid references passport.organisation, add column attester_kid text;
alter table passport.certificate
  add constraint certificate_attested_by_own_key foreign key (attester_kid, attested_by) references passport.organisation_key (kid, organisation_id),
  add constraint certificate_from_paper_has_no_plant_key check (attested_by is null or kid is null),
  add constraint certificate_attester_of_paper_only check (attester_kid is null or attested_by is not null),
  add constraint certificate_signature_has_key check (signature is null or kid is not null or attester_kid is not null),
  add constraint certificate_from_paper_attested check (attested_by is null or state in (0, 12) or attester_kid is not null);
create trigger certificate_keeps_attester before update of attested_by on passport.certificate for each row execute function storage.refuse_change();

-- The way from a scan to a certificate: typed by one person, weight and heats typed again by another who does not see the first.
create table passport.paper_certificate (
  id uuid primary key,
  organisation_id uuid not null references passport.organisation,
  issuer_kind text not null check (issuer_kind in ('producer', 'lsa', 'warehouse-scan')),
  state smallint not null check (state between 0 and 5),
  file_name text not null check (length(file_name) between 1 and 200),
  media_type text not null check (media_type in ('application/pdf', 'image/png', 'image/jpeg')),
  size_bytes bigint not null check (size_bytes > 0),
  sha256 text not null check (sha256 ~ '^[0-9a-f]{64}$'),
  pages int not null check (pages between 1 and 500 and (media_type = 'application/pdf' or pages = 1)),
  uploaded_by uuid not null,
  uploaded_name text not null,
  uploaded_at timestamptz not null,
  content jsonb,
  typed_by uuid,
  typed_name text,
  typed_at timestamptz,
  typed_doubtful text[] not null default '{}',
  heats text[],
  gross_kg numeric(12, 3) check (gross_kg > 0),
  net_kg numeric(12, 3) check (net_kg > 0),
  checked_by uuid,
  checked_name text,
  checked_at timestamptz,
  checked_doubtful text[] not null default '{}',
  certificate_id uuid unique references passport.certificate,
  certificate_number text,
  published_by uuid,
  published_name text,
  published_at timestamptz,
  discard_reason text,
  row_version int not null,
  check ((content is null) = (typed_by is null) and (content is null) = (typed_name is null) and (content is null) = (typed_at is null)),
  check ((heats is null) = (checked_by is null) and (heats is null) = (checked_name is null) and (heats is null) = (checked_at is null) and (heats is null) = (gross_kg is null) and (heats is null) = (net_kg is null)),
  check (state not in (1, 2, 3, 4) or content is not null),
  check (state not in (2, 3, 4) or heats is not null),
  constraint paper_certificate_two_people check (checked_by <> typed_by),
  constraint paper_certificate_other_publisher check (published_by <> typed_by),
  -- What both typed agrees before it goes on.
  constraint paper_certificate_agreed check (state not in (3, 4) or ((content ->> 'netKg')::numeric = net_kg and (content ->> 'grossKg')::numeric = gross_kg
    and content -> 'heatNumbers' @> to_jsonb(heats) and content -> 'heatNumbers' <@ to_jsonb(heats))),
  check ((state = 4) = (certificate_id is not null) and (state = 4) = (published_by is not null) and (state = 4) = (published_at is not null) and (state = 4) = (published_name is not null) and (state = 4) = (certificate_number is not null)),
  check ((state = 5) = (discard_reason is not null))
);
create unique index paper_certificate_scan on passport.paper_certificate (organisation_id, sha256) where state <> 5;
create index paper_certificate_by_organisation on passport.paper_certificate (organisation_id, id);

alter table passport.paper_certificate enable row level security;
create policy paper_certificate_read on passport.paper_certificate for select using (
  (select storage.has_role('system')) or (select storage.has_role('exchange.staff')) or organisation_id = (select storage.current_organisation()));
create policy paper_certificate_add on passport.paper_certificate for insert with check (
  (select storage.has_role('system')) or organisation_id = (select storage.current_organisation()));
create policy paper_certificate_change on passport.paper_certificate for update using (
  (select storage.has_role('system')) or organisation_id = (select storage.current_organisation()));

-- Heats that stand on published paper. They take no heat from the plant's own register: whoever types a paper must not keep the plant from certifying its metal.
create table passport.paper_heat (
  plant_id uuid not null,
  heat text not null,
  production_year smallint not null,
  certificate_id uuid not null references passport.certificate,
  number text not null,
  primary key (plant_id, heat, production_year, certificate_id)
);

alter table passport.certificate_anomaly drop constraint certificate_anomaly_rule_check;
alter table passport.certificate_anomaly add constraint certificate_anomaly_rule_check
  check (rule in ('chemistry-repeated', 'seal-repeated', 'output-above-capacity', 'dates-far-apart', 'figures-all-round', 'heats-on-paper'));
-- What is found on a paper certificate is found while its attester publishes it, and is the attester's business too.
create function passport.attests(certificate uuid) returns boolean
language sql stable parallel safe as $$
  select exists (select from passport.certificate c where c.id = certificate and c.attested_by = storage.current_organisation())
$$;
drop policy certificate_anomaly_read on passport.certificate_anomaly;
create policy certificate_anomaly_read on passport.certificate_anomaly for select using (
  (select storage.has_role('system')) or (select storage.has_role('exchange.staff')) or producer_id = (select storage.current_organisation()) or passport.attests(certificate_id));
drop policy certificate_anomaly_add on passport.certificate_anomaly;
create policy certificate_anomaly_add on passport.certificate_anomaly for insert with check (
  (select storage.has_role('system')) or producer_id = (select storage.current_organisation()) or passport.attests(certificate_id));
