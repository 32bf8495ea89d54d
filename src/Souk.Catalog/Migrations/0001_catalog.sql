-- What is sold. Small tables, read often and written rarely: reference tables where the database is distributed.
CREATE SCHEMA catalog;

CREATE TABLE catalog.categories (
    id         uuid        NOT NULL PRIMARY KEY,
    parent_id  uuid,
    path       text        COLLATE "C" NOT NULL UNIQUE CHECK (path <> '' AND octet_length(path) <= 600),  -- slugs from the root: components/road-frames
    slug       text        COLLATE "C" NOT NULL UNIQUE CHECK (slug <> '' AND length(slug) <= 200 AND strpos(slug, '/') = 0),
    name       text        NOT NULL CHECK (name <> '' AND length(name) <= 200),
    created_at timestamptz NOT NULL,
    CONSTRAINT categories_root_has_no_parent CHECK ((parent_id IS NULL) = (strpos(path, '/') = 0)),
    CONSTRAINT categories_not_own_parent CHECK (parent_id <> id)
);
CREATE INDEX categories_parent ON catalog.categories (parent_id);

CREATE TABLE catalog.products (
    id          uuid        NOT NULL PRIMARY KEY,
    slug        text        COLLATE "C" NOT NULL UNIQUE CHECK (slug <> '' AND length(slug) <= 200),
    category_id uuid        NOT NULL,
    status      text        NOT NULL CHECK (status IN ('active', 'archived')),  -- archived: none of its variants is sold any more
    sort_name   text        COLLATE "C" NOT NULL CHECK (length(sort_name) <= 80), -- beginning of the name in lower case, the same order on every server
    version     int         NOT NULL CHECK (version > 0),                          -- counts every change of what shoppers see: the ETag
    created_at  timestamptz NOT NULL,
    updated_at  timestamptz NOT NULL CHECK (updated_at >= created_at)
);
CREATE INDEX products_by_name ON catalog.products (sort_name, id) WHERE status = 'active';
CREATE INDEX products_by_category ON catalog.products (category_id, sort_name, id) WHERE status = 'active';

CREATE TABLE catalog.product_texts (
    product_id  uuid NOT NULL,
    language    text COLLATE "C" NOT NULL CHECK (language ~ '^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$'),  -- BCP 47
    name        text NOT NULL CHECK (name <> '' AND length(name) <= 200),
    description text NOT NULL CHECK (length(description) <= 20000),
    PRIMARY KEY (product_id, language)
);

CREATE TABLE catalog.variants (
    id           uuid    NOT NULL PRIMARY KEY,
    product_id   uuid    NOT NULL,
    sku          text    COLLATE "C" NOT NULL UNIQUE CHECK (sku <> '' AND length(sku) <= 64),
    name         text    NOT NULL CHECK (name <> '' AND length(name) <= 200),
    weight_grams int     NOT NULL CHECK (weight_grams >= 0),    -- 0: not weighed
    position     int     NOT NULL CHECK (position >= 0),
    on_sale      boolean NOT NULL
);
CREATE INDEX variants_product ON catalog.variants (product_id, position);

CREATE TABLE catalog.variant_options (
    variant_id uuid NOT NULL,
    name       text COLLATE "C" NOT NULL CHECK (name <> '' AND length(name) <= 64),
    value      text NOT NULL CHECK (value <> '' AND length(value) <= 200),
    position   int  NOT NULL CHECK (position >= 0),
    PRIMARY KEY (variant_id, name)
);

-- What other modules tell about a variant, as shoppers see it. No key to variants: an event may come before its variant, and is kept.
CREATE TABLE catalog.offers (
    variant_id  uuid    NOT NULL PRIMARY KEY,
    amount      bigint  CHECK (amount >= 0),
    currency    char(3),
    stock_state text    CHECK (stock_state IN ('in_stock', 'low', 'out', 'backorder')),
    CONSTRAINT offers_price_is_whole CHECK ((amount IS NULL) = (currency IS NULL))
);

-- Photos by the SHA-256 of their bytes: the same photo is stored once, and its address never shows another.
CREATE TABLE catalog.media (
    sha256       bytea       NOT NULL PRIMARY KEY CHECK (octet_length(sha256) = 32),
    content_type text        NOT NULL CHECK (content_type IN ('image/gif', 'image/png', 'image/jpeg', 'image/webp')),
    content      bytea       NOT NULL CHECK (octet_length(content) BETWEEN 1 AND 5242880),
    created_at   timestamptz NOT NULL
);
-- Images are compressed already.
ALTER TABLE catalog.media ALTER COLUMN content SET STORAGE EXTERNAL;

CREATE TABLE catalog.product_media (
    product_id uuid  NOT NULL,
    sha256     bytea NOT NULL,
    position   int   NOT NULL CHECK (position >= 0),
    PRIMARY KEY (product_id, sha256)
);

CREATE TABLE catalog.variant_media (
    variant_id uuid  NOT NULL,
    sha256     bytea NOT NULL,
    position   int   NOT NULL CHECK (position >= 0),
    PRIMARY KEY (variant_id, sha256)
);

ALTER TABLE catalog.categories ADD CONSTRAINT categories_parent_exists FOREIGN KEY (parent_id) REFERENCES catalog.categories (id);
ALTER TABLE catalog.products ADD CONSTRAINT products_category_exists FOREIGN KEY (category_id) REFERENCES catalog.categories (id);
ALTER TABLE catalog.product_texts ADD CONSTRAINT product_texts_product_exists FOREIGN KEY (product_id) REFERENCES catalog.products (id);
ALTER TABLE catalog.variants ADD CONSTRAINT variants_product_exists FOREIGN KEY (product_id) REFERENCES catalog.products (id);
ALTER TABLE catalog.variant_options ADD CONSTRAINT variant_options_variant_exists FOREIGN KEY (variant_id) REFERENCES catalog.variants (id);
ALTER TABLE catalog.product_media ADD CONSTRAINT product_media_product_exists FOREIGN KEY (product_id) REFERENCES catalog.products (id);
ALTER TABLE catalog.product_media ADD CONSTRAINT product_media_media_exists FOREIGN KEY (sha256) REFERENCES catalog.media (sha256);
ALTER TABLE catalog.variant_media ADD CONSTRAINT variant_media_variant_exists FOREIGN KEY (variant_id) REFERENCES catalog.variants (id);
ALTER TABLE catalog.variant_media ADD CONSTRAINT variant_media_media_exists FOREIGN KEY (sha256) REFERENCES catalog.media (sha256);
