-- The reasons that shops ask for, and a note. The words of before stay in what was written, and the previous release may still write them.
ALTER TABLE ordering.stock_movements ADD COLUMN note text;
ALTER TABLE ordering.stock_movements ADD CONSTRAINT movement_note_is_short CHECK (note <> '' AND length(note) <= 500) NOT VALID;
ALTER TABLE ordering.stock_movements DROP CONSTRAINT stock_movements_reason_check;
ALTER TABLE ordering.stock_movements ADD CONSTRAINT movement_has_a_reason
    CHECK (reason IN ('received', 'counted', 'damaged', 'lost', 'returned', 'other', 'import', 'count', 'found', 'correction')) NOT VALID;
