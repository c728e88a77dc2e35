ALTER TABLE batches DROP COLUMN is_prepaid;
ALTER TABLE batches DROP COLUMN waits_until;
