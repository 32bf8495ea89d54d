-- outside a transaction
ALTER TABLE ordering.stock_movements VALIDATE CONSTRAINT movement_note_is_short;
ALTER TABLE ordering.stock_movements VALIDATE CONSTRAINT movement_has_a_reason;
