-- A suspended link is taken up again by two people, and none of them who suspended it decides: state 4, its taking up again waits for the second person.
alter table registry.link drop constraint link_state_check;
alter table registry.link add constraint link_state_check check (state between 0 and 4);
-- Null where the registry itself suspended it, because the logs disagree.
alter table registry.link add column suspended_by uuid;

-- Deals over credits that lie in accounts for credits: of one project and year, and where a sheet names them, of one block.
alter table registry.deal alter column scheme drop not null;
alter table registry.deal alter column asset drop not null;
alter table registry.deal add column programme text references registry.credit_programme;
alter table registry.deal add column unit text;
alter table registry.deal add column project_id uuid references registry.credit_project;
alter table registry.deal add column project text check (length(project) <= 40);
alter table registry.deal add column year int check (year between 1990 and 2100);
-- Serial of the Book, and as printed; null where the units are to come and are named when they are held.
alter table registry.deal add column first bigint check (first >= 1);
alter table registry.deal add column serial text check (length(serial) <= 200);
alter table registry.deal add check ((programme is null) = (scheme is not null) and (programme is null) = (asset is not null) and (programme is null) = (unit is null) and (programme is null) = (project_id is null) and (programme is null) = (project is null) and (programme is null) = (year is null));
alter table registry.deal add check ((first is null) = (serial is null) and (programme is not null or first is null));
-- An account is one of a scheme, or one for credits.
alter table registry.deal drop constraint deal_giver_fkey;
alter table registry.deal drop constraint deal_taker_fkey;
alter table registry.deal drop constraint deal_beneficiary_fkey;
alter table registry.deal add column scheme_giver bigint generated always as (case when programme is null then giver end) stored references registry.account;
alter table registry.deal add column scheme_taker bigint generated always as (case when programme is null then taker end) stored references registry.account;
alter table registry.deal add column scheme_beneficiary bigint generated always as (case when programme is null then beneficiary end) stored references registry.account;
alter table registry.deal add column credits_giver bigint generated always as (case when programme is not null then giver end) stored references registry.credit_account;
alter table registry.deal add column credits_taker bigint generated always as (case when programme is not null then taker end) stored references registry.credit_account;
alter table registry.deal add column credits_beneficiary bigint generated always as (case when programme is not null then beneficiary end) stored references registry.credit_account;
create trigger deal_credits_stay before update of programme, unit, project_id, project, year, first, serial on registry.deal for each row execute function storage.refuse_change();

-- Units added to the security, and those held for the way back or the delivery: which.
alter table registry.deal_step add column first bigint check (first >= 1);
alter table registry.deal_step add column serial text check (length(serial) <= 200);
alter table registry.deal_step add check ((first is null) = (serial is null));
create trigger deal_step_serial_stays before update of first, serial on registry.deal_step for each row execute function storage.refuse_change();

create or replace function registry.deal_seen(deal registry.deal) returns boolean
language sql stable as $$
  select (select storage.has_role('system')) or coalesce(registry.administers(deal.scheme), false) or coalesce(registry.administers_programme(deal.programme), false)
    or (deal.proposer = 0 and deal.giver_organisation = (select storage.current_organisation())) or (deal.proposer = 1 and deal.taker_organisation = (select storage.current_organisation()))
    or (deal.state <> 0 and (select storage.current_organisation()) in (deal.giver_organisation, deal.taker_organisation, deal.beneficiary_organisation))
$$;

-- What credits of a project and year are worth on a day, as the programme's administrator published it.
create table registry.credit_price (
  unit text not null,
  project_id uuid not null references registry.credit_project,
  year int not null check (year between 1990 and 2100),
  currency text not null check (currency ~ '^[A-Z]{3}$'),
  day date not null,
  price numeric(18, 6) not null check (price >= 0),
  source text not null check (length(source) between 1 and 400),
  written_by uuid not null,
  written_at timestamptz not null,
  primary key (unit, project_id, year, currency, day)
);
create trigger credit_price_stays before update or delete on registry.credit_price for each row execute function storage.refuse_change();

-- Credits of a programme that a scheme took in, where they are in the Book here: they lie behind the scheme's units for ever.
alter table registry.transaction add column credit_unit text;
alter table registry.transaction add column credit_first bigint check (credit_first >= 1);
alter table registry.transaction add column credit_serial text check (length(credit_serial) <= 200);
alter table registry.transaction add check ((credit_unit is null) = (credit_first is null) and (credit_unit is null) = (credit_serial is null));
create trigger transaction_credits_stay before update of credit_unit, credit_first, credit_serial on registry.transaction for each row execute function storage.refuse_change();
