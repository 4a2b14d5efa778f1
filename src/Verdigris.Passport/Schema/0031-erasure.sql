-- A person's name can leave the records of a warehouse's day, a typed paper or a review: it becomes the pseudonym of that person, the id and everything else stay. Rows that never change still never do, but for that.
drop trigger inbound_match_append_only on passport.inbound_match;
create trigger inbound_match_append_only before update or delete on passport.inbound_match for each row execute function storage.refuse_change_but_erasure('operator_id', 'operator_name');
drop trigger weigh_ticket_append_only on passport.weigh_ticket;
create trigger weigh_ticket_append_only before update or delete on passport.weigh_ticket for each row execute function storage.refuse_change_but_erasure('operator_id', 'operator_name');
drop trigger load_out_scan_append_only on passport.load_out_scan;
create trigger load_out_scan_append_only before update or delete on passport.load_out_scan for each row execute function storage.refuse_change_but_erasure('scanned_by', 'scanned_by_name');
drop trigger floor_count_append_only on passport.floor_count;
create trigger floor_count_append_only before update or delete on passport.floor_count for each row execute function storage.refuse_change_but_erasure('counted_by', 'counted_by_name');
drop trigger payment_gate_waiver_append_only on passport.payment_gate_waiver;
create trigger payment_gate_waiver_append_only before update or delete on passport.payment_gate_waiver for each row execute function storage.refuse_change_but_erasure('proposed_by', 'proposed_by_name', 'decided_by', 'decided_by_name');
drop trigger payment_gate_hit_append_only on passport.payment_gate_hit;
create trigger payment_gate_hit_append_only before update or delete on passport.payment_gate_hit for each row execute function storage.refuse_change_but_erasure('decided_by', 'decided_by_name');

-- One place knows every column of this schema that holds a name of somebody who acts. A test looks for others.
create function passport.erase_names(who uuid, names text[]) returns void
language plpgsql security definer set search_path = pg_catalog as $$
declare
  instead text := storage.pseudonym(who);
begin
  if not storage.is_system() or who is null then raise exception 'only the system erases' using errcode = 'insufficient_privilege'; end if;
  update passport.inbound_match set operator_name = instead where operator_id = who;
  update passport.weigh_ticket set operator_name = instead where operator_id = who;
  update passport.load_out_order set made_by_name = instead where made_by = who;
  update passport.load_out_scan set scanned_by_name = instead where scanned_by = who;
  update passport.floor_count set counted_by_name = instead where counted_by = who;
  update passport.campaign_item set inspected_by_name = instead where inspected_by = who;
  update passport.sourcing_flag set reviewer_name = instead where reviewer = who;
  update passport.paper_certificate set uploaded_name = instead where uploaded_by = who;
  update passport.paper_certificate set typed_name = instead where typed_by = who;
  update passport.paper_certificate set checked_name = instead where checked_by = who;
  update passport.paper_certificate set published_name = instead where published_by = who;
  update passport.payment_gate_waiver set proposed_by_name = instead where proposed_by = who;
  update passport.payment_gate_waiver set decided_by_name = instead where decided_by = who;
  update passport.payment_gate_hit set decided_by_name = instead where decided_by = who;
  update passport.grievance_contact set name = null, contact = null where lower(contact) in (select lower(n) from unnest(names) n);
end
$$;
