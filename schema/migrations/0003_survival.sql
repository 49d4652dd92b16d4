ALTER TABLE operations ADD COLUMN cancel_ms INTEGER;
CREATE INDEX operations_resource ON operations (resource, sequence) WHERE resource IS NOT NULL;

ALTER TABLE hypervisors ADD COLUMN held TEXT;

CREATE TABLE orphans (
  hypervisor TEXT NOT NULL,
  kind TEXT NOT NULL CHECK (kind IN ('link', 'namespace')),
  place TEXT NOT NULL,
  name TEXT NOT NULL,
  label TEXT NOT NULL,
  scans INTEGER NOT NULL,
  first_seen_ms INTEGER NOT NULL,
  PRIMARY KEY (hypervisor, kind, place, name, label)
) WITHOUT ROWID;
