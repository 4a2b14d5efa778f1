-- Names people wrote into what this schema keeps beside the ids of those who act: contacts of suppliers. What stands inside a form is the room's own code to change, since the form's hash goes with it.
create function cbam.erase_names(who uuid, names text[]) returns void
language plpgsql security definer set search_path = pg_catalog as $$
declare
  instead text := storage.pseudonym(who);
begin
  if not storage.is_system() or who is null then raise exception 'only the system erases' using errcode = 'insufficient_privilege'; end if;
  update cbam.supplier set contact_name = case when lower(contact_name) in (select lower(n) from unnest(names) n) then instead else contact_name end,
    contact_email = case when lower(contact_email) in (select lower(n) from unnest(names) n) then null else contact_email end
  where lower(contact_name) in (select lower(n) from unnest(names) n) or lower(contact_email) in (select lower(n) from unnest(names) n);
end
$$;
