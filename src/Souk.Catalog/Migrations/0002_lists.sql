-- What lists sort and filter by, search in every language, reviews, and a number that says whether anything changed.

-- One row. Whoever changes what shoppers see takes its lock first and counts it up, so numbers are committed in order: whoever reads version 7 sees
-- all that 1 to 7 changed. Changes of the catalogue are rare and stand in line here; in return no two of them can ever deadlock.
CREATE TABLE catalog.changes (
    id         smallint NOT NULL PRIMARY KEY CHECK (id = 1),
    version    bigint   NOT NULL CHECK (version > 0),
    categories bigint   NOT NULL,    -- the version at which the categories last changed
    CONSTRAINT changes_categories_have_happened CHECK (categories BETWEEN 1 AND version)
);
INSERT INTO catalog.changes (id, version, categories) VALUES (1, 1, 1);

-- Languages that some product has texts in: what a reader can be served. Only ever grows.
CREATE TABLE catalog.languages (
    language text COLLATE "C" NOT NULL PRIMARY KEY CHECK (language ~ '^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$')
);
INSERT INTO catalog.languages (language) SELECT DISTINCT language FROM catalog.product_texts;

ALTER TABLE catalog.products
    ADD COLUMN changed      bigint NOT NULL DEFAULT 1,    -- the version of catalog.changes at its last change
    ADD COLUMN price_from   bigint CHECK (price_from >= 0),   -- lowest price of a variant on sale; null while none has one
    ADD COLUMN stock_state  text   NOT NULL DEFAULT 'out' CHECK (stock_state IN ('in_stock', 'low', 'out', 'backorder')),   -- the best of its variants on sale
    ADD COLUMN facets       text[] COLLATE "C" NOT NULL DEFAULT '{}',   -- what a variant on sale has: color=Red, size=58 CM, and both together
    ADD COLUMN rating_count int    NOT NULL DEFAULT 0,
    ADD COLUMN rating_sum   int    NOT NULL DEFAULT 0,
    -- Without a price: the dearest. In hundredths; without a review: 0.
    ADD COLUMN price_order  bigint NOT NULL GENERATED ALWAYS AS (coalesce(price_from, 9223372036854775807)) STORED,
    ADD COLUMN rating_order bigint NOT NULL GENERATED ALWAYS AS (CASE WHEN rating_count = 0 THEN 0 ELSE rating_sum::bigint * 100 / rating_count END) STORED,
    ADD CONSTRAINT products_rating_is_possible CHECK (rating_count >= 0 AND rating_sum BETWEEN rating_count AND 5 * rating_count);

ALTER TABLE catalog.product_texts
    -- Signs that join words part them here, as ProductFilter does in what is searched for: else Seat/Saddle would be a path of files, not two words.
    ADD COLUMN search tsvector NOT NULL GENERATED ALWAYS AS (
        to_tsvector('simple'::regconfig, translate(name || ' ' || description, '/-_.,:;@&+\<>=#', '               '))) STORED;

CREATE TABLE catalog.reviews (
    id         uuid        NOT NULL PRIMARY KEY,
    product_id uuid        NOT NULL,
    variant_id uuid        NOT NULL,
    author     text        NOT NULL CHECK (author <> '' AND length(author) <= 100),   -- the name shown, published by its bearer; nothing else is known of them
    rating     int         NOT NULL CHECK (rating BETWEEN 1 AND 5),
    text       text        NOT NULL CHECK (length(text) <= 10000),
    written_at timestamptz NOT NULL,
    CONSTRAINT reviews_once UNIQUE (variant_id, author, written_at)
);
ALTER TABLE catalog.reviews ADD CONSTRAINT reviews_product_exists FOREIGN KEY (product_id) REFERENCES catalog.products (id);
ALTER TABLE catalog.reviews ADD CONSTRAINT reviews_variant_exists FOREIGN KEY (variant_id) REFERENCES catalog.variants (id);
CREATE INDEX reviews_by_time ON catalog.reviews (product_id, written_at, id);

-- What the statements of ListColumns.cs keep from here on. Catalogues are small: thousands of rows.
UPDATE catalog.products p SET price_from = m.price_from, stock_state = m.stock_state, facets = m.facets
FROM (
    SELECT v.product_id, min(o.amount) AS price_from,
        CASE min(CASE o.stock_state WHEN 'in_stock' THEN 1 WHEN 'low' THEN 2 WHEN 'backorder' THEN 3 ELSE 4 END)
            WHEN 1 THEN 'in_stock' WHEN 2 THEN 'low' WHEN 3 THEN 'backorder' ELSE 'out' END AS stock_state,
        ARRAY(
            SELECT DISTINCT f.facet FROM catalog.variants w
            CROSS JOIN LATERAL (SELECT string_agg(x.name || '=' || x.value, E'\n' ORDER BY x.name) AS facet FROM catalog.variant_options x WHERE x.variant_id = w.id
                UNION SELECT x.name || '=' || x.value FROM catalog.variant_options x WHERE x.variant_id = w.id) f
            WHERE w.product_id = v.product_id AND w.on_sale AND f.facet IS NOT NULL ORDER BY 1) AS facets
    FROM catalog.variants v LEFT JOIN catalog.offers o ON o.variant_id = v.id
    WHERE v.on_sale GROUP BY v.product_id
) m WHERE m.product_id = p.id;

CREATE INDEX products_changed ON catalog.products (changed);
CREATE INDEX products_by_age ON catalog.products (created_at, id) WHERE status = 'active';
CREATE INDEX products_by_price ON catalog.products (price_order, id) WHERE status = 'active';
CREATE INDEX products_by_rating ON catalog.products (rating_order, id) WHERE status = 'active';
CREATE INDEX products_in_stock ON catalog.products (id) WHERE status = 'active' AND stock_state IN ('in_stock', 'low');
CREATE INDEX products_by_price_from ON catalog.products (price_from) WHERE status = 'active';
-- Read often and written rarely: a list of pending entries would be read through by every search.
CREATE INDEX products_by_facet ON catalog.products USING gin (facets) WITH (fastupdate = off);
CREATE INDEX product_texts_search ON catalog.product_texts USING gin (search) WITH (fastupdate = off);
