-- outside a transaction
ALTER TABLE ordering.orders VALIDATE CONSTRAINT orders_fulfilled_when_paid;
ALTER TABLE ordering.order_changes VALIDATE CONSTRAINT order_changes_follow_the_diagram;
