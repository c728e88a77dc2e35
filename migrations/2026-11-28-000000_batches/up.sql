-- Many prompts that a program sent at once. Each is answered in a conversation of its own, at the pace that the operator
-- set: then the conversation and its messages are made, as if it were asked in that moment.
CREATE TABLE batches (
    id TEXT NOT NULL PRIMARY KEY,
    user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    size INTEGER NOT NULL,
    -- How many haven't been asked yet.
    waiting INTEGER NOT NULL,
    -- What stands against the tokens of the day on which it was stored for each that waits.
    reserved_tokens BIGINT NOT NULL,
    created_at TIMESTAMP NOT NULL,
    -- When it had its last turn; batches take turns.
    served_at TIMESTAMP NOT NULL,
    stopped_at TIMESTAMP
);
CREATE INDEX IF NOT EXISTS batches_by_user ON batches (user_id, id);
CREATE INDEX IF NOT EXISTS batches_waiting ON batches (served_at) WHERE waiting > 0;

CREATE TABLE batch_items (
    batch_id TEXT NOT NULL REFERENCES batches (id) ON DELETE CASCADE,
    position INTEGER NOT NULL,
    user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    -- The caller's own name for it.
    item_id TEXT,
    -- The prompt, until it is asked; then it is in the message.
    text TEXT NOT NULL,
    asked_at TIMESTAMP,
    -- The reply; NULL while it waits, and after its conversation is gone.
    message_id TEXT REFERENCES messages (id) ON DELETE SET NULL,
    PRIMARY KEY (batch_id, position)
);
CREATE INDEX IF NOT EXISTS batch_items_by_user ON batch_items (user_id);
CREATE INDEX IF NOT EXISTS batch_items_by_message ON batch_items (message_id) WHERE message_id IS NOT NULL;
CREATE INDEX IF NOT EXISTS batch_items_waiting ON batch_items (batch_id, position) WHERE asked_at IS NULL;

-- The batch that asked, until the person takes the conversation up; NULL for all others. Those of batches stay out of the list.
ALTER TABLE conversations ADD COLUMN batch_id TEXT;
CREATE INDEX IF NOT EXISTS conversations_by_batch ON conversations (batch_id) WHERE batch_id IS NOT NULL;

-- One row: when the next prompt of any batch may be asked. It is what makes the pace one for all processes.
CREATE TABLE batch_pace (
    id TEXT NOT NULL PRIMARY KEY,
    next_at TIMESTAMP NOT NULL
);
INSERT INTO batch_pace (id, next_at) VALUES ('all', '2000-01-01 00:00:00');
