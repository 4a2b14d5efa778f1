-- Facts for other rooms: written with the change they tell of, delivered afterwards, at least once.

create table storage.outbox_event (
  id bigint generated always as identity primary key,
  topic text not null check (topic ~ '^[a-z][a-z0-9.-]{0,99}$'),
  payload jsonb not null,
  published_at timestamptz not null,
  person uuid,
  organisation uuid,
  done_at timestamptz,
  attempts int not null default 0 check (attempts >= 0),
  next_attempt_at timestamptz
);
create index on storage.outbox_event (id) where done_at is null;

-- What each subscriber has had of each event. An event is done when all have had it or given it up.
create table storage.outbox_delivery (
  event_id bigint not null references storage.outbox_event on delete cascade,
  subscriber text not null,
  attempts int not null check (attempts > 0),
  delivered_at timestamptz,
  given_up_at timestamptz,
  last_error text,
  primary key (event_id, subscriber),
  check (delivered_at is null or given_up_at is null)
);
create index on storage.outbox_delivery (given_up_at) where given_up_at is not null;

alter table storage.outbox_event enable row level security;
alter table storage.outbox_delivery enable row level security;
create policy anybody_publishes on storage.outbox_event for insert to ${app} with check (done_at is null and attempts = 0);
create policy system_reads on storage.outbox_event for select to ${app} using ((select storage.is_system()));
create policy system_marks on storage.outbox_event for update to ${app} using ((select storage.is_system()));
create policy system_forgets on storage.outbox_event for delete to ${app} using ((select storage.is_system()) and done_at is not null);
create policy system_delivers on storage.outbox_delivery to ${app} using ((select storage.is_system())) with check ((select storage.is_system()));
