-- outside a transaction
ALTER TABLE ordering.stock VALIDATE CONSTRAINT stock_kit_has_none;
