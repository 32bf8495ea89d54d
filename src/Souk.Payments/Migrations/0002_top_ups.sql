-- Money that a customer puts into their wallet: what was asked of a provider, what came of it, and whether the wallet has it.
--   pending -> captured   (the provider has the money; then the wallet is credited: credited_at)
--   pending -> declined   (the provider took nothing and never will)
CREATE TABLE payments.top_ups (
    customer_id        uuid        NOT NULL,
    id                 uuid        NOT NULL,             -- also the provider's idempotency key, and the ledger's
    idempotency_key    text        NOT NULL CHECK (length(idempotency_key) BETWEEN 16 AND 255),
    fingerprint        bytea       NOT NULL CHECK (length(fingerprint) = 32),
    method             text        NOT NULL CHECK (length(method) BETWEEN 1 AND 64),
    token              text        CHECK (length(token) <= 255),   -- what the provider is asked with; forgotten once it has answered
    amount             bigint      NOT NULL CHECK (amount BETWEEN 1 AND 9007199254740991),
    currency           char(3)     NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
    status             text        NOT NULL CHECK (status IN ('pending', 'captured', 'declined')),
    provider_reference text        CHECK (length(provider_reference) BETWEEN 1 AND 255),
    version            int         NOT NULL CHECK (version > 0),   -- 1, and 2 once the provider has answered
    created_at         timestamptz NOT NULL,
    captured_at        timestamptz,
    declined_at        timestamptz,
    credited_at        timestamptz,                      -- the wallet has it
    PRIMARY KEY (customer_id, id),
    CONSTRAINT top_ups_one_per_key UNIQUE (customer_id, idempotency_key),
    CONSTRAINT top_ups_captured_once CHECK ((status = 'captured') = (captured_at IS NOT NULL)),
    CONSTRAINT top_ups_declined_once CHECK ((status = 'declined') = (declined_at IS NOT NULL)),
    CONSTRAINT top_ups_answered_by_a_provider CHECK ((status = 'pending') = (provider_reference IS NULL)),
    CONSTRAINT top_ups_token_while_needed CHECK (token IS NULL OR status = 'pending'),
    CONSTRAINT top_ups_credited_had_money CHECK (credited_at IS NULL OR captured_at IS NOT NULL)
) WITH (fillfactor = 80);
