-- Suspended again while its taking up again waits: who had suspended it before decides as little as who did last. Empty once it is open again.
alter table registry.link add column suspended_before uuid[] not null default '{}';
-- Taken up again since somebody suspended it: that counts no more.
update registry.link set suspended_by = null where state = 1;
