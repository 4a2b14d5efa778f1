-- What a published certificate is compared with: its analysis as one number, and the seals of its bundles. Kept for every certificate that was ever published.
create table passport.certificate_chemistry (
  certificate_id uuid primary key references passport.certificate,
  number text not null,
  chemistry bigint not null
);
create index certificate_chemistry_by_value on passport.certificate_chemistry (chemistry);
create table passport.certificate_seal (
  seal text not null,
  number text not null,
  bundle_no text not null,
  certificate_id uuid not null references passport.certificate,
  primary key (seal, number, bundle_no)
);

-- Something about a certificate that a person should look at. One row a certificate and rule; the exchange decides it, the producer may explain.
create table passport.certificate_anomaly (
  id uuid primary key,
  certificate_id uuid not null references passport.certificate,
  number text not null,
  producer_id uuid not null,
  plant_id uuid not null,
  rule text not null check (rule in ('chemistry-repeated', 'seal-repeated', 'output-above-capacity', 'dates-far-apart', 'figures-all-round')),
  rule_id text not null,
  args jsonb not null,
  state smallint not null default 0 check (state between 0 and 3),
  answer text check (length(answer) between 1 and 2000),
  answered_by uuid,
  answered_at timestamptz,
  reason text check (length(reason) between 1 and 200),
  decided_by uuid,
  decided_at timestamptz,
  found_at timestamptz not null,
  row_version int not null default 1,
  unique (certificate_id, rule),
  check ((answer is null) = (answered_at is null) and (answer is null) = (answered_by is null)),
  check ((state in (2, 3)) = (decided_at is not null) and (decided_at is null) = (decided_by is null) and (decided_at is null) = (reason is null))
);
create index certificate_anomaly_by_state on passport.certificate_anomaly (state, id);
create index certificate_anomaly_by_producer on passport.certificate_anomaly (producer_id, id);

alter table passport.certificate_anomaly enable row level security;
create policy certificate_anomaly_read on passport.certificate_anomaly for select using (
  (select storage.has_role('system')) or (select storage.has_role('exchange.staff')) or producer_id = (select storage.current_organisation()));
-- Found while the producer's own approver publishes; an answer is the producer's, a decision the exchange's.
create policy certificate_anomaly_add on passport.certificate_anomaly for insert with check (
  (select storage.has_role('system')) or producer_id = (select storage.current_organisation()));
create policy certificate_anomaly_change on passport.certificate_anomaly for update using (
  (select storage.has_role('system')) or (select storage.has_role('exchange.staff')) or producer_id = (select storage.current_organisation()));
