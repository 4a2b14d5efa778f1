-- A final price that would be made of an index price somebody has proposed to correct: on this day the series was not settled for good, because nobody had decided that yet.
create table market.final_held (
  day date not null references market.clearing_day,
  series text not null references market.series,
  proposal_id uuid not null references market.index_proposal,
  primary key (day, series, proposal_id)
);
create trigger final_held_stays before update or delete on market.final_held for each row execute function storage.refuse_change();
