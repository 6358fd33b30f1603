-- name: DeliveriesByChannel :many
-- How deliveries of a machine ended that belong to a merchant's orders since a
-- time, tests left out, by the channel that has the product now. partly tells of
-- those that failed after some pieces had dropped.
SELECT deliveries.product_id, channels.name AS channel_name, deliveries.state, deliveries.fail_reason,
    CAST(CASE WHEN deliveries.state = 'FAILED' AND deliveries.delivered > 0 THEN 1 ELSE 0 END AS BIGINT) AS partly,
    CAST(COUNT(*) AS BIGINT) AS deliveries
FROM orders
JOIN records ON records.order_id = orders.id
JOIN deliveries ON deliveries.record_id = records.id
JOIN products ON products.id = deliveries.product_id
JOIN channels ON channels.id = products.channel_id
WHERE orders.machine_id = sqlc.arg(machine_id) AND orders.created_at >= sqlc.arg(since)
  AND orders.merchant_id = sqlc.arg(merchant_id) AND orders.status <> 8
  AND deliveries.machine_id = orders.machine_id AND deliveries.state IN ('SUCCESS', 'PICKED_UP', 'FAILED', 'TIMEOUT')
GROUP BY deliveries.product_id, channels.name, channels.addr, channels.motor, deliveries.state, deliveries.fail_reason, 5
ORDER BY channels.addr, channels.motor, COUNT(*) DESC, deliveries.state, deliveries.fail_reason, 5;
