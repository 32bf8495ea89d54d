-- From where a session was begun, second factors, and the sign-ins that wait for one.

-- All may be null: the previous release writes none of them.
ALTER TABLE identity.sessions ADD COLUMN device           bytea;         -- what its owner may know it by, encrypted
ALTER TABLE identity.sessions ADD COLUMN address          bytea;         -- the IP address at the sign-in, encrypted
ALTER TABLE identity.sessions ADD COLUMN last_seen_at     timestamptz;   -- its last refresh, or step of a cookie's idle time; null: none since the sign-in
ALTER TABLE identity.sessions ADD COLUMN authenticated_at timestamptz;   -- its last step-up; null: none since the sign-in

-- Every reason there is, whichever migrations came before.
ALTER TABLE identity.sessions DROP CONSTRAINT IF EXISTS sessions_revoked_because_check;
ALTER TABLE identity.sessions DROP CONSTRAINT IF EXISTS sessions_revoked_because_known;
ALTER TABLE identity.sessions ADD CONSTRAINT sessions_revoked_because_known
    CHECK (revoked_because IN ('signed_out', 'refresh_token_reused', 'password_changed', 'role_lost', 'password_reset', 'revoked')) NOT VALID;

-- An authenticator (TOTP, RFC 6238), at most one of an account.
--   pending -> active      (a code of it was sent; until then it guards nothing, and a new one takes its place)
--   active  -> gone        (the row is deleted)
CREATE TABLE identity.totp_factors (
    account_id     uuid        NOT NULL PRIMARY KEY,
    secret         bytea       NOT NULL,             -- encrypted
    created_at     timestamptz NOT NULL,
    active_since   timestamptz,
    last_used_step bigint      CHECK (last_used_step >= 0),   -- of 30 s since 1970; no code of it or of one before is taken
    wrong_codes    int         NOT NULL DEFAULT 0 CHECK (wrong_codes >= 0),  -- since the last right one
    blocked_until  timestamptz,                      -- no code is looked at: too many were wrong
    CONSTRAINT totp_factors_active_by_a_code CHECK ((active_since IS NULL) = (last_used_step IS NULL)),
    CONSTRAINT totp_factors_blocked_for_wrong_codes CHECK (blocked_until IS NULL OR wrong_codes > 0)
) WITH (fillfactor = 80);
ALTER TABLE identity.totp_factors ADD CONSTRAINT totp_factors_of_an_account FOREIGN KEY (account_id) REFERENCES identity.accounts (id) ON DELETE CASCADE;

-- One-time codes for who has lost the authenticator. Used is deleted.
CREATE TABLE identity.recovery_codes (
    account_id uuid        NOT NULL,
    code_hash  bytea       NOT NULL CHECK (length(code_hash) = 32),   -- SHA-256 of account and code, which is 80 random bits
    created_at timestamptz NOT NULL,
    PRIMARY KEY (account_id, code_hash)
);
ALTER TABLE identity.recovery_codes ADD CONSTRAINT recovery_codes_of_an_account FOREIGN KEY (account_id) REFERENCES identity.accounts (id) ON DELETE CASCADE;

-- A sign-in whose password was right and whose second factor is due.
--   open -> answered       (used_at: a session was begun)
--   open -> given up       (five wrong codes, or the password is another by now)
--   open -> expired        (expires_at has passed: no write)
CREATE TABLE identity.challenges (
    account_id    uuid        NOT NULL,
    id            uuid        NOT NULL,
    secret_hash   bytea       NOT NULL CHECK (length(secret_hash) = 32),
    mode          text        NOT NULL CHECK (mode IN ('token', 'cookie')),   -- of the session to come
    password_seal bytea       NOT NULL CHECK (length(password_seal) = 32),    -- SHA-256 of the password hash that was checked
    wrong_codes   int         NOT NULL DEFAULT 0,
    created_at    timestamptz NOT NULL,
    expires_at    timestamptz NOT NULL,
    used_at       timestamptz,
    PRIMARY KEY (account_id, id),
    CONSTRAINT challenges_take_five_wrong_codes CHECK (wrong_codes BETWEEN 0 AND 5),
    CONSTRAINT challenges_end_in_time CHECK (created_at < expires_at)
);
ALTER TABLE identity.challenges ADD CONSTRAINT challenges_of_an_account FOREIGN KEY (account_id) REFERENCES identity.accounts (id) ON DELETE CASCADE;
CREATE INDEX challenges_by_end ON identity.challenges (expires_at);
