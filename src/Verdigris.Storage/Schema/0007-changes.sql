-- Tells of changed rows, so that what a server keeps of them in memory is dropped at once: the writing session hears it as an INFO message before its
-- statement ends, every other server as a notification when the transaction commits. A trigger after each statement with the transition table "changed" names
-- the column of the id; without an argument, or with more rows than can be named, the word is "*": any row of the table.
create function storage.tell_changed() returns trigger
language plpgsql as $$
declare
  ids text := '*';
  rows bigint;
begin
  select count(*) into rows from (select 1 from changed limit 33) few;
  if rows = 0 then return null; end if;
  if tg_nargs = 1 and rows <= 32 then
    execute format('select string_agg(distinct %I::text, '','') from changed', tg_argv[0]) into ids;
  end if;
  raise info using message = format('verdigris.changed %s.%s %s', tg_table_schema, tg_table_name, ids);
  perform pg_notify('verdigris_changed', format('%s.%s %s', tg_table_schema, tg_table_name, ids));
  return null;
end
$$;
