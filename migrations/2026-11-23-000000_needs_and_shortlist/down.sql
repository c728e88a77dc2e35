ALTER TABLE messages DROP COLUMN unverified;
DROP TABLE catalogues;
DROP TABLE shortlist;
DROP TABLE need_edits;
