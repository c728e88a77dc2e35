-- The SQL that SQLite and PostgreSQL both read: keys are UUIDv7 as text, times are UTC and made by
-- the program, enums are text with a CHECK.

CREATE TABLE users (
    id TEXT NOT NULL PRIMARY KEY,
    email TEXT NOT NULL UNIQUE,
    hashed_pw TEXT NOT NULL,
    is_active BOOLEAN NOT NULL DEFAULT TRUE,
    knowledge TEXT NOT NULL DEFAULT 'casual'
        CHECK (knowledge IN ('beginner', 'casual', 'enthusiast', 'professional')),
    created_at TIMESTAMP NOT NULL
);

-- One row for each browser login, API login or named token; the id is the token's jti.
CREATE TABLE sessions (
    id TEXT NOT NULL PRIMARY KEY,
    user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    kind TEXT NOT NULL CHECK (kind IN ('browser', 'api', 'token')),
    name TEXT,
    created_at TIMESTAMP NOT NULL,
    expires_at TIMESTAMP NOT NULL,
    revoked_at TIMESTAMP
);
CREATE INDEX sessions_by_user ON sessions (user_id);

CREATE TABLE conversations (
    id TEXT NOT NULL PRIMARY KEY,
    user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    title TEXT NOT NULL,
    -- The last message of the path that is shown; no foreign key, because messages point here first.
    head_id TEXT,
    created_at TIMESTAMP NOT NULL,
    updated_at TIMESTAMP NOT NULL
);
CREATE INDEX conversations_by_user ON conversations (user_id, updated_at, id);

-- A pending reply is the job: there is no other job table.
CREATE TABLE messages (
    id TEXT NOT NULL PRIMARY KEY,
    user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    conversation_id TEXT NOT NULL REFERENCES conversations (id) ON DELETE CASCADE,
    parent_id TEXT REFERENCES messages (id) ON DELETE CASCADE,
    role TEXT NOT NULL CHECK (role IN ('user', 'assistant')),
    text TEXT NOT NULL,
    timestamp TIMESTAMP NOT NULL,
    status TEXT NOT NULL CHECK (status IN ('pending', 'running', 'done', 'stopped', 'failed')),
    -- Why a reply failed, in words for the person.
    error TEXT,
    model TEXT,
    -- What the reply showed, as JSON, so that an old answer can be read as it was given.
    cars TEXT,
    needs TEXT,
    catalogue TEXT,
    prompt_tokens BIGINT,
    completion_tokens BIGINT,
    attempts INTEGER NOT NULL DEFAULT 0,
    lease_owner TEXT,
    lease_until TIMESTAMP
);
CREATE INDEX messages_by_conversation ON messages (conversation_id, id);
CREATE INDEX messages_by_parent ON messages (parent_id);
CREATE INDEX messages_by_user ON messages (user_id);
CREATE INDEX messages_unfinished ON messages (status, lease_until)
    WHERE status IN ('pending', 'running');
