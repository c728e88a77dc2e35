-- Whether the title is the person's own, or made of the first needs: then no reply changes it any more.
ALTER TABLE conversations ADD COLUMN is_titled BOOLEAN NOT NULL DEFAULT TRUE;

-- Out of sight since then; the row goes for good some minutes later, unless the person takes it back.
ALTER TABLE conversations ADD COLUMN deleted_at TIMESTAMP;
CREATE INDEX conversations_deleted ON conversations (deleted_at) WHERE deleted_at IS NOT NULL;
