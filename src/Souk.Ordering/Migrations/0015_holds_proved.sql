-- outside a transaction
ALTER TABLE ordering.carts VALIDATE CONSTRAINT carts_hold_is_whole;
CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS carts_hold_slots ON ordering.carts (customer_id, hold_slot) WHERE hold_slot IS NOT NULL;
CREATE INDEX CONCURRENTLY IF NOT EXISTS carts_holds_end ON ordering.carts (held_until) WHERE held_until IS NOT NULL;
