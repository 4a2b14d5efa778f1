-- The Book's journal as rows, for a cluster of servers. The primary key is the fence: of two writers that append the same number one is refused, and a
-- record that does not follow from its predecessor's hash is refused as well.

create table storage.book_journal (
  venue uuid not null,
  batch bigint not null check (batch > 0),
  record bytea not null check (length(record) >= 128),
  primary key (venue, batch)
);
-- Neither compressed nor cut into the row: written once, read in order.
alter table storage.book_journal alter column record set storage external;

create table storage.book_journal_head (
  venue uuid primary key,
  batch bigint not null check (batch > 0),
  hash bytea not null check (length(hash) = 32)
) with (fillfactor = 10);

-- A record holds its predecessor's hash at byte 56 and ends with its own (docs/book.md, section 6).
create function storage.book_journal_follows() returns trigger
language plpgsql security definer set search_path = pg_catalog as $$
begin
  if new.batch = 1 then
    if substring(new.record from 57 for 32) <> decode(repeat('00', 32), 'hex') then
      raise exception 'batch 1 names a predecessor' using errcode = 'integrity_constraint_violation';
    end if;
    insert into storage.book_journal_head values (new.venue, 1, substring(new.record from length(new.record) - 31));
  else
    update storage.book_journal_head h set batch = new.batch, hash = substring(new.record from length(new.record) - 31)
      where h.venue = new.venue and h.batch = new.batch - 1 and h.hash = substring(new.record from 57 for 32);
    if not found then
      raise exception 'batch % does not follow the last one of venue %', new.batch, new.venue using errcode = 'integrity_constraint_violation';
    end if;
  end if;
  return new;
end
$$;
create trigger follows before insert on storage.book_journal for each row execute function storage.book_journal_follows();
create trigger never_changed before update or delete on storage.book_journal for each row execute function storage.refuse_change();
create trigger never_truncated before truncate on storage.book_journal for each statement execute function storage.refuse_change();

alter table storage.book_journal enable row level security;
create policy system_only on storage.book_journal to ${app} using ((select storage.is_system())) with check ((select storage.is_system()));
revoke update, delete, truncate on storage.book_journal from ${app};
revoke all on storage.book_journal_head from ${app};
grant select on storage.book_journal_head to ${app};
alter table storage.book_journal_head enable row level security;
create policy system_reads on storage.book_journal_head for select to ${app} using ((select storage.is_system()));
