-- outside a transaction
ALTER TABLE ordering.stock VALIDATE CONSTRAINT stock_rules_are_bounded;
ALTER TABLE ordering.stock VALIDATE CONSTRAINT stock_backorder_has_a_kind;
ALTER TABLE ordering.stock VALIDATE CONSTRAINT stock_incoming_has_units;
ALTER TABLE ordering.stock VALIDATE CONSTRAINT stock_not_oversold;
ALTER TABLE ordering.stock VALIDATE CONSTRAINT stock_state_is_known;
-- What ends by the clock. A sale changes none of its columns, so that it stays a HOT update.
CREATE INDEX CONCURRENTLY IF NOT EXISTS stock_backorder_ends ON ordering.stock (backorder_until) WHERE backorder_until IS NOT NULL;
