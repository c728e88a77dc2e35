-- What happened to accounts, only ever added to: no row changes, and none goes before its account does. What both
-- databases refuse is set up by the program (src/db/account_events.rs), since they don't spell triggers alike.
CREATE TABLE account_events (
    id TEXT NOT NULL PRIMARY KEY,
    -- NULL for what is no account's: invitations, and accounts that are gone.
    user_id TEXT REFERENCES users (id) ON DELETE CASCADE,
    kind TEXT NOT NULL CHECK (kind IN (
        'signup', 'login', 'login_failed', 'logout', 'password_changed', 'email_changed', 'token_made', 'token_revoked',
        'session_revoked', 'sessions_revoked', 'account_deactivated', 'account_activated', 'account_deleted',
        'password_reset', 'invitation_made', 'invitation_revoked', 'invitation_used'
    )),
    actor TEXT NOT NULL CHECK (actor IN ('person', 'operator', 'unknown')),
    -- The client's address; of IPv6 the /64.
    client TEXT,
    -- The session that it was done with.
    session_id TEXT,
    -- What it was done to: a session, a token, an invitation, or an account that is gone.
    subject_id TEXT,
    created_at TIMESTAMP NOT NULL
);
CREATE INDEX account_events_by_user ON account_events (user_id, id);
CREATE INDEX account_events_by_subject ON account_events (subject_id) WHERE subject_id IS NOT NULL;

-- Links that let somebody sign up once.
CREATE TABLE invitations (
    id TEXT NOT NULL PRIMARY KEY,
    -- SHA-256 of the secret in the link, in hex.
    secret_hash TEXT NOT NULL UNIQUE,
    -- The only email that can sign up with it, or any.
    email TEXT,
    created_at TIMESTAMP NOT NULL,
    expires_at TIMESTAMP NOT NULL,
    revoked_at TIMESTAMP,
    used_at TIMESTAMP,
    -- The account that was made with it; it goes with that.
    user_id TEXT REFERENCES users (id) ON DELETE CASCADE
);
CREATE INDEX invitations_by_user ON invitations (user_id);
