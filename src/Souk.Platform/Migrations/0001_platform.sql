-- What every module stands on: idempotency keys, the event log, jobs and schedules.
CREATE SCHEMA IF NOT EXISTS platform;

-- One row per request that had an effect, written in the transaction of the effect.
CREATE TABLE platform.idempotency_keys (
    scope       uuid        NOT NULL,             -- the client: account, API key or guest
    key         text        NOT NULL CHECK (length(key) BETWEEN 16 AND 255),
    fingerprint bytea       NOT NULL,             -- SHA-256 of method, path and request
    resource_id uuid        NOT NULL,             -- what was made; the replay is rendered from it
    created_at  timestamptz NOT NULL,
    PRIMARY KEY (scope, key)
);

-- The event log. Ids commit out of order, so readers go by (xid, id) and stop below the oldest running transaction.
CREATE TABLE platform.outbox (
    xid          xid8        NOT NULL DEFAULT pg_current_xact_id(),
    id           bigint      GENERATED ALWAYS AS IDENTITY,
    type         text        NOT NULL,
    aggregate_id uuid        NOT NULL,
    version      int         NOT NULL CHECK (version > 0),
    occurred_at  timestamptz NOT NULL,
    payload      jsonb       NOT NULL,
    PRIMARY KEY (xid, id)
);

-- Work to do. A finished job is deleted; one that failed for good moves to dead_jobs.
CREATE TABLE platform.jobs (
    id           uuid        NOT NULL PRIMARY KEY,
    type         text        NOT NULL,
    args         jsonb       NOT NULL,
    due_at       timestamptz NOT NULL,
    attempts     int         NOT NULL DEFAULT 0,
    leased_until timestamptz,                     -- in no index, so that claiming is a HOT update
    last_error   text
) WITH (fillfactor = 80, autovacuum_vacuum_scale_factor = 0.02, autovacuum_analyze_scale_factor = 0.02);
CREATE INDEX jobs_due ON platform.jobs (due_at, id);

CREATE TABLE platform.dead_jobs (
    id         uuid        NOT NULL PRIMARY KEY,
    type       text        NOT NULL,
    args       jsonb       NOT NULL,
    attempts   int         NOT NULL,
    last_error text        NOT NULL,
    died_at    timestamptz NOT NULL
);
