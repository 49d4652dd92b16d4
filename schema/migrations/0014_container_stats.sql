-- oldest: 0.2.0
-- What the processes of containers use, read every 10 seconds: a row for each container that ran, the rows of one pass next to
-- each other. They are appended and pruned by this key, so no other index is written, and a deleted container's rows age away.
CREATE TABLE container_stats (
  hypervisor TEXT NOT NULL REFERENCES hypervisors (id) ON DELETE CASCADE,
  at_ms INTEGER NOT NULL,
  container TEXT NOT NULL,
  started_ms INTEGER NOT NULL,
  cpu_us INTEGER,
  memory INTEGER,
  memory_limit INTEGER,
  processes INTEGER,
  interfaces TEXT NOT NULL CHECK (json_valid(interfaces)),
  PRIMARY KEY (hypervisor, at_ms, container)
) WITHOUT ROWID;
