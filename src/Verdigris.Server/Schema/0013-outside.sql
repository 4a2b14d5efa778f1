-- Accounts elsewhere that people sign in by: who somebody is there, and here. An account elsewhere opens one account here.
create table server.outside_account (
  issuer text not null check (length(issuer) between 1 and 500),
  subject text not null check (length(subject) between 1 and 255),
  person_id uuid not null references server.person,
  -- What the other side calls the account, for its owner to know it by.
  label text not null check (length(label) between 1 and 255),
  linked_at timestamptz not null,
  last_used_at timestamptz,
  primary key (issuer, subject)
);
create unique index outside_account_one_a_person on server.outside_account (person_id, issuer);
alter table server.outside_account enable row level security;
create policy system_only on server.outside_account using (storage.is_system());
