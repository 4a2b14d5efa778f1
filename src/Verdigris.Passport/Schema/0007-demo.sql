-- Whether the demo was seeded, and with which seed: it is made once, and half a demo is told from a whole one.
create table passport.demo_run (
  id smallint primary key check (id = 1),
  seed int not null,
  people jsonb not null,
  started_at timestamptz not null,
  finished_at timestamptz
);
