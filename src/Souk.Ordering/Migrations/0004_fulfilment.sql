-- What the shop does for a paid order. Rows of today are unfulfilled, so there is nothing to look through: 0005 proves it without a lock.
ALTER TABLE ordering.orders ADD COLUMN fulfilment_status text NOT NULL DEFAULT 'unfulfilled';
ALTER TABLE ordering.orders ADD CONSTRAINT orders_fulfilled_when_paid
    CHECK (fulfilment_status = 'unfulfilled' OR (fulfilment_status IN ('packed', 'shipped', 'delivered') AND status = 'paid')) NOT VALID;

ALTER TABLE ordering.order_changes DROP CONSTRAINT order_changes_follow_the_diagram;
ALTER TABLE ordering.order_changes ADD CONSTRAINT order_changes_follow_the_diagram CHECK (
    (status_from = 'placed' AND status_to IN ('paid', 'cancelled', 'expired'))
    OR (status_from = 'unfulfilled' AND status_to IN ('packed', 'shipped', 'delivered'))
    OR (status_from = 'packed' AND status_to IN ('shipped', 'delivered'))
    OR (status_from = 'shipped' AND status_to = 'delivered')) NOT VALID;
