CREATE TABLE containers (
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
  short_name TEXT NOT NULL,
  CONSTRAINT containers_name UNIQUE (hypervisor, name)
);

CREATE TABLE cens (
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
  link_name TEXT NOT NULL,
  wiring_type TEXT CHECK (wiring_type IN ('wire', 'bridge')),
  CONSTRAINT cens_name UNIQUE (hypervisor, name)
);

CREATE TABLE members (
  id INTEGER PRIMARY KEY NOT NULL,
  cen TEXT NOT NULL REFERENCES cens (id) ON DELETE CASCADE,
  container TEXT NOT NULL REFERENCES containers (id) ON DELETE CASCADE,
  position INTEGER NOT NULL,
  ordinal INTEGER NOT NULL,
  outside TEXT NOT NULL,
  added INTEGER NOT NULL,
  removed INTEGER,
  CONSTRAINT members_ordinal UNIQUE (container, ordinal)
);

CREATE UNIQUE INDEX members_current ON members (cen, container) WHERE removed IS NULL;
CREATE INDEX members_added ON members (added);
CREATE INDEX members_removed ON members (removed) WHERE removed IS NOT NULL;
