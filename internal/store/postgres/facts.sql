-- RedemptionFacts (../queries/redemption.sql) for many requests at once; $1–$4 are
-- their machine numbers, codes, merchants and trade keys. Orders are looked up as
-- a range in an order, though there is at most one: only the index of that column
-- has this order, so the server, which is told to avoid sorting, takes it even when
-- it plans while it knows of few orders or none and all indexes cost about the same.
-- The plan is kept while the table fills.
SELECT r.number, m.id AS machine_id, m.merchant_id, m.status AS machine_status, m.pickup_code_enabled, m.timezone, p.is_online,
    CAST(COALESCE(c.id, 0) AS BIGINT) AS code_id,
    CAST(COALESCE(c.product_id, 0) AS BIGINT) AS code_product_id,
    CAST(COALESCE(c.quantity, 0) AS BIGINT) AS code_quantity,
    CAST(COALESCE(c.state, '') AS TEXT) AS code_state,
    CAST(COALESCE(c.expired_at, 0) AS BIGINT) AS code_expired_at,
    CAST(COALESCE(c.order_id, 0) AS BIGINT) AS code_order_id,
    CAST(COALESCE(used.merchant_id, 0) AS BIGINT) AS code_used_by,
    CAST(COALESCE(o.id, 0) AS BIGINT) AS order_id,
    CAST(COALESCE(oc.code, '') AS TEXT) AS order_code,
    CAST(COALESCE(w.attempts, '') AS TEXT) AS wrong_attempts,
    CAST(COALESCE(w.locked_until, 0) AS BIGINT) AS wrong_locked_until,
    CAST(COALESCE(products.id, 0) AS BIGINT) AS product_id,
    COALESCE(products.on_sale, FALSE) AS on_sale,
    CAST(COALESCE(products.current_inventory, 0) AS BIGINT) AS current_inventory,
    CAST(COALESCE(products.floor_status, '') AS TEXT) AS floor_status,
    CAST(COALESCE(goods.id, 0) AS BIGINT) AS good_id,
    CAST(COALESCE(goods.price, 0) AS BIGINT) AS price,
    CAST(COALESCE(channels.id, 0) AS BIGINT) AS channel_id,
    CAST(COALESCE(model_boards.floor_type, 0) AS BIGINT) AS floor_type
FROM unnest($1::text[], $2::text[], $3::bigint[], $4::text[])
    WITH ORDINALITY AS r (machine_no, code, merchant_id, trade_key, number)
JOIN machines m ON m.machine_no = r.machine_no
JOIN presence p ON p.machine_id = m.id
LEFT JOIN pickup_codes c ON c.id = (
    SELECT n.id FROM pickup_codes n WHERE n.machine_id = m.id AND n.code = r.code ORDER BY n.id DESC LIMIT 1
)
LEFT JOIN LATERAL (
    SELECT merchant_id FROM orders WHERE id BETWEEN c.order_id AND c.order_id ORDER BY id LIMIT 1
) used ON TRUE
LEFT JOIN LATERAL (
    SELECT id, machine_id, pickup_code_id FROM orders
    WHERE merchant_id = r.merchant_id AND trade_key BETWEEN r.trade_key AND r.trade_key ORDER BY trade_key LIMIT 1
) o ON TRUE
LEFT JOIN pickup_codes oc ON oc.id = o.pickup_code_id AND o.machine_id = m.id
LEFT JOIN wrong_codes w ON w.machine_id = m.id
LEFT JOIN products ON products.id = c.product_id AND products.machine_id = m.id
LEFT JOIN goods ON goods.id = products.good_id
LEFT JOIN channels ON channels.id = products.channel_id
LEFT JOIN model_boards ON model_boards.model_id = m.model_id AND model_boards.addr = channels.addr
