-- How many attempts at a reply were handed back by a process that ended. They don't count as tries; `attempts` itself
-- only grows, so that each attempt has a number of its own.
ALTER TABLE messages ADD COLUMN handed_back INTEGER NOT NULL DEFAULT 0;

-- Every process asks several times a second which of the replies that it makes were stopped.
CREATE INDEX messages_by_lease ON messages (lease_owner) WHERE lease_owner IS NOT NULL;
