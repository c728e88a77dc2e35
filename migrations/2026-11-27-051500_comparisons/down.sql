ALTER TABLE messages DROP COLUMN compared;
