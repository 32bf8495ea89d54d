-- What there is to sell, and where it lies.
CREATE TABLE ordering.locations (
    id         uuid        NOT NULL PRIMARY KEY,
    name       text        NOT NULL CHECK (name <> '' AND length(name) <= 200),
    created_at timestamptz NOT NULL
);

-- One row per variant, over all locations: the only row that a sale locks. Never deleted, so that a variant without one was never stocked.
CREATE TABLE ordering.stock (
    variant_id    uuid NOT NULL PRIMARY KEY,
    on_hand       int  NOT NULL DEFAULT 0,                -- the sum of the variant's levels
    reserved      int  NOT NULL DEFAULT 0,                -- promised to orders that have not left the shelf
    state         text NOT NULL DEFAULT 'out' CHECK (state IN ('in_stock', 'low', 'out')),
    state_version int  NOT NULL DEFAULT 0 CHECK (state_version >= 0),
    CONSTRAINT stock_is_countable CHECK (on_hand BETWEEN 0 AND 1000000000),
    CONSTRAINT stock_not_oversold CHECK (reserved BETWEEN 0 AND on_hand)
) WITH (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.02, autovacuum_analyze_scale_factor = 0.05);

CREATE TABLE ordering.stock_levels (
    variant_id  uuid NOT NULL,
    location_id uuid NOT NULL,
    on_hand     int  NOT NULL,
    version     int  NOT NULL CHECK (version > 0),
    PRIMARY KEY (variant_id, location_id),
    CONSTRAINT level_is_countable CHECK (on_hand BETWEEN 0 AND 1000000000)
) WITH (fillfactor = 80);

-- Every change of a level, for ever: a level is the sum of its movements. What orders reserve is told by the orders themselves.
CREATE TABLE ordering.stock_movements (
    variant_id  uuid        NOT NULL,
    id          uuid        NOT NULL,
    location_id uuid        NOT NULL,
    delta       int         NOT NULL CHECK (delta <> 0),
    reason      text        NOT NULL CHECK (reason IN ('count', 'import', 'received', 'damaged', 'lost', 'found', 'returned', 'correction')),
    on_hand     int         NOT NULL CHECK (on_hand >= 0),    -- what the level was afterwards
    actor_id    uuid,                                         -- the account that did it; null for an import
    created_at  timestamptz NOT NULL,
    PRIMARY KEY (variant_id, id)
);

ALTER TABLE ordering.locations ADD CONSTRAINT locations_name_is_taken UNIQUE (name);
ALTER TABLE ordering.stock_levels ADD CONSTRAINT stock_levels_stock_exists FOREIGN KEY (variant_id) REFERENCES ordering.stock (variant_id);
ALTER TABLE ordering.stock_levels ADD CONSTRAINT stock_levels_location_exists FOREIGN KEY (location_id) REFERENCES ordering.locations (id);
ALTER TABLE ordering.stock_movements ADD CONSTRAINT stock_movements_stock_exists FOREIGN KEY (variant_id) REFERENCES ordering.stock (variant_id);

-- A statement of a batch casts a finding to one of these, so that a "no" undoes the whole batch and says by its name what it was.
CREATE DOMAIN ordering.must_be_stocked AS boolean CONSTRAINT variant_was_stocked CHECK (VALUE);
