-- JSON: the ids of those of a reply's cars that it sets side by side.
ALTER TABLE messages ADD COLUMN compared TEXT;
