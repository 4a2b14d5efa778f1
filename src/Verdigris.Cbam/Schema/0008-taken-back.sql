-- A correction opened by mistake is discarded: it stays to be seen with what it said and why it went, and a later correction takes the next number.
alter table cbam.declaration add column discarded_by uuid, add column discarded_at timestamptz, add column discarded_reason text check (length(discarded_reason) between 1 and 2000);
alter table cbam.declaration drop constraint declaration_state_check, drop constraint declaration_check3;
alter table cbam.declaration
  -- Draft, waiting for approval, handed in, superseded, discarded.
  add constraint declaration_state_known check (state between 0 and 4),
  add constraint declaration_handed_in check (state in (0, 1, 4) or (approved_by is not null and submitted_at is not null)),
  add constraint declaration_discarded check ((state = 4) = (discarded_at is not null) and (discarded_by is null) = (discarded_at is null) and (discarded_reason is null) = (discarded_at is null)),
  add constraint declaration_first_stays check (state <> 4 or version > 1);
create or replace function cbam.declaration_stays() returns trigger
language plpgsql as $$
begin
  if old.state = 4 then
    raise exception 'a discarded correction is not changed' using errcode = 'check_violation', constraint = 'declaration_stays';
  end if;
  if old.state in (2, 3) and (new.content is distinct from old.content or new.content_sha256 is distinct from old.content_sha256 or new.certificates_due is distinct from old.certificates_due or new.year <> old.year
    or new.organisation_id <> old.organisation_id or new.version <> old.version or new.approved_by is distinct from old.approved_by or new.submitted_at is distinct from old.submitted_at or new.state < old.state or new.state = 4) then
    raise exception 'a declaration handed in is not changed' using errcode = 'check_violation', constraint = 'declaration_stays';
  end if;
  return new;
end
$$;

-- A form begun from a report that was published for the border measure: which one, and the entries it filled in as they were then.
alter table cbam.communication add column source jsonb;
create trigger communication_source_stays before update of source on cbam.communication for each row execute function storage.refuse_change();
