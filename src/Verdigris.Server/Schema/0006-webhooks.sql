-- Webhooks: addresses an organisation's programs listen at, and every message sent to them.

create table server.webhook (
  id uuid primary key,
  organisation_id uuid not null,
  url text not null check (length(url) between 8 and 500),
  kinds text[] not null check (cardinality(kinds) > 0),
  -- Sealed by the server's own keys: it signs, so it must be readable, but not in a copy of the database.
  secret_sealed text not null,
  created_by uuid not null,
  created_at timestamptz not null,
  state text not null check (state in ('active', 'disabled')),
  -- Since when nothing has got through; null while it works.
  failing_since timestamptz,
  removed_at timestamptz
);
create index webhook_by_organisation on server.webhook (organisation_id, created_at desc) where removed_at is null;

create table server.webhook_delivery (
  id uuid primary key,
  webhook_id uuid not null references server.webhook,
  -- The same at every try and replay: the receiver knows by it what it has had.
  message_id uuid not null,
  event_id bigint,
  kind text not null,
  payload text not null,
  state text not null check (state in ('waiting', 'sending', 'delivered', 'failed')),
  attempts int not null default 0 check (attempts >= 0),
  created_at timestamptz not null,
  due_at timestamptz not null,
  claimed_at timestamptz,
  unique (webhook_id, event_id)
);
create index webhook_delivery_by_webhook on server.webhook_delivery (webhook_id, id desc);
create index webhook_delivery_due on server.webhook_delivery (due_at) where state = 'waiting';
create index webhook_delivery_claimed on server.webhook_delivery (claimed_at) where state = 'sending';

create table server.webhook_attempt (
  delivery_id uuid not null references server.webhook_delivery on delete cascade,
  attempt int not null check (attempt > 0),
  at timestamptz not null,
  took_ms int not null check (took_ms >= 0),
  -- Null: no answer came.
  status int,
  -- The first of what was answered.
  response text check (length(response) <= 2000),
  -- A code where no answer came.
  fault text,
  primary key (delivery_id, attempt),
  check ((status is null) <> (fault is null))
);

alter table server.webhook enable row level security;
alter table server.webhook_delivery enable row level security;
alter table server.webhook_attempt enable row level security;
create policy own_or_system on server.webhook for select using (storage.is_system() or organisation_id = storage.current_organisation());
create policy write_by_system on server.webhook using (storage.is_system());
create policy own_or_system on server.webhook_delivery for select using (storage.is_system() or exists (select from server.webhook w where w.id = webhook_id and w.organisation_id = storage.current_organisation()));
create policy write_by_system on server.webhook_delivery using (storage.is_system());
create policy own_or_system on server.webhook_attempt for select
  using (storage.is_system() or exists (select from server.webhook_delivery d join server.webhook w on w.id = d.webhook_id where d.id = delivery_id and w.organisation_id = storage.current_organisation()));
create policy write_by_system on server.webhook_attempt using (storage.is_system());
