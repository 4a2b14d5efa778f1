-- Authorities of emission trading schemes and crediting programmes are organisations too.
alter table passport.organisation drop constraint organisation_kind_check;
alter table passport.organisation add constraint organisation_kind_check check (kind in ('producer', 'warehouse', 'owner', 'exchange', 'verifier', 'lender', 'authority', 'other'));
