-- Who may sign in, from where they are signed in, and what access tokens are signed with.
-- Personal columns are ciphertext under the key of the person, which is the account.
CREATE SCHEMA IF NOT EXISTS identity;

CREATE TABLE identity.accounts (
    id                       uuid        NOT NULL PRIMARY KEY,
    email                    bytea       NOT NULL,   -- as the person spells it, encrypted
    name                     bytea,                  -- encrypted
    locale                   text        CHECK (length(locale) BETWEEN 2 AND 35),
    password_hash            text        NOT NULL CHECK (password_hash LIKE '$argon2id$%'),
    password_change_required boolean     NOT NULL,   -- a one-time password
    is_staff                 boolean     NOT NULL,
    version                  int         NOT NULL CHECK (version > 0),
    created_at               timestamptz NOT NULL,
    updated_at               timestamptz NOT NULL CHECK (updated_at >= created_at)
);

-- One account for each e-mail, in all its spellings. Keyed by the blind index alone, so that it stays unique when accounts are spread over shards.
CREATE TABLE identity.email_claims (
    email_index bytea NOT NULL PRIMARY KEY CHECK (length(email_index) = 17),
    account_id  uuid  NOT NULL
);

-- How many accounts are staff. The one row decides races: there is one first account, and the last one stays.
CREATE TABLE identity.staff_count (
    is_only_row boolean NOT NULL PRIMARY KEY CHECK (is_only_row),
    accounts    int     NOT NULL CHECK (accounts >= 0)
);
INSERT INTO identity.staff_count (is_only_row, accounts) VALUES (true, 0);

-- A session is one sign-in on one device. Its one current secret is a refresh token or a cookie; only the SHA-256 of it is here.
--   living -> revoked                       (signed out, reuse seen, password changed, role lost)
--   living -> expired                       (idle_until or expires_at has passed: no write)
CREATE TABLE identity.sessions (
    account_id           uuid        NOT NULL,
    id                   uuid        NOT NULL,
    mode                 text        NOT NULL CHECK (mode IN ('token', 'cookie')),
    secret_hash          bytea       NOT NULL CHECK (length(secret_hash) = 32),
    previous_secret_hash bytea       CHECK (length(previous_secret_hash) = 32),  -- spent by the last refresh
    retry_key_hash       bytea       CHECK (length(retry_key_hash) = 32),        -- SHA-256 of the Idempotency-Key of the last refresh
    created_at           timestamptz NOT NULL,
    idle_until           timestamptz NOT NULL,
    expires_at           timestamptz NOT NULL,
    revoked_at           timestamptz,
    revoked_because      text        CHECK (revoked_because IN ('signed_out', 'refresh_token_reused', 'password_changed', 'role_lost')),
    PRIMARY KEY (account_id, id),
    CONSTRAINT sessions_end_in_time CHECK (created_at < expires_at AND idle_until <= expires_at),
    CONSTRAINT sessions_revoked_for_a_reason CHECK ((revoked_at IS NULL) = (revoked_because IS NULL)),
    CONSTRAINT sessions_retry_what_was_spent CHECK (retry_key_hash IS NULL OR previous_secret_hash IS NOT NULL)
) WITH (fillfactor = 80);
ALTER TABLE identity.sessions ADD CONSTRAINT sessions_of_an_account FOREIGN KEY (account_id) REFERENCES identity.accounts (id) ON DELETE CASCADE;
CREATE INDEX sessions_revoked ON identity.sessions (revoked_at) WHERE revoked_at IS NOT NULL;
CREATE INDEX sessions_by_end ON identity.sessions (expires_at);

-- Keys that access tokens are signed with. One signs at a time; a retired one may still be checked with while its tokens live.
CREATE TABLE identity.signing_keys (
    id          text        NOT NULL PRIMARY KEY,     -- kid, the RFC 7638 thumbprint of the public key
    algorithm   text        NOT NULL CHECK (algorithm = 'ES256'),
    public_key  bytea       NOT NULL,                 -- SubjectPublicKeyInfo
    private_key bytea       NOT NULL,                 -- PKCS 8 under AES-256-GCM
    created_at  timestamptz NOT NULL,
    retired_at  timestamptz CHECK (retired_at >= created_at)
);
CREATE UNIQUE INDEX signing_keys_one_signs ON identity.signing_keys (algorithm) WHERE retired_at IS NULL;
