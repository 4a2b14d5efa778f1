-- When the clearing house and the member were told that a call had not been met in its time.
alter table market.margin_call add column overdue_at timestamptz;
create index margin_call_due on market.margin_call (due_at) where state = 0;
