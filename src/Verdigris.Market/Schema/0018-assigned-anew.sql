-- An exercise that was planned and cut off, and whose lots were sold before it was posted, gives way to a new assignment of the lots that are there.
alter table market.clearing_flow drop constraint clearing_flow_state_check;
-- Planned, sent, posted, refused by the Book, withdrawn before it was posted.
alter table market.clearing_flow add constraint clearing_flow_state_check check (state between 0 and 4);
drop index market.clearing_flow_open;
create index clearing_flow_open on market.clearing_flow (account) where state not in (2, 4);
alter table market.draw drop constraint draw_purpose_check;
-- assignment-2 and so on: drawn anew for lots of the first draw that were gone.
alter table market.draw add constraint draw_purpose_check check (purpose ~ '^(delivery|assignment(-[0-9]{1,4})?)$');
