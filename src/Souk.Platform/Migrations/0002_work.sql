-- The running half of jobs and events: who reads the event log and how far, what waits there, when schedules last ticked.

-- A named reader of the event log. Everything up to (xid, id) was handed to it, or stands in parked_events.
CREATE TABLE platform.subscribers (
    name    text        NOT NULL PRIMARY KEY,
    xid     xid8        NOT NULL,
    id      bigint      NOT NULL,
    seen_at timestamptz NOT NULL                  -- when a worker last said that it runs this subscriber
) WITH (fillfactor = 50);

-- How far a subscriber has handled each aggregate. The aggregate's name is the first half of its event types: a variant has a list_price and a stock.
CREATE TABLE platform.inbox (
    subscriber   text        NOT NULL,
    aggregate    text        NOT NULL,
    aggregate_id uuid        NOT NULL,
    version      int         NOT NULL CHECK (version >= 0),
    handled_at   timestamptz NOT NULL,
    PRIMARY KEY (aggregate_id, subscriber, aggregate)
) WITH (fillfactor = 80, autovacuum_vacuum_scale_factor = 0.05, autovacuum_analyze_scale_factor = 0.02);

-- Events that a subscriber has read and cannot handle yet: one that failed and those behind it, or those before which a version is still to come.
CREATE TABLE platform.parked_events (
    subscriber   text        NOT NULL,
    aggregate    text        NOT NULL,
    aggregate_id uuid        NOT NULL,
    version      int         NOT NULL CHECK (version > 0),
    type         text        NOT NULL,
    occurred_at  timestamptz NOT NULL,
    payload      jsonb       NOT NULL,
    PRIMARY KEY (aggregate_id, subscriber, aggregate, version)
);

-- The last instant of a schedule that was turned into a job, by whichever node was first.
CREATE TABLE platform.schedules (
    job_type  text        NOT NULL PRIMARY KEY,
    ticked_at timestamptz NOT NULL
);

-- A worker claims by type, as many of each as it has hands free.
CREATE INDEX jobs_due_by_type ON platform.jobs (type, due_at, id);
DROP INDEX platform.jobs_due;

-- Rows only come and, a week later, go: the statistics must not wait for a fifth of the table.
ALTER TABLE platform.outbox SET (autovacuum_vacuum_insert_scale_factor = 0.05, autovacuum_analyze_scale_factor = 0.02);
