-- outside a transaction
-- Roles beside staff, which keeps its column: the previous release reads that one alone, and the count of the last staff account stands on it.
ALTER TABLE identity.accounts ADD COLUMN IF NOT EXISTS roles text[] NOT NULL DEFAULT '{}';
ALTER TABLE identity.accounts DROP CONSTRAINT IF EXISTS accounts_have_known_roles;
ALTER TABLE identity.accounts ADD CONSTRAINT accounts_have_known_roles CHECK (roles <@ ARRAY['support', 'warehouse', 'finance', 'catalogue']) NOT VALID;
ALTER TABLE identity.accounts VALIDATE CONSTRAINT accounts_have_known_roles;

-- API keys of machines. Of the secret only the SHA-256 is here; while a rotation overlaps, also that of the one before.
--   living -> revoked                       (stays as it is, for whoever asks later what it was)
--   living -> expired                       (expires_at has passed: no write)
CREATE TABLE IF NOT EXISTS identity.api_keys (
    id                   uuid        NOT NULL PRIMARY KEY,
    name                 text        NOT NULL CHECK (length(name) BETWEEN 1 AND 100),
    permissions          text[]      NOT NULL CHECK (cardinality(permissions) BETWEEN 1 AND 50 AND NOT permissions && ARRAY['keys:write', 'users:write']),
    secret_hash          bytea       NOT NULL CHECK (length(secret_hash) = 32),
    secret_used          boolean     NOT NULL DEFAULT false,      -- whoever it was made for has it
    previous_secret_hash bytea       CHECK (length(previous_secret_hash) = 32),
    previous_until       timestamptz,
    created_by           uuid        NOT NULL,                    -- the account that made it
    created_at           timestamptz NOT NULL,
    expires_at           timestamptz NOT NULL,
    last_used_at         timestamptz,
    revoked_at           timestamptz,
    CONSTRAINT api_keys_end_in_time CHECK (expires_at > created_at AND expires_at - created_at <= interval '400 days'),
    CONSTRAINT api_keys_previous_secret_has_its_end CHECK ((previous_secret_hash IS NULL) = (previous_until IS NULL))
) WITH (fillfactor = 80);
