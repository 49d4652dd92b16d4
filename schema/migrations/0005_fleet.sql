ALTER TABLE hypervisors ADD COLUMN revision INTEGER NOT NULL DEFAULT 1;
ALTER TABLE hypervisors ADD COLUMN ip TEXT NOT NULL DEFAULT '';
ALTER TABLE hypervisors ADD COLUMN netmask TEXT NOT NULL DEFAULT '';
ALTER TABLE hypervisors ADD COLUMN gateway TEXT NOT NULL DEFAULT '';
ALTER TABLE hypervisors ADD COLUMN mac TEXT NOT NULL DEFAULT '';
ALTER TABLE hypervisors ADD COLUMN metadata TEXT NOT NULL DEFAULT '{}' CHECK (json_valid(metadata));
ALTER TABLE hypervisors ADD COLUMN config TEXT NOT NULL DEFAULT '{}' CHECK (json_valid(config));
ALTER TABLE hypervisors ADD COLUMN total_memory INTEGER NOT NULL DEFAULT 0 CHECK (total_memory >= 0);
ALTER TABLE hypervisors ADD COLUMN total_disk INTEGER NOT NULL DEFAULT 0 CHECK (total_disk >= 0);
ALTER TABLE hypervisors ADD COLUMN total_cpu INTEGER NOT NULL DEFAULT 0 CHECK (total_cpu >= 0);
ALTER TABLE hypervisors ADD COLUMN withheld_memory INTEGER NOT NULL DEFAULT 0 CHECK (withheld_memory >= 0);
ALTER TABLE hypervisors ADD COLUMN withheld_disk INTEGER NOT NULL DEFAULT 0 CHECK (withheld_disk >= 0);
ALTER TABLE hypervisors ADD COLUMN withheld_cpu INTEGER NOT NULL DEFAULT 0 CHECK (withheld_cpu >= 0);
ALTER TABLE hypervisors ADD COLUMN free_memory INTEGER;
ALTER TABLE hypervisors ADD COLUMN load REAL;

CREATE TABLE reservations (
  owner TEXT PRIMARY KEY NOT NULL,
  hypervisor TEXT NOT NULL REFERENCES hypervisors (id) ON DELETE CASCADE,
  memory INTEGER NOT NULL CHECK (memory >= 0),
  disk INTEGER NOT NULL CHECK (disk >= 0),
  cpu INTEGER NOT NULL CHECK (cpu >= 0)
) WITHOUT ROWID;
CREATE INDEX reservations_hypervisor ON reservations (hypervisor);

CREATE TABLE subnets (
  id TEXT PRIMARY KEY NOT NULL,
  cidr TEXT,
  gateway TEXT,
  first TEXT,
  last TEXT,
  first_offset INTEGER,
  last_offset INTEGER,
  gateway_offset INTEGER,
  metadata TEXT NOT NULL CHECK (json_valid(metadata)),
  revision INTEGER NOT NULL,
  created_ms INTEGER NOT NULL,
  CHECK (first_offset <= last_offset)
);

CREATE TABLE addresses (
  subnet TEXT NOT NULL REFERENCES subnets (id),
  offset INTEGER NOT NULL CHECK (offset >= 0),
  owner TEXT NOT NULL,
  operation TEXT NOT NULL,
  created_ms INTEGER NOT NULL,
  PRIMARY KEY (subnet, offset)
) WITHOUT ROWID;
CREATE INDEX addresses_owner ON addresses (owner);
CREATE INDEX addresses_operation ON addresses (operation);

CREATE TABLE subnet_interfaces (
  hypervisor TEXT NOT NULL REFERENCES hypervisors (id) ON DELETE CASCADE,
  subnet TEXT NOT NULL REFERENCES subnets (id),
  interface TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('pending', 'ready', 'failed')),
  error TEXT CHECK (json_valid(error)),
  created_ms INTEGER NOT NULL,
  PRIMARY KEY (hypervisor, subnet)
) WITHOUT ROWID;
CREATE INDEX subnet_interfaces_subnet ON subnet_interfaces (subnet);
