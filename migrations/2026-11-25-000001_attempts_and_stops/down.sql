DROP INDEX messages_by_lease;
ALTER TABLE messages DROP COLUMN handed_back;
