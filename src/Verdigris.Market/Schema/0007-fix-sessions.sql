-- FIX sessions with members: who may log on, where both orders of messages stand, what was sent and may be asked for again, and which name of the other side stands for what.
create table market.fix_session (
  id uuid primary key,
  -- Orders that came by the session carry this number to the floor.
  number bigint generated always as identity unique,
  -- SenderCompID of the other side.
  comp_id text not null check (comp_id ~ '^[A-Za-z0-9._-]{1,30}$'),
  organisation_id uuid not null,
  -- Public id of the machine client that logs on with its secret.
  client_id text not null check (length(client_id) between 1 and 100),
  -- Trading account of orders that name none.
  account text check (length(account) between 1 and 40),
  drop_copy boolean not null,
  cancel_on_disconnect boolean not null,
  reset_on_logon boolean not null,
  next_in bigint not null default 1 check (next_in >= 1),
  next_out bigint not null default 1 check (next_out >= 1),
  -- Last report of the desk that was made a message.
  report bigint not null default 0 check (report >= 0),
  changed_at timestamptz,
  written_by uuid not null,
  written_at timestamptz not null,
  closed_at timestamptz
);
create unique index fix_session_comp_id on market.fix_session (comp_id) where closed_at is null;

-- What is gone when it is not asked for within a month is passed over.
create table market.fix_message (
  session_id uuid not null references market.fix_session,
  sequence bigint not null check (sequence >= 1),
  type text not null check (length(type) between 1 and 2),
  routing bytea not null,
  body bytea not null,
  sent_at timestamptz not null,
  primary key (session_id, sequence)
);
create index fix_message_sent on market.fix_message (sent_at);

-- A ClOrdID names one request a session and day.
create table market.fix_request (
  session bigint not null,
  day date not null,
  cl_ord_id text not null check (length(cl_ord_id) between 1 and 65536),
  client_id uuid not null unique,
  type text not null check (type in ('D', 'F', 'G', 'q')),
  original uuid,
  order_number bigint,
  primary key (session, cl_ord_id, day)
);
create index fix_request_cancel on market.fix_request (order_number) where type = 'F';

alter table market.fix_session enable row level security;
create policy fix_session_seen on market.fix_session for select using ((select storage.has_role('system')) or (select storage.has_role('market.operator')) or organisation_id = (select storage.current_organisation()));
create policy fix_session_written on market.fix_session using ((select storage.has_role('system')) or (select storage.has_role('market.operator'))) with check ((select storage.has_role('system')) or (select storage.has_role('market.operator')));
alter table market.fix_message enable row level security;
create policy fix_message_system on market.fix_message using ((select storage.has_role('system'))) with check ((select storage.has_role('system')));
alter table market.fix_request enable row level security;
create policy fix_request_system on market.fix_request using ((select storage.has_role('system'))) with check ((select storage.has_role('system')));
