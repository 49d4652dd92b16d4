-- oldest: 0.2.0
-- What links and namespaces are among others is the technologies' to say: neither table lists their kinds any more.
CREATE TABLE earlier_host_names AS SELECT * FROM host_names;
DROP TABLE host_names;
CREATE TABLE host_names (
  hypervisor TEXT NOT NULL,
  kind TEXT NOT NULL,
  name TEXT NOT NULL,
  owner TEXT NOT NULL,
  PRIMARY KEY (hypervisor, kind, name)
) WITHOUT ROWID;
INSERT INTO host_names SELECT * FROM earlier_host_names;
DROP TABLE earlier_host_names;
CREATE INDEX host_names_owner ON host_names (owner);

CREATE TABLE earlier_orphans AS SELECT * FROM orphans;
DROP TABLE orphans;
CREATE TABLE orphans (
  hypervisor TEXT NOT NULL,
  kind TEXT NOT NULL,
  place TEXT NOT NULL,
  name TEXT NOT NULL,
  label TEXT NOT NULL,
  scans INTEGER NOT NULL,
  first_seen_ms INTEGER NOT NULL,
  PRIMARY KEY (hypervisor, kind, place, name, label)
) WITHOUT ROWID;
INSERT INTO orphans SELECT * FROM earlier_orphans;
DROP TABLE earlier_orphans;
