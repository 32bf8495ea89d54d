-- A hold stands in the row of its cart, so that the lock of that row decides between order, release and expiry, and an order gives it up in the statement
-- that claims the cart anyway.
ALTER TABLE ordering.carts ADD COLUMN held jsonb;                    -- what is reserved for the cart: variant and quantity, kits as their components
ALTER TABLE ordering.carts ADD COLUMN held_until timestamptz;
ALTER TABLE ordering.carts ADD COLUMN hold_slot smallint;            -- a customer holds few carts at once: one for each slot
ALTER TABLE ordering.carts ADD CONSTRAINT carts_hold_is_whole CHECK (
    (held IS NULL) = (held_until IS NULL) AND (held IS NULL) = (hold_slot IS NULL) AND hold_slot BETWEEN 1 AND 3) NOT VALID;
