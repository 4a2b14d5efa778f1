-- A certificate's customs code that stands for other goods is a finding.
alter table passport.certificate_anomaly drop constraint certificate_anomaly_rule_check;
alter table passport.certificate_anomaly add constraint certificate_anomaly_rule_check
  check (rule in ('chemistry-repeated', 'seal-repeated', 'output-above-capacity', 'dates-far-apart', 'figures-all-round', 'heats-on-paper', 'customs-code'));
