-- The id of the request that asked for a reply, and where it was traced (W3C's traceparent): the log and the traces of
-- whoever makes the reply have them too.
ALTER TABLE messages ADD COLUMN request_id TEXT;
ALTER TABLE messages ADD COLUMN traceparent TEXT;
ALTER TABLE batches ADD COLUMN request_id TEXT;
ALTER TABLE batches ADD COLUMN traceparent TEXT;
