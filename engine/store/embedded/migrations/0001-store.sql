-- One file for everything durable. Times are epoch milliseconds; JSON is text.

CREATE TABLE meta (
  name TEXT PRIMARY KEY,
  value
) WITHOUT ROWID;

CREATE TABLE subscriptions (
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL UNIQUE,
  channel TEXT NOT NULL,
  ordered INTEGER NOT NULL
);
CREATE INDEX subscriptions_channel ON subscriptions (channel);

-- AUTOINCREMENT: a purged position is never given out again.
CREATE TABLE messages (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  id TEXT NOT NULL UNIQUE,
  channel TEXT NOT NULL,
  key TEXT NOT NULL,
  correlation_id TEXT NOT NULL,
  accepted_at INTEGER NOT NULL,
  headers TEXT NOT NULL,
  payload TEXT NOT NULL,
  raw BLOB
);

-- Messages of a channel without any subscription, kept for the first one.
CREATE TABLE unclaimed (
  channel TEXT NOT NULL,
  seq INTEGER NOT NULL,
  PRIMARY KEY (channel, seq)
) WITHOUT ROWID;

-- Open deliveries only: a settled one leaves the table, a dead one moves to dead_letters.
-- state: 0 ready, 1 scheduled (a retry), 2 leased, 3 blocked (an earlier one of its lane is open).
-- due_at: when a scheduled one is due or a lease lapses, else null. lane: the key, in ordered subscriptions.
CREATE TABLE deliveries (
  seq INTEGER NOT NULL REFERENCES messages (seq),
  subscription INTEGER NOT NULL REFERENCES subscriptions (id),
  state INTEGER NOT NULL,
  due_at INTEGER,
  held_until INTEGER,
  attempt INTEGER NOT NULL DEFAULT 0,
  token INTEGER NOT NULL DEFAULT 0,
  first_claimed_at INTEGER,
  lane TEXT,
  payload TEXT,
  failure TEXT,
  PRIMARY KEY (seq, subscription)
) WITHOUT ROWID;
CREATE INDEX deliveries_ready ON deliveries (subscription, seq) WHERE state = 0;
CREATE INDEX deliveries_timed ON deliveries (subscription, due_at, seq) WHERE due_at IS NOT NULL;
CREATE INDEX deliveries_lane ON deliveries (subscription, lane, seq) WHERE lane IS NOT NULL;

CREATE TABLE dead_letters (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  seq INTEGER NOT NULL REFERENCES messages (seq),
  subscription INTEGER NOT NULL REFERENCES subscriptions (id),
  channel TEXT NOT NULL,
  key TEXT NOT NULL,
  correlation_id TEXT NOT NULL,
  category TEXT NOT NULL,
  failure TEXT NOT NULL,
  attempts INTEGER NOT NULL,
  token INTEGER NOT NULL,
  first_at INTEGER NOT NULL,
  last_at INTEGER NOT NULL,
  payload TEXT,
  UNIQUE (seq, subscription)
);
CREATE INDEX dead_letters_subscription ON dead_letters (subscription, id);
CREATE INDEX dead_letters_channel ON dead_letters (channel, id);
CREATE INDEX dead_letters_category ON dead_letters (category, id);
CREATE INDEX dead_letters_key ON dead_letters (key, id);
CREATE INDEX dead_letters_correlation ON dead_letters (correlation_id, id);

-- Messages settled in every subscription: what purge may take.
CREATE TABLE finished (
  accepted_at INTEGER NOT NULL,
  seq INTEGER NOT NULL,
  PRIMARY KEY (accepted_at, seq)
) WITHOUT ROWID;

CREATE TABLE keys (
  key TEXT PRIMARY KEY,
  owner TEXT NOT NULL,
  hash TEXT NOT NULL,
  confirmed INTEGER NOT NULL,
  expires_at INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX keys_open ON keys (owner) WHERE confirmed = 0;
CREATE INDEX keys_expiry ON keys (expires_at);

CREATE TABLE documents (
  doc INTEGER PRIMARY KEY AUTOINCREMENT,
  kind TEXT NOT NULL,
  id TEXT NOT NULL,
  version INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  refs TEXT NOT NULL,
  body TEXT NOT NULL,
  UNIQUE (kind, id)
);
CREATE TABLE document_references (
  kind TEXT NOT NULL,
  value TEXT NOT NULL,
  type TEXT NOT NULL,
  doc INTEGER NOT NULL REFERENCES documents (doc) ON DELETE CASCADE,
  PRIMARY KEY (kind, value, type, doc)
) WITHOUT ROWID;
CREATE INDEX document_references_doc ON document_references (doc);

-- ready_at: due_at, or the end of the lease while somebody fires it.
CREATE TABLE timers (
  id TEXT PRIMARY KEY,
  topic TEXT NOT NULL,
  due_at INTEGER NOT NULL,
  ready_at INTEGER NOT NULL,
  token INTEGER NOT NULL,
  payload TEXT NOT NULL
) WITHOUT ROWID;
CREATE INDEX timers_ready ON timers (topic, ready_at, id);

CREATE TABLE audit (
  seq INTEGER PRIMARY KEY,
  at INTEGER NOT NULL,
  actor TEXT NOT NULL,
  action TEXT NOT NULL,
  subject TEXT NOT NULL,
  details TEXT NOT NULL,
  hash TEXT NOT NULL
);
CREATE INDEX audit_subject ON audit (subject, seq);
CREATE TRIGGER audit_is_not_changed BEFORE UPDATE ON audit BEGIN SELECT RAISE(ABORT, 'audit entries are never changed'); END;
CREATE TRIGGER audit_is_not_deleted BEFORE DELETE ON audit BEGIN SELECT RAISE(ABORT, 'audit entries are never deleted'); END;

INSERT INTO meta (name, value) VALUES ('timer-token', 0), ('ping', 0), ('clean', 1);
