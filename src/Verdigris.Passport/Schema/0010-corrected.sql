-- A correction takes the old version out of the warehouse it was matched at, as a release does: its producer may remove the fence's row where nobody holds title.
drop policy title_fence_delete on passport.title_fence;
create policy title_fence_delete on passport.title_fence for delete using (
  (select storage.has_role('system'))
  or ((select storage.has_role('exchange.staff')) and owner_organisation is null)
  or ((select storage.has_role('producer.editor')) and owner_organisation is null and producer_id = (select storage.current_organisation())));
