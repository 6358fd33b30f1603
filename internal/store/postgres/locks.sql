-- Locks the codes that can be redeemed and then their products, both by id, and
-- returns the codes whose products are there; $1–$3 are machine numbers, codes and
-- merchants. The array is complete, and with it the codes, before the first product
-- is looked at.
WITH codes AS MATERIALIZED (
    SELECT c.id, c.product_id
    FROM unnest($1::text[], $2::text[], $3::bigint[]) AS r (machine_no, code, merchant_id)
    JOIN machines m ON m.machine_no = r.machine_no AND m.merchant_id = r.merchant_id
    JOIN pickup_codes c ON c.machine_id = m.id AND c.code = r.code AND c.state = 'UNUSED'
    ORDER BY c.id FOR NO KEY UPDATE OF c
), stock AS MATERIALIZED (
    SELECT id FROM products WHERE id = ANY (ARRAY(SELECT product_id FROM codes)) ORDER BY id FOR NO KEY UPDATE
)
SELECT codes.id FROM codes JOIN stock ON stock.id = codes.product_id
