-- A suspended link is taken up again by two people, and none of them who suspended it decides: state 4, its taking up again waits for the second person.
alter table registry.link drop constraint link_state_check;
alter table registry.link add constraint link_state_check check (state between 0 and 4);
-- Null where the registry itself suspended it, because the logs disagree.
alter table registry.link add column suspended_by uuid;
