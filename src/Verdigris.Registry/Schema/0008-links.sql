-- Links between registries: units leave one and arrive in the other, and neither believes it before the other has said so.
create table registry.link (
  id uuid primary key,
  scheme text not null references registry.scheme,
  -- The scheme's account kind that stands for the other registry.
  kind text not null,
  partner text not null check (length(partner) between 1 and 200),
  -- Proposed, open, suspended.
  state smallint not null check (state between 0 and 2),
  reason text check (length(reason) <= 2000),
  task_id uuid,
  written_by uuid not null,
  written_at timestamptz not null,
  decided_by uuid,
  decided_at timestamptz,
  unique (scheme, kind),
  check (decided_by is null or decided_by <> written_by)
);
alter table registry.transaction add column partner_account text check (length(partner_account) between 1 and 60);

-- A transfer across a link. Out: sent, accepted, refused (and the units back). In: accepted, refused.
create table registry.link_transfer (
  id uuid primary key,
  link_id uuid not null references registry.link,
  outward boolean not null,
  transaction_id uuid references registry.transaction,
  partner_account text not null,
  own_account text not null,
  unit text not null,
  vintage text not null,
  quantity bigint not null check (quantity >= 1),
  -- Sent, being taken in, accepted, refused.
  state smallint not null check (state between 0 and 3),
  reason text check (length(reason) <= 200),
  at timestamptz not null
);
create index link_transfer_of on registry.link_transfer (link_id, id);

-- Both directions of what was said over a link, each numbered without a gap and chained by hash; nothing is ever taken back.
create table registry.link_message (
  link_id uuid not null references registry.link,
  outward boolean not null,
  sequence bigint not null check (sequence >= 1),
  body text not null,
  sha256 text not null check (sha256 ~ '^[0-9a-f]{64}$'),
  at timestamptz not null,
  primary key (link_id, outward, sequence)
);
create trigger link_message_stays before update or delete on registry.link_message for each row execute function storage.refuse_change();

-- Each night's comparison of both logs.
create table registry.link_reconciliation (
  link_id uuid not null references registry.link,
  sequence bigint not null,
  agrees boolean not null,
  ours text not null,
  theirs text not null,
  at timestamptz not null,
  primary key (link_id, sequence)
);
alter table registry.link enable row level security;
create policy link_authority on registry.link using ((select storage.has_role('system')) or registry.administers(scheme)) with check ((select storage.has_role('system')) or registry.administers(scheme));
alter table registry.link_transfer enable row level security;
create policy link_transfer_authority on registry.link_transfer using ((select storage.has_role('system')) or exists (select from registry.link l where l.id = link_id)) with check ((select storage.has_role('system')));
alter table registry.link_message enable row level security;
create policy link_message_authority on registry.link_message using ((select storage.has_role('system')) or exists (select from registry.link l where l.id = link_id)) with check ((select storage.has_role('system')));
alter table registry.link_reconciliation enable row level security;
create policy link_reconciliation_authority on registry.link_reconciliation using ((select storage.has_role('system')) or exists (select from registry.link l where l.id = link_id)) with check ((select storage.has_role('system')));
