-- A year can be allocated more than once: beforehand and finally, or again after activity changed. One is open at a time; what counts is the newest.
drop index registry.allocation_once;
create unique index allocation_open on registry.allocation (installation_id, year) where state in (0, 1);
