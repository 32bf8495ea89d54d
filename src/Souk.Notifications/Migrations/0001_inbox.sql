-- The inbox of customers: what they are told as it happens, kept for some days so that who was away misses nothing.
-- Ids only: whoever is told reads the rest where it stands.
CREATE SCHEMA notifications;

-- One for each customer, an account or a guest. Its row lock is what numbers messages: whoever holds it writes the next.
CREATE TABLE notifications.streams (
    customer_id   uuid   NOT NULL PRIMARY KEY,
    epoch         uuid   NOT NULL,                                     -- a new one whenever counting began anew: then older positions mean nothing
    last_sequence bigint NOT NULL CHECK (last_sequence >= 0),
    used_on       date   NOT NULL                                      -- of the last message or listener; changes once a day, so that counting is a HOT update
) WITH (fillfactor = 70);

CREATE INDEX streams_by_use ON notifications.streams (used_on);

CREATE TABLE notifications.messages (
    customer_id uuid        NOT NULL,
    sequence    bigint      NOT NULL CHECK (sequence > 0),             -- 1, 2, 3, … in an epoch, without gaps; trimmed from the front
    type        text        NOT NULL CHECK (length(type) BETWEEN 1 AND 64),
    occurred_at timestamptz NOT NULL,
    payload     jsonb       NOT NULL,
    PRIMARY KEY (customer_id, sequence)
);

ALTER TABLE notifications.messages ADD CONSTRAINT messages_of_a_stream FOREIGN KEY (customer_id) REFERENCES notifications.streams (customer_id) ON DELETE CASCADE;

CREATE INDEX messages_by_age ON notifications.messages (occurred_at);

-- Rows only come and, days later, go: the statistics must not wait for a fifth of the table.
ALTER TABLE notifications.messages SET (autovacuum_vacuum_insert_scale_factor = 0.05, autovacuum_analyze_scale_factor = 0.02);

-- What a browser opens its stream with, where it can send no header: once, and only for half a minute.
CREATE TABLE notifications.tickets (
    hash        bytea       NOT NULL PRIMARY KEY CHECK (length(hash) = 32),   -- SHA-256: who reads this table can open nothing
    customer_id uuid        NOT NULL,
    session_id  uuid,                                                        -- null for a guest
    expires_at  timestamptz NOT NULL
);

CREATE INDEX tickets_of_a_customer ON notifications.tickets (customer_id, expires_at);
CREATE INDEX tickets_by_age ON notifications.tickets (expires_at);
