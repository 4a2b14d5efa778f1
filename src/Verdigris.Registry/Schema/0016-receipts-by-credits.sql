-- Which receipts stand for given credits: those that came, left and came again have several, so runs of credits overlap.
create index credit_receipt_credits on registry.credit_receipt using gist (int8range(unit_first, unit_last, '[]'));
