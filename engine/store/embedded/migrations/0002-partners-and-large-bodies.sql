-- Deliveries take turns by partner and are held by it; dead letters are found by partner, code and time; raw bodies above
-- 64 KiB are files; documents expire by the time of their last write.

CREATE TABLE held_partners (
  partner TEXT PRIMARY KEY
) WITHOUT ROWID;

-- body: name of the file that holds the raw bytes, which `raw` then does not; body_hash: their SHA-256, hex.
ALTER TABLE messages ADD COLUMN body TEXT;
ALTER TABLE messages ADD COLUMN body_hash TEXT;
CREATE INDEX messages_body ON messages (body) WHERE body IS NOT NULL;

ALTER TABLE unclaimed ADD COLUMN partner TEXT NOT NULL DEFAULT '';
UPDATE unclaimed SET partner = coalesce(substr(
  (SELECT json_extract(headers, '$.partner') FROM messages m WHERE m.seq = unclaimed.seq), 1, 1024), '');

ALTER TABLE deliveries ADD COLUMN partner TEXT NOT NULL DEFAULT '';
UPDATE deliveries SET partner = coalesce(substr(
  (SELECT json_extract(headers, '$.partner') FROM messages m WHERE m.seq = deliveries.seq), 1, 1024), '');
DROP INDEX deliveries_ready;
DROP INDEX deliveries_timed;
CREATE INDEX deliveries_ready ON deliveries (subscription, partner, seq) WHERE state = 0;
CREATE INDEX deliveries_timed ON deliveries (subscription, partner, due_at, seq) WHERE due_at IS NOT NULL;

ALTER TABLE dead_letters ADD COLUMN code TEXT NOT NULL DEFAULT '';
ALTER TABLE dead_letters ADD COLUMN partner TEXT NOT NULL DEFAULT '';
UPDATE dead_letters SET code = coalesce(json_extract(failure, '$.code'), ''), partner = coalesce(substr(
  (SELECT json_extract(headers, '$.partner') FROM messages m WHERE m.seq = dead_letters.seq), 1, 1024), '');
CREATE INDEX dead_letters_code ON dead_letters (code, id);
CREATE INDEX dead_letters_time ON dead_letters (last_at);
CREATE INDEX dead_letters_partner ON dead_letters (partner, id);

CREATE INDEX documents_age ON documents (kind, updated_at);

-- The deliveries of a message that is given anew start with tokens above all that were given before.
INSERT INTO meta (name, value) VALUES ('redeliveries', 0);
