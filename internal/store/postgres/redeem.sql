-- What redemptions write, but for the messages to machines; $1–$10 are columns of
-- their orders. Codes and products are locked and judged before. An order whose trade key
-- is taken is not made, nor is anything that belongs to it; the keys are taken in
-- one order on every node. Each row is a redemption that was done, with how many
-- orders were made: as many as rows, unless something is wrong.
WITH made AS (
    INSERT INTO orders (merchant_id, machine_id, trade_id, trade_key, status, date, amount, notify_url,
        notify_send_count, pickup_code_id, created_at, expires_at)
    SELECT merchant_id, machine_id, trade_id, trade_key, status, date, amount, notify_url, 0, code_id, created_at, 0
    FROM unnest($1::bigint[], $2::bigint[], $3::text[], $4::text[], $5::bigint[], $6::text[], $7::bigint[], $8::text[],
        $9::bigint[], $10::bigint[])
        AS r (merchant_id, machine_id, trade_id, trade_key, status, date, amount, notify_url, code_id, created_at)
    ORDER BY merchant_id, trade_key COLLATE "C"
    ON CONFLICT (merchant_id, trade_key) DO NOTHING
    RETURNING id, pickup_code_id, trade_id, amount, created_at
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
)
SELECT id, order_id, record_id, (SELECT COUNT(*) FROM made) FROM used
