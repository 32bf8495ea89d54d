-- A kit is a variant that is sold as other variants. It has no stock of its own; its row says what shoppers see of it.
ALTER TABLE ordering.stock ADD COLUMN is_kit boolean NOT NULL DEFAULT false;
ALTER TABLE ordering.stock ADD CONSTRAINT stock_kit_has_none CHECK (NOT is_kit OR (on_hand = 0 AND reserved = 0 AND safety_stock = 0 AND backorder_limit = 0)) NOT VALID;

-- That no component is a kit holds by the locks of both stock rows, which who writes here takes first.
CREATE TABLE ordering.kit_components (
    kit_id     uuid NOT NULL,
    variant_id uuid NOT NULL,
    quantity   int  NOT NULL CHECK (quantity BETWEEN 1 AND 1000),
    PRIMARY KEY (kit_id, variant_id),
    CONSTRAINT kit_is_not_in_itself CHECK (kit_id <> variant_id)
);
ALTER TABLE ordering.kit_components ADD CONSTRAINT kit_components_kit_exists FOREIGN KEY (kit_id) REFERENCES ordering.stock (variant_id);
ALTER TABLE ordering.kit_components ADD CONSTRAINT kit_components_stock_exists FOREIGN KEY (variant_id) REFERENCES ordering.stock (variant_id);
CREATE INDEX kit_components_by_variant ON ordering.kit_components (variant_id);
