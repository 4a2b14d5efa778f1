-- Somebody who was erased: the row stays for its id, with the pseudonym in place of every name.
alter table server.person add column erased_at timestamptz;
alter table server.person add constraint person_erased_cannot_sign_in check (erased_at is null or (state = 'disabled' and display_name = storage.pseudonym(id)));
