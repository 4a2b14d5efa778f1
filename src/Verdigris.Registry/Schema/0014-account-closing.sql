-- Where what an account still holds goes when it is closed.
alter table registry.account add column closing_to bigint references registry.account check (closing_to <> account);
