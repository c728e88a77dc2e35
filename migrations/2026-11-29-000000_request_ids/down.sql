ALTER TABLE batches DROP COLUMN traceparent;
ALTER TABLE batches DROP COLUMN request_id;
ALTER TABLE messages DROP COLUMN traceparent;
ALTER TABLE messages DROP COLUMN request_id;
