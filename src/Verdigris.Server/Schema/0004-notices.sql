-- Word to people: what each has in the inbox, how each wants it, and the e-mails on their way.

create table server.notice (
  id uuid primary key,
  person_id uuid not null references server.person,
  -- Where it belongs: the organisation acted for when it is opened; null where it is about the person's own account.
  organisation_id uuid,
  kind text not null check (length(kind) between 1 and 60),
  text_key text not null,
  text_args jsonb not null,
  link_path text not null check (link_path like '/%' and link_path not like '//%'),
  -- The event of the outbox it came from: told once to each person.
  event_id bigint not null,
  at timestamptz not null,
  read_at timestamptz,
  unique (event_id, person_id)
);
create index notice_by_person on server.notice (person_id, id desc);
create index notice_unread on server.notice (person_id) where read_at is null;

create table server.notice_preference (
  person_id uuid not null references server.person,
  kind text not null check (length(kind) between 1 and 60),
  in_app boolean not null,
  mailed boolean not null,
  primary key (person_id, kind)
);

create table server.notice_language (
  person_id uuid primary key references server.person,
  language text not null check (language in ('en', 'zh', 'both'))
);

-- The e-mails. The id makes the Message-ID, which stays the same at every try. Who was being sent when the server died may have got it: unknown, and never sent again.
create table server.mail (
  id uuid primary key,
  person_id uuid not null references server.person,
  event_id bigint,
  address text not null check (length(address) between 3 and 320),
  subject text not null check (subject !~ '[[:cntrl:]]'),
  body text not null,
  state text not null check (state in ('waiting', 'sending', 'sent', 'given-up', 'unknown')),
  attempts int not null default 0 check (attempts >= 0),
  created_at timestamptz not null,
  due_at timestamptz not null,
  claimed_at timestamptz,
  sent_at timestamptz,
  last_error text,
  check ((state = 'sent') = (sent_at is not null)),
  unique (event_id, person_id)
);
create index mail_due on server.mail (due_at) where state = 'waiting';
create index mail_claimed on server.mail (claimed_at) where state = 'sending';

alter table server.notice enable row level security;
alter table server.notice_preference enable row level security;
alter table server.notice_language enable row level security;
alter table server.mail enable row level security;
create policy own_or_system on server.notice using (storage.is_system() or person_id = storage.current_person());
create policy own_or_system on server.notice_preference using (storage.is_system() or person_id = storage.current_person());
create policy own_or_system on server.notice_language using (storage.is_system() or person_id = storage.current_person());
create policy system_only on server.mail using (storage.is_system());
