-- Every part of an export asks which credits of its programme a scheme is taking in.
create index transaction_of_credits on registry.transaction (credit_unit) where credit_unit is not null;
