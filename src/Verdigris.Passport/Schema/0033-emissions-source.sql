-- The verified report a form's figures are from: all three or none.
alter table passport.emissions_submission add column source_report uuid, add column source_version int check (source_version >= 1), add column source_sha256 text check (source_sha256 ~ '^[0-9a-f]{64}$'),
  add constraint emissions_source_whole check (num_nonnulls(source_report, source_version, source_sha256) in (0, 3));
create trigger emissions_source_stays before update of source_report, source_version, source_sha256 on passport.emissions_submission for each row execute function storage.refuse_change();
