-- Failed sign-ins of late, by what they were aimed at and where they came from: an e-mail, an address range, a known device, a session that changes its password.
-- Nothing here is personal: a key is a keyed hash, and goes with the failures.
--   absent -> counted (each failure moves forgotten_at on) -> forgotten (forgotten_at has passed: no write; a job deletes)
CREATE TABLE identity.sign_in_failures (
    key          bytea       NOT NULL PRIMARY KEY CHECK (length(key) = 16),
    failed_at    timestamptz NOT NULL,
    forgotten_at timestamptz NOT NULL,   -- when the last failure is forgotten; what lies between says how many there are
    tried        bigint      NOT NULL,   -- of an address range: a bit for each e-mail tried since tried_since, several e-mails to a bit
    tried_since  timestamptz NOT NULL,
    CONSTRAINT sign_in_failures_last CHECK (forgotten_at >= failed_at)
) WITH (fillfactor = 70);
-- Every failure changes an index then: failures are as slow as hashing passwords, and who deletes must find what is over.
CREATE INDEX sign_in_failures_by_end ON identity.sign_in_failures (forgotten_at);
