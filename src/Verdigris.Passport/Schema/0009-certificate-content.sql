-- What was signed never changes, where it stands changes ten times: the content leaves the row. The row is then narrow, and of its page enough is left free for the
-- signed version, longer by key and signature: a change of state finds its place beside the old one (HOT) without touching an index. Content is json, not jsonb: the very
-- bytes that were signed are kept.
create table passport.certificate_content (
  certificate_id uuid primary key,
  document json not null
);
insert into passport.certificate_content (certificate_id, document) select id, document::text::json from passport.certificate;
create trigger certificate_content_append_only before update or delete on passport.certificate_content for each row execute function storage.refuse_change();

-- The words a certificate is found by, lower case, cut at every character that is neither letter nor digit; the writer cuts them (SearchWords).
drop index passport.certificate_search;
alter table passport.certificate drop column search;
alter table passport.certificate add column search tsvector;
update passport.certificate set search = array_to_tsvector(array_remove(regexp_split_to_array(lower(search_text), '[^[:alnum:]]+'), ''));
alter table passport.certificate alter column search set not null;
alter table passport.certificate drop column search_text, drop column document;
create index certificate_search on passport.certificate using gin (search);
alter table passport.certificate set (fillfactor = 40);

-- No certificate without its content, and none whose brand, producer and plant disagree. Asked once a statement: a foreign key asks once a row, which is a fifth of an
-- import. As a foreign key does, the question locks the brands against deletion, and the brand's side asks again after the deletion has waited for that lock.
do $$
begin
  execute (select format('alter table passport.certificate drop constraint %I', conname) from pg_constraint
           where conrelid = 'passport.certificate'::regclass and confrelid = 'passport.brand'::regclass);
end
$$;
create function passport.certificate_added() returns trigger
language plpgsql set enable_hashjoin = off set enable_mergejoin = off as $$
begin
  if exists (select from added a where not exists (select from passport.certificate_content c where c.certificate_id = a.id)) then
    raise exception 'a certificate has no content' using errcode = 'foreign_key_violation', constraint = 'certificate_needs_content';
  end if;
  perform from passport.brand b where b.code in (select a.brand_code from added a) order by b.code for key share;
  if exists (select from (select distinct a.brand_code, a.producer_id, a.plant_id from added a) a
             where not exists (select from passport.brand b where b.code = a.brand_code and b.producer_id = a.producer_id and b.plant_id = a.plant_id)) then
    raise exception 'a certificate names a brand, producer and plant that do not belong together' using errcode = 'foreign_key_violation', constraint = 'certificate_of_brand';
  end if;
  return null;
end
$$;
create trigger certificate_added after insert on passport.certificate referencing new table as added for each statement execute function passport.certificate_added();
create trigger certificate_keeps_brand before update of id, brand_code, producer_id, plant_id on passport.certificate for each row execute function storage.refuse_change();
create function passport.brand_has_certificates() returns trigger
language plpgsql as $$
begin
  if exists (select from passport.certificate c where c.brand_code = old.code) then
    raise exception 'the brand % has certificates', old.code using errcode = 'foreign_key_violation', constraint = 'certificate_of_brand';
  end if;
  return null;
end
$$;
create trigger brand_has_certificates after delete or update of code, producer_id, plant_id on passport.brand for each row execute function passport.brand_has_certificates();

-- How far a running import is. Read by who waits, written beside the import's own transaction; worth nothing after a crash, so it is not logged.
create unlogged table passport.certificate_import_progress (
  import_id uuid primary key,
  lines int not null check (lines >= 0),
  read int not null check (read >= 0),
  checked int not null check (checked between 0 and read),
  refused int not null check (refused between 0 and checked),
  written int not null check (written >= 0),
  changed_at timestamptz not null
) with (fillfactor = 20);
