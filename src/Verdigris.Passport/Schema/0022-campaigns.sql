-- Files that stay where they were attached. The content lies on disk by its hash.
create table passport.attached_file (
  id uuid primary key,
  subject text not null check (length(subject) between 1 and 40),
  subject_id uuid not null,
  file_name text not null check (length(file_name) between 1 and 200),
  media_type text not null,
  size_bytes bigint not null check (size_bytes > 0),
  sha256 text not null check (sha256 ~ '^[0-9a-f]{64}$'),
  added_by uuid not null,
  added_at timestamptz not null,
  unique (subject, subject_id, sha256)
);
create trigger attached_file_append_only before update or delete on passport.attached_file for each row execute function storage.refuse_change();

-- Warrants the exchange wants looked at again, chosen on the day of the order.
create table passport.campaign (
  id uuid primary key,
  title text not null check (length(title) between 1 and 200),
  metal text,
  shape text,
  brand_code text,
  operator_id uuid references passport.organisation,
  warehouse_id uuid references passport.warehouse,
  due date not null,
  ordered_by uuid not null,
  ordered_at timestamptz not null,
  closed_by uuid,
  closed_at timestamptz,
  check ((closed_at is null) = (closed_by is null))
);
create table passport.campaign_item (
  id uuid primary key,
  campaign_id uuid not null references passport.campaign,
  warrant_id uuid not null references passport.warrant,
  warehouse_organisation uuid not null,
  result smallint not null default 0 check (result between 0 and 2),
  finding text check (length(finding) between 1 and 200),
  checks jsonb not null default '[]',
  inspected_by uuid,
  inspected_by_name text,
  inspected_at timestamptz,
  unique (campaign_id, warrant_id),
  check ((result = 0) = (inspected_at is null) and (result = 0) = (inspected_by is null) and (result = 0) = (finding is null))
);
create index campaign_item_by_operator on passport.campaign_item (warehouse_organisation, campaign_id);
