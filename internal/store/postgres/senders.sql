-- SenderByNo for many at once; $1 are numbers.
SELECT machines.id, machines.merchant_id, machines.machine_no, machines.timezone,
    merchants.app_id, merchants.app_key_sealed, merchants.app_key_previous_sealed, merchants.app_key_previous_until
FROM machines
JOIN merchants ON merchants.id = machines.merchant_id
WHERE machines.machine_no = ANY ($1::text[])
