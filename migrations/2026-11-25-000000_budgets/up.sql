-- What a day took so far: a row for each person who wrote, and one for the whole service. Only the newest day is kept.
CREATE TABLE budgets (
    -- The person's id, or 'service'.
    scope TEXT NOT NULL PRIMARY KEY,
    -- NULL for the service, whose row is nobody's.
    user_id TEXT REFERENCES users (id) ON DELETE CASCADE,
    -- UTC.
    day DATE NOT NULL,
    messages BIGINT NOT NULL,
    tokens BIGINT NOT NULL
);
CREATE INDEX budgets_by_user ON budgets (user_id);

-- What stands against the day's tokens for a reply: an estimate while it is made, what it took once it has ended; 0 where
-- nothing is counted. NULL where no tokens were left, so that the catalogue advisor answers.
ALTER TABLE messages ADD COLUMN reserved_tokens BIGINT;
UPDATE messages SET reserved_tokens = 0 WHERE status IN ('pending', 'running');

-- How many replies of one person are unfinished is counted with each new one.
CREATE INDEX messages_unfinished_by_user ON messages (user_id) WHERE status IN ('pending', 'running');
