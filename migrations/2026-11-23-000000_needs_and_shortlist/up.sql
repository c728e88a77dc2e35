-- Changes of a conversation's needs that weren't read from a message: a chip that the person edited or dropped, or what
-- a model took down. They count after the message that they follow.
CREATE TABLE need_edits (
    id TEXT NOT NULL PRIMARY KEY,
    user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    conversation_id TEXT NOT NULL REFERENCES conversations (id) ON DELETE CASCADE,
    message_id TEXT NOT NULL REFERENCES messages (id) ON DELETE CASCADE,
    need_id TEXT NOT NULL,
    -- The need in its place, as JSON; NULL drops it.
    need TEXT,
    created_at TIMESTAMP NOT NULL
);
CREATE INDEX need_edits_by_conversation ON need_edits (conversation_id, id);
CREATE INDEX need_edits_by_message ON need_edits (message_id);
CREATE INDEX need_edits_by_user ON need_edits (user_id);

-- The cars that a person keeps, each as it was in the catalogue when they kept it.
CREATE TABLE shortlist (
    user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    car_id TEXT NOT NULL,
    car TEXT NOT NULL,
    created_at TIMESTAMP NOT NULL,
    PRIMARY KEY (user_id, car_id)
);

-- The catalogue that was imported last, as the compact table in base64; without a row the built-in one is in use.
CREATE TABLE catalogues (
    id TEXT NOT NULL PRIMARY KEY,
    version TEXT NOT NULL,
    content TEXT NOT NULL,
    created_at TIMESTAMP NOT NULL
);

-- What in a reply's text neither the catalogue nor a tool's result bears out, as JSON; NULL where nothing was checked.
ALTER TABLE messages ADD COLUMN unverified TEXT;
