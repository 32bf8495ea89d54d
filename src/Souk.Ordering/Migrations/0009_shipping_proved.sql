-- outside a transaction
ALTER TABLE ordering.orders VALIDATE CONSTRAINT orders_off_shelf_when_shipped;
ALTER TABLE ordering.stock_movements VALIDATE CONSTRAINT movement_has_a_reason;
ALTER TABLE ordering.stock_movements VALIDATE CONSTRAINT movement_of_an_order_ships;
-- What was shipped and still lies in the numbers: nothing, but for the previous release.
CREATE INDEX CONCURRENTLY IF NOT EXISTS orders_shipped_on_shelf ON ordering.orders (id) WHERE fulfilment_status IN ('shipped', 'delivered') AND NOT off_shelf;
CREATE INDEX CONCURRENTLY IF NOT EXISTS stock_movements_of_an_order ON ordering.stock_movements (order_id) WHERE order_id IS NOT NULL;
