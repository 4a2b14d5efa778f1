-- What a server keeps in memory of certificates as their readers see them is dropped when one of these rows changes. New certificates need no word: what does
-- not exist is not kept.
create trigger certificate_tell_update after update on passport.certificate referencing new table as changed
  for each statement execute function storage.tell_changed('id');
create trigger certificate_tell_delete after delete on passport.certificate referencing old table as changed
  for each statement execute function storage.tell_changed('id');
create trigger warrant_tell_update after update on passport.warrant referencing new table as changed
  for each statement execute function storage.tell_changed('id');
create trigger warrant_tell_delete after delete on passport.warrant referencing old table as changed
  for each statement execute function storage.tell_changed('id');
create trigger title_fence_tell_insert after insert on passport.title_fence referencing new table as changed
  for each statement execute function storage.tell_changed('certificate_id');
create trigger title_fence_tell_update after update on passport.title_fence referencing new table as changed
  for each statement execute function storage.tell_changed('certificate_id');
create trigger title_fence_tell_delete after delete on passport.title_fence referencing old table as changed
  for each statement execute function storage.tell_changed('certificate_id');
create trigger warehouse_tell_update after update on passport.warehouse referencing new table as changed
  for each statement execute function storage.tell_changed();
create trigger warehouse_tell_delete after delete on passport.warehouse referencing old table as changed
  for each statement execute function storage.tell_changed();
create trigger emissions_submission_tell_update after update on passport.emissions_submission referencing new table as changed
  for each statement execute function storage.tell_changed();
create trigger emissions_submission_tell_delete after delete on passport.emissions_submission referencing old table as changed
  for each statement execute function storage.tell_changed();
create trigger emissions_value_tell_insert after insert on passport.emissions_value referencing new table as changed
  for each statement execute function storage.tell_changed();
create trigger emissions_value_tell_update after update on passport.emissions_value referencing new table as changed
  for each statement execute function storage.tell_changed();
create trigger emissions_value_tell_delete after delete on passport.emissions_value referencing old table as changed
  for each statement execute function storage.tell_changed();
create trigger emissions_join_tell_insert after insert on passport.emissions_join referencing new table as changed
  for each statement execute function storage.tell_changed();
create trigger emissions_join_tell_update after update on passport.emissions_join referencing new table as changed
  for each statement execute function storage.tell_changed();
create trigger emissions_join_tell_delete after delete on passport.emissions_join referencing old table as changed
  for each statement execute function storage.tell_changed();
