-- oldest: 0.2.0
-- Pools of like containers. A pool's spec has the request, and the ids of the CENs that its containers are in.
CREATE TABLE cpools (
  id TEXT PRIMARY KEY NOT NULL,
  hypervisor TEXT NOT NULL,
  name TEXT NOT NULL,
  spec TEXT NOT NULL CHECK (json_valid(spec)),
  applied_spec TEXT,
  generation INTEGER NOT NULL,
  desired TEXT NOT NULL CHECK (desired IN ('present', 'absent')),
  state TEXT NOT NULL,
  state_since_ms INTEGER NOT NULL,
  error TEXT,
  created_ms INTEGER NOT NULL,
  CONSTRAINT cpools_name UNIQUE (hypervisor, name)
);
CREATE INDEX cpools_fleet_name ON cpools (name);

ALTER TABLE containers ADD COLUMN pool TEXT REFERENCES cpools (id) ON DELETE SET NULL;
CREATE INDEX containers_pool ON containers (pool) WHERE pool IS NOT NULL;
