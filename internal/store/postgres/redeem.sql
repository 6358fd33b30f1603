-- What redemptions write; $1–$10 are columns of their orders, $11–$15 of the messages
-- to their machines, $16 is the kind of their change. Codes and products are locked
-- and judged before. An order whose trade key is taken is not made, nor is anything
-- that belongs to it; the keys are taken in one order on every node. Each row is a
-- redemption that was done. Should there be an order whose code could not be used, the
-- notes have no ref, which fails all. No step joins two lists of the set, for which
-- the server would have to go through one for each row of the other: what is needed
-- later is handed on, or looked up in an array.
WITH wanted AS MATERIALIZED (
    SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::text[], $4::text[], $5::bigint[], $6::text[], $7::bigint[], $8::text[],
        $9::bigint[], $10::bigint[], $11::bigint[], $12::text[], $13::text[], $14::bigint[], $15::bigint[])
        AS r (merchant_id, machine_id, trade_id, trade_key, status, date, amount, notify_url, code_id, created_at,
            told_id, method, fields, told_at, expires_at)
), made AS (
    INSERT INTO orders (merchant_id, machine_id, trade_id, trade_key, status, date, amount, notify_url,
        notify_send_count, pickup_code_id, created_at, expires_at)
    SELECT merchant_id, machine_id, trade_id, trade_key, status, date, amount, notify_url, 0, code_id, created_at, 0
    FROM wanted
    ORDER BY merchant_id, trade_key COLLATE "C"
    ON CONFLICT (merchant_id, trade_key) DO NOTHING
    RETURNING id, merchant_id, machine_id, pickup_code_id, trade_id, amount, created_at
), used AS (
    UPDATE pickup_codes SET state = 'USED', finished_at = made.created_at, order_id = made.id, trade_id = made.trade_id
    FROM made
    WHERE pickup_codes.id = made.pickup_code_id AND state = 'UNUSED'
    RETURNING pickup_codes.id, order_id, product_id, quantity, made.amount, nextval('records_id_seq') AS record_id
), recorded AS (
    INSERT INTO records (id, order_id, product_id, quantity, price, state, delivered, delivery_id, callback_id, notify_sent)
    SELECT record_id, order_id, product_id, quantity, amount, 'WAITING_PICKED_UP', 0, 0, 0, FALSE FROM used
), taken AS (
    UPDATE products SET current_inventory = current_inventory - total
    FROM (SELECT product_id, SUM(quantity) AS total FROM used GROUP BY product_id) AS sold
    WHERE products.id = sold.product_id
), told AS (
    INSERT INTO commands (machine_id, method, fields, delivery_id, state, created_at, expires_at, due_at, lease_until, attempts, sent_at)
    SELECT told_id, method, fields, 0, 'QUEUED', told_at, expires_at, told_at, 0, 0, 0
    FROM wanted WHERE code_id = ANY (ARRAY(SELECT id FROM used))
), noted AS (
    INSERT INTO changes (merchant_id, machine_id, kind, ref)
    SELECT merchant_id, machine_id, $16, CASE WHEN (SELECT COUNT(*) FROM made) = (SELECT COUNT(*) FROM used) THEN id END FROM made
)
SELECT id, order_id, record_id FROM used
