-- Counts every change of what things cost and how they are shipped, so that a node knows whether what it remembers still holds.
CREATE TABLE pricing.changes (
    id      smallint NOT NULL PRIMARY KEY CHECK (id = 1),
    version bigint   NOT NULL CHECK (version > 0)
);
INSERT INTO pricing.changes (id, version) VALUES (1, 1);
