-- A list by state, and one in the order of production, of a million certificates. A change of state is thereby no longer HOT; the free half of the page still keeps the
-- new version beside the old.
create index certificate_by_state on passport.certificate (state, id) where current;
create index certificate_by_day on passport.certificate (production_date, id) where current;
