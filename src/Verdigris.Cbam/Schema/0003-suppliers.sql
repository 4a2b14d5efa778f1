-- Suppliers of imported goods, and what they were asked: the proof of effort.
create table cbam.supplier (
  id uuid primary key,
  organisation_id uuid not null references cbam.declarant,
  name text not null check (length(name) between 1 and 200),
  country text not null check (country ~ '^[A-Z]{2}$'),
  installation text not null check (length(installation) between 1 and 200),
  contact_name text check (length(contact_name) between 1 and 200),
  contact_email text check (length(contact_email) between 3 and 200),
  written_by uuid not null,
  written_at timestamptz not null,
  row_version int not null,
  unique (organisation_id, name, installation)
);
create trigger supplier_never_deleted before delete on cbam.supplier for each row execute function storage.refuse_change();
alter table cbam.supplier enable row level security;
create policy supplier_own on cbam.supplier using ((select storage.has_role('system')) or organisation_id = (select storage.current_organisation()))
  with check ((select storage.has_role('system')) or organisation_id = (select storage.current_organisation()));

create table cbam.supplier_request (
  id uuid primary key,
  organisation_id uuid not null references cbam.declarant,
  supplier_id uuid not null references cbam.supplier,
  year int not null check (year between 2023 and 2100),
  cn text check (cn ~ '^[0-9]{4,8}$'),
  asked text not null check (length(asked) between 1 and 2000),
  due_on date not null,
  -- Open, answered, closed without an answer.
  state smallint not null check (state between 0 and 2),
  asked_by uuid not null,
  asked_at timestamptz not null,
  ended_at timestamptz,
  check ((state = 0) = (ended_at is null))
);
create index supplier_request_by_organisation on cbam.supplier_request (organisation_id, id);
create index supplier_request_open on cbam.supplier_request (due_on) where state = 0;
create trigger supplier_request_never_deleted before delete on cbam.supplier_request for each row execute function storage.refuse_change();
create trigger supplier_request_stays before update of organisation_id, supplier_id, year, cn, asked, due_on, asked_by, asked_at on cbam.supplier_request for each row execute function storage.refuse_change();
alter table cbam.supplier_request enable row level security;
create policy supplier_request_own on cbam.supplier_request using ((select storage.has_role('system')) or organisation_id = (select storage.current_organisation()))
  with check ((select storage.has_role('system')) or organisation_id = (select storage.current_organisation()));

-- What happened to a request, in the order it happened: never changed, since it is to prove something.
create table cbam.request_event (
  id uuid primary key,
  request_id uuid not null references cbam.supplier_request,
  organisation_id uuid not null references cbam.declarant,
  -- Asked, reminded, answered, closed, noted, reminder due.
  kind smallint not null check (kind between 0 and 5),
  text text check (length(text) between 1 and 2000),
  stage int,
  file_name text check (length(file_name) between 1 and 200),
  media_type text,
  size_bytes bigint check (size_bytes > 0),
  sha256 text check (sha256 ~ '^[0-9a-f]{64}$'),
  made_by uuid not null,
  made_at timestamptz not null,
  check ((file_name is null) = (sha256 is null)),
  check ((kind = 5) = (stage is not null))
);
create index request_event_by_request on cbam.request_event (request_id, id);
create unique index request_event_due_once on cbam.request_event (request_id, stage) where kind = 5;
create trigger request_event_append_only before update or delete on cbam.request_event for each row execute function storage.refuse_change();
alter table cbam.request_event enable row level security;
create policy request_event_read on cbam.request_event for select using ((select storage.has_role('system')) or organisation_id = (select storage.current_organisation()));
create policy request_event_add on cbam.request_event for insert with check (
  (select storage.has_role('system')) or (organisation_id = (select storage.current_organisation()) and exists (select from cbam.supplier_request r where r.id = request_id and r.organisation_id = request_event.organisation_id)));
