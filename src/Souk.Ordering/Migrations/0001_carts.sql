-- Carts: what shoppers mean to buy. Prices are not here: they are asked for whenever a cart is shown.
-- Personal columns are ciphertext under the key of the customer, an account or a guest.
CREATE SCHEMA ordering;

-- A change of a cart or of its lines locks its row here first and counts one more version.
CREATE TABLE ordering.carts (
    customer_id      uuid        NOT NULL,
    id               uuid        NOT NULL,
    currency         char(3)     NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
    email            bytea,                                                    -- encrypted
    shipping_address bytea,                                                    -- encrypted
    billing_address  bytea,                                                    -- encrypted
    shipping_method  text        CHECK (length(shipping_method) BETWEEN 1 AND 64),
    ordered_as       uuid,                                                     -- the order that this cart became: then it changes no more
    version          int         NOT NULL CHECK (version > 0),
    created_at       timestamptz NOT NULL,
    updated_at       timestamptz NOT NULL CHECK (updated_at >= created_at),    -- in no index, so that a change is a HOT update
    PRIMARY KEY (customer_id, id)
) WITH (fillfactor = 80);

CREATE TABLE ordering.cart_lines (
    customer_id uuid NOT NULL,
    cart_id     uuid NOT NULL,
    variant_id  uuid NOT NULL,
    quantity    int  NOT NULL CHECK (quantity BETWEEN 1 AND 999),
    position    int  NOT NULL CHECK (position > 0),                            -- lines are shown in the order they came
    PRIMARY KEY (customer_id, cart_id, variant_id)
) WITH (fillfactor = 80);

ALTER TABLE ordering.cart_lines ADD CONSTRAINT cart_lines_of_a_cart FOREIGN KEY (customer_id, cart_id) REFERENCES ordering.carts (customer_id, id) ON DELETE CASCADE;

-- Abandoned carts are found by age.
CREATE INDEX carts_by_age ON ordering.carts (created_at);
