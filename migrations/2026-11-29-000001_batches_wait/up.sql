-- Until when a batch is passed over, because a budget of the day was used up when its turn came; NULL once something of it
-- is asked again.
ALTER TABLE batches ADD COLUMN waits_until TIMESTAMP;

-- Whether all of it was counted against the day on which it was stored, as the version before does. Others are counted
-- prompt by prompt, when each is asked.
ALTER TABLE batches ADD COLUMN is_prepaid BOOLEAN NOT NULL DEFAULT TRUE;
