CREATE TABLE database (
  id TEXT PRIMARY KEY NOT NULL,
  restore_generation INTEGER NOT NULL
);

INSERT INTO database (id, restore_generation)
SELECT lower(substr(h, 1, 8) || '-' || substr(h, 9, 4) || '-4' || substr(h, 14, 3) || '-a' || substr(h, 18, 3) || '-' || substr(h, 21, 12)), 0
FROM (SELECT hex(randomblob(16)) AS h);

CREATE TABLE hypervisors (
  id TEXT PRIMARY KEY NOT NULL,
  name TEXT NOT NULL UNIQUE,
  machine_id TEXT,
  boot_id TEXT,
  epoch INTEGER NOT NULL,
  last_seen_ms INTEGER,
  scanned_ms INTEGER,
  executor_version TEXT,
  capabilities TEXT NOT NULL CHECK (json_valid(capabilities)),
  created_ms INTEGER NOT NULL
);

CREATE TABLE operations (
  sequence INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
  id TEXT NOT NULL UNIQUE,
  parent INTEGER,
  hypervisor TEXT,
  kind TEXT NOT NULL,
  resource TEXT,
  request TEXT NOT NULL CHECK (json_valid(request)),
  generation INTEGER NOT NULL,
  status TEXT NOT NULL CHECK (status IN ('pending', 'running', 'succeeded', 'failed', 'cancelled')),
  not_before_ms INTEGER NOT NULL,
  deadline_ms INTEGER NOT NULL,
  attempt INTEGER NOT NULL,
  epoch INTEGER,
  lease_until_ms INTEGER,
  done INTEGER NOT NULL,
  total INTEGER NOT NULL,
  step TEXT,
  result TEXT,
  error TEXT,
  principal TEXT NOT NULL,
  key_scope TEXT,
  key TEXT,
  key_hash TEXT,
  created_ms INTEGER NOT NULL,
  started_ms INTEGER,
  finished_ms INTEGER
);

CREATE INDEX operations_claim ON operations (hypervisor, sequence) WHERE status = 'pending' AND resource IS NOT NULL;
CREATE INDEX operations_running ON operations (hypervisor, epoch) WHERE status = 'running';
CREATE INDEX operations_parent ON operations (parent) WHERE parent IS NOT NULL;
CREATE UNIQUE INDEX operations_key ON operations (key_scope, key) WHERE key IS NOT NULL;

CREATE TABLE operation_subjects (
  subject TEXT NOT NULL,
  sequence INTEGER NOT NULL,
  PRIMARY KEY (subject, sequence)
) WITHOUT ROWID;

CREATE INDEX operation_subjects_sequence ON operation_subjects (sequence);

CREATE TABLE events (
  sequence INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
  at_ms INTEGER NOT NULL,
  hypervisor TEXT,
  type TEXT NOT NULL,
  subject TEXT NOT NULL,
  data TEXT
);

CREATE TABLE host_names (
  hypervisor TEXT NOT NULL,
  kind TEXT NOT NULL CHECK (kind IN ('link', 'namespace')),
  name TEXT NOT NULL,
  owner TEXT NOT NULL,
  PRIMARY KEY (hypervisor, kind, name)
) WITHOUT ROWID;

CREATE INDEX host_names_owner ON host_names (owner);

CREATE TABLE guard (
  reason TEXT NOT NULL,
  ok INTEGER NOT NULL
);
