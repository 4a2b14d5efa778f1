-- Which ends of delegations were told of, and how near they were then.
create table server.delegation_told (
  delegation uuid not null references server.delegation,
  stage smallint not null,
  told_at timestamptz not null,
  primary key (delegation, stage)
);
alter table server.delegation_told enable row level security;
create policy system_only on server.delegation_told using (storage.is_system());
