-- The money of orders: what was asked of a provider, what came of it, and whether the order took it.
CREATE SCHEMA payments;

-- One attempt to take the money of an order.
--   pending -> captured                     (the provider has the money; then the order takes it: accepted_at)
--   captured -> refunded                    (the order would not take it: refused_at, and the money went back)
--   pending -> declined                     (the provider took nothing and never will)
CREATE TABLE payments.payments (
    customer_id        uuid        NOT NULL,             -- whom the order belongs to: account or guest
    id                 uuid        NOT NULL,             -- also the provider's idempotency key
    order_id           uuid        NOT NULL,
    idempotency_key    text        NOT NULL CHECK (length(idempotency_key) BETWEEN 16 AND 255),
    fingerprint        bytea       NOT NULL CHECK (length(fingerprint) = 32),
    method             text        NOT NULL CHECK (length(method) BETWEEN 1 AND 64),
    token              text        CHECK (length(token) <= 255),   -- what the provider is asked with; forgotten once it has answered
    amount             bigint      NOT NULL CHECK (amount BETWEEN 0 AND 9007199254740991),   -- what a JSON number holds exactly
    currency           char(3)     NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
    status             text        NOT NULL CHECK (status IN ('pending', 'captured', 'declined', 'refunded')),
    provider_reference text        CHECK (length(provider_reference) BETWEEN 1 AND 255),
    version            int         NOT NULL CHECK (version > 0),   -- 1 + the changes of status
    created_at         timestamptz NOT NULL,
    captured_at        timestamptz,
    declined_at        timestamptz,
    accepted_at        timestamptz,                      -- the order is paid by this payment
    refused_at         timestamptz,                      -- the order would not take it: the money must go back
    refunded_at        timestamptz,
    PRIMARY KEY (customer_id, id),
    CONSTRAINT payments_one_per_key UNIQUE (customer_id, idempotency_key),
    CONSTRAINT payments_captured_once CHECK ((status IN ('captured', 'refunded')) = (captured_at IS NOT NULL)),
    CONSTRAINT payments_declined_once CHECK ((status = 'declined') = (declined_at IS NOT NULL)),
    CONSTRAINT payments_refunded_once CHECK ((status = 'refunded') = (refunded_at IS NOT NULL)),
    CONSTRAINT payments_answered_by_a_provider CHECK (captured_at IS NULL OR provider_reference IS NOT NULL),
    CONSTRAINT payments_token_while_needed CHECK (token IS NULL OR status = 'pending'),
    CONSTRAINT payments_accepted_is_kept CHECK (accepted_at IS NULL OR (status = 'captured' AND refused_at IS NULL)),
    CONSTRAINT payments_refused_had_money CHECK (refused_at IS NULL OR captured_at IS NOT NULL),
    CONSTRAINT payments_refunded_was_refused CHECK (refunded_at IS NULL OR refused_at IS NOT NULL)
) WITH (fillfactor = 80);

-- Two tabs pay once: an order has at most one payment that holds its money or may still come to hold it.
CREATE UNIQUE INDEX payments_one_live ON payments.payments (customer_id, order_id) WHERE status IN ('pending', 'captured');
-- An order's payments, newest first; an order has one customer.
CREATE INDEX payments_by_order ON payments.payments (order_id, id);
-- Staff look over all customers: all, and those of a status.
CREATE INDEX payments_by_id ON payments.payments (id);
CREATE INDEX payments_by_status ON payments.payments (status, id);

-- One row per change of status. That it was made, and when, the payment itself says.
CREATE TABLE payments.payment_changes (
    customer_id uuid        NOT NULL,
    payment_id  uuid        NOT NULL,
    version     int         NOT NULL CHECK (version > 1),   -- of the payment after the change
    from_status text        NOT NULL,
    to_status   text        NOT NULL,
    changed_at  timestamptz NOT NULL,
    PRIMARY KEY (customer_id, payment_id, version),
    CONSTRAINT payment_changes_are_possible CHECK (
        (from_status, to_status) IN (('pending', 'captured'), ('pending', 'declined'), ('captured', 'refunded')))
);
ALTER TABLE payments.payment_changes ADD CONSTRAINT payment_changes_of_a_payment
    FOREIGN KEY (customer_id, payment_id) REFERENCES payments.payments (customer_id, id) ON DELETE CASCADE;

-- The books of the sandbox, which plays a provider outside the shop: written on its own connection, never together with ours. It knows no
-- customers and no orders, only the id it is asked with; what it did for an id it did once, however often it was asked.
CREATE TABLE payments.sandbox_charges (
    payment_id  uuid        NOT NULL PRIMARY KEY,
    reference   text        NOT NULL UNIQUE,
    status      text        NOT NULL CHECK (status IN ('captured', 'declined', 'cancelled', 'refunded')),
    amount      bigint,
    currency    char(3),
    asked       int         NOT NULL CHECK (asked > 0),      -- how often a charge was asked for
    refunds     int         NOT NULL CHECK (refunds >= 0),   -- how often a refund was asked for
    charged_at  timestamptz NOT NULL,
    refunded_at timestamptz,
    CONSTRAINT sandbox_charges_cancelled_before_any CHECK ((status = 'cancelled') = (amount IS NULL) AND (amount IS NULL) = (currency IS NULL)),
    CONSTRAINT sandbox_charges_refunded_once CHECK ((status = 'refunded') = (refunded_at IS NOT NULL))
) WITH (fillfactor = 80);
