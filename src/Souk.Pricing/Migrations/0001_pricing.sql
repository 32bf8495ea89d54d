-- What it costs.
CREATE SCHEMA pricing;

-- One row per variant that has a price: the lock under which its prices change, and the number of changes (the version of its events and its ETag).
CREATE TABLE pricing.priced_variants (
    variant_id uuid NOT NULL PRIMARY KEY,
    version    int  NOT NULL CHECK (version >= 0)
);

CREATE TABLE pricing.list_prices (
    variant_id uuid    NOT NULL,
    currency   char(3) NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
    amount     bigint  NOT NULL CHECK (amount BETWEEN 0 AND 9007199254740991),   -- what a JSON number holds exactly
    PRIMARY KEY (variant_id, currency)
);
-- Tells whether the shop sells in a currency at all.
CREATE INDEX list_prices_currency ON pricing.list_prices (currency);

CREATE TABLE pricing.shipping_methods (
    code       text    COLLATE "C" NOT NULL CHECK (code ~ '^[a-z0-9]+(-[a-z0-9]+)*$' AND length(code) <= 64),
    currency   char(3) NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
    name       text    NOT NULL CHECK (name <> '' AND length(name) <= 200),
    base       bigint  NOT NULL CHECK (base BETWEEN 0 AND 9007199254740991),
    per_kg     bigint  NOT NULL CHECK (per_kg BETWEEN 0 AND 9007199254740991),   -- added by the gram
    PRIMARY KEY (code, currency)
);

ALTER TABLE pricing.list_prices ADD CONSTRAINT list_prices_variant_exists FOREIGN KEY (variant_id) REFERENCES pricing.priced_variants (variant_id);
