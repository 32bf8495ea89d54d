-- The sale. What an order says about its goods, prices and addresses never changes after placement; only its status does.
CREATE TABLE ordering.orders (
    customer_id      uuid        NOT NULL,                -- the account or guest; orders never move
    id               uuid        NOT NULL,
    number           text        NOT NULL CHECK (number ~ '^[0-9A-Z]{4}-[0-9A-Z]{4}$'),
    idempotency_key  text        NOT NULL CHECK (length(idempotency_key) BETWEEN 16 AND 255),
    fingerprint      bytea       NOT NULL CHECK (octet_length(fingerprint) = 32),
    cart_id          uuid,
    lines            jsonb       NOT NULL,                -- a snapshot: variant, SKU, name, quantity, price
    currency         char(3)     NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
    subtotal         bigint      NOT NULL CHECK (subtotal >= 0),
    discounts        bigint      NOT NULL CHECK (discounts BETWEEN 0 AND subtotal),
    shipping         bigint      NOT NULL CHECK (shipping >= 0),
    tax              bigint      NOT NULL CHECK (tax >= 0),
    total            bigint      NOT NULL,
    shipping_method  text,
    email            bytea,
    shipping_address bytea,
    billing_address  bytea,
    placed_at        timestamptz NOT NULL,
    expires_at       timestamptz NOT NULL,
    status           text        NOT NULL DEFAULT 'placed',
    payment_id       uuid,
    paid_at          timestamptz,
    closed_at        timestamptz,
    version          int         NOT NULL DEFAULT 1 CHECK (version > 0),
    PRIMARY KEY (customer_id, id),
    CONSTRAINT orders_add_up CHECK (total = subtotal - discounts + shipping + tax),
    CONSTRAINT orders_expire_later CHECK (expires_at > placed_at),
    CONSTRAINT orders_status_has_its_time CHECK (
        CASE status
            WHEN 'placed'    THEN paid_at IS NULL     AND payment_id IS NULL     AND closed_at IS NULL
            WHEN 'paid'      THEN paid_at IS NOT NULL AND payment_id IS NOT NULL AND closed_at IS NULL
            WHEN 'cancelled' THEN paid_at IS NULL     AND payment_id IS NULL     AND closed_at IS NOT NULL
            WHEN 'expired'   THEN paid_at IS NULL     AND payment_id IS NULL     AND closed_at IS NOT NULL
            ELSE false
        END)
) WITH (fillfactor = 85);

-- One row per change after placement, which the order row tells itself.
CREATE TABLE ordering.order_changes (
    customer_id uuid        NOT NULL,
    order_id    uuid        NOT NULL,
    version     int         NOT NULL CHECK (version > 1),
    status_from text        NOT NULL,
    status_to   text        NOT NULL,
    actor_id    uuid,                                     -- the account that asked for it; null: a guest, a payment, the clock
    reason      text        CHECK (reason IN ('mistake', 'price', 'delivery_time', 'other')),
    changed_at  timestamptz NOT NULL,
    PRIMARY KEY (customer_id, order_id, version),
    CONSTRAINT order_changes_follow_the_diagram CHECK (status_from = 'placed' AND status_to IN ('paid', 'cancelled', 'expired'))
);

-- Nodes take order numbers in blocks; one row.
CREATE TABLE ordering.order_number_blocks (
    only_row   boolean NOT NULL PRIMARY KEY DEFAULT true CHECK (only_row),
    next_block bigint  NOT NULL CHECK (next_block >= 0)
);
INSERT INTO ordering.order_number_blocks (next_block) VALUES (0);

-- Where an intention was already carried out.
ALTER TABLE ordering.orders ADD CONSTRAINT orders_key_is_used UNIQUE (customer_id, idempotency_key);
ALTER TABLE ordering.order_changes ADD CONSTRAINT order_changes_order_exists FOREIGN KEY (customer_id, order_id) REFERENCES ordering.orders (customer_id, id);
-- For staff, who know no customer.
CREATE INDEX orders_id ON ordering.orders (id);
CREATE INDEX orders_number ON ordering.orders (number);
-- What waits for money.
CREATE INDEX orders_unpaid ON ordering.orders (expires_at) WHERE status = 'placed';

CREATE DOMAIN ordering.must_be_unchanged AS boolean CONSTRAINT cart_is_unchanged CHECK (VALUE);
