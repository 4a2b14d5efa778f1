-- Which reminders of an end that draws near were sent: each stage of each end once, whoever asks how often.
create table passport.expiry_told (
  subject_kind text not null check (subject_kind in ('disclosure', 'plant-certificate')),
  subject_id uuid not null,
  last_day date not null,
  -- Days before the last day; 0 once it is past.
  stage int not null check (stage >= 0),
  told_at timestamptz not null,
  primary key (subject_kind, subject_id, last_day, stage)
);
alter table passport.expiry_told enable row level security;
create policy system_only on passport.expiry_told using ((select storage.is_system()));
