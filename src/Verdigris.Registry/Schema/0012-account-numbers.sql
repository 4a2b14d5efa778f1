-- Two servers that start at once on an empty database open a scheme's own account once: the second finds it there.
create unique index account_central_once on registry.account (scheme, kind) where organisation_id is null;

-- Numbers of the Book. Accounts of schemes are 6 005 000 001 to 6 999 999 999, those of credits 7 000 000 001 to 7 999 999 999; credits that came before this script keep theirs below 6 005 000 001. No two of these ranges meet.
alter sequence registry.account_number maxvalue 999999999;
alter sequence registry.credit_account_number maxvalue 7999999999 restart with 7000000001;
alter table registry.account add check (account between 6005000001 and 6999999999);
alter table registry.credit_account add check (account between 7000000001 and 7999999999 or account between 6000000001 and 6005000000);
