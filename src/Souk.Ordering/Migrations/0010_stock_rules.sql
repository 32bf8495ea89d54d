-- What staff decide about a variant: units that are never sold, how many may be sold before they lie there, until when, and what is on its way.
ALTER TABLE ordering.stock ADD COLUMN safety_stock int NOT NULL DEFAULT 0;
ALTER TABLE ordering.stock ADD COLUMN low_stock int;                                   -- null: the shop's Ordering:LowStock
ALTER TABLE ordering.stock ADD COLUMN backorder_kind text;
ALTER TABLE ordering.stock ADD COLUMN backorder_limit int NOT NULL DEFAULT 0;
ALTER TABLE ordering.stock ADD COLUMN backorder_until timestamptz;
ALTER TABLE ordering.stock ADD COLUMN oversold_max int NOT NULL DEFAULT 0;             -- the limit, or what was sold when the limit was lowered
ALTER TABLE ordering.stock ADD COLUMN incoming int NOT NULL DEFAULT 0;
ALTER TABLE ordering.stock ADD COLUMN incoming_at timestamptz;

ALTER TABLE ordering.stock ADD CONSTRAINT stock_rules_are_bounded CHECK (
    safety_stock BETWEEN 0 AND 1000000 AND low_stock BETWEEN 0 AND 1000000 AND incoming BETWEEN 0 AND 1000000000
    AND backorder_limit BETWEEN 0 AND 1000000 AND oversold_max BETWEEN backorder_limit AND 1000000000) NOT VALID;
ALTER TABLE ordering.stock ADD CONSTRAINT stock_backorder_has_a_kind CHECK (
    CASE WHEN backorder_kind IS NULL THEN backorder_limit = 0 AND backorder_until IS NULL ELSE backorder_kind IN ('backorder', 'preorder') AND backorder_limit > 0 END) NOT VALID;
ALTER TABLE ordering.stock ADD CONSTRAINT stock_incoming_has_units CHECK (incoming_at IS NULL OR incoming > 0) NOT VALID;

-- The last guard: whatever the rules say today, no more is promised than lies there and than could ever be promised beyond it.
ALTER TABLE ordering.stock DROP CONSTRAINT stock_not_oversold;
ALTER TABLE ordering.stock ADD CONSTRAINT stock_not_oversold CHECK (reserved >= 0 AND reserved::bigint <= on_hand::bigint + oversold_max) NOT VALID;
ALTER TABLE ordering.stock DROP CONSTRAINT stock_state_check;
ALTER TABLE ordering.stock ADD CONSTRAINT stock_state_is_known CHECK (state IN ('in_stock', 'low', 'out', 'backorder')) NOT VALID;

-- The first guard, in the statement that sells: the rules of today. It says the same "no" as the last one, so it has its name.
CREATE DOMAIN ordering.must_be_sellable AS boolean CONSTRAINT stock_not_oversold CHECK (VALUE);
