-- The day a host country authorised, as its letter says: the first transfer of what is authorised counts from it. Of letters entered before, it is not known.
alter table registry.credit_authorisation add column authorised_on date;

-- Labels a programme gives to units issued here, by year of their reductions. Units of an export have those their own registry printed.
create table registry.credit_label (
  id uuid primary key,
  project_id uuid not null references registry.credit_project,
  year int not null,
  label text not null,
  reason text not null check (length(reason) between 1 and 2000),
  given_by uuid not null,
  given_at timestamptz not null,
  taken_reason text check (length(taken_reason) between 1 and 2000),
  taken_by uuid,
  taken_at timestamptz,
  check (num_nonnulls(taken_reason, taken_by, taken_at) in (0, 3))
);
create unique index credit_label_once on registry.credit_label (project_id, year, label) where taken_at is null;
create trigger credit_label_stays before update of id, project_id, year, label, reason, given_by, given_at or delete on registry.credit_label for each row execute function storage.refuse_change();
