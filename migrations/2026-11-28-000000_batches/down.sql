DROP TABLE batch_pace;
DROP INDEX conversations_by_batch;
ALTER TABLE conversations DROP COLUMN batch_id;
DROP TABLE batch_items;
DROP TABLE batches;
