-- Why figures that were accepted before are entered again. Null for the first of a brand, year and method.
alter table passport.emissions_submission add column correction_reason text check (length(correction_reason) between 1 and 2000);
