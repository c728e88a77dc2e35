-- What replies took, by day, model and person: the operator's sums, which stay true when messages and accounts are gone.
CREATE TABLE usage (
    -- UTC: the day on which the reply was asked for.
    day DATE NOT NULL,
    model TEXT NOT NULL,
    -- NULL once the account is deleted: then nothing says whose it was.
    user_id TEXT REFERENCES users (id) ON DELETE SET NULL,
    answers BIGINT NOT NULL,
    -- So many of the answers weren't counted by the model's server: they were stopped, or broke off.
    estimated_answers BIGINT NOT NULL,
    prompt_tokens BIGINT NOT NULL,
    completion_tokens BIGINT NOT NULL
);
CREATE UNIQUE INDEX IF NOT EXISTS usage_by_user ON usage (user_id, day, model);
CREATE INDEX IF NOT EXISTS usage_by_day ON usage (day);

-- What was answered before, as far as it was counted.
INSERT INTO usage (day, model, user_id, answers, estimated_answers, prompt_tokens, completion_tokens)
SELECT DATE(messages.timestamp), messages.model, messages.user_id, COUNT(*),
       SUM(CASE WHEN messages.model <> 'catalogue' AND messages.prompt_tokens IS NULL THEN 1 ELSE 0 END),
       COALESCE(SUM(messages.prompt_tokens), 0), COALESCE(SUM(messages.completion_tokens), 0)
FROM messages
WHERE messages.role = 'assistant' AND messages.model IS NOT NULL AND messages.text <> ''
  AND messages.status IN ('done', 'stopped', 'failed')
GROUP BY DATE(messages.timestamp), messages.model, messages.user_id;

-- The model that is asked for a reply, since it is begun: of one that is stopped this is whose tokens it took.
ALTER TABLE messages ADD COLUMN asked_model TEXT;

-- Conversations that are kept for so many days only are found by their age.
CREATE INDEX IF NOT EXISTS conversations_by_age ON conversations (updated_at);
