-- Units of a vintage that live on as units of the next: asked for by the holder, bounded by the scheme's rule, carried out by the Book as one chain.
create table registry.carry_over (
  id uuid primary key,
  scheme text not null references registry.scheme,
  account bigint not null references registry.account,
  unit text not null,
  vintage text not null,
  into_vintage text not null,
  quantity bigint not null check (quantity >= 1),
  most bigint not null,
  -- Proposed, pending, done, turned down, refused by the Book.
  state smallint not null check (state between 0 and 4),
  reason text check (length(reason) <= 2000),
  book_code text,
  task_id uuid,
  written_by uuid not null,
  written_at timestamptz not null,
  decided_by uuid,
  decided_at timestamptz,
  check (quantity <= most),
  check (vintage <> into_vintage),
  check (decided_by is null or decided_by <> written_by)
);
create index carry_over_of on registry.carry_over (account, unit, vintage);
create trigger carry_over_never_deleted before delete on registry.carry_over for each row execute function storage.refuse_change();
create trigger carry_over_stays before update of scheme, account, unit, vintage, into_vintage, quantity, most, written_by, written_at on registry.carry_over for each row execute function storage.refuse_change();
alter table registry.carry_over enable row level security;
create policy carry_over_own on registry.carry_over using ((select storage.has_role('system')) or registry.administers(scheme) or exists (select from registry.account a where a.account = carry_over.account))
  with check ((select storage.has_role('system')) or registry.administers(scheme) or exists (select from registry.account a where a.account = carry_over.account));

-- What somebody was told already, stage by stage: nobody hears the same twice.
create table registry.told (
  subject uuid not null,
  what text not null,
  stage int not null,
  told_at timestamptz not null,
  primary key (subject, what, stage)
);
