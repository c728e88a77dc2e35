-- What was deleted must not come back into sight.
DELETE FROM conversations WHERE deleted_at IS NOT NULL;
DROP INDEX conversations_deleted;
ALTER TABLE conversations DROP COLUMN deleted_at;
ALTER TABLE conversations DROP COLUMN is_titled;
