-- The security log (docs/security-log.md): who did what to what, chained so that whoever changes it is found out. Like queues it stays in one place
-- when customers' tables are spread over machines.

-- Entries as acts leave them, in the transaction of the act. Within about a second the sealer moves them into the log.
CREATE TABLE platform.security_unsealed (
    n           bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,   -- what was committed before another act began has the lower one
    id          uuid        NOT NULL,
    at          timestamptz NOT NULL,
    act         text        NOT NULL CHECK (act ~ '^[a-z_]{3,32}$'),
    outcome     text        NOT NULL CHECK (outcome IN ('begun', 'done', 'refused')),
    actor_kind  text        NOT NULL CHECK (actor_kind IN ('account', 'api_key', 'guest', 'system', 'nobody')),
    actor_id    uuid,
    target_kind text        CHECK (target_kind ~ '^[a-z]{2,8}$'),       -- the prefix of the id
    target_id   uuid,
    address     bytea       CHECK (length(address) <= 100),             -- encrypted under the key of the account concerned
    details     jsonb       NOT NULL CHECK (jsonb_typeof(details) = 'object' AND length(details::text) <= 4000),
    trace_id    text        CHECK (length(trace_id) <= 64),
    CONSTRAINT security_unsealed_actor CHECK ((actor_kind IN ('account', 'api_key', 'guest')) = (actor_id IS NOT NULL)),
    CONSTRAINT security_unsealed_target CHECK ((target_kind IS NULL) = (target_id IS NULL))
) WITH (autovacuum_vacuum_scale_factor = 0.02, autovacuum_analyze_scale_factor = 0.02);

CREATE TABLE platform.security_log (
    seq         bigint      NOT NULL PRIMARY KEY CHECK (seq > 0),       -- 1, 2, 3, … without gaps
    id          uuid        NOT NULL UNIQUE,
    at          timestamptz NOT NULL,
    act         text        NOT NULL,
    outcome     text        NOT NULL,
    actor_kind  text        NOT NULL,
    actor_id    uuid,
    target_kind text,
    target_id   uuid,
    address     bytea,
    details     jsonb       NOT NULL,
    trace_id    text,
    format      smallint    NOT NULL CHECK (format = 1),                -- how the entry was written as bytes
    key_id      bytea       NOT NULL CHECK (length(key_id) = 4),        -- which key sealed it; tells nothing of the key
    mac         bytea       NOT NULL CHECK (length(mac) = 32),          -- of the entry alone
    hash        bytea       NOT NULL CHECK (length(hash) = 32)          -- of the hash before it, seq and mac
) WITH (autovacuum_vacuum_insert_scale_factor = 0.05, autovacuum_analyze_scale_factor = 0.02);
CREATE INDEX security_log_by_act ON platform.security_log (act, id);
CREATE INDEX security_log_by_actor ON platform.security_log (actor_id, id) WHERE actor_id IS NOT NULL;
CREATE INDEX security_log_by_target ON platform.security_log (target_id, id) WHERE target_id IS NOT NULL;

-- Where the chain ends. Its row is the turnstile of sealers: one at a time over all nodes.
CREATE TABLE platform.security_head (
    is_only_row boolean NOT NULL PRIMARY KEY CHECK (is_only_row),
    seq         bigint  NOT NULL CHECK (seq >= 0),
    hash        bytea   NOT NULL CHECK (length(hash) = 32)
) WITH (fillfactor = 50);
INSERT INTO platform.security_head (is_only_row, seq, hash) VALUES (true, 0, decode(repeat('00', 32), 'hex'));

-- Alerts that were raised: one for each rule, subject and hour.
CREATE TABLE platform.security_alerts (
    rule    text        NOT NULL,
    subject uuid        NOT NULL,
    hour    timestamptz NOT NULL,
    id      uuid        NOT NULL,
    seq     bigint      NOT NULL,                                       -- the entry that raised it
    PRIMARY KEY (subject, rule, hour)
);

-- A second line, against mistakes and against whoever holds the application's role: that may write rows, but neither drop nor disable a trigger of
-- the role that migrates. It is no proof, for the owner can; the chain is.
CREATE FUNCTION platform.refuse_to_change_the_security_log() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'The security log is only added to: % is refused.', TG_OP USING ERRCODE = 'insufficient_privilege';
END $$;
CREATE TRIGGER security_log_is_only_added_to BEFORE UPDATE OR DELETE OR TRUNCATE ON platform.security_log
    FOR EACH STATEMENT EXECUTE FUNCTION platform.refuse_to_change_the_security_log();
