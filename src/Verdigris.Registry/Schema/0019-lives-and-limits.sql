-- A link that an approver turned down is over, and another may be proposed. Those turned down before were kept as suspended, which one person takes up again.
alter table registry.link drop constraint link_state_check;
alter table registry.link add constraint link_state_check check (state between 0 and 3);
update registry.link set state = 3 where state = 2 and decided_by is null;
alter table registry.link drop constraint link_scheme_kind_key;
create unique index link_once on registry.link (scheme, kind) where state <> 3;

-- Kind of plant a scheme's limit of the obligation is for, of the scheme's file; null where none is.
alter table registry.installation add column relief text check (length(relief) between 1 and 60);
