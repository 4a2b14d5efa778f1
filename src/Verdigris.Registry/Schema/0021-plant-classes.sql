-- Kind of plant of an installation from a year on, decided after its permit. Each decision counts from its first year to the first year of another; what the permit gave counts before all of them.
create table registry.plant_class (
  id uuid primary key,
  installation_id uuid not null references registry.installation,
  -- Of the scheme's file; null where no limit of the obligation is for the plant.
  relief text check (length(relief) between 1 and 60),
  from_year int not null check (from_year between 2000 and 2100),
  -- Waits for the second person, in force, turned down.
  state smallint not null check (state between 0 and 2),
  reason text not null check (length(reason) between 1 and 2000),
  -- Why it was turned down.
  answer text check (length(answer) <= 2000),
  by_operator boolean not null,
  task_id uuid,
  written_by uuid not null,
  written_at timestamptz not null,
  decided_by uuid,
  decided_at timestamptz,
  check (decided_by is null or decided_by <> written_by),
  check ((state = 1) <= (decided_by is not null))
);
create index plant_class_of on registry.plant_class (installation_id, id);
create unique index plant_class_one_open on registry.plant_class (installation_id) where state = 0;
alter table registry.plant_class enable row level security;
create policy plant_class_own on registry.plant_class using ((select storage.has_role('system')) or exists (select from registry.installation i where i.id = installation_id))
  with check ((select storage.has_role('system')) or exists (select from registry.installation i where i.id = installation_id));
create trigger plant_class_never_deleted before delete on registry.plant_class for each row execute function storage.refuse_change();
create trigger plant_class_stays before update of installation_id, relief, from_year, reason, by_operator, written_by, written_at on registry.plant_class for each row execute function storage.refuse_change();
