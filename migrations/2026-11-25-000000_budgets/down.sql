DROP INDEX messages_unfinished_by_user;
ALTER TABLE messages DROP COLUMN reserved_tokens;
DROP TABLE budgets;
