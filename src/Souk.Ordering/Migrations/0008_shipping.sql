-- Units leave the shelf when their order is shipped. Orders that were shipped before, or by the previous release, still lie in the numbers: a job takes them off.
ALTER TABLE ordering.orders ADD COLUMN off_shelf boolean NOT NULL DEFAULT false;
ALTER TABLE ordering.orders ADD CONSTRAINT orders_off_shelf_when_shipped CHECK (NOT off_shelf OR fulfilment_status IN ('shipped', 'delivered')) NOT VALID;

-- For which order units left; null for what moved by hand.
ALTER TABLE ordering.stock_movements ADD COLUMN order_id uuid;
ALTER TABLE ordering.stock_movements DROP CONSTRAINT IF EXISTS stock_movements_reason_check;
ALTER TABLE ordering.stock_movements DROP CONSTRAINT IF EXISTS movement_has_a_reason;
ALTER TABLE ordering.stock_movements ADD CONSTRAINT movement_has_a_reason
    CHECK (reason IN ('received', 'counted', 'damaged', 'lost', 'returned', 'other', 'import', 'shipped', 'count', 'found', 'correction')) NOT VALID;
ALTER TABLE ordering.stock_movements ADD CONSTRAINT movement_of_an_order_ships
    CHECK ((order_id IS NOT NULL) = (reason = 'shipped') AND (order_id IS NULL OR delta < 0)) NOT VALID;

-- Which location is emptied first: the lowest priority, or the nearest to where the order goes.
ALTER TABLE ordering.locations ADD COLUMN priority int NOT NULL DEFAULT 100;
ALTER TABLE ordering.locations ADD COLUMN country char(2);
ALTER TABLE ordering.locations ADD COLUMN postal_code text;
ALTER TABLE ordering.locations ADD COLUMN version int NOT NULL DEFAULT 1;
ALTER TABLE ordering.locations ADD CONSTRAINT locations_are_ranked CHECK (priority BETWEEN 0 AND 1000000);
ALTER TABLE ordering.locations ADD CONSTRAINT locations_lie_in_a_country CHECK (country ~ '^[A-Z]{2}$');
ALTER TABLE ordering.locations ADD CONSTRAINT locations_postal_code_is_short CHECK (postal_code <> '' AND length(postal_code) <= 20);
ALTER TABLE ordering.locations ADD CONSTRAINT locations_are_counted CHECK (version > 0);
