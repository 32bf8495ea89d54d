-- How often rare words occur decides between the index of words and a walk in the order that was asked for. By default so few words are counted that in a
-- catalogue of a million products every rare one is taken for fifty times as common.
ALTER TABLE catalog.product_texts ALTER COLUMN search SET STATISTICS 1000;
