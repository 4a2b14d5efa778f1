-- The first outcome of a request that carried an Idempotency-Key. State 'running' without an end means that the server stopped in between:
-- nobody knows what happened, and the caller is told so.
create table server.idempotent_request (
  actor uuid not null,
  key text not null check (length(key) between 1 and 200),
  request_sha256 bytea not null check (octet_length(request_sha256) = 32),
  state text not null check (state in ('running', 'done')),
  server_run uuid not null,
  started_at timestamptz not null,
  status int,
  content_type text,
  location text,
  body bytea,
  primary key (actor, key),
  check ((state = 'done') = (status is not null))
);
create index idempotent_request_by_age on server.idempotent_request (started_at);
alter table server.idempotent_request enable row level security;
create policy system_only on server.idempotent_request using (storage.is_system());
