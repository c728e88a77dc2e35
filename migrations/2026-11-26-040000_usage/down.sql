DROP INDEX conversations_by_age;
ALTER TABLE messages DROP COLUMN asked_model;
DROP TABLE usage;
